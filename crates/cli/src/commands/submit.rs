//! `submit`

use serde_json::json;
use session_export::SessionOperation;

use super::Context;
use crate::args::SubmitArgs;
use crate::connection::Connection;
use crate::failure::Failure;

pub(super) async fn run(context: &Context<'_>, args: SubmitArgs) -> Result<(), Failure> {
    let filter = args.filter.build(SessionOperation::Export)?;
    let connection = Connection::open(args.connection, context.timeout, context.progress).await?;
    context.say_window(&filter);
    let task = connection.client.export_sessions(filter).submit().await?;
    context.result(&json!({"task_id": task.task_id()}), task.task_id().as_str())
}
