//! The guide lists the choices that the emulator has.

#![allow(clippy::unwrap_used, reason = "a test may panic, its helpers too")]

use std::fmt::Write;

use session_export_emulator::{Choice, choices};

#[test]
fn the_guide_lists_the_choices_of_the_emulator() {
    session_export_pages::compare("emulator.md", "choices", table());
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
