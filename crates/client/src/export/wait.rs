//! Waiting for a task: when to look, and when to stop looking.

use std::time::Duration;

use http::StatusCode;
use session_export_model::TaskId;
use session_export_transport::TransportErrorKind;
use tracing::debug;

use super::task::task_failure;
use super::{ExportTask, ReadyExport, TaskState};
use crate::deadline::Deadline;
use crate::operation::Operation;
use crate::retry::{Pauses, Tries};
use crate::{Client, Error, ErrorKind, Spent, TaskFailure};

/// How often to look for a task's file, and for how long.
///
/// The first look is at once. Then the pauses grow from [`first_pause`](Self::first_pause) by half each time, up to
/// [`longest_pause`](Self::longest_pause), each shortened by up to half by chance, so that many clients do not look in step. How
/// long exports usually take is not documented.
#[derive(Clone, Debug)]
#[must_use]
pub struct WaitPolicy {
    first_pause: Duration,
    longest_pause: Duration,
    limit: Option<Duration>,
    visibility: Duration,
    outage: Duration,
    jitter: bool,
}

/// A look that the limit overtakes is given this much more, so that the last one can still find the file.
const LAST_LOOK: Duration = Duration::from_secs(2);

impl Default for WaitPolicy {
    fn default() -> Self {
        Self {
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(15),
            limit: None,
            visibility: Duration::from_secs(30),
            outage: Duration::from_secs(120),
            jitter: true,
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

    /// How long to wait in all. One more look is taken when it has passed, for at most two seconds. Without it, the
    /// client's deadline is the only end.
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

    /// How long looks may fail one after the other before the wait ends with the last failure: 2 minutes by default. What
    /// fails for longer is rather a wrong endpoint, or a name or a proxy that does not work.
    pub fn outage(mut self, time: Duration) -> Self {
        self.outage = time;
        self
    }

    /// Whether each pause is shortened by up to half by chance; on by default.
    pub fn jitter(mut self, on: bool) -> Self {
        self.jitter = on;
        self
    }

    /// Pauses without end. The seed of their jitter is the task's id: no global random source, and no two tasks in step.
    fn pauses(&self, task: &TaskId) -> Pauses {
        let seed = task
            .as_str()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        Pauses::new(
            self.first_pause,
            self.longest_pause,
            1.5,
            self.jitter.then_some(seed),
        )
    }
}

pub(super) async fn until_ready(
    task: &ExportTask,
    client: &Client,
    policy: &WaitPolicy,
) -> Result<ReadyExport, Error> {
    let started = client.clock().monotonic();
    let elapsed = || client.clock().monotonic().saturating_sub(started);
    let left = || {
        policy
            .limit
            .map_or(Duration::MAX, |limit| limit.saturating_sub(elapsed()))
    };
    let mut last_listed = Duration::ZERO;
    let mut failing: Option<Failing> = None;
    for pause in policy.pauses(task.task_id()) {
        let began = elapsed();
        let look = match client
            .within(left().max(LAST_LOOK), Box::pin(task.look(Tries::One)))
            .await
        {
            Ok(look) => look,
            Err(_) => return Err(deadline(client, policy, elapsed(), failing)),
        };
        match look {
            Ok(Some(TaskState::Ready(ready))) => return Ok(ready),
            Ok(Some(TaskState::InProgress(info))) => {
                let status = info.status.as_ref().map_or("none", |status| status.as_str());
                debug!(task_id = %task.task_id(), status, elapsed = ?elapsed(), "waiting");
                (last_listed, failing) = (elapsed(), None);
            }
            Ok(None) if elapsed().saturating_sub(last_listed) >= policy.visibility => {
                return Err(task_failure(TaskFailure::Gone));
            }
            Ok(None) => {
                debug!(task_id = %task.task_id(), "not listed yet");
                failing = None;
            }
            Err(error) if error.is_deadline() => return Err(deadline(client, policy, elapsed(), failing)),
            Err(error) if ends_the_wait(&error) => return Err(error),
            Err(error) => {
                debug!(task_id = %task.task_id(), %error, "a look failed, going on");
                let since = failing.map_or(began, |failing| failing.since);
                if elapsed().saturating_sub(since) >= policy.outage {
                    return Err(error);
                }
                failing = Some(Failing { since, last: error });
            }
        }
        let remaining = || client.deadline().map_or(Duration::MAX, Deadline::remaining);
        let pause = pause.min(left()).min(remaining());
        let was_last = pause.is_zero();
        if !was_last {
            client.clock().sleep(pause).await;
        }
        // Where the limit of the wait has come, one more look is taken; where the deadline has, it would not be sent.
        if was_last || remaining().is_zero() {
            return Err(deadline(client, policy, elapsed(), failing));
        }
    }
    unreachable!("the pauses have no end")
}

/// Looks that have failed, one after the other.
struct Failing {
    since: Duration,
    last: Error,
}

/// Whether looking again is pointless: whatever time alone does not change.
fn ends_the_wait(error: &Error) -> bool {
    match error.kind() {
        // A certificate that is not accepted, or a URL that is not carried, is the same the next time.
        ErrorKind::Transport { kind, .. } => {
            matches!(kind, TransportErrorKind::Tls | TransportErrorKind::Unsupported)
        }
        // The deadline ends before the service wants to be asked again.
        ErrorKind::HeldBack { .. } => true,
        ErrorKind::Service(failure) => failure.status == StatusCode::OK || !error.is_transient(),
        _ => !error.is_transient(),
    }
}

/// The error of a wait that took too long: by the client's deadline if there is one and it has passed, else by the
/// policy's limit.
fn deadline(client: &Client, policy: &WaitPolicy, elapsed: Duration, failing: Option<Failing>) -> Error {
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
    match failing {
        Some(failing) => error.with_source(failing.last),
        None => error,
    }
}
