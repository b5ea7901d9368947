//! Which of the transport's errors one of reqwest's is.

use std::error::Error as StdError;

use session_export_transport::{Delivery, TransportError, TransportErrorKind};
use session_export_transport_net::{Tls, broken_body, established, failed, is_tls};

/// The error of an exchange without a response.
pub(crate) fn of_exchange(error: &reqwest::Error, tls: &Tls) -> TransportError {
    let (kind, delivery) = classify(error);
    failed(kind, delivery, error, hidden, tls)
}

/// The error of a response's body.
pub(crate) fn of_body(error: &reqwest::Error) -> TransportError {
    broken_body(error, hidden)
}

/// reqwest's own text says no more than the kind of the transport's error, and may show the URL.
fn hidden(error: &(dyn StdError + 'static)) -> bool {
    error.is::<reqwest::Error>()
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
    (established(error), Delivery::Unknown)
}
