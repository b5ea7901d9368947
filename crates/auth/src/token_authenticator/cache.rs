//! One token for everybody, fetched once.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{AuthError, AuthErrorKind, ProvideToken, Stamp, Token};

/// A token is renewed in the last part of its life: this long, or a fifth of its life if that is shorter.
const RENEW_BEFORE_END: TimeDelta = TimeDelta::minutes(10);
/// After a renewal failed, the old token is used this long before the next try.
const RENEWAL_PAUSE: TimeDelta = TimeDelta::seconds(30);

pub(super) struct TokenCache<P> {
    provider: P,
    state: Mutex<State>,
    /// Held by the one who fetches. An async lock of no runtime: it is released when its holder is cancelled.
    fetching: futures_util::lock::Mutex<()>,
}

#[derive(Default)]
struct State {
    current: Option<Entry>,
    generation: u64,
    renew_not_before: Option<DateTime<Utc>>,
    /// How many fetches have ended. A waiter remembers the number it came at; if it grew, the outcome is for it too.
    fetches_ended: u64,
    last_failure: Option<AuthError>,
}

struct Entry {
    token: Token,
    generation: u64,
    renew_at: Option<DateTime<Utc>>,
}

enum Found {
    Fresh(Token, Stamp),
    Stale(Token, Stamp),
    /// With the number of fetches that had ended when this was seen.
    Nothing(u64),
}

impl<P: ProvideToken> TokenCache<P> {
    pub(super) fn new(provider: P) -> Self {
        Self {
            provider,
            state: Mutex::default(),
            fetching: futures_util::lock::Mutex::new(()),
        }
    }

    pub(super) fn provider(&self) -> &P {
        &self.provider
    }

    pub(super) async fn get(&self, at: DateTime<Utc>) -> Result<(Token, Stamp), AuthError> {
        let seen = match self.look(at) {
            Found::Fresh(token, stamp) => return Ok((token, stamp)),
            Found::Stale(token, stamp) => {
                let Some(_leader) = self.fetching.try_lock() else {
                    return Ok((token, stamp));
                };
                // Somebody may have renewed it between the look and the lock.
                return match self.look(at) {
                    Found::Fresh(token, stamp) => Ok((token, stamp)),
                    Found::Stale(..) | Found::Nothing(_) => {
                        // Said before the fetch: one that is given up must not make the next caller hang as well.
                        self.lock().renew_not_before = Some(at + RENEWAL_PAUSE);
                        Ok(self.fetch(at).await.unwrap_or((token, stamp)))
                    }
                };
            }
            Found::Nothing(seen) => seen,
        };
        let _leader = self.fetching.lock().await;
        match self.look(at) {
            Found::Fresh(token, stamp) | Found::Stale(token, stamp) => Ok((token, stamp)),
            Found::Nothing(ended) => match self.failure_since(seen, ended) {
                Some(failure) => Err(failure),
                None => self.fetch(at).await,
            },
        }
    }

    /// Drops the token of that generation, and no newer one.
    pub(super) fn rejected(&self, stamp: Stamp) -> bool {
        let mut state = self.lock();
        if state
            .current
            .as_ref()
            .is_some_and(|entry| Stamp::new(entry.generation) == stamp)
        {
            state.current = None;
        }
        self.provider.can_renew()
    }

    fn look(&self, at: DateTime<Utc>) -> Found {
        let state = self.lock();
        let usable = state
            .current
            .as_ref()
            .filter(|entry| entry.token.expires_at().is_none_or(|end| at < end));
        let Some(entry) = usable else {
            return Found::Nothing(state.fetches_ended);
        };
        let found = (entry.token.clone(), Stamp::new(entry.generation));
        let due = entry.renew_at.is_some_and(|renew_at| at >= renew_at);
        let paused = state.renew_not_before.is_some_and(|moment| at < moment);
        if due && !paused {
            Found::Stale(found.0, found.1)
        } else {
            Found::Fresh(found.0, found.1)
        }
    }

    /// The failure that the caller waited for, if a fetch ended in one since it came.
    fn failure_since(&self, seen: u64, ended: u64) -> Option<AuthError> {
        if ended > seen {
            self.lock().last_failure.clone()
        } else {
            None
        }
    }

    /// Fetches while the caller holds `fetching`.
    async fn fetch(&self, at: DateTime<Utc>) -> Result<(Token, Stamp), AuthError> {
        let outcome = self
            .provider
            .provide_token()
            .await
            .and_then(|token| not_expired(token, at));
        let mut state = self.lock();
        state.fetches_ended += 1;
        match outcome {
            Ok(token) => {
                state.generation += 1;
                let generation = state.generation;
                let renew_at = token
                    .expires_at()
                    .map(|end| end - RENEW_BEFORE_END.min((end - at) / 5));
                state.current = Some(Entry {
                    token: token.clone(),
                    generation,
                    renew_at,
                });
                state.renew_not_before = None;
                state.last_failure = None;
                Ok((token, Stamp::new(generation)))
            }
            Err(failure) => {
                state.renew_not_before = Some(at + RENEWAL_PAUSE);
                state.last_failure = Some(failure.clone());
                Err(failure)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_expired(token: Token, at: DateTime<Utc>) -> Result<Token, AuthError> {
    match token.expires_at() {
        Some(end) if end <= at => Err(AuthError::new(AuthErrorKind::ExpiredToken).with_detail(format!(
            "it ended at {end:?}, and it is {at:?} here; check the clock of this machine"
        ))),
        _ => Ok(token),
    }
}
