//! What a token is for: the `scope` of a token request.

use std::sync::Arc;

use http::StatusCode;
use serde_json::Value;

use super::{Invalid, optional};
use crate::app::App;
use crate::reply::Refusal;
use crate::tenancy::{Account, Identity, Scope};

/// Exactly one project or domain of the identity's account, by id or by name. With both, both must fit.
pub(super) fn read(app: &App, identity: &Identity, scope: &Value) -> Result<Scope, Refusal> {
    match (scope.get("project"), scope.get("domain")) {
        (Some(project), None) => of_project(app, identity, project),
        (None, Some(domain)) => {
            let account = identity.account();
            if !fits(account, domain)? {
                return Err(refused("The user has no access to the requested domain."));
            }
            Ok(Scope::Account(Arc::clone(account)))
        }
        _ => Err(Invalid.into()),
    }
}

fn of_project(app: &App, identity: &Identity, wanted: &Value) -> Result<Scope, Refusal> {
    let (id, name) = (optional(wanted, "id")?, optional(wanted, "name")?);
    if id.is_none() && name.is_none() {
        return Err(Invalid.into());
    }
    let account = identity.account();
    let in_account = match wanted.get("domain") {
        None => true,
        Some(domain) => fits(account, domain)?,
    };
    let project = app
        .tenancy
        .projects_of(account)
        .filter(|project| project.admits(identity))
        .find(|project| id.is_none_or(|id| project.id == id) && name.is_none_or(|name| project.name == name))
        .filter(|_| in_account)
        .ok_or_else(|| refused("The user has no access to the requested project."))?;
    Ok(Scope::Project(Arc::clone(project)))
}

/// Whether a description by id, by name or by both is the account's.
fn fits(account: &Account, wanted: &Value) -> Result<bool, Invalid> {
    let (id, name) = (optional(wanted, "id")?, optional(wanted, "name")?);
    if id.is_none() && name.is_none() {
        return Err(Invalid);
    }
    Ok(id.is_none_or(|id| account.id == id) && name.is_none_or(|name| account.name == name))
}

fn refused(message: &str) -> Refusal {
    Refusal::identity(StatusCode::UNAUTHORIZED, message)
}
