//! The HTTP stacks, set up as our transports set them up.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;

use crate::Failure;

/// Makes one exchange and reads the whole body of its response.
pub trait Stack: Clone + Send + Sync + 'static {
    /// `url` is absolute.
    fn exchange(
        &self,
        method: Method,
        url: String,
        headers: [Option<(HeaderName, HeaderValue)>; 4],
        body: Bytes,
    ) -> impl Future<Output = Result<Bytes, Failure>> + Send;
}

/// One connection of hyper's, without a pool.
#[derive(Clone, Debug)]
pub struct Connection {
    sender: Arc<Mutex<Option<SendRequest<Full<Bytes>>>>>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    ///
    /// When there is no server.
    pub async fn new(base: &str) -> Result<Self, Failure> {
        let uri: Uri = base.parse()?;
        let stream = TcpStream::connect(uri.authority().ok_or("a base URL without a host")?.as_str()).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        drop(tokio::spawn(connection));
        Ok(Self {
            sender: Arc::new(Mutex::new(Some(sender))),
        })
    }

    fn swap(&self, sender: Option<SendRequest<Full<Bytes>>>) -> Option<SendRequest<Full<Bytes>>> {
        std::mem::replace(
            &mut self.sender.lock().unwrap_or_else(PoisonError::into_inner),
            sender,
        )
    }
}

impl Stack for Connection {
    async fn exchange(
        &self,
        method: Method,
        url: String,
        headers: [Option<(HeaderName, HeaderValue)>; 4],
        body: Bytes,
    ) -> Result<Bytes, Failure> {
        let mut sender = self.swap(None).ok_or("one connection, one call at a time")?;
        sender.ready().await?;
        let mut request = request(method, url, headers, body)?;
        let uri = request.uri().clone();
        let host = uri.authority().ok_or("a URL without a host")?.as_str();
        request.headers_mut().insert(HOST, host.parse()?);
        *request.uri_mut() = uri
            .path_and_query()
            .ok_or("a URL without a path")?
            .as_str()
            .parse()?;
        let response = sender.send_request(request).await?;
        self.swap(Some(sender));
        Ok(response.into_body().collect().await?.to_bytes())
    }
}

/// hyper-util's client.
#[derive(Clone, Debug)]
pub struct Hyper {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Hyper {
    /// With the settings of our transport.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up.
    pub fn new() -> Result<Self, Failure> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .retry_canceled_requests(false)
            .pool_idle_timeout(Duration::from_secs(15))
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .build(HttpsConnector::from((tcp, Arc::new(tls()?))));
        Ok(Self { client })
    }

    /// The client itself.
    pub fn client(&self) -> &Client<HttpsConnector<HttpConnector>, Full<Bytes>> {
        &self.client
    }
}

impl Stack for Hyper {
    async fn exchange(
        &self,
        method: Method,
        url: String,
        headers: [Option<(HeaderName, HeaderValue)>; 4],
        body: Bytes,
    ) -> Result<Bytes, Failure> {
        let response = self.client.request(request(method, url, headers, body)?).await?;
        Ok(response.into_body().collect().await?.to_bytes())
    }
}

/// reqwest.
#[derive(Clone, Debug)]
pub struct Reqwest {
    client: reqwest::Client,
}

impl Reqwest {
    /// With the settings of our transport.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up.
    pub fn new() -> Result<Self, Failure> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(Duration::from_secs(10))
            .pool_idle_timeout(Duration::from_secs(15))
            .tls_backend_preconfigured(tls()?)
            .build()?;
        Ok(Self { client })
    }

    /// The client itself.
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }
}

impl Stack for Reqwest {
    async fn exchange(
        &self,
        method: Method,
        url: String,
        headers: [Option<(HeaderName, HeaderValue)>; 4],
        body: Bytes,
    ) -> Result<Bytes, Failure> {
        let headers: HeaderMap = headers.into_iter().flatten().collect();
        let request = self.client.request(method, url).headers(headers).body(body);
        Ok(request.send().await?.bytes().await?)
    }
}

fn request(
    method: Method,
    url: String,
    headers: [Option<(HeaderName, HeaderValue)>; 4],
    body: Bytes,
) -> Result<Request<Full<Bytes>>, Failure> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from_maybe_shared(Bytes::from(url))?;
    request.headers_mut().extend(headers.into_iter().flatten());
    Ok(request)
}

/// The system's authorities, as our transports have them.
fn tls() -> Result<ClientConfig, Failure> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
