//! An access key that somebody already has.

use async_trait::async_trait;

use super::{AccessKey, ProvideAccessKey};
use crate::AuthError;

/// Provides the key that it was made with: a permanent one, or a temporary one that another tool fetched.
///
/// It cannot be renewed; once the service rejects it, the rejection is what the caller sees.
#[derive(Clone, Debug)]
pub struct StaticAccessKey(AccessKey);

impl StaticAccessKey {
    /// Wraps a key.
    pub fn new(key: AccessKey) -> Self {
        Self(key)
    }
}

#[async_trait]
impl ProvideAccessKey for StaticAccessKey {
    async fn provide_access_key(&self) -> Result<AccessKey, AuthError> {
        Ok(self.0.clone())
    }

    fn can_renew(&self) -> bool {
        false
    }
}
