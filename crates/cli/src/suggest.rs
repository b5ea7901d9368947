//! "Did you mean …?", and the values that a shell completes.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command, Error};
use session_export::{Endpoint, SessionState, TaskStatus};

/// As similar as clap wants names to be before it suggests one.
const SIMILAR: f64 = 0.7;

/// The known name that was probably meant; none for one that is known.
pub(crate) fn meant<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = given.to_lowercase();
    let mut best = None;
    for name in known {
        if name == given {
            return None;
        }
        let likeness = strsim::jaro(&lower, &name.to_lowercase());
        if likeness > best.map_or(SIMILAR, |(likeness, _)| likeness) {
            best = Some((likeness, name));
        }
    }
    best.map(|(_, name)| name)
}

pub(crate) fn states() -> impl Iterator<Item = &'static str> {
    SessionState::KNOWN.iter().map(SessionState::as_str)
}

pub(crate) fn statuses() -> impl Iterator<Item = &'static str> {
    TaskStatus::KNOWN.iter().map(TaskStatus::as_str)
}

/// The region that was probably meant.
pub(crate) fn region(id: &str) -> Option<&'static str> {
    meant(id, Endpoint::known_regions())
}

/// A status to ask for: one that the service may have come up with since is let through, a slip is not.
pub(crate) fn status(text: &str) -> Result<String, String> {
    let meant = meant(text, statuses());
    // It differs by its case only: nobody can mean another one.
    let same = meant.filter(|name| name.eq_ignore_ascii_case(text));
    match (same, meant) {
        (Some(name), _) => Ok(name.to_owned()),
        (None, Some(name)) => Err(format!("did you mean {name}?")),
        (None, None) => Ok(text.to_owned()),
    }
}

/// Lets a shell complete the values that are known for a flag that takes others, too.
pub(crate) fn with_known_values(command: Command) -> Command {
    let command = command.mut_args(|arg| match arg.get_id().as_str() {
        "region" => completed(arg, Endpoint::known_regions().collect(), |text| {
            Ok(text.to_owned())
        }),
        "state" => completed(arg, states().collect(), |text| Ok(text.to_owned())),
        "status" => completed(arg, statuses().collect(), status),
        _ => arg,
    });
    command.mut_subcommands(with_known_values)
}

fn completed(arg: Arg, known: Vec<&'static str>, read: fn(&str) -> Result<String, String>) -> Arg {
    arg.value_parser(Open { known, read }).hide_possible_values(true)
}

/// Takes any text that `read` does, and knows some.
#[derive(Clone)]
struct Open {
    known: Vec<&'static str>,
    read: fn(&str) -> Result<String, String>,
}

impl TypedValueParser for Open {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        let read = self.read;
        let parser = StringValueParser::new().try_map(move |text| read(&text).map_err(Slip));
        parser.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.known.iter().map(|name| PossibleValue::new(*name))))
    }
}

/// What clap tells of a value that was not taken.
#[derive(Debug)]
struct Slip(String);

impl std::fmt::Display for Slip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Slip {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_from_a_name_that_is_new() {
        for (given, expected) in [
            ("actve", Some("Active")),
            ("ACTIVE", Some("Active")),
            ("Signed-Out", Some("SignedOut")),
            ("disconnect", Some("Disconnected")),
            ("Active", None),
            ("Hibernated", None),
            ("", None),
        ] {
            assert_eq!(meant(given, states()), expected, "{given}");
        }
        assert_eq!(region("cn-nort-4"), Some("cn-north-4"));
    }

    #[test]
    fn a_status_may_be_written_in_small_letters_and_may_be_new() {
        for (given, expected) in [
            ("SUCCESS", Ok("SUCCESS")),
            ("success", Ok("SUCCESS")),
            ("PAUSED", Ok("PAUSED")),
            ("SUCCESSFUL", Err("did you mean SUCCESS?")),
            ("failed", Err("did you mean FAIL?")),
        ] {
            let read = status(given);
            assert_eq!(read.as_deref().map_err(String::as_str), expected, "{given}");
        }
    }
}
