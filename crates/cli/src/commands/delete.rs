//! `delete`

use serde_json::json;
use session_export::TaskIds;

use super::{Context, needs_tasks, task_id};
use crate::args::DeleteArgs;
use crate::connection::Connection;
use crate::failure::Failure;

pub(super) async fn run(context: &Context<'_>, args: DeleteArgs) -> Result<(), Failure> {
    needs_tasks(&args.connection)?;
    let ids = args
        .tasks
        .iter()
        .map(|text| task_id(text))
        .collect::<Result<Vec<_>, _>>()?;
    let tasks = TaskIds::new(ids).map_err(|refused| Failure::usage(refused.to_string()))?;
    let connection = Connection::open(&context.settings, context.limit, context.progress).await?;
    connection.client.delete_tasks(&tasks).await?;
    let names: Vec<_> = tasks.as_slice().iter().map(|id| id.as_str()).collect();
    context
        .result(
            &json!({"deleted": names}),
            format!("deleted: {}", names.join(" ")),
        )
        .await
}
