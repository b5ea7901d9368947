//! The id of a project, by its name.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use session_export_model::ProjectId;

use super::{Iam, get, wire};
use crate::{AuthError, AuthErrorKind, Authenticate};

#[derive(Deserialize)]
struct Reply {
    projects: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    id: ProjectId,
}

impl Iam {
    /// The id of the project with this name, which is usually the region's: `cn-north-4` (`GET /v3/projects`).
    ///
    /// An access key needs this where the id is not known. A password does not: its token knows the project
    /// ([`Token::project_id`](crate::Token::project_id)). `at` is the time by the wall clock, as for
    /// [`Authenticate::authenticate`].
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::NoProject`] unless there is exactly one, as in the official SDKs; otherwise why nobody could be
    /// asked.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the request, which changes nothing.
    pub async fn find_project(
        &self,
        authenticator: &dyn Authenticate,
        name: &str,
        at: DateTime<Utc>,
    ) -> Result<ProjectId, AuthError> {
        let mut request = get(self.base.url(["v3", "projects"], [("name", name)]));
        self.plain_http.check(request.uri())?;
        authenticator.authenticate(&mut request, at).await?;
        let (_, body) = wire::success(self.send(request).await?).await?;
        let Reply { projects } = wire::json(&body, "a list of projects")?;
        let none = |detail: String| AuthError::new(AuthErrorKind::NoProject).with_detail(detail);
        match projects.as_slice() {
            [Known { id }] => Ok(id.clone()),
            [] => Err(none(format!(
                "IAM lists no project named {name:?} for this user; check the region, or give the project's id"
            ))),
            several => Err(none(format!(
                "IAM lists {} projects named {name:?}: {}; give the id of one",
                several.len(),
                several
                    .iter()
                    .map(|known| known.id.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            ))),
        }
    }
}
