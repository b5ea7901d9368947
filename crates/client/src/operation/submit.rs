//! `POST /v1/{project_id}/session/{list}/export`

use chrono::{DateTime, Utc};
use session_export_model::{ExportFilter, SubmittedTask};

use super::{Call, Operation};
use crate::{Client, Error};

impl Client {
    /// Whether the filter may be submitted.
    pub(crate) fn check_export(&self, filter: &ExportFilter) -> Result<(), Error> {
        filter
            .check()
            .map_err(|violations| Error::invalid(Operation::Export(filter.kind()), violations))
    }

    /// Creates an export task, of a filter that was checked; returns it and the moment at which the attempt that created it began.
    pub(crate) async fn submit(
        &self,
        filter: &ExportFilter,
    ) -> Result<(SubmittedTask, DateTime<Utc>), Error> {
        // All nine fields of a list of sessions fit.
        let mut body = Vec::with_capacity(512);
        serde_json::to_writer(&mut body, filter).expect("a map of texts always serialises");
        let path = [
            "v1",
            self.project_id().as_str(),
            "session",
            filter.kind().path_segment(),
            "export",
        ];
        let uri = self.endpoint().sessions().url(path, [("", ""); 0]);
        let (task, exchange) = Call::post(Operation::Export(filter.kind()), uri, "application/json", body)
            .json(self, |_| false)
            .await?;
        Ok((task, exchange.began.wall))
    }
}
