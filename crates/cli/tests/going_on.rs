//! What an interrupted command says: lines to copy that go on with what it began.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "helpers of tests")]

mod common;

use std::process::{Command, Stdio};

#[cfg(target_os = "linux")]
use common::blocked_in_a_write;
use common::emulator::Emulator;
use common::{Done, Running, directory, names, program, until};

/// A task that takes long enough to be interrupted, and not so long that a test has to.
const SLOW: [&str; 4] = ["--export-delay-ms", "1500", "--sessions", "20"];

/// The lines to copy: those that stand to the right.
fn lines(done: &Done) -> Vec<String> {
    let lines = done.stderr.lines().filter_map(|line| line.strip_prefix("  "));
    lines
        .filter(|line| line.starts_with("session-export "))
        .map(str::to_owned)
        .collect()
}

/// Runs a copied line with the environment that the interrupted command had.
fn copied(emulator: &Emulator, directory: &std::path::Path, line: &str) -> Done {
    let with = emulator.command_without_project(&[]);
    let mut command = Command::new("bash");
    command.env_clear();
    command.envs(with.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let program = env!("CARGO_BIN_EXE_session-export");
    command
        .args(["-c", &line.replacen("session-export", program, 1)])
        .current_dir(directory);
    Running::start(command).finish()
}

#[test]
fn what_an_interrupted_export_says_finishes_it() {
    let emulator = Emulator::start(&SLOW);
    let place = directory();
    let mut command = emulator.command(&["export", "--last", "2d", "-o", "my file.xlsx", "--force"]);
    command.current_dir(place.path());
    let mut export = Running::start(command);
    export.until_stderr_has("submitted: task ");
    export.signal("INT");
    let done = export.finish().expect(130);
    let lines = lines(&done);
    assert_eq!(lines.len(), 2, "{}", done.stderr);
    assert!(
        lines[0].contains(" wait ") && lines[0].contains("--project-id"),
        "{lines:?}"
    );
    assert!(lines[1].contains("--output 'my file.xlsx' --force"), "{lines:?}");
    for line in &lines {
        let done = copied(&emulator, place.path(), line);
        assert_eq!(done.code, Some(0), "{line}: {}", done.stderr);
    }
    assert_eq!(names(place.path()), ["my file.xlsx"]);
}

#[test]
fn with_a_journal_one_line_does_it() {
    let emulator = Emulator::start(&SLOW);
    let place = directory();
    let mut command = emulator.command(&["export", "--last", "2d", "-o", "a.xlsx", "--journal", "it's"]);
    command.current_dir(place.path());
    let mut export = Running::start(command);
    export.until_stderr_has("submitted: task ");
    export.signal("INT");
    let done = export.finish().expect(130);
    let lines = lines(&done);
    assert!(
        lines.len() == 1 && lines[0].starts_with(r"session-export resume 'it'\''s' "),
        "{}",
        done.stderr
    );
    let done = copied(&emulator, place.path(), &lines[0]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(names(place.path()), ["a.xlsx", "it's"]);
}

#[test]
fn an_emulator_of_ones_own_leaves_nothing_and_nothing_is_said_to_go_on() {
    let place = directory();
    let mut command = program(&["export", "--emulator", "--last", "2d", "-o", "x.xlsx", "--json"]);
    command.current_dir(place.path());
    let mut export = Running::start(command);
    export.until_stderr_has("submitted: task ");
    export.signal("INT");
    let done = export.finish().expect(130);
    assert!(
        lines(&done).is_empty() && !done.stderr.contains("goes on"),
        "{}",
        done.stderr
    );
    assert_eq!(done.error()["kind"], "interrupted");
    assert_eq!(done.json().get("task_id"), None);
}

/// The first signal ends a command in an orderly way; the second at once, also where the program stands in a call that
/// nothing interrupts: here, writing its last words into a pipe that nobody reads.
#[cfg(target_os = "linux")]
#[test]
fn the_second_signal_ends_the_program_at_once() {
    use std::io::Write;

    let emulator = Emulator::start(&["--export-delay-ms", "600000", "--sessions", "20"]);
    let id = emulator.submit();
    // A pipe holds 64 KiB, and not one byte more than its reader takes.
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(&vec![b' '; 65_536]).unwrap();
    let mut command = emulator.command(&["wait", &id]);
    let mut child = command.stdout(Stdio::null()).stderr(writer).spawn().unwrap();
    drop(command);
    let kill = |child: &std::process::Child, name: &str| {
        let sent = Command::new("kill")
            .args([format!("-{name}"), child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    };
    until("its handlers", || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let caught = status
            .lines()
            .find_map(|line| line.strip_prefix("SigCgt:"))
            .unwrap();
        let caught = u64::from_str_radix(caught.trim(), 16).unwrap();
        // SIGINT is signal 2, and signal n is bit n - 1.
        (caught & 2 == 2).then_some(())
    });
    kill(&child, "INT");
    until("its last words", || {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        blocked_in_a_write(child.id(), 2).then_some(())
    });
    // The first one may have come before the program counted.
    let status = until("its end", || {
        kill(&child, "INT");
        child.try_wait().unwrap()
    });
    assert_eq!(status.code(), Some(130));
    drop(reader);
}
