//! `wait`

use session_export::{ExportTask, ReadyExport, WaitPolicy};

use super::{Context, task_id};
use crate::args::WaitArgs;
use crate::connection::Connection;
use crate::failure::Failure;

pub(super) async fn run(context: &Context<'_>, args: WaitArgs) -> Result<(), Failure> {
    let id = task_id(&args.task)?;
    let connection = Connection::open(args.connection, context.timeout).await?;
    let ready = until_ready(context, &connection.client.task(id), args.wait.wait_timeout).await?;
    let document = serde_json::to_value(ready.info()).unwrap_or_default();
    let name = ready
        .file_name()
        .map_or_else(String::new, |name| format!(": {name}"));
    context.result(&document, format!("task {} is ready{name}", ready.task_id()))
}

pub(super) async fn until_ready(
    context: &Context<'_>,
    task: &ExportTask,
    limit: Option<std::time::Duration>,
) -> Result<ReadyExport, Failure> {
    context.progress.has_task(task.task_id());
    let policy = match limit {
        Some(limit) => WaitPolicy::default().limit(limit),
        None => WaitPolicy::default(),
    };
    Ok(task.wait(policy).await?)
}
