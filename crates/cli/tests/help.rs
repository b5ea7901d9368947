//! What `--help` shows: every command has examples, and every example does what it says, against the emulator.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "helpers of tests")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::emulator::Emulator;
use common::help::{Example, commands, examples, groups, help};
use common::{Done, Running, directory, names, program, run, schema, until};

/// The task that examples name.
const SAMPLE_TASK: &str = "2b31ed520b3c4d5e";

/// A directory in which examples find what they name, and an emulator that is the region they name.
struct Stage {
    emulator: Emulator,
    place: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let emulator = Emulator::start(&["--sessions", "60", "--days", "20", "--export-delay-ms", "50"]);
        let place = directory();
        for (format, name) in [("xlsx", "sessions.xlsx"), ("csv", "sessions.csv")] {
            let mut command = program(&["export", "--emulator", "--last", "7d", "-o", name]);
            if format == "csv" {
                let id = emulator.submit();
                emulator.run(&["wait", &id]).expect(0);
                command = emulator.command(&["sessions", "--last", "7d", "--output", "csv"]);
            }
            command.current_dir(place.path());
            let done = Running::start(command).finish().expect(0);
            if format == "csv" {
                fs::write(place.path().join(name), done.stdout).unwrap();
            }
        }
        let stage = Self { emulator, place };
        stage
            .shell("session-export export --last 2d -o e.xlsx --journal export.journal --region cn-north-4")
            .expect(0);
        stage
    }

    /// Runs a line as a person would: by a shell, which finds the program by its name.
    fn shell(&self, line: &str) -> Done {
        let id = match line.contains(SAMPLE_TASK) {
            true => {
                let id = self.emulator.submit();
                self.emulator.run(&["wait", &id]).expect(0);
                id
            }
            false => String::new(),
        };
        Running::start(self.command(&line.replace(SAMPLE_TASK, &id))).finish()
    }

    /// Removes what an example may have made.
    fn tidy(&self, names: &[&str]) {
        for name in names {
            let _ = fs::remove_file(self.place.path().join(name));
        }
    }

    fn command(&self, line: &str) -> Command {
        let mut command = self.emulator.command(&[]);
        let environment: Vec<_> = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect();
        command = Command::new("bash");
        command.env_clear().envs(environment);
        let program = Path::new(env!("CARGO_BIN_EXE_session-export"));
        let path = std::env::var("PATH").unwrap();
        let base = self.emulator.says("endpoint");
        command
            .args(["-c", &format!("set -o pipefail; {line}")])
            .current_dir(self.place.path())
            .env("PATH", format!("{}:{path}", program.parent().unwrap().display()))
            .env("HUAWEICLOUD_SDK_REGION_WORKSPACEAPP_CN_NORTH_4", base)
            .env("HUAWEICLOUD_SDK_REGION_WORKSPACE_CN_NORTH_4", base)
            .env("HUAWEICLOUD_SDK_REGION_IAM_CN_NORTH_4", base)
            .env("XDG_CONFIG_HOME", self.place.path())
            .env("HW_PROJECT_ID", self.emulator.says("project_id"));
        command
    }
}

/// An emulator goes on until it is told to stop.
fn never_ends(example: &Example) -> bool {
    example.line.starts_with("session-export emulator") && !example.line.contains("--choices")
}

#[test]
fn every_command_has_examples_that_fit_a_narrow_terminal() {
    for command in commands().iter().chain(&groups()) {
        let found = examples(command);
        assert!(!found.is_empty(), "{command} has no example");
        for Example { line, .. } in found {
            let own = format!("session-export {command}");
            assert!(line.contains(own.trim_end()), "{command}: {line}");
        }
        let help = help(command);
        let wide = help
            .lines()
            .filter(|line| line.trim_start().starts_with("$ "))
            .find(|line| line.chars().count() > 80);
        assert_eq!(wide, None);
        let words: Vec<_> = command.split_whitespace().chain(["-h"]).collect();
        let short = Running::start(program(&words)).finish().expect(0);
        assert!(short.out().contains("\nExamples:\n"), "{command} -h");
    }
}

#[test]
fn every_example_does_what_it_says() {
    let stage = Stage::new();
    for command in commands().iter().chain(&groups()) {
        for example in examples(command) {
            if never_ends(&example) {
                let running = Running::start(stage.command(&format!("exec {}", example.line)));
                until("the emulator's line", || {
                    running.stdout().contains("Ctrl-C").then_some(())
                });
                running.signal("TERM");
                running.finish().expect(0);
                continue;
            }
            // Two write the same file.
            if example.line.contains("try.xlsx") {
                stage.tidy(&["try.xlsx"]);
            }
            let done = stage.shell(&example.line);
            assert_eq!(done.code, Some(0), "{}: {}", example.line, done.stderr);
        }
    }
    let made = names(stage.place.path());
    for name in [
        "try.xlsx",
        "day.xlsx",
        "task.id",
        "user005.csv",
        "sessions.parquet",
        "safe.csv",
        "report.html",
        "session-export",
        "_session-export",
        "man1",
    ] {
        assert!(made.iter().any(|made| made == name), "{name}: {made:?}");
    }
    let pages = names(&stage.place.path().join("man1"));
    for command in commands() {
        let page = format!("session-export-{}.1", command.replace(' ', "-"));
        assert!(pages.contains(&page), "{page}: {pages:?}");
    }
    let page = fs::read_to_string(stage.place.path().join("man1/session-export-export.1")).unwrap();
    assert!(page.contains("Examples:") && page.contains(r"\-\-last"), "{page}");
}

#[test]
fn every_document_is_as_its_schema_says() {
    let stage = Stage::new();
    for command in commands() {
        let all = examples(&command);
        let mut checked = 0;
        for example in &all {
            // What has no document, and what a shell does with a document.
            if never_ends(example)
                || example.line.contains(['|', '>', '<'])
                || example.line.contains("--output")
            {
                continue;
            }
            let line = format!("{} --json --quiet", example.line);
            // What the examples themselves left there.
            stage.tidy(&["try.xlsx", "day.xlsx", "day.journal"]);
            let done = stage.shell(&line).expect(0);
            assert_eq!(done.stderr, "", "{line}");
            let faults = schema::faults(&command, &done.json());
            assert!(faults.is_empty(), "{line}: {faults:#?}");
            checked += 1;
        }
        let has_document = schema::exists(&command);
        assert!(
            checked > 0 || !has_document || ["submit"].contains(&command.as_str()),
            "no document of {command} was checked"
        );
    }
}

#[test]
fn documents_that_examples_do_not_show_are_as_their_schemas_say_too() {
    let stage = Stage::new();
    for (command, line) in [
        ("submit", "session-export submit --last 1d --region cn-north-4"),
        ("token", "session-export token --region cn-north-4"),
        ("tasks", "session-export tasks --output json --region cn-north-4"),
        (
            "sessions",
            "session-export sessions --limit 3 --json --region cn-north-4",
        ),
        (
            "sessions",
            "session-export sessions --user-name nobody --output json --region cn-north-4",
        ),
    ] {
        let json = if line.contains("json") { "" } else { " --json" };
        let document = stage.shell(&format!("{line}{json}")).expect(0).json();
        let faults = schema::faults(command, &document);
        assert!(faults.is_empty(), "{line}: {faults:#?}");
    }
    let faults = schema::faults("emulator", &stage.emulator.line);
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_failure_is_as_its_schema_says() {
    let stage = Stage::new();
    let nowhere = "--endpoint http://127.0.0.1:1 --export-endpoint http://127.0.0.1:1 --iam-endpoint http://127.0.0.1:1";
    for command in commands() {
        let mut lines = vec![format!("session-export {command} --json --there-is-no-such-flag")];
        // Each goes as far as it can where nobody answers; those that talk to nobody end well or with another failure.
        let of_service = help(&command).contains("--iam-endpoint");
        if let Some(example) = examples(&command).first()
            && of_service
        {
            let line = example
                .line
                .replace("--emulator", "")
                .replace("--region cn-north-4", "");
            let line = line.split(['|', '>']).next().unwrap();
            lines.push(format!("{line} --json --timeout 3s {nowhere}"));
        }
        for line in lines {
            let done = stage.shell(&line);
            // Only looking for credentials, and a journal whose file is there, need nobody.
            if done.code == Some(0) {
                assert!(line.contains("--explain") || line.contains(" resume "), "{line}");
                continue;
            }
            // What it finds wrong is its result.
            if line.contains(" doctor ") && !line.contains("--there-is") {
                let faults = schema::faults("doctor", &done.json());
                assert!(faults.is_empty(), "{line}: {faults:#?}");
                continue;
            }
            let faults = schema::faults("error", &done.json());
            assert!(faults.is_empty(), "{line}: {faults:#?}");
        }
    }
}

#[test]
fn a_wrong_document_is_noticed() {
    for (document, fault) in [
        (
            r#"{"schema":"session-export/submit/v1"}"#,
            r#"$: it has no "task_id""#,
        ),
        (
            r#"{"schema":"session-export/submit/v2","task_id":"a"}"#,
            r#"$.schema: it is not "session-export/submit/v1""#,
        ),
        (
            r#"{"schema":"session-export/submit/v1","task_id":1}"#,
            r#"$.task_id: it is no "string""#,
        ),
        (
            r#"{"schema":"session-export/submit/v1","task_id":"a","new":1}"#,
            "$.new is not documented",
        ),
        (
            r#"{"schema":"session-export/submit/v1","task_id":"a","reconciliation":{"result":"one","tasks":[{"x":1}]}}"#,
            "$.reconciliation.tasks[0].x is not documented",
        ),
    ] {
        let faults = schema::faults("submit", &serde_json::from_str(document).unwrap());
        assert!(faults.iter().any(|found| found.starts_with(fault)), "{faults:?}");
    }
}

#[test]
fn slips_are_answered_with_what_was_probably_meant() {
    for (args, meant) in [
        (&["exprt"][..], "export"),
        (&["export", "--emulator", "--stat", "Active"], "--state"),
        (
            &["export", "--emulator", "--state", "actve,Hibernated"],
            "did you mean Active?",
        ),
        (
            &["tasks", "--emulator", "--status", "SUCCESSFUL"],
            "did you mean SUCCESS?",
        ),
        (&["tasks", "--emulator", "--output", "tables"], "table"),
        (&["emulator", "--export-format", "xslx"], "xlsx"),
        (&["completions", "zhs"], "zsh"),
    ] {
        let done = run(args).expect(2);
        assert!(done.stderr.contains(meant), "{args:?}: {}", done.stderr);
    }
    // With a credential and, since the region is judged before one is looked for, without.
    for variables in [&[("SESSION_EXPORT_TOKEN", "t")][..], &[]] {
        let mut command = program(&["tasks", "--region", "cn-nort-4", "--project-id", "p"]);
        command.envs(variables.iter().copied());
        let done = Running::start(command).finish().expect(2);
        assert!(
            done.stderr.contains("hint: did you mean cn-north-4?"),
            "{}",
            done.stderr
        );
    }
}

#[test]
fn colours_are_shown_where_somebody_asks_for_them_and_else_nowhere() {
    for args in [
        &["--help"][..],
        &["tasks", "--emulator"],
        &["export", "--emulator", "--last", "60d"],
    ] {
        for (variables, coloured) in [
            (&[][..], false),
            (&[("CLICOLOR_FORCE", "1")], true),
            (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        ] {
            let mut command = program(args);
            command.envs(variables.iter().copied());
            let done = Running::start(command).finish();
            let all = format!("{}{}", done.out(), done.stderr);
            assert_eq!(
                all.contains('\u{1b}'),
                coloured,
                "{args:?} {variables:?}: {all:?}"
            );
        }
    }
}

#[test]
fn each_shell_gets_a_script_that_knows_commands_flags_and_values() {
    // The scripts for the last two complete no values.
    for (shell, knows_values) in [
        ("bash", true),
        ("zsh", true),
        ("fish", true),
        ("powershell", false),
        ("elvish", false),
    ] {
        let script = run(&["completions", shell]).expect(0).out();
        assert!(script.contains("no-reconcile"), "{shell}");
        for value in ["cn-southwest-2", "SignedOut", "EXPIRED"] {
            assert!(script.contains(value) || !knows_values, "{shell}: {value}");
        }
    }
    assert!(run(&["completions", "bash", "--json"]).expect(2).error()["kind"] == "usage");
}

/// bash itself completes, without a terminal.
#[test]
fn bash_completes() {
    let stage = Stage::new();
    for (words, expected) in [
        ("session-export ex", "export"),
        ("session-export export --no-rec", "--no-reconcile"),
        ("session-export tasks --status E", "EXPIRED"),
        ("session-export export --region cn-southw", "cn-southwest-2"),
    ] {
        let line = format!(
            "source <(session-export completions bash); COMP_WORDS=({words}); \
             COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             $(complete -p session-export | sed -n 's/.*-F \\([^ ]*\\).*/\\1/p') session-export \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; \
             echo \"${{COMPREPLY[@]}}\""
        );
        let done = stage.shell(&line).expect(0);
        assert_eq!(done.out().trim(), expected, "{words}: {}", done.stderr);
    }
}
