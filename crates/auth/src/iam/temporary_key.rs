//! A temporary access key, for a token.

use std::time::Duration;

use async_trait::async_trait;
use session_export_transport::Request;

use super::wire::{self, Auth, AuthRequest, Identity, KeyLife, SessionUser};
use super::{Agency, Iam, on_behalf_of, post};
use crate::{AccessKey, AuthError, AuthErrorKind, ProvideAccessKey, ProvideToken};

/// The bounds of a temporary key's life (API page *Obtaining a Temporary Access Key and Security Token*).
const SHORTEST: Duration = Duration::from_secs(15 * 60);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Fetches a temporary access key with a security token (`POST /v3.0/OS-CREDENTIAL/securitytokens`), for the user of a
/// token or through an agency.
///
/// It lives 15 minutes unless [`duration`](Self::duration) says otherwise. Each call fetches the token anew: two
/// requests with [`IamPassword`](crate::IamPassword), one with [`StaticToken`](crate::StaticToken).
#[derive(Debug)]
pub struct IamTemporaryKey<P> {
    iam: Iam,
    tokens: P,
    life: Option<Duration>,
    agency: Option<(Agency, Option<String>)>,
}

impl<P: ProvideToken> IamTemporaryKey<P> {
    /// Fetches keys with the tokens of `tokens`.
    pub fn new(iam: Iam, tokens: P) -> Self {
        Self {
            iam,
            tokens,
            life: None,
            agency: None,
        }
    }

    /// How long a key lives: 15 minutes to 24 hours, in whole seconds.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::InvalidCredential`] for a life outside these bounds.
    pub fn duration(mut self, life: Duration) -> Result<Self, AuthError> {
        if !(SHORTEST..=LONGEST).contains(&life) {
            return Err(
                AuthError::new(AuthErrorKind::InvalidCredential).with_detail(format!(
                    "a temporary access key of {} s is not possible; 900 to 86400 are allowed",
                    life.as_secs()
                )),
            );
        }
        self.life = Some(life);
        Ok(self)
    }

    /// Fetches keys of the account that delegates: the tokens are then those of the agency's holder.
    #[must_use]
    pub fn agency(mut self, agency: Agency) -> Self {
        self.agency = Some((agency, None));
        self
    }

    /// The same, with a name by which the delegating account's audit log calls the user: 5 to 64 letters, digits, `-`
    /// and `_`, a letter first.
    #[must_use]
    pub fn agency_as(mut self, agency: Agency, session_user: impl Into<String>) -> Self {
        self.agency = Some((agency, Some(session_user.into())));
        self
    }

    fn request(&self) -> Request {
        let duration_seconds = self.life.map(|life| life.as_secs());
        let identity = match &self.agency {
            None => Identity {
                methods: &["token"],
                token: Some(KeyLife {
                    id: None,
                    duration_seconds,
                }),
                ..Identity::default()
            },
            Some((agency, session_user)) => Identity {
                methods: &["assume_role"],
                assume_role: Some(wire::AssumeRole {
                    duration_seconds,
                    session_user: session_user.as_deref().map(|name| SessionUser { name }),
                    ..agency.to_wire()
                }),
                ..Identity::default()
            },
        };
        let body = wire::secret_body(&AuthRequest {
            auth: Auth {
                identity,
                scope: None,
            },
        });
        let segments = ["v3.0", "OS-CREDENTIAL", "securitytokens"];
        post(self.iam.base.url(segments, [("", ""); 0]), body)
    }
}

#[async_trait]
impl<P: ProvideToken> ProvideAccessKey for IamTemporaryKey<P> {
    async fn provide_access_key(&self) -> Result<AccessKey, AuthError> {
        let token = self.tokens.provide_token().await?;
        let request = on_behalf_of(&token, self.request());
        wire::read_access_key(self.iam.send(request).await?).await
    }
}
