//! Where an access key comes from.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use super::AccessKey;
use crate::AuthError;

/// Fetches an access key: the counterpart of [`ProvideToken`](crate::ProvideToken), with the same rules.
///
/// An implementation does the work every time and keeps nothing, sends what it has to send once, and does not retry;
/// [`AccessKeyAuthenticator`](crate::AccessKeyAuthenticator) does the caching.
#[async_trait]
pub trait ProvideAccessKey: Debug + Send + Sync + 'static {
    /// Fetches a key.
    ///
    /// # Errors
    ///
    /// An [`AuthError`] that says why there is none.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives the fetch up. A key that was already issued is lost and expires by itself.
    async fn provide_access_key(&self) -> Result<AccessKey, AuthError>;

    /// Whether another call can give another key. `false` for one that was configured by hand: when the service
    /// rejects it, trying again is pointless, and more than five bad signatures in a row lock a key.
    fn can_renew(&self) -> bool {
        true
    }
}

#[async_trait]
impl<P: ProvideAccessKey + ?Sized> ProvideAccessKey for Arc<P> {
    async fn provide_access_key(&self) -> Result<AccessKey, AuthError> {
        (**self).provide_access_key().await
    }

    fn can_renew(&self) -> bool {
        (**self).can_renew()
    }
}

#[async_trait]
impl<P: ProvideAccessKey + ?Sized> ProvideAccessKey for Box<P> {
    async fn provide_access_key(&self) -> Result<AccessKey, AuthError> {
        (**self).provide_access_key().await
    }

    fn can_renew(&self) -> bool {
        (**self).can_renew()
    }
}

#[cfg(feature = "test-util")]
mockall::mock! {
    /// A [`ProvideAccessKey`] that answers as it is told, and fails the test on a call that nobody expected.
    #[derive(Debug)]
    pub ProvideAccessKey {}

    #[async_trait]
    impl ProvideAccessKey for ProvideAccessKey {
        async fn provide_access_key(&self) -> Result<AccessKey, AuthError>;
        fn can_renew(&self) -> bool;
    }
}
