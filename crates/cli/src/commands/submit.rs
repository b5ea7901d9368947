//! `submit`

use serde_json::json;

use super::Context;
use super::obtain::Obtain;
use super::wait::policy;
use crate::args::SubmitArgs;
use crate::connection::Connection;
use crate::failure::Failure;

pub(super) async fn run(context: &Context<'_>, args: SubmitArgs) -> Result<(), Failure> {
    let filter = args.filter.build(&context.settings)?;
    let connection = Connection::open(&context.settings, context.limit, context.progress).await?;
    context.say_window(filter.window());
    let obtain = Obtain {
        context,
        connection: &connection,
        journal: None,
        reconciles: !args.reconcile.no_reconcile,
        policy: policy(None),
    };
    let obtained = obtain.submit(filter).await?;
    let id = obtained.task.task_id();
    let mut document = json!({"task_id": id});
    if let Some(reconciliation) = obtained.reconciliation {
        document["reconciliation"] = reconciliation;
    }
    context.result(&document, id.as_str()).await
}
