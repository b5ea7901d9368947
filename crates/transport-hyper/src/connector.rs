//! From a URL to a connection: name, TCP, perhaps a proxy's tunnel, perhaps TLS, all within one limit.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use session_export_transport_net::{Proxy, Settings};
use tokio::net::TcpStream;
use tower_service::Service;

use crate::names::Names;

/// A connection, with TLS or without.
pub(crate) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

type BoxError = Box<dyn StdError + Send + Sync>;
type Reaching = Pin<Box<dyn Future<Output = Result<TokioIo<TcpStream>, Unreached>> + Send>>;

/// How far connecting came. Its source says why no further.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectFailure {
    /// No connection to the server, or to the proxy, or no tunnel through it.
    #[error("the server could not be reached")]
    Reach(#[source] BoxError),
    /// The connection stood; TLS did not come about on it.
    #[error("the TLS handshake failed")]
    Tls(#[source] BoxError),
    /// The connect limit passed.
    #[error("the limit on connecting passed")]
    Limit,
}

pub(crate) struct Connector {
    https: HttpsConnector<Route>,
    has_proxy: bool,
    limit: Duration,
}

impl Connector {
    pub(crate) fn new(settings: &Settings) -> Self {
        let route = Route::new(settings.proxy.clone());
        Self {
            https: HttpsConnector::from((route, Arc::clone(settings.tls.config()))),
            has_proxy: settings.proxy.is_some(),
            limit: settings.connect_limit,
        }
    }

    /// Whether a proxy reads the requests to servers of this scheme itself, so that they name their host in the target.
    pub(crate) fn ends_at_proxy(&self, scheme: &Scheme) -> bool {
        self.has_proxy && *scheme != Scheme::HTTPS
    }

    pub(crate) async fn connect(&self, server: Uri) -> Result<Stream, ConnectFailure> {
        let connecting = self.https.clone().call(server);
        #[allow(
            clippy::disallowed_methods,
            reason = "the limit on connecting is the one that belongs to a transport"
        )]
        let connected = tokio::time::timeout(self.limit, connecting).await;
        match connected {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(match error.downcast::<Unreached>() {
                Ok(unreached) => ConnectFailure::Reach(unreached.0),
                Err(error) => ConnectFailure::Tls(error),
            }),
            Err(_) => Err(ConnectFailure::Limit),
        }
    }
}

/// The way to a server without TLS: straight, to a proxy, or through a proxy's tunnel.
#[derive(Clone)]
struct Route {
    tcp: HttpConnector<Names>,
    proxy: Option<Proxy>,
}

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Unreached(BoxError);

impl Route {
    fn new(proxy: Option<Proxy>) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Names::new());
        // What `https` asks for beyond a connection is for the layer above.
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        Self { tcp, proxy }
    }
}

impl Service<Uri> for Route {
    type Response = TokioIo<TcpStream>;
    type Error = Unreached;
    type Future = Reaching;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Unreached>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        match &self.proxy {
            None => reaching(self.tcp.call(server)),
            Some(proxy) if server.scheme() == Some(&Scheme::HTTPS) => {
                let mut tunnel = Tunnel::new(proxy.uri().clone(), self.tcp.clone());
                if let Some(authorization) = proxy.authorization() {
                    tunnel = tunnel.with_auth(authorization.clone());
                }
                reaching(tunnel.call(server))
            }
            Some(proxy) => reaching(self.tcp.call(proxy.uri().clone())),
        }
    }
}

fn reaching<E: Into<BoxError>>(
    connecting: impl Future<Output = Result<TokioIo<TcpStream>, E>> + Send + 'static,
) -> Reaching {
    Box::pin(async move { connecting.await.map_err(|error| Unreached(error.into())) })
}
