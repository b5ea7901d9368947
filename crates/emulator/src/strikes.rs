//! Failures in a row, and the lock that follows them.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::time;

/// The failures in a row of one user or one access key.
#[derive(Debug, Default)]
pub(crate) struct Strikes {
    failures: u32,
    locked_until: Option<DateTime<Utc>>,
}

impl Strikes {
    /// Whether the lock holds at `now`. One that is over is forgotten together with its failures.
    pub(crate) fn locked(&mut self, now: DateTime<Utc>) -> bool {
        match self.locked_until {
            Some(until) if now < until => true,
            Some(_) => {
                self.clear();
                false
            }
            None => false,
        }
    }

    /// One more failure; the one with the number `limit` locks for `span`. A limit of 0 never locks.
    pub(crate) fn add(&mut self, now: DateTime<Utc>, limit: u32, span: Duration) {
        self.failures = self.failures.saturating_add(1);
        if self.failures == limit {
            self.locked_until = Some(time::later(now, span));
        }
    }

    /// A success ends the row.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Duration = Duration::from_millis(10);

    #[test]
    fn the_last_allowed_failure_locks_until_the_span_is_over() {
        let mut strikes = Strikes::default();
        for at in 0..2 {
            strikes.add(time::from_millis(at), 3, SPAN);
            assert!(!strikes.locked(time::from_millis(at)));
        }
        strikes.add(time::from_millis(2), 3, SPAN);
        assert!(strikes.locked(time::from_millis(2)) && strikes.locked(time::from_millis(11)));
        assert!(!strikes.locked(time::from_millis(12)));
        strikes.add(time::from_millis(13), 3, SPAN);
        assert!(!strikes.locked(time::from_millis(13)), "the count starts again");
    }

    #[test]
    fn a_success_ends_the_row_and_a_limit_of_zero_never_locks() {
        let (mut strikes, now) = (Strikes::default(), time::from_millis(0));
        strikes.add(now, 2, SPAN);
        strikes.clear();
        strikes.add(now, 2, SPAN);
        assert!(!strikes.locked(now));
        for _ in 0..100 {
            strikes.add(now, 0, SPAN);
        }
        assert!(!strikes.locked(now));
    }
}
