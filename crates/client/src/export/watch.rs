//! Waiting for a task, look by look.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_core::Stream;
use futures_util::stream::unfold;
use session_export_model::{ExportTaskInfo, ServiceTime};
use session_export_transport::TARGET;
use tracing::debug;

use super::task::task_failure;
use super::wait::ends_the_wait;
use super::{ExportTask, ReadyExport, TaskState, WaitPolicy};
use crate::deadline::{Deadline, Phase};
use crate::observe::error_type;
use crate::operation::Operation;
use crate::retry::{Pauses, Tries};
use crate::{Client, Error, ErrorKind, Spent, TaskFailure};

/// A look that the limit overtakes is given this much more, so that the last one can still find the file.
const LAST_LOOK: Duration = Duration::from_secs(2);

/// What a look at a waited-for task found.
#[derive(Debug)]
#[non_exhaustive]
pub enum WaitEvent {
    /// The file is being made.
    #[non_exhaustive]
    InProgress {
        /// What the export centre says of the task.
        info: Box<ExportTaskInfo>,
        /// Since the wait began.
        elapsed: Duration,
        /// How many looks were taken, this one included.
        polls: u64,
    },
    /// The export centre does not list the task: not yet, or for now.
    #[non_exhaustive]
    NotListed {
        /// Since the wait began.
        elapsed: Duration,
        /// How many looks were taken, this one included.
        polls: u64,
    },
    /// The look failed for a reason that may pass.
    #[non_exhaustive]
    LookFailed {
        /// The failure on one line.
        problem: String,
        /// Since the wait began.
        elapsed: Duration,
        /// How many looks were taken, this one included.
        polls: u64,
    },
    /// The file can be downloaded. Nothing follows.
    Ready(Box<ReadyExport>),
}

/// A wait for a task, look by look: [`ExportTask::watch`] makes one, [`next`](Self::next) goes on with it.
#[must_use]
pub struct Watch {
    client: Client,
    task: ExportTask,
    policy: WaitPolicy,
    /// Chosen at the first look that is not the last: it tells how old the task is.
    pauses: Option<Pauses>,
    started: Duration,
    last_listed: Duration,
    failing: Option<Failing>,
    polls: u64,
    step: Step,
}

/// What comes next.
#[derive(Clone, Copy, Debug)]
enum Step {
    Look,
    /// Until then, since the wait began.
    Pause(Duration),
    /// No more look is due: the limit or the deadline has passed.
    GiveUp,
    End,
}

/// Looks that have failed, one after the other.
struct Failing {
    since: Duration,
    last: Error,
}

impl Watch {
    pub(super) fn new(client: Client, task: ExportTask, policy: WaitPolicy) -> Self {
        Self {
            pauses: None,
            started: client.clock().monotonic(),
            client,
            task,
            policy,
            last_listed: Duration::ZERO,
            failing: None,
            polls: 0,
            step: Step::Look,
        }
    }

    /// Waits for the next look that is due, takes it, and says what it found. None after the end.
    ///
    /// # Errors
    ///
    /// As [`ExportTask::wait`]; nothing follows one.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a look that was dropped is taken again, and a pause goes on from where it was.
    pub async fn next(&mut self) -> Option<Result<WaitEvent, Error>> {
        let _time = self.client.time(Phase::Wait);
        loop {
            match self.step {
                Step::End => return None,
                Step::GiveUp => return Some(Err(self.give_up())),
                Step::Pause(until) => {
                    let pause = until.saturating_sub(self.elapsed());
                    if !pause.is_zero() {
                        self.client.clock().sleep(pause).await;
                    }
                    // Where the limit of the wait has come, one more look is taken; where the deadline has, it would not
                    // be sent.
                    self.step = match self.remaining().is_zero() {
                        true => Step::GiveUp,
                        false => Step::Look,
                    };
                }
                Step::Look => {
                    let event = self.look().await;
                    if let Err(error) = &event {
                        self.step = Step::End;
                        self.task.leave_if_over(error);
                    }
                    return Some(event);
                }
            }
        }
    }

    /// The same as a `Stream`.
    pub fn into_stream(self) -> Pin<Box<dyn Stream<Item = Result<WaitEvent, Error>> + Send>> {
        Box::pin(unfold(self, |mut watch| async move {
            let event = watch.next().await?;
            Some((event, watch))
        }))
    }

    async fn look(&mut self) -> Result<WaitEvent, Error> {
        let began = self.elapsed();
        let limit = self.left().max(LAST_LOOK);
        let look = self
            .client
            .within(limit, Box::pin(self.task.look(Tries::One)))
            .await;
        let Ok(look) = look else {
            return Err(self.give_up());
        };
        self.polls += 1;
        let (elapsed, polls) = (self.elapsed(), self.polls);
        let task_id = self.task.task_id();
        let event = match look {
            Ok(Some(TaskState::Ready(ready))) => {
                self.step = Step::End;
                return Ok(WaitEvent::Ready(Box::new(ready)));
            }
            Ok(Some(TaskState::InProgress(info))) => {
                let status = info.status.as_ref().map_or("none", |status| status.as_str());
                debug!(
                    name: "session_export.task.in_progress",
                    target: TARGET,
                    {
                        session_export.task_id = task_id.as_str(),
                        session_export.task_status = status,
                        session_export.waited = elapsed.as_secs_f64(),
                    },
                    "waiting"
                );
                (self.last_listed, self.failing) = (elapsed, None);
                let info = Box::new(info);
                WaitEvent::InProgress { info, elapsed, polls }
            }
            // It was looked for among the downloaded tasks, too.
            Ok(None) if elapsed.saturating_sub(self.last_listed) >= self.policy.visibility => {
                return Err(task_failure(TaskFailure::Gone));
            }
            Ok(None) => {
                debug!(
                    name: "session_export.task.not_listed",
                    target: TARGET,
                    {
                        session_export.task_id = task_id.as_str(),
                        session_export.waited = elapsed.as_secs_f64(),
                    },
                    "not listed yet"
                );
                self.failing = None;
                WaitEvent::NotListed { elapsed, polls }
            }
            Err(error) if error.is_deadline() => return Err(self.give_up()),
            Err(error) if ends_the_wait(&error) => return Err(error),
            Err(error) => {
                debug!(
                    name: "session_export.task.look_failed",
                    target: TARGET,
                    {
                        session_export.task_id = task_id.as_str(),
                        session_export.waited = elapsed.as_secs_f64(),
                        error.type = &*error_type(&error),
                        error.message = %error,
                    },
                    "a look failed, going on"
                );
                let since = self.failing.as_ref().map_or(began, |failing| failing.since);
                if elapsed.saturating_sub(since) >= self.policy.outage {
                    return Err(error);
                }
                let problem = error.to_string();
                self.failing = Some(Failing { since, last: error });
                WaitEvent::LookFailed {
                    problem,
                    elapsed,
                    polls,
                }
            }
        };
        let created = match &event {
            WaitEvent::InProgress { info, .. } => info.create_time.as_ref().and_then(ServiceTime::instant),
            _ => None,
        };
        let pause = self.next_pause(created);
        let pause = pause.min(self.left()).min(self.remaining());
        self.step = match pause.is_zero() {
            true => Step::GiveUp,
            false => Step::Pause(self.elapsed() + pause),
        };
        Ok(event)
    }

    /// The pause before the next look. `created` is when the service says that it took the task on.
    fn next_pause(&mut self, created: Option<DateTime<Utc>>) -> Duration {
        let pauses = self.pauses.get_or_insert_with(|| {
            let began = self.task.submitted_at().or(created);
            let age = began.map(|began| self.client.clock().now() - began);
            // A clock that is off makes the looks too frequent or too rare at worst, within the policy's bounds.
            let age = age.and_then(|age| age.to_std().ok()).unwrap_or_default();
            self.policy.pauses(self.task.task_id(), age)
        });
        pauses.next().unwrap_or_default()
    }

    fn elapsed(&self) -> Duration {
        self.client.clock().monotonic().saturating_sub(self.started)
    }

    /// Until the limit of the wait.
    fn left(&self) -> Duration {
        let limit = self.policy.limit.unwrap_or(Duration::MAX);
        limit.saturating_sub(self.elapsed())
    }

    /// Until the client's deadline.
    fn remaining(&self) -> Duration {
        self.client.deadline().map_or(Duration::MAX, Deadline::remaining)
    }

    /// The error of a wait that took too long: by the client's deadline if there is one and it has passed, else by the
    /// policy's limit.
    fn give_up(&mut self) -> Error {
        self.step = Step::End;
        let error = match self.client.deadline() {
            Some(deadline) if deadline.remaining().is_zero() => {
                self.client.deadline_error(Operation::ListTasks)
            }
            _ => {
                let wait = self.elapsed();
                let spent = Spent {
                    budget: self.policy.limit.unwrap_or(wait),
                    wait,
                    ..Spent::default()
                };
                Error::new(Operation::ListTasks, ErrorKind::Deadline { spent })
            }
        };
        match self.failing.take() {
            Some(failing) => error.with_source(failing.last),
            None => error,
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("task", &self.task)
            .field("policy", &self.policy)
            .field("polls", &self.polls)
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}
