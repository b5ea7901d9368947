//! The matrix as it stands in `docs/reliability.md`.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::cell::Outcome;
use crate::faults::FAULTS;
use crate::stage::Carrier;
use crate::subjects::Subject;

/// By the number of the subject, the number of the fault, whether it happens to every call, and the transport's name.
pub(crate) type Outcomes = BTreeMap<(usize, usize, bool, &'static str), Outcome>;

/// Compares the page with what happened, or writes it anew.
pub(crate) fn compare(outcomes: &Outcomes) {
    session_export_pages::compare("reliability.md", "matrix", tables(outcomes));
}

fn tables(outcomes: &Outcomes) -> String {
    let mut text = String::new();
    for (number, subject) in Subject::ALL.into_iter().enumerate() {
        write!(text, "\n### {}\n\n", subject.title()).unwrap();
        let rest = columns(subject);
        write!(
            text,
            "| fault | the first call{rest} | every call{rest} |\n|---|---|---"
        )
        .unwrap();
        writeln!(text, "{}|", "|---".repeat(2 * rest.matches('|').count())).unwrap();
        for (labels, cells) in rows(outcomes, number, subject) {
            writeln!(text, "| {} | {cells} |", labels.join("; ")).unwrap();
        }
    }
    text.push('\n');
    text
}

/// The names of the columns behind the outcome.
fn columns(subject: Subject) -> &'static str {
    match (subject.submits(), subject.downloads()) {
        (true, true) => " | requests | exports | file",
        (true, false) => " | requests | exports",
        (false, true) => " | requests | file",
        (false, false) => " | requests",
    }
}

/// A line for each fault; faults with the same outcome share one. The transports share it, too, unless they differ.
fn rows(outcomes: &Outcomes, number: usize, subject: Subject) -> Vec<(Vec<String>, String)> {
    let mut rows: Vec<(Vec<String>, String)> = Vec::new();
    for (fault, case) in FAULTS.iter().enumerate() {
        if !case.concerns(subject) {
            continue;
        }
        let cells = Carrier::ALL.map(|carrier| {
            let [first, every] =
                [false, true].map(|every| &outcomes[&(number, fault, every, carrier.name())]);
            let again = match every.ended == first.ended {
                true => "the same",
                false => &every.ended,
            };
            format!(
                "{} | {}",
                shown(subject, first, &first.ended),
                shown(subject, every, again)
            )
        });
        let mut add = |label: String, cells: &str| match rows.iter_mut().find(|(_, same)| same == cells) {
            Some((labels, _)) => labels.push(label),
            None => rows.push((vec![label], cells.to_owned())),
        };
        if cells[0] == cells[1] {
            add(case.label.to_owned(), &cells[0]);
        } else {
            for (carrier, cells) in Carrier::ALL.into_iter().zip(&cells) {
                add(format!("{} ({} only)", case.label, carrier.name()), cells);
            }
        }
    }
    rows
}

fn shown(subject: Subject, outcome: &Outcome, ended: &str) -> String {
    let mut text = format!("{ended} | {}", outcome.requests);
    if subject.submits() {
        write!(text, " | {}", outcome.exports).unwrap();
    }
    if subject.downloads() {
        write!(text, " | {}", outcome.file).unwrap();
    }
    text
}
