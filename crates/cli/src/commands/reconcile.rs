//! Finding out what became of a submit whose answer was lost.

use std::time::Duration;

use serde_json::{Value, json};
use session_export::{
    Ambiguity, Client, ExportKind, ExportTask, Reconciliation, WaitPolicy, format_timestamp,
};

use super::Context;
use super::wait::until_ready;
use crate::exported_file;
use crate::failure::{Failure, chain};

/// How often a list that fails for a passing reason is asked for again, and after which pause.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_secs(3);
/// How long a candidate is waited for where nobody said how long.
const CANDIDATE: Duration = Duration::from_secs(600);

/// Asks until it can be known.
pub(super) async fn find_out(
    context: &Context<'_>,
    client: &Client,
    ambiguity: &Ambiguity,
) -> Result<Reconciliation, Failure> {
    let since = format_timestamp(ambiguity.started_at());
    let (mut tries, mut said) = (0, false);
    loop {
        let pause = match client.reconcile(ambiguity).await {
            Ok(Reconciliation::NotYet { wait, .. }) => {
                if !said {
                    said = true;
                    context.progress.say(format!(
                        "a task may exist since {since}; that can be known in {} s, waiting for it",
                        wait.as_secs_f64().ceil()
                    ));
                }
                wait
            }
            Ok(found) => return Ok(found),
            Err(error) if error.is_transient() && tries < TRIES => {
                tries += 1;
                context.progress.say(format!(
                    "the list of tasks could not be read, trying again: {error}"
                ));
                PAUSE
            }
            Err(error) => {
                let problem = format!("the tasks could not be looked through: {}", chain(&error));
                return Err(Failure::still_unknown(&since, &problem));
            }
        };
        if context.limit.left().is_some_and(|left| left <= pause) {
            return Err(Failure::still_unknown(
                &since,
                "the deadline passes before it can be known",
            ));
        }
        tokio::time::sleep(pause).await;
    }
}

/// What was found, as `--json` tells it.
pub(super) fn tasks_of(found: &Reconciliation) -> Value {
    let (result, candidates) = match found {
        Reconciliation::One(only) => ("one", std::slice::from_ref(only)),
        Reconciliation::Several(several) => ("several", &several[..]),
        _ => ("none", &[][..]),
    };
    let tasks: Vec<_> = candidates.iter().map(|candidate| &candidate.info).collect();
    json!({"result": result, "tasks": tasks})
}

/// Whether a task's file is an export of that kind: waits for it, downloads it to where nobody sees it, and reads how it
/// begins.
pub(super) async fn holds(
    kind: ExportKind,
    context: &Context<'_>,
    task: ExportTask,
    policy: WaitPolicy,
) -> Result<bool, Failure> {
    let policy = match policy.has_limit() {
        true => policy,
        false => policy.limit(CANDIDATE),
    };
    let ready = until_ready(context, &task, policy).await?;
    let failed = |error| Failure::io("write a temporary file", &error);
    let mut file = tempfile::tempfile().map_err(failed)?;
    let receipt = ready.download().digest(false).to_writer(&mut file).await?;
    exported_file::holds(kind, &file, receipt.format).map_err(|error| Failure::io("read the file", &error))
}
