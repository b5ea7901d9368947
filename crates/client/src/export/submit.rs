//! An export that has not been submitted yet.

use std::sync::Arc;
use std::time::Duration;

use session_export_model::{ExportFilter, ExportKind, TaskRef};

use super::ExportTask;
use crate::deadline::Phase;
use crate::operation::Operation;
use crate::{Client, Error, SubmitIntent, SubmitJournal};

/// An export that has not been submitted yet, of whichever list.
#[derive(Debug)]
#[must_use]
pub struct Export {
    client: Client,
    filter: ExportFilter,
    journal: Option<Arc<dyn SubmitJournal>>,
}

impl Export {
    pub(crate) fn new(client: Client, filter: ExportFilter) -> Self {
        Self {
            client,
            filter,
            journal: None,
        }
    }

    /// One deadline, counted from now, over submitting, waiting and downloading together.
    pub fn deadline(mut self, budget: Duration) -> Self {
        self.client = self.client.with_deadline(budget);
        self
    }

    /// Tells `journal` before and after the submit, so that another process can go on should this one die.
    pub fn journal(mut self, journal: impl SubmitJournal + 'static) -> Self {
        self.journal = Some(Arc::new(journal));
        self
    }

    /// Creates the export task.
    ///
    /// It is sent once, and again only where it is certain that the service did not take it: it was never sent, a 401, a
    /// 429. The service knows no idempotency key, so a submit whose answer is lost, or is a success that cannot be understood,
    /// may have created a task; that is
    /// [`ErrorKind::Ambiguous`](crate::ErrorKind::Ambiguous), and repeating it may create a second one.
    /// [`Client::reconcile`] finds out.
    ///
    /// Where the client has a limit on exports in flight, it waits for a place first; see
    /// [`ClientBuilder::exports_in_flight`](crate::ClientBuilder::exports_in_flight).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) when the filter breaks a rule of exports (nothing
    /// is sent), [`ErrorKind::Ambiguous`](crate::ErrorKind::Ambiguous),
    /// [`ErrorKind::Journal`](crate::ErrorKind::Journal) when the journal does not take an entry (before the submit:
    /// nothing is sent; after it: [`Error::submitted_task`] has the task), or whatever else the call ends with.
    ///
    /// # Cancel safety
    ///
    /// **Not cancel safe:** after dropping the future a task may exist. A journal then has an intent without a task.
    /// While it waits for a place, nothing was sent.
    pub async fn submit(self) -> Result<ExportTask, Error> {
        let _time = self.client.time(Phase::Submit);
        // A journal is not to hold an intent that is refused here.
        self.client.check_export(&self.filter)?;
        let operation = Operation::Export(self.filter.kind());
        let client = &self.client.entered(operation).await?;
        if let Some(journal) = &self.journal {
            let project_id = client.project_id().clone();
            let intent = SubmitIntent::new(project_id, self.filter.clone(), client.clock().now());
            journal
                .about_to_submit(&intent)
                .map_err(|refusal| Error::not_journalled(operation, None, refusal))?;
        }
        let in_flight = client.own_tasks().begin(client.clock().monotonic());
        let (submitted, started_at) = client
            .submit(&self.filter)
            .await
            .map_err(|error| lost(client, self.filter.kind(), error))?;
        // Before it is no longer in flight, so that at no time its task looks like nobody's.
        client.own_tasks().add(&submitted.task_id);
        drop(in_flight);
        let project_id = client.project_id().clone();
        let task = TaskRef::new(project_id, submitted.task_id, Some(started_at));
        if let Some(journal) = &self.journal {
            journal
                .submitted(&task)
                .map_err(|refusal| Error::not_journalled(operation, Some(task.clone()), refusal))?;
        }
        Ok(ExportTask::new(client.clone(), task))
    }
}

/// Notes a lost submit's start by the monotonic clock too: the wall clock may be set while it is under way, or before somebody asks for
/// its task.
fn lost(client: &Client, kind: ExportKind, error: Error) -> Error {
    let error = error.lost_for(kind, client.project_id());
    if let (Some(ambiguity), Some(began)) = (error.ambiguity(), error.began()) {
        client.own_tasks().lose(ambiguity.started_at(), began);
    }
    error
}
