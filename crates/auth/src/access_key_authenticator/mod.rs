//! An access key that signs requests, as an authenticator.

mod pause;
#[cfg(test)]
mod tests;

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use http::{HeaderName, HeaderValue, header};
use session_export_model::ProjectId;
use session_export_transport::Request;

use self::pause::Pause;
use crate::cache::{CredentialCache, Expiring};
use crate::signer::{self, Parts, SignedHeaders};
use crate::{AccessKey, AuthError, Authenticate, PlainHttp, ProvideAccessKey, Stamp};

/// Signs every request with the provider's access key (AK/SK), and keeps the key for as long as it is good.
///
/// ```
/// use session_export_auth::{AccessKey, AccessKeyAuthenticator, Authenticate, StaticAccessKey};
/// use session_export_transport::{Request, RequestBody};
///
/// # futures_util::future::FutureExt::now_or_never(async {
/// // The example that is printed in the signing guide.
/// let key = AccessKey::new("QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc")?;
/// let authenticator = AccessKeyAuthenticator::for_account(StaticAccessKey::new(key));
///
/// let mut request = Request::new(RequestBody::empty());
/// *request.uri_mut() = "https://service.region.example.com/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs/\
///                       ?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0".parse().unwrap();
/// request.headers_mut().insert("content-type", "application/json".parse().unwrap());
/// let at = "2019-11-15T03:36:55Z".parse().unwrap();
/// authenticator.authenticate(&mut request, at).await?;
///
/// assert_eq!(request.headers()["x-sdk-date"], "20191115T033655Z");
/// assert_eq!(
///     request.headers()["authorization"],
///     "SDK-HMAC-SHA256 Access=QTWAOYTTINDUT2QVKYUC, SignedHeaders=content-type;host;x-sdk-date, \
///      Signature=7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe"
/// );
/// # Ok::<(), session_export_auth::AuthError>(())
/// # }).unwrap().unwrap();
/// ```
///
/// # What is signed
///
/// The algorithm is `SDK-HMAC-SHA256` of the [API Request Signing Guide][guide]. It covers the method, the path, the
/// query, the body, and of the headers the host, `Content-Type` and every `X-…` without an underscore in its name, but
/// not `X-Auth-Token`. It leaves out what a proxy may rewrite, such as `User-Agent` and `Accept-Encoding`. A body whose
/// hash is in `X-Sdk-Content-Sha256` is signed with that hash. The request must not change afterwards.
///
/// A request gets `X-Sdk-Date`, `Authorization`, with a temporary key `X-Security-Token`, and `X-Project-Id` if there
/// is one [for a project](Self::for_project). What an earlier signature left in these is replaced, so that a request can be
/// signed again.
///
/// # Time
///
/// The service refuses a signature whose time is more than 15 minutes from its own (401, `APIGW.0303`). The time is
/// the `at` of the caller: when a good key is refused, look at the clock of this machine.
///
/// # Caching, and what is kept from being locked
///
/// A key is *fresh*, then *stale* for the last ten minutes of its life (or the last fifth, if that is shorter), then
/// *unusable*, and is renewed as [`TokenAuthenticator`](crate::TokenAuthenticator) renews a token. A key without an end
/// is fetched once.
///
/// More than five bad signatures in a row lock an access key for five minutes, for everybody who uses it. So after the
/// service rejected a key, [`authenticate`](Authenticate::authenticate) refuses for 30 seconds to sign with the same key
/// again, with [`AuthErrorKind::Rejected`](crate::AuthErrorKind::Rejected): a fixed one, or one that its provider gives
/// out a second time. Requests that were signed before the first rejection came are not held back by that. The seconds
/// are counted in the caller's `at` from the last signature before the rejection; a clock that is set back by as much ends them.
///
/// # Cancel safety
///
/// Dropping a future of it leaves the request as it was and gives up a fetch of its own; one who waits takes over. There
/// is no background task.
///
/// [guide]: https://support.huaweicloud.com/intl/en-us/devg-apisign/api-sign-algorithm-002.html
pub struct AccessKeyAuthenticator<P> {
    provider: P,
    cache: CredentialCache<AccessKey>,
    pause: Pause,
    project_id: Option<HeaderValue>,
    plain_http: PlainHttp,
}

const X_PROJECT_ID: HeaderName = HeaderName::from_static("x-project-id");
const X_SDK_DATE: HeaderName = HeaderName::from_static("x-sdk-date");
const X_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-security-token");

impl<P: ProvideAccessKey> AccessKeyAuthenticator<P> {
    /// Signs requests that belong to a project with the keys of `provider`, and names the project in `X-Project-Id`.
    ///
    /// The official SDKs send it, and a sub-project cannot be reached without it (API Request Signing Guide).
    pub fn for_project(provider: P, project_id: ProjectId) -> Self {
        let value = HeaderValue::from_maybe_shared(String::from(project_id))
            .expect("an id without control characters is a valid header value");
        Self {
            project_id: Some(value),
            ..Self::for_account(provider)
        }
    }

    /// Signs requests that belong to no project, such as [`Iam::find_project`](crate::Iam::find_project), with the keys
    /// of `provider`.
    pub fn for_account(provider: P) -> Self {
        Self {
            provider,
            cache: CredentialCache::new(),
            pause: Pause::default(),
            project_id: None,
            plain_http: PlainHttp::default(),
        }
    }

    /// Whether a signed request may be sent over plain http; by default only to this machine. The secret itself never
    /// travels, but a security token does, and a signature can be replayed for 15 minutes.
    #[must_use]
    pub fn plain_http(mut self, policy: PlainHttp) -> Self {
        self.plain_http = policy;
        self
    }

    /// The key that a request at `at` would be signed with.
    ///
    /// # Errors
    ///
    /// The provider's [`AuthError`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up a fetch of its own; one who waits takes over.
    pub async fn access_key(&self, at: DateTime<Utc>) -> Result<AccessKey, AuthError> {
        self.get(at).await.map(|(key, _)| key)
    }

    async fn get(&self, at: DateTime<Utc>) -> Result<(AccessKey, Stamp), AuthError> {
        self.cache.get(at, || self.provider.provide_access_key()).await
    }

    /// Adds the headers of a signature. Nothing in here fails or waits, so the request is changed as a whole.
    fn sign(&self, request: &mut Request, key: &AccessKey, at: DateTime<Utc>) {
        let date = signer::timestamp(at);
        let mut headers = std::mem::take(request.headers_mut());
        headers.insert(
            X_SDK_DATE,
            HeaderValue::try_from(&date).expect("digits and two letters are a valid header value"),
        );
        match key.security_token() {
            Some(token) => headers.insert(X_SECURITY_TOKEN, token),
            None => headers.remove(X_SECURITY_TOKEN),
        };
        if let Some(project_id) = &self.project_id {
            headers.insert(X_PROJECT_ID, project_id.clone());
        }
        let parts = Parts {
            method: request.method(),
            uri: request.uri(),
            headers: &headers,
            body: request.body().as_bytes(),
        };
        let authorization = signer::authorization(key, parts, &SignedHeaders::of(parts), &date);
        headers.insert(header::AUTHORIZATION, authorization);
        *request.headers_mut() = headers;
    }
}

#[async_trait]
impl<P: ProvideAccessKey> Authenticate for AccessKeyAuthenticator<P> {
    async fn authenticate(&self, request: &mut Request, at: DateTime<Utc>) -> Result<Stamp, AuthError> {
        self.plain_http.check(request.uri())?;
        if !self.provider.can_renew() {
            self.pause.check_fixed(at)?;
        }
        let (key, stamp) = self.get(at).await?;
        self.pause.check(key.id(), at)?;
        self.sign(request, &key, at);
        self.pause.signed(&key, stamp, at);
        Ok(stamp)
    }

    async fn rejected(&self, stamp: Stamp) -> bool {
        self.cache.rejected(stamp);
        self.pause.begin(stamp);
        self.provider.can_renew()
    }
}

impl Expiring for AccessKey {
    fn expires_at(&self) -> Option<DateTime<Utc>> {
        AccessKey::expires_at(self)
    }
}

impl<P: ProvideAccessKey> fmt::Debug for AccessKeyAuthenticator<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKeyAuthenticator")
            .field("provider", &self.provider)
            .field("project_id", &self.project_id)
            .field("plain_http", &self.plain_http)
            .finish_non_exhaustive()
    }
}
