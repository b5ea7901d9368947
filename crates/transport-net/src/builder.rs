//! The settings of a transport.

use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::CryptoProvider;

use crate::tls::{Pem, TlsSettings};
use crate::{BuildTransportError, Proxy, Tls};

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
// Below the idle limits of common gateways, so that a submit rarely meets a connection that is being closed.
const POOL_IDLE_LIMIT: Duration = Duration::from_secs(15);

/// What a transport is built from: everything read, parsed and checked.
#[derive(Debug)]
#[non_exhaustive]
pub struct Settings {
    /// How TLS is spoken, HTTP/2 and HTTP/1.1 being offered in this order.
    pub tls: Tls,
    /// The proxy for every request, if any.
    pub proxy: Option<Proxy>,
    /// Bounds name look-up, connecting, the proxy's tunnel and the TLS handshake together.
    pub connect_limit: Duration,
    /// How long a connection may be unused before it is closed.
    pub pool_idle_limit: Duration,
}

/// A transport that [`TransportBuilder`] can build.
///
/// ```
/// use session_export_transport_net::{BuildTransportError, FromSettings, Settings, TransportBuilder};
///
/// struct MyTransport(Settings);
///
/// impl FromSettings for MyTransport {
///     fn from_settings(settings: Settings) -> Result<Self, BuildTransportError> {
///         Ok(Self(settings))
///     }
/// }
///
/// let mine: MyTransport = TransportBuilder::new().build()?;
/// assert_eq!(mine.0.connect_limit.as_secs(), 10);
/// # Ok::<(), BuildTransportError>(())
/// ```
pub trait FromSettings: Sized {
    /// The transport with these settings.
    ///
    /// # Errors
    ///
    /// When the HTTP stack below does not accept them.
    fn from_settings(settings: Settings) -> Result<Self, BuildTransportError>;
}

/// Settings of a transport `T`: the same for each bundled one.
///
/// ```
/// use std::time::Duration;
///
/// use session_export_transport_hyper::HyperTransport;
///
/// # fn main() -> Result<(), session_export_transport_hyper::BuildTransportError> {
/// let transport = HyperTransport::builder()
///     .proxy("http://user:password@proxy.example:3128")
///     .connect_limit(Duration::from_secs(5))
///     .build()?;
/// assert!(!format!("{transport:?}").contains("password"));
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct TransportBuilder<T> {
    tls: TlsSettings,
    proxy: Option<String>,
    connect_limit: Duration,
    pool_idle_limit: Duration,
    transport: PhantomData<fn() -> T>,
}

impl<T> TransportBuilder<T> {
    /// The default settings: the system's certificate authorities and no proxy.
    ///
    /// ```
    /// # use session_export_transport_net::TransportBuilder;
    /// # use session_export_transport_reqwest::ReqwestTransport;
    /// assert!(TransportBuilder::<ReqwestTransport>::new().build().is_ok());
    /// ```
    pub fn new() -> Self {
        Self {
            tls: TlsSettings::default(),
            proxy: None,
            connect_limit: CONNECT_LIMIT,
            pool_idle_limit: POOL_IDLE_LIMIT,
            transport: PhantomData,
        }
    }

    /// Trusts the certificate authorities in `pem`, in addition to the system's.
    ///
    /// ```
    /// # use session_export_transport_hyper::{BuildTransportError, HyperTransport};
    /// # fn build(pem: Vec<u8>) -> Result<HyperTransport, BuildTransportError> {
    /// HyperTransport::builder().ca_pem(pem).build()
    /// # }
    /// ```
    ///
    /// They extend the system's, because behind a proxy that re-signs TLS some hosts still show their own certificate.
    /// May be called more than once; every authority given is trusted.
    pub fn ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.tls.authorities.push(Pem::bytes(pem));
        self
    }

    /// Trusts the certificate authorities in a PEM file, in addition to the system's.
    ///
    /// ```
    /// # use session_export_transport_hyper::HyperTransport;
    /// let error = HyperTransport::builder().ca_file("no/such.pem").build().unwrap_err();
    /// assert_eq!(error.to_string(), "CA file no/such.pem: cannot be read");
    /// ```
    ///
    /// [`build`](Self::build) reads the file, once. See [`ca_pem`](Self::ca_pem).
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.tls.authorities.push(Pem::File(path.into()));
        self
    }

    /// Shows this certificate to servers that ask for one.
    ///
    /// ```
    /// # use session_export_transport_hyper::{BuildTransportError, HyperTransport};
    /// # fn build(certificate: Vec<u8>, key: Vec<u8>) -> Result<HyperTransport, BuildTransportError> {
    /// HyperTransport::builder().client_cert_pem(certificate, key).build()
    /// # }
    /// ```
    ///
    /// `certificate` is the certificate itself followed by those that lead to its authority; `key` is its private key,
    /// not encrypted. Of several calls, here or to [`client_cert_files`](Self::client_cert_files), the last one counts.
    pub fn client_cert_pem(mut self, certificate: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.tls.client = Some((Pem::bytes(certificate), Pem::bytes(key)));
        self
    }

    /// Shows the certificate in a PEM file to servers that ask for one.
    ///
    /// ```
    /// # use session_export_transport_hyper::HyperTransport;
    /// let error = HyperTransport::builder().client_cert_files("no/cert.pem", "no/key.pem").build().unwrap_err();
    /// assert_eq!(error.to_string(), "client certificate file no/cert.pem: cannot be read");
    /// ```
    ///
    /// [`build`](Self::build) reads the files, once; both may be the same. See [`client_cert_pem`](Self::client_cert_pem).
    pub fn client_cert_files(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.tls.client = Some((Pem::File(certificate.into()), Pem::File(key.into())));
        self
    }

    /// Does the cryptography of TLS with `provider`; rustls' `ring` if not called.
    ///
    /// ```
    /// # use session_export_transport_hyper::{BuildTransportError, HyperTransport};
    /// # fn main() -> Result<(), BuildTransportError> {
    /// let mut provider = rustls::crypto::ring::default_provider();
    /// provider.cipher_suites.retain(|suite| suite.tls13().is_some());
    /// let transport = HyperTransport::builder().crypto_provider(provider).build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// It is a value of rustls' 0.23 series. The process-wide default of rustls is neither read nor set.
    pub fn crypto_provider(mut self, provider: impl Into<Arc<CryptoProvider>>) -> Self {
        self.tls.provider = Some(provider.into());
        self
    }

    /// Sends every request, `http` and `https`, through an HTTP proxy.
    ///
    /// ```
    /// # use session_export_transport_hyper::{BuildTransportError, HyperTransport};
    /// # fn main() -> Result<(), BuildTransportError> {
    /// let transport = HyperTransport::builder().proxy("http://proxy.example:3128").build()?;
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

    /// Limits name look-up, connecting, a proxy's tunnel and the TLS handshake together; 10 seconds if not called.
    ///
    /// ```
    /// # use session_export_transport_hyper::HyperTransport;
    /// let builder = HyperTransport::builder().connect_limit(std::time::Duration::from_secs(3));
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
    /// # use session_export_transport_hyper::HyperTransport;
    /// let builder = HyperTransport::builder().pool_idle_limit(std::time::Duration::from_secs(30));
    /// ```
    ///
    /// Keep it below the idle limit of the servers and proxies on the way.
    pub fn pool_idle_limit(mut self, limit: Duration) -> Self {
        self.pool_idle_limit = limit;
        self
    }

    /// Reads certificates and key, and builds the transport.
    ///
    /// ```
    /// # use session_export_transport_hyper::{BuildTransportError, HyperTransport};
    /// # fn main() -> Result<(), BuildTransportError> {
    /// let transport = HyperTransport::builder().build()?;
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
    /// When a file cannot be read or holds nothing usable, a client certificate and its key do not belong together, the
    /// crypto provider lacks what TLS needs, or the proxy's URL is not valid.
    pub fn build(self) -> Result<T, BuildTransportError>
    where
        T: FromSettings,
    {
        let proxy = self.proxy.as_deref().map(Proxy::parse).transpose()?;
        T::from_settings(Settings {
            tls: Tls::load(&self.tls)?,
            proxy,
            connect_limit: self.connect_limit,
            pool_idle_limit: self.pool_idle_limit,
        })
    }
}

impl<T> Default for TransportBuilder<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for TransportBuilder<T> {
    fn clone(&self) -> Self {
        Self {
            tls: self.tls.clone(),
            proxy: self.proxy.clone(),
            connect_limit: self.connect_limit,
            pool_idle_limit: self.pool_idle_limit,
            transport: PhantomData,
        }
    }
}

/// Shows that there is a proxy, not its URL: it may hold a password. Of certificates and keys it shows where they are.
impl<T> fmt::Debug for TransportBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportBuilder")
            .field("authorities", &self.tls.authorities)
            .field("client_certificate", &self.tls.client)
            .field("proxy", &self.proxy.is_some())
            .field("connect_limit", &self.connect_limit)
            .field("pool_idle_limit", &self.pool_idle_limit)
            .finish()
    }
}
