//! Identity and Access Management: the issuer of tokens and of temporary access keys.

mod agency;
mod describe;
mod exchange;
mod password;
mod projects;
mod scope;
mod temporary_key;
#[cfg(test)]
mod tests;
mod totp;
mod wire;

use std::fmt;
use std::sync::Arc;

use http::{HeaderValue, Method, Uri, header};
use session_export_transport::{BaseUrl, Request, RequestBody, Response, Transport, send_traced};

pub use agency::{Agency, IamAgency};
pub use describe::TokenDescription;
pub use exchange::IamExchange;
pub use password::IamPassword;
pub use scope::TokenScope;
pub use temporary_key::IamTemporaryKey;
pub use totp::TotpPasscode;

use crate::token::X_AUTH_TOKEN;
use crate::{AuthError, PlainHttp, Token};

/// An IAM: where it is, and what carries requests to it. Clones share the transport.
///
/// A regional endpoint issues tokens for its own region only, the global one (`https://iam.myhuaweicloud.com`) for all.
/// Each method sends one request for each call and does not retry: repeated wrong passwords lock an account.
///
/// ```
/// use session_export_auth::{Iam, IamPassword, TokenAuthenticator, TokenScope};
/// use session_export_transport::Transport;
///
/// fn authenticator(transport: impl Transport, password: String) -> TokenAuthenticator<IamPassword> {
///     let iam = Iam::new(transport, "https://iam.cn-north-4.myhuaweicloud.com".parse().expect("a valid URL"));
///     let scope = TokenScope::project_name("cn-north-4");
///     TokenAuthenticator::new(IamPassword::new(iam, "user005", password, "account-a", scope))
/// }
/// ```
#[derive(Clone)]
pub struct Iam {
    transport: Arc<dyn Transport>,
    base: BaseUrl,
    plain_http: PlainHttp,
}

impl Iam {
    /// The IAM whose base URL is `base`, without `/v3`.
    pub fn new(transport: impl Transport, base: BaseUrl) -> Self {
        Self {
            transport: Arc::new(transport),
            base,
            plain_http: PlainHttp::default(),
        }
    }

    /// Whether secrets may be sent to it over plain http; by default only to this machine.
    #[must_use]
    pub fn plain_http(mut self, policy: PlainHttp) -> Self {
        self.plain_http = policy;
        self
    }

    fn tokens_url(&self) -> Uri {
        self.base.url(["v3", "auth", "tokens"], [("nocatalog", "true")])
    }

    async fn send(&self, request: Request) -> Result<Response, AuthError> {
        self.plain_http.check(request.uri())?;
        // No path of IAM has an id in it.
        let template = request.uri().path().to_owned();
        Ok(send_traced(&*self.transport, request, &template, 0).await?)
    }
}

fn get(uri: Uri) -> Request {
    let mut request = Request::new(RequestBody::empty());
    *request.uri_mut() = uri;
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::ACCEPT, json);
    request
}

fn post(uri: Uri, body: bytes::Bytes) -> Request {
    let mut request = Request::new(RequestBody::from(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    let json = HeaderValue::from_static("application/json;charset=UTF-8");
    request.headers_mut().insert(header::CONTENT_TYPE, json);
    request
}

/// Shows a token to IAM.
fn on_behalf_of(token: &Token, mut request: Request) -> Request {
    request.headers_mut().insert(X_AUTH_TOKEN, token.header());
    request
}

impl fmt::Debug for Iam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iam")
            .field("base", &self.base.as_str())
            .field("plain_http", &self.plain_http)
            .finish_non_exhaustive()
    }
}
