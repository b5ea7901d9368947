//! Runs the clauses, each as a test of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as StdError;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use session_export_transport::Transport;

use super::context::Make;
use super::{Capability, Card, Clause, Context, Level, Outcome, Row, Setup, clauses, environment};

/// Hardly a clause takes a second; one that takes this long hangs.
const WATCHDOG: Duration = Duration::from_secs(20);

/// Where to write the report card as JSON, if anywhere.
const CARD_FILE: &str = "SESSION_EXPORT_REPORT_CARD";

/// The clauses, and the transport that they are to hold for.
pub struct Suite {
    name: String,
    make: Make,
    declared: BTreeSet<Capability>,
}

impl Suite {
    /// A suite for the transports that `make` builds, with no capability declared.
    pub fn new<T, E, M>(name: impl Into<String>, make: M) -> Self
    where
        T: Transport,
        E: Into<Box<dyn StdError + Send + Sync>>,
        M: Fn(&Setup) -> Result<T, E> + Send + Sync + 'static,
    {
        let make: Make = Arc::new(move |setup| match make(setup) {
            Ok(transport) => Ok(Arc::new(transport)),
            Err(error) => Err(error.into()),
        });
        Self {
            name: name.into(),
            make,
            declared: BTreeSet::new(),
        }
    }

    /// Declares a capability: its clauses are run.
    #[must_use]
    pub fn declare(mut self, capability: Capability) -> Self {
        self.declared.insert(capability);
        self
    }

    /// Declares every capability.
    #[must_use]
    pub fn declare_all(mut self) -> Self {
        self.declared.extend(Capability::ALL);
        self
    }

    /// Takes a declaration back: its clauses are opted out, and the card says so.
    #[must_use]
    pub fn without(mut self, capability: Capability) -> Self {
        self.declared.remove(&capability);
        self
    }

    /// Runs the clauses as the tests of this program, prints the report card, and ends the process.
    ///
    /// The program's arguments are those of any test (`--list`, a filter, `--exact`, …). With the environment variable
    /// `SESSION_EXPORT_REPORT_CARD` the card is written to that file as JSON too.
    #[allow(
        clippy::print_stdout,
        clippy::print_stderr,
        reason = "the card is what a person runs this for"
    )]
    pub fn run(self) -> ! {
        if environment::is_child(&self.name, &self.make) {
            std::process::exit(1);
        }
        let arguments = Arguments::from_args();
        let outcomes = Arc::new(Mutex::new(BTreeMap::new()));
        let trials = clauses().map(|clause| self.trial(clause, &outcomes)).collect();
        let conclusion = libtest_mimic::run(&arguments, trials);
        if !arguments.list {
            let card = self.card(&outcomes.lock().unwrap_or_else(PoisonError::into_inner));
            println!("{card}");
            if let Ok(path) = std::env::var(CARD_FILE)
                && let Err(error) = std::fs::write(&path, format!("{:#}\n", card.to_json()))
            {
                eprintln!("the report card could not be written to {path}: {error}");
                std::process::exit(1);
            }
        }
        conclusion.exit()
    }

    /// Checks the clauses whose id starts with `prefix`, and returns the card instead of printing it.
    ///
    /// A program that calls this must do so first thing for every suite it has: some clauses start the program again,
    /// and the second process ends inside this function.
    pub fn check(&self, prefix: &str) -> Card {
        if environment::is_child(&self.name, &self.make) {
            return self.card(&BTreeMap::new());
        }
        let chosen = clauses().filter(|clause| clause.id.starts_with(prefix));
        let declared = chosen.filter(|clause| self.declares(clause));
        self.card(
            &declared
                .map(|clause| (clause.id, check(&self.name, clause, &self.make)))
                .collect(),
        )
    }

    fn declares(&self, clause: &Clause) -> bool {
        clause
            .capability
            .is_none_or(|capability| self.declared.contains(&capability))
    }

    fn trial(
        &self,
        clause: &'static Clause,
        outcomes: &Arc<Mutex<BTreeMap<&'static str, Outcome>>>,
    ) -> Trial {
        let (name, make, outcomes) = (self.name.clone(), Arc::clone(&self.make), Arc::clone(outcomes));
        let run = move || {
            let outcome = check(&name, clause, &make);
            let failure = match &outcome {
                Outcome::Failed(finding) if clause.level == Level::Must => {
                    Err(Failed::from(format!("{finding}\n\n{}", clause.text)))
                }
                _ => Ok(()),
            };
            outcomes
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(clause.id, outcome);
            failure
        };
        Trial::test(clause.id, run)
            .with_kind(clause.level.to_string())
            .with_ignored_flag(!self.declares(clause))
    }

    fn card(&self, outcomes: &BTreeMap<&'static str, Outcome>) -> Card {
        let row = |clause: &'static Clause| {
            let outcome = match outcomes.get(clause.id) {
                Some(outcome) => outcome.clone(),
                None if self.declares(clause) => Outcome::NotRun,
                None => Outcome::OptedOut,
            };
            Row {
                id: clause.id,
                level: clause.level,
                capability: clause.capability,
                outcome,
            }
        };
        Card {
            name: self.name.clone(),
            rows: clauses().map(row).collect(),
        }
    }
}

impl std::fmt::Debug for Suite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Suite")
            .field("name", &self.name)
            .field("declared", &self.declared)
            .finish_non_exhaustive()
    }
}

/// Runs one clause in a runtime of its own. The runtime has two threads, so that a transport that blocks the caller
/// does not stop the server.
fn check(suite: &str, clause: &Clause, make: &Make) -> Outcome {
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return Outcome::Failed(format!("the kit has no runtime: {error}")),
    };
    let context = Context::new(suite, Arc::clone(make));
    let run = || runtime.block_on(async { tokio::time::timeout(WATCHDOG, (clause.check)(&context)).await });
    let outcome = match std::panic::catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(Ok(()))) => Outcome::Passed,
        Ok(Ok(Err(finding))) => Outcome::Failed(finding.to_string()),
        Ok(Err(_)) => Outcome::Failed(format!(
            "it hangs: nothing came of it within {} s",
            WATCHDOG.as_secs()
        )),
        Err(_) => Outcome::Failed("it panicked".to_owned()),
    };
    // A transport that blocks a thread of the runtime must not stop the suite.
    runtime.shutdown_background();
    outcome
}
