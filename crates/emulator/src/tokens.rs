//! The tokens that IAM issued, and what each of them stands for.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use http::HeaderMap;

use crate::remembered::Remembered;
use crate::request;
use crate::state::{Event, GrantRecord, Store};
use crate::tenancy::{Identity, Scope};

/// What a token permits, and how it was obtained.
pub(crate) struct Grant {
    pub(crate) identity: Identity,
    pub(crate) scope: Scope,
    pub(crate) methods: Vec<&'static str>,
    pub(crate) issued_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

/// Why a token does not vouch for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenFault {
    Missing,
    Repeated,
    Unknown,
    Expired(DateTime<Utc>),
}

/// All tokens that can still be recognised, valid or expired.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<Remembered<Arc<Grant>>>);

impl Tokens {
    /// Lets a token count, or does not if that cannot be written down.
    pub(crate) fn issue(&self, token: &str, grant: Arc<Grant>, store: &Store) -> io::Result<()> {
        let mut issued = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        store.record(|| Event::Token(GrantRecord::new(token, &grant)))?;
        issued.add(token, grant);
        Ok(())
    }

    /// Lets a token of the time before the emulator was started count again.
    pub(crate) fn restore(&self, token: &str, grant: Arc<Grant>) {
        let mut issued = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        issued.add(token, grant);
    }

    /// Forgets every token.
    pub(crate) fn revoke(&self, store: &Store) {
        let mut issued = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        store.note(|| Event::TokensRevoked);
        issued.clear();
    }

    /// The grant of a token that is valid now.
    pub(crate) fn find(&self, token: &str, now: DateTime<Utc>) -> Result<Arc<Grant>, TokenFault> {
        let issued = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let grant = issued.get(token).ok_or(TokenFault::Unknown)?;
        if now >= grant.expires_at {
            return Err(TokenFault::Expired(grant.expires_at));
        }
        Ok(Arc::clone(grant))
    }

    /// The grant of the token in the header `name`.
    pub(crate) fn of_header(
        &self,
        headers: &HeaderMap,
        name: &str,
        now: DateTime<Utc>,
    ) -> Result<Arc<Grant>, TokenFault> {
        let value = request::single(headers, name).map_err(|_| TokenFault::Repeated)?;
        let value = value
            .filter(|value| !value.is_empty())
            .ok_or(TokenFault::Missing)?;
        self.find(value.to_str().map_err(|_| TokenFault::Unknown)?, now)
    }
}
