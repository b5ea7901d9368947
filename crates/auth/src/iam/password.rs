//! A token for a user's password.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use http::{Method, header};
use secrecy::{ExposeSecret, SecretString};
use session_export_model::ProjectId;
use session_export_transport::{BaseUrl, Request, RequestBody, Transport};

use super::wire::{self, Auth, AuthRequest, Identity, Named, Password, Project, Scope, User};
use crate::{AuthError, PlainHttp, ProvideToken, Token};

/// Logs in to IAM with a user's name and password (`POST /v3/auth/tokens`).
///
/// The token is good for 24 hours in the service's documentation; what counts is its `expires_at`. A regional IAM
/// endpoint issues tokens for its own region only, the global one for all. The catalog is left out of the answer.
///
/// It sends one request for each call and does not retry: repeated wrong passwords lock an account.
///
/// ```
/// use session_export_auth::{IamPassword, ProjectScope, TokenAuthenticator};
/// use session_export_transport::Transport;
///
/// fn authenticator(transport: impl Transport, password: String) -> TokenAuthenticator<IamPassword> {
///     let iam = "https://iam.cn-north-4.myhuaweicloud.com".parse().expect("a valid URL");
///     let scope = ProjectScope::by_name("cn-north-4");
///     TokenAuthenticator::new(IamPassword::new(transport, iam, "user005", password, "account-a", scope))
/// }
/// ```
pub struct IamPassword {
    transport: Arc<dyn Transport>,
    iam: BaseUrl,
    user: String,
    password: SecretString,
    account_domain: String,
    scope: ProjectScope,
    plain_http: PlainHttp,
}

/// The project that a token is for. Workspace is a regional service, so its tokens need one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectScope(ScopeBy);

#[derive(Clone, Debug, PartialEq, Eq)]
enum ScopeBy {
    Id(ProjectId),
    Name { name: String, domain: Option<String> },
}

impl ProjectScope {
    /// The project with this id.
    pub fn by_id(id: ProjectId) -> Self {
        Self(ScopeBy::Id(id))
    }

    /// The project with this name: the region's id, such as `cn-north-4`, or `cn-north-4_sub` for a sub-project.
    pub fn by_name(name: impl Into<String>) -> Self {
        Self(ScopeBy::Name {
            name: name.into(),
            domain: None,
        })
    }

    /// The same, in the account of this name; an IAM of another make insists on it.
    pub fn by_name_in(name: impl Into<String>, domain: impl Into<String>) -> Self {
        Self(ScopeBy::Name {
            name: name.into(),
            domain: Some(domain.into()),
        })
    }

    fn to_wire(&self) -> Project<'_> {
        match &self.0 {
            ScopeBy::Id(id) => Project {
                id: Some(id.as_str()),
                name: None,
                domain: None,
            },
            ScopeBy::Name { name, domain } => Project {
                id: None,
                name: Some(name),
                domain: domain.as_deref().map(|name| Named { name }),
            },
        }
    }
}

impl IamPassword {
    /// Logs in as `user` of the account `account_domain`, at the IAM whose base URL is `iam`.
    pub fn new(
        transport: impl Transport,
        iam: BaseUrl,
        user: impl Into<String>,
        password: impl Into<String>,
        account_domain: impl Into<String>,
        scope: ProjectScope,
    ) -> Self {
        Self {
            transport: Arc::new(transport),
            iam,
            user: user.into(),
            password: SecretString::from(password.into()),
            account_domain: account_domain.into(),
            scope,
            plain_http: PlainHttp::default(),
        }
    }

    /// Whether the password may be sent over plain http; by default only to this machine.
    #[must_use]
    pub fn plain_http(mut self, policy: PlainHttp) -> Self {
        self.plain_http = policy;
        self
    }

    fn request(&self) -> Request {
        let body = wire::secret_body(&AuthRequest {
            auth: Auth {
                identity: Identity {
                    methods: ["password"],
                    password: Password {
                        user: User {
                            name: &self.user,
                            password: self.password.expose_secret(),
                            domain: Named {
                                name: &self.account_domain,
                            },
                        },
                    },
                },
                scope: Scope {
                    project: self.scope.to_wire(),
                },
            },
        });
        let mut request = Request::new(RequestBody::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.iam.url(["v3", "auth", "tokens"], [("nocatalog", "true")]);
        let json = header::HeaderValue::from_static("application/json;charset=UTF-8");
        request.headers_mut().insert(header::CONTENT_TYPE, json);
        request
    }
}

#[async_trait]
impl ProvideToken for IamPassword {
    async fn provide_token(&self) -> Result<Token, AuthError> {
        let request = self.request();
        self.plain_http.check(request.uri())?;
        wire::read_token(self.transport.send(request).await?).await
    }
}

impl fmt::Debug for IamPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IamPassword")
            .field("iam", &self.iam.as_str())
            .field("user", &self.user)
            .field("password", &"…")
            .field("account_domain", &self.account_domain)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
