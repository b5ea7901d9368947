//! Runs cases as the tests of a program, and makes the report card.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::transport::{Card, Finding, Level, Outcome, Row};

/// Hardly a clause takes a second; one that takes this long hangs.
const WATCHDOG: Duration = Duration::from_secs(20);

/// Where to write the report card as JSON, if anywhere.
const CARD_FILE: &str = "SESSION_EXPORT_REPORT_CARD";

/// A clause, ready to be run against one implementation.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) id: &'static str,
    pub(crate) level: Level,
    pub(crate) capability: Option<&'static str>,
    /// Whether its capability was declared.
    pub(crate) declared: bool,
    pub(crate) text: &'static str,
    pub(crate) check: Arc<dyn Fn() -> Outcome + Send + Sync>,
}

/// Runs the cases as the tests of this program, prints the card, and ends the process.
#[allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the card is what a person runs this for"
)]
pub(crate) fn run(name: &str, cases: &[Case]) -> ! {
    let arguments = Arguments::from_args();
    let outcomes = Arc::new(Mutex::new(BTreeMap::new()));
    let trials = cases.iter().map(|case| trial(case, &outcomes)).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !arguments.list {
        let card = card(
            name,
            cases,
            &outcomes.lock().unwrap_or_else(PoisonError::into_inner),
        );
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

/// Checks the cases whose id starts with `prefix`.
pub(crate) fn check(name: &str, cases: &[Case], prefix: &str) -> Card {
    let chosen = cases
        .iter()
        .filter(|case| case.declared && case.id.starts_with(prefix));
    card(
        name,
        cases,
        &chosen.map(|case| (case.id, (case.check)())).collect(),
    )
}

/// Runs a check in a runtime of its own, under a watchdog. The runtime has two threads, so that an implementation that
/// blocks the caller does not stop the server.
pub(crate) fn guarded<F>(check: impl FnOnce() -> F) -> Outcome
where
    F: Future<Output = Result<(), Finding>>,
{
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return Outcome::Failed(format!("the kit has no runtime: {error}")),
    };
    let run = || runtime.block_on(async { tokio::time::timeout(WATCHDOG, check()).await });
    let outcome = match std::panic::catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(Ok(()))) => Outcome::Passed,
        Ok(Ok(Err(finding))) => Outcome::Failed(finding.to_string()),
        Ok(Err(_)) => Outcome::Failed(format!(
            "it hangs: nothing came of it within {} s",
            WATCHDOG.as_secs()
        )),
        Err(_) => Outcome::Failed("it panicked".to_owned()),
    };
    // What blocks a thread of the runtime must not stop the suite.
    runtime.shutdown_background();
    outcome
}

fn trial(case: &Case, outcomes: &Arc<Mutex<BTreeMap<&'static str, Outcome>>>) -> Trial {
    let (case, outcomes) = (case.clone(), Arc::clone(outcomes));
    let (id, kind, ignored) = (case.id, case.level.to_string(), !case.declared);
    let run = move || {
        let outcome = (case.check)();
        let failure = match &outcome {
            Outcome::Failed(finding) if case.level == Level::Must => {
                Err(Failed::from(format!("{finding}\n\n{}", case.text)))
            }
            _ => Ok(()),
        };
        outcomes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(case.id, outcome);
        failure
    };
    Trial::test(id, run).with_kind(kind).with_ignored_flag(ignored)
}

fn card(name: &str, cases: &[Case], outcomes: &BTreeMap<&'static str, Outcome>) -> Card {
    let row = |case: &Case| {
        let outcome = match outcomes.get(case.id) {
            Some(outcome) => outcome.clone(),
            None if case.declared => Outcome::NotRun,
            None => Outcome::OptedOut,
        };
        Row {
            id: case.id,
            level: case.level,
            capability: case.capability,
            outcome,
        }
    };
    Card {
        name: name.to_owned(),
        rows: cases.iter().map(row).collect(),
    }
}
