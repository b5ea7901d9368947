//! What IAM says about a token.

use chrono::{DateTime, Utc};
use http::HeaderName;
use serde::Deserialize;
use session_export_model::{ProjectId, parse_timestamp};

use super::{Iam, get, on_behalf_of, wire};
use crate::{AuthError, AuthErrorKind, Token};

const X_SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

/// Whose a token is, what for, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenDescription {
    /// The user's name.
    pub user: String,
    /// The name of the user's account.
    pub domain: Option<String>,
    /// The project that the token is for; none for a token of an account.
    pub project_id: Option<ProjectId>,
    /// The project's name, usually the region's.
    pub project_name: Option<String>,
    /// When the token ends.
    pub expires_at: DateTime<Utc>,
    /// How it was obtained: `password`, `totp`, `token`, `assume_role`, …
    pub methods: Vec<String>,
}

#[derive(Deserialize)]
struct Reply {
    token: Described,
}

#[derive(Deserialize)]
struct Described {
    expires_at: String,
    #[serde(default)]
    methods: Vec<String>,
    user: User,
    project: Option<Project>,
}

#[derive(Deserialize)]
struct User {
    name: String,
    domain: Option<Domain>,
}

#[derive(Deserialize)]
struct Domain {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Project {
    id: ProjectId,
    name: Option<String>,
}

impl Iam {
    /// Asks IAM about a token, with that token (`GET /v3/auth/tokens`).
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Refused`] with 401 or 404 for a token that has ended, was revoked, or is none.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the request, which changes nothing.
    pub async fn describe(&self, token: &Token) -> Result<TokenDescription, AuthError> {
        let mut request = on_behalf_of(token, get(self.tokens_url()));
        request.headers_mut().insert(X_SUBJECT_TOKEN, token.header());
        let (_, body) = wire::success(self.send(request).await?).await?;
        let Reply { token } = wire::json(&body, "a token")?;
        let expires_at = parse_timestamp(&token.expires_at).map_err(|error| {
            AuthError::new(AuthErrorKind::Reply)
                .with_detail("its expires_at is no time")
                .with_source(error)
        })?;
        let (project_id, project_name) = match token.project {
            Some(Project { id, name }) => (Some(id), name),
            None => (None, None),
        };
        Ok(TokenDescription {
            user: token.user.name,
            domain: token.user.domain.and_then(|domain| domain.name),
            project_id,
            project_name,
            expires_at,
            methods: token.methods,
        })
    }
}
