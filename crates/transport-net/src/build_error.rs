//! What can be wrong with a transport's settings.

use std::error::Error as StdError;
use std::io;

/// Why a transport could not be built.
///
/// ```
/// use session_export_transport_hyper::HyperTransport;
///
/// let error = HyperTransport::builder().ca_pem("not a certificate").build().unwrap_err();
/// assert_eq!(error.to_string(), "the given CA certificates: no PEM certificate in it");
/// ```
///
/// The message names the setting and what is wrong with it. Neither it nor its sources hold the proxy's URL or any
/// part of a key.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
#[non_exhaustive]
pub struct BuildTransportError(#[from] Reason);

impl BuildTransportError {
    /// The HTTP stack below a transport does not accept the settings.
    ///
    /// ```
    /// # use session_export_transport_net::BuildTransportError;
    /// let error = BuildTransportError::stack("it has no sockets");
    /// assert_eq!(error.to_string(), "the HTTP client cannot be set up");
    /// ```
    ///
    /// The source must show neither the proxy's URL nor a key.
    pub fn stack(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Reason::Stack(source.into()))
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Reason {
    #[error("{origin}: cannot be read")]
    File { origin: String, source: io::Error },
    #[error("{origin}: no PEM certificate in it")]
    NoCertificate { origin: String },
    #[error("{origin}: no PEM private key in it; an encrypted one must be decrypted first")]
    NoKey { origin: String },
    #[error("{origin}: not valid PEM")]
    Pem { origin: String, source: BrokenPem },
    #[error("{origin}: certificate {number} is not usable")]
    Certificate {
        origin: String,
        number: usize,
        source: rustls::Error,
    },
    #[error("the client certificate and its key are not usable")]
    ClientCertificate(#[source] rustls::Error),
    #[error("the proxy's URL is not valid: {0}")]
    ProxyUrl(&'static str),
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    #[error("the HTTP client cannot be set up")]
    Stack(#[source] Box<dyn StdError + Send + Sync>),
}

/// What is wrong with a PEM text. The parser's own error quotes a line of it, which may be a whole key.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BrokenPem(pub(crate) &'static str);
