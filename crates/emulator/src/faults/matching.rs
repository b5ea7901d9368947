//! Which fault happens to a call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::kind::Kind;
use super::script::{Calls, Fault, FaultOperation, FaultScript};

/// How many projects are counted apart. Calls of further ones are counted together: the id in a path is whatever a
/// client writes there.
const PROJECTS: usize = 100_000;

/// A fault that happens to a call.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    pub(super) kind: Kind,
    pub(super) carried_out: bool,
    name: Option<String>,
    index: usize,
}

impl Chosen {
    /// What the journal calls it: the kind, and the entry's name or place.
    pub(crate) fn label(&self) -> String {
        let kind = self.kind.name();
        match &self.name {
            Some(name) => format!("{kind} ({name})"),
            None => format!("{kind} (faults[{}])", self.index),
        }
    }
}

/// The script that counts, and how many calls each of its faults has seen.
#[derive(Default)]
pub(super) struct Matching(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    script: Arc<FaultScript>,
    calls: Vec<HashMap<String, u64>>,
}

impl Matching {
    /// Replaces the script; all counts begin anew.
    pub(super) fn set(&self, script: FaultScript) {
        let calls = vec![HashMap::new(); script.faults.len()];
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Counted {
            script: Arc::new(script),
            calls,
        };
    }

    pub(super) fn script(&self) -> Arc<FaultScript> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner).script)
    }

    /// Counts a call for every fault that is meant for it, and chooses the first one that happens.
    ///
    /// One lock covers the count of all faults: two calls at the same time get two numbers, and a call has the same
    /// order for every fault.
    pub(super) fn arrives(&self, operation: FaultOperation, project: &str) -> Option<Chosen> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Counted { script, calls } = &mut *counted;
        let mut chosen = None;
        for (index, (fault, calls)) in script.faults.iter().zip(calls).enumerate() {
            if !fault.means(operation, project) {
                continue;
            }
            let key = if fault.per_project && (calls.len() < PROJECTS || calls.contains_key(project)) {
                project
            } else {
                ""
            };
            let call = match calls.get_mut(key) {
                Some(call) => {
                    *call += 1;
                    *call
                }
                None => {
                    calls.insert(key.to_owned(), 1);
                    1
                }
            };
            if chosen.is_none() && fault.calls.include(script.seed, index, key, call) {
                chosen = Some(Chosen {
                    kind: fault.fault.clone(),
                    carried_out: fault.is_carried_out(),
                    name: fault.name.clone(),
                    index,
                });
            }
        }
        chosen
    }
}

impl Fault {
    fn means(&self, operation: FaultOperation, project: &str) -> bool {
        (self.operation == FaultOperation::Any || self.operation == operation)
            && self.project.as_ref().is_none_or(|wanted| wanted == project)
    }
}

impl Calls {
    fn include(&self, seed: u64, index: usize, project: &str, call: u64) -> bool {
        self.nth.is_none_or(|nth| call == nth)
            && self.from.is_none_or(|from| call >= from)
            && self.to.is_none_or(|to| call <= to)
            && self.every.is_none_or(|every| call.is_multiple_of(every))
            && self
                .probability
                .is_none_or(|wanted| draw(self.seed.unwrap_or(seed), index, project, call) < wanted)
    }
}

/// A number from 0 up to 1 that follows from its arguments alone. A generator that all calls shared would give another
/// call another number whenever two of them changed places.
fn draw(seed: u64, index: usize, project: &str, call: u64) -> f64 {
    let digest = Sha256::new()
        .chain_update(seed.to_be_bytes())
        .chain_update((index as u64).to_be_bytes())
        .chain_update(call.to_be_bytes())
        .chain_update(project)
        .finalize();
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    // 53 bits are what a float holds exactly.
    (u64::from_be_bytes(bytes) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::super::kind::Cut;
    use super::*;

    fn numbers(fault: Fault, calls: u64) -> Vec<u64> {
        let matching = Matching::default();
        matching.set(FaultScript::new().seed(7).with(fault));
        (1..=calls)
            .filter(|_| matching.arrives(FaultOperation::ListSessions, "p").is_some())
            .collect()
    }

    fn any() -> Fault {
        Fault::reset(Cut::BeforeHead)
    }

    #[test]
    fn calls_are_chosen_by_number() {
        assert_eq!(numbers(any(), 4), [1, 2, 3, 4]);
        assert_eq!(numbers(any().nth(3), 5), [3]);
        assert_eq!(numbers(any().starting_at(2).until(4), 6), [2, 3, 4]);
        assert_eq!(numbers(any().starting_at(5), 6), [5, 6]);
        assert_eq!(numbers(any().every(2), 6), [2, 4, 6]);
        assert_eq!(numbers(any().every(2).starting_at(3), 6), [4, 6]);
    }

    #[test]
    fn probabilities_are_the_same_on_every_machine() {
        assert_eq!(numbers(any().probability(0.3), 20), PINNED);
        assert_eq!(numbers(any().probability(0.3).seed(7), 20), PINNED);
        assert_ne!(numbers(any().probability(0.3).seed(8), 20), PINNED);
        assert_eq!(numbers(any().probability(0.0), 1_000), Vec::<u64>::new());
        assert_eq!(numbers(any().probability(1.0), 1_000).len(), 1_000);
        let share = numbers(any().probability(0.3), 10_000).len();
        assert!((2_850..=3_150).contains(&share), "{share}");
    }

    /// Computed by another program.
    const PINNED: [u64; 7] = [1, 5, 6, 12, 13, 16, 17];

    #[test]
    fn two_faults_of_one_probability_fall_on_different_calls() {
        let draws = |index| {
            (1..=64)
                .map(|call| draw(1, index, "", call) < 0.5)
                .collect::<Vec<_>>()
        };
        assert_ne!(draws(0), draws(1));
    }

    #[test]
    fn the_first_fault_of_the_list_happens_and_all_of_them_count() {
        let matching = Matching::default();
        matching.set(
            FaultScript::new().with(any().named("first").every(2)).with(
                any()
                    .named("second")
                    .starting_at(2)
                    .on(FaultOperation::ListSessions),
            ),
        );
        let mut happened = Vec::new();
        for _ in 0..4 {
            let chosen = matching.arrives(FaultOperation::ListSessions, "p");
            happened.push(chosen.and_then(|chosen| chosen.name).unwrap_or_default());
        }
        assert_eq!(happened, ["", "first", "second", "first"]);
        assert!(matching.arrives(FaultOperation::CreateToken, "").is_none());
    }

    #[test]
    fn projects_are_told_apart_when_asked_for() {
        let matching = Matching::default();
        matching.set(
            FaultScript::new()
                .with(any().named("each").nth(2).per_project())
                .with(any().named("one").nth(1).in_project("b")),
        );
        let mut happened = Vec::new();
        for project in ["a", "b", "b", "a", "a"] {
            let chosen = matching.arrives(FaultOperation::ListSessions, project);
            happened.push(chosen.and_then(|chosen| chosen.name).unwrap_or_default());
        }
        assert_eq!(happened, ["", "one", "each", "each", ""]);
    }

    #[test]
    fn a_new_script_counts_anew() {
        let matching = Matching::default();
        for _ in 0..2 {
            matching.set(FaultScript::new().with(any().nth(1)));
            assert!(matching.arrives(FaultOperation::Any, "").is_some());
            assert!(matching.arrives(FaultOperation::Any, "").is_none());
        }
    }
}
