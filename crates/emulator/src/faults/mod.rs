//! Faults on request: a script says what goes wrong with which calls, and this makes it happen.
//!
//! ```text
//! script, kind, making   the values, their JSON form and their bounds
//! matching               counts the calls and chooses the fault of each
//! execution              stands in front of every operation, and lets the fault happen
//! answers, body, wire    other answers; bodies that are late, changed or cut; connections that can be cut and reset
//! ```
//!
//! An answer that goes wrong on the wire is written by the same HTTP library as every other one. The fault is in its
//! body, which waits, or ends with an error that makes the library let go of the connection, and in the
//! [connection](wire::Wire), which can leave out a part of the head and be reset. Nothing has to be undone for
//! the next request: a fault that touches the connection ends it.

mod answers;
mod body;
mod error;
mod execution;
mod kind;
mod making;
mod matching;
mod script;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::{Either, select};
use tokio::sync::watch;

use crate::options::ClockFn;

pub use error::FaultScriptError;
pub(crate) use execution::answer;
pub use kind::{Cut, Fate, RetryHint, TaskIdFault, WindowUnit};
pub(crate) use matching::Chosen;
use matching::Matching;
pub(crate) use script::SCRIPT_LIMIT;
pub use script::{Fault, FaultOperation, FaultScript};
pub(crate) use wire::{Line, Wire, Wires};

/// The farthest that the clock can be off: ten years, in seconds.
pub(crate) const OFFSET_LIMIT: i64 = 315_360_000;

/// One emulator's faults.
pub(crate) struct Faults {
    matching: Matching,
    /// By how many seconds the emulator's clock is off, for all calls.
    offset: AtomicI64,
    /// Turns true when the emulator stops, and ends all pauses.
    stopping: watch::Sender<bool>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            matching: Matching::default(),
            offset: AtomicI64::new(0),
            stopping: watch::Sender::new(false),
        }
    }
}

impl Faults {
    /// Replaces the script, unless it breaks a rule.
    pub(crate) fn set(&self, script: FaultScript) -> Result<(), FaultScriptError> {
        script.check()?;
        self.matching.set(script);
        Ok(())
    }

    pub(crate) fn script(&self) -> Arc<FaultScript> {
        self.matching.script()
    }

    /// A clock that is off by the offset of the moment at which it is read.
    pub(crate) fn shift(self: &Arc<Self>, clock: ClockFn) -> ClockFn {
        let faults = Arc::clone(self);
        Arc::new(move || {
            let now = clock();
            let offset = TimeDelta::seconds(faults.offset_seconds());
            now.checked_add_signed(offset).unwrap_or(now)
        })
    }

    pub(crate) fn offset_seconds(&self) -> i64 {
        self.offset.load(Ordering::Relaxed)
    }

    /// Sets the clock off by so many seconds, at most ten years.
    pub(crate) fn set_offset(&self, seconds: i64) {
        let seconds = seconds.clamp(-OFFSET_LIMIT, OFFSET_LIMIT);
        self.offset.store(seconds, Ordering::Relaxed);
    }

    /// Waits in real time, or until the emulator stops.
    async fn pause(&self, span: Duration) {
        let mut stopping = self.stopping.subscribe();
        let stopped = std::pin::pin!(stopping.wait_for(|stopping| *stopping));
        let over = std::pin::pin!(tokio::time::sleep(span));
        match select(stopped, over).await {
            Either::Left(_) | Either::Right(_) => {}
        }
    }

    /// Ends all pauses, those to come too.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }
}
