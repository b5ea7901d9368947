//! From a credential to something that authenticates requests, and to the project that it is for.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use session_export::{
    AccessKeyAuthenticator, AuthError, AuthErrorKind, Authenticate, Credential, CredentialRetry, Found, Iam,
    IamAgency, IamExchange, IamPassword, PasswordLogin, PlainHttp, ProjectId, ProvideAccessKey, ProvideToken,
    Request, Stamp, StaticAccessKey, StaticToken, Token, TokenAuthenticator, TokenScope, TotpPasscode,
};

use crate::failure::Failure;
use crate::limit::Limit;
use crate::progress::Progress;

/// How long a log-in may take that the client does not watch over: as long as the client would let it.
const LOG_IN: Duration = Duration::from_secs(40);

/// The API pages describe agencies for the holder of a token only.
const NO_AGENCY_FOR_A_KEY: &str = "an agency (HW_ASSUME_ROLE_AGENCY_NAME, OS_AGENCY_NAME, or KooCLI's) is taken on with \
    a token or a password, and an access key was found; without the agency it would act as somebody else";

/// What authenticates requests.
#[derive(Clone, Debug)]
pub(crate) enum Login {
    Token(Arc<TokenAuthenticator<Box<dyn ProvideToken>>>),
    Key {
        provider: Arc<dyn ProvideAccessKey>,
        signing: Arc<AccessKeyAuthenticator<Arc<dyn ProvideAccessKey>>>,
    },
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
    pub(crate) limit: Limit,
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
                aim.scope()?,
            )),
            Credential::Token(token) => Box::new(StaticToken::new(token)),
            Credential::Password(_) if aim.exchange => {
                return Err(Failure::usage(
                    "--exchange-token is for a token; a password gets one for the project anyway",
                ));
            }
            Credential::Password(login) => {
                let own = match &agency {
                    // The holder of an agency logs in to its own account.
                    Some(_) => account_scope(&login)?,
                    None => aim.scope()?,
                };
                Box::new(password(needs_iam("a password")?, &login, own)?)
            }
            key @ (Credential::AccessKey(_) | Credential::InstanceMetadata(_)) => {
                if agency.is_some() {
                    return Err(Failure::usage(NO_AGENCY_FOR_A_KEY));
                }
                if aim.exchange {
                    return Err(Failure::usage(
                        "--exchange-token is for a token; the credential that was found is an access key",
                    ));
                }
                let provider: Arc<dyn ProvideAccessKey> = match key {
                    Credential::AccessKey(key) => Arc::new(StaticAccessKey::new(key)),
                    Credential::InstanceMetadata(metadata) => Arc::new(metadata),
                    _ => return Err(unknown()),
                };
                let signing = AccessKeyAuthenticator::for_account(Arc::clone(&provider));
                return Ok(Self::Key {
                    provider,
                    signing: Arc::new(signing.plain_http(aim.plain_http)),
                });
            }
            _ => return Err(unknown()),
        };
        let provider = match agency {
            None => provider,
            Some(agency) => Box::new(IamAgency::new(
                needs_iam("an agency")?,
                provider,
                agency.agency().clone(),
                aim.scope()?,
            )),
        };
        let authenticator = TokenAuthenticator::new(provider).plain_http(aim.plain_http);
        Ok(Self::Token(Arc::new(authenticator)))
    }

    /// The same for requests that belong to this project.
    pub(crate) fn for_project(self, project_id: &ProjectId, aim: &Aim) -> Self {
        match self {
            Self::Token(authenticator) => Self::Token(authenticator),
            Self::Key { provider, .. } => {
                let signing = AccessKeyAuthenticator::for_project(Arc::clone(&provider), project_id.clone());
                Self::Key {
                    provider,
                    signing: Arc::new(signing.plain_http(aim.plain_http)),
                }
            }
        }
    }

    /// The token that requests carry.
    pub(crate) async fn token(&self, aim: &Aim, progress: &Progress) -> Result<Token, Failure> {
        match self {
            Self::Token(authenticator) => {
                let log_in = async |at| authenticator.token(at).await;
                patiently(aim.limit, progress, "logging in", log_in).await
            }
            Self::Key { signing, .. } => {
                let fetch = async |at| signing.access_key(at).await;
                let key = patiently(aim.limit, progress, "fetching the key", fetch).await?;
                Err(Failure::usage(format!(
                    "there is no token: requests are signed with the access key {}",
                    key.id()
                )))
            }
        }
    }

    /// The project that the credential is for.
    pub(crate) async fn project(
        &self,
        iam: Option<&Iam>,
        aim: &Aim,
        progress: &Progress,
    ) -> Result<ProjectId, Failure> {
        if let Some(id) = &aim.project_id {
            return Ok(id.clone());
        }
        let not_known =
            || Failure::usage("the project is not known; give --project-id, or --region to look for it");
        match self {
            Self::Token(_) => {
                let token = self.token(aim, progress).await?;
                if let Some(id) = token.project_id() {
                    return Ok(id.clone());
                }
                let iam = iam.ok_or_else(not_known)?;
                let describe = async |_| iam.describe(&token).await;
                let described = patiently(aim.limit, progress, "asking IAM about the token", describe);
                described.await?.project_id.ok_or_else(|| {
                    Failure::usage(
                        "the token is for an account and not for a project; --exchange-token exchanges it",
                    )
                })
            }
            Self::Key { .. } => {
                let (Some(iam), Some(name)) = (iam, &aim.project_name) else {
                    return Err(not_known());
                };
                let find = async |at| iam.find_project(self, name, at).await;
                patiently(aim.limit, progress, "looking for the project", find).await
            }
        }
    }
}

#[async_trait]
impl Authenticate for Login {
    async fn authenticate(&self, request: &mut Request, at: DateTime<Utc>) -> Result<Stamp, AuthError> {
        match self {
            Self::Token(authenticator) => authenticator.authenticate(request, at).await,
            Self::Key { signing, .. } => signing.authenticate(request, at).await,
        }
    }

    async fn rejected(&self, stamp: Stamp) -> bool {
        match self {
            Self::Token(authenticator) => authenticator.rejected(stamp).await,
            Self::Key { signing, .. } => signing.rejected(stamp).await,
        }
    }
}

impl Aim {
    fn scope(&self) -> Result<TokenScope, Failure> {
        match (&self.project_id, &self.project_name) {
            (Some(id), _) => Ok(TokenScope::project_id(id.clone())),
            (None, Some(name)) => Ok(match &self.project_domain {
                Some(domain) => TokenScope::project_name_in(name, domain),
                None => TokenScope::project_name(name),
            }),
            (None, None) => Err(Failure::usage(
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
    limit: Limit,
    progress: &Progress,
    doing: &str,
    mut fetch: impl AsyncFnMut(DateTime<Utc>) -> Result<T, AuthError>,
) -> Result<T, Failure> {
    let mut retry = CredentialRetry::new(u64::from(std::process::id()));
    loop {
        let left = limit.left();
        let most = left.map_or(LOG_IN, |left| left.min(LOG_IN));
        let error = match tokio::time::timeout(most, fetch(Utc::now())).await {
            Ok(Ok(fetched)) => return Ok(fetched),
            Ok(Err(error)) => error,
            Err(_) if left == Some(most) => return Err(limit.passed(doing)),
            Err(_) => AuthError::new(AuthErrorKind::TimedOut),
        };
        match retry.pause_after(&error, limit.left()) {
            Some(pause) => {
                // Longer than a person waits without a word.
                if pause > Duration::from_secs(2) {
                    progress.say(format!("{doing}: {error}; waiting {} s", pause.as_secs()));
                }
                tokio::time::sleep(pause).await;
            }
            None => return Err(Failure::from(error).while_doing(doing)),
        }
    }
}
