//! From a request to its operation: routes, authentication, and what every answer carries.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use chrono::{DateTime, Utc};
use http::header::{DATE, SERVER};
use http::{HeaderName, HeaderValue, Method};

use crate::admission::{self, Denied};
use crate::app::App;
use crate::choices::{GatewayHeaders, WrongMethod};
use crate::faults::FaultOperation;
use crate::lists::List;
use crate::permissions::Permission;
use crate::reply::Refusal;
use crate::request::{check_head, percent_decode, read_body};
use crate::{export_centre, iam, metadata, sessions, time};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const IAM_TRACE_ID: HeaderName = HeaderName::from_static("x-iam-trace-id");
const APIG_LATENCY: HeaderName = HeaderName::from_static("x-apig-latency");

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
    Export(List),
    ListExportTasks,
    DownloadExportFile,
    DeleteExportTasks,
    /// Where a download is redirected to, if that is the choice.
    FetchFile,
}

impl Operation {
    /// What a caller needs in the project of the path.
    fn permission(self) -> Option<Permission> {
        match self {
            Self::ListSessions => Some(Permission::ListSessions),
            Self::Export(list) => Some(list.facts().permission),
            Self::ListExportTasks => Some(Permission::ListExportTasks),
            Self::DownloadExportFile => Some(Permission::DownloadExportFile),
            Self::DeleteExportTasks => Some(Permission::DeleteExportTasks),
            Self::CreateToken
            | Self::ShowToken
            | Self::CreateSecurityToken
            | Self::ListProjects
            | Self::CreateMetadataToken
            | Self::GetSecurityKey
            | Self::FetchFile => None,
        }
    }

    fn method(self) -> Method {
        match self {
            Self::CreateToken | Self::CreateSecurityToken | Self::Export(_) | Self::DeleteExportTasks => {
                Method::POST
            }
            Self::CreateMetadataToken => Method::PUT,
            Self::ShowToken
            | Self::ListProjects
            | Self::GetSecurityKey
            | Self::ListSessions
            | Self::ListExportTasks
            | Self::DownloadExportFile
            | Self::FetchFile => Method::GET,
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
    fn operation(&self, method: &Method, rule: WrongMethod) -> Result<Operation, Refusal> {
        let found = self
            .operations
            .iter()
            .find(|operation| operation.method() == method);
        found.copied().ok_or_else(|| {
            if rule == WrongMethod::NotPublished {
                return Refusal::not_published();
            }
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
        ["v1", project, "session", "list-sessions", "export"] => (&[Export(List::Sessions)], *project, ""),
        ["v1", project, "session", "app-connection", "export"] => {
            (&[Export(List::AppConnections)], *project, "")
        }
        ["v1", project, "session", "user-connection", "export"] => {
            (&[Export(List::UserConnections)], *project, "")
        }
        ["v2", project, "export-tasks"] => (&[ListExportTasks], *project, ""),
        ["v2", project, "export-tasks", "batch-delete"] => (&[DeleteExportTasks], *project, ""),
        ["v2", project, "export-tasks", task, "download"] => (&[DownloadExportFile], *project, *task),
        ["export-files", ticket] => (&[FetchFile], "", *ticket),
        _ => return None,
    };
    Some(Route {
        operations,
        project,
        task,
    })
}

/// What a path and a method are for, as scripts of faults and the journal name it. Ids are still percent-encoded.
pub(crate) struct Target<'a> {
    pub(crate) operation: FaultOperation,
    pub(crate) project: &'a str,
    pub(crate) task: &'a str,
}

pub(crate) fn target<'a>(method: &Method, path: &'a str) -> Target<'a> {
    let route = route(path);
    let operations = route.as_ref().map_or(&[][..], |route| route.operations);
    let operation = operations.iter().find(|operation| operation.method() == method);
    Target {
        operation: match operation {
            None => FaultOperation::Any,
            Some(Operation::CreateToken) => FaultOperation::CreateToken,
            Some(Operation::ShowToken) => FaultOperation::DescribeToken,
            Some(Operation::CreateSecurityToken) => FaultOperation::CreateTemporaryKey,
            Some(Operation::ListProjects) => FaultOperation::ListProjects,
            Some(Operation::CreateMetadataToken | Operation::GetSecurityKey) => FaultOperation::Metadata,
            Some(Operation::ListSessions) => FaultOperation::ListSessions,
            Some(Operation::Export(list)) => list.facts().operation,
            Some(Operation::ListExportTasks) => FaultOperation::ListExportTasks,
            Some(Operation::DownloadExportFile) => FaultOperation::DownloadExportFile,
            Some(Operation::DeleteExportTasks) => FaultOperation::DeleteExportTasks,
            Some(Operation::FetchFile) => FaultOperation::FetchFile,
        },
        project: route.as_ref().map_or("", |route| route.project),
        task: route.as_ref().map_or("", |route| route.task),
    }
}

/// Who answers, as far as every answer shows it.
enum Role {
    Iam,
    Workspace,
    Other,
}

impl Role {
    fn of(path: &str) -> Self {
        let starts_with = |prefix| {
            path.strip_prefix('/')
                .is_some_and(|path| path.starts_with(prefix))
        };
        if starts_with("v3/") || starts_with("v3.0/") {
            Self::Iam
        } else if starts_with("v1/") || starts_with("v2/") {
            Self::Workspace
        } else {
            Self::Other
        }
    }
}

/// Answers one request.
pub(crate) async fn handle(app: &Arc<App>, now: DateTime<Utc>, request: Request) -> Response {
    let request_id = app.secrets.hex_id();
    let path = request.uri().path().to_owned();
    let choices = app.options.choices;
    let response = serve(app, now, request).await.unwrap_or_else(|refusal| {
        refusal
            .with_detail(choices.error_detail)
            .into_response(&request_id)
    });
    stamp(app, &path, response, request_id, now)
}

/// What every answer carries.
pub(crate) fn stamp(
    app: &App,
    path: &str,
    mut response: Response,
    request_id: String,
    now: DateTime<Utc>,
) -> Response {
    let headers = response.headers_mut();
    match Role::of(path) {
        // IAM has an id of its own, which the official SDKs show when they do not find a project.
        Role::Iam => {
            if let Ok(value) = HeaderValue::try_from(app.secrets.hex_id()) {
                headers.insert(IAM_TRACE_ID, value);
            }
        }
        Role::Workspace if app.options.choices.gateway_headers == GatewayHeaders::Present => {
            headers.insert(SERVER, HeaderValue::from_static("api-gateway"));
            headers.insert(APIG_LATENCY, HeaderValue::from_static("1"));
        }
        Role::Workspace | Role::Other => {}
    }
    // The date comes from the same clock as the tasks' times: clients align their own clock by it.
    for (name, value) in [(REQUEST_ID, request_id), (DATE, time::http_date(now))] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    response
}

/// The checks in the order of a gateway with a service behind it: route, method, sizes, caller, project.
async fn serve(app: &Arc<App>, now: DateTime<Utc>, request: Request) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let route = route(head.uri.path()).ok_or_else(Refusal::not_published)?;
    let operation = route.operation(&head.method, app.options.choices.wrong_method)?;
    check_head(&head.uri, &head.headers)?;
    let body = read_body(body).await?;
    let query = head.uri.query().unwrap_or_default();
    // A broken encoding decodes to nothing, and nothing is no project.
    let enter = || {
        let project = percent_decode(route.project).unwrap_or_default();
        let permission = operation.permission().ok_or_else(Refusal::forbidden)?;
        admission::enter(app, now, &head, &body, &project, permission)
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
        Operation::ListSessions => sessions::list(app, &*enter()?, query),
        Operation::Export(list) => sessions::export(app, list, &enter()?, now, &head.headers, &body),
        Operation::ListExportTasks => export_centre::list(app, &enter()?, now, query).await,
        Operation::DownloadExportFile => {
            let project = enter()?;
            let task = percent_decode(route.task).unwrap_or_default();
            export_centre::download(app, &project, now, &task, &head.headers).await
        }
        Operation::DeleteExportTasks => export_centre::delete(app, &*enter()?, now, &head.headers, &body),
        Operation::FetchFile => export_centre::fetch(app, now, route.task, &head.headers).await,
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
