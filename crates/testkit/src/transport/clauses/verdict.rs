//! What clauses demand of an outcome, and an address that nobody answers.

use std::net::SocketAddr;

use http::Uri;
use session_export_transport::{Delivery, Response, TransportError};
use socket2::{Domain, Socket, Type};

use super::super::Finding;
use super::super::clause::ensure;

/// An answer that says it all.
pub(super) const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// The error of a request of which nothing was sent.
pub(super) fn not_sent(
    outcome: Result<Response, TransportError>,
    what: &str,
) -> Result<TransportError, Finding> {
    failed(outcome, Delivery::NotSent, what)
}

/// The error of a request that the server may have acted upon.
pub(super) fn unknown(
    outcome: Result<Response, TransportError>,
    what: &str,
) -> Result<TransportError, Finding> {
    failed(outcome, Delivery::Unknown, what)
}

fn failed(
    outcome: Result<Response, TransportError>,
    delivery: Delivery,
    what: &str,
) -> Result<TransportError, Finding> {
    match outcome {
        Ok(response) => Err(Finding::new(format!(
            "{what} gave a response, {}",
            response.status()
        ))),
        Err(error) if error.delivery() == delivery => Ok(error),
        Err(error) => Err(Finding::new(format!(
            "{what} is {:?}, not {delivery:?}: {error:?}",
            error.delivery()
        ))),
    }
}

/// What came of a response's body.
pub(super) struct Reading {
    pub(super) data: Vec<u8>,
    pub(super) error: Option<TransportError>,
}

/// Reads a body as far as it goes.
pub(super) async fn read(response: Response) -> Reading {
    let mut body = response.into_body();
    let mut data = Vec::new();
    loop {
        match body.frame().await {
            None => return Reading { data, error: None },
            Some(Ok(frame)) => data.extend(frame.into_data().unwrap_or_default()),
            Some(Err(error)) => {
                return Reading {
                    data,
                    error: Some(error),
                };
            }
        }
    }
}

/// Demands that a body broke off.
pub(super) fn broke_off(reading: Reading, what: &str) -> Result<TransportError, Finding> {
    let Some(error) = reading.error else {
        return Err(Finding::new(format!(
            "{what} ended cleanly after {} bytes",
            reading.data.len()
        )));
    };
    ensure!(
        error.delivery() == Delivery::Unknown,
        "{what} is {:?}, although its request was answered",
        error.delivery()
    );
    Ok(error)
}

/// A port that is taken, and on which nobody listens.
pub(super) struct Nobody {
    _socket: Socket,
    address: SocketAddr,
}

impl Nobody {
    pub(super) fn new() -> Result<Self, Finding> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
        let address = socket.local_addr()?.as_socket();
        let address = address.ok_or_else(|| Finding::new("the kit has no address for nobody"))?;
        Ok(Self {
            _socket: socket,
            address,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn url(&self, target: &str) -> Result<Uri, Finding> {
        Ok(format!("http://{}{target}", self.address).parse()?)
    }
}
