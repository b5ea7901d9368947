//! What can go wrong in an exchange, and which of the transport's errors that is.

use std::error::Error as StdError;

use session_export_transport::{Delivery, TransportError, TransportErrorKind};
use session_export_transport_net::{Tls, broken_body, chain, established, failed, is_tls};

use crate::connector::ConnectFailure;
use crate::names::UnknownName;

/// An exchange without a response.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExchangeFailure {
    /// Nothing of the request was written.
    #[error("the request was not sent")]
    Unsent(
        #[from]
        #[source]
        Unsent,
    ),
    /// Bytes of it may be on their way: TLS 1.3 lets a client write before the server has judged its side of the
    /// handshake.
    #[error("there is no response")]
    Sent(#[source] hyper::Error),
}

/// Why nothing of a request was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsent {
    #[error("there is no connection")]
    Connect(#[source] ConnectFailure),
    /// The connection stood, and failed before it could carry a request.
    #[error("the connection failed at once")]
    Handshake(#[source] hyper::Error),
    /// The connection was closed before it took the request.
    #[error("the connection gave the request back")]
    Returned(#[source] hyper::Error),
    /// The connection ended, and had not taken the request.
    #[error("the connection was closed")]
    Forgotten,
    #[error("HTTP/2 was asked for, and the server does not speak it")]
    NoHttp2,
    #[error("the URL names no host")]
    NoOrigin,
}

/// The error of an exchange without a response.
pub(crate) fn of_exchange(error: &ExchangeFailure, tls: &Tls) -> TransportError {
    let (kind, delivery) = classify(error);
    failed(kind, delivery, error, hidden, tls)
}

/// The error of a response's body.
pub(crate) fn of_body(error: &hyper::Error) -> TransportError {
    broken_body(error, hidden)
}

/// The texts of these say no more than the kind of the transport's error.
fn hidden(error: &(dyn StdError + 'static)) -> bool {
    let says_nothing = error
        .downcast_ref::<Unsent>()
        .is_some_and(|unsent| !matches!(unsent, Unsent::NoHttp2 | Unsent::NoOrigin));
    says_nothing || error.is::<ExchangeFailure>() || error.is::<ConnectFailure>() || error.is::<UnknownName>()
}

fn classify(error: &ExchangeFailure) -> (TransportErrorKind, Delivery) {
    let unsent = match error {
        ExchangeFailure::Sent(_) => return (established(error), Delivery::Unknown),
        ExchangeFailure::Unsent(unsent) => unsent,
    };
    let kind = match unsent {
        Unsent::Connect(failure) => of_connecting(failure),
        Unsent::Handshake(_) => established(error),
        Unsent::Returned(_) if is_tls(error) => TransportErrorKind::Tls,
        Unsent::Returned(_) | Unsent::Forgotten => TransportErrorKind::Closed,
        Unsent::NoHttp2 | Unsent::NoOrigin => TransportErrorKind::Unsupported,
    };
    (kind, Delivery::NotSent)
}

fn of_connecting(failure: &ConnectFailure) -> TransportErrorKind {
    match failure {
        ConnectFailure::Limit => TransportErrorKind::ConnectTimeout,
        ConnectFailure::Tls(_) if is_tls(failure) => TransportErrorKind::Tls,
        ConnectFailure::Reach(_) if find::<UnknownName>(failure).is_some() => TransportErrorKind::Resolve,
        // A handshake that the network cut off is no fault of TLS.
        ConnectFailure::Reach(_) | ConnectFailure::Tls(_) => TransportErrorKind::Connect,
    }
}

fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    chain(error).find_map(|cause| cause.downcast_ref())
}
