//! `POST /v3.0/OS-CREDENTIAL/securitytokens`: temporary access keys, by a token or through an agency.

use std::ops::RangeInclusive;
use std::time::Duration;

use axum::response::Response;
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::identity::operator;
use super::{Invalid, assumed, methods, optional};
use crate::app::App;
use crate::keys;
use crate::reply::{self, Refusal};
use crate::request;
use crate::tenancy::{Identity, Scope};
use crate::tokens::TokenFault;

/// A longer body is refused, in bytes.
const BODY_LIMIT: usize = 32 * 1024;

/// The bounds of `duration_seconds`; the shortest one is the default.
const DURATIONS: RangeInclusive<u64> = 900..=86_400;

/// Issues a temporary key.
pub(crate) fn create(
    app: &App,
    now: DateTime<Utc>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, Refusal> {
    if body.is_empty() || body.len() > BODY_LIMIT {
        let message = "The request body is empty or longer than 32 KB.";
        return Err(Refusal::service(StatusCode::BAD_REQUEST, "IAM.1101", message));
    }
    let body = Value::Object(request::json_object(body).ok_or_else(invalid)?);
    let claimed = body.pointer("/auth/identity").ok_or_else(invalid)?;
    if !claimed.get("policy").is_none_or(Value::is_object) {
        return Err(invalid());
    }
    let (identity, scope, duration) = match methods(claimed).map_err(as_invalid)?.as_slice() {
        ["token"] => by_token(app, now, headers, claimed)?,
        ["assume_role"] => by_agency(app, now, headers, claimed)?,
        _ => return Err(invalid()),
    };
    let described = keys::issue(app, now, identity, scope, duration).map_err(|error| {
        let message = reply::not_stored_message(&error);
        Refusal::service(StatusCode::INTERNAL_SERVER_ERROR, "IAM.0006", message)
    })?;
    Ok(reply::json(StatusCode::CREATED, &described))
}

type Wanted = (Identity, Scope, Duration);

/// A key for what the token is for. The token in the header counts before the one in the body.
fn by_token(app: &App, now: DateTime<Utc>, headers: &HeaderMap, claimed: &Value) -> Result<Wanted, Refusal> {
    let empty = Value::Object(serde_json::Map::new());
    let options = claimed.get("token").unwrap_or(&empty);
    if !options.is_object() {
        return Err(invalid());
    }
    let duration = duration(options)?;
    let in_body = optional(options, "id").map_err(as_invalid)?;
    let grant = match app.tokens.of_header(headers, "x-auth-token", now) {
        Err(TokenFault::Missing) => match in_body {
            Some(token) => app.tokens.find(token, now),
            None => Err(TokenFault::Missing),
        },
        found => found,
    };
    let grant = grant.map_err(unauthenticated)?;
    Ok((grant.identity.clone(), grant.scope.clone(), duration))
}

/// A key for all projects of the delegating account.
fn by_agency(app: &App, now: DateTime<Utc>, headers: &HeaderMap, claimed: &Value) -> Result<Wanted, Refusal> {
    let role = claimed
        .get("assume_role")
        .filter(|role| role.is_object())
        .ok_or_else(invalid)?;
    let duration = duration(role)?;
    if let Some(session) = role.get("session_user") {
        let name = optional(session, "name").map_err(as_invalid)?;
        if !name.is_some_and(is_session_name) {
            return Err(invalid());
        }
    }
    let grant = app
        .tokens
        .of_header(headers, "x-auth-token", now)
        .map_err(unauthenticated)?;
    let user = operator(&grant.identity).ok_or_else(forbidden)?;
    let agency = assumed(&app.tenancy, role, user)
        .map_err(as_invalid)?
        .ok_or_else(forbidden)?;
    let identity = Identity {
        user: user.clone(),
        agency: Some(agency.clone()),
    };
    Ok((identity, Scope::Account(agency.account.clone()), duration))
}

fn duration(options: &Value) -> Result<Duration, Refusal> {
    let seconds = match options.get("duration_seconds") {
        None => Some(*DURATIONS.start()),
        Some(value) => value.as_u64().filter(|seconds| DURATIONS.contains(seconds)),
    };
    seconds.map(Duration::from_secs).ok_or_else(invalid)
}

/// 5 to 64 letters, digits, `-` and `_`, of which the first is a letter.
fn is_session_name(name: &str) -> bool {
    (5..=64).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn as_invalid(_: Invalid) -> Refusal {
    invalid()
}

fn invalid() -> Refusal {
    let message = "The request body is invalid";
    Refusal::service(StatusCode::BAD_REQUEST, "IAM.0011", message)
}

fn forbidden() -> Refusal {
    let message = "The agency does not exist, or the user may not assume it.";
    Refusal::service(StatusCode::FORBIDDEN, "IAM.0003", message)
}

fn unauthenticated(fault: TokenFault) -> Refusal {
    let (code, message) = match fault {
        TokenFault::Missing | TokenFault::Repeated => ("IAM.0001", "The request needs one X-Auth-Token."),
        TokenFault::Unknown => ("IAM.0067", "The token is invalid."),
        TokenFault::Expired(_) => ("IAM.0066", "The token has expired."),
    };
    Refusal::service(StatusCode::UNAUTHORIZED, code, message)
}
