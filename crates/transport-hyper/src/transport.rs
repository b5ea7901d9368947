//! The transport itself.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use http::header::PROXY_AUTHORIZATION;
use http::uri::Scheme;
use session_export_transport::{
    Request, Response, ResponseBody, Transport, TransportError, TransportErrorKind,
};
use session_export_transport_net::{
    BuildTransportError, FromSettings, PerRuntime, ReceivedBody, Settings, TransportBuilder, check, refused,
};

use crate::connector::Connector;
use crate::exchange::exchange;
use crate::failure;
use crate::pool::Pool;

/// Settings of a [`HyperTransport`]; see [`TransportBuilder`].
pub type HyperTransportBuilder = TransportBuilder<HyperTransport>;

/// Carries requests with hyper.
///
/// ```no_run
/// use session_export_transport::{Request, RequestBody, Transport};
/// use session_export_transport_hyper::HyperTransport;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let transport = HyperTransport::new()?;
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
///   A response's body may be read anywhere while the runtime that received it is at work.
/// - **Request target.** Any target goes on the wire as it was given, normal or not.
/// - **One attempt.** A pooled connection that turns out to be closed is not replaced. If nothing of the request was
///   written on it, the error is `Closed`, `NotSent`, and the caller may send again; otherwise `Closed`, `Unknown`.
/// - **Redirects** are returned, bodies are not decompressed, cookies are not kept, and the environment's proxies are
///   ignored.
///
/// The [crate's documentation](crate) lists what is added to a request.
///
/// # Cancel safety
///
/// Dropping the future of [`send`](Transport::send), or a response body before its end, closes the connection (HTTP/1)
/// or resets the stream (HTTP/2). Whether the server saw the request is then unknown.
pub struct HyperTransport {
    settings: Settings,
    pools: PerRuntime<Arc<Pool>>,
}

impl HyperTransport {
    /// A transport with the default settings: the system's certificate authorities and no proxy.
    ///
    /// ```
    /// # use session_export_transport_hyper::HyperTransport;
    /// assert!(HyperTransport::new().is_ok());
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
    /// # use session_export_transport_hyper::HyperTransport;
    /// assert!(HyperTransport::builder().proxy("http://proxy.example:3128").build().is_ok());
    /// ```
    pub fn builder() -> HyperTransportBuilder {
        TransportBuilder::new()
    }

    fn pool(&self) -> Arc<Pool> {
        let connector = Connector::new(&self.settings);
        Arc::new(Pool::new(connector, self.settings.pool_idle_limit))
    }

    /// A proxy that reads a request itself wants its credentials in it; a tunnel had them before.
    fn authorize_at_proxy(&self, request: &mut Request) {
        let authorization = self
            .settings
            .proxy
            .as_ref()
            .and_then(|proxy| proxy.authorization());
        if let Some(authorization) = authorization
            && request.uri().scheme() == Some(&Scheme::HTTP)
        {
            request
                .headers_mut()
                .entry(PROXY_AUTHORIZATION)
                .or_insert_with(|| authorization.clone());
        }
    }
}

impl FromSettings for HyperTransport {
    fn from_settings(settings: Settings) -> Result<Self, BuildTransportError> {
        Ok(Self {
            settings,
            pools: PerRuntime::new(),
        })
    }
}

/// Shows the proxy without its credentials.
impl fmt::Debug for HyperTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransport")
            .field("settings", &self.settings)
            .finish()
    }
}

#[async_trait]
impl Transport for HyperTransport {
    async fn send(&self, mut request: Request) -> Result<Response, TransportError> {
        check(&request).map_err(|why| refused(TransportErrorKind::Unsupported, why))?;
        let pool = self.pools.client(|| Ok(self.pool()))?;
        self.authorize_at_proxy(&mut request);
        // hyper takes some of them for instructions.
        request.extensions_mut().clear();
        let mut response = exchange(&pool, request)
            .await
            .map_err(|error| failure::of_exchange(&error, &self.settings.tls))?;
        // hyper's notes.
        response.extensions_mut().clear();
        let version = response.version();
        Ok(response.map(|body| ResponseBody::new(ReceivedBody::new(body, version, failure::of_body))))
    }
}
