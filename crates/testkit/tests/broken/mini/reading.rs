//! Reads a response.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http::{Method, StatusCode, Version};
use http_body::{Body, Frame};
use session_export_transport::{Delivery, TransportError, TransportErrorKind as Kind};
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::{Fault, Socket};

const MOST_HEAD_BYTES: usize = 100 << 10;

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// A line without its end.
async fn read_line(socket: &mut Socket, most: usize) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    loop {
        match socket.read_u8().await? {
            b'\n' => {
                line.pop_if(|last| *last == b'\r');
                return Ok(line);
            }
            byte if line.len() < most => line.push(byte),
            _ => return Err(invalid("a line that is too long")),
        }
    }
}

pub(super) async fn read_head(socket: &mut Socket, fault: Fault) -> io::Result<http::Response<()>> {
    let most = match fault {
        Fault::ReadsHeadsWithoutEnd => usize::MAX,
        _ => MOST_HEAD_BYTES,
    };
    let first = read_line(socket, most).await?;
    let mut head = http::Response::new(());
    *head.version_mut() = match first.get(..9) {
        Some(b"HTTP/1.1 ") => Version::HTTP_11,
        Some(b"HTTP/1.0 ") => Version::HTTP_10,
        _ => return Err(invalid("not HTTP/1")),
    };
    let status = first
        .get(9..12)
        .and_then(|code| StatusCode::from_bytes(code).ok());
    *head.status_mut() = status.ok_or_else(|| invalid("no status"))?;
    let mut bytes = 0;
    loop {
        let line = match read_line(socket, most - bytes).await {
            Err(error) if fault == Fault::TakesHalfAHead && error.kind() == io::ErrorKind::UnexpectedEof => {
                return Ok(head);
            }
            line => line?,
        };
        if line.is_empty() {
            return Ok(head);
        }
        bytes += line.len();
        let at = line.iter().position(|byte| *byte == b':').unwrap_or_default();
        let name = HeaderName::from_bytes(&line[..at]).map_err(|_| invalid("a header's name"))?;
        let value = HeaderValue::from_bytes(line[at + 1..].trim_ascii()).map_err(|_| invalid("a value"))?;
        head.headers_mut()
            .try_append(name, value)
            .map_err(|_| invalid("too many headers"))?;
    }
}

/// How a body's end is found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Exactly(u64),
    Chunked,
    UntilClose,
}

impl Length {
    pub(super) fn of(method: &Method, head: &http::Response<()>) -> Result<Self, TransportError> {
        if method == Method::HEAD || matches!(head.status().as_u16(), 100..200 | 204 | 304) {
            return Ok(Self::Exactly(0));
        }
        if head.headers().contains_key(TRANSFER_ENCODING) {
            return Ok(Self::Chunked);
        }
        let Some(length) = head.headers().get(CONTENT_LENGTH) else {
            return Ok(Self::UntilClose);
        };
        let length = length.to_str().ok().and_then(|length| length.parse().ok());
        length
            .map(Self::Exactly)
            .ok_or_else(|| TransportError::new(Kind::Protocol, Delivery::Unknown))
    }
}

type Frames = mpsc::Sender<Result<Frame<Bytes>, TransportError>>;

pub(super) async fn read_body(socket: &mut Socket, length: Length, frames: &Frames) -> io::Result<()> {
    match length {
        Length::Exactly(length) => pass_on(socket, length, frames).await,
        Length::UntilClose => match pass_on(socket, u64::MAX, frames).await {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(()),
            other => other,
        },
        Length::Chunked => loop {
            let line = read_line(socket, 4096).await?;
            let digits = line
                .split(|byte| matches!(byte, b';' | b' '))
                .next()
                .unwrap_or_default();
            let digits = std::str::from_utf8(digits).unwrap_or_default();
            let size = u64::from_str_radix(digits, 16).map_err(|_| invalid("a chunk's size"))?;
            if size == 0 {
                // The trailers.
                while !read_line(socket, 4096).await?.is_empty() {}
                return Ok(());
            }
            pass_on(socket, size, frames).await?;
            if !read_line(socket, 1).await?.is_empty() {
                return Err(invalid("a chunk's end"));
            }
        },
    }
}

async fn pass_on(socket: &mut Socket, mut left: u64, frames: &Frames) -> io::Result<()> {
    let mut buffer = vec![0; 16 << 10];
    while left > 0 {
        let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let count = match socket.read(&mut buffer[..most]).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => count,
        };
        left -= count as u64;
        let frame = Frame::data(Bytes::copy_from_slice(&buffer[..count]));
        frames
            .send(Ok(frame))
            .await
            .map_err(|_| io::ErrorKind::BrokenPipe)?;
    }
    Ok(())
}

pub(super) struct Reading {
    pub(super) frames: mpsc::Receiver<Result<Frame<Bytes>, TransportError>>,
    pub(super) task: AbortHandle,
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Body for Reading {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        self.frames.poll_recv(cx)
    }
}
