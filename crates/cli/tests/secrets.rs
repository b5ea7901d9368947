//! Secrets do not come out: not in logs, not in errors, not in the list of processes.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::emulator::Emulator;
use common::server::{Reply, Server, at, respond, respond_json};
use common::{Done, Running, directory};

const PASSWORD: &str = "planted-password-7f3a91";
const TOKEN: &str = "planted-token-5d20c8";
/// The token that the scripted IAM issues.
const ISSUED: &str = "issued-token-b41e66";
const CREDENTIALS: [&str; 3] = ["HW_USER_NAME", "HW_USER_PASSWORD", "HW_DOMAIN_NAME"];

/// Every command that talks to somebody; a task's id is appended where one is needed.
const COMMANDS: [&[&str]; 9] = [
    &["token"],
    &["submit", "--last", "2d"],
    &["tasks"],
    &["sessions", "--last", "2d"],
    &["export", "--last", "2d", "-o", "x.xlsx", "--force"],
    &["wait"],
    &["download", "-o", "y.xlsx", "--force"],
    &["delete"],
    &["doctor"],
];

fn needs_task(command: &str) -> bool {
    ["wait", "download", "delete"].contains(&command)
}

/// Every command with its flags: for people, and in JSON where no secret is asked for.
fn each_command(task: impl Fn() -> String, mut check: impl FnMut(&[&str])) {
    for command in COMMANDS {
        for json in [false, true] {
            if json && command[0] == "token" {
                continue;
            }
            let task = task();
            let mut args = command.to_vec();
            args.push("-vv");
            if needs_task(command[0]) {
                args.push(&task);
            }
            if json {
                args.push("--json");
            }
            check(&args);
        }
    }
}

/// The program did log what it sent, else there would be nothing to be clean.
#[track_caller]
fn has_log(args: &[&str], done: &Done) {
    // A log-in is no call of the client.
    assert!(
        args[0] == "token" || done.stderr.contains(" DEBUG session_export"),
        "{args:?} logs nothing: {}",
        done.stderr
    );
}

/// Neither a secret, nor a header with a value, is anywhere.
#[track_caller]
fn is_clean(what: &[&str], done: &Done, secrets: &[&str]) {
    let all = format!("{}\n{}", done.out(), done.stderr);
    for secret in secrets {
        assert!(!all.contains(secret), "{what:?} shows {secret}: {all}");
    }
    let lower = all.to_lowercase();
    for header in [
        "x-auth-token",
        "x-subject-token",
        "x-security-token",
        "authorization",
    ] {
        for (at, _) in lower.match_indices(header) {
            let rest = lower[at + header.len()..].trim_start_matches(['"', '\'', ' ']);
            let value = rest
                .strip_prefix([':', '=', ','])
                .map(|rest| rest.trim_start_matches(['"', '\'', ' ']));
            assert!(
                value.is_none_or(|value| value.starts_with("sensitive") || value.starts_with('<')),
                "{what:?} shows a header: {}",
                &all[at..all.len().min(at + 80)]
            );
        }
    }
}

#[test]
fn a_password_and_the_token_it_gives_stay_inside() {
    let emulator = Emulator::start(&["--export-delay-ms", "0", "--sessions", "50"]);
    let password = emulator.says("password").to_owned();
    let place = directory();
    each_command(
        || emulator.submit(),
        |args| {
            let mut command = emulator.command(args);
            command.current_dir(place.path());
            let done = Running::start(command).finish().expect(0);
            // Each process gets a token of its own; all of the emulator's begin alike.
            is_clean(args, &done, &[&password, "MII"]);
            has_log(args, &done);
        },
    );
    let asked = emulator.run(&["token", "--json", "-vv"]).expect(0);
    let token = asked.json()["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("MII"), "{token}");
    assert!(!asked.stderr.contains(&token) && !asked.stderr.contains(&password));
}

#[test]
fn a_token_from_the_environment_stays_inside() {
    let emulator = Emulator::start(&["--export-delay-ms", "0", "--sessions", "50"]);
    let token = emulator.run(&["token", "--json"]).expect(0).json()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let place = directory();
    each_command(
        || emulator.submit(),
        |args| {
            let mut command = emulator.command(args);
            command
                .env("SESSION_EXPORT_TOKEN", &token)
                .env("HW_USER_PASSWORD", PASSWORD)
                .current_dir(place.path());
            let done = Running::start(command).finish().expect(0);
            is_clean(args, &done, &[&token, PASSWORD]);
            has_log(args, &done);
        },
    );
}

#[test]
fn an_access_key_and_its_signatures_stay_inside() {
    let emulator = Emulator::start(&["--export-delay-ms", "0", "--sessions", "50"]);
    let secret = emulator.says("secret_key").to_owned();
    let place = directory();
    // A permanent key, and a temporary one of the machine's metadata.
    for temporary in [false, true] {
        each_command(
            || emulator.submit(),
            |args| {
                if args[0] == "token" {
                    return;
                }
                let mut command = emulator.command(args);
                for name in CREDENTIALS {
                    command.env_remove(name);
                }
                if temporary {
                    command.env("SESSION_EXPORT_METADATA_ENDPOINT", emulator.says("endpoint"));
                } else {
                    command
                        .env("HW_ACCESS_KEY", emulator.says("access_key"))
                        .env("HW_SECRET_KEY", &secret);
                }
                command.current_dir(place.path());
                let done = Running::start(command).finish().expect(0);
                is_clean(args, &done, &[&secret, "Signature=", "securitytoken"]);
                has_log(args, &done);
            },
        );
    }
}

#[test]
fn a_service_that_refuses_gets_no_secret_shown() {
    let server = Server::start(|request| {
        if request.line.contains("/v3/auth/tokens") {
            let body = r#"{"token":{"expires_at":"2099-01-01T00:00:00.000000Z"}}"#;
            respond(201, &[("X-Subject-Token", ISSUED)], body)
        } else {
            respond_json(
                401,
                r#"{"error_code":"APIGW.0301","error_msg":"decrypt token fail"}"#,
            )
        }
    });
    let place = directory();
    for with_token in [true, false] {
        each_command(
            || "t".to_owned(),
            |args| {
                let mut command = at(&server.url, args);
                command.current_dir(place.path());
                if with_token {
                    command.env("SESSION_EXPORT_TOKEN", TOKEN);
                } else {
                    for name in CREDENTIALS {
                        command.env(name, PASSWORD);
                    }
                }
                let code = if args[0] == "token" { 0 } else { 3 };
                let done = Running::start(command).finish().expect(code);
                is_clean(args, &done, &[TOKEN, PASSWORD, ISSUED]);
                has_log(args, &done);
            },
        );
    }
    // The secrets did go where they belong.
    let sent: Vec<_> = server
        .seen()
        .iter()
        .map(|request| format!("{}{}", request.head, String::from_utf8_lossy(&request.body)))
        .collect();
    for secret in [TOKEN, PASSWORD, ISSUED] {
        assert!(sent.iter().any(|text| text.contains(secret)), "{secret}");
    }
}

#[test]
fn iam_that_refuses_gets_no_password_shown() {
    let server = Server::start(|_| {
        let body =
            r#"{"error":{"code":401,"message":"The username or password is wrong.","title":"Unauthorized"}}"#;
        respond_json(401, body)
    });
    for args in [&["token", "-vv"][..], &["submit", "-vv", "--json"]] {
        let mut command = at(&server.url, args);
        for name in CREDENTIALS {
            command.env(name, PASSWORD);
        }
        let done = Running::start(command).finish().expect(3);
        is_clean(args, &done, &[PASSWORD]);
    }
}

#[test]
fn a_token_that_no_header_can_hold_is_not_repeated() {
    let mut command = at("http://127.0.0.1:1", &["tasks", "--json", "-vv"]);
    command.env("SESSION_EXPORT_TOKEN", format!("{TOKEN}\n{TOKEN}"));
    let done = Running::start(command).finish().expect(3);
    assert_eq!(done.error()["kind"], "auth");
    assert!(
        !done.stderr.contains(TOKEN) && !done.out().contains(TOKEN),
        "{}",
        done.stderr
    );
}

#[cfg(target_os = "linux")]
#[test]
fn the_list_of_processes_shows_no_secret() {
    use common::until;

    let server = Server::start(|_| Reply::Hang(Vec::new()));
    for with_token in [true, false] {
        let before = server.seen().len();
        let mut command = at(&server.url, &["tasks", "-vv", "--timeout", "60s"]);
        if with_token {
            command.env("SESSION_EXPORT_TOKEN", TOKEN);
        } else {
            for name in CREDENTIALS {
                command.env(name, PASSWORD);
            }
        }
        let child = Running::start(command);
        until("a request", || (server.seen().len() > before).then_some(()));
        let line = std::fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
        let line = String::from_utf8(line).unwrap();
        assert!(line.contains("tasks") && line.contains("--endpoint"), "{line}");
        assert!(!line.contains(TOKEN) && !line.contains(PASSWORD), "{line}");
        assert!(!child.stderr().contains(TOKEN) && !child.stderr().contains(PASSWORD));
    }
}
