//! Waiting for a task: when to look, and when to stop looking.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use http::StatusCode;
use session_export_model::TaskId;
use tracing::debug;

use super::task::task_failure;
use super::{ExportTask, ReadyExport, TaskState};
use crate::deadline::Deadline;
use crate::operation::Operation;
use crate::{Client, Error, ErrorKind, Spent, TaskFailure};

/// How often to look for a task's file, and for how long.
///
/// The first look is at once. Then the pauses grow from [`first_pause`](Self::first_pause) by half each time, up to
/// [`longest_pause`](Self::longest_pause), each up to twice as long by chance, so that many clients do not look in step. How
/// long exports usually take is not documented.
#[derive(Clone, Debug)]
#[must_use]
pub struct WaitPolicy {
    first_pause: Duration,
    longest_pause: Duration,
    limit: Option<Duration>,
    visibility: Duration,
}

impl Default for WaitPolicy {
    fn default() -> Self {
        Self {
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(15),
            limit: None,
            visibility: Duration::from_secs(30),
        }
    }
}

impl WaitPolicy {
    /// The pause after the first look: 0.5 s by default, 1 ms at least.
    pub fn first_pause(mut self, pause: Duration) -> Self {
        self.first_pause = pause;
        self
    }

    /// The longest pause between two looks: 15 s by default. The service allows 200 lists a minute and user.
    pub fn longest_pause(mut self, pause: Duration) -> Self {
        self.longest_pause = pause;
        self
    }

    /// How long to wait in all; no look begins after it. Without it, the client's deadline is the only end.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// How long a task may be missing from the list before it counts as gone: 30 s by default, since a new task may not
    /// be listed at once.
    pub fn visibility(mut self, time: Duration) -> Self {
        self.visibility = time;
        self
    }

    /// Pauses without end. The seed of their jitter is the task's id: no global random source, and no two tasks in step.
    fn pauses(&self, task: &TaskId) -> impl Iterator<Item = Duration> + use<> {
        // Without any pause it would ask as fast as the network lets it.
        let first = self.first_pause.max(Duration::from_millis(1));
        let longest = self.longest_pause.max(first);
        let seed = task
            .as_str()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        ExponentialBuilder::new()
            .with_min_delay(first)
            .with_max_delay(longest)
            .with_factor(1.5)
            .with_jitter()
            .with_jitter_seed(seed)
            .without_max_times()
            .build()
            .map(move |pause| pause.min(longest))
    }
}

pub(super) async fn until_ready(
    task: &ExportTask,
    client: &Client,
    policy: &WaitPolicy,
) -> Result<ReadyExport, Error> {
    let started = client.clock().monotonic();
    let elapsed = || client.clock().monotonic().saturating_sub(started);
    let mut last_listed = Duration::ZERO;
    let mut last_failure = None;
    for pause in policy.pauses(task.task_id()) {
        match task.look().await {
            Ok(Some(TaskState::Ready(ready))) => return Ok(ready),
            Ok(Some(TaskState::InProgress(info))) => {
                let status = info.status.as_ref().map_or("none", |status| status.as_str());
                debug!(task_id = %task.task_id(), status, elapsed = ?elapsed(), "waiting");
                (last_listed, last_failure) = (elapsed(), None);
            }
            Ok(None) if elapsed().saturating_sub(last_listed) >= policy.visibility => {
                return Err(task_failure(TaskFailure::Gone));
            }
            Ok(None) => {
                debug!(task_id = %task.task_id(), "not listed yet");
                last_failure = None;
            }
            Err(error) if error.is_deadline() => {
                return Err(deadline(client, policy, elapsed(), last_failure));
            }
            Err(error) if ends_the_wait(&error) => return Err(error),
            Err(error) => {
                debug!(task_id = %task.task_id(), %error, "a look failed, going on");
                last_failure = Some(error);
            }
        }
        let remaining = || client.deadline().map_or(Duration::MAX, Deadline::remaining);
        let left = policy
            .limit
            .map_or(Duration::MAX, |limit| limit.saturating_sub(elapsed()))
            .min(remaining());
        if !left.is_zero() {
            client.clock().sleep(pause.min(left)).await;
        }
        // Where the limit of the wait has come, one more look is taken; where the deadline has, it would not be sent.
        if left.is_zero() || remaining().is_zero() {
            return Err(deadline(client, policy, elapsed(), last_failure));
        }
    }
    unreachable!("the pauses have no end")
}

/// Whether looking again is pointless: whatever time alone does not change.
fn ends_the_wait(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Transport { .. } => false,
        ErrorKind::Service(failure) => failure.status == StatusCode::OK || !error.is_transient(),
        _ => !error.is_transient(),
    }
}

/// The error of a wait that took too long: by the client's deadline if there is one and it has passed, else by the
/// policy's limit.
fn deadline(client: &Client, policy: &WaitPolicy, elapsed: Duration, last_failure: Option<Error>) -> Error {
    let error = match client.deadline() {
        Some(deadline) if deadline.remaining().is_zero() => client.deadline_error(Operation::ListTasks),
        _ => {
            let budget = policy.limit.unwrap_or(elapsed);
            let spent = Spent {
                budget,
                wait: elapsed,
                ..Spent::default()
            };
            Error::new(Operation::ListTasks, ErrorKind::Deadline { spent })
        }
    };
    match last_failure {
        Some(failure) => error.with_source(failure),
        None => error,
    }
}
