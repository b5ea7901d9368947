//! Transports with a single fault each. Every clause of the kit must catch at least one, and each fault must be caught by
//! exactly the clauses that name it: a clause that nothing fails proves nothing.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a program that starts itself again and prints"
)]

mod broken {
    pub(crate) mod bodies;
    pub(crate) mod body;
    pub(crate) mod cancel;
    pub(crate) mod concurrency;
    pub(crate) mod failure;
    pub(crate) mod faulty;
    pub(crate) mod http2;
    pub(crate) mod insecure;
    pub(crate) mod mini;
    pub(crate) mod never;
    pub(crate) mod proxy;
    pub(crate) mod request;
    pub(crate) mod response;
    pub(crate) mod secrets;
    pub(crate) mod unasked;
}

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Mutex;

use broken::faulty::Broken;
use session_export_testkit::transport::{Card, clauses};

fn all() -> Vec<Broken> {
    [
        broken::request::all(),
        broken::response::all(),
        broken::never::all(),
        broken::unasked::all(),
        broken::failure::all(),
        broken::body::all(),
        broken::cancel::all(),
        broken::concurrency::all(),
        broken::secrets::all(),
        broken::proxy::all(),
        broken::http2::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn main() -> ExitCode {
    let filter = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
        .unwrap_or_default();
    let chosen: Vec<_> = all()
        .into_iter()
        .filter(|broken| broken.name.contains(&filter))
        .collect();
    let queue = Mutex::new(chosen.iter());
    let cards: Mutex<Vec<(&Broken, Card)>> = Mutex::default();
    // Some at a time: most clauses wait for sockets, some for the watchdog.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(broken) = queue
                        .lock()
                        .unwrap_or_else(|poisoned| poisoned.into_inner())
                        .next()
                    else {
                        break;
                    };
                    let card = broken.suite().check("");
                    cards
                        .lock()
                        .unwrap_or_else(|poisoned| poisoned.into_inner())
                        .push((broken, card));
                }
            });
        }
    });
    let cards = cards
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    report(&cards, filter.is_empty())
}

fn report(cards: &[(&Broken, Card)], complete: bool) -> ExitCode {
    let mut passed = 0;
    let mut failed = 0;
    let mut caught = BTreeSet::new();
    for (broken, card) in cards {
        let found = card.failed();
        let as_expected = found == broken.caught_by;
        println!(
            "{} {}: caught by {}",
            if as_expected { "ok    " } else { "WRONG " },
            broken.name,
            found.join(", ")
        );
        if as_expected {
            passed += 1;
        } else {
            failed += 1;
            println!("{card}\nexpected: {}", broken.caught_by.join(", "));
        }
        caught.extend(found);
    }
    if complete {
        let uncaught: Vec<_> = clauses()
            .map(|clause| clause.id)
            .filter(|id| !caught.contains(id))
            .collect();
        println!(
            "clauses that no broken transport fails: {} {}",
            uncaught.len(),
            uncaught.join(", ")
        );
        failed += uncaught.len();
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
