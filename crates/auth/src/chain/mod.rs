//! Where a credential is looked for when nobody passes one in: variables, files, the machine's metadata.

mod complete;
mod credential;
mod environment;
mod error;
mod families;
mod file_source;
mod found;
mod ini;
mod koocli;
mod profile;
mod report;
mod search;
mod secret_file;
mod settings;

use std::path::PathBuf;

pub use credential::{Credential, FoundAgency, PasswordLogin};
pub use environment::{Environment, VariableNotText};
pub use error::{NoCredentials, NoCredentialsKind};
pub use found::Found;
pub use report::{Looked, Outcome, Source, SourceKind};

use crate::InstanceMetadata;
use search::{Search, Searched};

/// Looks for a credential where users of other tools already have one.
///
/// The places, first to last: the variable `SESSION_EXPORT_TOKEN`; the variables of the official SDKs
/// (`HUAWEICLOUD_SDK_*`), of the Terraform provider (`HW_*`) and of OpenStack's tools (`OS_*`); the SDKs' profile file;
/// KooCLI's settings; and, if one is given, the machine's metadata service. `docs/credentials.md` has them all in a
/// table.
///
/// A place that holds a part of a credential ends the search with an error that names what is missing: going on would
/// use another identity than the one that was meant.
///
/// ```
/// use session_export_auth::{Credential, CredentialChain, Environment};
///
/// # futures_util::future::FutureExt::now_or_never(async {
/// let environment = Environment::from_iter([
///     ("HW_ACCESS_KEY", "AKEXAMPLE"),
///     ("HW_SECRET_KEY", "SKexample"),
///     ("HW_REGION_NAME", "cn-north-4"),
/// ]);
/// let found = CredentialChain::new(environment).find().await?;
/// assert!(matches!(found.credential(), Credential::AccessKey(key) if key.id() == "AKEXAMPLE"));
/// assert_eq!(found.region().unwrap().as_str(), "cn-north-4");
/// assert_eq!(found.report().last().unwrap().to_string(), "environment HW_*: used, an access key");
/// # Ok::<(), session_export_auth::NoCredentials>(())
/// # }).unwrap().unwrap();
/// ```
///
/// Nothing is read before [`find`](Self::find), and nothing but what is passed in and the two files.
#[derive(Clone, Debug)]
pub struct CredentialChain {
    environment: Environment,
    sources: Option<Vec<SourceKind>>,
    profile: Option<String>,
    credentials_file: Option<PathBuf>,
    instance_metadata: Option<InstanceMetadata>,
}

impl CredentialChain {
    /// A chain over these variables, and over the files in their home directory. For those of the process:
    /// [`Environment::of_process`].
    pub fn new(environment: Environment) -> Self {
        Self {
            environment,
            sources: None,
            profile: None,
            credentials_file: None,
            instance_metadata: None,
        }
    }

    /// Looks in this place and nowhere else.
    #[must_use]
    pub fn only(self, source: SourceKind) -> Self {
        self.sources([source])
    }

    /// Looks for credentials in these places and nowhere else. Their order stays that of [`SourceKind::ALL`]. Any variable
    /// still gives a region or a project that they do not.
    #[must_use]
    pub fn sources(mut self, sources: impl IntoIterator<Item = SourceKind>) -> Self {
        self.sources = Some(sources.into_iter().collect());
        self
    }

    /// Chooses a section of the profile file, or a profile of KooCLI, by its name.
    ///
    /// Who names a profile means that identity, so without a choice of [`sources`](Self::sources) the two files are then
    /// the only places; variables still give a region or a project that the profile does not.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// Reads this profile file, not the one of `HUAWEICLOUD_SDK_CREDENTIALS_FILE` or `~/.huaweicloud/credentials`.
    /// Unlike that one it has to exist. Who names a file means that identity, so without a choice of
    /// [`sources`](Self::sources) it is then the only place.
    #[must_use]
    pub fn credentials_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.credentials_file = Some(path.into());
        self
    }

    /// Asks the machine's metadata service when there is nothing anywhere else. Off the cloud that costs three seconds.
    #[must_use]
    pub fn instance_metadata(mut self, metadata: InstanceMetadata) -> Self {
        self.instance_metadata = Some(metadata);
        self
    }

    /// Looks in one place after the other, and returns the first credential that is whole.
    ///
    /// Files are read with blocking calls of the standard library: two small ones, at a program's start. The metadata
    /// service is asked at most once, and its key is not lost: the provider that is returned hands it out first.
    ///
    /// # Errors
    ///
    /// [`NoCredentials`]: nothing was found, or a place holds something that is not whole or not supported.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing is kept.
    pub async fn find(&self) -> Result<Found, NoCredentials> {
        let search = match Search::new(self).run()? {
            Searched::Found(found) => return Ok(*found),
            Searched::Nothing(search) => search,
        };
        if !self.looks_in(SourceKind::InstanceMetadata) {
            return Err(NoCredentials::nothing(search.report));
        }
        match &self.instance_metadata {
            None => Err(search.without_metadata()),
            Some(metadata) => match metadata.probe().await {
                Ok(()) => search.with_metadata(metadata),
                Err(error) => Err(search.metadata_failed(&error)),
            },
        }
    }

    /// Whether a place takes part.
    fn looks_in(&self, kind: SourceKind) -> bool {
        let in_a_file = |kind: &SourceKind| matches!(kind, SourceKind::ProfileFile | SourceKind::KooCli);
        match (&self.sources, &self.profile) {
            (None, _) if self.credentials_file.is_some() => kind == SourceKind::ProfileFile,
            (None, None) => true,
            (None, Some(_)) => in_a_file(&kind),
            // The machine is no substitute for a profile that was asked for and is not there.
            (Some(sources), Some(_)) if kind == SourceKind::InstanceMetadata => {
                sources.contains(&kind) && !sources.iter().any(in_a_file)
            }
            (Some(sources), _) => sources.contains(&kind),
        }
    }

    /// Whether a family of variables may give another source an agency, or an endpoint of IAM.
    fn lends(&self, kind: SourceKind) -> bool {
        self.sources
            .as_ref()
            .is_none_or(|sources| sources.contains(&kind))
    }
}
