//! What can go wrong in one exchange, and whether the server may have seen the request.

use std::error::Error as StdError;
use std::fmt;

/// Why an exchange ended without a whole response.
///
/// Two answers matter to a caller and are kept apart: *what* failed ([`kind`](Self::kind)) and *whether the server
/// may have acted* ([`delivery`](Self::delivery)). Neither the message nor the sources hold a URL's query, a header
/// or a body.
///
/// ```
/// use session_export_transport::{Delivery, TransportError, TransportErrorKind};
///
/// let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
/// let error = TransportError::new(TransportErrorKind::Connect, Delivery::NotSent).with_source(refused);
/// assert_eq!(error.to_string(), "could not connect");
/// assert_eq!(error.delivery(), Delivery::NotSent);
/// ```
pub struct TransportError {
    inner: Box<Inner>,
}

struct Inner {
    kind: TransportErrorKind,
    delivery: Delivery,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// Whether the server may have seen the request.
///
/// Two answers are all a caller can act on, so this enum is exhaustive.
#[allow(clippy::exhaustive_enums)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// No byte of the request reached a server that could act on it. Sending it again cannot do the work twice.
    NotSent,
    /// The request may have arrived, in part or whole, and may have been acted upon.
    Unknown,
}

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The host's name could not be resolved.
    Resolve,
    /// No connection: refused, unreachable, or a proxy that would not let it through.
    Connect,
    /// The limit on connecting passed.
    ConnectTimeout,
    /// TLS failed: certificate, name, protocol version.
    Tls,
    /// The connection was closed or reset before the response's head was whole.
    Closed,
    /// What came back is not HTTP, or breaks its rules.
    Protocol,
    /// The response's body broke off before its end.
    BodyIncomplete,
    /// The response's body is larger than its reader takes.
    BodyTooLarge,
    /// A time limit of the client passed, and it gave the exchange up.
    TimedOut,
    /// The request cannot be carried by this transport, for example because of its scheme.
    Unsupported,
    /// Anything else.
    Other,
}

impl TransportErrorKind {
    /// The kind as text that will not change: `connect_timeout`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::ConnectTimeout => "connect_timeout",
            Self::Tls => "tls",
            Self::Closed => "closed",
            Self::Protocol => "protocol",
            Self::BodyIncomplete => "body_incomplete",
            Self::BodyTooLarge => "body_too_large",
            Self::TimedOut => "timed_out",
            Self::Unsupported => "unsupported",
            Self::Other => "other",
        }
    }

    /// Whether the same exchange may succeed later, with nothing changed. A certificate that is not accepted, a URL that is not
    /// carried and a reply that is too large are the same the next time.
    pub fn may_pass(self) -> bool {
        !matches!(self, Self::Tls | Self::Unsupported | Self::BodyTooLarge)
    }

    /// What happened, in a few words: the text of the error's `Display`.
    fn describe(self) -> &'static str {
        match self {
            Self::Resolve => "could not resolve the host's name",
            Self::Connect => "could not connect",
            Self::ConnectTimeout => "connecting took too long",
            Self::Tls => "could not set up TLS",
            Self::Closed => "the connection closed before a response arrived",
            Self::Protocol => "the response is not valid HTTP",
            Self::BodyIncomplete => "the response body broke off before its end",
            Self::BodyTooLarge => "the response body is larger than is accepted",
            Self::TimedOut => "no response within the time limit",
            Self::Unsupported => "this transport cannot carry the request",
            Self::Other => "the exchange failed",
        }
    }
}

impl TransportError {
    /// An error without a source.
    pub fn new(kind: TransportErrorKind, delivery: Delivery) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                delivery,
                source: None,
            }),
        }
    }

    /// Adds the cause. It must not show a URL's query, a header or a body.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// What failed.
    pub fn kind(&self) -> TransportErrorKind {
        self.inner.kind
    }

    /// Whether the server may have seen the request.
    pub fn delivery(&self) -> Delivery {
        self.inner.delivery
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.inner.kind.describe())
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("kind", &self.inner.kind)
            .field("delivery", &self.inner.delivery)
            .field("source", &self.inner.source)
            .finish()
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}
