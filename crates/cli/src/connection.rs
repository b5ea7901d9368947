//! From settings to a client.

use std::sync::Arc;

use session_export::{
    BaseUrl, Client, CredentialChain, Endpoint, EndpointBuilder, EndpointOverrides, Environment, Found, Iam,
    PlainHttp, ProjectId, SourceKind, Transport,
};
use session_export_emulator::Emulator;

use crate::credentials;
use crate::environment::variable;
use crate::failure::Failure;
use crate::limit::Limit;
use crate::login::{Aim, Login};
use crate::progress::Progress;
use crate::settings::{Key, Settings};
use crate::suggest;
use crate::transport;

/// The variable that gives the profile file of the official SDKs an IAM.
const SDK_IAM: &str = "HUAWEICLOUD_SDK_IAM_ENDPOINT";

/// A client, and the emulator it talks to if there is one.
pub(crate) struct Connection {
    pub(crate) client: Client,
    /// Dropping it stops it.
    _emulator: Option<Emulator>,
}

/// What carries requests and where they go, before anybody has a credential.
pub(crate) struct Route {
    pub(crate) transport: Arc<dyn Transport>,
    /// The same without a proxy.
    pub(crate) direct: Arc<dyn Transport>,
    pub(crate) endpoint: EndpointBuilder,
    emulator: Option<Emulator>,
}

/// Who is calling and for which project, before anything is sent to the service.
pub(crate) struct Access {
    pub(crate) login: Login,
    pub(crate) iam: Option<Iam>,
    pub(crate) aim: Aim,
    pub(crate) endpoint: EndpointBuilder,
    transport: Arc<dyn Transport>,
    emulator: Option<Emulator>,
}

impl Connection {
    /// Puts a client together. Nothing is sent, unless the project's id is to be found out.
    pub(crate) async fn open(
        settings: &Settings,
        limit: Limit,
        progress: &Progress,
    ) -> Result<Self, Failure> {
        progress.works("asking the service");
        let route = Route::of(settings, progress).await?;
        if settings.region().is_some() {
            // A region that is not known needs no credential to be told so.
            check_hosts(&route.endpoint, settings)?;
        }
        let access = route.look(settings, limit, progress).await?;
        check_hosts(&access.endpoint, settings)?;
        let project_id = access
            .login
            .project(access.iam.as_ref(), &access.aim, progress)
            .await?;
        access.connect(project_id, limit, progress)
    }
}

/// That every host is known.
fn check_hosts(endpoint: &EndpointBuilder, settings: &Settings) -> Result<(), Failure> {
    let checked = endpoint.clone().build();
    checked.map(drop).map_err(|error| {
        let meant = settings
            .region()
            .and_then(|region| suggest::region(region.as_str()));
        Failure::from(error).suggesting(meant)
    })
}

impl Route {
    /// What the settings say. Nothing is sent; with `--emulator` the emulator is started.
    pub(crate) async fn of(settings: &Settings, progress: &Progress) -> Result<Self, Failure> {
        if settings.emulator {
            return Self::to_emulator(settings).await;
        }
        let transport = transport::build(settings, progress)?;
        let direct = transport::direct(settings)?;
        let mut endpoint = Endpoint::builder().overrides(&EndpointOverrides::read(&settings.environment)?);
        if let Some(base) = settings.url(Key::Endpoint) {
            endpoint = endpoint.sessions(base.clone());
        }
        if let Some(base) = settings.url(Key::ExportEndpoint) {
            endpoint = endpoint.export_centre(base.clone());
        }
        if let Some(base) = settings.url(Key::IamEndpoint) {
            endpoint = endpoint.iam(base.clone());
        }
        if let Some(region) = settings.region() {
            endpoint = endpoint.region(region.as_str());
        }
        endpoint.iam_url()?;
        Ok(Self {
            transport,
            direct,
            endpoint,
            emulator: None,
        })
    }

    async fn to_emulator(settings: &Settings) -> Result<Self, Failure> {
        // On this machine: neither a proxy nor an authority is needed.
        let transport = transport::plain(settings)?;
        let emulator = Emulator::builder()
            .start()
            .await
            .map_err(|error| Failure::emulator(&error))?;
        let base: BaseUrl = emulator
            .base_url()
            .parse()
            .map_err(|error| Failure::usage(format!("--emulator: {error}")))?;
        let endpoint = Endpoint::builder()
            .sessions(base.clone())
            .export_centre(base.clone())
            .iam(base);
        Ok(Self {
            direct: Arc::clone(&transport),
            transport,
            endpoint,
            emulator: Some(emulator),
        })
    }

    /// Looks for a credential. Nothing is sent, unless this machine's metadata is asked.
    pub(crate) async fn credential(
        &self,
        settings: &Settings,
        progress: &Progress,
    ) -> Result<Found, Failure> {
        let found = self.find(settings).await?;
        credentials::say_warnings(&found, progress);
        Ok(found)
    }

    /// The same without a word about what should be put right.
    pub(crate) async fn find(&self, settings: &Settings) -> Result<Found, Failure> {
        let Some(emulator) = &self.emulator else {
            return credentials::look(settings, Some(Arc::clone(&self.direct))).await;
        };
        let environment = Environment::from_iter([
            ("HW_USER_NAME", emulator.user_name()),
            ("HW_USER_PASSWORD", emulator.password()),
            ("HW_DOMAIN_NAME", emulator.domain_name()),
        ]);
        CredentialChain::new(environment)
            .only(SourceKind::TerraformEnvironment)
            .find()
            .await
            .map_err(|error| Failure::no_credentials(&error))
    }

    /// Looks for a credential, and says what it makes of the route.
    async fn look(self, settings: &Settings, limit: Limit, progress: &Progress) -> Result<Access, Failure> {
        let found = limit
            .over("looking for credentials", self.credential(settings, progress))
            .await??;
        self.access(found, settings, limit)
    }

    /// What a credential makes of the route. Nothing is sent.
    pub(crate) fn access(self, found: Found, settings: &Settings, limit: Limit) -> Result<Access, Failure> {
        let mut endpoint = self.endpoint;
        let mut aim = Aim {
            project_id: None,
            project_name: None,
            project_domain: None,
            plain_http: PlainHttp::LoopbackOnly,
            exchange: false,
            limit,
        };
        if let Some(emulator) = &self.emulator {
            aim.project_id = Some(project_id(emulator.project_id())?);
        } else {
            let region = settings
                .region()
                .or(found.region())
                .map(|region| region.as_str().to_owned());
            if let Some(region) = &region {
                endpoint = endpoint.region(region);
            }
            if let Some(base) = iam_of(settings, &found) {
                endpoint = endpoint.iam(base.clone());
            }
            if settings.allow_http {
                aim.plain_http = PlainHttp::Allowed;
            }
            aim.exchange = settings.is_on(Key::ExchangeToken);
            (aim.project_id, aim.project_name) = project(settings, &found, region);
            aim.project_domain = match found.agency() {
                Some(_) => None,
                None => project_domain(&found, &settings.environment)?,
            };
        }
        let iam = endpoint
            .iam_url()?
            .map(|base| Iam::new(Arc::clone(&self.transport), base).plain_http(aim.plain_http));
        Ok(Access {
            login: Login::new(found, iam.as_ref(), &aim)?,
            iam,
            aim,
            endpoint,
            transport: self.transport,
            emulator: self.emulator,
        })
    }
}

impl Access {
    /// Finds the credential, and where IAM is. Nothing is sent, unless this machine's metadata is asked.
    pub(crate) async fn find(
        settings: &Settings,
        limit: Limit,
        progress: &Progress,
    ) -> Result<Self, Failure> {
        // What the settings say is judged first: it needs no credential.
        Route::of(settings, progress)
            .await?
            .look(settings, limit, progress)
            .await
    }

    /// The client for this project. Finding out who is calling has used some of the time for the whole.
    pub(crate) fn connect(
        self,
        project_id: ProjectId,
        limit: Limit,
        progress: &Progress,
    ) -> Result<Connection, Failure> {
        let login = self.login.for_project(&project_id, &self.aim);
        let client = Client::builder(self.endpoint.build()?, project_id)
            .transport(self.transport)
            .authenticator(login)
            .on_pause(progress.pause_listener())
            .user_agent(concat!("session-export-cli/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let client = match limit.left() {
            Some(left) => client.with_deadline(left),
            None => client,
        };
        Ok(Connection {
            client,
            _emulator: self.emulator,
        })
    }
}

/// What `token --explain` tells: what was looked at, and what would be used. Nobody logs in.
pub(crate) async fn explained(
    settings: &Settings,
    limit: Limit,
    progress: &Progress,
) -> Result<Found, Failure> {
    if settings.emulator {
        return Err(Failure::usage(
            "with --emulator nothing is looked for: the emulator's own user logs in",
        ));
    }
    let direct = transport::direct(settings)?;
    let found = limit
        .over(
            "looking for credentials",
            credentials::look(settings, Some(direct)),
        )
        .await??;
    credentials::say_warnings(&found, progress);
    Ok(found)
}

/// Where IAM is, if not where the region's is. A variable that belongs to the credential stands above a profile, and a
/// profile above what the credential's file says.
pub(crate) fn iam_of<'a>(settings: &'a Settings, found: &'a Found) -> Option<&'a BaseUrl> {
    let given = settings.url(Key::IamEndpoint);
    if given.is_some() && !settings.is_of_profile(Key::IamEndpoint) {
        return given;
    }
    let of_file = match found.source().map(|source| source.kind()) {
        Some(SourceKind::ProfileFile) => !matches!(settings.environment.get(SDK_IAM), Ok(Some(_))),
        Some(SourceKind::KooCli | SourceKind::InstanceMetadata) => true,
        _ => false,
    };
    match of_file {
        true => given.or(found.iam_endpoint()),
        false => found.iam_endpoint().or(given),
    }
}

/// The project's id, and its name. A project's id and name stay together: whoever gives one of them gives the other.
pub(crate) fn project(
    settings: &Settings,
    found: &Found,
    region: Option<String>,
) -> (Option<ProjectId>, Option<String>) {
    // An agency's project is the delegating account's: what is said of the holder's does not count.
    let agency_project = found.agency().and_then(|agency| agency.project_name());
    let of_profile = [Key::ProjectId, Key::ProjectName]
        .into_iter()
        .any(|key| settings.is_of_profile(key));
    let counts = !of_profile || agency_project.is_none();
    let given_id = settings.project_id().filter(|_| counts);
    let given_name = settings.text(Key::ProjectName).filter(|_| counts);
    if given_id.is_some() || given_name.is_some() {
        return (given_id.cloned(), given_name.map(str::to_owned).or(region));
    }
    let name = agency_project.or(found.project_name()).map(str::to_owned);
    let id = found.project_id().filter(|_| agency_project.is_none());
    (id.cloned(), name.or(region))
}

/// The account of a project that is given by its name: OpenStack's Keystone wants it.
fn project_domain(found: &Found, environment: &Environment) -> Result<Option<String>, Failure> {
    match found.source().map(|source| source.kind()) {
        Some(SourceKind::OpenStackEnvironment) => variable(
            environment,
            &["OS_PROJECT_DOMAIN_NAME", "OS_DOMAIN_NAME", "OS_USER_DOMAIN_NAME"],
        ),
        _ => Ok(None),
    }
}

fn project_id(text: &str) -> Result<ProjectId, Failure> {
    text.parse()
        .map_err(|violation| Failure::usage(format!("{violation}")))
}
