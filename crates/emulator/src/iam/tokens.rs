//! `POST` and `GET /v3/auth/tokens`.

use std::sync::Arc;

use axum::response::Response;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use super::{Invalid, identity, scope};
use crate::admission::Denied;
use crate::app::App;
use crate::reply::{self, Refusal};
use crate::request::{self, Query};
use crate::tenancy::{Account, Project, REGION, Scope, User};
use crate::time;
use crate::tokens::{Grant, TokenFault};

/// A made-up role; nothing looks at it.
const ROLE_ID: &str = "0";
const ROLE_NAME: &str = "wks_adm";

const SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

/// Issues a token.
pub(crate) fn create(
    app: &App,
    now: DateTime<Utc>,
    query: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, Refusal> {
    let with_catalog = wants_catalog(query)?;
    let body = Value::Object(request::json_object(body).ok_or(Invalid)?);
    // A body without its parts is refused before anybody's failures are counted.
    let wanted = body.pointer("/auth/scope").ok_or(Invalid)?;
    let claimed = body.pointer("/auth/identity").ok_or(Invalid)?;
    let proved = identity::prove(app, now, headers, claimed)?;
    let scope = scope::read(app, &proved.identity, wanted)?;

    let expires_at = time::later(now, app.options.token_ttl);
    let grant = Arc::new(Grant {
        identity: proved.identity,
        scope,
        methods: proved.methods,
        issued_at: now,
        expires_at: proved
            .not_after
            .map_or(expires_at, |not_after| not_after.min(expires_at)),
    });
    let token = app.secrets.token();
    let mut response = reply::json(StatusCode::CREATED, &describe(app, &grant, with_catalog));
    let value = HeaderValue::from_str(&token).map_err(|_| Refusal::internal())?;
    response.headers_mut().insert(SUBJECT_TOKEN, value);
    app.tokens.issue(&token, grant, &app.store).map_err(|error| {
        let message = reply::not_stored_message(&error);
        Refusal::identity(StatusCode::INTERNAL_SERVER_ERROR, message)
    })?;
    Ok(response)
}

/// Describes the token in `X-Subject-Token` to somebody of the same account.
pub(crate) fn show(
    app: &App,
    now: DateTime<Utc>,
    query: &str,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let caller = app
        .tokens
        .of_header(headers, "x-auth-token", now)
        .map_err(|fault| Denied::Token(fault).at_iam())?;
    let with_catalog = wants_catalog(query)?;
    let not_found = || {
        let message = "X-Subject-Token is invalid in the request";
        Refusal::identity(StatusCode::NOT_FOUND, message)
    };
    let subject = app
        .tokens
        .of_header(headers, SUBJECT_TOKEN.as_str(), now)
        .map_err(|fault| match fault {
            TokenFault::Missing | TokenFault::Repeated => {
                Refusal::identity(StatusCode::BAD_REQUEST, "X-Subject-Token must be given once")
            }
            TokenFault::Unknown | TokenFault::Expired(_) => not_found(),
        })?;
    if subject.identity.account().id != caller.identity.account().id {
        return Err(not_found());
    }
    Ok(reply::json(
        StatusCode::OK,
        &describe(app, &subject, with_catalog),
    ))
}

/// Any text but the empty one in `nocatalog` leaves the catalog out.
fn wants_catalog(query: &str) -> Result<bool, Invalid> {
    let query = Query::parse(query).map_err(|_| Invalid)?;
    let value = query.get("nocatalog").map_err(|_| Invalid)?;
    Ok(value.is_none_or(str::is_empty))
}

fn describe(app: &App, grant: &Grant, with_catalog: bool) -> Value {
    let mut token = Map::from_iter([
        ("methods".to_owned(), json!(grant.methods)),
        ("expires_at".to_owned(), json!(time::micros(grant.expires_at))),
        ("issued_at".to_owned(), json!(time::micros(grant.issued_at))),
        ("roles".to_owned(), json!([{ "id": ROLE_ID, "name": ROLE_NAME }])),
    ]);
    let user = match &grant.identity.agency {
        None => user(&grant.identity.user),
        Some(agency) => {
            let assumed_by = json!({ "user": user(&grant.identity.user) });
            token.insert("assumed_by".to_owned(), assumed_by);
            json!({
                "id": agency.id,
                "name": format!("{}/{}", agency.account.name, agency.name),
                "domain": domain(&agency.account),
            })
        }
    };
    token.insert("user".to_owned(), user);
    let catalog = match &grant.scope {
        Scope::Project(project) => {
            let described =
                json!({ "id": project.id, "name": project.name, "domain": domain(&project.account) });
            token.insert("project".to_owned(), described);
            catalog(app, Some(project))
        }
        Scope::Account(account) => {
            token.insert("domain".to_owned(), domain(account));
            catalog(app, None)
        }
    };
    let catalog = if with_catalog { catalog } else { Vec::new() };
    token.insert("catalog".to_owned(), Value::Array(catalog));
    json!({ "token": token })
}

fn user(user: &User) -> Value {
    json!({
        "id": user.id,
        "name": user.name,
        "domain": domain(&user.account),
        "password_expires_at": "",
    })
}

fn domain(account: &Account) -> Value {
    json!({ "id": account.id, "name": account.name })
}

/// The services of this emulator, all at the same address. The regional ones need a project.
fn catalog(app: &App, project: Option<&Arc<Project>>) -> Vec<Value> {
    let mut services = Vec::new();
    if let Some(project) = project {
        services.push(("workspaceapp", format!("{}/v1/{}", app.base_url, project.id)));
        services.push(("workspace", format!("{}/v2/{}", app.base_url, project.id)));
    }
    services.push(("iam", format!("{}/v3", app.base_url)));
    let entry = |(index, (name, url)): (usize, (&str, String))| {
        let endpoint = json!({
            "id": format!("{:032x}", index + 1),
            "interface": "public",
            "region": REGION,
            "region_id": REGION,
            "url": url,
        });
        json!({ "id": format!("{:032x}", index + 17), "name": name, "type": name, "endpoints": [endpoint] })
    };
    services.into_iter().enumerate().map(entry).collect()
}
