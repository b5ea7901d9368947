//! The transport itself.

use std::fmt;

use async_trait::async_trait;
use session_export_transport::{
    Request, Response, ResponseBody, Transport, TransportError, TransportErrorKind,
};

use crate::body::StreamedBody;
use crate::clients::{Clients, NoClient};
use crate::{BuildTransportError, ReqwestTransportBuilder, failure, target};

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
    clients: Clients,
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
    /// As for [`build`](ReqwestTransportBuilder::build).
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
        ReqwestTransportBuilder::new()
    }

    pub(crate) fn from_clients(clients: Clients) -> Self {
        Self { clients }
    }
}

/// Shows that there is a proxy, not its URL: it may hold a password.
impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = self.clients.settings();
        f.debug_struct("ReqwestTransport")
            .field("proxy", &settings.proxy.is_some())
            .field("connect_limit", &settings.connect_limit)
            .field("pool_idle_limit", &settings.pool_idle_limit)
            .finish()
    }
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let request = target::to_reqwest(request)
            .map_err(|why| failure::refused(TransportErrorKind::Unsupported, why))?;
        let client = self.clients.for_this_runtime().map_err(|why| {
            let kind = match why {
                NoClient::NoRuntime => TransportErrorKind::Unsupported,
                NoClient::Build(_) => TransportErrorKind::Other,
            };
            failure::refused(kind, why)
        })?;
        let no_roots = self.clients.settings().tls.no_roots.as_deref();
        let response = client
            .execute(request)
            .await
            .map_err(|error| failure::of_exchange(&error.without_url(), no_roots))?;

        let mut response = http::Response::<reqwest::Body>::from(response);
        // reqwest and hyper leave notes there, the URL among them.
        response.extensions_mut().clear();
        Ok(response.map(|body| ResponseBody::new(StreamedBody(body))))
    }
}
