//! Writing down what passes.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use async_trait::async_trait;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use session_export_transport::{Request, Response, ResponseBody, Transport, TransportError};

use crate::exchange::{Exchange, body_path, kept, target};

/// Passes everything on to another transport and writes the answers down.
///
/// An exchange that cannot be written down is passed on all the same: a recorder must not change what a program does.
/// [`complete`](Self::complete) says whether the recording is whole.
#[derive(Debug)]
pub struct Recorder<T> {
    inner: T,
    directory: PathBuf,
    next: AtomicUsize,
    lost: AtomicUsize,
}

impl<T: Transport> Recorder<T> {
    /// Records into a directory, which is made if it is not there and must be empty.
    ///
    /// # Errors
    ///
    /// When the directory cannot be made or is not empty.
    pub fn new(inner: T, directory: impl Into<PathBuf>) -> io::Result<Self> {
        let directory = directory.into();
        fs::create_dir_all(&directory)?;
        if fs::read_dir(&directory)?.next().is_some() {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "the directory of a new recording is not empty",
            ));
        }
        Ok(Self {
            inner,
            directory,
            next: AtomicUsize::new(1),
            lost: AtomicUsize::new(0),
        })
    }

    /// Whether every exchange so far could be written down.
    pub fn complete(&self) -> bool {
        self.lost.load(Ordering::Relaxed) == 0
    }
}

#[async_trait]
impl<T: Transport> Transport for Recorder<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        // Passwords go there and tokens come back.
        if request.uri().path().starts_with("/v3/") {
            return self.inner.send(request).await;
        }
        let (method, target) = (request.method().to_string(), target(request.uri()).to_owned());
        let response = self.inner.send(request).await?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (status, headers) = (response.status().as_u16(), kept(response.headers()));
        let exchange = Exchange {
            method,
            target,
            status,
            headers,
        };
        let file = exchange
            .write(&self.directory, number)
            .and_then(|()| File::create(body_path(&self.directory, number)));
        match file {
            Ok(file) => Ok(response.map(|body| {
                ResponseBody::new(Copied {
                    body,
                    file: Some(file),
                })
            })),
            Err(_) => {
                self.lost.fetch_add(1, Ordering::Relaxed);
                Ok(response)
            }
        }
    }
}

/// A body that is written down as it is read.
struct Copied {
    body: ResponseBody,
    file: Option<File>,
}

impl Body for Copied {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let (Some(Ok(frame)), Some(file)) = (&frame, &mut self.file)
            && let Some(data) = frame.data_ref()
            && file.write_all(data).is_err()
        {
            // A file that ends early is noticed when it is played: its content-length is in the recording.
            self.file = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
