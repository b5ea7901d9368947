//! What the client tells `tracing`: the spans around its work, and how a failure is named in them.
//!
//! Names, levels and fields are a contract: `docs/observability.md` has them all, and `tests/observability.rs` compares.

use std::borrow::Cow;
use std::future::Future;
use std::time::Duration;

use http::{Method, Uri};
use session_export_model::TaskId;
use session_export_transport::{Response, TARGET};
use tracing::field::Empty;
use tracing::{Instrument, Span, debug, info_span};

use crate::operation::request_id;
use crate::{Client, Error, ErrorKind, Operation};

/// A call of the service, with all its attempts.
pub(crate) fn call_span(client: &Client, operation: Operation) -> Span {
    info_span!(
        target: TARGET,
        "session_export.call",
        otel.name = operation.as_str(),
        otel.status_code = Empty,
        session_export.operation = operation.as_str(),
        session_export.project_id = client.project_id().as_str(),
        error.type = Empty,
    )
}

/// The wait for a task.
pub(crate) fn wait_span(task_id: &TaskId) -> Span {
    info_span!(
        target: TARGET,
        "session_export.wait",
        otel.status_code = Empty,
        session_export.task_id = task_id.as_str(),
        error.type = Empty,
    )
}

/// A download, from its first request to its last byte.
pub(crate) fn download_span(task_id: &TaskId) -> Span {
    info_span!(
        target: TARGET,
        "session_export.download",
        otel.status_code = Empty,
        session_export.task_id = task_id.as_str(),
        error.type = Empty,
    )
}

/// Runs `work` within `span`, which then says how it failed, if it did.
pub(crate) async fn observed<T>(
    span: Span,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let outcome = work.instrument(span.clone()).await;
    if let Err(error) = &outcome
        && !span.is_disabled()
    {
        span.record("error.type", &*error_type(error));
        span.record("otel.status_code", "ERROR");
    }
    outcome
}

/// Tells how one exchange with the service ended.
pub(crate) fn tell_exchange(
    operation: Operation,
    method: &Method,
    uri: &Uri,
    outcome: Result<&Response, &Error>,
    elapsed: Duration,
) {
    match outcome {
        Ok(response) => debug!(
            name: "session_export.response",
            target: TARGET,
            {
                session_export.operation = operation.as_str(),
                http.request.method = method.as_str(),
                server.address = uri.host(),
                http.response.status_code = response.status().as_u16(),
                http.client.request.duration = elapsed.as_secs_f64(),
                session_export.request_id = request_id(response.headers()),
            },
            "response"
        ),
        Err(error) => debug!(
            name: "session_export.no_response",
            target: TARGET,
            {
                session_export.operation = operation.as_str(),
                http.request.method = method.as_str(),
                server.address = uri.host(),
                http.client.request.duration = elapsed.as_secs_f64(),
                error.type = &*error_type(error),
                error.message = %error,
            },
            "no response"
        ),
    }
}

/// Few values, and none of them holds a text of the service: a status, else what failed in the exchange or in getting a
/// credential, else the error's kind.
pub(crate) fn error_type(error: &Error) -> Cow<'static, str> {
    match error.kind() {
        ErrorKind::Service(failure) => failure.status.as_str().to_owned().into(),
        ErrorKind::Transport { kind, .. } => kind.as_str().into(),
        ErrorKind::Auth(error) => format!("auth.{}", error.kind().as_str()).into(),
        kind => kind.as_str().into(),
    }
}
