//! Waiting for a task: when to look.

use std::time::Duration;

use http::StatusCode;
use session_export_model::TaskId;

use crate::retry::{Pauses, seed_of};
use crate::{Error, ErrorKind};

/// How often to look for a task's file, and for how long.
///
/// The first look is at once. Then the pauses grow from [`first_pause`](Self::first_pause) by half each time, up to
/// [`longest_pause`](Self::longest_pause), each shortened by up to half by chance, so that many clients do not look in step. For
/// a task that was submitted some time ago they begin at a quarter of its age, within the same bounds: what has taken ten
/// minutes need not be looked at twice a second. How long exports usually take is not documented.
#[derive(Clone, Debug)]
#[must_use]
pub struct WaitPolicy {
    first_pause: Duration,
    longest_pause: Duration,
    pub(super) limit: Option<Duration>,
    pub(super) visibility: Duration,
    pub(super) outage: Duration,
    jitter: bool,
}

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

    /// Whether there is a [`limit`](Self::limit).
    pub fn has_limit(&self) -> bool {
        self.limit.is_some()
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

    /// Pauses without end, for a task of this age. The seed of their jitter is the task's id: no global random source, and
    /// no two tasks in step.
    pub(super) fn pauses(&self, task: &TaskId, age: Duration) -> Pauses {
        Pauses::new(
            (age / 4).min(self.longest_pause).max(self.first_pause),
            self.longest_pause,
            1.5,
            self.jitter.then(|| seed_of(task)),
        )
    }
}

/// Whether looking again is pointless: whatever time alone does not change.
pub(super) fn ends_the_wait(error: &Error) -> bool {
    match error.kind() {
        // The deadline ends before the service wants to be asked again.
        ErrorKind::HeldBack { .. } => true,
        ErrorKind::Service(failure) => failure.status == StatusCode::OK || !error.is_transient(),
        _ => !error.is_transient(),
    }
}
