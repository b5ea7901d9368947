//! IAM: tokens, temporary keys, and the list of projects.

mod identity;
mod projects;
mod scope;
mod security_tokens;
mod tokens;

use std::sync::Arc;

use http::StatusCode;
use serde_json::Value;

use crate::reply::Refusal;
use crate::tenancy::{Agency, Tenancy, User};

pub(crate) use projects::list as list_projects;
pub(crate) use security_tokens::create as create_security_token;
pub(crate) use tokens::{create as create_token, show as show_token};

/// A text somewhere in a body.
fn string<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// A member that may be absent, but must be a text if it is there.
fn optional<'a>(value: &'a Value, name: &str) -> Result<Option<&'a str>, Invalid> {
    match value.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Invalid),
    }
}

/// A body that is not as the API definition says. Each path has a shape of its own for it.
#[derive(Debug, PartialEq, Eq)]
struct Invalid;

impl From<Invalid> for Refusal {
    fn from(_: Invalid) -> Self {
        Self::identity(StatusCode::BAD_REQUEST, "The request body is invalid")
    }
}

/// The texts in `methods`.
fn methods(identity: &Value) -> Result<Vec<&str>, Invalid> {
    let Some(Value::Array(methods)) = identity.get("methods") else {
        return Err(Invalid);
    };
    let texts = methods.iter().map(|method| match method.as_str() {
        // The published list of values has one with a blank in front.
        Some(" totp") => Some("totp"),
        text => text,
    });
    texts.collect::<Option<_>>().ok_or(Invalid)
}

/// The agency that an `assume_role` names and the user may assume, or `None`: whether it exists is not told.
fn assumed<'a>(tenancy: &'a Tenancy, role: &Value, user: &User) -> Result<Option<&'a Arc<Agency>>, Invalid> {
    let name = optional(role, "agency_name")?.ok_or(Invalid)?;
    let (id, domain) = (optional(role, "domain_id")?, optional(role, "domain_name")?);
    if id.is_none() && domain.is_none() {
        return Err(Invalid);
    }
    let agency = tenancy
        .account(id, domain)
        .and_then(|account| tenancy.agency(account, name, user));
    Ok(agency)
}
