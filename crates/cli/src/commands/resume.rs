//! `resume`: goes on with an export after the process that had it is gone.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::Utc;
use serde_json::{Value, json};
use session_export::{FileJournal, JournalState, TaskRef};

use super::download::{Output, Target};
use super::obtain::{Obtain, Obtained, Settled, delete_task};
use super::wait::policy;
use super::{Context, needs_tasks};
use crate::args::ResumeArgs;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::settings::Key;
use crate::shown::shown;

/// What an export writes down for whoever resumes it.
pub(super) struct Note {
    output: PathBuf,
    force: bool,
    delete: bool,
    max_bytes: Option<u64>,
}

pub(super) async fn run(context: &Context<'_>, args: ResumeArgs) -> Result<(), Failure> {
    needs_tasks(&args.connection)?;
    let journal = Arc::new(FileJournal::open(&args.journal)?);
    if journal.was_torn() {
        context
            .progress
            .say("note: the journal's last line was cut short by a crash and does not count");
    }
    let note = Note::of(&journal)?;
    let state = journal.state();
    match &state {
        JournalState::Downloaded {
            task,
            path,
            bytes,
            sha256,
            ..
        } => {
            let document = json!({
                "task_id": task.task_id(),
                "path": path.to_string_lossy(),
                "bytes": bytes,
                "sha256": sha256,
            });
            let line = format!("{}: downloaded before, {bytes} bytes", shown(path));
            if note.delete {
                let connection = Connection::open(&context.settings, context.limit, context.progress).await?;
                let task = connection.client.resume(task.clone())?;
                delete_task(context, &connection.client, &task).await?;
            }
            return context.result(&document, line).await;
        }
        JournalState::Empty => return Err(Failure::nothing_to_resume()),
        _ => {}
    }
    let target = Target::resumed(
        note.output,
        note.force || args.force,
        note.max_bytes,
        context.json,
    )?;
    target.check_writable()?;
    let connection = Connection::open(&context.settings, context.limit, context.progress).await?;
    let obtain = Obtain {
        context,
        connection: &connection,
        journal: Some(Arc::clone(&journal)),
        reconciles: true,
        policy: policy(context.settings.time(Key::WaitTimeout)),
    };
    let settled = match state {
        // The process that was about to submit is gone, or its lock could not have been taken.
        JournalState::Intended(intent) => {
            let ambiguity = intent.ambiguity(Utc::now());
            obtain.note(|journal| journal.ambiguous(&ambiguity));
            context
                .progress
                .say("the journal ends where a submit was about to be sent");
            obtain.settle(&ambiguity).await?
        }
        JournalState::Ambiguous(ambiguity) => obtain.settle(&ambiguity).await?,
        JournalState::Submitted(task) | JournalState::Ready(task) => {
            Settled::Adopted(known(context, &connection, task)?)
        }
        _ => Settled::NotCreated,
    };
    let obtained = match settled {
        Settled::Adopted(obtained) => obtained,
        // No task exists, so this is no second one.
        Settled::NotCreated => {
            let filter = journal.filter().ok_or_else(Failure::nothing_to_resume)?;
            context.progress.say("submitting again");
            obtain.submit(filter).await?
        }
    };
    obtain.finish(obtained, &target, note.delete, true).await
}

fn known(context: &Context<'_>, connection: &Connection, task: TaskRef) -> Result<Obtained, Failure> {
    let task = connection.client.resume(task)?;
    context.progress.has_task(task.task_id());
    context
        .progress
        .say(format!("going on with task {}", task.task_id()));
    Ok(Obtained {
        task,
        reconciliation: None,
    })
}

impl Note {
    /// Where the file goes: `output` as it was given.
    pub(super) fn new(args: &Output, delete: bool) -> Result<Self, Failure> {
        let output = args.path.as_deref().unwrap_or(Path::new("."));
        if output == Path::new("-") {
            return Err(Failure::usage(
                "--journal and `-o -` do not go together: what was written to standard output cannot be resumed",
            ));
        }
        let output =
            std::path::absolute(output).map_err(|error| Failure::io("find out the path of -o", &error))?;
        if output.to_str().is_none() {
            return Err(Failure::usage(
                "with --journal the path of -o must be valid UTF-8, because the journal names it",
            ));
        }
        Ok(Self {
            output,
            force: args.force,
            delete,
            max_bytes: args.max_bytes,
        })
    }

    pub(super) fn document(&self) -> Value {
        json!({
            "output": self.output,
            "force": self.force,
            "delete": self.delete,
            "max_bytes": self.max_bytes,
        })
    }

    fn of(journal: &FileJournal) -> Result<Self, Failure> {
        let note: Value = journal.note().unwrap_or_default();
        let flag = |name: &str| note[name].as_bool().unwrap_or_default();
        match note["output"].as_str() {
            Some(output) => Ok(Self {
                output: output.into(),
                force: flag("force"),
                delete: flag("delete"),
                max_bytes: note["max_bytes"].as_u64(),
            }),
            // The first line was cut short: nothing had been sent.
            None if journal.state() == JournalState::Empty => Err(Failure::nothing_to_resume()),
            None => Err(Failure::usage(
                "the journal does not say where the file goes: it was not written by `session-export export`",
            )),
        }
    }
}
