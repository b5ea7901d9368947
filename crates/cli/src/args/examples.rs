//! The examples that `--help` shows. Tests run every one of them against the emulator, so they can be copied.

use clap::Command;

/// What one example is for, and its line.
type Example = (&'static str, &'static str);

/// The examples of each command, by its words; the program's own, which has none, come first.
const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "",
        &[
            (
                "Try it without an account",
                "session-export export --emulator --last 7d -o try.xlsx",
            ),
            (
                "The failed sessions of a week into a spreadsheet",
                "session-export export --region cn-north-4 --last 7d --failed",
            ),
        ],
    ),
    (
        "export",
        &[
            (
                "The last seven days of an emulator: needs no account",
                "session-export export --emulator --last 7d -o try.xlsx",
            ),
            (
                "Who used which application; --what has user-connections, too",
                "session-export export --what app-connections --last 7d --app-name Word \\\n      --region cn-north-4",
            ),
            (
                "Whole days, two states, under the server's name for the file",
                "session-export export --begin 2026-11-01 --end 2026-11-07 \\\n      --state SignedOut,InitFail --region cn-north-4",
            ),
            (
                "In a script: survive a crash, tidy up, and give up after 10 minutes",
                "session-export export --last 1d -o day.xlsx --journal day.journal \\\n      --delete --timeout 10m --region cn-north-4",
            ),
        ],
    ),
    (
        "resume",
        &[(
            "Go on with an export that was killed, where it left off",
            "session-export resume export.journal --region cn-north-4",
        )],
    ),
    (
        "submit",
        &[(
            "Start an export and keep the id of its task",
            "session-export submit --last 30d --region cn-north-4 > task.id",
        )],
    ),
    (
        "tasks",
        &[
            ("The newest tasks", "session-export tasks --region cn-north-4"),
            (
                "Failed ones as CSV",
                "session-export tasks --status FAIL --output csv --region cn-north-4",
            ),
        ],
    ),
    (
        "wait",
        &[(
            "Wait for five minutes at most",
            "session-export wait 2b31ed520b3c4d5e --wait-timeout 5m --region cn-north-4",
        )],
    ),
    (
        "download",
        &[
            (
                "Under the server's name, here",
                "session-export download 2b31ed520b3c4d5e --region cn-north-4",
            ),
            (
                "Into another program",
                "session-export download 2b31ed520b3c4d5e -o - --region cn-north-4 | wc -c",
            ),
        ],
    ),
    (
        "delete",
        &[(
            "A task and its file",
            "session-export delete 2b31ed520b3c4d5e --region cn-north-4",
        )],
    ),
    (
        "sessions",
        &[
            (
                "Who could not work today, and why",
                "session-export sessions --last 24h --failed --region cn-north-4",
            ),
            (
                "A user's sessions as CSV, with times in UTC",
                "session-export sessions --user-name user005 --output csv --utc \\\n      --region cn-north-4 > user005.csv",
            ),
        ],
    ),
    (
        "convert",
        &[
            (
                "A downloaded spreadsheet into Parquet",
                "session-export convert sessions.xlsx sessions.parquet",
            ),
            (
                "Into CSV that a spreadsheet program opens safely",
                "session-export convert sessions.xlsx safe.csv --bom --escape-formulas",
            ),
            (
                "Row by row into another program",
                "session-export convert sessions.csv - --format jsonl | wc -l",
            ),
        ],
    ),
    (
        "summary",
        &[
            ("The figures of a file", "session-export summary sessions.xlsx"),
            (
                "The same and a page, in Chinese first",
                "session-export summary sessions.csv --html report.html --language zh",
            ),
            (
                "The last seven days of the service, five names in each list",
                "session-export summary --last 7d --top 5 --region cn-north-4",
            ),
        ],
    ),
    (
        "token",
        &[
            (
                "Which credentials were found where; nobody logs in",
                "session-export token --explain --region cn-north-4",
            ),
            (
                "Whose the token is, and until when it is good",
                "session-export token --check --region cn-north-4",
            ),
        ],
    ),
    (
        "doctor",
        &[
            (
                "Whether everything is there for a region",
                "session-export doctor --region cn-north-4",
            ),
            (
                "What it looks at, without an account",
                "session-export doctor --emulator",
            ),
        ],
    ),
    (
        "config",
        &[(
            "What counts, and where each value comes from",
            "session-export config show --explain",
        )],
    ),
    (
        "config show",
        &[
            (
                "What counts, and where each value comes from",
                "session-export config show --explain",
            ),
            (
                "What would count with a flag",
                "session-export config show --explain --region cn-north-4",
            ),
        ],
    ),
    (
        "config path",
        &[("Where the file is", "session-export config path")],
    ),
    (
        "config init",
        &[(
            "A new file with a profile, to be filled in",
            "session-export config init --profile work",
        )],
    ),
    (
        "emulator",
        &[
            (
                "On a free port, with tasks that take ten seconds",
                "session-export emulator --listen 127.0.0.1:0 --export-delay-ms 10000",
            ),
            (
                "What it decides where the API pages are silent",
                "session-export emulator --choices",
            ),
        ],
    ),
    (
        "completions",
        &[
            (
                "bash: for this shell",
                "source <(session-export completions bash)",
            ),
            (
                "zsh: for all shells, in a directory of $fpath",
                "session-export completions zsh > _session-export",
            ),
        ],
    ),
    ("man", &[("A page for each command", "session-export man man1")]),
];

/// Puts the examples below the help of each command, above whatever stands there.
pub(super) fn shown(program: Command) -> Command {
    shown_of("", program)
}

/// The same of a command with these words and of those below it.
fn shown_of(words: &str, command: Command) -> Command {
    with_examples(words, command).mut_subcommands(|below| {
        let words = format!("{words} {}", below.get_name());
        shown_of(words.trim_start(), below)
    })
}

fn with_examples(words: &str, command: Command) -> Command {
    let Some((_, examples)) = EXAMPLES.iter().find(|(of, _)| *of == words) else {
        return command;
    };
    let mut text = String::from("Examples:");
    for (what, line) in *examples {
        text.push_str(&format!("\n  # {what}\n  $ {line}"));
    }
    let below = |there: Option<String>| match there {
        Some(there) => format!("{text}\n\n{there}"),
        None => text.clone(),
    };
    let short = command.get_after_help().map(ToString::to_string);
    let long = command.get_after_long_help().map(ToString::to_string);
    let long = long.or_else(|| short.clone());
    command.after_help(below(short)).after_long_help(below(long))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::command;

    #[test]
    fn every_example_belongs_to_a_command() {
        let program = command();
        for (words, _) in EXAMPLES {
            let mut command = Some(&program);
            for word in words.split_whitespace() {
                command = command.and_then(|command| command.find_subcommand(word));
            }
            assert!(command.is_some(), "there is no command {words}");
        }
    }
}
