//! The numbers of some runs, side by side.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use super::export::Found;
use super::ledger::Account;

/// A run and its numbers.
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) exports: usize,
    pub(crate) account: Account,
    /// What the run took of its own time, and of ours.
    pub(crate) passed: Duration,
    pub(crate) took: Duration,
}

const FOUND: [(Found, &str); 6] = [
    (Found::Nothing, "→ none"),
    (Found::Adopted, "→ exactly one, adopted"),
    (Found::NotOurs, "→ exactly one, another's by its file"),
    (Found::CannotTell, "→ exactly one, without a file to tell by"),
    (Found::Several, "→ several"),
    (Found::StillUnknown, "→ still unknown: the list could not be had"),
];

/// A table in Markdown.
pub(crate) fn table(columns: &[Column]) -> String {
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    let mut row = |name: &str, cell: &dyn Fn(&Column) -> String| {
        rows.push((name.to_owned(), columns.iter().map(cell).collect()));
    };
    row("exports", &|column| column.exports.to_string());
    row("done", &|column| column.account.done.to_string());
    row("failed", &|column| {
        column.account.failed.values().sum::<usize>().to_string()
    });
    for why in keys(columns, |account| account.failed.keys().cloned().collect()) {
        row(&format!("· {why}"), &|column| {
            count(column.account.failed.get(&why))
        });
    }
    row("in doubt, and reported so", &|column| {
        column.account.in_doubt.to_string()
    });
    row("ambiguous submits", &|column| {
        column.account.found.values().sum::<usize>().to_string()
    });
    for (found, name) in FOUND {
        row(&format!("· {name}"), &|column| {
            count(column.account.found.get(&found))
        });
    }
    row("tasks created", &|column| column.account.created.to_string());
    row("**duplicates**", &|column| column.account.duplicates.to_string());
    row("**lost**", &|column| column.account.lost.to_string());
    row("**believed in, not there**", &|column| {
        column.account.made_up.to_string()
    });
    row("**another's, adopted**", &|column| {
        column.account.stolen.to_string()
    });
    row("files whole", &|column| column.account.whole.to_string());
    row("**partial files**", &|column| column.account.partial.to_string());
    row("**anything else left behind**", &|column| {
        column.account.left_behind.to_string()
    });
    row("requests", &|column| {
        column.account.requests.values().sum::<usize>().to_string()
    });
    for operation in keys(columns, |account| {
        account.requests.keys().map(|name| (*name).to_owned()).collect()
    }) {
        row(&format!("· `{operation}`"), &|column| {
            count(column.account.requests.get(operation.as_str()))
        });
    }
    row("faults", &|column| {
        let all = column.account.requests.values().sum::<usize>().max(1);
        let share = column.account.faults as f64 / all as f64 * 100.0;
        format!("{} ({share:.1} %)", column.account.faults)
    });
    row("its time", &|column| format!("{} s", column.passed.as_secs()));
    row("wall time", &|column| {
        format!("{:.1} s", column.took.as_secs_f64())
    });
    let mut text = String::from("| |");
    for column in columns {
        write!(text, " {} |", column.name).unwrap();
    }
    text.push_str("\n|---|");
    text.push_str(&"--:|".repeat(columns.len()));
    for (name, cells) in rows {
        write!(text, "\n| {name} | {} |", cells.join(" | ")).unwrap();
    }
    text + "\n"
}

fn keys(columns: &[Column], of: impl Fn(&Account) -> Vec<String>) -> BTreeSet<String> {
    columns.iter().flat_map(|column| of(&column.account)).collect()
}

fn count(number: Option<&usize>) -> String {
    number.copied().unwrap_or_default().to_string()
}
