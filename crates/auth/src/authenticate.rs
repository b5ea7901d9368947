//! How a request is made to carry a credential.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use session_export_transport::Request;

use crate::AuthError;

/// Makes a request carry a credential: a token header, a signature.
///
/// The client calls [`authenticate`](Self::authenticate) anew for every attempt, since a token may have been replaced
/// and a signature holds the time. It calls [`rejected`](Self::rejected) at most once for a request.
#[async_trait]
pub trait Authenticate: Debug + Send + Sync + 'static {
    /// Edits `request`, whose URL, headers and body are final, at the wall-clock time `at`.
    ///
    /// All or nothing: on an error the request is as it was.
    ///
    /// A header whose value holds a secret must be marked with [`HeaderValue::set_sensitive`](http::HeaderValue::set_sensitive).
    /// The client takes the values of such headers, and of no others, out of what a server says: a gateway that repeats a
    /// token in its `error_msg` would otherwise bring it into `Display` and `Debug` of the error and into `tracing`. HTTP
    /// stacks leave marked values out of their own logs, too.
    ///
    /// # Errors
    ///
    /// An [`AuthError`] that says why there is no credential. Nothing of the operation was sent.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the request as it was.
    async fn authenticate(&self, request: &mut Request, at: DateTime<Utc>) -> Result<Stamp, AuthError>;

    /// The service answered 401 to the credential of `stamp`. Is one more try worthwhile?
    ///
    /// Drops that credential and no newer one, so that a hundred rejections of one credential cost one renewal.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may leave the credential in place; the next 401 to it is then told again.
    async fn rejected(&self, stamp: Stamp) -> bool;
}

/// Tells the credentials of one authenticator apart: each renewal has a stamp of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp(u64);

impl Stamp {
    /// A stamp of an authenticator of your own; only equality means anything.
    pub fn new(generation: u64) -> Self {
        Self(generation)
    }
}

#[async_trait]
impl<A: Authenticate + ?Sized> Authenticate for Arc<A> {
    async fn authenticate(&self, request: &mut Request, at: DateTime<Utc>) -> Result<Stamp, AuthError> {
        (**self).authenticate(request, at).await
    }

    async fn rejected(&self, stamp: Stamp) -> bool {
        (**self).rejected(stamp).await
    }
}

#[async_trait]
impl<A: Authenticate + ?Sized> Authenticate for Box<A> {
    async fn authenticate(&self, request: &mut Request, at: DateTime<Utc>) -> Result<Stamp, AuthError> {
        (**self).authenticate(request, at).await
    }

    async fn rejected(&self, stamp: Stamp) -> bool {
        (**self).rejected(stamp).await
    }
}
