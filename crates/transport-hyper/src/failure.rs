//! Which of the transport's errors one of hyper's is.

use std::error::Error as StdError;

use hyper_util::client::legacy;
use session_export_transport::{Delivery, TransportError, TransportErrorKind};
use session_export_transport_net::{Tls, broken_body, chain, established, failed, is_tls};

use crate::connector::ConnectFailure;
use crate::names::UnknownName;

/// The error of an exchange without a response.
pub(crate) fn of_exchange(error: &legacy::Error, tls: &Tls) -> TransportError {
    let (kind, delivery) = classify(error);
    failed(kind, delivery, error, hidden, tls)
}

/// The error of a response's body.
pub(crate) fn of_body(error: &hyper::Error) -> TransportError {
    broken_body(error, hidden)
}

/// The texts of these say no more than the kind of the transport's error.
fn hidden(error: &(dyn StdError + 'static)) -> bool {
    error.is::<legacy::Error>() || error.is::<ConnectFailure>() || error.is::<UnknownName>()
}

fn classify(error: &legacy::Error) -> (TransportErrorKind, Delivery) {
    if let Some(failure) = find::<ConnectFailure>(error) {
        return (of_connecting(failure), Delivery::NotSent);
    }
    // Another request was setting up the connection that this one was to share, and failed or was dropped.
    if error.is_connect() {
        return (TransportErrorKind::Connect, Delivery::NotSent);
    }
    let Some(cause) = error.source() else {
        // The pool's own checks, before it hands a request to its connection: HTTP/2 was asked for, the server has none.
        return (TransportErrorKind::Unsupported, Delivery::NotSent);
    };
    // hyper says so, and gives the request back, only of one that it had not begun to write.
    let canceled = cause
        .downcast_ref::<hyper::Error>()
        .is_some_and(hyper::Error::is_canceled);
    if canceled {
        let kind = if is_tls(error) {
            TransportErrorKind::Tls
        } else {
            TransportErrorKind::Closed
        };
        return (kind, Delivery::NotSent);
    }
    // Without a connection's description the connection failed before the request was given to it. With one, bytes may
    // be on their way: TLS 1.3 lets a client write before the server has judged its side of the handshake.
    let delivery = match error.connect_info() {
        None => Delivery::NotSent,
        Some(_) => Delivery::Unknown,
    };
    (established(error), delivery)
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
