//! The guide lists the choices that the emulator has.

#![allow(clippy::unwrap_used, reason = "a test may panic, its helpers too")]
#![allow(
    clippy::disallowed_methods,
    reason = "a variable tells it to write the table instead of comparing it"
)]

use std::fmt::Write;
use std::path::Path;

use session_export_emulator::{Choice, choices};

const BEGIN: &str = "<!-- choices: begin -->\n";
const END: &str = "<!-- choices: end -->";

#[test]
fn the_guide_lists_the_choices_of_the_emulator() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/emulator.md");
    let guide = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = guide.split_once(BEGIN).unwrap();
    let (listed, after) = rest.split_once(END).unwrap();
    if std::env::var_os("SESSION_EXPORT_WRITE_GUIDE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
    } else {
        assert_eq!(
            listed,
            table(),
            "docs/emulator.md is out of date; write it anew with SESSION_EXPORT_WRITE_GUIDE=1 cargo test -p \
             session-export-emulator --test guide"
        );
    }
}

fn table() -> String {
    let mut text =
        "| option | what it decides | default | other values | evidence |\n|---|---|---|---|---|\n"
            .to_owned();
    for choice in choices() {
        let (default, others) = values(&choice);
        writeln!(
            text,
            "| `{}` | {} | {default} | {others} | {} |",
            choice.name,
            cell(choice.text),
            cell(choice.evidence)
        )
        .unwrap();
    }
    text
}

/// The default and the others, each with what happens then.
fn values(choice: &Choice) -> (String, String) {
    let described = |value: &str, text: &str| format!("`{value}`: {}", cell(text));
    match choice.values {
        [number] => (
            format!("`{}`", choice.default),
            described(number.value, number.text),
        ),
        [default, others @ ..] => {
            let others: Vec<_> = others
                .iter()
                .map(|other| described(other.value, other.text))
                .collect();
            (described(default.value, default.text), others.join("<br>"))
        }
        [] => (String::new(), String::new()),
    }
}

/// A bar would begin another column.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
