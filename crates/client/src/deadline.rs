//! One deadline over any number of calls, and the account of where its time went.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use session_export_transport::Clock;

use crate::Spent;

/// The part of an export that time is booked on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Phase {
    Submit,
    Wait,
    Download,
    Other,
}

/// Measured on the monotonic clock. Clones share the account.
#[derive(Clone, Debug)]
pub(crate) struct Deadline {
    clock: Arc<dyn Clock>,
    started: Duration,
    budget: Duration,
    account: Arc<Mutex<Account>>,
}

#[derive(Debug, Default)]
struct Account {
    spent: Spent,
    running: Vec<(u64, Phase, Duration)>,
    next_id: u64,
}

/// Books time on a phase from its start until it is dropped.
#[derive(Debug)]
pub(crate) struct PhaseTimer {
    deadline: Deadline,
    id: u64,
}

impl Deadline {
    pub(crate) fn start(clock: Arc<dyn Clock>, budget: Duration) -> Self {
        Self {
            started: clock.monotonic(),
            clock,
            budget,
            account: Arc::default(),
        }
    }

    /// What is left; zero once it has passed.
    pub(crate) fn remaining(&self) -> Duration {
        let spent = self.clock.monotonic().saturating_sub(self.started);
        self.budget.saturating_sub(spent)
    }

    pub(crate) fn time(&self, phase: Phase) -> PhaseTimer {
        let mut account = self.lock();
        let id = account.next_id;
        account.next_id += 1;
        account.running.push((id, phase, self.clock.monotonic()));
        PhaseTimer {
            deadline: self.clone(),
            id,
        }
    }

    /// What was spent, phases that are still running included.
    pub(crate) fn spent(&self) -> Spent {
        let account = self.lock();
        let now = self.clock.monotonic();
        let mut spent = Spent {
            budget: self.budget,
            ..account.spent
        };
        for (_, phase, since) in &account.running {
            book(&mut spent, *phase, now.saturating_sub(*since));
        }
        spent
    }

    fn lock(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PhaseTimer {
    fn drop(&mut self) {
        let now = self.deadline.clock.monotonic();
        let mut account = self.deadline.lock();
        if let Some(index) = account.running.iter().position(|(id, ..)| *id == self.id) {
            let (_, phase, since) = account.running.swap_remove(index);
            book(&mut account.spent, phase, now.saturating_sub(since));
        }
    }
}

fn book(spent: &mut Spent, phase: Phase, time: Duration) {
    *match phase {
        Phase::Submit => &mut spent.submit,
        Phase::Wait => &mut spent.wait,
        Phase::Download => &mut spent.download,
        Phase::Other => &mut spent.other,
    } += time;
}
