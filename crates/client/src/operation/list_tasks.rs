//! `GET /v2/{project_id}/export-tasks`

use session_export_model::{ExportTaskInfo, ExportTaskList, TaskId, TaskQuery};

use super::{Call, Exchange, Operation};
use crate::deadline::Phase;
use crate::retry::Tries;
use crate::{Client, Error};

/// A page of the export centre's list.
pub(crate) struct TaskPage {
    pub(crate) list: ExportTaskList,
    pub(crate) exchange: Exchange,
}

impl Client {
    /// Lists a page of the export centre. It holds the tasks of every export of the project, not only of sessions.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for a query that breaks rules, else whatever the
    /// call ends with.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the exchange; nothing changes.
    pub async fn list_tasks(&self, query: &TaskQuery) -> Result<ExportTaskList, Error> {
        let _time = self.time(Phase::Other);
        self.page_of_tasks(query, Tries::ByPolicy).await
    }

    /// Finds one task.
    ///
    /// The page says of `is_download` only "default false", which may mean that a list hides tasks once they are
    /// downloaded; so a task that is missing is looked for among the downloaded ones too.
    pub(crate) async fn find_task(&self, id: &TaskId, tries: Tries) -> Result<Option<ExportTaskInfo>, Error> {
        for among_downloaded in [false, true] {
            let query = TaskQuery::new().task_id(id.clone());
            let query = match among_downloaded {
                true => query.downloaded(true),
                false => query,
            };
            let page = self.page_of_tasks(&query, tries).await?;
            let found = page
                .export_tasks
                .into_iter()
                .find(|task| task.task_id.as_ref() == Some(id));
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    async fn page_of_tasks(&self, query: &TaskQuery, tries: Tries) -> Result<ExportTaskList, Error> {
        Ok(self.dated_page_of_tasks(query, tries).await?.list)
    }

    /// A page, and when the server says that it wrote it.
    pub(crate) async fn dated_page_of_tasks(
        &self,
        query: &TaskQuery,
        tries: Tries,
    ) -> Result<TaskPage, Error> {
        const OPERATION: Operation = Operation::ListTasks;
        query
            .check()
            .map_err(|violations| Error::invalid(OPERATION, violations))?;
        let path = ["v2", self.project_id().as_str(), "export-tasks"];
        let uri = self.endpoint().export_centre().url(path, query.pairs());
        let (list, exchange) = Call::get(OPERATION, uri)
            .tries(tries)
            .json(self, |list: &ExportTaskList| {
                list.count.is_none() && list.export_tasks.is_empty()
            })
            .await?;
        Ok(TaskPage { list, exchange })
    }
}
