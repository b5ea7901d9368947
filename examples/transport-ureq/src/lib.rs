//! A transport of one's own: [ureq](https://docs.rs/ureq) on blocking threads.
//!
//! It shows what an extension looks like: an HTTP library with other habits (it blocks, follows redirects, and turns
//! statuses into errors unless told otherwise) behind the trait, and the kit's report card in `tests/conformance.rs`
//! that says what it can and what it cannot. It cannot do https here, and it cannot cancel: a blocking call goes on
//! until its server answers.

#![allow(
    clippy::disallowed_methods,
    reason = "a blocking library needs threads of the runtime that calls; only its own crate says so"
)]

use std::io::{self, Read};
use std::net::ToSocketAddrs;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http_body::{Body, Frame};
use session_export_transport::{
    Delivery, Request, Response, ResponseBody, Transport, TransportError, TransportErrorKind,
};
use tokio::sync::mpsc;

/// How many pieces of a body may wait for their reader: backpressure, and constant memory.
const PIECES: usize = 4;
const PIECE_BYTES: usize = 16 << 10;

/// Carries requests with ureq, each on a blocking thread of the tokio runtime that calls.
#[derive(Debug)]
pub struct UreqTransport {
    agent: ureq::Agent,
}

impl UreqTransport {
    /// A transport whose connecting may take this long.
    pub fn new(connect_limit: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            // Everything it would do on its own initiative is off.
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .user_agent("")
            .accept("")
            .accept_encoding("")
            // A pooled connection that has died is found out by sending on it; without a pool nothing is sent twice.
            .max_idle_connections(0)
            .max_response_header_size(256 << 10)
            .timeout_resolve(Some(connect_limit))
            .timeout_connect(Some(connect_limit))
            .build();
        Self { agent: config.into() }
    }
}

#[async_trait]
impl Transport for UreqTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        if request.uri().scheme_str() != Some("http") {
            return Err(TransportError::new(
                TransportErrorKind::Unsupported,
                Delivery::NotSent,
            ));
        }
        let (agent, host) = (self.agent.clone(), host_and_port(request.uri()));
        let request = request.map(|body| body.into_bytes().to_vec());
        let call = move || {
            // A name that ureq cannot resolve is an error like any other there; here it means that nothing was sent.
            if host.to_socket_addrs().is_err() {
                return Err(ureq::Error::HostNotFound);
            }
            agent.run(request)
        };
        let (head, body) = match tokio::task::spawn_blocking(call).await {
            Ok(Ok(response)) => response.into_parts(),
            Ok(Err(error)) => return Err(transport_error(&error)),
            Err(panic) => {
                return Err(
                    TransportError::new(TransportErrorKind::Other, Delivery::Unknown).with_source(panic)
                );
            }
        };
        let (sender, pieces) = mpsc::channel(PIECES);
        tokio::task::spawn_blocking(move || read(body.into_reader(), &sender));
        let mut response = Response::from_parts(head, ResponseBody::new(Pieces(pieces)));
        response.extensions_mut().clear();
        Ok(response)
    }
}

fn host_and_port(uri: &http::Uri) -> (String, u16) {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    (host.to_owned(), uri.port_u16().unwrap_or(80))
}

/// Reads a body on its own thread, as fast as it is taken.
fn read(mut body: impl Read, sender: &mpsc::Sender<Result<Bytes, TransportError>>) {
    let mut buffer = vec![0; PIECE_BYTES];
    loop {
        let piece = match body.read(&mut buffer) {
            Ok(0) => return,
            Ok(read) => Ok(Bytes::copy_from_slice(&buffer[..read])),
            Err(error) => Err(broken(&error)),
        };
        let is_last = piece.is_err();
        if sender.blocking_send(piece).is_err() || is_last {
            return;
        }
    }
}

struct Pieces(mpsc::Receiver<Result<Bytes, TransportError>>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        self.0
            .poll_recv(cx)
            .map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

/// Only what happens before the first byte is `NotSent`. ureq's texts may show a URL, so no source is passed on.
fn transport_error(error: &ureq::Error) -> TransportError {
    use TransportErrorKind as Kind;
    let (kind, delivery) = match error {
        ureq::Error::HostNotFound | ureq::Error::Timeout(ureq::Timeout::Resolve) => {
            (Kind::Resolve, Delivery::NotSent)
        }
        ureq::Error::ConnectionFailed => (Kind::Connect, Delivery::NotSent),
        ureq::Error::Timeout(ureq::Timeout::Connect) => (Kind::ConnectTimeout, Delivery::NotSent),
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            (Kind::Connect, Delivery::NotSent)
        }
        ureq::Error::BadUri(_) | ureq::Error::TlsRequired => (Kind::Unsupported, Delivery::NotSent),
        ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => {
            (Kind::Protocol, Delivery::Unknown)
        }
        ureq::Error::Io(_) => (Kind::Closed, Delivery::Unknown),
        _ => (Kind::Other, Delivery::Unknown),
    };
    TransportError::new(kind, delivery)
}

fn broken(error: &io::Error) -> TransportError {
    TransportError::new(TransportErrorKind::BodyIncomplete, Delivery::Unknown)
        .with_source(io::Error::from(error.kind()))
}
