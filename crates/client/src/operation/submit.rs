//! `POST /v1/{project_id}/session/list-sessions/export`

use chrono::{DateTime, Utc};
use session_export_model::{SessionFilter, SubmittedTask};

use super::{Call, Operation};
use crate::{Client, Error};

impl Client {
    /// Creates an export task; returns it and the moment at which the attempt that created it began.
    pub(crate) async fn submit(
        &self,
        filter: &SessionFilter,
    ) -> Result<(SubmittedTask, DateTime<Utc>), Error> {
        const OPERATION: Operation = Operation::ExportSessions;
        let body = serde_json::to_vec(filter).expect("a map of texts always serialises");
        let path = [
            "v1",
            self.project_id().as_str(),
            "session",
            "list-sessions",
            "export",
        ];
        let uri = self.endpoint().sessions().url(path, [("", ""); 0]);
        Call::post(OPERATION, uri, "application/json", body)
            .json(self, |_| false)
            .await
    }
}
