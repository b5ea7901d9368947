//! What the libraries tell `tracing`, as a list.

use std::fmt::Write;

use tracing::Level;

/// A span or an event of the contract.
pub(crate) struct Clause {
    pub(crate) name: &'static str,
    pub(crate) is_span: bool,
    pub(crate) level: Level,
    /// In the order in which the code has them.
    pub(crate) fields: &'static [&'static str],
    meaning: &'static str,
}

const fn span(name: &'static str, fields: &'static [&'static str], meaning: &'static str) -> Clause {
    Clause {
        name,
        is_span: true,
        level: Level::INFO,
        fields,
        meaning,
    }
}

const fn event(
    name: &'static str,
    level: Level,
    fields: &'static [&'static str],
    meaning: &'static str,
) -> Clause {
    Clause {
        name,
        is_span: false,
        level,
        fields,
        meaning,
    }
}

const OPERATION: &str = "session_export.operation";
const PAUSE: &str = "session_export.pause";
const TASK_ID: &str = "session_export.task_id";
const WAITED: &str = "session_export.waited";
const STATUS: &str = "http.response.status_code";
const METHOD: &str = "http.request.method";
const DURATION: &str = "http.client.request.duration";
const SERVER: &str = "server.address";
const TYPE: &str = "error.type";
const TEXT: &str = "error.message";
const OTEL_STATUS: &str = "otel.status_code";

pub(crate) const CLAUSES: &[Clause] = &[
    span(
        "session_export.call",
        &[
            "otel.name",
            OTEL_STATUS,
            OPERATION,
            "session_export.project_id",
            TYPE,
        ],
        "One operation, from its first attempt to its outcome: pauses, queues and credentials included.",
    ),
    span(
        "session_export.http",
        &[
            "otel.name",
            "otel.kind",
            OTEL_STATUS,
            METHOD,
            "http.request.resend_count",
            STATUS,
            SERVER,
            "server.port",
            "url.template",
            TYPE,
        ],
        "One request, from its first byte to the response's head: of an operation within its `session_export.call`, of a \
         log-in as well, and of the machine's metadata service.",
    ),
    span(
        "session_export.wait",
        &[OTEL_STATUS, TASK_ID, TYPE],
        "`ExportTask::wait`, with a `session_export.call` for each look.",
    ),
    span(
        "session_export.download",
        &[OTEL_STATUS, TASK_ID, TYPE],
        "`Download::to_path`, `to_directory` or `to_writer`, to the last byte. A stream has none: it is its reader's.",
    ),
    event(
        "session_export.response",
        Level::DEBUG,
        &[
            OPERATION,
            METHOD,
            SERVER,
            STATUS,
            DURATION,
            "session_export.request_id",
        ],
        "The head of a response of the service is there, whatever its status.",
    ),
    event(
        "session_export.no_response",
        Level::DEBUG,
        &[OPERATION, METHOD, SERVER, DURATION, TYPE, TEXT],
        "A request ended without one.",
    ),
    event(
        "session_export.retry",
        Level::DEBUG,
        &[OPERATION, PAUSE, TYPE, TEXT],
        "An attempt failed and is made again after the pause.",
    ),
    event(
        "session_export.retry_budget_spent",
        Level::WARN,
        &[OPERATION, TYPE, TEXT],
        "An attempt failed and is not made again, because too many failed lately.",
    ),
    event(
        "session_export.held_back",
        Level::DEBUG,
        &[OPERATION, PAUSE],
        "A request waits, because a 429 of this or another call named a window.",
    ),
    event(
        "session_export.ambiguous",
        Level::WARN,
        &[OPERATION, TYPE, TEXT],
        "A submit's answer was lost; the task may exist. The call ends with `ErrorKind::Ambiguous`.",
    ),
    event(
        "session_export.credential.fetched",
        Level::DEBUG,
        &["session_export.expires_at"],
        "There is a new token or key.",
    ),
    event(
        "session_export.credential.not_fetched",
        Level::WARN,
        &[TYPE, TEXT, "session_export.has_old_credential"],
        "A token or key could not be fetched. With an old one that is still good, calls go on.",
    ),
    event(
        "session_export.credential.rejected",
        Level::DEBUG,
        &[OPERATION, TEXT],
        "A 401; the request is sent once more with another credential.",
    ),
    event(
        "session_export.task.in_progress",
        Level::DEBUG,
        &[TASK_ID, "session_export.task_status", WAITED],
        "A look at a task found it in the making.",
    ),
    event(
        "session_export.task.not_listed",
        Level::DEBUG,
        &[TASK_ID, WAITED],
        "A look did not find the task, for now.",
    ),
    event(
        "session_export.task.look_failed",
        Level::DEBUG,
        &[TASK_ID, WAITED, TYPE, TEXT],
        "A look failed; the next one may not.",
    ),
    event(
        "session_export.download.continued",
        Level::DEBUG,
        &[TASK_ID, "session_export.received_bytes", PAUSE, TYPE, TEXT],
        "A file broke off and is continued where it ended.",
    ),
    event(
        "session_export.download.begun_again",
        Level::DEBUG,
        &[TASK_ID, PAUSE, TYPE, TEXT],
        "A file broke off and is begun again.",
    ),
];

/// Each field, its type and its meaning.
pub(crate) const FIELDS: &[(&str, &str, &str)] = &[
    (
        TEXT,
        "text",
        "The failure on one line, for people; its wording may change. No secret, body or query is in it.",
    ),
    (
        TYPE,
        "text",
        "What failed, with few values: see below. Not there after a success.",
    ),
    (
        DURATION,
        "seconds",
        "From the first byte of the request to the response's head, on the client's `Clock`.",
    ),
    (METHOD, "text", "`GET`, `POST`, `PUT`."),
    (
        "http.request.resend_count",
        "number",
        "How many times the call sent its request before. Not there the first time.",
    ),
    (STATUS, "number", "The status of the response, if there was one."),
    ("otel.kind", "text", "`client`, for the bridge to OpenTelemetry."),
    (
        "otel.name",
        "text",
        "The span's name in OpenTelemetry: method and template, or the operation.",
    ),
    (OTEL_STATUS, "text", "`ERROR` after a failure."),
    (SERVER, "text", "The host of the URL."),
    ("server.port", "number", "Its port."),
    (
        "session_export.expires_at",
        "time",
        "When the credential ends, if that is known.",
    ),
    (
        "session_export.has_old_credential",
        "boolean",
        "Whether an old credential is still good.",
    ),
    (
        OPERATION,
        "text",
        "`Operation::as_str`: `export_sessions`, `export_app_connections`, `export_user_connections`, `list_sessions`, `list_tasks`, `download`, `delete_tasks`.",
    ),
    (PAUSE, "seconds", "How long nothing happens now."),
    (
        "session_export.project_id",
        "text",
        "The client's project: it tells tenants apart.",
    ),
    (
        "session_export.received_bytes",
        "bytes",
        "How much of the file has arrived.",
    ),
    (
        "session_export.request_id",
        "text",
        "The service's id of the request (`X-Request-Id`), for its support.",
    ),
    (TASK_ID, "text", "The export task."),
    (
        "session_export.task_status",
        "text",
        "Its status, as the service says it.",
    ),
    (WAITED, "seconds", "Since the wait began."),
    (
        "url.template",
        "text",
        "The path with names in place of ids. There is no `url.full`: a query can hold names of people.",
    ),
];

/// Both tables, as they stand in `docs/observability.md`.
pub(crate) fn tables() -> String {
    let mut text = "| | name | level | fields | when |\n|---|---|---|---|---|\n".to_owned();
    for clause in CLAUSES {
        let what = if clause.is_span { "span" } else { "event" };
        let fields: Vec<_> = clause.fields.iter().map(|field| format!("`{field}`")).collect();
        writeln!(
            text,
            "| {what} | `{}` | {} | {} | {} |",
            clause.name,
            clause.level,
            fields.join(", "),
            clause.meaning
        )
        .unwrap();
    }
    text.push_str("\n| field | type | meaning |\n|---|---|---|\n");
    for (name, kind, meaning) in FIELDS {
        writeln!(text, "| `{name}` | {kind} | {meaning} |").unwrap();
    }
    text
}
