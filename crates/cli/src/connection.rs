//! From flags and environment to a client.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use session_export::{
    AuthError, AuthErrorKind, BaseUrl, Client, Endpoint, IamPassword, PlainHttp, ProjectId, ProjectScope,
    ProvideToken, StaticToken, Token, TokenAuthenticator, Transport,
};
use session_export_emulator::Emulator;

use crate::args::ConnectionArgs;
use crate::credentials::{Credentials, Login, variable};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::transport;

/// A client, and the emulator it talks to if there is one.
pub(crate) struct Connection {
    pub(crate) client: Client,
    authenticator: Arc<Authenticator>,
    timeout: Option<Duration>,
    /// Dropping it stops it.
    _emulator: Option<Emulator>,
}

type Authenticator = TokenAuthenticator<Box<dyn ProvideToken>>;

/// How long a log-in may take that the client does not watch over: as long as the client would let it.
const LOG_IN: Duration = Duration::from_secs(40);

/// The parts that flags, environment or an emulator give.
struct Parts {
    endpoint: Endpoint,
    project_id: Option<ProjectId>,
    /// The name by which IAM knows the project: usually the region's.
    project_name: Option<String>,
    credentials: Credentials,
    plain_http: PlainHttp,
    transport: Arc<dyn Transport>,
}

impl Connection {
    /// Puts a client together. Nothing is sent, unless the project's id is to be found out by logging in.
    pub(crate) async fn open(
        args: ConnectionArgs,
        timeout: Option<Duration>,
        progress: &Progress,
    ) -> Result<Self, Failure> {
        let (parts, emulator) = if args.emulator {
            let emulator = Emulator::builder()
                .start()
                .await
                .map_err(|error| Failure::emulator(&error))?;
            (
                Parts::of_emulator(&emulator, transport::direct(&args.transport)?)?,
                Some(emulator),
            )
        } else {
            let transport = transport::build(&args.transport, progress)?;
            (Parts::of_flags(args, transport)?, None)
        };
        let provider = parts.provider()?;
        let authenticator = Arc::new(TokenAuthenticator::new(provider).plain_http(parts.plain_http));
        let started = Instant::now();
        let project_id = match parts.project_id {
            Some(id) => id,
            None => project_of_token(&authenticator, timeout).await?,
        };
        // The log-in has used some of the time for the whole.
        let timeout = timeout.map(|timeout| timeout.saturating_sub(started.elapsed()));
        let client = Client::builder(parts.endpoint, project_id)
            .transport(parts.transport)
            .authenticator(Arc::clone(&authenticator))
            .user_agent(concat!("session-export-cli/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let client = match timeout {
            Some(timeout) => client.with_deadline(timeout),
            None => client,
        };
        Ok(Self {
            client,
            authenticator,
            timeout,
            _emulator: emulator,
        })
    }

    /// The token that requests carry.
    pub(crate) async fn token(&self) -> Result<Token, Failure> {
        log_in(&self.authenticator, self.timeout).await
    }
}

/// Gets a token outside of any call of the client, and so outside of its limits.
async fn log_in(authenticator: &Authenticator, timeout: Option<Duration>) -> Result<Token, Failure> {
    let limit = timeout.map_or(LOG_IN, |timeout| timeout.min(LOG_IN));
    match tokio::time::timeout(limit, authenticator.token(Utc::now())).await {
        Ok(token) => Ok(token?),
        Err(_) if timeout == Some(limit) => Err(Failure::deadline(limit, "logging in")),
        Err(_) => Err(AuthError::new(AuthErrorKind::TimedOut).into()),
    }
}

async fn project_of_token(
    authenticator: &Authenticator,
    timeout: Option<Duration>,
) -> Result<ProjectId, Failure> {
    let token = log_in(authenticator, timeout).await?;
    token
        .project_id()
        .cloned()
        .ok_or_else(|| Failure::usage("the project is not known; give --project-id, or set HW_PROJECT_ID"))
}

impl Parts {
    fn of_emulator(emulator: &Emulator, transport: Arc<dyn Transport>) -> Result<Self, Failure> {
        let base = base_url("--emulator", &emulator.base_url())?;
        Ok(Self {
            endpoint: Endpoint::builder()
                .sessions(base.clone())
                .export_centre(base.clone())
                .iam(base)
                .build()?,
            project_id: Some(project_id(emulator.project_id())?),
            project_name: None,
            credentials: Credentials::Password(Login {
                user: emulator.user_name().to_owned(),
                password: emulator.password().to_owned(),
                domain: emulator.domain_name().to_owned(),
            }),
            plain_http: PlainHttp::LoopbackOnly,
            transport,
        })
    }

    fn of_flags(args: ConnectionArgs, transport: Arc<dyn Transport>) -> Result<Self, Failure> {
        let region = given_or(args.region, &["HW_REGION_NAME", "OS_REGION_NAME"])?;
        let mut endpoint = Endpoint::builder();
        if let Some(region) = &region {
            endpoint = endpoint.region(region);
        }
        if let Some(url) = &args.endpoint {
            endpoint = endpoint.sessions(base_url("--endpoint", url)?);
        }
        if let Some(url) = &args.export_endpoint {
            endpoint = endpoint.export_centre(base_url("--export-endpoint", url)?);
        }
        if let Some(url) = &args.iam_endpoint {
            endpoint = endpoint.iam(iam_base_url("--iam-endpoint", url)?);
        } else if let Some(url) = variable(&["HW_AUTH_URL", "OS_AUTH_URL"])? {
            endpoint = endpoint.iam(iam_base_url("HW_AUTH_URL", &url)?);
        }
        let project = given_or(
            args.project_id,
            &["HW_PROJECT_ID", "OS_PROJECT_ID", "OS_TENANT_ID"],
        )?;
        Ok(Self {
            endpoint: endpoint.build()?,
            project_id: project.as_deref().map(project_id).transpose()?,
            project_name: variable(&["HW_PROJECT_NAME", "OS_PROJECT_NAME", "OS_TENANT_NAME"])?.or(region),
            credentials: Credentials::from_environment()?,
            plain_http: if args.allow_http {
                PlainHttp::Allowed
            } else {
                PlainHttp::LoopbackOnly
            },
            transport,
        })
    }

    fn provider(&self) -> Result<Box<dyn ProvideToken>, Failure> {
        match &self.credentials {
            Credentials::Token(token) => Ok(Box::new(StaticToken::new(token.clone()))),
            Credentials::Password(login) => {
                let iam = self.endpoint.iam().ok_or_else(|| {
                    Failure::usage("a password needs to know where IAM is; give --region or --iam-endpoint")
                })?;
                let scope = match (&self.project_id, &self.project_name) {
                    (Some(id), _) => ProjectScope::by_id(id.clone()),
                    (None, Some(name)) => ProjectScope::by_name(name),
                    (None, None) => {
                        return Err(Failure::usage(
                            "a password needs a project; give --project-id or --region",
                        ));
                    }
                };
                let Login {
                    user,
                    password,
                    domain,
                } = login;
                let provider = IamPassword::new(
                    Arc::clone(&self.transport),
                    iam.clone(),
                    user,
                    password,
                    domain,
                    scope,
                );
                Ok(Box::new(provider.plain_http(self.plain_http)))
            }
        }
    }
}

/// What a flag says, else what the environment says.
fn given_or(flag: Option<String>, names: &[&str]) -> Result<Option<String>, Failure> {
    match flag {
        Some(value) => Ok(Some(value)),
        None => variable(names),
    }
}

fn base_url(flag: &str, text: &str) -> Result<BaseUrl, Failure> {
    text.parse()
        .map_err(|error| Failure::usage(format!("{flag}: {error}")))
}

/// Other tools want IAM's URL with its version: `https://iam.cn-north-4.myhuaweicloud.com/v3`.
fn iam_base_url(flag: &str, text: &str) -> Result<BaseUrl, Failure> {
    let trimmed = text.trim_end_matches('/');
    base_url(flag, trimmed.strip_suffix("/v3").unwrap_or(trimmed))
}

fn project_id(text: &str) -> Result<ProjectId, Failure> {
    text.parse()
        .map_err(|violation| Failure::usage(format!("{violation}")))
}
