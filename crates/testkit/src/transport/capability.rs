//! What a transport says it can do beyond the plain promises.

use std::fmt;

/// Something that a transport may or may not be able to do. A clause of a capability that is not declared is opted
/// out, and the report card says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// https, with the authorities of [`Setup::ca_pem`](super::Setup::ca_pem).
    Tls,
    /// A client certificate of its own.
    ClientCertificates,
    /// HTTP/2 over TLS, by ALPN.
    Http2,
    /// An HTTP proxy, with CONNECT for https and basic credentials.
    Proxy,
    /// A limit on connecting.
    ConnectLimit,
    /// Any request target goes out as it is, also one that URL normalisation would change.
    RawTargets,
    /// Dropping a future or a body closes the connection or resets the stream. A transport that works on a blocking
    /// thread cannot.
    Cancellation,
    /// A body is handed on as it arrives.
    Streaming,
    /// One transport may be used from several runtimes.
    SeveralRuntimes,
}

impl Capability {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Tls,
        Self::ClientCertificates,
        Self::Http2,
        Self::Proxy,
        Self::ConnectLimit,
        Self::RawTargets,
        Self::Cancellation,
        Self::Streaming,
        Self::SeveralRuntimes,
    ];

    /// The name as it stands on a report card.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::ClientCertificates => "client-certificates",
            Self::Http2 => "http2",
            Self::Proxy => "proxy",
            Self::ConnectLimit => "connect-limit",
            Self::RawTargets => "raw-targets",
            Self::Cancellation => "cancellation",
            Self::Streaming => "streaming",
            Self::SeveralRuntimes => "several-runtimes",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
