//! One fetch under way, and all who wait for it.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::AuthError;

/// What one caller fetches and others wait for, until there is an outcome.
///
/// The one who fetches leads the flight. If that one is dropped, the first who is polled then takes the lead; the
/// flight and those who wait stay. The outcome stays with the flight, not with the cache: a later fetch cannot replace
/// it, and a caller who came after the landing cannot see it. All are woken at once, not one by the other, so that a
/// waiter whose task is busy elsewhere holds up nobody.
#[derive(Default)]
pub(super) struct Flight(Mutex<Seats>);

#[derive(Default)]
struct Seats {
    is_led: bool,
    was_left: bool,
    landing: Option<Landing>,
    next_ticket: u64,
    /// In the order in which they came.
    wakers: BTreeMap<u64, Waker>,
}

/// How a flight ended, for those who waited.
#[derive(Clone)]
pub(super) enum Landing {
    /// There is a new credential in the cache.
    Stored,
    /// There is none, and this is why.
    Failed(AuthError),
}

/// What a waiter is woken for.
pub(super) enum Woken {
    Landed(Landing),
    /// The one who led was dropped, and now this one leads.
    Leads,
}

impl Flight {
    /// Whether the caller leads from now on: nobody else does.
    pub(super) fn take_lead(&self) -> bool {
        !std::mem::replace(&mut self.lock().is_led, true)
    }

    /// Ends the flight.
    pub(super) fn land(&self, landing: Landing) {
        self.wake_all(|seats| seats.landing = Some(landing));
    }

    /// Gives up the lead. After a landing that means nothing: who waited has an outcome.
    pub(super) fn leave_lead(&self) {
        self.wake_all(|seats| {
            seats.is_led = false;
            seats.was_left = true;
        });
    }

    /// Whether somebody who led gave up.
    pub(super) fn was_left(&self) -> bool {
        self.lock().was_left
    }

    /// Waits for the landing, or for the lead.
    pub(super) fn wait(self: &Arc<Self>) -> Wait {
        Wait {
            flight: Arc::clone(self),
            ticket: None,
        }
    }

    fn wake_all(&self, change: impl FnOnce(&mut Seats)) {
        let wakers = {
            let mut seats = self.lock();
            change(&mut seats);
            std::mem::take(&mut seats.wakers)
        };
        // Outside the lock: a waker is foreign code.
        wakers.into_values().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, Seats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends when the flight lands or is led no longer. Dropping it gives the seat back.
pub(super) struct Wait {
    flight: Arc<Flight>,
    ticket: Option<u64>,
}

impl Wait {
    pub(super) fn flight(&self) -> Arc<Flight> {
        Arc::clone(&self.flight)
    }
}

impl Future for Wait {
    type Output = Woken;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Woken> {
        let this = &mut *self;
        let mut seats = this.flight.lock();
        if let Some(landing) = &seats.landing {
            return Poll::Ready(Woken::Landed(landing.clone()));
        }
        if !std::mem::replace(&mut seats.is_led, true) {
            return Poll::Ready(Woken::Leads);
        }
        let ticket = *this.ticket.get_or_insert_with(|| {
            seats.next_ticket += 1;
            seats.next_ticket
        });
        // Every time: a future may move to another task between two polls.
        seats.wakers.insert(ticket, cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            let waker = self.flight.lock().wakers.remove(&ticket);
            drop(waker);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Wake;

    use super::*;

    impl Flight {
        pub(in crate::cache) fn is_led(&self) -> bool {
            self.lock().is_led
        }
    }

    #[derive(Default)]
    struct Counted(std::sync::atomic::AtomicUsize);

    impl Wake for Counted {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
    }

    fn poll(wait: &mut Wait, counted: &Arc<Counted>) -> Poll<Woken> {
        let waker = Waker::from(Arc::clone(counted));
        Pin::new(wait).poll(&mut Context::from_waker(&waker))
    }

    #[test]
    fn who_waits_no_longer_leaves_no_waker_behind() {
        let flight = Arc::new(Flight::default());
        assert!(flight.take_lead());
        let counted = Arc::default();
        let mut wait = flight.wait();
        assert!(poll(&mut wait, &counted).is_pending());
        assert_eq!(Arc::strong_count(&counted), 2);
        drop(wait);
        assert_eq!(Arc::strong_count(&counted), 1);
    }

    #[test]
    fn the_last_task_that_polled_is_the_one_that_is_woken() {
        let flight = Arc::new(Flight::default());
        assert!(flight.take_lead());
        let (first, second) = (Arc::default(), Arc::default());
        let mut wait = flight.wait();
        assert!(poll(&mut wait, &first).is_pending());
        assert!(poll(&mut wait, &second).is_pending());
        flight.land(Landing::Stored);
        let count = |counted: &Arc<Counted>| counted.0.load(std::sync::atomic::Ordering::SeqCst);
        assert_eq!((count(&first), count(&second)), (0, 1));
        assert!(poll(&mut wait, &second).is_ready());
    }
}
