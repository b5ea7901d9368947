//! A good transport that sees every byte, for faults that cannot be put in front of reqwest: HTTP/1.1 without TLS.

mod reading;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use http::header::{CONNECTION, HOST};
use http::{Method, Version};
use session_export_transport::{
    Delivery, Request, Response, ResponseBody, Transport, TransportError, TransportErrorKind as Kind,
};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use reading::{Length, Reading, read_body, read_head};

/// What a [`Mini`] does wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Removes dot segments from the target.
    NormalisesTargets,
    /// Returns the first head that comes.
    TakesInformational,
    /// Sends a body of known length in chunks.
    SendsChunks,
    /// Puts a line end after a PUT of nothing, as old browsers did after a form.
    SendsStrayBytes,
    /// Returns what there is of a head when the server closes.
    TakesHalfAHead,
    /// Reads heads of any size.
    ReadsHeadsWithoutEnd,
}

type Socket = BufReader<TcpStream>;
type Pool = Arc<Mutex<HashMap<String, Vec<Socket>>>>;

/// The transport.
#[derive(Debug)]
pub(crate) struct Mini {
    fault: Fault,
    pool: Pool,
}

impl Mini {
    pub(crate) fn new(fault: Fault) -> Self {
        Self {
            fault,
            pool: Pool::default(),
        }
    }

    /// An idle connection that the server has not closed, or a new one.
    async fn connect(&self, authority: &str) -> Result<Socket, TransportError> {
        while let Some(socket) = take(&self.pool, authority) {
            let unread = socket.get_ref().try_read(&mut [0]);
            if matches!(unread, Err(error) if error.kind() == io::ErrorKind::WouldBlock) {
                return Ok(socket);
            }
        }
        let addresses: Vec<_> = tokio::net::lookup_host(authority)
            .await
            .map_err(|error| error_of(Kind::Resolve, Delivery::NotSent, error))?
            .collect();
        let stream = TcpStream::connect(addresses.as_slice())
            .await
            .map_err(|error| error_of(Kind::Connect, Delivery::NotSent, error))?;
        Ok(BufReader::new(stream))
    }

    fn bytes(&self, request: &Request, authority: &str) -> Vec<u8> {
        let mut target = request
            .uri()
            .path_and_query()
            .map_or("/", |target| target.as_str())
            .to_owned();
        while self.fault == Fault::NormalisesTargets && target.contains("/a/../") {
            target = target.replacen("/a/../", "/", 1);
        }
        let mut bytes = format!("{} {target} HTTP/1.1\r\n", request.method()).into_bytes();
        let mut header =
            |name: &str, value: &[u8]| bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        if !request.headers().contains_key(HOST) {
            header("host", authority.as_bytes());
        }
        for (name, value) in request.headers() {
            header(name.as_str(), value.as_bytes());
        }
        let body = request.body().as_bytes();
        let chunked = self.fault == Fault::SendsChunks && !body.is_empty();
        if chunked {
            header("transfer-encoding", b"chunked");
        } else if !body.is_empty() || matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH)
        {
            header("content-length", body.len().to_string().as_bytes());
        }
        bytes.extend(b"\r\n");
        if chunked {
            bytes.extend(format!("{:x}\r\n", body.len()).into_bytes());
        }
        bytes.extend(body);
        if chunked {
            bytes.extend(b"\r\n0\r\n\r\n");
        }
        if self.fault == Fault::SendsStrayBytes && body.is_empty() && request.method() == Method::PUT {
            bytes.extend(b"\r\n");
        }
        bytes
    }
}

#[async_trait]
impl Transport for Mini {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let uri = request.uri();
        let (Some("http"), Some(host)) = (uri.scheme_str(), uri.host()) else {
            return Err(TransportError::new(Kind::Unsupported, Delivery::NotSent));
        };
        let authority = format!("{host}:{}", uri.port_u16().unwrap_or(80));
        let mut socket = self.connect(&authority).await?;
        let bytes = self.bytes(&request, &authority);
        let written = socket.write_all(&bytes).await;
        let head = async {
            loop {
                let head = read_head(&mut socket, self.fault).await?;
                if self.fault == Fault::TakesInformational || !head.status().is_informational() {
                    return Ok(head);
                }
            }
        };
        // A server may answer and close without having read all of it.
        let head = head.await.map_err(|error: io::Error| match written {
            Err(error) => error_of(Kind::Closed, Delivery::Unknown, error),
            Ok(()) if error.kind() == io::ErrorKind::InvalidData => {
                error_of(Kind::Protocol, Delivery::Unknown, error)
            }
            Ok(()) => error_of(Kind::Closed, Delivery::Unknown, error),
        })?;
        let length = Length::of(request.method(), &head)?;
        let keep = head.version() == Version::HTTP_11
            && length != Length::UntilClose
            && ![request.headers(), head.headers()]
                .iter()
                .any(|headers| headers.get(CONNECTION).is_some_and(|value| value == "close"));
        let pool = keep.then(|| (Arc::clone(&self.pool), authority));
        if length == Length::Exactly(0) {
            put_back(pool, socket);
            return Ok(head.map(|()| ResponseBody::empty()));
        }
        let (frames, received) = mpsc::channel(1);
        let reading = tokio::spawn(async move {
            match read_body(&mut socket, length, &frames).await {
                Ok(()) => put_back(pool, socket),
                Err(error) => {
                    drop(socket);
                    let kind = Kind::BodyIncomplete;
                    let _ = frames.send(Err(error_of(kind, Delivery::Unknown, error))).await;
                }
            }
        });
        let body = Reading {
            frames: received,
            task: reading.abort_handle(),
        };
        Ok(head.map(|()| ResponseBody::new(body)))
    }
}

fn error_of(kind: Kind, delivery: Delivery, source: io::Error) -> TransportError {
    TransportError::new(kind, delivery).with_source(source)
}

fn take(pool: &Pool, authority: &str) -> Option<Socket> {
    let mut pool = pool.lock().unwrap_or_else(PoisonError::into_inner);
    pool.get_mut(authority)?.pop()
}

fn put_back(pool: Option<(Pool, String)>, socket: Socket) {
    if let Some((pool, authority)) = pool.filter(|_| socket.buffer().is_empty()) {
        let mut pool = pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.entry(authority).or_default().push(socket);
    }
}
