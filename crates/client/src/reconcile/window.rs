//! When a lost submit's task may have been created, by the clock of the service.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use session_export_model::ExportTaskInfo;

use super::Ambiguity;
use crate::Client;

/// A task is created at most this long after its submit was sent: the gateway gives up after 30 s, and a backend that
/// goes on is given as much again.
const CREATED_WITHIN: TimeDelta = TimeDelta::seconds(60);
/// What the clocks of the service's hosts may differ by, and what cut-off digits may lose.
const TOLERANCE: TimeDelta = TimeDelta::seconds(2);
/// A `Date` has whole seconds; the rest is cut off.
const DATE_STEP: TimeDelta = TimeDelta::seconds(1);
/// How far this machine's clock may be off when there is no `Date`: the gateway refuses a signature that is further off
/// (API request signing guide).
const UNALIGNED: TimeDelta = TimeDelta::minutes(15);

/// A lost submit as this client's clocks see it.
pub(super) struct Attempt<'a> {
    client: &'a Client,
    started_at: DateTime<Utc>,
    /// From the first to the last moment at which it may have been sent.
    spread: TimeDelta,
    /// When it began by the monotonic clock.
    began: Option<Duration>,
}

/// The times in which its task may have been created, by the clock of the service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) from: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(client: &'a Client, ambiguity: &Ambiguity) -> Self {
        let started_at = ambiguity.started_at();
        Self {
            client,
            started_at,
            spread: (ambiguity.sent_by() - started_at).max(TimeDelta::zero()),
            began: client.own_tasks().began(started_at),
        }
    }

    /// How long ago it began. Negative only if the wall clock is all there is, and was set back.
    pub(super) fn now(&self) -> TimeDelta {
        let clock = self.client.clock();
        match self.began {
            Some(began) => delta(clock.monotonic().saturating_sub(began)),
            None => clock.now() - self.started_at,
        }
    }

    /// How long it is until nothing comes of it any more, unless that is over.
    pub(super) fn settles_in(&self, after: Duration) -> Option<Duration> {
        let left = delta(after) + self.spread - self.now();
        let left = left.to_std().ok().filter(|left| !left.is_zero())?;
        // Longer is only what a clock that was set back claims; it may be set right again.
        Some(left.min(after))
    }

    /// The window, by a reply to a list that was sent when the attempt had this age and came just now.
    ///
    /// The reply's `Date` was written at some moment between the two.
    pub(super) fn window(&self, sent: TimeDelta, date: Option<DateTime<Utc>>) -> Window {
        let came = self.now();
        let (earliest, latest, tolerance) = match date {
            Some(date) => (date, date + DATE_STEP, TOLERANCE),
            None => {
                let now = self.client.clock().now();
                (now, now, UNALIGNED)
            }
        };
        // An attempt as old as the calendar would otherwise lead out of it.
        let (before, after) = (came + tolerance, self.spread + CREATED_WITHIN + tolerance - sent);
        Window {
            from: earliest
                .checked_sub_signed(before)
                .unwrap_or(DateTime::<Utc>::MIN_UTC),
            until: latest
                .checked_add_signed(after)
                .unwrap_or(DateTime::<Utc>::MAX_UTC),
        }
    }

    /// The last moment, by the monotonic clock, at which a submit can begin whose task is in the window.
    pub(super) fn last_creation(&self) -> Duration {
        let since = self.now() - self.spread - CREATED_WITHIN - TOLERANCE;
        let now = self.client.clock().monotonic();
        match since.to_std() {
            Ok(since) => now.saturating_sub(since),
            // The window is not over: any submit until now.
            Err(_) => now,
        }
    }
}

impl Window {
    /// Whether the task may have been created in it; one without a readable time may.
    pub(super) fn may_hold(&self, task: &ExportTaskInfo) -> bool {
        super::created(task).is_none_or(|created| self.from <= created && created <= self.until)
    }
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
