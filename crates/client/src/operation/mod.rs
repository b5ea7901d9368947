//! One call of the service: what it does, and how it is made.

mod answer;
mod call;
mod credential;
mod delete_tasks;
mod effect;
mod list_sessions;
mod list_tasks;
mod submit;

use std::fmt;

use session_export_model::ExportKind;

pub(crate) use answer::{Exchange, Reply, request_id, service_failure};
pub(crate) use call::Call;
pub use effect::Effect;
pub use list_sessions::{ListSessions, SessionStream};

/// The operations of the service that this library calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// `POST /v1/{project_id}/session/{list}/export`: create an export task.
    Export(ExportKind),
    /// `GET /v1/{project_id}/session/list-sessions`: list sessions.
    ListSessions,
    /// `GET /v2/{project_id}/export-tasks`: list export tasks.
    ListTasks,
    /// `GET /v2/{project_id}/export-tasks/{task_id}/download`: download a task's file.
    Download,
    /// `POST /v2/{project_id}/export-tasks/batch-delete`: delete tasks and their files.
    DeleteTasks,
}

impl Operation {
    /// The name as text that will not change: `export_sessions`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Export(kind) => kind.operation(),
            Self::ListSessions => "list_sessions",
            Self::ListTasks => "list_tasks",
            Self::Download => "download",
            Self::DeleteTasks => "delete_tasks",
        }
    }

    /// The operation's path, with names in place of ids.
    pub(crate) fn path_template(self) -> &'static str {
        match self {
            Self::Export(kind) => kind.path_template(),
            Self::ListSessions => "/v1/{project_id}/session/list-sessions",
            Self::ListTasks => "/v2/{project_id}/export-tasks",
            Self::Download => "/v2/{project_id}/export-tasks/{task_id}/download",
            Self::DeleteTasks => "/v2/{project_id}/export-tasks/batch-delete",
        }
    }

    /// What the operation does to the service; a property of the operation, never guessed from its HTTP method.
    pub fn effect(self) -> Effect {
        match self {
            Self::Export(_) => Effect::CreatesWork,
            Self::ListSessions | Self::ListTasks | Self::Download => Effect::ReadOnly,
            Self::DeleteTasks => Effect::Idempotent,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
