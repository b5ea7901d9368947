//! The refusals of the HTTP library, given the gateway's form.
//!
//! What is not HTTP, or has a head above the library's own limits, never gets to an operation: the library answers
//! with a bare status and closes the connection. A client of the real service would see the gateway's body and
//! request id, so each connection looks at what the library writes and says it in the gateway's words.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::serve::Listener;
use http::header::{CONNECTION, DATE};
use http::{HeaderMap, HeaderValue};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::app::App;
use crate::dispatch::REQUEST_ID;
use crate::faults::{Wire, Wires};
use crate::reply::Refusal;
use crate::time;

/// Accepts connections, and watches what is written to them.
pub(crate) struct Front {
    pub(crate) listener: Wires,
    pub(crate) app: Arc<App>,
}

impl Listener for Front {
    type Io = Fronted<Wire>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        (Fronted::new(stream, Arc::clone(&self.app)), address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Listener::local_addr(&self.listener)
    }
}

/// A connection whose library-made refusals are said in the gateway's words.
pub(crate) struct Fronted<S> {
    stream: S,
    app: Arc<App>,
    /// What stands for a refusal of the library, as far as it is not yet written.
    pending: Vec<u8>,
    /// How many bytes of the library's own it stands for.
    replaced: usize,
}

impl<S> Fronted<S> {
    /// The connection itself.
    pub(crate) fn stream(&self) -> &S {
        &self.stream
    }

    fn new(stream: S, app: Arc<App>) -> Self {
        Self {
            stream,
            app,
            pending: Vec::new(),
            replaced: 0,
        }
    }
}

impl<S: AsyncWrite + Unpin> Fronted<S> {
    /// Writes what is pending, and then reports the library's bytes as written.
    fn poll_pending(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while !self.pending.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, &self.pending))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.pending.drain(..written);
        }
        Poll::Ready(Ok(std::mem::take(&mut self.replaced)))
    }

    /// Whether the bytes are replaced.
    fn replaces(&mut self, bytes: &[u8]) -> bool {
        if self.replaced == 0
            && let Some(refusal) = refusal(bytes)
        {
            self.pending = answer(&self.app, refusal);
            self.replaced = bytes.len();
        }
        self.replaced > 0
    }
}

/// What the library refuses, if these bytes are a whole answer of its own: a head that has no request id.
fn refusal(bytes: &[u8]) -> Option<Refusal> {
    let head = bytes.strip_prefix(b"HTTP/1.1 ")?.strip_suffix(b"\r\n\r\n")?;
    let refusal = match head.get(..4)? {
        b"400 " => Refusal::malformed(),
        b"414 " => Refusal::target_too_long(),
        b"431 " => Refusal::head_too_large(),
        _ => return None,
    };
    let name = REQUEST_ID;
    let name = name.as_str().as_bytes();
    let is_own = head
        .windows(name.len())
        .any(|window| window.eq_ignore_ascii_case(name));
    (!is_own).then_some(refusal)
}

fn answer(app: &App, refusal: Refusal) -> Vec<u8> {
    let request_id = app.secrets.hex_id();
    let (status, body) = refusal.into_text(&request_id);
    let mut headers = HeaderMap::new();
    for (name, value) in [(REQUEST_ID, request_id), (DATE, time::http_date(app.now()))] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    let reason = status.canonical_reason().unwrap_or("Request Header Too Large");
    let mut bytes = format!(
        "HTTP/1.1 {} {reason}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
        status.as_str(),
        body.len()
    )
    .into_bytes();
    for (name, value) in &headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body.as_bytes());
    bytes
}

impl<S: AsyncRead + Unpin> AsyncRead for Fronted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Fronted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.replaces(bytes) {
            return self.poll_pending(context);
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // The library writes its own refusals in one piece.
        if let [bytes] = slices
            && self.replaces(bytes)
        {
            return self.poll_pending(context);
        }
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_refusals_are_replaced() {
        let is_replaced = |bytes: &[u8]| refusal(bytes).is_some();
        assert!(is_replaced(
            b"HTTP/1.1 431 Too Large\r\ncontent-length: 0\r\n\r\n"
        ));
        assert!(is_replaced(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
        for bytes in [
            &b"HTTP/1.1 400 Bad Request\r\nx-request-id: 1\r\n\r\n"[..],
            b"HTTP/1.1 200 OK\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\n\r\n{}",
            b"HTTP/1.1 4\r\n\r\n",
            b"",
        ] {
            assert!(!is_replaced(bytes), "{bytes:?}");
        }
    }
}
