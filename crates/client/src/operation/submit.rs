//! `POST /v1/{project_id}/session/list-sessions/export`

use chrono::{DateTime, Utc};
use session_export_model::{SessionFilter, SessionOperation, SubmittedTask};

use super::{Call, Operation};
use crate::{Client, Error};

const OPERATION: Operation = Operation::ExportSessions;

impl Client {
    /// Whether the filter may be submitted.
    pub(crate) fn check_export(&self, filter: &SessionFilter) -> Result<(), Error> {
        filter
            .check(SessionOperation::Export)
            .map_err(|violations| Error::invalid(OPERATION, violations))
    }

    /// Creates an export task, of a filter that was checked; returns it and the moment at which the attempt that created it began.
    pub(crate) async fn submit(
        &self,
        filter: &SessionFilter,
    ) -> Result<(SubmittedTask, DateTime<Utc>), Error> {
        // All nine fields fit.
        let mut body = Vec::with_capacity(512);
        serde_json::to_writer(&mut body, filter).expect("a map of texts always serialises");
        let path = [
            "v1",
            self.project_id().as_str(),
            "session",
            "list-sessions",
            "export",
        ];
        let uri = self.endpoint().sessions().url(path, [("", ""); 0]);
        let (task, exchange) = Call::post(OPERATION, uri, "application/json", body)
            .json(self, |_| false)
            .await?;
        Ok((task, exchange.started_at))
    }
}
