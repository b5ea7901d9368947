//! What the operations share: options, tenants, tokens, keys.

use chrono::{DateTime, Utc};

use crate::keys::Keys;
use crate::metadata::MetadataSessions;
use crate::options::{ClockFn, Options};
use crate::random::Secrets;
use crate::seen::SeenLog;
use crate::tenancy::Tenancy;
use crate::tokens::Tokens;

/// One emulator's state. There is none outside of it, so several emulators in a process do not meet.
pub(crate) struct App {
    pub(crate) options: Options,
    pub(crate) clock: ClockFn,
    pub(crate) base_url: String,
    pub(crate) secrets: Secrets,
    pub(crate) tenancy: Tenancy,
    pub(crate) tokens: Tokens,
    pub(crate) keys: Keys,
    pub(crate) metadata_sessions: MetadataSessions,
    pub(crate) access_key: AccessKey,
    pub(crate) seen: SeenLog,
}

/// The user's permanent key. Without `Debug`: it holds a secret.
pub(crate) struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl App {
    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }
}
