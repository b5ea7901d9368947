//! `docs/credentials.md` shows the table that the tests check.

use std::fmt::Write;

use crate::table::GROUPS;

#[test]
fn the_guide_shows_the_table() {
    session_export_pages::compare("credentials.md", "table", table());
}

fn table() -> String {
    let mut text = String::new();
    for group in GROUPS {
        writeln!(
            text,
            "\n### {}\n\n| there is | what comes of it |\n|---|---|",
            group.title
        )
        .unwrap();
        for case in group.cases {
            writeln!(text, "| {} | {} |", case.given, cell(case.outcome)).unwrap();
        }
    }
    text.push('\n');
    text
}

/// Markdown would take `*` and `[x]` for its own.
fn cell(text: &str) -> String {
    text.replace('*', "\\*").replace('[', "\\[").replace('|', "\\|")
}
