//! What a clause has to work with.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Uri};
use session_export_transport::{Request, RequestBody, Response, Transport, TransportError};

use super::{Finding, Setup};

/// Builds a transport.
pub(super) type Make =
    Arc<dyn Fn(&Setup) -> Result<Arc<dyn Transport>, Box<dyn StdError + Send + Sync>> + Send + Sync>;

/// How long a clause waits for something that must happen before it says that it does not.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a clause has to work with: transports, and a few requests that it often needs.
pub struct Context {
    suite: String,
    make: Make,
}

impl Context {
    pub(super) fn new(suite: &str, make: Make) -> Self {
        Self {
            suite: suite.to_owned(),
            make,
        }
    }

    /// The name of the suite.
    pub(super) fn suite(&self) -> &str {
        &self.suite
    }

    /// A transport with this setup.
    ///
    /// # Errors
    ///
    /// A [`Finding`] when the transport cannot be built although it declared the capability.
    pub fn transport(&self, setup: &Setup) -> Result<Arc<dyn Transport>, Finding> {
        (self.make)(setup).map_err(|error| Finding::new(format!("the transport could not be built: {error}")))
    }

    /// A transport with nothing set.
    ///
    /// # Errors
    ///
    /// As [`transport`](Self::transport).
    pub fn plain(&self) -> Result<Arc<dyn Transport>, Finding> {
        self.transport(&Setup::default())
    }

    /// Waits for something that must happen.
    ///
    /// # Errors
    ///
    /// A [`Finding`] that names it when it does not happen within five seconds.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops `future`.
    pub async fn soon<F: Future>(&self, what: &str, future: F) -> Result<F::Output, Finding> {
        tokio::time::timeout(PATIENCE, future)
            .await
            .map_err(|_| Finding::new(format!("{what} did not happen within {} s", PATIENCE.as_secs())))
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

/// A GET.
pub(super) fn get(uri: Uri) -> Request {
    let mut request = Request::new(RequestBody::empty());
    *request.uri_mut() = uri;
    request
}

/// A POST of JSON.
pub(super) fn post(uri: Uri, body: impl Into<Bytes>) -> Request {
    let mut request = Request::new(RequestBody::from(body.into()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    request
        .headers_mut()
        .insert("content-type", http::HeaderValue::from_static("application/json"));
    request
}

/// Sends a request and reads the body of its response to the end.
pub(super) async fn exchange(
    context: &Context,
    transport: &Arc<dyn Transport>,
    request: Request,
) -> Result<http::Response<Bytes>, Finding> {
    let response = context.soon("a response", transport.send(request)).await??;
    let (head, body) = response.into_parts();
    let body = context
        .soon("the end of the body", body.read_to_end(usize::MAX))
        .await??;
    Ok(http::Response::from_parts(head, body))
}

/// Reads a body to its end.
pub(super) async fn whole(response: Response) -> Result<Bytes, TransportError> {
    response.into_body().read_to_end(usize::MAX).await
}
