//! A file that cannot be opened yet: a pipe that nobody writes to keeps whoever opens it waiting.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "helpers of tests")]

mod common;

use std::path::Path;
use std::process::Command;

use common::{Running, directory, names, program};

const COMMANDS: [&[&str]; 3] = [
    &["convert", "pipe.json", "out.csv", "--json"],
    &["summary", "pipe.json", "--json"],
    &["summary", "pipe.json", "--json", "--html", "out.html"],
];

fn start(place: &Path, args: &[&str]) -> Running {
    let mut command = program(args);
    command.current_dir(place);
    Running::start(command)
}

fn with_pipe() -> tempfile::TempDir {
    let place = directory();
    let made = Command::new("mkfifo")
        .arg(place.path().join("pipe.json"))
        .status();
    assert!(made.unwrap().success());
    place
}

#[test]
fn a_deadline_holds_while_a_file_is_opened() {
    let place = with_pipe();
    for args in COMMANDS {
        let args = [args, &["--timeout", "50ms"]].concat();
        let error = start(place.path(), &args).finish().expect(8).error();
        assert_eq!(error["kind"], "deadline");
        assert_eq!(names(place.path()), ["pipe.json"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_is_heard_while_a_file_is_opened() {
    let place = with_pipe();
    for args in COMMANDS {
        for (name, number, code) in [("INT", 2, 130), ("TERM", 15, 143)] {
            let running = start(place.path(), args);
            common::until("its being listened for", || {
                listens_for(running.id(), number).then_some(())
            });
            running.signal(name);
            let error = running.finish().expect(code).error();
            assert_eq!(error["kind"], "interrupted");
            assert_eq!(names(place.path()), ["pipe.json"]);
        }
    }
}

/// Whether a process has something that is called for a signal. Before that the signal just ends it.
#[cfg(target_os = "linux")]
fn listens_for(id: u32, signal: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = u64::from_str_radix(mask.unwrap().trim(), 16).unwrap();
    mask & 1 << (signal - 1) != 0
}
