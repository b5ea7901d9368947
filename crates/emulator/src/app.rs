//! What the operations share: options, tenants, tokens, keys.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::faults::Faults;
use crate::files::Writers;
use crate::journal::Log;
use crate::keys::Keys;
use crate::metadata::MetadataSessions;
use crate::options::{ClockFn, Options};
use crate::random::Secrets;
use crate::state::Store;
use crate::tenancy::Tenancy;
use crate::throttle::Throttle;
use crate::tickets::Tickets;
use crate::tokens::Tokens;

/// One emulator's state. There is none outside of it, so several emulators in a process do not meet.
pub(crate) struct App {
    pub(crate) options: Options,
    pub(crate) clock: ClockFn,
    pub(crate) base_url: String,
    pub(crate) secrets: Secrets,
    pub(crate) store: Store,
    pub(crate) tenancy: Tenancy,
    pub(crate) tokens: Tokens,
    pub(crate) keys: Keys,
    pub(crate) metadata_sessions: MetadataSessions,
    pub(crate) tickets: Tickets,
    pub(crate) throttle: Throttle,
    pub(crate) writers: Arc<Writers>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) journal: Log,
}

/// A user's permanent key. Without `Debug`: it holds a secret.
#[derive(Clone)]
pub(crate) struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl AccessKey {
    pub(crate) fn random(secrets: &Secrets) -> Self {
        Self {
            id: secrets.access_key_id(),
            secret: secrets.secret_access_key(),
        }
    }
}

impl App {
    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }
}
