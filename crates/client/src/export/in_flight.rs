//! A limit on how many exports of a client are under way at once.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// Lets so many exports in at once, the others in the order in which they came.
#[derive(Debug)]
pub(crate) struct ExportsInFlight {
    most: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    queue: VecDeque<Waiter>,
    next_number: u64,
}

#[derive(Debug)]
struct Waiter {
    number: u64,
    waker: Option<Waker>,
}

/// An export's place, free again once it is released or dropped.
#[derive(Debug)]
pub(crate) struct InFlight {
    limit: Arc<ExportsInFlight>,
    released: AtomicBool,
}

/// A place in the queue, given up when it is dropped.
struct Queued<'a> {
    limit: &'a ExportsInFlight,
    number: u64,
}

impl ExportsInFlight {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            state: Mutex::default(),
        }
    }

    /// Waits for a place.
    ///
    /// Cancel safety: dropping the future gives up the place in the queue.
    pub(crate) async fn enter(self: &Arc<Self>) -> InFlight {
        let queued = self.queue();
        poll_fn(|cx| {
            let mut state = self.lock();
            let free = self.most.saturating_sub(state.running);
            let Some(index) = state
                .queue
                .iter()
                .position(|waiter| waiter.number == queued.number)
            else {
                return Poll::Ready(());
            };
            if index >= free {
                state.queue[index].waker = Some(cx.waker().clone());
                return Poll::Pending;
            }
            state.queue.remove(index);
            state.running += 1;
            Poll::Ready(())
        })
        .await;
        InFlight {
            limit: Arc::clone(self),
            released: AtomicBool::new(false),
        }
    }

    fn queue(&self) -> Queued<'_> {
        let mut state = self.lock();
        let number = state.next_number;
        state.next_number += 1;
        state.queue.push_back(Waiter { number, waker: None });
        Queued { limit: self, number }
    }

    /// Changes who waits or runs, and wakes those for whom there is a place now.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut wakers = Vec::new();
        {
            let mut state = self.lock();
            change(&mut state);
            let free = self.most.saturating_sub(state.running);
            let next = state.queue.iter_mut().take(free);
            wakers.extend(next.filter_map(|waiter| waiter.waker.take()));
        }
        wakers.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InFlight {
    /// The export is over; whoever holds this still does not count any more.
    pub(crate) fn release(&self) {
        if !self.released.swap(true, Ordering::AcqRel) {
            self.limit.change(|state| state.running -= 1);
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.release();
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        let number = self.number;
        self.limit
            .change(|state| state.queue.retain(|waiter| waiter.number != number));
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::atomic::AtomicUsize;
    use std::task::{Context, Wake};

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    struct Caller {
        future: Pin<Box<dyn Future<Output = InFlight>>>,
        woken: Arc<Woken>,
    }

    impl Caller {
        fn new(limit: &Arc<ExportsInFlight>) -> Self {
            let limit = Arc::clone(limit);
            Self {
                future: Box::pin(async move { limit.enter().await }),
                woken: Arc::default(),
            }
        }

        fn poll(&mut self) -> Option<InFlight> {
            let waker = Waker::from(Arc::clone(&self.woken));
            match self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(place) => Some(place),
                Poll::Pending => None,
            }
        }

        fn woken(&self) -> bool {
            self.woken.0.load(Ordering::SeqCst) > 0
        }
    }

    #[test]
    fn so_many_enter_and_the_others_follow_in_order() {
        let limit = Arc::new(ExportsInFlight::new(2));
        let mut callers: Vec<_> = (0..5).map(|_| Caller::new(&limit)).collect();
        let mut places: Vec<_> = callers.iter_mut().map(Caller::poll).collect();
        assert_eq!(
            places.iter().map(Option::is_some).collect::<Vec<_>>(),
            [true, true, false, false, false]
        );
        places[1] = None;
        let woken: Vec<_> = callers.iter().map(Caller::woken).collect();
        assert_eq!(woken, [false, false, true, false, false]);
        // Nobody overtakes, polled or not.
        assert!(callers[3].poll().is_none() && Caller::new(&limit).poll().is_none());
        places[2] = callers[2].poll();
        assert!(places[2].is_some() && callers[3].poll().is_none());
    }

    #[test]
    fn one_that_leaves_the_queue_lets_the_next_one_in() {
        let limit = Arc::new(ExportsInFlight::new(1));
        let first = Caller::new(&limit).poll().unwrap();
        let (mut second, mut third) = (Caller::new(&limit), Caller::new(&limit));
        assert!(second.poll().is_none() && third.poll().is_none());
        drop(first);
        assert!(second.woken() && !third.woken());
        drop(second);
        assert!(third.woken());
        let third = third.poll().unwrap();
        assert_eq!(limit.lock().running, 1);
        assert!(limit.lock().queue.is_empty());
        drop(third);
        assert_eq!(limit.lock().running, 0);
    }

    #[test]
    fn a_place_counts_once_however_it_is_released() {
        let limit = Arc::new(ExportsInFlight::new(1));
        let first = Caller::new(&limit).poll().unwrap();
        first.release();
        first.release();
        let second = Caller::new(&limit).poll().unwrap();
        drop(first);
        assert_eq!(limit.lock().running, 1);
        assert!(Caller::new(&limit).poll().is_none());
        drop(second);
        assert_eq!(limit.lock().running, 0);
    }
}
