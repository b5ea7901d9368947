//! An export task that the service has taken on.

use chrono::{DateTime, Utc};
use session_export_model::{ExportTaskInfo, TaskId, TaskRef, TaskStatus, one_line};

use super::{ReadyExport, WaitEvent, WaitPolicy, Watch};
use crate::deadline::Phase;
use crate::observe::{observed, wait_span};
use crate::operation::Operation;
use crate::retry::Tries;
use crate::{Client, Error, ErrorKind, TaskFailure};

/// An export task that the service has taken on. It goes on there whatever happens to this handle.
///
/// [`to_ref`](Self::to_ref) writes it down for another process, which goes on with [`Client::resume`].
#[derive(Clone, Debug)]
pub struct ExportTask {
    client: Client,
    task: TaskRef,
}

/// Where a task stands, unless it has failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum TaskState {
    /// The file is being made, or the service calls the state by a name that is new.
    InProgress(ExportTaskInfo),
    /// The file can be downloaded.
    Ready(ReadyExport),
}

impl ExportTask {
    pub(crate) fn new(client: Client, task: TaskRef) -> Self {
        Self { client, task }
    }

    /// The task's id.
    pub fn task_id(&self) -> &TaskId {
        self.task.task_id()
    }

    /// All that another process needs to go on with the task; it can be serialised.
    pub fn to_ref(&self) -> TaskRef {
        self.task.clone()
    }

    /// Looks once where the task stands.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Task`] when the task failed, expired, or is not listed (which a new one may not be for a moment),
    /// else whatever the call ends with.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the exchange; nothing changes.
    pub async fn check(&self) -> Result<TaskState, Error> {
        let _time = self.client.time(Phase::Wait);
        match self.look(Tries::ByPolicy).await {
            Ok(Some(state)) => Ok(state),
            // It keeps its place among the exports in flight: it may only not be listed yet.
            Ok(None) => Err(task_failure(TaskFailure::Gone)),
            Err(error) => {
                self.leave_if_over(&error);
                Err(error)
            }
        }
    }

    /// Waits until the file can be downloaded, looking again and again as `policy` says.
    ///
    /// A look that fails for a passing reason does not end the wait. So a look is made once, whatever the client's
    /// [`RetryPolicy`](crate::RetryPolicy): the next one is its retry. A 429 that names its window holds the next look back
    /// like any call.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Task`] when the task failed, expired or is gone; [`ErrorKind::Deadline`] when the policy's limit or
    /// the client's deadline passed, with the last failed look as its source; or a failure that will not pass.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the task goes on, and it can be waited for again.
    pub async fn wait(&self, policy: WaitPolicy) -> Result<ReadyExport, Error> {
        observed(wait_span(self.task_id()), async {
            let mut watch = self.watch(policy);
            loop {
                match watch.next().await {
                    Some(Ok(WaitEvent::Ready(ready))) => return Ok(*ready),
                    Some(Err(error)) => return Err(error),
                    Some(Ok(_)) => {}
                    None => return Err(task_failure(TaskFailure::NotReady)),
                }
            }
        })
        .await
    }

    /// Waits as [`wait`](Self::wait) does, and says what each look finds: for a program that shows how it goes.
    ///
    /// ```no_run
    /// use session_export::{ExportTask, ReadyExport, WaitEvent, WaitPolicy};
    ///
    /// # async fn example(task: ExportTask) -> Result<Option<ReadyExport>, session_export::Error> {
    /// let mut watch = task.watch(WaitPolicy::default());
    /// while let Some(event) = watch.next().await {
    ///     match event? {
    ///         WaitEvent::Ready(ready) => return Ok(Some(*ready)),
    ///         other => println!("{other:?}"),
    ///     }
    /// }
    /// # Ok(None)
    /// # }
    /// ```
    ///
    /// Its time counts from this call. Nothing is sent before [`Watch::next`] is called.
    pub fn watch(&self, policy: WaitPolicy) -> Watch {
        Watch::new(self.client.clone(), self.clone(), policy)
    }

    /// The file, if it can be downloaded now.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Task`] with [`TaskFailure::NotReady`] while it is being made, else as [`check`](Self::check).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the exchange; nothing changes.
    pub async fn ready(&self) -> Result<ReadyExport, Error> {
        match self.check().await? {
            TaskState::Ready(ready) => Ok(ready),
            TaskState::InProgress(_) => Err(task_failure(TaskFailure::NotReady)),
        }
    }

    /// When it was submitted, by the clock of whoever did, if that is known.
    pub(super) fn submitted_at(&self) -> Option<DateTime<Utc>> {
        self.task.submitted_at()
    }

    /// One look; `None` when the task is not listed.
    pub(super) async fn look(&self, tries: Tries) -> Result<Option<TaskState>, Error> {
        let Some(info) = self.client.find_task(self.task_id(), tries).await? else {
            return Ok(None);
        };
        match &info.status {
            Some(TaskStatus::Success) => Ok(Some(TaskState::Ready(ReadyExport::new(
                self.client.clone(),
                self.task.clone(),
                info,
            )))),
            Some(TaskStatus::Fail) => Err(task_failure(TaskFailure::Failed {
                code: info.error_code.as_deref().map(one_line),
                reason: info.fail_reason.as_deref().map(one_line),
            })),
            Some(TaskStatus::Expired) => Err(task_failure(TaskFailure::Expired)),
            _ => Ok(Some(TaskState::InProgress(info))),
        }
    }

    /// A task that cannot give a file is in flight no more.
    pub(super) fn leave_if_over(&self, error: &Error) {
        if matches!(error.kind(), ErrorKind::Task(_)) {
            self.client.export_is_over();
        }
    }
}

pub(super) fn task_failure(failure: TaskFailure) -> Error {
    Error::new(Operation::ListTasks, ErrorKind::Task(failure))
}
