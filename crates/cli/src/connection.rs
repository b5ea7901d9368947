//! From flags and environment to a client.

use std::sync::Arc;
use std::time::Duration;

use session_export::{
    BaseUrl, Client, CredentialChain, Endpoint, EndpointBuilder, EndpointOverrides, Environment, Found, Iam,
    PlainHttp, ProjectId, SourceKind, Transport,
};
use session_export_emulator::Emulator;

use crate::args::ConnectionArgs;
use crate::credentials;
use crate::environment::variable;
use crate::failure::Failure;
use crate::limit::Limit;
use crate::login::{Aim, Login};
use crate::progress::Progress;
use crate::suggest;
use crate::transport;

/// A client, and the emulator it talks to if there is one.
pub(crate) struct Connection {
    pub(crate) client: Client,
    /// Dropping it stops it.
    _emulator: Option<Emulator>,
}

/// Who is calling and for which project, before anything is sent to the service.
pub(crate) struct Access {
    pub(crate) login: Login,
    pub(crate) iam: Option<Iam>,
    pub(crate) aim: Aim,
    endpoint: EndpointBuilder,
    transport: Arc<dyn Transport>,
    emulator: Option<Emulator>,
}

impl Connection {
    /// Puts a client together. Nothing is sent, unless the project's id is to be found out.
    pub(crate) async fn open(
        args: ConnectionArgs,
        timeout: Option<Duration>,
        progress: &Progress,
    ) -> Result<Self, Failure> {
        let limit = Limit::starting(timeout);
        progress.works("asking the service");
        let meant = args.region.as_deref().and_then(suggest::region);
        let Access {
            login,
            iam,
            aim,
            endpoint,
            transport,
            emulator,
        } = Access::find(args, limit, progress).await?;
        let endpoint = endpoint
            .build()
            .map_err(|error| Failure::from(error).suggesting(meant))?;
        let project_id = login.project(iam.as_ref(), &aim, progress).await?;
        let login = login.for_project(&project_id, &aim);
        let client = Client::builder(endpoint, project_id)
            .transport(transport)
            .authenticator(login)
            .on_pause(progress.pause_listener())
            .user_agent(concat!("session-export-cli/", env!("CARGO_PKG_VERSION")))
            .build()?;
        // Finding out who is calling has used some of the time for the whole.
        let client = match limit.left() {
            Some(left) => client.with_deadline(left),
            None => client,
        };
        Ok(Self {
            client,
            _emulator: emulator,
        })
    }
}

impl Access {
    /// Finds the credential, and where IAM is. Nothing is sent, unless this machine's metadata is asked.
    pub(crate) async fn find(
        args: ConnectionArgs,
        limit: Limit,
        progress: &Progress,
    ) -> Result<Self, Failure> {
        if args.emulator {
            Self::of_emulator(transport::direct(&args.transport)?, limit).await
        } else {
            let found = Self::of_flags(args, limit, progress);
            limit.over("looking for credentials", found).await?
        }
    }

    async fn of_emulator(transport: Arc<dyn Transport>, limit: Limit) -> Result<Self, Failure> {
        let emulator = Emulator::builder()
            .start()
            .await
            .map_err(|error| Failure::emulator(&error))?;
        let environment = Environment::from_iter([
            ("HW_USER_NAME", emulator.user_name()),
            ("HW_USER_PASSWORD", emulator.password()),
            ("HW_DOMAIN_NAME", emulator.domain_name()),
        ]);
        let found = CredentialChain::new(environment)
            .only(SourceKind::TerraformEnvironment)
            .find()
            .await
            .map_err(|error| Failure::no_credentials(&error))?;
        let base = base_url("--emulator", &emulator.base_url())?;
        let endpoint = Endpoint::builder()
            .sessions(base.clone())
            .export_centre(base.clone())
            .iam(base.clone());
        let aim = Aim {
            project_id: Some(project_id(emulator.project_id())?),
            project_name: None,
            project_domain: None,
            plain_http: PlainHttp::LoopbackOnly,
            exchange: false,
            limit,
        };
        let iam = Iam::new(Arc::clone(&transport), base);
        Ok(Self {
            login: Login::new(found, Some(&iam), &aim)?,
            iam: Some(iam),
            aim,
            endpoint,
            transport,
            emulator: Some(emulator),
        })
    }

    async fn of_flags(args: ConnectionArgs, limit: Limit, progress: &Progress) -> Result<Self, Failure> {
        let transport = transport::build(&args.transport, progress)?;
        let direct = transport::direct(&args.transport)?;
        // What the flags say is judged first: it needs no credential.
        let mut endpoint =
            Endpoint::builder().overrides(&EndpointOverrides::read(&Environment::of_process())?);
        if let Some(url) = &args.endpoint {
            endpoint = endpoint.sessions(base_url("--endpoint", url)?);
        }
        if let Some(url) = &args.export_endpoint {
            endpoint = endpoint.export_centre(base_url("--export-endpoint", url)?);
        }
        let iam_endpoint = args.iam_endpoint.as_deref().map(iam_base_url).transpose()?;
        let given_project = args.project_id.as_deref().map(project_id).transpose()?;
        if let Some(region) = &args.region {
            endpoint = endpoint.region(region);
        }
        endpoint.iam_url()?;
        let found = credentials::find(&args, direct, progress).await?;
        let region = args
            .region
            .or_else(|| found.region().map(|region| region.as_str().to_owned()));
        if let Some(region) = &region {
            endpoint = endpoint.region(region);
        }
        if let Some(base) = iam_endpoint.or_else(|| found.iam_endpoint().cloned()) {
            endpoint = endpoint.iam(base);
        }
        let plain_http = match args.allow_http {
            true => PlainHttp::Allowed,
            false => PlainHttp::LoopbackOnly,
        };
        // An agency's project is the delegating account's: what is said of the holder's does not count.
        let agency_project = found.agency().and_then(|agency| agency.project_name());
        let found_project = found.project_id().filter(|_| agency_project.is_none());
        let aim = Aim {
            project_id: given_project.or_else(|| found_project.cloned()),
            project_name: agency_project
                .or(found.project_name())
                .map(str::to_owned)
                .or(region),
            project_domain: match found.agency() {
                Some(_) => None,
                None => project_domain(&found)?,
            },
            plain_http,
            exchange: args.credential.exchange_token,
            limit,
        };
        let iam = endpoint
            .iam_url()?
            .map(|base| Iam::new(Arc::clone(&transport), base).plain_http(plain_http));
        Ok(Self {
            login: Login::new(found, iam.as_ref(), &aim)?,
            iam,
            aim,
            endpoint,
            transport,
            emulator: None,
        })
    }
}

/// What `token --explain` tells: what was looked at, and what would be used. Nobody logs in.
pub(crate) async fn explained(
    args: ConnectionArgs,
    limit: Limit,
    progress: &Progress,
) -> Result<Found, Failure> {
    if args.emulator {
        return Err(Failure::usage(
            "with --emulator nothing is looked for: the emulator's own user logs in",
        ));
    }
    let direct = transport::direct(&args.transport)?;
    limit
        .over(
            "looking for credentials",
            credentials::find(&args, direct, progress),
        )
        .await?
}

/// The account of a project that is given by its name: OpenStack's Keystone wants it.
fn project_domain(found: &Found) -> Result<Option<String>, Failure> {
    match found.source().map(|source| source.kind()) {
        Some(SourceKind::OpenStackEnvironment) => {
            variable(&["OS_PROJECT_DOMAIN_NAME", "OS_DOMAIN_NAME", "OS_USER_DOMAIN_NAME"])
        }
        _ => Ok(None),
    }
}

fn base_url(flag: &str, text: &str) -> Result<BaseUrl, Failure> {
    text.parse()
        .map_err(|error| Failure::usage(format!("{flag}: {error}")))
}

/// Other tools want IAM's URL with its version: `https://iam.cn-north-4.myhuaweicloud.com/v3`.
fn iam_base_url(text: &str) -> Result<BaseUrl, Failure> {
    let trimmed = text.trim_end_matches('/');
    base_url("--iam-endpoint", trimmed.strip_suffix("/v3").unwrap_or(trimmed))
}

fn project_id(text: &str) -> Result<ProjectId, Failure> {
    text.parse()
        .map_err(|violation| Failure::usage(format!("{violation}")))
}
