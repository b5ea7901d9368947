//! A standard output that takes nothing: closed, full, or not read.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "helpers of tests")]

mod common;

use std::io::{PipeReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::server::{Reply, Request, Server, ready_task, respond, respond_json};
use common::until;

/// A service with one task, whose file is larger than any pipe.
fn service(request: &Request) -> Reply {
    if request.line.contains("/download") {
        respond(200, &[], vec![b'x'; 2_000_000])
    } else if request.line.contains("batch-delete") {
        respond_json(200, "{}")
    } else if request.line.contains("/export-tasks") || request.line.starts_with("GET") {
        ready_task("t")
    } else {
        respond_json(200, r#"{"task_id":"t"}"#)
    }
}

/// Starts a command whose standard output is a pipe that nobody reads.
fn unread(mut command: Command) -> (Child, PipeReader) {
    let (reader, writer) = std::io::pipe().unwrap();
    let child = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    (child, reader)
}

/// The exit code and the standard error of a command whose standard output is closed.
fn closed(mut command: Command) -> (Option<i32>, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let child = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    end(child)
}

/// Waits for the end of a command, and gives its exit code and its standard error.
fn end(mut child: Child) -> (Option<i32>, String) {
    let status = until("its end", || child.try_wait().unwrap());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    (status.code(), stderr)
}

#[test]
fn a_submitted_task_is_told_even_when_standard_output_is_not_there() {
    let server = Server::start(service);
    for args in [&["submit"][..], &["submit", "--json"]] {
        let (code, stderr) = closed(server.command(args));
        assert_eq!(code, Some(1), "{stderr}");
        assert!(
            stderr.contains("standard output") && stderr.contains("session-export wait t "),
            "{stderr}"
        );
        #[cfg(target_os = "linux")]
        {
            let mut command = server.command(args);
            let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
            let child = command.stdout(full).stderr(Stdio::piped()).spawn().unwrap();
            let (code, stderr) = end(child);
            assert_eq!(code, Some(1), "{stderr}");
            assert!(stderr.contains("session-export wait t "), "{stderr}");
        }
    }
}

#[test]
fn a_result_that_nobody_got_is_a_failure() {
    let server = Server::start(service);
    for args in [
        &["wait", "t"][..],
        &["wait", "t", "--json"],
        &["delete", "t"],
        &["token"],
    ] {
        let (code, stderr) = closed(server.command(args));
        assert_eq!(code, Some(1), "{args:?}: {stderr}");
    }
    for args in [&["tasks"][..], &["tasks", "--json"]] {
        assert_eq!(closed(server.command(args)), (Some(0), String::new()), "{args:?}");
    }
}

#[test]
fn half_a_file_on_standard_output_is_a_failure_and_its_task_is_kept() {
    for args in [
        &["download", "t", "-o", "-"][..],
        &["export", "--delete", "-o", "-"],
    ] {
        let server = Server::start(service);
        let (child, mut reader) = unread(server.command(args));
        reader.read_exact(&mut [0; 10]).unwrap();
        drop(reader);
        let (code, stderr) = end(child);
        assert_eq!(code, Some(1), "{stderr}");
        assert!(
            stderr.contains("error: could not write to standard output")
                && stderr.contains("session-export download t "),
            "{stderr}"
        );
        let deleted = server
            .seen()
            .iter()
            .any(|request| request.line.contains("batch-delete"));
        assert!(!deleted, "{args:?}");
    }
}

#[test]
fn a_reader_that_reads_nothing_holds_up_neither_a_signal_nor_the_deadline() {
    let long_list = |request: &Request| {
        if request.line.contains("list-sessions") {
            let session = format!(r#"{{"login_user":"{}"}}"#, "u".repeat(1000));
            let items = vec![session; 1000].join(",");
            respond_json(200, &format!(r#"{{"count":1000,"items":[{items}]}}"#))
        } else {
            service(request)
        }
    };
    for args in [
        &["download", "t", "-o", "-"][..],
        &["sessions", "--json", "--limit", "1000"],
    ] {
        for (signal, timeout, code) in [
            (Some("INT"), "10m", 130),
            (Some("TERM"), "10m", 143),
            (None, "3s", 8),
        ] {
            let server = Server::start(long_list);
            let mut command = server.command(args);
            command.args(["--timeout", timeout]);
            let (child, mut reader) = unread(command);
            // The first byte is there, so the pipe is being filled; then it is full before long.
            reader.read_exact(&mut [0]).unwrap();
            std::thread::sleep(Duration::from_millis(100));
            if let Some(signal) = signal {
                let sent = Command::new("kill")
                    .args([format!("-{signal}"), child.id().to_string()])
                    .status()
                    .unwrap();
                assert!(sent.success());
            }
            let (ended, stderr) = end(child);
            assert_eq!(ended, Some(code), "{args:?} {signal:?}: {stderr}");
            let deadline = stderr.contains("while writing to standard output");
            assert_eq!(deadline, signal.is_none(), "{stderr}");
        }
    }
}
