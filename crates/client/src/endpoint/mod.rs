//! The three base URLs of a region.

mod overrides;
mod regions;
#[cfg(feature = "regions-file")]
mod regions_file;
mod service;
#[cfg(feature = "regions-file")]
mod yaml;

use session_export_model::Region;
use session_export_transport::BaseUrl;

pub use overrides::EndpointOverrides;

use crate::Error;
use service::Service;

/// Most regions of a file that an error lists.
const MOST_LISTED: usize = 20;

/// Where the three services are: sessions (`/v1`), the export centre (`/v2`) and IAM (`/v3`).
///
/// A submit goes to the sessions service, everything else about a task to the export centre. That a session export's
/// task is visible there is an inference from the API reference, which describes one export centre for the product; so
/// each base URL can be given by itself.
///
/// ```
/// use session_export::Endpoint;
///
/// let endpoint = Endpoint::region("cn-north-4")?;
/// assert_eq!(endpoint.sessions().as_str(), "https://appstream.cn-north-4.myhuaweicloud.com");
/// assert_eq!(endpoint.export_centre().as_str(), "https://workspace.cn-north-4.myhuaweicloud.com");
/// # Ok::<(), session_export::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    sessions: BaseUrl,
    export_centre: BaseUrl,
    iam: Option<BaseUrl>,
}

/// Collects the parts of an [`Endpoint`]: a region, base URLs that override its own, or both.
///
/// For each of the three services the first of these that is there is taken:
///
/// 1. the base URL given here;
/// 2. the variable `HUAWEICLOUD_SDK_REGION_<SERVICE>_<REGION>`;
/// 3. the regions file;
/// 4. the table of published hosts, in which a region without an IAM of its own has the global one,
///    `iam.myhuaweicloud.com`. So a region of another cloud needs all three of its endpoints, IAM included.
///
/// The second and the third take part only when they were read into [`EndpointOverrides`] and given to
/// [`overrides`](Self::overrides). A region that only they know works too. The rules are those of the official SDKs'
/// region providers.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct EndpointBuilder {
    region: Option<String>,
    sessions: Option<BaseUrl>,
    export_centre: Option<BaseUrl>,
    iam: Option<BaseUrl>,
    overrides: EndpointOverrides,
}

impl Endpoint {
    /// The published hosts of a region.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a region that is not known, with the list of
    /// those that are.
    pub fn region(id: &str) -> Result<Self, Error> {
        Self::builder().region(id).build()
    }

    /// Starts an endpoint of parts.
    pub fn builder() -> EndpointBuilder {
        EndpointBuilder::default()
    }

    /// Every region whose hosts are known.
    pub fn known_regions() -> impl Iterator<Item = &'static str> {
        regions::known()
    }

    /// The base URL of `/v1/{project_id}/session/…`.
    pub fn sessions(&self) -> &BaseUrl {
        &self.sessions
    }

    /// The base URL of `/v2/{project_id}/export-tasks…`.
    pub fn export_centre(&self) -> &BaseUrl {
        &self.export_centre
    }

    /// The base URL of `/v3/auth/tokens`; none when neither a region nor a URL of its own was given.
    pub fn iam(&self) -> Option<&BaseUrl> {
        self.iam.as_ref()
    }
}

impl EndpointBuilder {
    /// The region whose hosts to use where no base URL is given.
    pub fn region(mut self, id: impl Into<String>) -> Self {
        self.region = Some(id.into());
        self
    }

    /// The base URL of the sessions service.
    pub fn sessions(mut self, base: BaseUrl) -> Self {
        self.sessions = Some(base);
        self
    }

    /// The base URL of the export centre.
    pub fn export_centre(mut self, base: BaseUrl) -> Self {
        self.export_centre = Some(base);
        self
    }

    /// The base URL of IAM.
    pub fn iam(mut self, base: BaseUrl) -> Self {
        self.iam = Some(base);
        self
    }

    /// Endpoints of regions that win over the published ones.
    pub fn overrides(mut self, overrides: &EndpointOverrides) -> Self {
        self.overrides = overrides.clone();
        self
    }

    /// Puts the parts together.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when a base URL is missing: neither given nor
    /// known for the region.
    pub fn build(self) -> Result<Endpoint, Error> {
        let region = self.checked_region()?;
        let region = region.as_ref().map(Region::as_str);
        let missing = |service: Service| self.missing(service, region);
        let overridden = |service: Service| self.overrides.find(service, region);
        Ok(Endpoint {
            sessions: (self.sessions.clone())
                .or_else(|| overridden(Service::Sessions))
                .or_else(|| regions::sessions(region?))
                .ok_or_else(|| missing(Service::Sessions))?,
            export_centre: (self.export_centre.clone())
                .or_else(|| overridden(Service::ExportCentre))
                .or_else(|| regions::export_centre(region?))
                .ok_or_else(|| missing(Service::ExportCentre))?,
            iam: self.iam_of(region),
        })
    }

    /// Where IAM is, by the parts that are there: a log-in needs no other. `None` with neither a region nor a URL.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a region that cannot be one.
    pub fn iam_url(&self) -> Result<Option<BaseUrl>, Error> {
        let region = self.checked_region()?;
        Ok(self.iam_of(region.as_ref().map(Region::as_str)))
    }

    fn checked_region(&self) -> Result<Option<Region>, Error> {
        let region = self.region.as_deref().map(Region::try_from).transpose();
        region.map_err(|violation| Error::configuration(violation.to_string()))
    }

    fn iam_of(&self, region: Option<&str>) -> Option<BaseUrl> {
        (self.iam.clone())
            .or_else(|| self.overrides.find(Service::Iam, region))
            .or_else(|| region.map(regions::iam))
    }

    fn missing(&self, service: Service, region: Option<&str>) -> Error {
        Error::configuration(match region {
            None => format!(
                "there is neither a region nor a base URL for {service}; name a region, such as cn-north-4, or give the URL"
            ),
            Some(id) if regions::export_centre(id).is_some() || self.overrides.knows(id) => {
                format!("no host of {service} is published for region {id:?}; give its base URL")
            }
            Some(id) => format!(
                "region {id:?} is not known; known are {}{}; for another one give the base URLs",
                regions::known().collect::<Vec<_>>().join(", "),
                self.known_from_the_file()
            ),
        })
    }

    fn known_from_the_file(&self) -> String {
        let all = self.overrides.regions_of_the_file();
        if all.is_empty() {
            return String::new();
        }
        let some: Vec<&str> = all.iter().copied().take(MOST_LISTED).collect();
        let more = match all.len() - some.len() {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        format!("; the regions file has {}{more}", some.join(", "))
    }
}

#[cfg(test)]
mod tests;
