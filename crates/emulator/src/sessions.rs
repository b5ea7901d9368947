//! The session operations: `ListSessions` and `ExportSessions`.

use axum::response::Response;
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use crate::app::App;
use crate::filter::Filter;
use crate::reply::{self, Refusal};
use crate::request::{self, Query};
use crate::tasks::Task;
use crate::tenancy::Project;

/// The greatest `offset`.
pub(crate) const OFFSET_LIMIT: u32 = 2_147_483_647;

/// `GET /v1/{project_id}/session/list-sessions`
pub(crate) fn list(project: &Project, query: &str) -> Result<Response, Refusal> {
    let invalid = |fault: String| {
        let message = format!("The request message is invalid. {fault}");
        Refusal::service(StatusCode::BAD_REQUEST, "WKS.00139901", message)
    };
    let query = Query::parse(query).map_err(invalid)?;
    let limit = query.number("limit", 10, 1, 100).map_err(invalid)?;
    let offset = query.number("offset", 0, 0, OFFSET_LIMIT).map_err(invalid)?;
    let filter = Filter::for_list(&query).map_err(invalid)?;
    let selected = filter.select(&project.data);
    let page = selected.iter().skip(offset).take(limit);
    let sessions = page.filter_map(|position| project.data.sessions().get(*position as usize));
    let items: Vec<_> = sessions.map(|session| project.data.json(session)).collect();
    Ok(reply::json(
        StatusCode::OK,
        &json!({ "count": selected.len(), "items": items }),
    ))
}

/// `POST /v1/{project_id}/session/list-sessions/export`
pub(crate) fn export(
    app: &App,
    project: &Project,
    now: DateTime<Utc>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, Refusal> {
    let invalid = |fault: &str| {
        let message = format!("The parameter is invalid. {fault}");
        Refusal::service(StatusCode::BAD_REQUEST, "WKS.00211102", message)
    };
    request::require_json(headers)?;
    if body.is_empty() {
        let message = "The request message is empty.";
        return Err(Refusal::service(StatusCode::BAD_REQUEST, "WKS.0001", message));
    }
    let body = request::json_object(body).ok_or_else(|| invalid("The body must be a JSON object."))?;
    let filter = Filter::for_export(&body, now).map_err(|fault| invalid(&fault))?;
    let rows = filter.select(&project.data);
    let task = Task::new(app.secrets.hex_id(), app.options.export_format, rows, now);
    let accepted = json!({ "task_id": task.id });
    project.tasks.add(task);
    Ok(reply::json(StatusCode::OK, &accepted))
}
