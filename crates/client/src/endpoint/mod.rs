//! The three base URLs of a region.

mod regions;

use session_export_model::Region;
use session_export_transport::BaseUrl;

use crate::Error;

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
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct EndpointBuilder {
    region: Option<String>,
    sessions: Option<BaseUrl>,
    export_centre: Option<BaseUrl>,
    iam: Option<BaseUrl>,
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

    /// Puts the parts together.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when a base URL is missing: neither given nor
    /// known for the region.
    pub fn build(self) -> Result<Endpoint, Error> {
        let region = match &self.region {
            Some(id) => Some(
                Region::try_from(id.as_str())
                    .map_err(|violation| Error::configuration(violation.to_string()))?,
            ),
            None => None,
        };
        let region = region.as_ref().map(Region::as_str);
        let missing = |what: &str| match region {
            None => Error::configuration(format!(
                "there is neither a region nor a base URL for {what}; name a region, such as cn-north-4, or give the URL"
            )),
            Some(id) if regions::export_centre(id).is_some() => Error::configuration(format!(
                "no host of {what} is published for region {id:?}; give its base URL"
            )),
            Some(id) => Error::configuration(format!(
                "region {id:?} is not known; known are {}; for another one give the base URLs",
                regions::known().collect::<Vec<_>>().join(", ")
            )),
        };
        Ok(Endpoint {
            sessions: self
                .sessions
                .or_else(|| regions::sessions(region?))
                .ok_or_else(|| missing("the sessions service"))?,
            export_centre: self
                .export_centre
                .or_else(|| regions::export_centre(region?))
                .ok_or_else(|| missing("the export centre"))?,
            iam: self.iam.or_else(|| Some(regions::iam(region?))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_hosts() {
        for (region, sessions, iam) in [
            (
                "cn-south-1",
                "appstream.cn-south-1.myhuaweicloud.com",
                "iam.cn-south-1.myhuaweicloud.com",
            ),
            (
                "ap-southeast-3",
                "workspace.ap-southeast-3.myhuaweicloud.com",
                "iam.ap-southeast-3.myhuaweicloud.com",
            ),
            (
                "na-mexico-1",
                "workspace.na-mexico-1.myhuaweicloud.com",
                "iam.na-mexico-1.myhuaweicloud.com",
            ),
            (
                "cn-north-11",
                "workspace.cn-north-11.myhuaweicloud.com",
                "iam.myhuaweicloud.com",
            ),
        ] {
            let endpoint = Endpoint::region(region).unwrap();
            assert_eq!(endpoint.sessions().as_str(), format!("https://{sessions}"));
            assert_eq!(
                endpoint.export_centre().as_str(),
                format!("https://workspace.{region}.myhuaweicloud.com")
            );
            assert_eq!(endpoint.iam().unwrap().as_str(), format!("https://{iam}"));
        }
    }

    #[test]
    fn what_is_not_known_is_said_and_can_be_given() {
        let unknown = Endpoint::region("cn-nort-4").unwrap_err().to_string();
        assert!(
            unknown.contains("\"cn-nort-4\" is not known") && unknown.contains("cn-north-4,"),
            "{unknown}"
        );
        let europe = Endpoint::region("eu-west-101").unwrap_err().to_string();
        assert!(
            europe.contains("no host of the sessions service is published"),
            "{europe}"
        );
        let given = Endpoint::builder()
            .region("eu-west-101")
            .sessions("https://sessions.example.com".parse().unwrap());
        let endpoint = given.build().unwrap();
        assert_eq!(
            endpoint.export_centre().as_str(),
            "https://workspace.eu-west-101.myhuaweicloud.com"
        );
        assert_eq!(
            endpoint.iam().unwrap().as_str(),
            "https://iam.eu-west-101.myhuaweicloud.eu"
        );
        assert!(
            Endpoint::builder()
                .build()
                .unwrap_err()
                .to_string()
                .contains("neither a region nor a base URL")
        );
    }

    #[test]
    fn without_a_region_no_iam_is_guessed() {
        let local: BaseUrl = "http://127.0.0.1:1".parse().unwrap();
        let endpoint = Endpoint::builder()
            .sessions(local.clone())
            .export_centre(local)
            .build()
            .unwrap();
        assert_eq!(endpoint.iam(), None);
    }
}
