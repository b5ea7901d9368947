//! Which of the transport's errors one of reqwest's is.

use std::io;

use session_export_transport::{Delivery, TransportError, TransportErrorKind};

use crate::cause::{Cause, chain};

/// The error of an exchange without a response. `no_roots` says why TLS trusts nobody, if it does.
pub(crate) fn of_exchange(error: &reqwest::Error, no_roots: Option<&str>) -> TransportError {
    let (kind, delivery) = classify(error);
    let mut cause = Cause::of(error);
    if let Some(no_roots) = no_roots
        && kind == TransportErrorKind::Tls
    {
        cause = Some(Cause::new(no_roots.to_owned(), cause));
    }
    with_cause(TransportError::new(kind, delivery), cause)
}

/// The error of a response's body: whatever broke it, it did not reach its end.
pub(crate) fn of_body(error: &reqwest::Error) -> TransportError {
    let broken = TransportError::new(TransportErrorKind::BodyIncomplete, Delivery::Unknown);
    with_cause(broken, Cause::of(error))
}

/// A request that is refused before anything is done.
pub(crate) fn refused(
    kind: TransportErrorKind,
    why: impl std::error::Error + Send + Sync + 'static,
) -> TransportError {
    TransportError::new(kind, Delivery::NotSent).with_source(why)
}

fn with_cause(error: TransportError, cause: Option<Cause>) -> TransportError {
    match cause {
        Some(cause) => error.with_source(cause),
        None => error,
    }
}

fn classify(error: &reqwest::Error) -> (TransportErrorKind, Delivery) {
    if error.is_builder() {
        return (TransportErrorKind::Unsupported, Delivery::NotSent);
    }
    // A connection that was never usable carried nothing. Behind a proxy it includes the tunnel.
    if error.is_connect() {
        let kind = if error.is_dns() {
            TransportErrorKind::Resolve
        } else if is_tls(error) {
            TransportErrorKind::Tls
        } else if error.is_timeout() {
            TransportErrorKind::ConnectTimeout
        } else {
            TransportErrorKind::Connect
        };
        return (kind, Delivery::NotSent);
    }
    // TLS 1.3 lets a client write before the server has judged its side of the handshake: hence not `NotSent`.
    let kind = if is_tls(error) {
        TransportErrorKind::Tls
    } else {
        established(error)
    };
    (kind, Delivery::Unknown)
}

fn is_tls(error: &reqwest::Error) -> bool {
    chain(error).any(|cause| cause.is::<rustls::Error>())
}

/// What happened to a connection that was established.
fn established(error: &reqwest::Error) -> TransportErrorKind {
    // The innermost that can be read knows best.
    chain(error)
        .filter_map(|cause| {
            if let Some(hyper) = cause.downcast_ref::<hyper::Error>() {
                of_hyper(hyper)
            } else if let Some(h2) = cause.downcast_ref::<h2::Error>() {
                Some(of_h2(h2))
            } else {
                cause
                    .downcast_ref::<io::Error>()
                    .map(|_| TransportErrorKind::Closed)
            }
        })
        .last()
        .unwrap_or(TransportErrorKind::Other)
}

fn of_hyper(error: &hyper::Error) -> Option<TransportErrorKind> {
    if error.is_parse() {
        Some(TransportErrorKind::Protocol)
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        Some(TransportErrorKind::Closed)
    } else if error.is_user() {
        Some(TransportErrorKind::Unsupported)
    } else {
        None
    }
}

fn of_h2(error: &h2::Error) -> TransportErrorKind {
    if error.is_io() || error.is_remote() {
        TransportErrorKind::Closed
    } else {
        TransportErrorKind::Protocol
    }
}
