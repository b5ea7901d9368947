//! After a 429 every call of the client is held back until the window that it names ends.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The calls that were held back start again one after the other, this far apart, so that the next window is not used up
/// in its first moment.
const SPACING: Duration = Duration::from_millis(100);

/// Holds calls back in the order in which they came.
///
/// Every place in the queue has a slot, which is a moment of the monotonic clock; a call waits for its own slot only. So
/// nobody has to wake the next one, a call that is dropped or not polled holds up nobody, and a call that comes later
/// never gets an earlier slot.
#[derive(Debug, Default)]
pub(crate) struct CoolDown {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When the window ends.
    until: Duration,
    /// The first moment that is nobody's slot.
    next_slot: Duration,
    /// By number, in the order in which they came: most go again from one end or the other.
    slots: VecDeque<(u64, Duration)>,
    next_number: u64,
}

/// A place in the queue, given up when it is dropped.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    cool_down: &'a CoolDown,
    number: u64,
}

impl CoolDown {
    /// Holds back everybody for `window`, also those who wait already; they keep their order.
    pub(super) fn begin(&self, now: Duration, window: Duration) {
        let mut state = self.lock();
        let until = now.saturating_add(window);
        if until <= state.until || window.is_zero() {
            return;
        }
        state.until = until;
        let mut next = until;
        for (_, slot) in &mut state.slots {
            *slot = next;
            next = next.saturating_add(SPACING);
        }
        state.next_slot = next;
    }

    /// A place at the end of the queue. Where nobody is held back, its slot is now.
    pub(crate) fn queue(&self, now: Duration) -> Place<'_> {
        let mut state = self.lock();
        let number = state.next_number;
        state.next_number += 1;
        let slot = state.until.max(state.next_slot).max(now);
        if slot > now {
            state.next_slot = slot.saturating_add(SPACING);
        }
        state.slots.push_back((number, slot));
        Place {
            cool_down: self,
            number,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn position(&self, number: u64) -> Option<usize> {
        self.slots.binary_search_by_key(&number, |(other, _)| *other).ok()
    }
}

impl Place<'_> {
    /// How long until its slot; zero when it has come.
    pub(crate) fn wait(&self, now: Duration) -> Duration {
        let state = self.cool_down.lock();
        let slot = state.position(self.number).map(|at| state.slots[at].1);
        slot.unwrap_or_default().saturating_sub(now)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.cool_down.lock();
        if let Some(at) = state.position(self.number) {
            state.slots.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn without_a_429_nobody_waits() {
        let cool_down = CoolDown::default();
        let places: Vec<_> = (0..50).map(|_| cool_down.queue(Duration::ZERO)).collect();
        assert!(places.iter().all(|place| place.wait(Duration::ZERO).is_zero()));
        cool_down.begin(seconds(1), Duration::ZERO);
        assert!(cool_down.queue(seconds(1)).wait(seconds(1)).is_zero());
    }

    #[test]
    fn those_who_wait_start_again_in_order_and_apart() {
        let cool_down = CoolDown::default();
        let early = cool_down.queue(seconds(1));
        cool_down.begin(seconds(1), seconds(60));
        let (second, third) = (cool_down.queue(seconds(2)), cool_down.queue(seconds(3)));
        let slots = [&early, &second, &third].map(|place| place.wait(Duration::ZERO));
        assert_eq!(
            slots,
            [seconds(61), seconds(61) + SPACING, seconds(61) + 2 * SPACING]
        );
        // The queue drains before anybody starts at will.
        let late = cool_down.queue(seconds(61));
        assert_eq!(late.wait(seconds(61)), 3 * SPACING);
        assert!(cool_down.queue(seconds(62)).wait(seconds(62)).is_zero());
    }

    #[test]
    fn a_longer_window_moves_everybody_and_a_shorter_one_nobody() {
        let cool_down = CoolDown::default();
        cool_down.begin(Duration::ZERO, seconds(10));
        let places: Vec<_> = (0..3).map(|_| cool_down.queue(Duration::ZERO)).collect();
        cool_down.begin(seconds(1), seconds(5));
        assert_eq!(places[2].wait(Duration::ZERO), seconds(10) + 2 * SPACING);
        cool_down.begin(seconds(5), seconds(10));
        let newcomer = cool_down.queue(seconds(5));
        let slots: Vec<_> = places.iter().map(|place| place.wait(seconds(5))).collect();
        assert_eq!(
            slots,
            [seconds(10), seconds(10) + SPACING, seconds(10) + 2 * SPACING]
        );
        assert_eq!(newcomer.wait(seconds(5)), seconds(10) + 3 * SPACING);
    }

    #[test]
    fn a_window_without_an_end_is_waited_for_without_one() {
        let cool_down = CoolDown::default();
        let early = cool_down.queue(seconds(1));
        cool_down.begin(seconds(1), Duration::MAX);
        let late = cool_down.queue(seconds(2));
        let slots = [&early, &late].map(|place| place.wait(Duration::ZERO));
        assert_eq!(slots, [Duration::MAX; 2]);
    }

    #[test]
    fn a_dropped_place_leaves_nothing_behind() {
        let cool_down = CoolDown::default();
        cool_down.begin(Duration::ZERO, seconds(10));
        let places: Vec<_> = (0..100).map(|_| cool_down.queue(Duration::ZERO)).collect();
        let last = cool_down.queue(Duration::ZERO);
        drop(places);
        assert_eq!(cool_down.lock().slots.len(), 1);
        // Another 429 closes the gap that they left.
        cool_down.begin(seconds(1), seconds(10));
        assert_eq!(last.wait(seconds(1)), seconds(10));
    }
}
