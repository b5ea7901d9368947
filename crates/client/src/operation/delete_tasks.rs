//! `POST /v2/{project_id}/export-tasks/batch-delete`

use session_export_model::TaskIds;

use super::{Call, Operation};
use crate::deadline::Phase;
use crate::{Client, Error};

impl Client {
    /// Deletes export tasks and their files. What the service does with ids that it does not know, or with tasks that
    /// are still being made, is not documented. A success has no body: one that comes with an error code, or with the page
    /// of a proxy, is an error.
    ///
    /// # Errors
    ///
    /// Whatever the call ends with; calling again is safe.
    ///
    /// # Cancel safety
    ///
    /// After dropping the future the tasks may or may not be deleted; calling again is safe.
    pub async fn delete_tasks(&self, tasks: &TaskIds) -> Result<(), Error> {
        let _time = self.time(Phase::Other);
        let body = serde_json::to_vec(tasks).expect("a list of texts always serialises");
        let path = ["v2", self.project_id().as_str(), "export-tasks", "batch-delete"];
        let uri = self.endpoint().export_centre().url(path, [("", ""); 0]);
        let content_type = "application/json;charset=UTF-8";
        Call::post(Operation::DeleteTasks, uri, content_type, body)
            .nothing(self)
            .await
    }
}
