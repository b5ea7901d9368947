//! `tasks`

use std::io::{self, Write};

use session_export::{ExportTaskInfo, SortDirection, TaskQuery, TaskStatus};

use super::Context;
use crate::args::TasksArgs;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::table::Table;

pub(super) async fn run(context: &Context<'_>, args: TasksArgs) -> Result<(), Failure> {
    let direction = if args.oldest_first {
        SortDirection::OldestFirst
    } else {
        SortDirection::NewestFirst
    };
    let mut query = TaskQuery::new()
        .sort(direction)
        .limit(args.limit)
        .offset(args.offset);
    if let Some(status) = args.status {
        query = query.status(TaskStatus::from(status));
    }
    if let Some(name) = args.file_name {
        query = query.file_name(name);
    }
    if let Some(downloaded) = args.downloaded {
        query = query.downloaded(downloaded);
    }
    query
        .check()
        .map_err(|violations| Failure::invalid_filter(&violations))?;
    let connection = Connection::open(&context.settings, context.timeout, context.progress).await?;
    let list = connection.client.list_tasks(&query).await?;
    if context.json {
        let document = serde_json::json!({"count": list.count, "export_tasks": list.export_tasks});
        return context
            .print(Failure::listing, move |out| writeln!(out, "{document}"))
            .await;
    }
    let listed = list.export_tasks.len();
    context
        .print(Failure::listing, move |out| write_table(out, &list.export_tasks))
        .await?;
    if let Some(count) = list.count {
        context.progress.say(format!("{listed} of {count} tasks"));
    }
    Ok(())
}

fn write_table(out: &mut impl Write, tasks: &[ExportTaskInfo]) -> io::Result<()> {
    let table = Table::new([32, 8, 24, 0]);
    table.row(out, ["TASK", "STATUS", "CREATED", "FILE OR REASON"])?;
    for task in tasks {
        let reason = task.fail_reason.as_deref().or(task.file_name.as_deref());
        table.row(
            out,
            [
                task.task_id.as_ref().map_or("", |id| id.as_str()),
                task.status.as_ref().map_or("", |status| status.as_str()),
                task.create_time.as_ref().map_or("", |time| time.as_str()),
                reason.unwrap_or_default(),
            ],
        )?;
    }
    Ok(())
}
