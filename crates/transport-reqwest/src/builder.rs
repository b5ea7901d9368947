//! The settings of a transport.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::clients::{Clients, Settings};
use crate::tls::{Authority, Tls};
use crate::{BuildTransportError, ReqwestTransport, proxy};

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
// Below the idle limits of common gateways, so that a submit rarely meets a connection that is being closed.
const POOL_IDLE_LIMIT: Duration = Duration::from_secs(15);

/// Settings of a [`ReqwestTransport`].
///
/// ```
/// use std::time::Duration;
///
/// use session_export_transport_reqwest::ReqwestTransport;
///
/// # fn main() -> Result<(), session_export_transport_reqwest::BuildTransportError> {
/// let transport = ReqwestTransport::builder()
///     .proxy("http://user:password@proxy.example:3128")
///     .connect_limit(Duration::from_secs(5))
///     .build()?;
/// assert!(!format!("{transport:?}").contains("password"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct ReqwestTransportBuilder {
    authorities: Vec<Authority>,
    proxy: Option<String>,
    connect_limit: Duration,
    pool_idle_limit: Duration,
}

impl ReqwestTransportBuilder {
    pub(crate) fn new() -> Self {
        Self {
            authorities: Vec::new(),
            proxy: None,
            connect_limit: CONNECT_LIMIT,
            pool_idle_limit: POOL_IDLE_LIMIT,
        }
    }

    /// Trusts the certificate authorities in `pem`, in addition to the system's.
    ///
    /// ```
    /// # use session_export_transport_reqwest::ReqwestTransport;
    /// # fn build(pem: Vec<u8>) -> Result<ReqwestTransport, session_export_transport_reqwest::BuildTransportError> {
    /// ReqwestTransport::builder().ca_pem(pem).build()
    /// # }
    /// ```
    ///
    /// They extend the system's, because behind a proxy that re-signs TLS some hosts still show their own certificate.
    /// May be called more than once; every authority given is trusted.
    pub fn ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.authorities.push(Authority::Pem(pem.into()));
        self
    }

    /// Trusts the certificate authorities in a PEM file, in addition to the system's.
    ///
    /// ```
    /// # use session_export_transport_reqwest::ReqwestTransport;
    /// let error = ReqwestTransport::builder().ca_file("no/such.pem").build().unwrap_err();
    /// assert_eq!(error.to_string(), "CA file no/such.pem: cannot be read");
    /// ```
    ///
    /// [`build`](Self::build) reads the file, once. See [`ca_pem`](Self::ca_pem).
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.authorities.push(Authority::File(path.into()));
        self
    }

    /// Sends every request, `http` and `https`, through an HTTP proxy.
    ///
    /// ```
    /// # use session_export_transport_reqwest::ReqwestTransport;
    /// # fn main() -> Result<(), session_export_transport_reqwest::BuildTransportError> {
    /// let transport = ReqwestTransport::builder().proxy("http://proxy.example:3128").build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The URL is `http://[user[:password]@]host[:port]`; characters with a meaning in URLs are percent-encoded in user
    /// and password. `https` URLs go through a tunnel (`CONNECT`), so that the proxy sees host and port only.
    /// Without this call there is no proxy, whatever the environment says.
    pub fn proxy(mut self, url: &str) -> Self {
        self.proxy = Some(url.to_owned());
        self
    }

    /// Limits name look-up, connecting and the TLS handshake together; 10 seconds if not called.
    ///
    /// ```
    /// # use session_export_transport_reqwest::ReqwestTransport;
    /// let builder = ReqwestTransport::builder().connect_limit(std::time::Duration::from_secs(3));
    /// ```
    ///
    /// It is the only limit of a transport: how long a response may take is for the client to decide.
    pub fn connect_limit(mut self, limit: Duration) -> Self {
        self.connect_limit = limit;
        self
    }

    /// Closes a connection that was unused for this long; 15 seconds if not called.
    ///
    /// ```
    /// # use session_export_transport_reqwest::ReqwestTransport;
    /// let builder = ReqwestTransport::builder().pool_idle_limit(std::time::Duration::from_secs(30));
    /// ```
    ///
    /// Keep it below the idle limit of the servers and proxies on the way.
    pub fn pool_idle_limit(mut self, limit: Duration) -> Self {
        self.pool_idle_limit = limit;
        self
    }

    /// Reads the certificate authorities and builds the transport.
    ///
    /// ```
    /// # use session_export_transport_reqwest::ReqwestTransport;
    /// # fn main() -> Result<(), session_export_transport_reqwest::BuildTransportError> {
    /// let transport = ReqwestTransport::builder().build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The system's authorities are read here. On Unix that follows `SSL_CERT_FILE` and `SSL_CERT_DIR`, as OpenSSL does.
    /// A system store that is empty or unreadable is no error: plain `http` works without one, and an `https` request
    /// then fails with kind `Tls` and a source that says so.
    ///
    /// # Errors
    ///
    /// When a CA file cannot be read or holds no usable certificate, or the proxy's URL is not valid.
    pub fn build(self) -> Result<ReqwestTransport, BuildTransportError> {
        let proxy = self.proxy.as_deref().map(proxy::parse).transpose()?;
        let tls = Tls::load(&self.authorities)?;
        let clients = Clients::new(Settings {
            tls,
            proxy,
            connect_limit: self.connect_limit,
            pool_idle_limit: self.pool_idle_limit,
        })?;
        Ok(ReqwestTransport::from_clients(clients))
    }
}

/// Shows that there is a proxy, not its URL: it may hold a password.
impl fmt::Debug for ReqwestTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransportBuilder")
            .field("authorities", &self.authorities)
            .field("proxy", &self.proxy.is_some())
            .field("connect_limit", &self.connect_limit)
            .field("pool_idle_limit", &self.pool_idle_limit)
            .finish()
    }
}
