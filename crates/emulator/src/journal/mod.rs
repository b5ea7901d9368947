//! The journal: every call as it arrived, and how it was answered. It holds names and ids, and nothing secret.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::response::Response;
use http::Method;
use serde_json::{Value, json};

pub(crate) use entry::Arrival;
pub use entry::{Credential, Ending, JournalEntry};

mod entry;

/// How many calls are remembered.
const CAPACITY: usize = 100_000;

/// How many bytes of targets are remembered, of all calls together.
const TEXT_CAPACITY: usize = 64 * 1024 * 1024;

/// How many calls [`requests_seen`](crate::Emulator::requests_seen) gives.
const SEEN_CAPACITY: usize = 10_000;

/// How many characters of a target are remembered.
const TARGET_LIMIT: usize = 8_192;

/// How many tasks of a deletion are remembered, and the longest id, as the contract bounds it.
const TASKS_LIMIT: usize = 20;
const TASK_LIMIT: usize = 64;

/// One request that the emulator received: its method and target, and nothing that could hold a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRequest {
    method: Method,
    target: String,
}

impl SeenRequest {
    /// The request's method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path and the query, as they were sent; cut after 8,192 characters.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The target up to its query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(&self.target, |(path, _)| path)
    }
}

/// What the emulator remembers of its calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    entries: Vec<JournalEntry>,
    dropped: u64,
}

impl Journal {
    /// The calls in the order of their arrival.
    #[must_use]
    pub fn entries(&self) -> &[JournalEntry] {
        &self.entries
    }

    /// How many older calls were forgotten for newer ones: only the last 100,000 are remembered, with at most 64 MiB
    /// of targets.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(crate) fn json(&self) -> Value {
        let entries: Vec<Value> = self.entries.iter().map(JournalEntry::json).collect();
        json!({ "entries": entries, "dropped": self.dropped })
    }
}

/// The journal as it is written.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    /// With sequence numbers that follow each other.
    entries: VecDeque<JournalEntry>,
    text: usize,
    last: u64,
    dropped: u64,
}

impl Kept {
    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.entries.pop_front() {
            self.text -= oldest.arrival.target.len();
            self.dropped += 1;
        }
    }
}

impl Log {
    fn with<T>(&self, use_it: impl FnOnce(&mut Kept) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Enters a call.
    pub(crate) fn arrives(&self, mut arrival: Arrival) -> Record {
        if let Some((end, _)) = arrival.target.char_indices().nth(TARGET_LIMIT) {
            arrival.target.truncate(end);
        }
        let task = arrival.task.take();
        let sequence = self.with(|kept| {
            kept.last += 1;
            kept.text += arrival.target.len();
            kept.entries.push_back(JournalEntry {
                sequence: kept.last,
                arrival,
                request_bytes: 0,
                task_ids: Vec::new(),
                status: None,
                request_id: None,
                ending: None,
            });
            while kept.entries.len() > CAPACITY || kept.text > TEXT_CAPACITY {
                kept.forget_oldest();
            }
            kept.last
        });
        let log = self.clone();
        let record = Record(Entry { log, sequence });
        if let Some(task) = task {
            record.0.task(task);
        }
        record
    }

    /// The calls with a greater number than `after`.
    pub(crate) fn after(&self, after: u64) -> Journal {
        self.with(|kept| Journal {
            entries: kept
                .entries
                .iter()
                .filter(|entry| entry.sequence > after)
                .cloned()
                .collect(),
            dropped: kept.dropped,
        })
    }

    /// Forgets all calls. Their numbers go on.
    pub(crate) fn clear(&self) {
        self.with(|kept| {
            kept.entries.clear();
            (kept.text, kept.dropped) = (0, 0);
        });
    }

    /// The last calls without the rest of what is known of them.
    pub(crate) fn seen(&self) -> Vec<SeenRequest> {
        self.with(|kept| {
            let skipped = kept.entries.len().saturating_sub(SEEN_CAPACITY);
            let entries = kept.entries.iter().skip(skipped);
            entries
                .map(|entry| SeenRequest {
                    method: entry.arrival.method.clone(),
                    target: entry.arrival.target.clone(),
                })
                .collect()
        })
    }
}

/// A call in the journal, to add to. One that was forgotten meanwhile stays forgotten.
#[derive(Clone)]
pub(crate) struct Entry {
    log: Log,
    sequence: u64,
}

impl Entry {
    fn update(&self, change: impl FnOnce(&mut JournalEntry)) {
        self.log.with(|kept| {
            let first = kept.entries.front().map_or(0, |entry| entry.sequence);
            let index = self
                .sequence
                .checked_sub(first)
                .and_then(|index| usize::try_from(index).ok());
            if let Some(entry) = index.and_then(|index| kept.entries.get_mut(index)) {
                change(entry);
            }
        });
    }

    pub(crate) fn reads(&self, bytes: usize) {
        self.update(|entry| entry.request_bytes += bytes as u64);
    }

    pub(crate) fn task(&self, id: String) {
        if id.chars().count() <= TASK_LIMIT {
            self.update(|entry| {
                if entry.task_ids.len() < TASKS_LIMIT {
                    entry.task_ids.push(id);
                }
            });
        }
    }

    /// The head of the answer is sent.
    pub(crate) fn head(&self, response: &Response) {
        let request_id = response.headers().get("x-request-id");
        let request_id = request_id.and_then(|id| id.to_str().ok()).map(str::to_owned);
        self.update(|entry| {
            entry.status = Some(response.status().as_u16());
            entry.request_id = request_id;
        });
    }
}

/// A call that is being answered. If it is dropped before its end is known, the client has gone.
pub(crate) struct Record(Entry);

impl Record {
    pub(crate) fn entry(&self) -> Entry {
        self.0.clone()
    }

    /// The first end that is told counts.
    pub(crate) fn ended(&self, ending: Ending) {
        self.0.update(|entry| {
            entry.ending.get_or_insert(ending);
        });
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.ended(Ending::Abandoned);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time;

    fn arrival(target: &str) -> Arrival {
        Arrival {
            at: time::from_millis(0),
            operation: "unknown",
            method: Method::GET,
            target: target.to_owned(),
            project: String::new(),
            credential: None,
            fault: None,
            task: None,
        }
    }

    #[test]
    fn the_journal_is_bounded_and_keeps_the_newest() {
        let log = Log::default();
        for number in 1..=CAPACITY + 5 {
            let record = log.arrives(arrival(&format!("/{number}?limit=1")));
            record.ended(Ending::Answered);
        }
        let journal = log.after(0);
        assert_eq!((journal.entries().len(), journal.dropped()), (CAPACITY, 5));
        assert_eq!(journal.entries()[0].sequence(), 6);
        assert_eq!(journal.entries()[0].target(), "/6?limit=1");
        let all = log.seen();
        assert_eq!(all.len(), SEEN_CAPACITY);
        assert_eq!(all[SEEN_CAPACITY - 1].path(), "/100005");
        assert_eq!(log.after(CAPACITY as u64 + 4).entries().len(), 1);

        log.clear();
        assert_eq!(log.after(0).dropped(), 0);
        drop(log.arrives(arrival("/")));
        let journal = log.after(0);
        assert_eq!(journal.entries()[0].sequence(), CAPACITY as u64 + 6);
        assert_eq!(journal.entries()[0].ending(), Some(Ending::Abandoned));
    }

    #[test]
    fn targets_are_cut_and_their_sum_is_bounded() {
        let log = Log::default();
        let long = "é".repeat(TARGET_LIMIT + 1);
        drop(log.arrives(arrival(&long)));
        assert_eq!(log.seen()[0].target().chars().count(), TARGET_LIMIT);
        for _ in 0..5_000 {
            drop(log.arrives(arrival(&long)));
        }
        let kept = log.after(0);
        assert!(kept.dropped() > 0);
        assert_eq!(kept.entries().len(), TEXT_CAPACITY / (2 * TARGET_LIMIT));
    }

    #[test]
    fn what_was_forgotten_is_not_written_to() {
        let log = Log::default();
        let record = log.arrives(arrival("/old"));
        log.clear();
        record.entry().task("t".to_owned());
        let next = log.arrives(arrival("/new"));
        record.ended(Ending::Reset);
        drop(record);
        assert_eq!(log.after(0).entries()[0].ending(), None);
        drop(next);
    }
}
