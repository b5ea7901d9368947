//! The id of a project, by its name.

use chrono::{DateTime, Utc};
use http::{StatusCode, header};
use serde::Deserialize;
use session_export_model::{ClockSkew, ProjectId};

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
        let stamp = authenticator.authenticate(&mut request, at).await?;
        let mut response = self.send(request.clone()).await?;
        // As for the client's calls: once more, if there is another credential.
        if response.status() == StatusCode::UNAUTHORIZED && authenticator.rejected(stamp).await {
            match authenticator.authenticate(&mut request, at).await {
                Ok(_) => response = self.send(request).await?,
                // The same one again: IAM's answer says more than that.
                Err(again) if *again.kind() == AuthErrorKind::Rejected => {}
                Err(again) => return Err(again),
            }
        }
        let date = response.headers().get(header::DATE).cloned();
        let (_, body) = wire::success(response).await.map_err(|error| {
            let date = date.as_ref().and_then(|date| date.to_str().ok());
            error.with_clock_skew(date.and_then(|date| ClockSkew::between(at, date)))
        })?;
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
