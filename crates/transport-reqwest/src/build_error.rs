//! What can be wrong with a transport's settings.

use std::io;
use std::path::PathBuf;

use rustls::pki_types::pem;

/// Why a transport could not be built.
///
/// ```
/// use session_export_transport_reqwest::ReqwestTransport;
///
/// let error = ReqwestTransport::builder().ca_pem("not a certificate").build().unwrap_err();
/// assert_eq!(error.to_string(), "the given CA certificates: no PEM certificate in it");
/// ```
///
/// The message names the setting and what is wrong with it. Neither it nor its sources hold the proxy's URL.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
#[non_exhaustive]
pub struct BuildTransportError(#[from] Reason);

#[derive(Debug, thiserror::Error)]
pub(crate) enum Reason {
    #[error("CA file {}: cannot be read", path.display())]
    CaFile { path: PathBuf, source: io::Error },
    #[error("{origin}: no PEM certificate in it")]
    NoCertificate { origin: String },
    #[error("{origin}: not valid PEM")]
    Pem { origin: String, source: pem::Error },
    #[error("{origin}: certificate {number} is not usable")]
    Certificate {
        origin: String,
        number: usize,
        source: rustls::Error,
    },
    #[error("the proxy's URL is not valid: {0}")]
    ProxyUrl(String),
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}
