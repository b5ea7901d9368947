//! How long a command takes at most.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "helpers of tests")]

mod common;

use std::time::{Duration, Instant};

use common::server::{Reply, Server, at, respond};
use common::{Running, program};

const LOG_IN: [&str; 4] = [
    "HW_USER_NAME",
    "HW_USER_PASSWORD",
    "HW_DOMAIN_NAME",
    "HW_PROJECT_NAME",
];

/// A command that logs in to find out the project.
fn without_project(url: &str, args: &[&str]) -> std::process::Command {
    let mut command = program(args);
    for flag in ["--endpoint", "--export-endpoint", "--iam-endpoint"] {
        command.args([flag, url]);
    }
    for name in LOG_IN {
        command.env(name, "somebody");
    }
    command
}

#[test]
fn a_timeout_ends_every_command_even_while_it_logs_in() {
    let server = Server::start(|_| Reply::Hang(Vec::new()));
    let token = |args: &[&str]| server.command(args);
    let password = |args: &[&str]| {
        let mut command = at(&server.url, args);
        for name in LOG_IN {
            command.env(name, "somebody");
        }
        command
    };
    for (mut command, exit, kind) in [
        (token(&["submit"]), 7, "ambiguous"),
        (token(&["tasks"]), 8, "deadline"),
        (token(&["sessions"]), 8, "deadline"),
        (token(&["wait", "t"]), 8, "deadline"),
        (token(&["download", "t"]), 8, "deadline"),
        (token(&["delete", "t"]), 8, "deadline"),
        (password(&["submit"]), 8, "deadline"),
        (password(&["token"]), 8, "deadline"),
        (without_project(&server.url, &["tasks"]), 8, "deadline"),
    ] {
        let started = Instant::now();
        command.args(["--timeout", "300ms", "--json"]);
        let error = Running::start(command).finish().expect(exit).error();
        assert_eq!(error["kind"], kind);
        let took = started.elapsed();
        assert!(
            took >= Duration::from_millis(300) && took < Duration::from_secs(20),
            "{took:?}"
        );
    }
}

#[test]
fn a_log_in_counts_towards_the_timeout() {
    let log_in = Duration::from_millis(400);
    let server = Server::start(move |request| {
        if request.line.contains("/v3/auth/tokens") {
            std::thread::sleep(log_in);
            let body = r#"{"token":{"expires_at":"2099-01-01T00:00:00Z","project":{"id":"p"}}}"#;
            respond(201, &[("X-Subject-Token", "t")], body)
        } else {
            Reply::Hang(Vec::new())
        }
    });
    // A busy machine may be late, but hardly every time; the sum of both is never below this.
    let both = log_in + Duration::from_millis(800);
    let in_time = (0..5).any(|_| {
        let command = without_project(&server.url, &["tasks", "--json", "--timeout", "800ms"]);
        let started = Instant::now();
        let error = Running::start(command).finish().expect(8).error();
        assert_eq!(error["kind"], "deadline");
        started.elapsed() < both
    });
    assert!(in_time);
}
