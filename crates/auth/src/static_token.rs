//! A token that somebody already has.

use async_trait::async_trait;

use crate::{AuthError, ProvideToken, Token};

/// Provides the token that it was made with: one from the console, from another tool, from an environment variable.
///
/// It cannot be renewed; once the service rejects it, the rejection is what the caller sees.
#[derive(Clone, Debug)]
pub struct StaticToken(Token);

impl StaticToken {
    /// Wraps a token.
    pub fn new(token: Token) -> Self {
        Self(token)
    }
}

#[async_trait]
impl ProvideToken for StaticToken {
    async fn provide_token(&self) -> Result<Token, AuthError> {
        Ok(self.0.clone())
    }

    fn can_renew(&self) -> bool {
        false
    }
}
