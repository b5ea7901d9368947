//! From a request to its operation: routes, authentication, and what every answer carries.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use http::header::DATE;
use http::{HeaderName, HeaderValue, Method};

use crate::admission::{self, Denied};
use crate::app::App;
use crate::reply::Refusal;
use crate::request::{percent_decode, read_body};
use crate::{export_centre, iam, metadata, sessions, time};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The operations that the emulator knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    CreateToken,
    ShowToken,
    CreateSecurityToken,
    ListProjects,
    CreateMetadataToken,
    GetSecurityKey,
    ListSessions,
    ExportSessions,
    ListExportTasks,
    DownloadExportFile,
    DeleteExportTasks,
}

impl Operation {
    fn method(self) -> Method {
        match self {
            Self::CreateToken
            | Self::CreateSecurityToken
            | Self::ExportSessions
            | Self::DeleteExportTasks => Method::POST,
            Self::CreateMetadataToken => Method::PUT,
            Self::ShowToken
            | Self::ListProjects
            | Self::GetSecurityKey
            | Self::ListSessions
            | Self::ListExportTasks
            | Self::DownloadExportFile => Method::GET,
        }
    }
}

/// A path taken apart. Ids are still percent-encoded.
#[derive(Debug, PartialEq, Eq)]
struct Route<'a> {
    /// What the path is for; each has a method of its own.
    operations: &'static [Operation],
    project: &'a str,
    task: &'a str,
}

impl Route<'_> {
    fn operation(&self, method: &Method) -> Result<Operation, Refusal> {
        let found = self
            .operations
            .iter()
            .find(|operation| operation.method() == method);
        found.copied().ok_or_else(|| {
            let allowed = self
                .operations
                .iter()
                .map(|operation| operation.method().to_string());
            Refusal::method_not_allowed(allowed.collect::<Vec<_>>().join(", "))
        })
    }
}

fn route(path: &str) -> Option<Route<'_>> {
    use Operation::*;
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let (operations, project, task): (&'static [Operation], _, _) = match segments.as_slice() {
        ["v3", "auth", "tokens"] => (&[CreateToken, ShowToken], "", ""),
        ["v3", "projects"] => (&[ListProjects], "", ""),
        ["v3.0", "OS-CREDENTIAL", "securitytokens"] => (&[CreateSecurityToken], "", ""),
        ["meta-data", "latest", "api", "token"] => (&[CreateMetadataToken], "", ""),
        ["openstack", "latest", "securitykey"] => (&[GetSecurityKey], "", ""),
        ["v1", project, "session", "list-sessions"] => (&[ListSessions], *project, ""),
        ["v1", project, "session", "list-sessions", "export"] => (&[ExportSessions], *project, ""),
        ["v2", project, "export-tasks"] => (&[ListExportTasks], *project, ""),
        ["v2", project, "export-tasks", "batch-delete"] => (&[DeleteExportTasks], *project, ""),
        ["v2", project, "export-tasks", task, "download"] => (&[DownloadExportFile], *project, *task),
        _ => return None,
    };
    Some(Route {
        operations,
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

/// The checks in the order of a gateway with a service behind it: route, method, size, caller, project.
async fn serve(app: &Arc<App>, now: DateTime<Utc>, request: Request) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let route = route(head.uri.path()).ok_or_else(Refusal::not_published)?;
    let operation = route.operation(&head.method)?;
    let body = read_body(body).await?;
    let query = head.uri.query().unwrap_or_default();
    // A broken encoding decodes to nothing, and nothing is no project.
    let enter = || {
        let project = percent_decode(route.project).unwrap_or_default();
        admission::enter(app, now, &head, &body, &project)
    };
    match operation {
        Operation::CreateToken => iam::create_token(app, now, query, &head.headers, &body),
        Operation::ShowToken => iam::show_token(app, now, query, &head.headers),
        Operation::CreateSecurityToken => iam::create_security_token(app, now, &head.headers, &body),
        Operation::ListProjects => {
            let caller = admission::authenticate(app, now, &head, &body).map_err(Denied::at_iam)?;
            iam::list_projects(app, &caller, query)
        }
        Operation::CreateMetadataToken => metadata::create_token(app, now, &head.headers),
        Operation::GetSecurityKey => metadata::security_key(app, now, &head.headers),
        Operation::ListSessions => sessions::list(&*enter()?, query),
        Operation::ExportSessions => sessions::export(app, &*enter()?, now, &head.headers, &body),
        Operation::ListExportTasks => export_centre::list(app, &*enter()?, now, query),
        Operation::DownloadExportFile => {
            let project = enter()?;
            let task = percent_decode(route.task).unwrap_or_default();
            export_centre::download(app, &project, now, &task).await
        }
        Operation::DeleteExportTasks => export_centre::delete(&*enter()?, &head.headers, &body),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_are_matched_whole() {
        let operations = |path| route(path).map(|route| route.operations);
        assert_eq!(
            operations("/v1/p/session/list-sessions"),
            Some([Operation::ListSessions].as_slice())
        );
        assert_eq!(
            operations("/v2/p/export-tasks/t/download"),
            Some([Operation::DownloadExportFile].as_slice())
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
            assert_eq!(operations(path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_path_makes_it_panic(path in "\\PC*") {
            let _ = route(&path);
        }
    }
}
