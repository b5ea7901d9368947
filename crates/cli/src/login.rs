//! From a credential to something that authenticates requests, and to the project that it is for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use session_export::{
    AccessKeyAuthenticator, AuthError, AuthErrorKind, Authenticate, Credential, CredentialRetry, Found, Iam,
    IamAgency, IamExchange, IamPassword, PasswordLogin, PlainHttp, ProjectId, ProvideAccessKey, ProvideToken,
    Request, Stamp, StaticAccessKey, StaticToken, Token, TokenAuthenticator, TokenScope, TotpPasscode,
};

use crate::failure::Failure;

/// How long a log-in may take that the client does not watch over: as long as the client would let it.
const LOG_IN: Duration = Duration::from_secs(40);

/// What authenticates requests.
#[derive(Clone, Debug)]
pub(crate) enum Login {
    Token(Arc<TokenAuthenticator<Box<dyn ProvideToken>>>),
    Key(Arc<AccessKeyAuthenticator<Box<dyn ProvideAccessKey>>>),
}

/// What a log-in is for.
#[derive(Clone, Debug)]
pub(crate) struct Aim {
    pub(crate) project_id: Option<ProjectId>,
    /// The name by which IAM knows the project: usually the region's.
    pub(crate) project_name: Option<String>,
    /// The account that the name belongs to; an IAM of another make insists on it.
    pub(crate) project_domain: Option<String>,
    pub(crate) plain_http: PlainHttp,
    /// Whether a token is to be exchanged for one of the project.
    pub(crate) exchange: bool,
}

impl Login {
    /// Puts the credential to use. Nothing is sent.
    pub(crate) fn new(found: Found, iam: Option<&Iam>, aim: &Aim) -> Result<Self, Failure> {
        let agency = found.agency().cloned();
        let needs_iam = |what: &str| {
            iam.cloned().ok_or_else(|| {
                Failure::usage(format!(
                    "{what} needs to know where IAM is; give --region or --iam-endpoint"
                ))
            })
        };
        let provider: Box<dyn ProvideToken> = match found.into_credential() {
            Credential::Token(token) if aim.exchange => Box::new(IamExchange::new(
                needs_iam("an exchange")?,
                StaticToken::new(token),
                aim.scope(None)?,
            )),
            Credential::Token(token) => Box::new(StaticToken::new(token)),
            Credential::Password(login) => {
                let own = match &agency {
                    // The holder of an agency logs in to its own account.
                    Some(_) => account_scope(&login)?,
                    None => aim.scope(None)?,
                };
                Box::new(password(needs_iam("a password")?, &login, own)?)
            }
            key @ (Credential::AccessKey(_) | Credential::InstanceMetadata(_)) => {
                if agency.is_some() || aim.exchange {
                    return Err(Failure::usage(
                        "an agency and --exchange-token need a token or a password; an access key has neither",
                    ));
                }
                let provider: Box<dyn ProvideAccessKey> = match key {
                    Credential::AccessKey(key) => Box::new(StaticAccessKey::new(key)),
                    Credential::InstanceMetadata(metadata) => Box::new(metadata),
                    _ => return Err(unknown()),
                };
                let authenticator = AccessKeyAuthenticator::new(provider).plain_http(aim.plain_http);
                return Ok(Self::Key(Arc::new(authenticator)));
            }
            _ => return Err(unknown()),
        };
        let provider = match agency {
            None => provider,
            Some(agency) => Box::new(IamAgency::new(
                needs_iam("an agency")?,
                provider,
                agency.agency().clone(),
                aim.scope(agency.project_name())?,
            )),
        };
        let authenticator = TokenAuthenticator::new(provider).plain_http(aim.plain_http);
        Ok(Self::Token(Arc::new(authenticator)))
    }

    /// The token that requests carry.
    pub(crate) async fn token(&self, timeout: Option<Duration>) -> Result<Token, Failure> {
        match self {
            Self::Token(authenticator) => {
                patiently(timeout, "logging in", async |at| authenticator.token(at).await).await
            }
            Self::Key(authenticator) => {
                let key = patiently(timeout, "fetching the key", async |at| {
                    authenticator.access_key(at).await
                });
                Err(Failure::usage(format!(
                    "there is no token: requests are signed with the access key {}",
                    key.await?.id()
                )))
            }
        }
    }

    /// The project that the credential is for.
    pub(crate) async fn project(
        &self,
        iam: Option<&Iam>,
        aim: &Aim,
        timeout: Option<Duration>,
    ) -> Result<ProjectId, Failure> {
        if let Some(id) = &aim.project_id {
            return Ok(id.clone());
        }
        let not_known =
            || Failure::usage("the project is not known; give --project-id, or --region to look for it");
        match self {
            Self::Token(_) => {
                let token = self.token(timeout).await?;
                if let Some(id) = token.project_id() {
                    return Ok(id.clone());
                }
                let iam = iam.ok_or_else(not_known)?;
                let described = patiently(timeout, "asking IAM about the token", async |_| {
                    iam.describe(&token).await
                });
                described.await?.project_id.ok_or_else(|| {
                    Failure::usage(
                        "the token is for an account and not for a project; --exchange-token exchanges it",
                    )
                })
            }
            Self::Key(_) => {
                let (Some(iam), Some(name)) = (iam, &aim.project_name) else {
                    return Err(not_known());
                };
                patiently(timeout, "looking for the project", async |at| {
                    iam.find_project(self, name, at).await
                })
                .await
            }
        }
    }
}

#[async_trait]
impl Authenticate for Login {
    async fn authenticate(&self, request: &mut Request, at: DateTime<Utc>) -> Result<Stamp, AuthError> {
        match self {
            Self::Token(authenticator) => authenticator.authenticate(request, at).await,
            Self::Key(authenticator) => authenticator.authenticate(request, at).await,
        }
    }

    async fn rejected(&self, stamp: Stamp) -> bool {
        match self {
            Self::Token(authenticator) => authenticator.rejected(stamp).await,
            Self::Key(authenticator) => authenticator.rejected(stamp).await,
        }
    }
}

impl Aim {
    fn scope(&self, name: Option<&str>) -> Result<TokenScope, Failure> {
        match (name, &self.project_id, &self.project_name) {
            (Some(name), _, _) => Ok(TokenScope::project_name(name)),
            (None, Some(id), _) => Ok(TokenScope::project_id(id.clone())),
            (None, None, Some(name)) => Ok(match &self.project_domain {
                Some(domain) => TokenScope::project_name_in(name, domain),
                None => TokenScope::project_name(name),
            }),
            (None, None, None) => Err(Failure::usage(
                "a log-in needs a project; give --project-id or --region",
            )),
        }
    }
}

fn account_scope(login: &PasswordLogin) -> Result<TokenScope, Failure> {
    match (login.domain_id(), login.domain_name()) {
        (Some(id), _) => Ok(TokenScope::domain_id(id)),
        (None, Some(name)) => Ok(TokenScope::domain_name(name)),
        (None, None) => Err(Failure::usage(
            "an agency needs the name of the holder's account; set HW_DOMAIN_NAME",
        )),
    }
}

fn password(iam: Iam, login: &PasswordLogin, scope: TokenScope) -> Result<IamPassword, Failure> {
    let (Some(user), Some(domain)) = (login.user_name(), login.domain_name()) else {
        return Err(Failure::usage(
            "IAM's log-in with a password takes names, not ids; set HW_USER_NAME and HW_DOMAIN_NAME",
        ));
    };
    let provider = IamPassword::new(iam, user, login.expose_password(), domain, scope);
    Ok(match (login.user_id(), login.expose_passcode()) {
        (Some(id), Some(passcode)) => provider.totp(id, TotpPasscode::once(passcode)),
        _ => provider,
    })
}

fn unknown() -> Failure {
    Failure::usage("this program cannot use the kind of credential that was found")
}

/// Fetches something outside of any call of the client, and so outside of its limits and of its retries.
pub(crate) async fn patiently<T>(
    timeout: Option<Duration>,
    doing: &str,
    mut fetch: impl AsyncFnMut(DateTime<Utc>) -> Result<T, AuthError>,
) -> Result<T, Failure> {
    let started = Instant::now();
    let mut retry = CredentialRetry::new(u64::from(std::process::id()));
    loop {
        let left = timeout.map(|timeout| timeout.saturating_sub(started.elapsed()));
        let limit = left.map_or(LOG_IN, |left| left.min(LOG_IN));
        let error = match tokio::time::timeout(limit, fetch(Utc::now())).await {
            Ok(Ok(fetched)) => return Ok(fetched),
            Ok(Err(error)) => error,
            Err(_) => match timeout {
                Some(timeout) if left == Some(limit) => return Err(Failure::deadline(timeout, doing)),
                _ => return Err(AuthError::new(AuthErrorKind::TimedOut).into()),
            },
        };
        let left = timeout.map(|timeout| timeout.saturating_sub(started.elapsed()));
        match retry.pause_after(&error, left) {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return Err(error.into()),
        }
    }
}
