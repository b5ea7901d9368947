//! What a clause asks of the transport that it is given.

use std::time::Duration;

use crate::server::Identity;

/// How the transport for one clause is to be built. A field is set only for clauses of the capability it belongs to.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Setup {
    /// A certificate authority to trust, as PEM ([`Capability::Tls`](super::Capability::Tls)).
    pub ca_pem: Option<String>,
    /// A certificate to show ([`Capability::ClientCertificates`](super::Capability::ClientCertificates)).
    pub identity: Option<Identity>,
    /// The URL of an HTTP proxy, perhaps with a user name and password
    /// ([`Capability::Proxy`](super::Capability::Proxy)).
    pub proxy: Option<String>,
    /// How long connecting may take ([`Capability::ConnectLimit`](super::Capability::ConnectLimit)); without it, at
    /// least five seconds.
    pub connect_limit: Option<Duration>,
}

impl Setup {
    pub(super) fn trusting(ca_pem: &str) -> Self {
        Self {
            ca_pem: Some(ca_pem.to_owned()),
            ..Self::default()
        }
    }
}
