//! Where a token comes from.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{AuthError, Token};

/// Fetches a token.
///
/// An implementation does the work every time and keeps nothing: [`TokenAuthenticator`](crate::TokenAuthenticator)
/// does the caching, shares one fetch among all who wait, and measures nothing here. It sends what it has to send once
/// and does not retry, above all not after a refusal: wrong passwords lock accounts.
#[async_trait]
pub trait ProvideToken: Debug + Send + Sync + 'static {
    /// Fetches a token.
    ///
    /// # Errors
    ///
    /// An [`AuthError`] that says why there is none.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives the fetch up. A token that was already issued is lost and expires by itself.
    async fn provide_token(&self) -> Result<Token, AuthError>;

    /// Whether another call can give another token. `false` for one that was configured by hand: when the service
    /// rejects it, trying again is pointless.
    fn can_renew(&self) -> bool {
        true
    }
}

#[async_trait]
impl<P: ProvideToken + ?Sized> ProvideToken for Arc<P> {
    async fn provide_token(&self) -> Result<Token, AuthError> {
        (**self).provide_token().await
    }

    fn can_renew(&self) -> bool {
        (**self).can_renew()
    }
}

#[async_trait]
impl<P: ProvideToken + ?Sized> ProvideToken for Box<P> {
    async fn provide_token(&self) -> Result<Token, AuthError> {
        (**self).provide_token().await
    }

    fn can_renew(&self) -> bool {
        (**self).can_renew()
    }
}

#[cfg(feature = "test-util")]
mockall::mock! {
    /// A [`ProvideToken`] that answers as it is told, and fails the test on a call that nobody expected.
    #[derive(Debug)]
    pub ProvideToken {}

    #[async_trait]
    impl ProvideToken for ProvideToken {
        async fn provide_token(&self) -> Result<Token, AuthError>;
        fn can_renew(&self) -> bool;
    }
}
