//! IAM: `POST /v3/auth/tokens` with a user's password.

use axum::response::Response;
use chrono::{DateTime, Utc};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::app::App;
use crate::reply::{self, Refusal};
use crate::request::{self, Query};
use crate::time;

/// Made-up ids; nothing looks at them.
const USER_ID: &str = "5f1d0c6a2b7e4d938a64c0e7b1f2d359";
const DOMAIN_ID: &str = "a2c47e90d3b8416f95e1c7084d6b2f3a";
const ROLE_ID: &str = "0";
const ROLE_NAME: &str = "wks_adm";

const SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

/// Issues a token that is scoped to the emulator's project.
pub(crate) fn create_token(
    app: &App,
    now: DateTime<Utc>,
    query: &str,
    body: &[u8],
) -> Result<Response, Refusal> {
    let query = Query::parse(query).map_err(|_| invalid())?;
    let no_catalog = query
        .get("nocatalog")
        .map_err(|_| invalid())?
        .is_some_and(|value| !value.is_empty());
    let body = Value::Object(request::json_object(body).ok_or_else(invalid)?);
    check_identity(app, body.pointer("/auth/identity").ok_or_else(invalid)?)?;
    check_scope(app, body.pointer("/auth/scope").ok_or_else(invalid)?)?;

    let expires_at = time::later(now, app.options.token_ttl);
    let token = app.secrets.token();
    app.tokens.issue(&token, &app.options.project_id, expires_at);
    let catalog = if no_catalog { Vec::new() } else { catalog(app) };
    let domain = json!({ "id": DOMAIN_ID, "name": app.options.domain_name });
    let described = json!({ "token": {
        "methods": ["password"],
        "expires_at": time::micros(expires_at),
        "issued_at": time::micros(now),
        "user": {
            "id": USER_ID,
            "name": app.options.user_name,
            "domain": domain,
            "password_expires_at": "",
        },
        "project": { "id": app.options.project_id, "name": App::REGION, "domain": domain },
        "roles": [{ "id": ROLE_ID, "name": ROLE_NAME }],
        "catalog": catalog,
    } });
    let mut response = reply::json(StatusCode::CREATED, &described);
    let value = HeaderValue::from_str(&token).map_err(|_| Refusal::internal())?;
    response.headers_mut().insert(SUBJECT_TOKEN, value);
    Ok(response)
}

fn check_identity(app: &App, identity: &Value) -> Result<(), Refusal> {
    let user = identity.pointer("/password/user").ok_or_else(invalid)?;
    let name = string(user, "/name").ok_or_else(invalid)?;
    let password = string(user, "/password").ok_or_else(invalid)?;
    let domain = string(user, "/domain/name").ok_or_else(invalid)?;
    if identity.get("methods") != Some(&json!(["password"])) {
        return Err(invalid());
    }
    let options = &app.options;
    if name != options.user_name || password != app.password || domain != options.domain_name {
        let message = "The username or password is wrong.";
        return Err(Refusal::identity(StatusCode::UNAUTHORIZED, message));
    }
    Ok(())
}

/// Exactly one scope is allowed, and it must be a project, by id or by name.
fn check_scope(app: &App, scope: &Value) -> Result<(), Refusal> {
    let project = scope.get("project").ok_or_else(invalid)?;
    if scope.get("domain").is_some() {
        return Err(invalid());
    }
    let matches = |pointer: &str, expected: &str| match project.pointer(pointer) {
        None => Ok(true),
        Some(Value::String(value)) => Ok(value == expected),
        Some(_) => Err(invalid()),
    };
    if project.get("id").is_none() && project.get("name").is_none() {
        return Err(invalid());
    }
    let known = matches("/id", &app.options.project_id)?
        && matches("/name", App::REGION)?
        && matches("/domain/id", DOMAIN_ID)?
        && matches("/domain/name", &app.options.domain_name)?;
    if known {
        return Ok(());
    }
    let message = "The user has no access to the requested project.";
    Err(Refusal::identity(StatusCode::UNAUTHORIZED, message))
}

fn string<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn invalid() -> Refusal {
    Refusal::identity(StatusCode::BAD_REQUEST, "The request body is invalid")
}

/// The services of this emulator, all at the same address.
fn catalog(app: &App) -> Vec<Value> {
    let project = &app.options.project_id;
    let services = [
        ("workspaceapp", format!("{}/v1/{project}", app.base_url)),
        ("workspace", format!("{}/v2/{project}", app.base_url)),
        ("iam", format!("{}/v3", app.base_url)),
    ];
    let entry = |(index, (name, url)): (usize, (&str, String))| {
        let endpoint = json!({
            "id": format!("{:032x}", index + 1),
            "interface": "public",
            "region": App::REGION,
            "region_id": App::REGION,
            "url": url,
        });
        json!({ "id": format!("{:032x}", index + 17), "name": name, "type": name, "endpoints": [endpoint] })
    };
    services.into_iter().enumerate().map(entry).collect()
}
