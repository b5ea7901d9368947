//! Colours, where somebody sees them. `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and `TERM` have their say.

use std::io;

use anstream::ColorChoice;
use anstyle::{AnsiColor, Style};

/// As clap paints its own errors and hints.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const HINT: Style = AnsiColor::Green.on_default();
pub(crate) const HEADER: Style = Style::new().bold();

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const BAR: Style = AnsiColor::Cyan.on_default();
pub(crate) const BUSY: Style = AnsiColor::Yellow.on_default();
pub(crate) const OVER: Style = Style::new().dimmed();

/// Whether standard output shows colours.
pub(crate) fn on_standard_output() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// The style of a task's status or a session's state.
pub(crate) fn of_state(name: &str) -> Style {
    match name {
        "SUCCESS" | "Active" => GOOD,
        "FAIL" | "InitFail" => BAD,
        "CREATING" | "AppcInit" => BUSY,
        "EXPIRED" | "SignedOut" => OVER,
        _ => Style::new(),
    }
}
