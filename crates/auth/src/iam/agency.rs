//! A token of another account, through an agency.

use async_trait::async_trait;
use session_export_transport::Request;

use super::wire::{self, AssumeRole, Auth, AuthRequest, Identity};
use super::{Iam, TokenScope, on_behalf_of, post};
use crate::{AuthError, ProvideToken, Token};

/// An agency: what one account lets the users of another do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agency {
    name: String,
    account: Account,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Account {
    Id(String),
    Name(String),
}

impl Agency {
    /// The agency `name` of the account with this id, the one that delegates.
    pub fn of_domain_id(name: impl Into<String>, domain_id: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            account: Account::Id(domain_id.into()),
        }
    }

    /// The agency `name` of the account with this name, the one that delegates.
    pub fn of_domain_name(name: impl Into<String>, domain_name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            account: Account::Name(domain_name.into()),
        }
    }

    /// The agency's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn to_wire(&self) -> AssumeRole<'_> {
        let (domain_id, domain_name) = match &self.account {
            Account::Id(id) => (Some(id.as_str()), None),
            Account::Name(name) => (None, Some(name.as_str())),
        };
        AssumeRole {
            agency_name: &self.name,
            domain_id,
            domain_name,
            duration_seconds: None,
            session_user: None,
        }
    }
}

/// Takes on an agency (`POST /v3/auth/tokens`, method `assume_role`).
///
/// The holder needs the permission *Agent Operator*, and its token is best for its own account
/// ([`TokenScope::domain_name`]). The scope is a project of the account that delegates. The token is good for 24 hours.
///
/// Each call fetches the holder's token anew: two requests with [`IamPassword`](crate::IamPassword), one with
/// [`StaticToken`](crate::StaticToken).
#[derive(Debug)]
pub struct IamAgency<P> {
    iam: Iam,
    holder: P,
    agency: Agency,
    scope: TokenScope,
}

impl<P: ProvideToken> IamAgency<P> {
    /// Takes on `agency` with the tokens of `holder`, for `scope`.
    pub fn new(iam: Iam, holder: P, agency: Agency, scope: TokenScope) -> Self {
        Self {
            iam,
            holder,
            agency,
            scope,
        }
    }

    fn request(&self, holder: &Token) -> Request {
        let body = wire::secret_body(&AuthRequest {
            auth: Auth {
                identity: Identity {
                    methods: &["assume_role"],
                    assume_role: Some(self.agency.to_wire()),
                    ..Identity::default()
                },
                scope: Some(self.scope.to_wire()),
            },
        });
        on_behalf_of(holder, post(self.iam.tokens_url(), body))
    }
}

#[async_trait]
impl<P: ProvideToken> ProvideToken for IamAgency<P> {
    async fn provide_token(&self) -> Result<Token, AuthError> {
        let holder = self.holder.provide_token().await?;
        wire::read_token(self.iam.send(self.request(&holder)).await?).await
    }
}
