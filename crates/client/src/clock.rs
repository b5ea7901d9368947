//! The machine's own clocks.

use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use session_export_transport::{Clock, Sleep};

/// A moment by both clocks: other machines know the wall clock, and nobody sets the monotonic one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) wall: DateTime<Utc>,
    pub(crate) monotonic: Duration,
}

impl Moment {
    pub(crate) fn now(clock: &dyn Clock) -> Self {
        Self {
            wall: clock.now(),
            monotonic: clock.monotonic(),
        }
    }
}

/// The machine's wall clock, its monotonic clock, and the timer of the tokio runtime that calls.
///
/// The default of a [`Client`](crate::Client). Under another runtime, bring a [`Clock`] of your own.
///
/// # Panics
///
/// [`Clock::sleep`] panics outside a tokio runtime whose timer is enabled.
#[derive(Clone, Debug)]
pub struct SystemClock {
    origin: Instant,
}

#[allow(
    clippy::disallowed_methods,
    reason = "this is the one place where time enters"
)]
impl SystemClock {
    /// A clock whose monotonic time starts now.
    pub fn new() -> Self {
        Self {
            origin: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "this is the one place where time enters"
)]
impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        SystemTime::now().into()
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}
