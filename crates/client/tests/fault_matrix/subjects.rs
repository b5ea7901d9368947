//! The calls that faults happen to, and what a caller makes of each.

use std::path::Path;

use session_export::{Client, Error, ExportTask, SessionFilter, TaskIds};

use crate::common::{no_filter, seconds, wide_window};
use crate::stage::Stage;

/// Whose calls go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Submit,
    LogIn,
    Wait,
    Download,
    DownloadInParts,
    Delete,
    List,
    Job,
}

impl Subject {
    pub(crate) const ALL: [Self; 8] = [
        Self::Submit,
        Self::LogIn,
        Self::Wait,
        Self::Download,
        Self::DownloadInParts,
        Self::Delete,
        Self::List,
        Self::Job,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Submit => "Submit: `export_sessions(…).submit()`, the fault on `export_sessions`",
            Self::LogIn => "Log-in: the same, the fault on IAM's `create_token` before it",
            Self::Wait => {
                "Wait: `task.wait(…)`, the fault on `list_export_tasks`; a `task` fault on the submit before"
            }
            Self::Download => "Download: `download().to_path(…)`, the fault on `download_export_file`",
            Self::DownloadInParts => {
                "Download from a service that gives ranges: the faults that break a body off"
            }
            Self::Delete => "Delete: `delete_tasks(…)`, the fault on `delete_export_tasks`",
            Self::List => "List: `list_sessions(…).page(0)`, the fault on `list_sessions`",
            Self::Job => {
                "The whole job, submit → wait → download: the fault on its first call, and on all of its calls"
            }
        }
    }

    /// The operation whose calls go wrong, as fault scripts call it.
    pub(crate) fn faulty_operation(self) -> &'static str {
        match self {
            Self::Submit => "export_sessions",
            Self::LogIn => "create_token",
            Self::Wait => "list_export_tasks",
            Self::Download | Self::DownloadInParts => "download_export_file",
            Self::Delete => "delete_export_tasks",
            Self::List => "list_sessions",
            Self::Job => "any",
        }
    }

    /// Whether the caller asks for an export.
    pub(crate) fn submits(self) -> bool {
        matches!(self, Self::Submit | Self::LogIn | Self::Job)
    }

    /// Whether the caller asks for a file.
    pub(crate) fn downloads(self) -> bool {
        matches!(self, Self::Download | Self::DownloadInParts | Self::Job)
    }

    /// Whether the caller has a task before anything goes wrong.
    pub(crate) fn needs_a_task(self) -> bool {
        matches!(
            self,
            Self::Wait | Self::Download | Self::DownloadInParts | Self::Delete
        )
    }

    /// What the caller does, within ten minutes. `task` is there if the subject [needs](Self::needs_a_task) one.
    ///
    /// Returns the task that was submitted or waited for, if there is one.
    pub(crate) async fn act(
        self,
        client: &Client,
        task: Option<&ExportTask>,
        file: &Path,
    ) -> Result<Option<ExportTask>, Error> {
        let client = client.with_deadline(seconds(600));
        let task = || client.resume(task.unwrap().to_ref());
        match self {
            Self::Submit | Self::LogIn => client.export_sessions(no_filter()).submit().await.map(Some),
            Self::Wait => {
                let task = task()?;
                task.wait(Stage::patience()).await?;
                Ok(Some(task))
            }
            Self::Download | Self::DownloadInParts => {
                let ready = task()?.ready().await?;
                ready.download().to_path(file).await?;
                Ok(None)
            }
            Self::Delete => {
                let ids = TaskIds::new([task()?.task_id().clone()]).unwrap();
                client.delete_tasks(&ids).await?;
                Ok(None)
            }
            Self::List => {
                let filter: SessionFilter = wide_window();
                let page = client.list_sessions(filter).page(0).await?;
                assert!(!page.items.is_empty());
                Ok(None)
            }
            Self::Job => {
                let task = client.export_sessions(no_filter()).submit().await?;
                let ready = task.wait(Stage::patience()).await?;
                ready.download().to_path(file).await?;
                Ok(Some(task))
            }
        }
    }
}
