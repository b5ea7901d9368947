//! What the operations share: options, data, tokens, tasks.

use chrono::{DateTime, Utc};

use crate::builder::{ClockFn, Options};
use crate::data::Dataset;
use crate::random::Secrets;
use crate::seen::SeenLog;
use crate::tasks::Tasks;
use crate::tokens::Tokens;

/// One emulator's state. There is none outside of it, so several emulators in a process do not meet.
pub(crate) struct App {
    pub(crate) options: Options,
    pub(crate) clock: ClockFn,
    pub(crate) password: String,
    pub(crate) base_url: String,
    pub(crate) secrets: Secrets,
    pub(crate) data: Dataset,
    pub(crate) tokens: Tokens,
    pub(crate) tasks: Tasks,
    pub(crate) seen: SeenLog,
}

impl App {
    /// The region, which is also the name of the project.
    pub(crate) const REGION: &'static str = "emulator-1";

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }
}
