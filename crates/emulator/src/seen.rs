//! A bounded record of the requests that arrived, for tests that count them.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use http::Method;

/// How many requests are remembered.
const CAPACITY: usize = 10_000;

/// How many characters of a target are remembered, so that long targets do not fill the memory.
const TARGET_LIMIT: usize = 8_192;

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

/// The last [`CAPACITY`] requests, oldest first.
#[derive(Default)]
pub(crate) struct SeenLog(Mutex<VecDeque<SeenRequest>>);

impl SeenLog {
    pub(crate) fn record(&self, method: &Method, target: &str) {
        let seen = SeenRequest {
            method: method.clone(),
            target: target.chars().take(TARGET_LIMIT).collect(),
        };
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() == CAPACITY {
            log.pop_front();
        }
        log.push_back(seen);
    }

    pub(crate) fn to_vec(&self) -> Vec<SeenRequest> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_bounded_and_keeps_the_newest() {
        let log = SeenLog::default();
        for number in 0..CAPACITY + 5 {
            log.record(&Method::GET, &format!("/{number}?limit=1"));
        }
        let seen = log.to_vec();
        assert_eq!(seen.len(), CAPACITY);
        assert_eq!(seen[0].path(), "/5");
        log.record(&Method::POST, &"é".repeat(TARGET_LIMIT + 1));
        assert_eq!(
            log.to_vec().last().unwrap().target().chars().count(),
            TARGET_LIMIT
        );
    }
}
