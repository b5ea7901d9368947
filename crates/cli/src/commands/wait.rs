//! `wait`

use std::time::Duration;

use session_export::{ExportTask, ReadyExport, WaitEvent, WaitPolicy};

use super::{Context, needs_tasks, task_id};
use crate::args::WaitArgs;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::settings::Key;

pub(super) async fn run(context: &Context<'_>, args: WaitArgs) -> Result<(), Failure> {
    needs_tasks(&args.connection)?;
    let id = task_id(&args.task)?;
    let connection = Connection::open(&context.settings, context.limit, context.progress).await?;
    let policy = policy(context.settings.time(Key::WaitTimeout)).visibility(VISIBILITY);
    context.progress.has_task(&id);
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

/// Waits, and says now and then how it goes.
pub(super) async fn until_ready(
    context: &Context<'_>,
    task: &ExportTask,
    policy: WaitPolicy,
) -> Result<ReadyExport, Failure> {
    let mut watch = task.watch(policy);
    let (mut said, mut next) = ("", Duration::ZERO);
    while let Some(event) = watch.next().await {
        let mut status = None;
        let (what, elapsed, polls, problem) = match event? {
            WaitEvent::Ready(ready) => return Ok(*ready),
            WaitEvent::InProgress {
                info, elapsed, polls, ..
            } => {
                status = info.status;
                ("the file is being made", elapsed, polls, None)
            }
            WaitEvent::NotListed { elapsed, polls, .. } => {
                ("the task is not listed yet", elapsed, polls, None)
            }
            WaitEvent::LookFailed {
                elapsed,
                polls,
                problem,
                ..
            } => ("a look failed, going on", elapsed, polls, Some(problem)),
            _ => continue,
        };
        let shown = match &status {
            Some(status) => format!("{what} ({})", status.as_str()),
            None => what.to_owned(),
        };
        let is_shown = context.progress.waits(&shown, elapsed, polls);
        if is_shown && problem.is_none() {
            continue;
        }
        // What is new is said at once, but that it goes well not before it takes some time.
        if (what != said && problem.is_some()) || elapsed >= next.max(EVERY) {
            let problem = problem.map_or_else(String::new, |problem| format!(": {problem}"));
            context
                .progress
                .say(format!("waiting: {} s, {what}{problem}", elapsed.as_secs()));
            (said, next) = (what, elapsed + EVERY);
        }
    }
    Err(Failure::usage("the wait ended without an end"))
}

/// How often to say that a wait goes on.
const EVERY: Duration = Duration::from_secs(10);
