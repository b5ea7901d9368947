//! The export centre: `ListExportTasks`, `DownloadExportFile` and `DeleteExportTasks`.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::BytesMut;
use chrono::{DateTime, Utc};
use futures_util::stream::try_unfold;
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};
use tempfile::TempPath;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use crate::app::App;
use crate::files;
use crate::reply::{self, Refusal};
use crate::request::{self, Query};
use crate::sessions::OFFSET_LIMIT;
use crate::tasks::{Status, Task};
use crate::tenancy::Project;

/// Bytes of a file in one frame.
const CHUNK: usize = 64 * 1024;

/// `GET /v2/{project_id}/export-tasks`
pub(crate) fn list(
    app: &App,
    project: &Project,
    now: DateTime<Utc>,
    query: &str,
) -> Result<Response, Refusal> {
    let query = Query::parse(query).map_err(invalid)?;
    let limit = query.number("limit", 20, 1, 100).map_err(invalid)?;
    let offset = query.number("offset", 0, 0, OFFSET_LIMIT).map_err(invalid)?;
    let file_name = query.get("file_name").map_err(invalid)?;
    let task_id = query.get("task_id").map_err(invalid)?;
    let status = match query.get("status").map_err(invalid)? {
        None => None,
        Some(name) => Some(status(name).ok_or_else(|| invalid("status is unknown."))?),
    };
    let downloaded = match query.get("is_download").map_err(invalid)? {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err(invalid("is_download must be true or false.")),
    };
    let ascending = match (
        query.get("sort_field").map_err(invalid)?,
        query.get("sort_type").map_err(invalid)?,
    ) {
        (None, None) | (Some("create_time"), Some("DESC")) => false,
        (Some("create_time"), Some("ASC")) => true,
        (Some(_), None) | (None, Some(_)) => return Err(invalid("sort_field and sort_type go together.")),
        _ => {
            return Err(invalid(
                "sort_field must be create_time, and sort_type ASC or DESC.",
            ));
        }
    };

    let mut tasks = project.tasks.to_vec();
    tasks.retain(|task| {
        file_name.is_none_or(|name| task.file_name == name)
            && task_id.is_none_or(|id| task.id == id)
            && status.is_none_or(|status| task.status(&app.options, now) == status)
            && downloaded.is_none_or(|downloaded| task.is_downloaded() == downloaded)
    });
    // The sort is stable: the order of submission decides between tasks of the same moment.
    tasks.sort_by_key(|task| task.created());
    if !ascending {
        tasks.reverse();
    }
    let page: Vec<Value> = tasks
        .iter()
        .skip(offset)
        .take(limit)
        .map(|task| task.json(&app.options, now))
        .collect();
    Ok(reply::json(
        StatusCode::OK,
        &json!({ "export_tasks": page, "count": tasks.len() }),
    ))
}

/// `GET /v2/{project_id}/export-tasks/{task_id}/download`
pub(crate) async fn download(
    app: &App,
    project: &Arc<Project>,
    now: DateTime<Utc>,
    task_id: &str,
) -> Result<Response, Refusal> {
    let Some(task) = project.tasks.find(task_id) else {
        return Err(Refusal::service(
            StatusCode::BAD_REQUEST,
            "WKS.0202",
            "The export task does not exist.",
        ));
    };
    let status = task.status(&app.options, now);
    if status != Status::Success {
        let message = format!(
            "The file cannot be downloaded: the export task is {}.",
            status.name()
        );
        return Err(Refusal::service(StatusCode::BAD_REQUEST, "WKS.00010032", message));
    }
    let path = task
        .file
        .get_or_try_init(|| write(project, &task))
        .await
        .map_err(|_| Refusal::internal())?;
    let file = File::open(path).await.map_err(|_| Refusal::internal())?;
    let length = file.metadata().await.map_err(|_| Refusal::internal())?.len();
    let disposition = format!("attachment; filename=\"{}\"", task.file_name);
    let disposition = HeaderValue::try_from(disposition).map_err(|_| Refusal::internal())?;
    let media_type = HeaderValue::from_static(task.format.media_type());
    task.mark_downloaded();

    let mut response = Response::new(stream(file, task));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, media_type);
    headers.insert(CONTENT_DISPOSITION, disposition);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    Ok(response)
}

/// `POST /v2/{project_id}/export-tasks/batch-delete`
pub(crate) fn delete(project: &Project, headers: &HeaderMap, body: &[u8]) -> Result<Response, Refusal> {
    request::require_json(headers)?;
    let body = request::json_object(body).ok_or_else(|| invalid("The body must be a JSON object."))?;
    let Some(Value::Array(ids)) = body.get("task_ids") else {
        return Err(invalid("task_ids must be a list."));
    };
    if !(1..=200).contains(&ids.len()) {
        return Err(invalid("task_ids must have 1 to 200 elements."));
    }
    let texts = ids.iter().map(Value::as_str).collect::<Option<Vec<&str>>>();
    let ids = texts
        .filter(|ids| ids.iter().all(|id| (1..=64).contains(&id.chars().count())))
        .ok_or_else(|| invalid("Each of task_ids must be a string of 1 to 64 characters."))?;
    if ids.iter().collect::<HashSet<_>>().len() != ids.len() {
        return Err(invalid("task_ids must not repeat an id."));
    }
    project.tasks.delete(&ids);
    Ok(reply::empty(StatusCode::OK))
}

fn status(name: &str) -> Option<Status> {
    Status::ALL.into_iter().find(|status| status.name() == name)
}

fn invalid(fault: impl AsRef<str>) -> Refusal {
    let message = format!("The request message is invalid. {}", fault.as_ref());
    Refusal::service(StatusCode::BAD_REQUEST, "WKS.00139901", message)
}

/// Writes the file on a thread for blocking work: other requests are answered meanwhile.
async fn write(project: &Arc<Project>, task: &Arc<Task>) -> io::Result<TempPath> {
    let (project, task) = (Arc::clone(project), Arc::clone(task));
    let written =
        tokio::task::spawn_blocking(move || files::write(&project.data, &task.rows, task.format)).await;
    written.map_err(io::Error::other)?
}

/// The file in frames. The task is held until the end: where an open file cannot be removed, a deletion of the task
/// during a download would otherwise leave the file behind.
fn stream(file: File, task: Arc<Task>) -> Body {
    Body::from_stream(try_unfold((file, task), |(mut file, task)| async move {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        let count = file.read_buf(&mut chunk).await?;
        Ok::<_, io::Error>((count > 0).then(|| (chunk.freeze(), (file, task))))
    }))
}
