//! From the errors of an HTTP stack to the transport's, without what they must not show.

use std::error::Error as StdError;
use std::io;

use session_export_transport::{Delivery, TransportError, TransportErrorKind};

use crate::Tls;
use crate::cause::Cause;

/// Which errors of a chain add nothing but a URL or what the kind already says; their texts are left out.
pub type Hidden = fn(&(dyn StdError + 'static)) -> bool;

/// A request that is refused before anything is done.
///
/// ```
/// use session_export_transport::{Delivery, TransportErrorKind};
///
/// let error = session_export_transport_net::refused(TransportErrorKind::Unsupported, "no such scheme");
/// assert_eq!(error.delivery(), Delivery::NotSent);
/// ```
pub fn refused(kind: TransportErrorKind, why: impl Into<Box<dyn StdError + Send + Sync>>) -> TransportError {
    TransportError::new(kind, Delivery::NotSent).with_source(why)
}

/// An exchange without a response, because of `error`. Where TLS failed for want of an authority, it says so.
pub fn failed(
    kind: TransportErrorKind,
    delivery: Delivery,
    error: &(dyn StdError + 'static),
    hidden: Hidden,
    tls: &Tls,
) -> TransportError {
    let mut cause = Cause::of(error, hidden);
    if let Some(no_roots) = tls.no_roots()
        && kind == TransportErrorKind::Tls
    {
        cause = Some(Cause::new(no_roots.to_owned(), cause));
    }
    with_cause(TransportError::new(kind, delivery), cause)
}

/// The error of a response's body: whatever broke it, it did not reach its end.
pub fn broken_body(error: &(dyn StdError + 'static), hidden: Hidden) -> TransportError {
    let broken = TransportError::new(TransportErrorKind::BodyIncomplete, Delivery::Unknown);
    with_cause(broken, Cause::of(error, hidden))
}

fn with_cause(error: TransportError, cause: Option<Cause>) -> TransportError {
    match cause {
        Some(cause) => error.with_source(cause),
        None => error,
    }
}

/// An error and all below it.
pub fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| below(*error))
}

/// An `io::Error` hides the error it wraps from `source`; here the one follows the other.
fn below<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn StdError + 'static)),
        None => error.source(),
    }
}

/// Whether TLS itself failed, as opposed to the connection below it.
pub fn is_tls(error: &(dyn StdError + 'static)) -> bool {
    chain(error)
        .any(|cause| cause.is::<rustls::Error>() || cause.is::<rustls::pki_types::InvalidDnsNameError>())
}

/// What happened to a connection that was established.
pub fn established(error: &(dyn StdError + 'static)) -> TransportErrorKind {
    if is_tls(error) {
        return TransportErrorKind::Tls;
    }
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
