//! A clock that stands still until it is moved.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::{Clock, Sleep};

/// A clock that moves only when told to: by [`advance`](Self::advance), or by [`drive`](Self::drive), which jumps from
/// one timer to the next as long as a future waits for nothing else. Clones share their time.
///
/// ```
/// use std::time::Duration;
/// use session_export_transport::Clock;
/// use session_export_transport::test_util::ManualClock;
///
/// let clock = ManualClock::new("2024-02-27T03:47:51Z".parse().unwrap());
/// clock.drive(clock.sleep(Duration::from_secs(3600)));
/// assert_eq!(clock.now().to_rfc3339(), "2024-02-27T04:47:51+00:00");
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    start: DateTime<Utc>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    elapsed: Duration,
    /// How far the wall clock is ahead of the monotonic one (it can be set; the monotonic one cannot).
    wall_offset: chrono::TimeDelta,
    timers: Vec<Timer>,
    next_id: u64,
}

#[derive(Debug)]
struct Timer {
    id: u64,
    due: Duration,
    waker: Option<Waker>,
}

impl ManualClock {
    /// A clock that shows `start` and stands still.
    pub fn new(start: DateTime<Utc>) -> Self {
        Self {
            start,
            state: Arc::default(),
        }
    }

    /// Moves both clocks forward and wakes every timer that is due.
    pub fn advance(&self, by: Duration) {
        let due = {
            let mut state = self.lock();
            state.elapsed += by;
            let now = state.elapsed;
            state
                .timers
                .iter_mut()
                .filter(|timer| timer.due <= now)
                .filter_map(|t| t.waker.take())
                .collect::<Vec<_>>()
        };
        due.into_iter().for_each(Waker::wake);
    }

    /// Moves both clocks to the timer that is due next and wakes it; says whether there was one.
    pub fn advance_to_next_timer(&self) -> bool {
        let next = {
            let state = self.lock();
            let due = state.timers.iter().map(|timer| timer.due).min();
            due.map(|due| due.saturating_sub(state.elapsed))
        };
        next.map(|pause| self.advance(pause)).is_some()
    }

    /// Sets the wall clock without moving the monotonic one, as an administrator or NTP would.
    pub fn set_wall_clock(&self, now: DateTime<Utc>) {
        let mut state = self.lock();
        let elapsed = chrono::TimeDelta::from_std(state.elapsed).unwrap_or_default();
        state.wall_offset = now - self.start - elapsed;
    }

    /// How many timers are waiting.
    pub fn timers(&self) -> usize {
        self.lock().timers.len()
    }

    /// How long it is until the first of the waiting timers is due: so far can a test [`advance`](Self::advance) without
    /// missing one. `None` when nothing waits.
    pub fn next_timer(&self) -> Option<Duration> {
        let state = self.lock();
        let first = state.timers.iter().map(|timer| timer.due).min()?;
        Some(first.saturating_sub(state.elapsed))
    }

    /// Runs `future` to its end on this thread; whenever it waits only for time, time jumps to the next timer.
    ///
    /// # Panics
    ///
    /// When the future waits for something that is not this clock and that nobody else wakes: a test that would hang.
    #[allow(clippy::panic)]
    pub fn drive<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let flag = Arc::new(Flag::default());
        let waker = Waker::from(Arc::clone(&flag));
        let mut cx = Context::from_waker(&waker);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                return output;
            }
            if flag.0.swap(false, Ordering::AcqRel) {
                continue;
            }
            if !self.advance_to_next_timer() {
                panic!("the future waits, but neither for this clock nor for anything that woke it");
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        let state = self.lock();
        self.start + chrono::TimeDelta::from_std(state.elapsed).unwrap_or_default() + state.wall_offset
    }

    fn monotonic(&self) -> Duration {
        self.lock().elapsed
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let mut state = self.lock();
        let id = state.next_id;
        state.next_id += 1;
        let due = state.elapsed.saturating_add(duration);
        state.timers.push(Timer { id, due, waker: None });
        drop(state);
        Box::pin(Pause {
            clock: self.clone(),
            id,
        })
    }
}

struct Pause {
    clock: ManualClock,
    id: u64,
}

impl Future for Pause {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.lock();
        let now = state.elapsed;
        let Some(index) = state.timers.iter().position(|timer| timer.id == self.id) else {
            return Poll::Ready(());
        };
        if state.timers[index].due <= now {
            state.timers.swap_remove(index);
            return Poll::Ready(());
        }
        state.timers[index].waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        let id = self.id;
        self.clock.lock().timers.retain(|timer| timer.id != id);
    }
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> ManualClock {
        ManualClock::new("2024-02-27T03:47:51Z".parse().unwrap())
    }

    #[test]
    fn drive_jumps_from_timer_to_timer() {
        let clock = clock();
        let inner = clock.clone();
        clock.drive(async move {
            inner.sleep(Duration::from_secs(10)).await;
            inner.sleep(Duration::from_secs(5)).await;
        });
        assert_eq!(clock.monotonic(), Duration::from_secs(15));
        assert_eq!(
            clock.now(),
            "2024-02-27T03:48:06Z".parse::<DateTime<Utc>>().unwrap()
        );
        assert_eq!(clock.timers(), 0);
    }

    #[test]
    fn a_dropped_pause_leaves_no_timer() {
        let clock = clock();
        drop(clock.sleep(Duration::from_secs(1)));
        assert_eq!((clock.timers(), clock.next_timer()), (0, None));
    }

    #[test]
    fn the_next_timer_is_the_one_that_is_due_first() {
        let clock = clock();
        let later = clock.sleep(Duration::from_secs(9));
        let sooner = clock.sleep(Duration::from_secs(4));
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.next_timer(), Some(Duration::from_secs(3)));
        drop(sooner);
        assert_eq!(clock.next_timer(), Some(Duration::from_secs(8)));
        clock.advance(Duration::from_secs(20));
        assert_eq!(clock.next_timer(), Some(Duration::ZERO));
        drop(later);
    }

    #[test]
    fn the_next_timer_is_reached_and_none_is_passed() {
        let clock = clock();
        assert!(!clock.advance_to_next_timer());
        let (_late, _early) = (
            clock.sleep(Duration::from_secs(9)),
            clock.sleep(Duration::from_secs(4)),
        );
        assert!(clock.advance_to_next_timer());
        assert_eq!(clock.monotonic(), Duration::from_secs(4));
        // It is due until somebody takes note of it.
        assert!(clock.advance_to_next_timer());
        assert_eq!(clock.monotonic(), Duration::from_secs(4));
    }

    #[test]
    fn the_wall_clock_can_be_set_without_moving_time() {
        let clock = clock();
        clock.advance(Duration::from_secs(60));
        let set = "2020-01-01T00:00:00Z".parse().unwrap();
        clock.set_wall_clock(set);
        assert_eq!(clock.now(), set);
        assert_eq!(clock.monotonic(), Duration::from_secs(60));
    }

    #[test]
    #[should_panic(expected = "neither for this clock")]
    fn drive_does_not_hang() {
        clock().drive(std::future::pending::<()>());
    }
}
