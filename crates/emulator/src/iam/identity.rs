//! Who asks for a token: the `identity` of a token request.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::{Invalid, assumed, methods, string};
use crate::admission::Denied;
use crate::app::App;
use crate::choices::HwAkSk;
use crate::reply::Refusal;
use crate::tenancy::{Identity, LogIn, User};

/// An identity that was proved, and how.
pub(super) struct Proved {
    pub(super) identity: Identity,
    pub(super) methods: Vec<&'static str>,
    /// The end of the token that was used for it.
    pub(super) not_after: Option<DateTime<Utc>>,
}

/// Proves the identity by what its `methods` name.
pub(super) fn prove(
    app: &App,
    now: DateTime<Utc>,
    headers: &HeaderMap,
    identity: &Value,
) -> Result<Proved, Refusal> {
    match methods(identity)?.as_slice() {
        ["password"] => with_password(app, now, identity, None),
        ["password", "totp"] | ["totp", "password"] => {
            let factor = identity.get("totp").ok_or(Invalid)?;
            with_password(app, now, identity, Some(factor))
        }
        ["token"] => with_token(app, now, identity),
        ["assume_role"] => with_agency(app, now, headers, identity),
        ["hw_ak_sk"] if app.options.choices.hw_ak_sk == HwAkSk::Accepted => with_key(app, now, identity),
        _ => Err(Invalid.into()),
    }
}

fn with_password(
    app: &App,
    now: DateTime<Utc>,
    identity: &Value,
    factor: Option<&Value>,
) -> Result<Proved, Refusal> {
    let given = identity.pointer("/password/user").ok_or(Invalid)?;
    let name = string(given, "/name").ok_or(Invalid)?;
    let password = string(given, "/password").ok_or(Invalid)?;
    let domain = string(given, "/domain/name").ok_or(Invalid)?;
    let factor = match factor {
        Some(factor) => Some((
            string(factor, "/user/id").ok_or(Invalid)?,
            string(factor, "/user/passcode").ok_or(Invalid)?,
        )),
        None => None,
    };
    let unauthorized = |message: &str| Refusal::identity(StatusCode::UNAUTHORIZED, message);
    let wrong = || unauthorized("The username or password is wrong.");
    let user = app.tenancy.user(domain, name).ok_or_else(wrong)?;
    // The passcode of somebody else is a wrong one: the empty text is nobody's.
    let passcode = factor.map(|(id, passcode)| if id == user.id { passcode } else { "" });
    match user.log_in(&app.options, now, password, passcode) {
        LogIn::Accepted => {}
        LogIn::Wrong => return Err(wrong()),
        LogIn::WrongPasscode => return Err(unauthorized("The passcode is wrong.")),
        LogIn::PasscodeMissing => {
            return Err(unauthorized("The user has to log in with a passcode as well."));
        }
        LogIn::Locked => {
            let message = "The user is locked after too many failed log-ins (IAM.0061). Try again later.";
            return Err(unauthorized(message));
        }
    }
    Ok(Proved {
        identity: Identity {
            user: user.clone(),
            agency: None,
        },
        methods: if factor.is_some() {
            vec!["password", "totp"]
        } else {
            vec!["password"]
        },
        not_after: None,
    })
}

/// Another scope for a token: its end stays.
fn with_token(app: &App, now: DateTime<Utc>, identity: &Value) -> Result<Proved, Refusal> {
    let token = string(identity, "/token/id").ok_or(Invalid)?;
    let grant = app.tokens.find(token, now).map_err(|_| {
        let message = "The token is invalid or has expired.";
        Refusal::identity(StatusCode::UNAUTHORIZED, message)
    })?;
    Ok(Proved {
        identity: grant.identity.clone(),
        methods: vec!["token"],
        not_after: Some(grant.expires_at),
    })
}

fn with_agency(
    app: &App,
    now: DateTime<Utc>,
    headers: &HeaderMap,
    identity: &Value,
) -> Result<Proved, Refusal> {
    let role = identity.get("assume_role").ok_or(Invalid)?;
    let grant = app
        .tokens
        .of_header(headers, "x-auth-token", now)
        .map_err(|fault| Denied::Token(fault).at_iam())?;
    let user = operator(&grant.identity).ok_or_else(forbidden)?;
    let agency = assumed(&app.tenancy, role, user)?.ok_or_else(forbidden)?;
    Ok(Proved {
        identity: Identity {
            user: user.clone(),
            agency: Some(agency.clone()),
        },
        methods: vec!["assume_role"],
        not_after: None,
    })
}

/// The owner of a permanent key, who sends its secret along.
fn with_key(app: &App, now: DateTime<Utc>, identity: &Value) -> Result<Proved, Refusal> {
    let access = string(identity, "/hw_ak_sk/access/key").ok_or(Invalid)?;
    let secret = string(identity, "/hw_ak_sk/secret/key").ok_or(Invalid)?;
    let identity = app.keys.owner(access, secret, now).ok_or_else(|| {
        let message = "The access key or its secret is wrong.";
        Refusal::identity(StatusCode::UNAUTHORIZED, message)
    })?;
    Ok(Proved {
        identity,
        methods: vec!["hw_ak_sk"],
        not_after: None,
    })
}

/// The user who may assume agencies: who acts through one already may not assume another.
pub(super) fn operator(identity: &Identity) -> Option<&Arc<User>> {
    identity.agency.is_none().then_some(&identity.user)
}

fn forbidden() -> Refusal {
    let message = "The agency does not exist, or the user may not assume it.";
    Refusal::identity(StatusCode::FORBIDDEN, message)
}
