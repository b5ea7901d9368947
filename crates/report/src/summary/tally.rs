//! How often each name occurs, and for how long.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::Hash;

use super::Stay;
use crate::figures::{Count, Counts, Failure, Failures, Share, Usage};

/// How often each key occurs.
#[derive(Debug)]
pub(super) struct Tally<K> {
    counts: HashMap<K, u64>,
    missing: u64,
}

impl<K> Default for Tally<K> {
    fn default() -> Self {
        Self {
            counts: HashMap::new(),
            missing: 0,
        }
    }
}

impl<K: Hash + Eq + Ord> Tally<K> {
    pub(super) fn add_key(&mut self, key: K) {
        *self.counts.entry(key).or_default() += 1;
    }

    /// How many keys there are, the most frequent ones, and how often all others occur.
    fn into_top(self, top: usize) -> (usize, Vec<(K, u64)>, u64) {
        let distinct = self.counts.len();
        let mut entries: Vec<_> = self.counts.into_iter().collect();
        let order = |(key, count): &(K, u64), (other_key, other): &(K, u64)| {
            other.cmp(count).then_with(|| key.cmp(other_key))
        };
        let others = cut(&mut entries, top, order)
            .into_iter()
            .map(|(_, count)| count)
            .sum();
        (distinct, entries, others)
    }
}

impl Tally<Box<str>> {
    /// An empty name is none.
    pub(super) fn add(&mut self, name: Option<&str>) {
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            self.missing += 1;
            return;
        };
        // Nearly always it is there already, and no memory is asked for.
        match self.counts.get_mut(name) {
            Some(count) => *count += 1,
            None => self.add_key(name.into()),
        }
    }

    pub(super) fn into_counts(self, top: usize) -> Counts {
        let missing = self.missing;
        let (distinct, entries, others) = self.into_top(top);
        let named = |(name, sessions): (Box<str>, u64)| Count {
            name: name.into(),
            sessions,
        };
        Counts {
            distinct,
            missing,
            top: entries.into_iter().map(named).collect(),
            others,
        }
    }
}

impl Tally<(Box<str>, Box<str>)> {
    pub(super) fn into_failures(self, top: usize) -> Failures {
        let (distinct, entries, others) = self.into_top(top);
        let text = |text: Box<str>| (!text.is_empty()).then(|| text.into());
        let failure = |((code, reason), sessions)| Failure {
            code: text(code),
            reason: text(reason),
            sessions,
        };
        Failures {
            distinct,
            top: entries.into_iter().map(failure).collect(),
            others,
        }
    }
}

/// Sorts the first `top` entries to the front, and gives the others back.
fn cut<T>(entries: &mut Vec<T>, top: usize, order: impl Fn(&T, &T) -> std::cmp::Ordering) -> Vec<T> {
    if top < entries.len() {
        entries.select_nth_unstable_by(top, &order);
    }
    let others = entries.split_off(top.min(entries.len()));
    entries.sort_unstable_by(order);
    others
}

/// How many sessions each name has, and how long they lasted.
#[derive(Debug, Default)]
pub(super) struct TimeTally {
    shares: HashMap<Box<str>, Lasted>,
    missing: u64,
}

/// Sums of milliseconds that cannot overflow, whatever years the times are of.
#[derive(Debug, Default)]
struct Lasted {
    sessions: u64,
    closed: i128,
    /// Until when open sessions count is known in the end: until then, their number and the sum of their starts.
    open: u64,
    open_starts: i128,
}

impl Lasted {
    fn add(&mut self, stay: Stay) {
        self.sessions += 1;
        match stay {
            Stay::Unknown => {}
            Stay::Closed(start, end) => self.closed += i128::from(end) - i128::from(start),
            Stay::Open(start) => {
                self.open += 1;
                self.open_starts += i128::from(start);
            }
        }
    }

    fn until(&self, horizon: i64) -> u64 {
        let open = i128::from(self.open) * i128::from(horizon) - self.open_starts;
        u64::try_from(self.closed + open).unwrap_or(u64::MAX)
    }
}

impl TimeTally {
    pub(super) fn add(&mut self, name: Option<&str>, stay: Stay) {
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            self.missing += 1;
            return;
        };
        match self.shares.get_mut(name) {
            Some(lasted) => lasted.add(stay),
            None => self.shares.entry(name.into()).or_default().add(stay),
        }
    }

    pub(super) fn into_usage(self, top: usize, horizon: i64) -> Usage {
        let shares: Vec<(&str, u64, u64)> = self
            .shares
            .iter()
            .map(|(name, lasted)| (&**name, lasted.sessions, lasted.until(horizon)))
            .collect();
        let first = |of: fn(&(&str, u64, u64)) -> u64| {
            let mut shares = shares.clone();
            drop(cut(&mut shares, top, |one, other| {
                (Reverse(of(one)), one.0).cmp(&(Reverse(of(other)), other.0))
            }));
            let share = |(name, sessions, time_ms): (&str, u64, u64)| Share {
                name: name.to_owned(),
                sessions,
                time_ms,
            };
            shares.into_iter().map(share).collect()
        };
        Usage {
            distinct: shares.len(),
            missing: self.missing,
            by_sessions: first(|share| share.1),
            by_time: first(|share| share.2),
        }
    }
}
