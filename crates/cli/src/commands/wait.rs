//! `wait`

use std::time::Duration;

use session_export::{ExportTask, ReadyExport, WaitPolicy};

use super::{Context, needs_tasks, task_id};
use crate::args::WaitArgs;
use crate::connection::Connection;
use crate::failure::Failure;

pub(super) async fn run(context: &Context<'_>, args: WaitArgs) -> Result<(), Failure> {
    needs_tasks(&args.connection)?;
    let id = task_id(&args.task)?;
    let connection = Connection::open(args.connection, context.timeout, context.progress).await?;
    let policy = policy(args.wait.wait_timeout).visibility(VISIBILITY);
    let ready = until_ready(context, &connection.client.task(id), policy).await?;
    let document = serde_json::to_value(ready.info()).unwrap_or_default();
    let name = ready
        .file_name()
        .map_or_else(String::new, |name| format!(": {name}"));
    context
        .result(&document, format!("task {} is ready{name}", ready.task_id()))
        .await
}

/// A task that was named by its id is usually not new, and whoever mistyped one should not wait long to be told.
const VISIBILITY: Duration = Duration::from_secs(10);

/// The library's policy, with the limit of the flag.
pub(super) fn policy(limit: Option<Duration>) -> WaitPolicy {
    let policy = WaitPolicy::default();
    match limit {
        Some(limit) => policy.limit(limit),
        None => policy,
    }
}

pub(super) async fn until_ready(
    context: &Context<'_>,
    task: &ExportTask,
    policy: WaitPolicy,
) -> Result<ReadyExport, Failure> {
    context.progress.has_task(task.task_id());
    Ok(task.wait(policy).await?)
}
