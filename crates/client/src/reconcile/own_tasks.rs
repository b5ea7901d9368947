//! What a client knows of its own submits, so that its other tasks are no candidates for a lost one.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use session_export_model::TaskId;

/// How many tasks, and how many lost submits, are remembered; the oldest one is forgotten for a new one. A window of
/// reconciliation is about a minute, and the service allows 100 writes a minute and user.
const CAPACITY: usize = 10_000;

/// Shared by the clones of a client.
#[derive(Clone, Default)]
pub(crate) struct OwnTasks(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    ids: HashSet<TaskId>,
    order: VecDeque<TaskId>,
    in_flight: Vec<(u64, Duration)>,
    next: u64,
    lost: VecDeque<(DateTime<Utc>, Duration)>,
}

/// A submit that is under way until this is dropped.
pub(crate) struct InFlight {
    own: OwnTasks,
    number: u64,
}

impl OwnTasks {
    pub(crate) fn add(&self, id: &TaskId) {
        let mut state = self.lock();
        if state.ids.insert(id.clone()) {
            state.order.push_back(id.clone());
            if state.order.len() > CAPACITY
                && let Some(oldest) = state.order.pop_front()
            {
                state.ids.remove(&oldest);
            }
        }
    }

    pub(crate) fn contains(&self, id: &TaskId) -> bool {
        self.lock().ids.contains(id)
    }

    /// A submit begins now, by the monotonic clock.
    pub(crate) fn begin(&self, now: Duration) -> InFlight {
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        state.in_flight.push((number, now));
        InFlight {
            own: self.clone(),
            number,
        }
    }

    /// Whether a submit is under way that began then or earlier.
    pub(crate) fn is_in_flight_since(&self, moment: Duration) -> bool {
        self.lock().in_flight.iter().any(|(_, began)| *began <= moment)
    }

    /// Notes when a lost submit began by the monotonic clock, which nobody sets.
    pub(crate) fn lose(&self, started_at: DateTime<Utc>, began: Duration) {
        let mut state = self.lock();
        state.lost.push_back((started_at, began));
        if state.lost.len() > CAPACITY {
            state.lost.pop_front();
        }
    }

    /// When the lost submit that began then by the wall clock did so by the monotonic one, if it was this client's.
    pub(crate) fn began(&self, started_at: DateTime<Utc>) -> Option<Duration> {
        let state = self.lock();
        let lost = state.lost.iter().find(|(at, _)| *at == started_at)?;
        Some(lost.1)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let number = self.number;
        self.own.lock().in_flight.retain(|(other, _)| *other != number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_task_is_forgotten_for_a_new_one() {
        let own = OwnTasks::default();
        let id = |number: usize| TaskId::try_from(format!("t{number}")).unwrap();
        for number in 0..=CAPACITY {
            own.add(&id(number));
            own.add(&id(number));
        }
        assert!(!own.contains(&id(0)));
        assert!(own.contains(&id(1)) && own.contains(&id(CAPACITY)));
        assert_eq!(own.lock().order.len(), CAPACITY);
    }

    #[test]
    fn a_submit_is_in_flight_until_it_is_dropped() {
        let own = OwnTasks::default();
        let second = Duration::from_secs(1);
        let (early, late) = (own.begin(second), own.begin(second * 3));
        assert!(own.is_in_flight_since(second));
        assert!(!own.is_in_flight_since(second / 2));
        drop(early);
        assert!(!own.is_in_flight_since(second * 2));
        assert!(own.is_in_flight_since(second * 3));
        drop(late);
        assert!(!own.is_in_flight_since(second * 9));
    }
}
