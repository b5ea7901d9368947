//! `tasks`

use std::io::{self, Write};

use anstyle::Style;
use session_export::{ExportTaskInfo, SortDirection, TaskQuery, TaskStatus};

use super::Context;
use super::rows::{Csv, TASK};
use crate::args::{ListFormat, TasksArgs};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::style;
use crate::table::Table;
use crate::time_flags::Zone;

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
    let connection = Connection::open(&context.settings, context.limit, context.progress).await?;
    let list = connection.client.list_tasks(&query).await?;
    if context.json {
        let document = serde_json::json!({
            "schema": context.schema(),
            "count": list.count,
            "export_tasks": list.export_tasks,
        });
        return context
            .print(Failure::listing, move |out| writeln!(out, "{document}"))
            .await;
    }
    let listed = list.export_tasks.len();
    let zone = context.settings.zone();
    context
        .print(Failure::listing, move |out| match args.list.output {
            ListFormat::Csv => write_csv(out, &list.export_tasks),
            ListFormat::Table | ListFormat::Json => write_table(out, &list.export_tasks, zone),
        })
        .await?;
    if let Some(count) = list.count {
        context.progress.say(format!("{listed} of {count} tasks"));
    }
    Ok(())
}

fn write_csv(out: &mut impl Write, tasks: &[ExportTaskInfo]) -> io::Result<()> {
    let mut csv = Csv::new(out, TASK)?;
    tasks.iter().try_for_each(|task| csv.row(task))?;
    csv.finish().map(drop)
}

fn write_table(out: &mut impl Write, tasks: &[ExportTaskInfo], zone: Zone) -> io::Result<()> {
    let table = Table::new([32, 8, 26, 0]).on_standard_output();
    table.header(out, ["TASK", "STATUS", "CREATED", "FILE OR REASON"])?;
    for task in tasks {
        let plain = Style::new();
        let status = task.status.as_ref().map_or("", |status| status.as_str());
        let last = match (task.fail_reason.as_deref(), task.file_name.as_deref()) {
            (Some(reason), _) => (reason, style::BAD),
            (None, name) => (name.unwrap_or_default(), plain),
        };
        let created = zone.shown_time(task.create_time.as_ref());
        let cells = [
            (task.task_id.as_ref().map_or("", |id| id.as_str()), plain),
            (status, style::of_state(status)),
            (&created, plain),
            last,
        ];
        table.row(out, cells)?;
    }
    Ok(())
}
