//! `submit`, and the first third of `export`.

use serde_json::json;
use session_export::{ExportTask, SessionFilter, SessionOperation};

use super::Context;
use crate::args::SubmitArgs;
use crate::connection::Connection;
use crate::failure::Failure;

pub(super) async fn run(context: &Context<'_>, args: SubmitArgs) -> Result<(), Failure> {
    let filter = args.filter.build(SessionOperation::Export)?;
    let connection = Connection::open(args.connection, context.timeout, context.progress).await?;
    context.say_window(&filter);
    let task = submit(context, &connection, filter).await?;
    context
        .result(&json!({"task_id": task.task_id()}), task.task_id().as_str())
        .await
}

/// Submits. Whatever ends the program during or after it says what it leaves behind.
pub(super) async fn submit(
    context: &Context<'_>,
    connection: &Connection,
    filter: SessionFilter,
) -> Result<ExportTask, Failure> {
    context.progress.submits();
    let submitted = connection.client.export_sessions(filter).submit().await;
    match &submitted {
        Ok(task) => context.progress.has_task(task.task_id()),
        Err(_) => context.progress.leaves_nothing(),
    }
    Ok(submitted?)
}
