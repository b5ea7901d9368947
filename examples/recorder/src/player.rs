//! Giving a recording back.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use http::StatusCode;
use session_export_transport::{
    Delivery, Request, Response, ResponseBody, Transport, TransportError, TransportErrorKind,
};

use crate::exchange::{Exchange, body_path, header_map, target};

/// Answers requests from a recording: the same request the n-th time gets the n-th answer, and the last one again after
/// that. A request that was not recorded is not sent anywhere: it fails.
#[derive(Debug)]
pub struct Player {
    directory: PathBuf,
    exchanges: HashMap<(String, String), Mutex<VecDeque<usize>>>,
}

impl Player {
    /// Opens a recording.
    ///
    /// # Errors
    ///
    /// When the directory, or a file in it, cannot be read.
    pub fn open(directory: impl AsRef<Path>) -> io::Result<Self> {
        let directory = directory.as_ref().to_owned();
        let mut numbers: Vec<usize> = fs::read_dir(&directory)?
            .map(|entry| Ok(entry?.path()))
            .filter_map(|path: io::Result<PathBuf>| {
                let path = path.ok()?;
                (path.extension()? == "json").then(|| path.file_stem()?.to_str()?.parse().ok())?
            })
            .collect();
        numbers.sort_unstable();
        let mut exchanges: HashMap<_, Mutex<VecDeque<usize>>> = HashMap::new();
        for number in numbers {
            let exchange = Exchange::read(&directory.join(format!("{number:04}.json")))?;
            let answers = exchanges.entry((exchange.method, exchange.target)).or_default();
            answers
                .get_mut()
                .unwrap_or_else(PoisonError::into_inner)
                .push_back(number);
        }
        Ok(Self { directory, exchanges })
    }

    fn answer(&self, request: &Request) -> io::Result<Option<Response>> {
        let key = (request.method().to_string(), target(request.uri()).to_owned());
        let Some(numbers) = self.exchanges.get(&key) else {
            return Ok(None);
        };
        let number = {
            let mut numbers = numbers.lock().unwrap_or_else(PoisonError::into_inner);
            match numbers.len() {
                0 => return Ok(None),
                1 => numbers[0],
                _ => numbers.pop_front().unwrap_or_default(),
            }
        };
        let exchange = Exchange::read(&self.directory.join(format!("{number:04}.json")))?;
        let body = fs::read(body_path(&self.directory, number))?;
        let mut response = Response::new(ResponseBody::from(body));
        *response.status_mut() = StatusCode::from_u16(exchange.status).map_err(io::Error::other)?;
        *response.headers_mut() = header_map(&exchange.headers);
        Ok(Some(response))
    }
}

#[async_trait]
impl Transport for Player {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        match self.answer(&request) {
            Ok(Some(response)) => Ok(response),
            Ok(None) => Err(
                TransportError::new(TransportErrorKind::Connect, Delivery::NotSent).with_source(
                    io::Error::new(
                        io::ErrorKind::NotFound,
                        "the recording has no answer to this request",
                    ),
                ),
            ),
            Err(error) => {
                Err(TransportError::new(TransportErrorKind::Other, Delivery::NotSent).with_source(error))
            }
        }
    }
}
