//! `export`: from a filter to a file.

use session_export::{SessionOperation, TaskIds};

use super::Context;
use super::download::{Target, receive};
use super::submit::submit;
use super::wait::{policy, until_ready};
use crate::args::ExportArgs;
use crate::connection::Connection;
use crate::failure::Failure;

pub(super) async fn run(context: &Context<'_>, args: ExportArgs) -> Result<(), Failure> {
    // Whatever is wrong on this machine is said before a task exists.
    let filter = args.filter.build(SessionOperation::Export)?;
    let target = Target::new(args.output, context.json)?;
    target.check_writable()?;
    let connection = Connection::open(args.connection, context.timeout, context.progress).await?;
    context.say_window(&filter);
    let task = submit(context, &connection, filter).await?;
    context
        .progress
        .say(format!("submitted: task {}", task.task_id()));
    let ready = until_ready(context, &task, policy(args.wait.wait_timeout)).await?;
    let received = receive(context, &ready, &target).await?;
    context.progress.leaves_nothing();
    if args.delete {
        let tasks =
            TaskIds::new([task.task_id().clone()]).map_err(|refused| Failure::usage(refused.to_string()))?;
        if let Err(error) = connection.client.delete_tasks(&tasks).await {
            // The file is there all the same; standard output belongs to the failure.
            received.say(context);
            return Err(error.into());
        }
        context.progress.say(format!("deleted: task {}", task.task_id()));
    }
    received.tell(context).await
}
