//! Endpoints that differ from the published ones, from the places where the official SDKs look for them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use session_export_auth::Environment;
use session_export_transport::{BaseUrl, InvalidBaseUrl};

use super::service::Service;
use crate::Error;

const REGION_PREFIX: &str = "HUAWEICLOUD_SDK_REGION_";
const REGIONS_FILE: &str = "HUAWEICLOUD_SDK_REGIONS_FILE";

/// Longest URL. Our own bound, so that an error that repeats it stays readable.
const MOST_URL_BYTES: usize = 2_000;

/// Endpoints that differ from the published ones: from the variables and the file that the official SDKs read.
///
/// Empty by default; nothing is read unless it is asked for. See [`EndpointBuilder`](crate::EndpointBuilder) for what
/// wins over what.
///
/// ```
/// use session_export::{Endpoint, EndpointOverrides};
///
/// let overrides = EndpointOverrides::default().variables([(
///     "HUAWEICLOUD_SDK_REGION_WORKSPACE_CN_NORTH_4".to_owned(),
///     "https://gateway.example.com/workspace".to_owned(),
/// )])?;
/// let endpoint = Endpoint::builder().region("cn-north-4").overrides(&overrides).build()?;
/// assert_eq!(endpoint.export_centre().as_str(), "https://gateway.example.com/workspace");
/// assert_eq!(endpoint.sessions().as_str(), "https://appstream.cn-north-4.myhuaweicloud.com");
/// # Ok::<(), session_export::Error>(())
/// ```
///
/// Where a variable or the file gives several endpoints, **the first one is used**: the official SDKs turn to the
/// others when a name cannot be resolved or a TLS handshake fails, and this library has no such fail-over.
///
/// A URL begins with `https://` or `http://`. A host alone is an error that says how to write it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct EndpointOverrides {
    /// By the end of a variable's name: `CN_NORTH_4`.
    variables: BTreeMap<(Service, String), BaseUrl>,
    file: BTreeMap<(Service, String), BaseUrl>,
}

impl EndpointOverrides {
    /// Takes `HUAWEICLOUD_SDK_REGION_<SERVICE>_<REGION>` from these variables, and passes over all others. That is so for
    /// `HUAWEICLOUD_SDK_IAM_ENDPOINT` too: a secret is sent there, so it belongs to the credential that it was set with
    /// ([`Found::iam_endpoint`](crate::Found::iam_endpoint)).
    ///
    /// The services are `WORKSPACEAPP` (sessions), `WORKSPACE` (export centre) and `IAM`; a region is written in upper
    /// case with `_` for `-`. A value may be a list with commas between. A blank value counts as none. Called again,
    /// it replaces what has the same name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a value that is no base URL, also where it is
    /// of a region that is not used.
    pub fn variables(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        for (name, value) in variables {
            let region = name.strip_prefix(REGION_PREFIX).and_then(service_and_region);
            let Some((service, region)) = region else {
                continue;
            };
            let Some(first) = value.split(',').map(str::trim).find(|url| !url.is_empty()) else {
                continue;
            };
            let base =
                base_url(first).map_err(|problem| Error::configuration(format!("{name}: {problem}")))?;
            self.variables.insert((service, region.to_owned()), base);
        }
        Ok(self)
    }

    /// Takes the text of a regions file.
    ///
    /// ```
    /// use session_export::{Endpoint, EndpointOverrides};
    ///
    /// let overrides = EndpointOverrides::default().regions_yaml(
    ///     "WorkspaceApp:
    ///   - id: private-1
    ///     endpoint: https://appstream.private-1.example.com
    /// Workspace:
    ///   - id: private-1
    ///     endpoints: [https://workspace.private-1.example.com]
    /// IAM:
    ///   - id: private-1
    ///     endpoint: https://iam.private-1.example.com
    /// ",
    /// )?;
    /// let endpoint = Endpoint::builder().region("private-1").overrides(&overrides).build()?;
    /// assert_eq!(endpoint.sessions().as_str(), "https://appstream.private-1.example.com");
    /// # Ok::<(), session_export::Error>(())
    /// ```
    ///
    /// Service names are matched in any case; other services, and other keys of a region, are passed over. `endpoint`
    /// wins over `endpoints`. Anchors and aliases work, merge keys (`<<`) do not. A text takes the place of one that
    /// was given before.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), with line and column, for a text that is no YAML
    /// or not of this form, that lists a service or a region twice, or that is larger than 1 MiB.
    #[cfg(feature = "regions-file")]
    pub fn regions_yaml(mut self, text: &str) -> Result<Self, Error> {
        self.file = super::regions_file::parse(text.as_bytes())
            .map_err(|problem| Error::configuration(format!("the regions file{problem}")))?;
        Ok(self)
    }

    /// Reads a regions file; see [`regions_yaml`](Self::regions_yaml) for its form.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a file that cannot be read, with the
    /// `io::Error` as its source, or is not as it should be.
    #[cfg(feature = "regions-file")]
    pub fn regions_file(mut self, path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = super::regions_file::read(path).map_err(|error| {
            Error::configuration(format!("the regions file {path:?} cannot be read")).with_source(error)
        })?;
        self.file = super::regions_file::parse(&bytes)
            .map_err(|problem| Error::configuration(format!("the regions file {path:?}{problem}")))?;
        Ok(self)
    }

    /// Does what the official SDKs do by themselves: takes the variables, and reads the regions file that they lead to.
    ///
    /// ```no_run
    /// use session_export::{EndpointOverrides, Environment};
    ///
    /// let overrides = EndpointOverrides::read(&Environment::of_process())?;
    /// # Ok::<(), session_export::Error>(())
    /// ```
    ///
    /// That file is the one that `HUAWEICLOUD_SDK_REGIONS_FILE` names, else `.huaweicloud/regions.yaml` in the home
    /// directory, if it exists. It is read with `std::fs`, in
    /// this call and never again.
    ///
    /// Reading a file needs the feature `regions-file`. Without it, a file that is there is an error and not passed
    /// over: somebody wrote it to be used.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) as for [`variables`](Self::variables); for a file
    /// that is named and not there, that cannot be read, or that is not as it should be.
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        let value = |name| {
            let value = environment.get(name);
            value.map_err(|error| Error::configuration(error.to_string()))
        };
        let mut overrides = Self::default();
        for name in environment.names().filter(|name| name.starts_with(REGION_PREFIX)) {
            if let Some(url) = value(name)? {
                overrides = overrides.variables([(name.to_owned(), url.to_owned())])?;
            }
        }
        let named = value(REGIONS_FILE)?.map(PathBuf::from);
        let default = || Some(environment.home()?.join(".huaweicloud").join("regions.yaml"));
        let is_named = named.is_some();
        let Some(path) = named.or_else(default) else {
            return Ok(overrides);
        };
        let exists = match path.try_exists() {
            // A home such as /dev/null.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => false,
            other => other.map_err(|error| {
                Error::configuration(format!("the regions file {path:?} cannot be looked for"))
                    .with_source(error)
            })?,
        };
        match (exists, is_named) {
            (true, _) => overrides.existing_file(&path),
            (false, true) => Err(Error::configuration(format!(
                "the regions file {path:?} does not exist; {REGIONS_FILE} names it"
            ))),
            (false, false) => Ok(overrides),
        }
    }

    #[cfg(feature = "regions-file")]
    fn existing_file(self, path: &Path) -> Result<Self, Error> {
        self.regions_file(path)
    }

    #[cfg(not(feature = "regions-file"))]
    fn existing_file(self, path: &Path) -> Result<Self, Error> {
        Err(Error::configuration(format!(
            "there is a regions file {path:?}, and this program cannot read it: it was built without the feature \
             `regions-file` of the crate session-export"
        )))
    }

    /// The base URL of a service, from the variables or else from the file.
    pub(super) fn find(&self, service: Service, region: Option<&str>) -> Option<BaseUrl> {
        let of_region = region.and_then(|id| self.variables.get(&(service, in_a_variables_name(id))));
        let of_file = || self.file.get(&(service, region?.to_owned()));
        of_region.or_else(of_file).cloned()
    }

    /// Whether there is an endpoint for this very region.
    pub(super) fn knows(&self, region: &str) -> bool {
        let name = in_a_variables_name(region);
        self.variables.keys().any(|(_, known)| *known == name)
            || self.file.keys().any(|(_, known)| known == region)
    }

    /// The regions of the file. A variable's name does not tell how its region is written.
    pub(super) fn regions_of_the_file(&self) -> BTreeSet<&str> {
        self.file.keys().map(|(_, region)| region.as_str()).collect()
    }
}

/// `WORKSPACEAPP_CN_NORTH_4` in its parts.
fn service_and_region(rest: &str) -> Option<(Service, &str)> {
    let (service, region) = rest.split_once('_')?;
    let known = Service::by_sdk_name(service)?;
    let is_upper_case = !service.bytes().any(|byte| byte.is_ascii_lowercase());
    (is_upper_case && !region.is_empty()).then_some((known, region))
}

fn in_a_variables_name(region: &str) -> String {
    region.to_uppercase().replace('-', "_")
}

/// The problem is a whole sentence about the text.
pub(super) fn base_url(text: &str) -> Result<BaseUrl, String> {
    if text.len() > MOST_URL_BYTES {
        return Err(format!(
            "a URL of {} bytes is too long; {MOST_URL_BYTES} are enough for every endpoint",
            text.len()
        ));
    }
    text.parse().map_err(|invalid: InvalidBaseUrl| {
        let with_scheme = format!("https://{text}");
        if !text.contains("://") && with_scheme.parse::<BaseUrl>().is_ok() {
            format!("{text:?} has no scheme; write {with_scheme}")
        } else {
            invalid.to_string()
        }
    })
}
