//! The transport itself.

use std::fmt;

use async_trait::async_trait;
use session_export_transport::{
    Request, Response, ResponseBody, Transport, TransportError, TransportErrorKind,
};
use session_export_transport_net::{
    BuildTransportError, FromSettings, PerRuntime, ReceivedBody, Settings, TransportBuilder, refused,
};

use crate::{client, failure, target};

/// Settings of a [`ReqwestTransport`]; see [`TransportBuilder`].
pub type ReqwestTransportBuilder = TransportBuilder<ReqwestTransport>;

/// Carries requests with reqwest.
///
/// ```no_run
/// use session_export_transport::{Request, RequestBody, Transport};
/// use session_export_transport_reqwest::ReqwestTransport;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let transport = ReqwestTransport::new()?;
/// let mut request = Request::new(RequestBody::empty());
/// *request.uri_mut() = "https://workspace.example/v2/".parse()?;
/// let response = transport.send(request).await?;
/// println!("{}", response.status());
/// # Ok(())
/// # }
/// ```
///
/// # Behaviour
///
/// - **Runtime.** [`send`](Transport::send) must be called within a Tokio runtime that has its I/O and time drivers.
///   It hands that runtime its connections and name look-ups and nothing else. One transport may serve several
///   runtimes; they share no connections, and only the runtime that used it last keeps a pool.
/// - **Request target.** A URL that normalisation would change is refused with kind `Unsupported` instead of being
///   sent as something else than what was signed. So are user names in URLs.
/// - **One attempt.** A pooled connection that turns out to be closed before anything was written on it is replaced by
///   a fresh one. Once a byte may have been written there is no second attempt: the error is `Closed`, `Unknown`.
/// - **Redirects** are returned, bodies are not decompressed, cookies are not kept, and the environment's proxies are
///   ignored.
///
/// The [crate's documentation](crate) lists what is added to a request.
///
/// # Cancel safety
///
/// Dropping the future of [`send`](Transport::send), or a response body before its end, closes the connection (HTTP/1)
/// or resets the stream (HTTP/2). Whether the server saw the request is then unknown.
pub struct ReqwestTransport {
    settings: Settings,
    clients: PerRuntime<reqwest::Client>,
}

impl ReqwestTransport {
    /// A transport with the default settings: the system's certificate authorities and no proxy.
    ///
    /// ```
    /// # use session_export_transport_reqwest::ReqwestTransport;
    /// assert!(ReqwestTransport::new().is_ok());
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`build`](TransportBuilder::build).
    pub fn new() -> Result<Self, BuildTransportError> {
        Self::builder().build()
    }

    /// Settings to change before building a transport.
    ///
    /// ```
    /// # use session_export_transport_reqwest::ReqwestTransport;
    /// assert!(ReqwestTransport::builder().proxy("http://proxy.example:3128").build().is_ok());
    /// ```
    pub fn builder() -> ReqwestTransportBuilder {
        TransportBuilder::new()
    }
}

impl FromSettings for ReqwestTransport {
    fn from_settings(settings: Settings) -> Result<Self, BuildTransportError> {
        // Built once without a use, so that a setting reqwest rejects is an error here and not at the first request.
        client::build(&settings)?;
        Ok(Self {
            settings,
            clients: PerRuntime::new(),
        })
    }
}

/// Shows the proxy without its credentials.
impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport")
            .field("settings", &self.settings)
            .finish()
    }
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let request =
            target::to_reqwest(request).map_err(|why| refused(TransportErrorKind::Unsupported, why))?;
        let client = self.clients.client(|| client::build(&self.settings))?;
        let response = client
            .execute(request)
            .await
            .map_err(|error| failure::of_exchange(&error.without_url(), &self.settings.tls))?;

        let mut response = http::Response::<reqwest::Body>::from(response);
        // reqwest and hyper leave notes there, the URL among them.
        response.extensions_mut().clear();
        let version = response.version();
        Ok(response.map(|body| ResponseBody::new(ReceivedBody::new(body, version, failure::of_body))))
    }
}
