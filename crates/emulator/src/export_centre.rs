//! The export centre: `ListExportTasks`, `DownloadExportFile` and `DeleteExportTasks`.

use std::collections::HashSet;
use std::sync::Arc;

use axum::response::Response;
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::fs::File;

use crate::app::App;
use crate::choices::{
    CreatingDeletion, DownloadRedirect, DownloadedOmitted, EmptyText, NoFile, RepeatedDownload, SortAlone,
    TaskFileName, TaskOrder, UnknownDeletion,
};
use crate::download;
use crate::files::FileState;
use crate::reply::{self, Refusal};
use crate::request::{self, BodyOf, Query};
use crate::sessions::OFFSET_LIMIT;
use crate::tasks::{Status, Task};
use crate::tenancy::Project;

/// `GET /v2/{project_id}/export-tasks`
pub(crate) async fn list(
    app: &App,
    project: &Arc<Project>,
    now: DateTime<Utc>,
    query: &str,
) -> Result<Response, Refusal> {
    let choices = &app.options.choices;
    let query = Query::parse(query).map_err(invalid)?;
    let limit = query.number("limit", 20, 1, 100).map_err(invalid)?;
    let offset = query.number("offset", 0, 0, OFFSET_LIMIT).map_err(invalid)?;
    let text = |name| match query.get(name).map_err(invalid)? {
        Some("") if choices.empty_text == EmptyText::NoFilter => Ok(None),
        Some("") if choices.empty_text == EmptyText::Refused => {
            Err(invalid(format!("{name} must not be empty.")))
        }
        other => Ok(other),
    };
    let (file_name, task_id) = (text("file_name")?, text("task_id")?);
    let status = match query.get("status").map_err(invalid)? {
        None => None,
        Some(name) => Some(status(name).ok_or_else(|| invalid("status is unknown."))?),
    };
    let downloaded = match query.get("is_download").map_err(invalid)? {
        None => match choices.downloaded_omitted {
            DownloadedOmitted::All => None,
            DownloadedOmitted::NotDownloaded => Some(false),
        },
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err(invalid("is_download must be true or false.")),
    };
    let (field, direction) = (
        query.get("sort_field").map_err(invalid)?,
        query.get("sort_type").map_err(invalid)?,
    );
    let ascending = match (field, direction) {
        (None, None) => choices.task_order == TaskOrder::OldestFirst,
        (Some(_), None) | (None, Some(_)) if choices.sort_alone == SortAlone::Refused => {
            return Err(invalid("sort_field and sort_type go together."));
        }
        (None | Some("create_time"), None | Some("ASC")) => true,
        (None | Some("create_time"), Some("DESC")) => false,
        _ => {
            return Err(invalid(
                "sort_field must be create_time, and sort_type ASC or DESC.",
            ));
        }
    };
    let file_name = file_name.map(|name| match choices.task_file_name {
        TaskFileName::Exact => name.to_owned(),
        TaskFileName::Fuzzy => name.to_lowercase(),
    });
    let is_named = |task: &Task| match (&file_name, choices.task_file_name) {
        (None, _) => true,
        (Some(name), TaskFileName::Exact) => task.file_name == *name,
        (Some(name), TaskFileName::Fuzzy) => task.file_name.to_lowercase().contains(name),
    };

    project.tasks.sweep(&app.options, now);
    let mut tasks = project.tasks.to_vec();
    tasks.retain(|task| {
        task.is_listed(&app.options, now)
            && is_named(task)
            && task_id.is_none_or(|id| task.id == id)
            && status.is_none_or(|status| task.status(&app.options, now) == status)
            && downloaded.is_none_or(|downloaded| task.is_downloaded() == downloaded)
    });
    // The sort is stable: the order of submission decides between tasks of the same moment.
    tasks.sort_by_key(|task| task.created());
    if !ascending {
        tasks.reverse();
    }
    for task in tasks.iter().skip(offset).take(limit) {
        settle(app, project, now, task).await;
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

/// Sees to it that a task which is shown as finished has its file, or else fails.
async fn settle(app: &App, project: &Arc<Project>, now: DateTime<Utc>, task: &Arc<Task>) {
    if task.status(&app.options, now) == Status::Success {
        app.writers.settle(project, task).await;
    }
}

/// `GET /v2/{project_id}/export-tasks/{task_id}/download`
pub(crate) async fn download(
    app: &App,
    project: &Arc<Project>,
    now: DateTime<Utc>,
    task_id: &str,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let task = downloadable(app, project, now, task_id).await?;
    if app.options.choices.redirect == DownloadRedirect::Location {
        let location = app.tickets.issue(app, now, project, &task.id);
        return Ok(reply::redirect(&location));
    }
    send(app, task, headers).await
}

/// `GET /export-files/{ticket}`: where a redirected download leads, without credentials.
pub(crate) async fn fetch(
    app: &App,
    now: DateTime<Utc>,
    ticket: &str,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let (project, task_id) = app.tickets.find(ticket, now).ok_or_else(Refusal::not_published)?;
    let task = downloadable(app, &project, now, &task_id).await?;
    send(app, task, headers).await
}

/// The task, if it has a file now.
async fn downloadable(
    app: &App,
    project: &Arc<Project>,
    now: DateTime<Utc>,
    task_id: &str,
) -> Result<Arc<Task>, Refusal> {
    let choices = &app.options.choices;
    let refusal = |code, message: String| match choices.no_file {
        NoFile::BadRequest => Refusal::service(StatusCode::BAD_REQUEST, code, message),
        NoFile::NotFound => Refusal::service(StatusCode::NOT_FOUND, "WKS.00211902", message),
    };
    let task = project.tasks.find(task_id);
    let Some(task) = task.filter(|task| task.is_listed(&app.options, now)) else {
        return Err(refusal("WKS.0202", "The export task does not exist.".to_owned()));
    };
    project.tasks.sweep(&app.options, now);
    settle(app, project, now, &task).await;
    let status = task.status(&app.options, now);
    if status != Status::Success {
        let message = format!(
            "The file cannot be downloaded: the export task is {}.",
            status.name()
        );
        return Err(refusal("WKS.00010032", message));
    }
    if choices.repeated_download == RepeatedDownload::Refused && task.is_downloaded() {
        let message = "The file has been downloaded already.".to_owned();
        return Err(refusal("WKS.00010032", message));
    }
    Ok(task)
}

async fn send(app: &App, task: Arc<Task>, headers: &HeaderMap) -> Result<Response, Refusal> {
    let FileState::Written(path, _) = task.file.state() else {
        return Err(Refusal::internal());
    };
    let file = File::open(path.path()).await.map_err(|_| Refusal::internal())?;
    let length = file.metadata().await.map_err(|_| Refusal::internal())?.len();
    let answer = download::answer(&app.options.choices, task, file, length, headers);
    answer.await.map_err(|_| Refusal::internal())
}

/// `POST /v2/{project_id}/export-tasks/batch-delete`
pub(crate) fn delete(
    app: &App,
    project: &Project,
    now: DateTime<Utc>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, Refusal> {
    let choices = &app.options.choices;
    request::require_json(headers, choices.media_type, BodyOf::Deletion)?;
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
    let is_creating = |task: Arc<Task>| task.status(&app.options, now) == Status::Creating;
    if choices.creating_deletion == CreatingDeletion::Refused
        && ids
            .iter()
            .filter_map(|id| project.tasks.find(id))
            .any(is_creating)
    {
        let message = "An export task that is CREATING cannot be deleted.";
        return Err(Refusal::service(StatusCode::BAD_REQUEST, "WKS.00010032", message));
    }
    let has_unknown = ids.iter().any(|id| project.tasks.find(id).is_none());
    let unknown = || {
        let message = "At least one of the export tasks does not exist.";
        Refusal::service(StatusCode::BAD_REQUEST, "WKS.0202", message)
    };
    if has_unknown && choices.unknown_deletion == UnknownDeletion::Refused {
        return Err(unknown());
    }
    project
        .tasks
        .delete(&ids, &app.store)
        .map_err(reply::not_stored)?;
    if has_unknown && choices.unknown_deletion == UnknownDeletion::Partial {
        return Err(unknown());
    }
    Ok(reply::empty(StatusCode::OK))
}

fn status(name: &str) -> Option<Status> {
    Status::ALL.into_iter().find(|status| status.name() == name)
}

fn invalid(fault: impl AsRef<str>) -> Refusal {
    let message = format!("The request message is invalid. {}", fault.as_ref());
    Refusal::service(StatusCode::BAD_REQUEST, "WKS.00139901", message)
}
