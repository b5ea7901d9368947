//! An export that has not been submitted yet.

use std::time::Duration;

use session_export_model::{SessionFilter, TaskRef};

use super::ExportTask;
use crate::deadline::Phase;
use crate::{Client, Error};

/// An export that has not been submitted yet.
#[derive(Debug)]
#[must_use]
pub struct ExportSessions {
    client: Client,
    filter: SessionFilter,
}

impl ExportSessions {
    pub(crate) fn new(client: Client, filter: SessionFilter) -> Self {
        Self { client, filter }
    }

    /// One deadline, counted from now, over submitting, waiting and downloading together.
    pub fn deadline(mut self, budget: Duration) -> Self {
        self.client = self.client.with_deadline(budget);
        self
    }

    /// Creates the export task.
    ///
    /// It is sent once. The service knows no idempotency key, so a submit whose answer is lost may have created a task;
    /// that is [`ErrorKind::Ambiguous`](crate::ErrorKind::Ambiguous), and repeating it may create a second one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) when the filter breaks a rule of exports (nothing
    /// is sent), [`ErrorKind::Ambiguous`](crate::ErrorKind::Ambiguous), or whatever else the call ends with.
    ///
    /// # Cancel safety
    ///
    /// **Not cancel safe:** after dropping the future a task may exist.
    pub async fn submit(self) -> Result<ExportTask, Error> {
        let _time = self.client.time(Phase::Submit);
        let (submitted, started_at) = self.client.submit(&self.filter).await?;
        let project_id = self.client.project_id().clone();
        let task = TaskRef::new(project_id, submitted.task_id, Some(started_at));
        Ok(ExportTask::new(self.client.clone(), task))
    }
}
