//! From a request to its operation: routes, authentication, and what every answer carries.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use http::header::DATE;
use http::{HeaderName, HeaderValue, Method};

use crate::app::App;
use crate::reply::Refusal;
use crate::request::{percent_decode, read_body};
use crate::{export_centre, iam, sessions, time};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The operations that the emulator knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    CreateToken,
    ListSessions,
    ExportSessions,
    ListExportTasks,
    DownloadExportFile,
    DeleteExportTasks,
}

impl Operation {
    fn method(self) -> Method {
        match self {
            Self::CreateToken | Self::ExportSessions | Self::DeleteExportTasks => Method::POST,
            Self::ListSessions | Self::ListExportTasks | Self::DownloadExportFile => Method::GET,
        }
    }

    fn allow(self) -> &'static str {
        if self.method() == Method::POST {
            "POST"
        } else {
            "GET"
        }
    }
}

/// A path taken apart. Ids are still percent-encoded.
#[derive(Debug, PartialEq, Eq)]
struct Route<'a> {
    operation: Operation,
    project: &'a str,
    task: &'a str,
}

fn route(path: &str) -> Option<Route<'_>> {
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let (operation, project, task) = match segments.as_slice() {
        ["v3", "auth", "tokens"] => (Operation::CreateToken, "", ""),
        ["v1", project, "session", "list-sessions"] => (Operation::ListSessions, *project, ""),
        ["v1", project, "session", "list-sessions", "export"] => (Operation::ExportSessions, *project, ""),
        ["v2", project, "export-tasks"] => (Operation::ListExportTasks, *project, ""),
        ["v2", project, "export-tasks", "batch-delete"] => (Operation::DeleteExportTasks, *project, ""),
        ["v2", project, "export-tasks", task, "download"] => (Operation::DownloadExportFile, *project, *task),
        _ => return None,
    };
    Some(Route {
        operation,
        project,
        task,
    })
}

/// Answers one request.
pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    let now = app.now();
    let request_id = app.secrets.hex_id();
    let target = request
        .uri()
        .path_and_query()
        .map_or("", |target| target.as_str());
    app.seen.record(request.method(), target);
    let mut response = serve(&app, now, request)
        .await
        .unwrap_or_else(|refusal| refusal.into_response(&request_id));
    let headers = response.headers_mut();
    // The date comes from the same clock as the tasks' times: clients align their own clock by it.
    for (name, value) in [(REQUEST_ID, request_id), (DATE, time::http_date(now))] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    response
}

/// The checks in the order of a gateway with a service behind it: route, method, size, token, project.
async fn serve(app: &Arc<App>, now: DateTime<Utc>, request: Request) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let Route {
        operation,
        project,
        task,
    } = route(head.uri.path()).ok_or_else(Refusal::not_published)?;
    if head.method != operation.method() {
        return Err(Refusal::method_not_allowed(operation.allow()));
    }
    let body = read_body(body).await?;
    let query = head.uri.query().unwrap_or_default();
    if operation != Operation::CreateToken {
        // A broken encoding decodes to nothing, and nothing is no project of any token.
        app.tokens
            .admit(&head.headers, &percent_decode(project).unwrap_or_default(), now)?;
    }
    match operation {
        Operation::CreateToken => iam::create_token(app, now, query, &body),
        Operation::ListSessions => sessions::list(app, query),
        Operation::ExportSessions => sessions::export(app, now, &head.headers, &body),
        Operation::ListExportTasks => export_centre::list(app, now, query),
        Operation::DownloadExportFile => {
            let task = percent_decode(task).unwrap_or_default();
            export_centre::download(app, now, &task).await
        }
        Operation::DeleteExportTasks => export_centre::delete(app, &head.headers, &body),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_are_matched_whole() {
        let operation = |path| route(path).map(|route| route.operation);
        assert_eq!(
            operation("/v1/p/session/list-sessions"),
            Some(Operation::ListSessions)
        );
        assert_eq!(
            operation("/v2/p/export-tasks/t/download"),
            Some(Operation::DownloadExportFile)
        );
        for path in [
            "",
            "*",
            "/",
            "/v1",
            "/v1/p/session/list-sessions/",
            "//v3/auth/tokens",
            "/v2/p/export-tasks/t",
        ] {
            assert_eq!(operation(path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_path_makes_it_panic(path in "\\PC*") {
            let _ = route(&path);
        }
    }
}
