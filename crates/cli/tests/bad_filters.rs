//! A filter with several faults: one message that names each, and nothing leaves the machine.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::io::ErrorKind;
use std::net::TcpListener;

use common::server::at;
use common::{Done, Running, run};

/// Runs a command whose endpoints all are a listener that must see nobody.
fn without_a_connection(args: &[&str]) -> Done {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut command = at(&url, args);
    // A password: with a token there would be no log-in to see.
    for name in ["HW_USER_NAME", "HW_USER_PASSWORD", "HW_DOMAIN_NAME"] {
        command.env(name, "somebody");
    }
    // Only the kernel accepts; a program that waits for an answer would not end by itself.
    command.args(["--timeout", "20s"]);
    let done = Running::start(command).finish();
    assert_eq!(
        listener.accept().unwrap_err().kind(),
        ErrorKind::WouldBlock,
        "there was a connection"
    );
    done
}

const WINDOWS: [(&[&str], &str, &[&str]); 3] = [
    (
        &["--begin", "2024-01-01"],
        "--end: ",
        &["is missing", "--begin is given", "give both or neither"],
    ),
    (
        &["--begin", "2024-02-01", "--end", "2024-01-01"],
        "--begin: ",
        &[
            "2024-02-01T00:00:00.000Z is later than --end, 2024-01-01T23:59:59.999Z",
            "swap them",
        ],
    ),
    (
        &["--begin", "2024-01-01T00:00:00Z", "--end", "2024-02-01T00:00:00Z"],
        "--begin: ",
        &["is 31 days", "at most 30 days"],
    ),
];

fn with_other_faults<'a>(command: &'a str, window: &[&'a str], user: &'a str) -> Vec<&'a str> {
    let mut args = vec![command, "--utc", "--user-name", user];
    args.extend(["--state", "Actve", "--vm-ip", "10.0.0.256"]);
    args.extend(window);
    args
}

fn names_every_fault(text: &str, flag: &str, allowed: &[&str]) {
    for (flag, parts) in [
        ("--user-name: ", &["65 characters", "1 to 64 are allowed"][..]),
        (
            "--state: ",
            &["Actve", "Active, Disconnected, AppcInit, SignedOut, InitFail"],
        ),
        ("--vm-ip: ", &["10.0.0.256", "not an IP address", "like 10.0.0.1"]),
        (flag, allowed),
    ] {
        assert_eq!(text.matches(flag).count(), 1, "{flag}: {text}");
        for part in parts {
            assert!(text.contains(part), "{flag}: {part}: {text}");
        }
    }
    assert!(
        !text.contains("query_") && !text.contains("session_state"),
        "{text}"
    );
}

#[test]
fn each_fault_of_a_window_is_named_together_with_all_others() {
    let user = "x".repeat(65);
    for command in ["submit", "export"] {
        for (window, flag, allowed) in WINDOWS {
            let done = without_a_connection(&with_other_faults(command, window, &user)).expect(2);
            assert_eq!(done.out(), "");
            assert_eq!(done.stderr.lines().count(), 6, "{}", done.stderr);
            assert!(
                done.stderr.ends_with("hint: did you mean Active?\n"),
                "{}",
                done.stderr
            );
            assert!(
                done.stderr
                    .starts_with("error: the filter is not valid; nothing was sent\n")
            );
            names_every_fault(&done.stderr, flag, allowed);
        }
    }
}

#[test]
fn with_json_the_same_is_one_document() {
    let user = "x".repeat(65);
    for (window, flag, allowed) in WINDOWS {
        let mut args = with_other_faults("submit", window, &user);
        args.push("--json");
        let done = without_a_connection(&args).expect(2);
        let error = done.error();
        assert_eq!(error["kind"], "invalid_request");
        for key in ["status", "code", "request_id"] {
            assert!(error[key].is_null(), "{key}");
        }
        names_every_fault(error["message"].as_str().unwrap(), flag, allowed);
        names_every_fault(&done.stderr, flag, allowed);
    }
}

#[test]
fn thirty_days_to_the_millisecond_pass_and_one_more_does_not() {
    let begin = ["--begin", "2024-01-01T00:00:00Z", "--end"];
    let end = |end| [&["submit", "--emulator"], &begin[..], &[end]].concat();
    run(&end("2024-01-31T00:00:00Z")).expect(0);
    run(&end("2024-01-31T00:00:00.001Z")).expect(2);
}

#[test]
fn a_list_and_its_own_faults_are_found_before_anything_is_sent() {
    let done = without_a_connection(&["sessions", "--end", "2024-01-01", "--public-ip", "here"]).expect(2);
    assert!(
        done.stderr.contains("--begin: is missing") && done.stderr.contains("--public-ip: \"here\""),
        "{}",
        done.stderr
    );
    let done = without_a_connection(&["tasks", "--limit", "101", "--status", "DONE"]).expect(2);
    assert!(
        done.stderr.contains("--limit: ") && done.stderr.contains("--status: "),
        "{}",
        done.stderr
    );
    let done = without_a_connection(&["wait", ""]).expect(2);
    assert!(done.stderr.contains("task_id"), "{}", done.stderr);
}

#[test]
fn flags_that_the_parser_refuses_give_a_document_too() {
    for (args, named) in [
        (&["submit", "--no-such-flag"][..], "--no-such-flag"),
        (&["wait"], "<TASK>"),
        (
            &["export", "--last", "7d", "--begin", "2024-01-01"],
            "cannot be used with",
        ),
        (&["export", "--last", "soon"], "--last"),
        (&["submit", "--success", "--failed"], "--failed"),
        (&["no-such-command"], "no-such-command"),
        (&["sessions", "--limit", "many"], "--limit"),
    ] {
        let mut args = args.to_vec();
        args.push("--json");
        let done = run(&args).expect(2);
        let error = done.error();
        assert_eq!(error["kind"], "usage", "{args:?}");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains(named) && !message.contains('\n'),
            "{args:?}: {message:?}"
        );
        assert!(done.stderr.contains(named), "{}", done.stderr);
    }
}

#[test]
fn a_secret_is_never_an_argument() {
    for flag in [
        "--password",
        "--token",
        "--secret-key",
        "--sk",
        "--user-password",
        "--auth-token",
    ] {
        for command in ["export", "tasks", "token", "sessions", "emulator"] {
            let done = run(&[command, flag, "hunter2-secret"]).expect(2);
            assert!(done.stderr.contains("unexpected argument"), "{}", done.stderr);
            assert!(!done.stderr.contains("hunter2-secret"), "{}", done.stderr);
            let joined = format!("{flag}=hunter2-secret");
            let done = run(&[command, &joined, "--json"]).expect(2);
            assert!(!done.stderr.contains("hunter2-secret") && !done.out().contains("hunter2-secret"));
        }
    }
}

#[test]
fn help_is_no_failure_and_lists_the_exit_codes() {
    let help = run(&["--help"]).expect(0);
    for code in ["0 ", "1 ", "2 ", "3 ", "4 ", "5 ", "6 ", "7 ", "8 ", "130 "] {
        assert!(
            help.out().lines().any(|line| line.trim_start().starts_with(code)),
            "{code}"
        );
    }
    run(&["--version"]).expect(0);
    run(&[]).expect(2);
}
