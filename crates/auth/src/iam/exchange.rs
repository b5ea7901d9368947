//! A token for another scope, in exchange for a token.

use async_trait::async_trait;
use session_export_transport::Request;

use super::wire::{self, Auth, AuthRequest, Identity, KeyLife};
use super::{Iam, TokenScope, post};
use crate::{AuthError, ProvideToken, Token};

/// Exchanges a token for one of another scope (`POST /v3/auth/tokens`, method `token`): the token of an account, or of
/// a federated log-in, for a project's.
///
/// Each call fetches the first token anew and then exchanges it: two requests with [`IamPassword`](crate::IamPassword),
/// one with [`StaticToken`](crate::StaticToken).
#[derive(Debug)]
pub struct IamExchange<P> {
    iam: Iam,
    first: P,
    scope: TokenScope,
}

impl<P: ProvideToken> IamExchange<P> {
    /// Exchanges the tokens of `first` for tokens of `scope`.
    pub fn new(iam: Iam, first: P, scope: TokenScope) -> Self {
        Self { iam, first, scope }
    }

    fn request(&self, token: &Token) -> Request {
        let body = wire::secret_body(&AuthRequest {
            auth: Auth {
                identity: Identity {
                    methods: &["token"],
                    token: Some(KeyLife {
                        id: Some(token.expose_secret()),
                        duration_seconds: None,
                    }),
                    ..Identity::default()
                },
                scope: Some(self.scope.to_wire()),
            },
        });
        post(self.iam.tokens_url(), body)
    }
}

#[async_trait]
impl<P: ProvideToken> ProvideToken for IamExchange<P> {
    async fn provide_token(&self) -> Result<Token, AuthError> {
        let first = self.first.provide_token().await?;
        wire::read_token(self.iam.send(self.request(&first)).await?).await
    }
}
