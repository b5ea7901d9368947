//! How to go on with what an interrupted command leaves behind, as lines to copy.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use session_export::TaskId;

/// What the command line said that a command which goes on must say again.
#[derive(Clone, Debug, Default)]
pub(crate) struct GoOn {
    wait: String,
    download: String,
    look: String,
    /// The whole line, if a journal knows how to go on.
    resume: Option<String>,
    /// The emulator ends with the program, and so do its tasks.
    has_own_emulator: bool,
}

impl GoOn {
    /// By what was given; `program` is the definition of the whole command line, built.
    pub(crate) fn new(program: &Command, matches: &ArgMatches) -> Self {
        let Some((name, given)) = matches.subcommand() else {
            return Self::default();
        };
        let Some(command) = program.find_subcommand(name) else {
            return Self::default();
        };
        let flags = |other: &str| match program.find_subcommand(other) {
            Some(other) => flags_of(command, given, other),
            None => String::new(),
        };
        let has = |id: &str| command.get_arguments().any(|arg| arg.get_id() == id);
        let journal = has("journal").then(|| given.get_raw("journal")).flatten();
        let journal = journal.and_then(|mut values| Some(values.next()?.to_string_lossy().into_owned()));
        Self {
            wait: flags("wait"),
            download: flags("download"),
            look: flags("tasks"),
            resume: journal.map(|path| {
                let path = quoted(&path);
                format!("session-export resume {path}{}", flags("resume"))
            }),
            has_own_emulator: has("emulator") && given.get_flag("emulator"),
        }
    }

    /// Whether the service has what was begun, also when this program is gone.
    pub(crate) fn is_possible(&self) -> bool {
        !self.has_own_emulator
    }

    /// Lines that go on with a task.
    pub(crate) fn with_task(&self, id: &TaskId) -> Vec<String> {
        if let Some(resume) = &self.resume {
            return vec![resume.clone()];
        }
        let id = quoted(id.as_str());
        vec![
            format!("session-export wait {id}{}", self.wait),
            format!("session-export download {id}{}", self.download),
        ]
    }

    /// A line that finds out whether there is a task.
    pub(crate) fn with_perhaps_a_task(&self) -> String {
        match &self.resume {
            Some(resume) => resume.clone(),
            None => format!("session-export tasks{}", self.look),
        }
    }
}

/// The flags that were given to `command` and that `other` knows too, each after a blank. How long something may take, and
/// how it is told, is nothing to say again; of the flags of all commands only the profile is.
fn flags_of(command: &Command, given: &ArgMatches, other: &Command) -> String {
    // `--output` is a file to one command and a form to another: what the value is called tells them apart.
    let is_known = |arg: &Arg| {
        other.get_arguments().any(|known| {
            known.get_long() == arg.get_long() && known.get_value_names() == arg.get_value_names()
        })
    };
    let mut line = String::new();
    for arg in command.get_arguments() {
        let id = arg.get_id().as_str();
        let Some(long) = arg.get_long() else { continue };
        let was_given = matches!(given.value_source(id), Some(ValueSource::CommandLine));
        let is_of_all = arg.is_global_set() && id != "profile";
        if !was_given || is_of_all || id == "wait_timeout" || !is_known(arg) {
            continue;
        }
        if !arg.get_action().takes_values() {
            line.push_str(&format!(" --{long}"));
            continue;
        }
        for value in given.get_raw(id).into_iter().flatten() {
            let between = if arg.is_require_equals_set() { '=' } else { ' ' };
            line.push_str(&format!(
                " --{long}{between}{}",
                quoted(&without_password(&value.to_string_lossy()))
            ));
        }
    }
    line
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    // A control character has no business in a line to copy, and could move the cursor.
    let clean: String = word
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    format!("'{}'", clean.replace('\'', r"'\''"))
}

/// The password of a URL is not told again; whoever copies the line puts it back.
fn without_password(value: &str) -> String {
    let (scheme, rest) = value
        .split_once("://")
        .map_or(("", value), |(scheme, rest)| (scheme, rest));
    let authority = rest.split('/').next().unwrap_or_default();
    let Some((user, _)) = authority
        .rsplit_once('@')
        .and_then(|(user, _)| user.split_once(':'))
    else {
        return value.to_owned();
    };
    let host = &rest[authority.rfind('@').unwrap_or_default()..];
    let separator = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{separator}{user}:PASSWORD{host}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args;

    fn go_on(line: &[&str]) -> GoOn {
        let mut program = args::command();
        program.build();
        let matches = program.clone().try_get_matches_from(line).unwrap();
        GoOn::new(&program, &matches)
    }

    fn id() -> TaskId {
        "2b31ed52".parse().unwrap()
    }

    #[test]
    fn the_connection_and_the_target_are_said_again_and_nothing_else() {
        let go_on = go_on(&[
            "session-export",
            "export",
            "--region",
            "cn-north-4",
            "--last",
            "7d",
            "--state",
            "Active",
            "-o",
            "my file.xlsx",
            "--force",
            "--timeout",
            "5m",
            "--wait-timeout",
            "1m",
            "-v",
            "--json",
            "--transport",
            "hyper",
            "--delete",
        ]);
        assert_eq!(
            go_on.with_task(&id()),
            [
                "session-export wait 2b31ed52 --region cn-north-4 --transport hyper",
                "session-export download 2b31ed52 --output 'my file.xlsx' --force --region cn-north-4 \
                 --transport hyper",
            ]
        );
        assert_eq!(
            go_on.with_perhaps_a_task(),
            "session-export tasks --region cn-north-4 --transport hyper"
        );
        assert!(go_on.is_possible());
    }

    #[test]
    fn a_journal_knows_how_to_go_on() {
        let expected = "session-export resume it\\''s --region cn-north-4";
        let expected = expected.replace("it\\''s", r"'it'\''s'");
        for line in [
            &[
                "session-export",
                "export",
                "--journal",
                "it's",
                "--region",
                "cn-north-4",
                "-o",
                "x.xlsx",
            ][..],
            &["session-export", "resume", "it's", "--region", "cn-north-4"],
        ] {
            assert_eq!(go_on(line).with_task(&id()).join("\n"), expected);
            assert_eq!(go_on(line).with_perhaps_a_task(), expected);
        }
    }

    #[test]
    fn an_emulator_of_ones_own_leaves_nothing_to_go_on_with() {
        assert!(!go_on(&["session-export", "export", "--emulator"]).is_possible());
    }

    #[test]
    fn every_line_is_one_that_the_program_understands() {
        let go_on = go_on(&[
            "session-export",
            "download",
            "t",
            "-o",
            "x y",
            "--max-bytes",
            "5",
            "--endpoint",
            "http://127.0.0.1:1",
            "--allow-http",
        ]);
        for line in go_on
            .with_task(&id())
            .into_iter()
            .chain([go_on.with_perhaps_a_task()])
        {
            // The only quoted word here.
            let line = line.replace("'x y'", "x_y");
            args::command().try_get_matches_from(line.split(' ')).unwrap();
        }
    }

    #[test]
    fn a_password_is_not_told() {
        for (value, expected) in [
            (
                "http://user:hush@proxy:3128/a",
                "http://user:PASSWORD@proxy:3128/a",
            ),
            ("user:hush@proxy", "user:PASSWORD@proxy"),
            ("http://user:hu@sh@proxy", "http://user:PASSWORD@proxy"),
            ("http://user@proxy:3128", "http://user@proxy:3128"),
            ("http://proxy:3128/a@b:c", "http://proxy:3128/a@b:c"),
            ("me@example.com", "me@example.com"),
        ] {
            assert_eq!(without_password(value), expected);
        }
    }

    #[test]
    fn a_word_is_quoted_where_a_shell_would_not_take_it_as_it_is() {
        for (word, expected) in [
            ("cn-north-4", "cn-north-4"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$(rm)", "'$(rm)'"),
            ("a\u{1b}b", "'a?b'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
