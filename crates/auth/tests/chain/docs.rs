//! `docs/credentials.md` shows the table that the tests check.

use std::fmt::Write;
use std::path::Path;

use crate::table::GROUPS;

const BEGIN: &str = "<!-- table: begin -->\n";
const END: &str = "<!-- table: end -->";

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "a variable tells it to write the table instead of comparing it"
)]
fn the_guide_shows_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/credentials.md");
    let guide = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = guide.split_once(BEGIN).unwrap();
    let (shown, after) = rest.split_once(END).unwrap();
    if std::env::var_os("SESSION_EXPORT_WRITE_GUIDE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
    } else {
        let hint = "docs/credentials.md is out of date; write it anew with SESSION_EXPORT_WRITE_GUIDE=1";
        assert_eq!(shown, table(), "{hint}");
    }
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
