//! A cache over any token provider, as an authenticator.

#[cfg(test)]
mod tests;

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use session_export_transport::Request;

use crate::cache::CredentialCache;
use crate::token::X_AUTH_TOKEN;
use crate::{AuthError, Authenticate, PlainHttp, ProvideToken, Stamp, Token};

/// Puts the provider's token into `X-Auth-Token`, and keeps it for as long as it is good.
///
/// A token is *fresh*, then *stale* for the last ten minutes of its life (or the last fifth, if that is shorter), then
/// *unusable*. A fresh one is used without waiting. While it is stale, one caller fetches a new one and the others go
/// on with the old one; after a fetch that fails then, none is tried for 30 seconds, then for twice as long each time.
/// Without a usable token one caller fetches, and all who wait share what comes of it, a failure too.
///
/// No background task: the work is done by whoever calls. A cancelled fetch is taken over by the next who waits.
pub struct TokenAuthenticator<P> {
    provider: P,
    cache: CredentialCache<Token>,
    plain_http: PlainHttp,
}

impl<P: ProvideToken> TokenAuthenticator<P> {
    /// Caches the tokens of `provider`.
    pub fn new(provider: P) -> Self {
        Self {
            provider,
            cache: CredentialCache::new(),
            plain_http: PlainHttp::default(),
        }
    }

    /// Whether the token may be sent over plain http; by default only to this machine.
    #[must_use]
    pub fn plain_http(mut self, policy: PlainHttp) -> Self {
        self.plain_http = policy;
        self
    }

    /// The token that a request at `at` would carry.
    ///
    /// # Errors
    ///
    /// The provider's [`AuthError`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up a fetch of its own; one who waits takes over.
    pub async fn token(&self, at: DateTime<Utc>) -> Result<Token, AuthError> {
        self.get(at).await.map(|(token, _)| token)
    }

    async fn get(&self, at: DateTime<Utc>) -> Result<(Token, Stamp), AuthError> {
        self.cache.get(at, || self.provider.provide_token()).await
    }
}

#[async_trait]
impl<P: ProvideToken> Authenticate for TokenAuthenticator<P> {
    async fn authenticate(&self, request: &mut Request, at: DateTime<Utc>) -> Result<Stamp, AuthError> {
        self.plain_http.check(request.uri())?;
        let (token, stamp) = self.get(at).await?;
        request.headers_mut().insert(X_AUTH_TOKEN, token.header());
        Ok(stamp)
    }

    async fn rejected(&self, stamp: Stamp) -> bool {
        self.cache.rejected(stamp);
        self.provider.can_renew()
    }
}

impl<P: ProvideToken> fmt::Debug for TokenAuthenticator<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenAuthenticator")
            .field("provider", &self.provider)
            .field("plain_http", &self.plain_http)
            .finish_non_exhaustive()
    }
}
