//! A budget of retries for all calls of a client, so that a service that is down is not asked several times as often.

use std::sync::atomic::{AtomicU32, Ordering};

/// What a client starts with, and never has more than: a hundred retries.
const CAPACITY: u32 = 500;
/// What a retry costs.
pub(super) const RETRY: u32 = 5;
/// What a retry costs after an attempt that took its whole time: it kept a connection of the service busy.
pub(super) const RETRY_AFTER_TIME_OUT: u32 = 10;
/// What a call gives back that succeeds at once.
const SUCCESS: u32 = 1;

/// Every retry is paid from it, every success gives a little back; when it is empty, a failure is final.
#[derive(Debug)]
pub(crate) struct Budget {
    units: AtomicU32,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            units: AtomicU32::new(CAPACITY),
        }
    }
}

impl Budget {
    /// Pays for a try that repeats what another one has done; false when there is not enough left.
    pub(crate) fn pay_for_retry(&self) -> bool {
        self.spend(RETRY)
    }

    /// Gives back what the last such try cost: it was no waste.
    pub(crate) fn refund_retry(&self) {
        self.give_back(Some(RETRY));
    }

    /// Whether there was enough left.
    pub(super) fn spend(&self, cost: u32) -> bool {
        self.units
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |units| {
                units.checked_sub(cost)
            })
            .is_ok()
    }

    /// After a success: what its last retry cost, since that one was no waste; one unit when there was none.
    pub(super) fn give_back(&self, last_cost: Option<u32>) {
        let more = last_cost.unwrap_or(SUCCESS);
        // It always finds a new value, so there is no failure to handle.
        let _ = self
            .units
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |units| {
                Some(units.saturating_add(more).min(CAPACITY))
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_retries_or_fifty_after_time_outs() {
        for (cost, retries) in [(RETRY, 100), (RETRY_AFTER_TIME_OUT, 50)] {
            let budget = Budget::default();
            assert!((0..retries).all(|_| budget.spend(cost)));
            assert!(!budget.spend(cost));
        }
    }

    #[test]
    fn success_fills_it_again_but_never_beyond() {
        let budget = Budget::default();
        budget.give_back(None);
        while budget.spend(RETRY) {}
        for _ in 0..RETRY - 1 {
            budget.give_back(None);
        }
        assert!(!budget.spend(RETRY));
        budget.give_back(None);
        assert!(budget.spend(RETRY));
        budget.give_back(Some(RETRY_AFTER_TIME_OUT));
        assert!(budget.spend(RETRY) && budget.spend(RETRY) && !budget.spend(RETRY));
        for _ in 0..2 * CAPACITY {
            budget.give_back(None);
        }
        assert!((0..100).all(|_| budget.spend(RETRY)));
        assert!(!budget.spend(1));
    }
}
