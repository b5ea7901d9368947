//! A task whose file can be downloaded.

use session_export_model::{ExportTaskInfo, TaskId, TaskRef};

use crate::{Client, Download, FileName};

/// A task whose file can be downloaded. Only a look at the export centre makes one.
#[derive(Clone, Debug)]
pub struct ReadyExport {
    client: Client,
    task: TaskRef,
    info: ExportTaskInfo,
}

impl ReadyExport {
    pub(crate) fn new(client: Client, task: TaskRef, info: ExportTaskInfo) -> Self {
        Self { client, task, info }
    }

    /// The task's id.
    pub fn task_id(&self) -> &TaskId {
        self.task.task_id()
    }

    /// What the export centre says of the task.
    pub fn info(&self) -> &ExportTaskInfo {
        &self.info
    }

    /// The file's name as the export centre gives it, made safe to use as a name in a directory.
    pub fn file_name(&self) -> Option<FileName> {
        self.info.file_name.as_deref().and_then(FileName::from_server)
    }

    /// Prepares the download. Nothing is sent before one of its ways to receive is called.
    pub fn download(&self) -> Download {
        Download::new(self.client.clone(), self.task_id().clone(), self.file_name())
    }
}
