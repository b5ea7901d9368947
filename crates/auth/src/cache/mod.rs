//! One credential for everybody, fetched once.
//!
//! What the cache does depends on the credential that it holds and on the time `at` which the caller brings; the cache
//! reads no clock. *Life* is the time from the fetch (the `at` of the one who fetched) to the end that the credential
//! names. The *last part* of a life is ten minutes of it, or 20 % if that is less (design, section 7).
//!
//! | state | when | the caller at `at` |
//! |---|---|---|
//! | fresh | before the last part, or it has no end | gets it, without awaiting |
//! | stale | in the last part | gets it without awaiting, except one, who renews it |
//! | stale, paused | in the last part, and a renewal failed or was given up less than a pause ago | gets it, without awaiting |
//! | unusable | from its end on, rejected, or never fetched | fetches, or waits for the one who does |
//!
//! What ends a fetch, and what that means:
//!
//! | the fetch | the one who fetched | those who waited | the next caller |
//! |---|---|---|---|
//! | gives a credential | gets it | get it | finds it |
//! | fails, and there is a usable old one | gets the old one | get the failure | finds the old one, and a pause |
//! | fails, and there is none | gets the failure | get the same failure | fetches |
//! | gives one that has ended at `at` | as if it had failed, with [`AuthErrorKind::Expired`] | same | same |
//! | is dropped, or panics | is gone | one of them fetches, the others wait on | waits as well, or fetches if nobody does, from its second poll on |
//!
//! A renewal is waited for by callers whose own time is past the end of the old one, and by those who came after its
//! rejection. Once it was rejected, the one who fetched does not get it either. What is fetched counts from the time
//! of the one who fetched; a waiter for whom it has already ended goes on as if it had just come.
//!
//! The pause after a renewal that failed is 30 s, or a quarter of the last part if that is shorter; it doubles with
//! every failure and never outlasts the credential, whose end leads to a fetch whatever the pause says. Times of two
//! callers may differ, and a clock can be set back: a pause holds for times that are nearer to its begin than its
//! length, on either side.
//!
//! There is no background task and no runtime: the work is done by whoever calls.

#[cfg(test)]
mod explore;
mod flight;

use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use chrono::{DateTime, TimeDelta, Utc};
use session_export_transport::TARGET;
use tracing::{debug, field, warn};

use self::flight::{Flight, Landing, Wait, Woken};
use crate::{AuthError, AuthErrorKind, Stamp, Token};

/// A credential is renewed in the last part of its life: this long, or a fifth of its life if that is shorter.
const LAST_PART: TimeDelta = TimeDelta::minutes(10);
/// After a first renewal failed, the old credential is used this long before the next try.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(30);

/// What a cache can hold: a credential that may have an end.
pub(crate) trait Expiring: Clone {
    /// The moment from which on it is of no use; `None` if it has no end, or none that is known.
    fn expires_at(&self) -> Option<DateTime<Utc>>;
}

impl Expiring for Token {
    fn expires_at(&self) -> Option<DateTime<Utc>> {
        Token::expires_at(self)
    }
}

/// Keeps a credential for as long as it is good, and lets one caller at a time fetch another.
pub(crate) struct CredentialCache<V> {
    state: Mutex<State<V>>,
}

struct State<V> {
    current: Option<Entry<V>>,
    /// How many credentials there have been.
    generations: u64,
    /// The fetch under way, or one that was given up and that the next who needs it takes over.
    flight: Option<Arc<Flight>>,
}

struct Entry<V> {
    value: V,
    stamp: Stamp,
    /// The begin and the end of the last part of its life.
    last_part: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pause: Option<Pause>,
}

/// No renewal is tried for a while.
#[derive(Clone, Copy)]
struct Pause {
    since: DateTime<Utc>,
    length: TimeDelta,
}

/// What a caller has to do.
enum Turn<'a, V> {
    Take(V, Stamp),
    Fetch(Leader<'a, V>),
    Wait(Wait),
}

impl<V: Expiring> CredentialCache<V> {
    /// An empty cache.
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                current: None,
                generations: 0,
                flight: None,
            }),
        }
    }

    /// The credential for a caller at the time `at`. `fetch` is called only by the one who fetches, and at most once.
    ///
    /// # Errors
    ///
    /// The failure of the fetch that this caller made or waited for, and [`AuthErrorKind::Expired`] if that gave a
    /// credential that had already ended.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up a fetch of its own. If others wait for it, one of them fetches instead; if it was
    /// the renewal of a usable credential, that one stays and a pause begins, as after a failure.
    pub(crate) async fn get<F, Fut>(&self, at: DateTime<Utc>, fetch: F) -> Result<(V, Stamp), AuthError>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<V, AuthError>>,
    {
        let mut waited = false;
        let leader = loop {
            let mut wait = match self.turn(at, waited) {
                Turn::Take(value, stamp) => return Ok((value, stamp)),
                Turn::Fetch(leader) => break leader,
                Turn::Wait(wait) => wait,
            };
            match (&mut wait).await {
                // Looked up, not handed over: it may have been rejected since, or be too old at this caller's time.
                Woken::Landed(Landing::Stored) => waited = true,
                Woken::Landed(Landing::Failed(failure)) => return Err(failure),
                Woken::Leads => break self.leader(wait.flight(), None),
            }
        };
        // Many callers with one time limit are dropped one after the other when it passes. Whoever takes over lets that
        // happen before it fetches, or each would start a fetch in its last moment. So would a caller whose limit has
        // passed, and who only looks whether there is a credential now.
        if leader.replaces.is_none() && leader.flight.was_left() {
            yield_once().await;
        }
        let outcome = fetch().await;
        leader.land(at, outcome)
    }

    /// Drops the credential of that generation, and no newer one. A fetch under way goes on.
    pub(crate) fn rejected(&self, stamp: Stamp) {
        let mut state = self.lock();
        state.current.take_if(|entry| entry.stamp == stamp);
    }

    /// Looks at the state, and takes the lead if there is something to fetch and nobody does.
    fn turn(&self, at: DateTime<Utc>, waited: bool) -> Turn<'_, V> {
        let mut state = self.lock();
        let State { current, flight, .. } = &mut *state;
        let usable = current.as_mut().filter(|entry| entry.is_usable(at));
        let Some(entry) = usable else {
            let flight = flight.get_or_insert_default();
            return if flight.take_lead() {
                Turn::Fetch(self.leader(Arc::clone(flight), None))
            } else {
                Turn::Wait(flight.wait())
            };
        };
        // One who waited for it has done its share.
        if waited || !entry.is_due(at) {
            return Turn::Take(entry.value.clone(), entry.stamp);
        }
        let flight = flight.get_or_insert_default();
        if !flight.take_lead() {
            return Turn::Take(entry.value.clone(), entry.stamp);
        }
        // Said before the fetch: one that is given up must not make the next caller hang as well.
        entry.pause(at);
        Turn::Fetch(self.leader(Arc::clone(flight), Some(entry.stamp)))
    }

    fn leader(&self, flight: Arc<Flight>, replaces: Option<Stamp>) -> Leader<'_, V> {
        Leader {
            cache: self,
            flight,
            replaces,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V: Expiring> Entry<V> {
    fn new(value: V, stamp: Stamp, at: DateTime<Utc>) -> Self {
        // Cannot overflow: the end is after `at`, and a fifth of the way back from it is as well.
        let last_part = value
            .expires_at()
            .map(|end| (end - LAST_PART.min((end - at) / 5), end));
        Self {
            value,
            stamp,
            last_part,
            pause: None,
        }
    }

    fn is_usable(&self, at: DateTime<Utc>) -> bool {
        self.last_part.is_none_or(|(_, end)| at < end)
    }

    fn is_due(&self, at: DateTime<Utc>) -> bool {
        let paused = self
            .pause
            .is_some_and(|pause| (at - pause.since).abs() < pause.length);
        !paused && self.last_part.is_some_and(|(begin, _)| at >= begin)
    }

    fn pause(&mut self, at: DateTime<Utc>) {
        if let Some((begin, end)) = self.last_part {
            let length = match self.pause {
                Some(last) => last.length * 2,
                None => FIRST_PAUSE.min((end - begin) / 4),
            };
            self.pause = Some(Pause {
                since: at,
                length: length.min(end - at),
            });
        }
    }
}

/// The one who fetches. Dropped without a landing, it leaves the lead to those who wait.
struct Leader<'a, V> {
    cache: &'a CredentialCache<V>,
    flight: Arc<Flight>,
    /// The usable credential that is being renewed.
    replaces: Option<Stamp>,
}

impl<V: Expiring> Leader<'_, V> {
    fn land(self, at: DateTime<Utc>, outcome: Result<V, AuthError>) -> Result<(V, Stamp), AuthError> {
        let mut state = self.cache.lock();
        state.flight = None;
        match outcome.and_then(|value| not_ended(value, at)) {
            Ok(value) => {
                state.generations += 1;
                let stamp = Stamp::new(state.generations);
                let expires_at = value.expires_at();
                state.current = Some(Entry::new(value.clone(), stamp, at));
                drop(state);
                debug!(
                    name: "session_export.credential.fetched",
                    target: TARGET,
                    {
                        session_export.expires_at = expires_at.map(field::debug),
                    },
                    "there is a new credential"
                );
                self.flight.land(Landing::Stored);
                Ok((value, stamp))
            }
            Err(failure) => {
                // The old one, unless it was rejected while the fetch was under way.
                let old = state
                    .current
                    .as_ref()
                    .filter(|entry| Some(entry.stamp) == self.replaces)
                    .map(|entry| (entry.value.clone(), entry.stamp));
                drop(state);
                warn!(
                    name: "session_export.credential.not_fetched",
                    target: TARGET,
                    {
                        error.type = %format_args!("auth.{}", failure.kind().as_str()),
                        error.message = %failure,
                        session_export.has_old_credential = old.is_some(),
                    },
                    "no new credential"
                );
                self.flight.land(Landing::Failed(failure.clone()));
                old.ok_or(failure)
            }
        }
    }
}

impl<V> Drop for Leader<'_, V> {
    fn drop(&mut self) {
        self.flight.leave_lead();
    }
}

fn not_ended<V: Expiring>(value: V, at: DateTime<Utc>) -> Result<V, AuthError> {
    match value.expires_at() {
        Some(end) if end <= at => Err(AuthError::new(AuthErrorKind::Expired).with_detail(format!(
            "it ended at {end:?}, and it is {at:?} here; check the clock of this machine"
        ))),
        _ => Ok(value),
    }
}

/// Lets the executor run once around.
async fn yield_once() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
