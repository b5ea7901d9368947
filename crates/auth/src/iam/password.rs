//! A token for a user's password.

use std::error::Error as _;
use std::fmt;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use session_export_transport::{Delivery, Request, TransportError};

use super::totp::SecondFactor;
use super::wire::{self, Auth, AuthRequest, Identity, Named, Password, PasswordUser};
use super::{Iam, TokenScope, TotpPasscode, post};
use crate::{AuthError, AuthErrorKind, ProvideToken, Token};

/// Logs in to IAM with a user's name and password (`POST /v3/auth/tokens`).
///
/// The token is good for 24 hours in the service's documentation; what counts is its `expires_at`. The catalog is left
/// out of the answer. A token for a project knows the project's id ([`Token::project_id`]).
pub struct IamPassword {
    iam: Iam,
    user: String,
    password: SecretString,
    account_domain: String,
    scope: TokenScope,
    second_factor: Option<SecondFactor>,
}

impl IamPassword {
    /// Logs in as `user` of the account `account_domain`.
    pub fn new(
        iam: Iam,
        user: impl Into<String>,
        password: impl Into<String>,
        account_domain: impl Into<String>,
        scope: TokenScope,
    ) -> Self {
        Self {
            iam,
            user: user.into(),
            password: SecretString::from(password.into()),
            account_domain: account_domain.into(),
            scope,
            second_factor: None,
        }
    }

    /// Adds the second factor of a user whose log-in is protected by a virtual MFA device. IAM wants the user's id
    /// here, not the name.
    #[must_use]
    pub fn totp(mut self, user_id: impl Into<String>, passcode: TotpPasscode) -> Self {
        self.second_factor = Some(SecondFactor::new(user_id.into(), passcode));
        self
    }

    fn request(&self, passcode: Option<&SecretString>) -> Request {
        let totp = self.second_factor.as_ref().zip(passcode);
        let body = wire::secret_body(&AuthRequest {
            auth: Auth {
                identity: Identity {
                    methods: match totp {
                        Some(_) => &["password", "totp"],
                        None => &["password"],
                    },
                    password: Some(Password {
                        user: PasswordUser {
                            name: &self.user,
                            password: self.password.expose_secret(),
                            domain: Named {
                                name: &self.account_domain,
                            },
                        },
                    }),
                    totp: totp.map(|(factor, passcode)| factor.to_wire(passcode)),
                    ..Identity::default()
                },
                scope: Some(self.scope.to_wire()),
            },
        });
        post(self.iam.tokens_url(), body)
    }
}

#[async_trait]
impl ProvideToken for IamPassword {
    async fn provide_token(&self) -> Result<Token, AuthError> {
        let Some(factor) = &self.second_factor else {
            return wire::read_token(self.iam.send(self.request(None)).await?).await;
        };
        let passcode = factor.take()?;
        let answer = self.iam.send(self.request(Some(&passcode))).await;
        let token = match answer {
            Ok(response) => wire::read_token(response).await,
            Err(error) => Err(error),
        };
        if token.as_ref().is_err_and(was_not_looked_at) {
            factor.give_back();
        }
        token
    }

    fn can_renew(&self) -> bool {
        self.second_factor.as_ref().is_none_or(SecondFactor::has_passcode)
    }
}

/// Whether IAM cannot have taken the passcode: nothing was sent, or it throttles, or it was not there. After any other
/// end it may have, and a second use would look like a guess.
fn was_not_looked_at(error: &AuthError) -> bool {
    match error.kind() {
        AuthErrorKind::Unreachable => error
            .source()
            .and_then(|source| source.downcast_ref::<TransportError>())
            .is_some_and(|error| error.delivery() == Delivery::NotSent),
        AuthErrorKind::Refused(refusal) => matches!(refusal.status.as_u16(), 429 | 503),
        _ => false,
    }
}

impl fmt::Debug for IamPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IamPassword")
            .field("iam", &self.iam)
            .field("user", &self.user)
            .field("password", &"…")
            .field("account_domain", &self.account_domain)
            .field("scope", &self.scope)
            .field("second_factor", &self.second_factor)
            .finish()
    }
}
