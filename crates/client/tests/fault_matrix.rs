//! The fault matrix: every fault of the emulator, on every operation, over both transports and real sockets. What comes
//! of each is written down in `docs/reliability.md`; `just guide` writes it anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "fault_matrix/cell.rs"]
mod cell;
mod common;
#[path = "fault_matrix/faults.rs"]
mod faults;
#[path = "fault_matrix/page.rs"]
mod page;
#[path = "fault_matrix/stage.rs"]
mod stage;
#[path = "fault_matrix/subjects.rs"]
mod subjects;
#[path = "fault_matrix/wire.rs"]
mod wire;

use cell::Cell;
use faults::FAULTS;
use futures_util::StreamExt;
use futures_util::stream;
use page::Outcomes;
use stage::Carrier;
use subjects::Subject;

/// How many cells are tried at once, each with an emulator of its own.
const AT_ONCE: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_says_what_comes_of_every_fault() {
    let mut cells = Vec::new();
    for (number, subject) in Subject::ALL.into_iter().enumerate() {
        for (place, fault) in FAULTS.iter().enumerate() {
            if !fault.concerns(subject) {
                continue;
            }
            for every in [false, true] {
                for carrier in Carrier::ALL {
                    let cell = Cell {
                        subject,
                        fault,
                        every,
                        carrier,
                    };
                    cells.push(((number, place, every, carrier.name()), cell));
                }
            }
        }
    }
    let count = cells.len();
    let results: Vec<_> = stream::iter(cells)
        .map(|(key, cell)| async move { (key, Box::pin(cell.run()).await) })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let (mut outcomes, mut broken) = (Outcomes::new(), String::new());
    for (key, result) in results {
        match result {
            Ok(outcome) => drop(outcomes.insert(key, outcome)),
            Err(rules) => broken += &format!("{rules}\n"),
        }
    }
    assert!(
        broken.is_empty(),
        "of {count} cells, these break a rule:\n{broken}"
    );
    page::compare(&outcomes);
}
