//! What a client tells while it lets time pass.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::{ClientBuilder, Error, Operation};

/// A pause that a client is about to make, told to [`ClientBuilder::on_pause`](crate::ClientBuilder::on_pause).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pause {
    /// What goes on after it.
    pub operation: Operation,
    /// How long it is. A later 429 can make it longer; then there is another one.
    pub length: Duration,
    /// Why.
    pub reason: PauseReason,
}

/// Why a client pauses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PauseReason {
    /// The service answered this call, or another one of the same client, with 429 and a window that has not passed.
    Throttled,
    /// The call failed, or the file broke off, and is tried again.
    TryingAgain {
        /// The failure and its causes on one line. No secret is in it.
        problem: String,
    },
}

impl PauseReason {
    pub(crate) fn after(error: &Error) -> Self {
        let mut problem = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            problem.push_str(": ");
            problem.push_str(&error.to_string());
            cause = error.source();
        }
        Self::TryingAgain { problem }
    }
}

impl ClientBuilder {
    /// Calls `listener` before each pause that a call or a download makes because something failed or is throttled: for a
    /// program that says why nothing happens. It is called on the thread that polls, and should be quick. Nobody is told
    /// by default.
    ///
    /// The regular pauses between two looks at a task are no such pause: [`ExportTask::watch`](crate::ExportTask::watch)
    /// tells of those.
    ///
    /// ```
    /// # use session_export::{Client, Endpoint};
    /// # fn example(endpoint: Endpoint) -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = Client::builder(endpoint, "a4da8115c9d8464ead3a38309130523f".parse()?)
    ///     .on_pause(|pause| eprintln!("{}: waiting {:?}", pause.operation, pause.length));
    /// # let _ = builder;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_pause(mut self, listener: impl Fn(&Pause) + Send + Sync + 'static) -> Self {
        self.pauses = PauseListener::new(listener);
        self
    }
}

/// Whom pauses are told to.
#[derive(Clone, Default)]
pub(crate) struct PauseListener(Option<Arc<Listener>>);

type Listener = dyn Fn(&Pause) + Send + Sync;

impl PauseListener {
    pub(crate) fn new(listener: impl Fn(&Pause) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listener)))
    }

    /// Tells of a pause. `reason` is only put together for somebody who listens.
    pub(crate) fn tell(&self, operation: Operation, length: Duration, reason: impl FnOnce() -> PauseReason) {
        if let Some(listener) = &self.0 {
            listener(&Pause {
                operation,
                length,
                reason: reason(),
            });
        }
    }
}

impl fmt::Debug for PauseListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "listening" } else { "nobody" })
    }
}
