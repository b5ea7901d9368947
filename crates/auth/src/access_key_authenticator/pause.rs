//! A pause after a rejection, so that a key is not tried until it is locked.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{AccessKey, AuthError, AuthErrorKind, Stamp};

/// How long a key that was rejected signs nothing.
const PAUSE: TimeDelta = TimeDelta::seconds(30);

#[derive(Default)]
pub(super) struct Pause(Mutex<State>);

#[derive(Default)]
struct State {
    /// The latest signature.
    latest: Option<Signed>,
    /// Whether its key was rejected, and the pause is not over.
    paused: bool,
}

struct Signed {
    key_id: Arc<str>,
    stamp: Stamp,
    at: DateTime<Utc>,
}

impl Pause {
    /// Refuses while there is a pause, before a key that can only be the same is fetched.
    pub(super) fn check_fixed(&self, at: DateTime<Utc>) -> Result<(), AuthError> {
        self.refuse(at, |_| true)
    }

    /// Refuses while there is a pause for this key. Another key ends it.
    pub(super) fn check(&self, key_id: &str, at: DateTime<Utc>) -> Result<(), AuthError> {
        self.refuse(at, |paused| paused == key_id)
    }

    fn refuse(&self, at: DateTime<Utc>, is_for: impl Fn(&str) -> bool) -> Result<(), AuthError> {
        let mut state = self.lock();
        let State {
            latest: Some(latest),
            paused: true,
        } = &*state
        else {
            return Ok(());
        };
        let since = at - latest.at;
        let left = PAUSE - since.max(TimeDelta::zero());
        // Callers need not read their clocks in order; but one that was set back by more than that would make the pause
        // long, and may well have been the reason for the rejection.
        if since.abs() < PAUSE && is_for(&latest.key_id) {
            return Err(AuthError::new(AuthErrorKind::Rejected).with_detail(format!(
                "nothing is signed with the access key {} for another {} s, because repeated bad signatures lock a \
                 key; check the key, its secret and the clock of this machine",
                latest.key_id,
                seconds(left)
            )));
        }
        state.paused = false;
        Ok(())
    }

    /// A request was signed.
    pub(super) fn signed(&self, key: &AccessKey, stamp: Stamp, at: DateTime<Utc>) {
        let mut state = self.lock();
        // A rejection may have come since the check; its pause holds, and counts from here.
        state.latest = Some(Signed {
            key_id: key.shared_id(),
            stamp,
            at,
        });
    }

    /// The service rejected the key of `stamp`. A late echo of an earlier generation begins nothing.
    pub(super) fn begin(&self, stamp: Stamp) {
        let mut state = self.lock();
        if state.latest.as_ref().is_some_and(|latest| latest.stamp == stamp) {
            state.paused = true;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In whole seconds, rounded up: a pause that is not over has at least one.
fn seconds(left: TimeDelta) -> i64 {
    left.num_seconds() + i64::from(left.subsec_nanos() > 0)
}
