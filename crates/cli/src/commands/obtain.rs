//! From a filter to a task, and from a task to a file: what `export`, `submit` and `resume` have in common.
//!
//! With a journal, each step is written down before the next one is taken.

use std::sync::Arc;

use serde_json::Value;
use session_export::{
    Ambiguity, Client, Error, ErrorKind, ExportFilter, ExportTask, FileJournal, Reconciliation, TaskIds,
    WaitPolicy,
};

use super::Context;
use super::download::{Target, receive, receive_again};
use super::leftovers::Leftovers;
use super::reconcile::{find_out, holds, tasks_of};
use super::wait::until_ready;
use crate::connection::Connection;
use crate::failure::Failure;

/// How a task is obtained.
pub(super) struct Obtain<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) connection: &'a Connection,
    pub(super) journal: Option<Arc<FileJournal>>,
    /// Whether to find out what became of a submit whose answer was lost.
    pub(super) reconciles: bool,
    pub(super) policy: WaitPolicy,
}

/// A task, and how it was found if its submit's answer was lost.
pub(super) struct Obtained {
    pub(super) task: ExportTask,
    pub(super) reconciliation: Option<Value>,
}

/// What became of a submit whose answer was lost.
pub(super) enum Settled {
    /// Its task was found.
    Adopted(Obtained),
    /// It created none.
    NotCreated,
}

impl Obtain<'_> {
    fn client(&self) -> &Client {
        &self.connection.client
    }

    /// Submits. Whatever ends the program during or after it says what it leaves behind.
    pub(super) async fn submit(&self, filter: ExportFilter) -> Result<Obtained, Failure> {
        let progress = self.context.progress;
        let mut export = self.client().export(filter);
        if let Some(journal) = &self.journal {
            export = export.journal(Arc::clone(journal));
        }
        progress.submits();
        let error = match export.submit().await {
            Ok(task) => {
                progress.has_task(task.task_id());
                progress.say(format!("submitted: task {}", task.task_id()));
                return Ok(Obtained {
                    task,
                    reconciliation: None,
                });
            }
            Err(error) => error,
        };
        match error.submitted_task() {
            Some(task) => progress.has_task(task.task_id()),
            // The error speaks for itself.
            None if !(self.reconciles && error.is_ambiguous()) => progress.leaves_nothing(),
            None => {}
        }
        let Some(ambiguity) = error.ambiguity().cloned() else {
            self.note_refusal(&error);
            return Err(error.into());
        };
        self.note(|journal| journal.ambiguous(&ambiguity));
        if !self.reconciles {
            return Err(error.into());
        }
        progress.say(format!(
            "the submit's answer was lost: {}",
            crate::failure::chain(&error)
        ));
        match self.settle(&ambiguity).await? {
            Settled::Adopted(obtained) => Ok(obtained),
            Settled::NotCreated => Err(Failure::not_created(&error)),
        }
    }

    /// Lets a journal say that a failed submit created nothing, where that is certain.
    fn note_refusal(&self, error: &Error) {
        let is_certain = match error.kind() {
            ErrorKind::Journal { .. } => false,
            ErrorKind::Service(failure) => !failure.status.is_success(),
            _ => error.nothing_was_sent(),
        };
        if is_certain {
            self.note(FileJournal::not_created);
        }
    }

    /// Writes down how far it came, if there is a journal. One that cannot be written any more ends nothing: what it last
    /// said is still a place from which it can be gone on.
    pub(super) fn note(&self, write: impl FnOnce(&FileJournal) -> Result<(), Error>) {
        if let Some(journal) = &self.journal
            && let Err(error) = write(journal)
        {
            self.context.progress.say(format!(
                "note: {}; going on without it",
                crate::failure::chain(&error)
            ));
        }
    }

    /// Finds out what became of a submit, and adopts its task only if that can be told by its file.
    pub(super) async fn settle(&self, ambiguity: &Ambiguity) -> Result<Settled, Failure> {
        let progress = self.context.progress;
        progress.may_have_task(ambiguity.started_at());
        let settled = self.look_for(ambiguity).await;
        if !matches!(settled, Ok(Settled::Adopted(_))) {
            // What is said now says it all.
            progress.leaves_nothing();
        }
        settled
    }

    async fn look_for(&self, ambiguity: &Ambiguity) -> Result<Settled, Failure> {
        let progress = self.context.progress;
        let found = find_out(self.context, self.client(), ambiguity).await?;
        self.note(|journal| journal.reconciled(&found));
        let tasks = tasks_of(&found);
        let only = match found {
            Reconciliation::Nothing => {
                progress.say("no task was created");
                return Ok(Settled::NotCreated);
            }
            Reconciliation::One(only) => only,
            _ => return Err(Failure::several(&tasks)),
        };
        let id = only.task.task_id().clone();
        progress.say(format!("task {id} may be the one; looking into its file"));
        let (kind, candidate) = (ambiguity.kind(), self.client().task(id.clone()));
        match holds(kind, self.context, candidate, self.policy.clone()).await {
            Ok(true) => {}
            Ok(false) => {
                return Err(Failure::not_adopted(
                    &id,
                    &format!("its file does not look like {}", kind.as_str().replace('_', " ")),
                    tasks,
                ));
            }
            Err(failure) => {
                let problem = format!("its file could not be looked into: {}", failure.message());
                return Err(Failure::not_adopted(&id, &problem, tasks));
            }
        }
        self.note(|journal| journal.adopted(&only.task));
        progress.has_task(&id);
        progress.say(format!("adopted: task {id}"));
        Ok(Settled::Adopted(Obtained {
            task: self.client().resume(only.task)?,
            reconciliation: Some(tasks),
        }))
    }

    /// Waits and downloads. `resumed` says that a file which is there already may be this export's.
    pub(super) async fn finish(
        &self,
        obtained: Obtained,
        target: &Target,
        delete: bool,
        resumed: bool,
    ) -> Result<(), Failure> {
        let (context, task) = (self.context, &obtained.task);
        let ready = until_ready(context, task, self.policy.clone()).await?;
        self.note(|journal| journal.ready(&task.to_ref()));
        let leftovers = self.journal.as_deref().map(|journal| Leftovers {
            journal,
            task: task.to_ref(),
        });
        let mut received = match resumed {
            true => receive_again(context, &ready, target, leftovers.as_ref()).await?,
            false => receive(context, &ready, target, leftovers.as_ref()).await?,
        };
        received.add("reconciliation", obtained.reconciliation);
        if let Some(file) = &received.file {
            self.note(|journal| journal.downloaded(&task.to_ref(), &file.path, file.bytes, file.sha256));
        }
        context.progress.leaves_nothing();
        if delete && let Err(failure) = delete_task(context, self.client(), task).await {
            // The file is there all the same; standard output belongs to the failure.
            received.say(context);
            return Err(failure);
        }
        received.tell(context).await
    }
}

pub(super) async fn delete_task(
    context: &Context<'_>,
    client: &Client,
    task: &ExportTask,
) -> Result<(), Failure> {
    let tasks =
        TaskIds::new([task.task_id().clone()]).map_err(|refused| Failure::usage(refused.to_string()))?;
    client.delete_tasks(&tasks).await?;
    context.progress.say(format!("deleted: task {}", task.task_id()));
    Ok(())
}
