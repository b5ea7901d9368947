//! A service that exports for its own callers: one client for all of them, files streamed through in constant memory.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program says what it did, and its server is a task beside it"
)]

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use session_export::{
    Client, Error, ErrorKind, Request, RequestBody, ReqwestTransport, ResponseBody, TaskId, Transport,
};
use session_export_example_embedding::{Outcome, SESSIONS, check, client, emulator, filter, sessions_in};

// region: service
/// Cloning the client is cheap, and every clone shares tokens, connections, the budget of retries and what a 429 said.
fn service(client: Client) -> Router {
    Router::new()
        .route("/exports", post(submit))
        .route("/exports/{task}/file", get(file))
        .with_state(client)
}

/// Answers with the task's id: whoever has it can come for the file, also after a restart of the service.
async fn submit(State(client): State<Client>) -> Result<String, (StatusCode, String)> {
    let filter = filter().map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
    let task = client
        .export_sessions(filter)
        .submit()
        .await
        .map_err(|error| refusal(&error))?;
    Ok(task.task_id().to_string())
}

/// If the caller hangs up, axum drops the body, and with it the download: nothing goes on behind anybody's back.
async fn file(State(client): State<Client>, Path(task): Path<String>) -> Result<Body, (StatusCode, String)> {
    let task: TaskId = task
        .parse()
        .map_err(|_| (StatusCode::NOT_FOUND, "no task has this id".to_owned()))?;
    let ready = client.task(task).ready().await.map_err(|error| refusal(&error))?;
    let stream = ready
        .download()
        .into_stream()
        .await
        .map_err(|error| refusal(&error))?;
    Ok(Body::from_stream(stream))
}

fn refusal(error: &Error) -> (StatusCode, String) {
    let status = match error.kind() {
        ErrorKind::InvalidRequest(_) => StatusCode::BAD_REQUEST,
        // Not made yet, expired, failed: the text says which.
        ErrorKind::Task(_) => StatusCode::CONFLICT,
        _ if error.is_throttled() => StatusCode::TOO_MANY_REQUESTS,
        // A task may exist: a caller that simply tries again would make a second one.
        _ if error.is_ambiguous() => StatusCode::INTERNAL_SERVER_ERROR,
        _ if error.is_transient() => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_GATEWAY,
    };
    (status, error.to_string())
}
// endregion: service

#[tokio::main]
async fn main() -> Outcome {
    let emulator = emulator().start().await?;
    let transport: Arc<dyn Transport> = Arc::new(ReqwestTransport::new()?);
    let service = service(client(&emulator, Arc::clone(&transport))?.build()?);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, service).await });

    let (status, task) = ask(&*transport, "POST", &format!("{base}/exports")).await?;
    check(status.is_success(), format!("submit: {status}"))?;
    let url = format!("{base}/exports/{}/file", String::from_utf8(task)?);
    let file = loop {
        match ask(&*transport, "GET", &url).await? {
            (StatusCode::OK, file) => break file,
            (StatusCode::CONFLICT, _) => tokio::task::yield_now().await,
            (status, text) => return Err(format!("{status}: {}", String::from_utf8_lossy(&text)).into()),
        }
    };
    check(
        sessions_in(&file) == SESSIONS,
        format!("{} sessions", sessions_in(&file)),
    )?;
    let (status, _) = ask(&*transport, "GET", &format!("{base}/exports/unknown/file")).await?;
    check(
        status == StatusCode::CONFLICT,
        format!("a task that is not there: {status}"),
    )?;
    println!(
        "a file through the service: {} bytes, {SESSIONS} sessions",
        file.len()
    );
    Ok(())
}

/// The service's caller. Any HTTP client will do; a transport is one.
async fn ask(transport: &dyn Transport, method: &str, url: &str) -> Outcome<(StatusCode, Vec<u8>)> {
    let mut request = Request::new(RequestBody::empty());
    *request.method_mut() = method.parse()?;
    *request.uri_mut() = url.parse()?;
    let (head, body): (_, ResponseBody) = transport.send(request).await?.into_parts();
    Ok((head.status, body.read_to_end(1 << 20).await?.to_vec()))
}
