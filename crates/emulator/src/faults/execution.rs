//! What stands in front of every operation: it writes the journal, and lets the fault of a call happen.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde_json::Value;

use super::body::{End, Plan, Stage, perform};
use super::kind::{Cut, Fate, Kind};
use super::wire::Line;
use super::{Chosen, FaultOperation, answers};
use crate::app::App;
use crate::dispatch::{self, Target};
use crate::journal::{Arrival, Credential, Ending, Entry, Record};
use crate::reply::{self, Refusal};
use crate::request::{Query, percent_decode, read_body};

/// How many bytes of a head are sent before it is cut: the status line and a part of the first header.
const HEAD_BYTES: usize = 24;

/// The longest answer of an export that is looked into for its task.
const ANSWER_LIMIT: usize = 64 * 1024;

/// Answers one request: the handler of all of them.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let call = Call::of(&request);
    let fault = app.faults.matching.arrives(call.operation, &call.project);
    let record = app
        .journal
        .arrives(arrival(&app, &request, &call, fault.as_ref()));
    let request = watched(request, call.operation, record.entry());
    let (mut off, mut fate) = (TimeDelta::zero(), None);
    match fault.as_ref().map(|fault| &fault.kind) {
        // Before anything else is looked at: the call itself is to notice.
        Some(Kind::RevokeTokens {}) => app.tokens.revoke(&app.store),
        Some(Kind::RevokeKeys {}) => app.keys.revoke_temporary(&app.store),
        Some(Kind::Clock { offset_seconds }) => off = TimeDelta::seconds(*offset_seconds),
        Some(Kind::Task { fate: wanted }) => fate = Some(*wanted),
        _ => {}
    }
    let now = app.now().checked_add_signed(off).unwrap_or_else(|| app.now());
    let real = if fault.as_ref().is_none_or(|fault| fault.carried_out) {
        carry_out(&app, &call, now, fate, request, record.entry()).await
    } else {
        // A server that does not read what it is sent makes the client see a reset.
        drop(read_body(request.into_body()).await);
        fresh(&app, &call, now, reply::empty(StatusCode::OK))
    };
    match fault {
        Some(fault) => happen(app, &call, now, &fault.kind, real, line, record).await,
        None => plain(real, &record),
    }
}

/// What a request asks for, as far as its path and its method say.
struct Call {
    operation: FaultOperation,
    path: String,
    project: String,
    task: String,
}

impl Call {
    fn of(request: &Request) -> Self {
        let Target {
            operation,
            project,
            task,
        } = dispatch::target(request.method(), request.uri().path());
        Self {
            operation,
            path: request.uri().path().to_owned(),
            project: percent_decode(project).unwrap_or_default(),
            task: percent_decode(task).unwrap_or_default(),
        }
    }
}

fn arrival(app: &App, request: &Request, call: &Call, fault: Option<&Chosen>) -> Arrival {
    let target = request.uri().path_and_query();
    let in_path = call.operation == FaultOperation::DownloadExportFile;
    let task = in_path.then(|| call.task.clone()).or_else(|| {
        let query = Query::parse(request.uri().query().unwrap_or_default()).ok()?;
        query.get("task_id").ok().flatten().map(str::to_owned)
    });
    Arrival {
        at: app.now(),
        operation: match call.operation {
            FaultOperation::Any => "unknown",
            operation => operation.name(),
        },
        method: request.method().clone(),
        // The path of a redirected download is all that it takes to get the file.
        target: match call.operation {
            FaultOperation::FetchFile => "/export-files/[redacted]".to_owned(),
            _ => target.map_or("", |target| target.as_str()).to_owned(),
        },
        project: call.project.clone(),
        credential: Credential::of(app, request.headers()),
        fault: fault.map(Chosen::label),
        task,
    }
}

/// Lets the journal see how long a request's body is, and of a deletion what is in it.
fn watched(request: Request, operation: FaultOperation, entry: Entry) -> Request {
    let keep = operation == FaultOperation::DeleteExportTasks;
    let mut start = Vec::new();
    request.map(|body| {
        let frames = body.into_data_stream().map(Some);
        let end = futures_util::stream::iter([None]);
        Body::from_stream(frames.chain(end).filter_map(move |frame| {
            match &frame {
                Some(Ok(bytes)) => {
                    entry.reads(bytes.len());
                    if keep && start.len() < ANSWER_LIMIT {
                        start.extend_from_slice(bytes);
                    }
                }
                Some(Err(_)) => {}
                None => deleted(&start).into_iter().for_each(|id| entry.task(id)),
            }
            std::future::ready(frame)
        }))
    })
}

/// Lets the operation happen, in a task of its own: a client that gives up does not take back what it asked for.
async fn carry_out(
    app: &Arc<App>,
    call: &Call,
    now: DateTime<Utc>,
    fate: Option<Fate>,
    request: Request,
    entry: Entry,
) -> Response {
    let shared = Arc::clone(app);
    let project = call.operation.submits().then(|| call.project.clone());
    let work = async move {
        let response = dispatch::handle(&shared, now, request).await;
        let Some(project) = project.filter(|_| response.status() == StatusCode::OK) else {
            return response;
        };
        let (head, body) = response.into_parts();
        let body = to_bytes(body, ANSWER_LIMIT).await.unwrap_or_default();
        if let Some(id) = created(&body) {
            let project = shared.tenancy.project(&project);
            if let (Some(fate), Some(task)) = (fate, project.and_then(|project| project.tasks.find(&id))) {
                task.set_fate(fate);
            }
            entry.task(id);
        }
        Response::from_parts(head, Body::from(body))
    };
    match tokio::spawn(work).await {
        Ok(response) => response,
        Err(_) => fresh(app, call, now, Refusal::internal().into_response("")),
    }
}

/// The task that an answer of the export names.
fn created(body: &Bytes) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    Some(body.get("task_id")?.as_str()?.to_owned())
}

/// The tasks that the body of a deletion names.
fn deleted(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let ids = body.get("task_ids").and_then(Value::as_array);
    let ids = ids.into_iter().flatten().filter_map(Value::as_str);
    ids.map(str::to_owned).collect()
}

/// An answer of the faults' own, with what every answer carries.
fn fresh(app: &App, call: &Call, now: DateTime<Utc>, response: Response) -> Response {
    dispatch::stamp(app, &call.path, response, app.secrets.hex_id(), now)
}

fn plain(response: Response, record: &Record) -> Response {
    record.entry().head(&response);
    record.ended(Ending::Answered);
    response
}

/// Lets the fault happen to the answer.
async fn happen(
    app: Arc<App>,
    call: &Call,
    now: DateTime<Utc>,
    kind: &Kind,
    mut response: Response,
    line: Line,
    record: Record,
) -> Response {
    let mut plan = Plan::default();
    match kind {
        Kind::Delay {
            before_head_ms,
            before_body_ms,
        } => {
            app.faults.pause(Duration::from_millis(*before_head_ms)).await;
            plan.wait = Duration::from_millis(*before_body_ms);
        }
        Kind::Trickle {
            chunk_bytes,
            every_ms,
        } => plan.pieces = Some((size(*chunk_bytes), Duration::from_millis(*every_ms))),
        Kind::Reset { at } => plan.ending = Some((cut(*at, &line).await, End::Reset)),
        Kind::Close { at } => plan.ending = Some((cut(*at, &line).await, End::Close)),
        Kind::Garbage { text } => {
            line.flushed().await;
            line.cut(0, Bytes::from(text.clone()));
            plan.ending = Some((0, End::Close));
        }
        Kind::Truncate { missing_bytes } => {
            plan.missing = size(*missing_bytes);
            plan.ending = Some((u64::MAX, End::Close));
        }
        Kind::Shorten { missing_bytes } => plan.missing = size(*missing_bytes),
        Kind::Corrupt { at, count } => plan.corrupt = Some((*at, *count)),
        Kind::ContentType { value } => {
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().insert(CONTENT_TYPE, value);
            }
            return plain(response, &record);
        }
        // A refusal has no id that could be wrong.
        Kind::TaskId { says } if response.status() == StatusCode::OK => {
            return plain(
                fresh(&app, call, now, answers::task_id(*says, &app.secrets.hex_id())),
                &record,
            );
        }
        kind => {
            let id = app.secrets.hex_id();
            if let Some(instead) = answers::instead(kind, &id, now) {
                response = dispatch::stamp(&app, &call.path, instead, id, now);
            }
            return plain(response, &record);
        }
    }
    let headless = matches!(
        kind,
        Kind::Garbage { .. }
            | Kind::Reset {
                at: Cut::BeforeHead | Cut::InHead
            }
            | Kind::Close {
                at: Cut::BeforeHead | Cut::InHead
            }
    );
    if !headless {
        record.entry().head(&response);
    }
    perform(response, plan, Stage { app, line, record })
}

/// Prepares the connection for a cut, and says after how many bytes of the body the cut is.
async fn cut(at: Cut, line: &Line) -> u64 {
    let head = match at {
        Cut::BeforeHead => 0,
        Cut::InHead => HEAD_BYTES,
        Cut::AfterHead => return 0,
        Cut::InBody(bytes) => return bytes,
    };
    // With pipelined requests, the end of the answer before this one may still be on its way.
    line.flushed().await;
    line.cut(head, Bytes::new());
    0
}

/// A number of bytes that the script's bounds keep small.
fn size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
