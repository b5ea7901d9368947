//! The temporary access key of the machine's agency.

use std::borrow::Cow;
use std::fmt;
use std::net::Ipv4Addr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use session_export_model::parse_timestamp;
use session_export_transport::{
    BaseUrl, Clock, Request, RequestBody, Transport, TransportError, TransportErrorKind, is_loopback,
    send_traced,
};
use zeroize::Zeroize;

use crate::{AccessKey, AuthError, AuthErrorKind, PlainHttp, ProvideAccessKey, Refusal};

const BASE: &str = "http://169.254.169.254";
/// For one exchange, its body included. The service is on the same host, or it is not there.
const LIMIT: Duration = Duration::from_secs(3);
const MOST_BYTES: usize = 64 << 10;
/// The longest life that the service gives a token, in seconds.
const TOKEN_LIFE: HeaderValue = HeaderValue::from_static("21600");
const TOKEN_LIFE_NAME: HeaderName = HeaderName::from_static("x-metadata-token-ttl-seconds");
const TOKEN_NAME: HeaderName = HeaderName::from_static("x-metadata-token");
/// In the body of a 401 that no new token mends.
const NO_AGENCY: &[u8] = b"Please configure Cloud Service Agency first";
/// How long a key that was fetched to see whether there is one may wait for its first use.
const PROBE_LIFE: Duration = Duration::from_secs(60);

/// Fetches the temporary access key of the agency that is bound to this machine (ECS, and nodes of CCE), from the
/// metadata service at `169.254.169.254`.
///
/// Each call asks for a metadata token (`PUT /meta-data/latest/api/token`), goes on without one where the service has
/// none (404, 405, 503), and reads the key (`GET /openstack/latest/securitykey`). A 401 gets one more try with a new
/// token. Each exchange is given up after three seconds on the clock: off the cloud nothing answers. Give it a transport
/// without a proxy: a proxy would ask its own machine.
///
/// [`PlainHttp`] does not apply: the address is link-local, so the exchange ends at the hypervisor of this machine and
/// passes no network, and the service speaks no TLS. Another plain http address is accepted only on this machine.
///
/// ```
/// use session_export_auth::InstanceMetadata;
/// use session_export_transport::{Clock, Transport};
///
/// fn provider(transport: impl Transport, clock: impl Clock) -> InstanceMetadata {
///     InstanceMetadata::new(transport, clock)
/// }
/// ```
#[derive(Clone)]
pub struct InstanceMetadata {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    base: BaseUrl,
    /// The key of [`probe`](Self::probe), handed out once.
    probed: Arc<Mutex<Option<Probed>>>,
}

struct Probed {
    key: AccessKey,
    /// On the monotonic clock.
    at: Duration,
}

#[derive(Deserialize)]
struct Reply {
    credential: Credential,
}

#[derive(Deserialize)]
struct Credential {
    access: SecretString,
    secret: SecretString,
    securitytoken: SecretString,
    expires_at: SecretString,
}

/// An answer whose body is overwritten when it is dropped, as far as nobody else holds it.
struct Answer {
    status: StatusCode,
    body: Bytes,
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Ok(mut body) = std::mem::take(&mut self.body).try_into_mut() {
            body.as_mut().zeroize();
        }
    }
}

impl InstanceMetadata {
    /// Asks the service at `http://169.254.169.254`.
    pub fn new(transport: impl Transport, clock: impl Clock) -> Self {
        Self {
            transport: Arc::new(transport),
            clock: Arc::new(clock),
            base: BASE.parse().expect("a fixed URL"),
            probed: Arc::default(),
        }
    }

    /// Asks another address: an emulator's, in tests.
    #[must_use]
    pub fn base_url(mut self, base: BaseUrl) -> Self {
        self.base = base;
        self
    }

    /// Fetches a key and keeps it for the next call, so that finding out costs no second fetch.
    pub(crate) async fn probe(&self) -> Result<(), AuthError> {
        let key = self.fetch().await?;
        let at = self.clock.monotonic();
        *self.probed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Probed { key, at });
        Ok(())
    }

    async fn fetch(&self) -> Result<AccessKey, AuthError> {
        let answer = self.ask().await?;
        let answer = if answer.status == StatusCode::UNAUTHORIZED && !lacks_agency(&answer.body) {
            self.ask().await?
        } else {
            answer
        };
        match answer.status {
            status if status.is_success() => read_key(&answer.body),
            StatusCode::UNAUTHORIZED if lacks_agency(&answer.body) => Err(refused(
                answer.status,
                "this machine has no agency; bind one to it",
            )),
            StatusCode::NOT_FOUND => Err(refused(
                answer.status,
                "the metadata service has no key; bind an agency to this machine",
            )),
            status => Err(refused(status, "the metadata service gives no key")),
        }
    }

    /// Asks for the key, with a new metadata token where there are such.
    async fn ask(&self) -> Result<Answer, AuthError> {
        let token = self.metadata_token().await?;
        let mut request = self.request(Method::GET, ["openstack", "latest", "securitykey"]);
        if let Some(token) = token {
            request.headers_mut().insert(TOKEN_NAME, token);
        }
        self.exchange(request).await
    }

    /// `None` where the service knows no tokens.
    async fn metadata_token(&self) -> Result<Option<HeaderValue>, AuthError> {
        let mut request = self.request(Method::PUT, ["meta-data", "latest", "api", "token"]);
        request.headers_mut().insert(TOKEN_LIFE_NAME, TOKEN_LIFE);
        let answer = self.exchange(request).await?;
        if matches!(answer.status.as_u16(), 404 | 405 | 503) {
            return Ok(None);
        }
        if !answer.status.is_success() {
            return Err(refused(answer.status, "the metadata service gives no token"));
        }
        let token = answer.body.trim_ascii();
        if token.is_empty() || !token.iter().all(u8::is_ascii_graphic) {
            return Err(reply("its metadata token is no token"));
        }
        let mut token =
            HeaderValue::from_bytes(token).map_err(|_| reply("its metadata token is no token"))?;
        token.set_sensitive(true);
        Ok(Some(token))
    }

    fn request<const N: usize>(&self, method: Method, path: [&str; N]) -> Request {
        let mut request = Request::new(RequestBody::empty());
        *request.method_mut() = method;
        *request.uri_mut() = self.base.url(path, [("", ""); 0]);
        request
    }

    async fn exchange(&self, request: Request) -> Result<Answer, AuthError> {
        let link_local = |host: &str| host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_link_local());
        let uri = request.uri();
        if !is_loopback(uri) && !uri.host().is_some_and(link_local) {
            PlainHttp::LoopbackOnly.check(uri)?;
        }
        let template = uri.path().to_owned();
        let whole = pin!(async {
            let (head, body) = send_traced(&*self.transport, request, &template, 0)
                .await?
                .into_parts();
            match body.read_to_end(MOST_BYTES).await {
                Ok(body) => Ok(Answer {
                    status: head.status,
                    body,
                }),
                // A refusal is told even if its body breaks off.
                Err(_) if !head.status.is_success() => Ok(Answer {
                    status: head.status,
                    body: Bytes::new(),
                }),
                Err(error) => Err(error),
            }
        });
        // The exchange comes first: an answer at the very limit counts.
        match select(whole, self.clock.sleep(LIMIT)).await {
            Either::Left((answer, _)) => answer.map_err(unreachable),
            Either::Right(((), _)) => Err(AuthError::new(AuthErrorKind::TimedOut)
                .with_detail("the metadata service did not answer within 3 s; is this a cloud machine?")),
        }
    }
}

#[async_trait]
impl ProvideAccessKey for InstanceMetadata {
    async fn provide_access_key(&self) -> Result<AccessKey, AuthError> {
        let probed = self.probed.lock().unwrap_or_else(PoisonError::into_inner).take();
        let now = self.clock.monotonic();
        match probed.filter(|probed| now.saturating_sub(probed.at) <= PROBE_LIFE) {
            Some(probed) => Ok(probed.key),
            None => self.fetch().await,
        }
    }
}

fn lacks_agency(body: &[u8]) -> bool {
    body.windows(NO_AGENCY.len()).any(|window| window == NO_AGENCY)
}

/// The key in an answer. Errors show a position at most: the texts around it are secrets.
fn read_key(body: &[u8]) -> Result<AccessKey, AuthError> {
    let Reply { credential } = serde_json::from_slice(body).map_err(|error| {
        reply(format!(
            "it is not the documented key (line {}, column {})",
            error.line(),
            error.column()
        ))
    })?;
    let expires_at = parse_timestamp(credential.expires_at.expose_secret())
        .map_err(|_| reply("its expires_at is no time"))?;
    let malformed = |error: AuthError| reply("the metadata service's key is no key").with_source(error);
    Ok(AccessKey::new(
        credential.access.expose_secret(),
        credential.secret.expose_secret(),
    )
    .and_then(|key| key.with_security_token(credential.securitytoken.expose_secret()))
    .map_err(malformed)?
    .with_expiry(expires_at))
}

/// The service's own text is left out: nobody promises that it holds no secret.
fn refused(status: StatusCode, message: &str) -> AuthError {
    let mut refusal = Refusal::new(status);
    refusal.message = Some(message.to_owned());
    refusal.into()
}

fn reply(detail: impl Into<Cow<'static, str>>) -> AuthError {
    AuthError::new(AuthErrorKind::Reply).with_detail(detail)
}

fn unreachable(error: TransportError) -> AuthError {
    match error.kind() {
        TransportErrorKind::BodyTooLarge => reply("it is larger than 64 KiB").with_source(error),
        _ => AuthError::from(error),
    }
}

impl fmt::Debug for InstanceMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceMetadata")
            .field("base", &self.base.as_str())
            .finish_non_exhaustive()
    }
}
