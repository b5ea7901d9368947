//! The admin address: faults, journal, tasks and clock of a running emulator over plain HTTP and JSON.
//!
//! It has no credentials, so it listens on loopback only, and answers only requests that name a loopback host: a page
//! of another site cannot reach it by a name that its own server resolves to this machine.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::header::{ALLOW, HOST, ORIGIN};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::app::App;
use crate::error::EmulatorError;
use crate::faults::{FaultScript, FaultScriptError, OFFSET_LIMIT, SCRIPT_LIMIT};
use crate::request::Query;
use crate::{reply, request, time};

/// The second listener.
pub(crate) struct Admin {
    url: String,
    /// Dropping it tells the server to stop.
    _stop: oneshot::Sender<()>,
}

impl Admin {
    pub(crate) async fn start(
        address: SocketAddr,
        app: Arc<App>,
        runtime: &Handle,
    ) -> Result<Self, EmulatorError> {
        let failed = |source| EmulatorError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let url = format!("http://{}", listener.local_addr().map_err(failed)?);
        let router = Router::new().fallback(handle).with_state(app);
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async move { drop(stopped.await) };
        drop(runtime.spawn(async move {
            // It only ends when told to, and then without an error.
            drop(
                axum::serve(listener, router)
                    .with_graceful_shutdown(stopped)
                    .await,
            );
        }));
        Ok(Self { url, _stop: stop })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// An answer, or why there is none.
type Answer = Result<Response, (StatusCode, String)>;

/// Answers one request.
pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    answer(&app, request)
        .await
        .unwrap_or_else(|(status, message)| reply::json(status, &json!({ "error": message })))
}

async fn answer(app: &App, request: Request) -> Answer {
    let (head, body) = request.into_parts();
    let body = read(body).await?;
    local(&head.headers)?;
    let methods: &'static str = match head.uri.path() {
        "/faults" => "GET, PUT, DELETE",
        "/journal" => "GET, DELETE",
        "/tokens/revoke" | "/keys/revoke" => "POST",
        "/clock" => "GET, PUT",
        "/tasks" => "GET",
        _ => return Err((StatusCode::NOT_FOUND, "there is nothing at this path".to_owned())),
    };
    match (head.method.as_str(), head.uri.path()) {
        ("GET", "/faults") => Ok(script(app)),
        ("PUT", "/faults") => {
            let text = std::str::from_utf8(&body).map_err(|_| invalid("the script is not UTF-8"))?;
            let parsed = FaultScript::from_json(text).map_err(refused)?;
            app.faults.set(parsed).map_err(refused)?;
            Ok(script(app))
        }
        ("DELETE", "/faults") => {
            app.faults.set(FaultScript::new()).map_err(refused)?;
            Ok(script(app))
        }
        ("GET", "/journal") => {
            let query = Query::parse(head.uri.query().unwrap_or_default()).map_err(invalid)?;
            let after = query.get("after").map_err(invalid)?.unwrap_or("0");
            let after = after
                .parse()
                .map_err(|_| invalid("after must be a whole number"))?;
            Ok(reply::json(StatusCode::OK, &app.journal.after(after).json()))
        }
        ("DELETE", "/journal") => {
            app.journal.clear();
            Ok(reply::empty(StatusCode::NO_CONTENT))
        }
        ("POST", "/tokens/revoke") => {
            app.tokens.revoke(&app.store);
            Ok(reply::empty(StatusCode::NO_CONTENT))
        }
        ("POST", "/keys/revoke") => {
            app.keys.revoke_temporary(&app.store);
            Ok(reply::empty(StatusCode::NO_CONTENT))
        }
        ("GET", "/clock") => Ok(clock(app)),
        ("PUT", "/clock") => {
            app.faults.set_offset(offset(&body)?);
            Ok(clock(app))
        }
        ("GET", "/tasks") => Ok(tasks(app)),
        _ => {
            let mut refused = reply::json(
                StatusCode::METHOD_NOT_ALLOWED,
                &json!({ "error": format!("the methods of this path are {methods}") }),
            );
            refused
                .headers_mut()
                .insert(ALLOW, HeaderValue::from_static(methods));
            Ok(refused)
        }
    }
}

fn invalid(reason: impl Into<String>) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, reason.into())
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "it is what becomes of an error in `map_err`"
)]
fn refused(error: FaultScriptError) -> (StatusCode, String) {
    invalid(error.to_string())
}

async fn read(body: Body) -> Result<bytes::Bytes, (StatusCode, String)> {
    let too_large = |_| {
        (
            StatusCode::PAYLOAD_TOO_LARGE,
            "the body is not readable or has more than 1 MiB".to_owned(),
        )
    };
    to_bytes(body, SCRIPT_LIMIT).await.map_err(too_large)
}

/// Refuses what a browser sends on behalf of a page of another site.
fn local(headers: &HeaderMap) -> Result<(), (StatusCode, String)> {
    let refuse = |what: &str| Err((StatusCode::FORBIDDEN, format!("{what} must be a loopback host")));
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    match request::single(headers, HOST.as_str()) {
        Ok(Some(host)) if is_loopback(&text(host)) => {}
        _ => return refuse("Host"),
    }
    match request::single(headers, ORIGIN.as_str()) {
        Ok(None) => Ok(()),
        Ok(Some(origin)) => {
            let origin = text(origin);
            let host = origin
                .strip_prefix("http://")
                .or_else(|| origin.strip_prefix("https://"));
            if host.is_some_and(is_loopback) {
                Ok(())
            } else {
                refuse("Origin")
            }
        }
        Err(_) => refuse("Origin"),
    }
}

/// Whether a host, with or without a port, is this machine: `localhost`, or a loopback address.
fn is_loopback(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => (address, port),
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let port_fits = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port| port.parse::<u16>().is_ok());
    let address = name.parse::<IpAddr>();
    port_fits
        && (name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback()))
}

fn script(app: &App) -> Response {
    let mut response = reply::text(StatusCode::OK, app.faults.script().to_json());
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    response
}

fn clock(app: &App) -> Response {
    let (seconds, now) = (app.faults.offset_seconds(), time::millis(app.now()));
    reply::json(StatusCode::OK, &json!({ "offset_seconds": seconds, "now": now }))
}

/// The body of `PUT /clock`: one field.
fn offset(body: &[u8]) -> Result<i64, (StatusCode, String)> {
    let body = request::json_object(body).ok_or_else(|| invalid("the body must be a JSON object"))?;
    let seconds = body.get("offset_seconds").and_then(Value::as_i64);
    seconds
        .filter(|seconds| body.len() == 1 && (-OFFSET_LIMIT..=OFFSET_LIMIT).contains(seconds))
        .ok_or_else(|| {
            invalid("offset_seconds must be a whole number from -315360000 to 315360000, and stand alone")
        })
}

/// How many exports were accepted in all projects.
pub(crate) fn exports_created(app: &App) -> u64 {
    app.tenancy
        .projects()
        .map(|project| project.tasks.created())
        .sum()
}

/// All tasks of all projects as they are, whatever the lists of the export centre show.
fn tasks(app: &App) -> Response {
    let now = app.now();
    let (mut listed, mut created) = (Vec::new(), Map::new());
    for project in app.tenancy.projects() {
        created.insert(project.id.clone(), json!(project.tasks.created()));
        for task in project.tasks.to_vec() {
            listed.push(json!({
                "task_id": task.id,
                "project_id": project.id,
                "file_name": task.file_name,
                "create_time": time::millis(task.created()),
                "status": task.status(&app.options, now).name(),
                "fate": task.fate(),
                "listed": task.is_listed(&app.options, now),
                "is_download": task.is_downloaded(),
            }));
        }
    }
    let total = exports_created(app);
    reply::json(
        StatusCode::OK,
        &json!({ "exports_created": total, "exports_created_by_project": created, "tasks": listed }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for host in [
            "localhost",
            "LOCALHOST:80",
            "127.0.0.1",
            "127.8.7.6:65535",
            "[::1]",
            "[::1]:8080",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1:80:80",
            "127.0.0.1:x",
            "127.0.0.1:",
            "[::1",
            "[::1]x",
            "0.0.0.0",
            "10.0.0.1",
            "[::2]",
            "localhost:99999",
            "user@localhost",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
