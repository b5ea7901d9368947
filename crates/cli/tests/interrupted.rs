//! Signals, and readers that go away.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "helpers of tests")]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, ExitStatus, Stdio};

#[cfg(target_os = "linux")]
use common::blocked_in_a_write;
use common::emulator::Emulator;
use common::server::{Reply, Server, ready_task, respond};
use common::{Running, directory, names, program, until};

/// A slow task, so that a wait is still going on when the signal comes.
const SLOW: [&str; 4] = ["--export-delay-ms", "600000", "--sessions", "20"];

#[test]
fn an_interrupted_export_says_how_to_go_on() {
    let emulator = Emulator::start(&SLOW);
    let place = directory();
    let mut command = emulator.command(&["export", "--json", "--last", "2d"]);
    command.current_dir(place.path());
    let mut export = Running::start(command);
    export.until_stderr_has("submitted: task ");
    export.signal("INT");
    let done = export.finish().expect(130);
    let id = done
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("submitted: task "))
        .unwrap();
    for part in [
        format!("task {id} goes on"),
        format!("session-export wait {id} "),
        format!("session-export download {id} "),
    ] {
        assert!(done.stderr.contains(&part), "{part}: {}", done.stderr);
    }
    assert_eq!(done.error()["kind"], "interrupted");
    assert_eq!(done.json()["task_id"], id);
    assert_eq!(names(place.path()), [""; 0]);
    let tasks = emulator.run(&["tasks", "--json"]).expect(0).json();
    assert_eq!(tasks["export_tasks"][0]["task_id"], id);
}

#[test]
fn an_interrupted_wait_says_how_to_go_on() {
    let emulator = Emulator::start(&SLOW);
    let id = emulator.submit();
    let mut wait = Running::start(emulator.command(&["wait", &id, "-v"]));
    wait.until_stderr_has("CREATING");
    wait.signal("INT");
    let done = wait.finish().expect(130);
    assert!(
        done.stderr.contains(&format!("session-export wait {id} ")),
        "{}",
        done.stderr
    );
    assert_eq!(done.out(), "");
}

#[test]
fn an_interrupted_list_leaves_no_task_to_speak_of() {
    let server = Server::start(|_| Reply::Hang(Vec::new()));
    let list = Running::start(server.command(&["sessions"]));
    until("a request", || (!server.seen().is_empty()).then_some(()));
    list.signal("INT");
    let done = list.finish().expect(130);
    assert!(
        done.stderr.contains("interrupted") && !done.stderr.contains("hint:"),
        "{}",
        done.stderr
    );
}

#[test]
fn an_interrupted_download_leaves_nothing() {
    for (output, signal, code) in [
        (&[][..], "INT", 130),
        (&["-o", "sessions.csv"], "INT", 130),
        (&[], "TERM", 143),
        (&[], "HUP", 129),
    ] {
        if signal == "HUP" && hang_up_is_ignored() {
            continue;
        }
        let server = Server::start(|request| {
            if request.line.contains("/download") {
                let mut bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n".to_vec();
                bytes.resize(1_000_000, b'x');
                Reply::Hang(bytes)
            } else {
                ready_task("t")
            }
        });
        let place = directory();
        let mut command = server.command(&["download", "t", "--json"]);
        command.args(output).current_dir(place.path());
        let download = Running::start(command);
        until("half of the file", || {
            let entry = std::fs::read_dir(place.path()).unwrap().next()?.unwrap();
            let half = entry.metadata().is_ok_and(|metadata| metadata.len() >= 900_000);
            half.then(|| {
                let name = entry.file_name().into_string().unwrap();
                assert!(name.ends_with(".part"), "{name}");
            })
        });
        download.signal(signal);
        let done = download.finish().expect(code);
        assert_eq!(done.error()["kind"], "interrupted");
        assert!(
            done.stderr.contains("session-export download t "),
            "{}",
            done.stderr
        );
        assert_eq!(names(place.path()), [""; 0]);
    }
}

/// Under `nohup` the tests, and what they start, hear of no hang-up.
fn hang_up_is_ignored() -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return false;
    };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() & 1 == 1)
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_under_nohup_survives_its_terminal() {
    let server = Server::start(|_| Reply::Hang(Vec::new()));
    let inner = server.command(&["tasks"]);
    let mut command = Command::new("sh");
    command.args(["-c", r#"trap "" HUP; exec "$0" "$@""#]);
    command.arg(inner.get_program()).args(inner.get_args());
    command.env("SESSION_EXPORT_TOKEN", "t");
    let tasks = Running::start(command);
    until("a request", || (!server.seen().is_empty()).then_some(()));
    tasks.signal("HUP");
    // Time enough to hear the first, if it listened: then it would end with 129.
    std::thread::sleep(std::time::Duration::from_millis(100));
    tasks.signal("INT");
    tasks.finish().expect(130);
}

#[test]
fn an_interrupted_submit_says_that_a_task_may_exist() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        for args in [&["submit", "--json"][..], &["export", "--json"]] {
            let server = Server::start(|_| Reply::Hang(Vec::new()));
            let place = directory();
            let mut command = server.command(args);
            command.current_dir(place.path());
            let submit = Running::start(command);
            until("a request", || (!server.seen().is_empty()).then_some(()));
            submit.signal(signal);
            let done = submit.finish().expect(code);
            let error = done.error();
            assert_eq!(error["kind"], "interrupted");
            let message = error["message"].as_str().unwrap();
            let since = message.split_once("a task may exist since 20").unwrap().1;
            assert!(since.ends_with('Z'), "{message}");
            assert!(done.stderr.contains("session-export tasks "), "{}", done.stderr);
        }
    }
}

#[test]
fn a_terminated_emulator_ends_well_and_an_interrupted_one_too() {
    for (signal, code) in [("TERM", 0), ("INT", 130)] {
        let emulator = Emulator::start(&["--sessions", "10"]);
        emulator.run(&["tasks"]).expect(0);
        emulator.process.signal(signal);
        emulator.process.finish().expect(code);
    }
}

#[test]
fn an_emulator_that_ends_leaves_no_export_half_written() {
    for (signal, code) in [("TERM", 0), ("INT", 130)] {
        let place = directory();
        let exports = place.path().to_str().unwrap();
        // Enough that the file is being written for seconds.
        let emulator = Emulator::start(&["--sessions", "200000", "--export-dir", exports]);
        emulator.submit();
        until("the file's beginning", || {
            (!names(place.path()).is_empty()).then_some(())
        });
        emulator.process.signal(signal);
        emulator.process.finish().expect(code);
        assert_eq!(names(place.path()), [""; 0], "{signal}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn whoever_read_that_the_emulator_is_ready_may_end_it_at_once() {
    ended_while_it_says_that_it_is_ready("TERM", 0);
    // More than once, since what is polled first could be left to chance.
    for _ in 0..6 {
        ended_while_it_says_that_it_is_ready("INT", 130);
    }
}

/// Its line does not fit into the pipe, so that it stands before "ready" for as long as it takes.
#[cfg(target_os = "linux")]
fn ended_while_it_says_that_it_is_ready(name: &str, code: i32) {
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    // A pipe holds 64 KiB; what is left is less than the line.
    writer.write_all(&[b' '; 65_536 - 64]).unwrap();
    let mut command = program(&["emulator", "--json", "--listen", &port]);
    let mut child = command.stdout(writer).stderr(Stdio::null()).spawn().unwrap();
    // The command holds the writing end, too.
    drop(command);
    until("the emulator", || TcpStream::connect(&port).ok());
    until("the line", || blocked_in_a_write(child.id(), 1).then_some(()));
    let sent = Command::new("kill")
        .args([format!("-{name}"), child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    let mut all = Vec::new();
    reader.read_to_end(&mut all).unwrap();
    let status = until("its end", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(code), "{name}: {status}");
    assert!(all.ends_with(b"}\n"));
}

/// Runs a command whose standard output is closed after its first `bytes`.
fn read_only_the_start(mut command: Command, bytes: usize) -> (ExitStatus, String) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut start = vec![0; bytes];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut start).unwrap();
    drop(stdout);
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    let status = until("its end", || child.try_wait().unwrap());
    (status, stderr)
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    for command in [
        program(&["sessions", "--emulator"]),
        program(&["sessions", "--emulator", "--json"]),
        program(&["tasks", "--emulator"]),
    ] {
        let name = format!("{command:?}");
        let (status, stderr) = read_only_the_start(command, 10);
        assert_eq!(status.code(), Some(0), "{name}: {stderr}");
        assert!(
            !stderr.contains("error") && !stderr.contains("panicked") && !stderr.contains("hint"),
            "{name}: {stderr}"
        );
    }
}

#[test]
fn figures_that_nobody_reads_are_no_failure_either() {
    let place = directory();
    std::fs::write(
        place.path().join("in.csv"),
        "login_user,start_time\nuser005,2024-02-27\n",
    )
    .unwrap();
    for json in [&[][..], &["--json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = program(&["summary", "in.csv"]);
        command.args(json).current_dir(place.path());
        let done = command.stdout(writer).output().unwrap();
        let stderr = String::from_utf8_lossy(&done.stderr);
        assert_eq!((done.status.code(), &*stderr), (Some(0), ""), "{json:?}");
    }
}

#[test]
fn a_failure_that_nobody_reads_keeps_its_exit_code() {
    let server = Server::start(|_| respond(403, &[], ""));
    for args in [
        &["tasks", "--json"][..],
        &["tasks", "--json", "-vv"],
        &["wait", "--json"],
    ] {
        let expected = if args[0] == "tasks" { 4 } else { 2 };
        let (status, _) = read_only_the_start(server.command(args), 0);
        assert_eq!(status.code(), Some(expected));
        // The same with standard error, which nobody reads either.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = server.command(args);
        command.stdout(Stdio::null()).stderr(writer);
        assert_eq!(command.status().unwrap().code(), Some(expected), "{args:?}");
    }
}

#[test]
fn progress_that_nobody_reads_does_not_stop_an_export() {
    let place = directory();
    let mut child = program(&["export", "--emulator", "--last", "1d", "-o", "x.xlsx"])
        .current_dir(place.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut first).unwrap();
    assert!(first.starts_with("window: "), "{first}");
    drop(stderr);
    let status = until("its end", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
    assert_eq!(names(place.path()), ["x.xlsx"]);
}
