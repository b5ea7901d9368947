//! What a process writes down around a submit, so that another one can go on after a crash.

mod file;
mod line;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use session_export_model::{ExportFilter, ProjectId, TaskRef};

pub use file::{FileJournal, JournalState};

use crate::Ambiguity;

/// Why a journal did not take an entry.
pub type JournalRefusal = Box<dyn StdError + Send + Sync>;

/// Is told before and after each submit; given to [`Export::journal`](crate::Export::journal).
///
/// Both calls come on the thread that polls the submit, and an entry must be durable when its call returns: a process that
/// dies between the two leaves an intent without a task, and whoever reads that must [look for the
/// task](crate::Client::reconcile) before submitting again. [`FileJournal`] is an implementation with a file.
pub trait SubmitJournal: fmt::Debug + Send + Sync {
    /// A submit is about to be sent.
    ///
    /// # Errors
    ///
    /// Whatever keeps the entry from being durable; then nothing is sent.
    fn about_to_submit(&self, intent: &SubmitIntent) -> Result<(), JournalRefusal>;

    /// The submit created a task.
    ///
    /// # Errors
    ///
    /// Whatever keeps the entry from being durable; the submit then fails with an error that carries the task.
    fn submitted(&self, task: &TaskRef) -> Result<(), JournalRefusal>;
}

impl<T: SubmitJournal + ?Sized> SubmitJournal for Arc<T> {
    fn about_to_submit(&self, intent: &SubmitIntent) -> Result<(), JournalRefusal> {
        (**self).about_to_submit(intent)
    }

    fn submitted(&self, task: &TaskRef) -> Result<(), JournalRefusal> {
        (**self).submitted(task)
    }
}

/// A submit that is about to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubmitIntent {
    /// The project that is submitted for.
    pub project_id: ProjectId,
    /// What is submitted. It serialises to the body that is sent.
    pub filter: ExportFilter,
    /// The moment, by this machine's clock.
    pub started_at: DateTime<Utc>,
}

impl SubmitIntent {
    pub(crate) fn new(project_id: ProjectId, filter: ExportFilter, started_at: DateTime<Utc>) -> Self {
        Self {
            project_id,
            filter,
            started_at,
        }
    }

    /// What is unknown when nothing followed this intent. `sent_by` is a moment at which the process that had it was
    /// surely dead, such as that at which its lock could be taken.
    pub fn ambiguity(&self, sent_by: DateTime<Utc>) -> Ambiguity {
        Ambiguity::new(
            self.filter.kind(),
            self.project_id.clone(),
            self.started_at,
            sent_by,
        )
    }
}
