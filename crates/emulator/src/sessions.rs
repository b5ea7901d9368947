//! The session operations: `ListSessions`, and the exports of the lists.

use std::borrow::Cow;
use std::sync::Arc;

use axum::response::Response;
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode};
use serde_json::{Map, json};

use crate::app::App;
use crate::choices::{
    ConcurrentExports, EmptyBody, ExportCentre, ListCount, ListOffset, SessionOrder, WindowError,
};
use crate::filter::{self, Filter};
use crate::lists::List;
use crate::reply::{self, Refusal};
use crate::request::{self, BodyOf, Query};
use crate::tasks::{Status, Task};
use crate::tenancy::Project;

/// The greatest `offset`.
pub(crate) const OFFSET_LIMIT: u32 = 2_147_483_647;

/// `GET /v1/{project_id}/session/list-sessions`
pub(crate) fn list(app: &App, project: &Project, query: &str) -> Result<Response, Refusal> {
    let choices = &app.options.choices;
    let invalid = |fault: String| {
        let message = format!("The request message is invalid. {fault}");
        Refusal::service(StatusCode::BAD_REQUEST, "WKS.00139901", message)
    };
    let query = Query::parse(query).map_err(invalid)?;
    let limit = query.number("limit", 10, 1, 100).map_err(invalid)?;
    let offset = query.number("offset", 0, 0, OFFSET_LIMIT).map_err(invalid)?;
    let filter = Filter::for_list(&query, choices).map_err(|fault| invalid(fault.text))?;
    let data = &project.data;
    let selected = filter.select(data);
    let skipped = match choices.list_offset {
        ListOffset::Rows => offset,
        ListOffset::Pages => offset.saturating_mul(limit),
    };
    let page = match choices.session_order {
        SessionOrder::NewestFirst => selected.page(data, skipped, limit),
        SessionOrder::OldestFirst => {
            let oldest_first = selected.positions(data).rev();
            oldest_first.skip(skipped).take(limit).collect()
        }
        SessionOrder::Id => {
            // The id is the first field of a row.
            let id = |position: &u32| data.row(*position)?.into_iter().next()?.map(Cow::into_owned);
            let mut by_id: Vec<u32> = selected.positions(data).collect();
            by_id.sort_by_cached_key(id);
            by_id.into_iter().skip(skipped).take(limit).collect::<Vec<_>>()
        }
    };
    let items: Vec<_> = page
        .into_iter()
        .filter_map(|position| data.json(position))
        .collect();
    let count = match choices.list_count {
        ListCount::Total => selected.len(),
        ListCount::Page => items.len(),
    };
    Ok(reply::json(
        StatusCode::OK,
        &json!({ "count": count, "items": items }),
    ))
}

/// `POST /v1/{project_id}/session/{list}/export`
pub(crate) fn export(
    app: &App,
    list: List,
    project: &Arc<Project>,
    now: DateTime<Utc>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, Refusal> {
    let choices = &app.options.choices;
    let invalid = |code: &'static str, fault: &str| {
        let message = format!("The parameter is invalid. {fault}");
        Refusal::service(StatusCode::BAD_REQUEST, code, message)
    };
    let parameter = "WKS.00211102";
    request::require_json(headers, choices.media_type, BodyOf::Export)?;
    let body = match (body, choices.empty_body) {
        (b"", EmptyBody::Refused) => {
            let message = "The request message is empty.";
            return Err(Refusal::service(StatusCode::BAD_REQUEST, "WKS.0001", message));
        }
        (b"", EmptyBody::Accepted) => Map::new(),
        _ => {
            request::json_object(body).ok_or_else(|| invalid(parameter, "The body must be a JSON object."))?
        }
    };
    let about_window = match choices.window_error {
        WindowError::Parameter => parameter,
        WindowError::Message => "WKS.00139901",
        WindowError::General => "WKS.0001",
    };
    let criteria = filter::for_export(list, &body, now, choices).map_err(|fault| {
        let code = if fault.about_window {
            about_window
        } else {
            parameter
        };
        invalid(code, &fault.text)
    })?;
    if choices.concurrent_exports == ConcurrentExports::One
        && project
            .tasks
            .to_vec()
            .iter()
            .any(|task| task.status(&app.options, now) == Status::Creating)
    {
        let message = "Another export task is being created.";
        return Err(Refusal::service(StatusCode::CONFLICT, "WKS.00211103", message));
    }
    let rows = project.data.select(&criteria);
    let task = Task::new(app.secrets.hex_id(), &app.options, rows, now, app.store.clone());
    let accepted = json!({ "task_id": task.id });
    match choices.export_centre {
        ExportCentre::Shows => {
            let added = project.tasks.add(task, &project.id, &criteria);
            app.writers.submit(project, &added.map_err(reply::not_stored)?);
        }
        ExportCentre::Hides => {
            let counted = project.tasks.count(&project.id, &app.store);
            counted.map_err(reply::not_stored)?;
        }
    }
    Ok(reply::json(StatusCode::OK, &accepted))
}
