//! A server that does exactly what a script says, byte by byte, over TCP or TLS.
//!
//! A script is an async function of a [`Connection`]; it reads requests and writes whatever it likes, HTTP or not. The
//! [`Server`] remembers every request that any connection has read. Order between the script and the test is made by
//! [`Gate`]s, never by sleeping.

mod authority;
mod connection;
mod gate;
mod received;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::Uri;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use authority::{Authority, Certificate, Identity};
pub use connection::Connection;
pub use gate::Gate;
pub use received::Received;

/// A listening server. Dropping it closes everything.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    tls: bool,
    log: Log,
    accepting: JoinHandle<()>,
}

/// What has arrived so far, over all connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    requests: Arc<Mutex<Vec<Received>>>,
    connections: Arc<AtomicUsize>,
}

impl Log {
    pub(crate) fn record(&self, request: &Received) {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request.clone());
    }
}

impl Server {
    /// Listens on a free port of `127.0.0.1` and runs `script` for each connection.
    ///
    /// # Panics
    ///
    /// When no port can be had.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing behind: the port is closed and no script runs.
    pub async fn plain<S, F>(script: S) -> Self
    where
        S: Fn(Connection) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(None, script).await
    }

    /// The same behind TLS. A connection whose handshake fails never reaches the script, but counts as a connection.
    ///
    /// # Panics
    ///
    /// When no port can be had.
    ///
    /// # Cancel safety
    ///
    /// As [`plain`](Self::plain).
    pub async fn tls<S, F>(config: ServerConfig, script: S) -> Self
    where
        S: Fn(Connection) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(Some(config), script).await
    }

    async fn start<S, F>(tls: Option<ServerConfig>, script: S) -> Self
    where
        S: Fn(Connection) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound socket has an address");
        let log = Log::default();
        let acceptor = tls.map(|config| tokio_rustls::TlsAcceptor::from(Arc::new(config)));
        let is_tls = acceptor.is_some();
        let script = Arc::new(script);
        let accepting = tokio::spawn({
            let log = log.clone();
            async move {
                // Dropped with the server, and with it every connection.
                let mut connections = tokio::task::JoinSet::new();
                while let Ok((socket, _)) = listener.accept().await {
                    let number = log.connections.fetch_add(1, Ordering::SeqCst);
                    let (acceptor, log, script) = (acceptor.clone(), log.clone(), Arc::clone(&script));
                    connections.spawn(async move {
                        if let Some(connection) = Connection::accept(socket, acceptor, number, log).await {
                            script(connection).await;
                        }
                    });
                }
            }
        });
        Self {
            address,
            tls: is_tls,
            log,
            accepting,
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a target, which starts with `/`. Behind TLS the host is `localhost`, for the certificate's sake.
    ///
    /// # Panics
    ///
    /// When the target is not one.
    pub fn url(&self, target: &str) -> Uri {
        let url = if self.tls {
            format!("https://localhost:{}{target}", self.address.port())
        } else {
            format!("http://{}{target}", self.address)
        };
        url.parse().expect("a target that the clause wrote")
    }

    /// Every request that was read, in the order in which their heads were complete.
    pub fn requests(&self) -> Vec<Received> {
        self.log
            .requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// How many connections were accepted.
    pub fn connections(&self) -> usize {
        self.log.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
