//! Export tasks: what a submit returns, what the export centre lists, what a batch delete takes.

use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;
use crate::{ServiceTime, TaskId, Violation, ViolationCode, Violations, limits};

open_enum!(
    /// Where an export task stands (`status` of the export centre).
    TaskStatus {
        /// The file is being made.
        Creating = "CREATING",
        /// The file is ready.
        Success = "SUCCESS",
        /// The export failed.
        Fail = "FAIL",
        /// The file is no longer kept. How long the service keeps one is not documented.
        Expired = "EXPIRED",
    }
);

/// The reply to a submit.
///
/// A 2xx reply without a task id does not decode: some error codes of the service are documented with status 200.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubmittedTask {
    /// The new task's id.
    pub task_id: TaskId,
}

/// A task of the export centre. All fields are optional on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ExportTaskInfo {
    /// The task's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// The file's name. Data from the server: never use it as a path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// Where the task stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<TaskStatus>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_reason: Option<String>,
    /// The failure's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// When it was submitted (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_time: Option<ServiceTime>,
    /// When it ended (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<ServiceTime>,
    /// Whether the file has been downloaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_download: Option<bool>,
}

/// One page of the export centre's list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ExportTaskList {
    /// How many tasks match in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// The tasks of this page.
    pub export_tasks: Vec<ExportTaskInfo>,
}

/// The tasks that a batch delete names: 1 to 200, each once. Serialises to the request's body.
///
/// ```
/// use session_export_model::TaskIds;
///
/// let tasks = TaskIds::new(["2b31ed52".parse()?, "2b31ed52".parse()?])?;
/// assert_eq!(serde_json::to_string(&tasks).unwrap(), r#"{"task_ids":["2b31ed52"]}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskIds {
    task_ids: Vec<TaskId>,
}

impl TaskIds {
    /// Takes the ids in their order; one that is repeated counts once, since the schema wants unique items.
    ///
    /// # Errors
    ///
    /// [`Violations`] when there is none, or more than [`limits::DELETE_TASKS`].
    pub fn new(ids: impl IntoIterator<Item = TaskId>) -> Result<Self, Violations> {
        let mut task_ids: Vec<TaskId> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        task_ids.extend(ids.into_iter().filter(|id| seen.insert(id.clone())));
        let problem = match task_ids.len() {
            0 => (
                ViolationCode::Empty,
                format!("no task is named; give 1 to {}", limits::DELETE_TASKS),
            ),
            n if n > limits::DELETE_TASKS => (
                ViolationCode::TooLong,
                format!("{n} tasks are named; 1 to {} are allowed", limits::DELETE_TASKS),
            ),
            _ => return Ok(Self { task_ids }),
        };
        Err(Violation::new("task_ids", problem.0, problem.1).into())
    }

    /// The ids, each once.
    pub fn as_slice(&self) -> &[TaskId] {
        &self.task_ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submit_without_a_task_id_does_not_decode() {
        assert!(serde_json::from_str::<SubmittedTask>(r#"{"error_code":"WKS.00010109"}"#).is_err());
        assert!(serde_json::from_str::<SubmittedTask>(r#"{"task_id":""}"#).is_err());
        let submitted: SubmittedTask = serde_json::from_str(r#"{"task_id":"2b31ed520"}"#).unwrap();
        assert_eq!(submitted.task_id.as_str(), "2b31ed520");
    }

    #[test]
    fn a_task_keeps_an_unknown_status() {
        let list: ExportTaskList = serde_json::from_str(
            r#"{"count":1,"export_tasks":[{"task_id":"a","status":"PAUSED","is_download":false}]}"#,
        )
        .unwrap();
        let status = list.export_tasks[0].status.clone().unwrap();
        assert_eq!((status.is_known(), status.as_str()), (false, "PAUSED"));
    }

    #[test]
    fn a_batch_delete_takes_1_to_200() {
        let ids = |n: usize| (0..n).map(|i| TaskId::try_from(format!("t{i}")).unwrap());
        assert_eq!(
            TaskIds::new(ids(0)).unwrap_err().iter().next().unwrap().code(),
            ViolationCode::Empty
        );
        assert_eq!(TaskIds::new(ids(200)).unwrap().as_slice().len(), 200);
        let refused = TaskIds::new(ids(201)).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "task_ids: 201 tasks are named; 1 to 200 are allowed"
        );
    }
}
