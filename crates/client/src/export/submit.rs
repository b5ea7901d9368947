//! An export that has not been submitted yet.

use std::time::Duration;

use session_export_model::{SessionFilter, SessionOperation, TaskRef};

use super::ExportTask;
use crate::deadline::Phase;
use crate::operation::Operation;
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
    /// It is sent once, and again only where it is certain that the service did not take it: it was never sent, a 401, a
    /// 429. The service knows no idempotency key, so a submit whose answer is lost may have created a task; that is
    /// [`ErrorKind::Ambiguous`](crate::ErrorKind::Ambiguous), and repeating it may create a second one.
    ///
    /// Where the client has a limit on exports in flight, it waits for a place first; see
    /// [`ClientBuilder::exports_in_flight`](crate::ClientBuilder::exports_in_flight).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) when the filter breaks a rule of exports (nothing
    /// is sent), [`ErrorKind::Ambiguous`](crate::ErrorKind::Ambiguous), or whatever else the call ends with.
    ///
    /// # Cancel safety
    ///
    /// **Not cancel safe:** after dropping the future a task may exist. While it waits for a place, nothing was sent.
    pub async fn submit(self) -> Result<ExportTask, Error> {
        let _time = self.client.time(Phase::Submit);
        self.filter
            .check(SessionOperation::Export)
            .map_err(|violations| Error::invalid(Operation::ExportSessions, violations))?;
        let client = self.client.entered().await?;
        let (submitted, started_at) = client.submit(&self.filter).await?;
        let project_id = client.project_id().clone();
        let task = TaskRef::new(project_id, submitted.task_id, Some(started_at));
        Ok(ExportTask::new(client, task))
    }
}
