//! Who is calling: the check of `X-Auth-Token` or of a signature in front of every operation on a project.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use http::StatusCode;
use http::header::AUTHORIZATION;
use http::request::Parts;

use crate::app::App;
use crate::choices::{Choices, ExpiredToken};
use crate::permissions::Permission;
use crate::reply::Refusal;
use crate::signing::{self, SigningFault};
use crate::tenancy::{Identity, Project, Scope};
use crate::tokens::TokenFault;
use crate::{request, time};

/// A caller whose token or signature is right.
pub(crate) struct Caller {
    pub(crate) identity: Identity,
    scope: Scope,
    signed: bool,
}

/// Why nobody is known to be calling.
#[derive(Debug)]
pub(crate) enum Denied {
    Token(TokenFault),
    Signature(SigningFault),
}

impl Denied {
    /// The answer of the gateway in front of Workspace.
    fn at_gateway(self, choices: &Choices) -> Refusal {
        let reason = match self {
            Self::Signature(fault) => return fault.at_gateway(),
            Self::Token(TokenFault::Missing) => "x-auth-token not found".to_owned(),
            Self::Token(TokenFault::Repeated) => "x-auth-token is given more than once".to_owned(),
            Self::Token(TokenFault::Unknown) => "decrypt token fail".to_owned(),
            Self::Token(TokenFault::Expired(at)) => {
                if choices.expired_token == ExpiredToken::Outdated {
                    let message = "The token must be updated.";
                    return Refusal::gateway(StatusCode::UNAUTHORIZED, "APIGW.0307", message);
                }
                format!("token expires, expires_at: {}", time::micros(at))
            }
        };
        let message = format!("Incorrect IAM authentication information: {reason}");
        Refusal::gateway(StatusCode::UNAUTHORIZED, "APIGW.0301", message)
    }

    /// The answer of IAM under `/v3/`.
    pub(crate) fn at_iam(self) -> Refusal {
        match self {
            Self::Signature(fault) => fault.at_iam(),
            Self::Token(_) => {
                let message = "The request you have made requires authentication.";
                Refusal::identity(StatusCode::UNAUTHORIZED, message)
            }
        }
    }
}

/// Finds out who is calling. With an `Authorization` header the signature decides and a token is not looked at.
pub(crate) fn authenticate(
    app: &App,
    now: DateTime<Utc>,
    head: &Parts,
    body: &[u8],
) -> Result<Caller, Denied> {
    if head.headers.contains_key(AUTHORIZATION) {
        let (identity, scope) = signing::verify(app, now, head, body).map_err(Denied::Signature)?;
        return Ok(Caller {
            identity,
            scope,
            signed: true,
        });
    }
    let grant = app
        .tokens
        .of_header(&head.headers, "x-auth-token", now)
        .map_err(Denied::Token)?;
    Ok(Caller {
        identity: grant.identity.clone(),
        scope: grant.scope.clone(),
        signed: false,
    })
}

/// Lets a caller into the project of the path for an operation, or refuses the request.
pub(crate) fn enter(
    app: &App,
    now: DateTime<Utc>,
    head: &Parts,
    body: &[u8],
    project_id: &str,
    permission: Permission,
) -> Result<Arc<Project>, Refusal> {
    let choices = &app.options.choices;
    let caller = authenticate(app, now, head, body).map_err(|denied| denied.at_gateway(choices))?;
    let user_id = &caller.identity.user.id;
    app.throttle.admit(choices, user_id, &head.method, now)?;
    let project = app.tenancy.project(project_id).ok_or_else(Refusal::forbidden)?;
    let reaches = match &caller.scope {
        Scope::Project(scope) => scope.id == project.id,
        // A key of an account signs for all of its projects. A token of an account is none of any project.
        Scope::Account(account) => caller.signed && account.id == project.account.id,
    };
    let named = request::single(&head.headers, "x-project-id").map_err(|_| Refusal::forbidden())?;
    if !reaches
        || !project.permits(&caller.identity, permission)
        || named.is_some_and(|named| named.as_bytes() != project.id.as_bytes())
    {
        return Err(Refusal::forbidden());
    }
    Ok(Arc::clone(project))
}
