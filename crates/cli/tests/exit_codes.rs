//! What a failure ends with: an exit code, a message, a JSON document.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "helpers of tests")]

mod common;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use common::emulator::Emulator;
use common::server::{PROJECT, Reply, Server, at, respond, respond_json};
use common::{Done, Running, program};
use serde_json::Value;

/// The exit code of a submit that is answered with this status, and the kind of its error.
const SUBMIT: [(u16, i32, &str); 12] = [
    (302, 1, "service"),
    (400, 1, "service"),
    (401, 3, "service"),
    (403, 4, "service"),
    (404, 1, "service"),
    (405, 1, "service"),
    (415, 1, "service"),
    (429, 5, "service"),
    (500, 7, "ambiguous"),
    (502, 7, "ambiguous"),
    (503, 7, "ambiguous"),
    (504, 7, "ambiguous"),
];

/// Runs a command against a server that gives every request this answer.
fn against(args: &[&str], answer: impl Fn() -> Reply + Send + Sync + 'static) -> (Done, Server) {
    let server = Server::start(move |_| answer());
    let done = Running::start(server.command(args)).finish();
    (done, server)
}

/// Submits against a body, and checks what every shape has in common.
fn submit(status: u16, exit: i32, kind: &str, headers: &'static [(&str, &str)], body: String) -> Value {
    let (done, server) = against(&["submit", "--json", "--no-reconcile"], move || {
        respond(status, headers, &body)
    });
    let done = done.expect(exit);
    let error = done.error();
    assert_eq!(error["kind"], kind, "{status}");
    assert_eq!(error["status"], status);
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(&format!("HTTP {status}")), "{message}");
    assert_eq!(
        message.contains("a task may have been created"),
        exit == 7,
        "{message}"
    );
    assert!(!done.stderr.contains('<'), "{}", done.stderr);
    let seen = server.seen();
    // Only what was certainly not taken is repeated, and nothing is followed.
    let certain = status == 429 || error["code"] == "APIGW.0613";
    assert_eq!(seen.len(), if certain { 4 } else { 1 });
    let line = format!("POST /v1/{PROJECT}/session/list-sessions/export");
    assert!(seen.iter().all(|request| request.line == line));
    error
}

const WITH_ID: &[(&str, &str)] = &[("X-Request-Id", "id-of-the-header"), ("Location", "/elsewhere")];

#[test]
fn a_submit_refused_by_the_service() {
    for (status, exit, kind) in SUBMIT {
        let body = r#"{"error_code":"WKS.00211102","error_msg":"The parameter is invalid."}"#;
        let error = submit(status, exit, kind, WITH_ID, body.to_owned());
        assert_eq!(error["code"], "WKS.00211102");
        assert_eq!(error["request_id"], "id-of-the-header");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("WKS.00211102: The parameter is invalid."),
            "{message}"
        );
    }
}

#[test]
fn a_submit_refused_by_the_gateway() {
    for (status, exit, kind) in SUBMIT {
        let body =
            r#"{"error_msg":"The gateway says no","error_code":"APIGW.0301","request_id":"id-of-the-body"}"#;
        let error = submit(status, exit, kind, &[], body.to_owned());
        assert_eq!(error["code"], "APIGW.0301");
        assert_eq!(error["request_id"], "id-of-the-body");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("The gateway says no"), "{message}");
    }
}

#[test]
fn a_submit_refused_in_the_shape_of_keystone() {
    for (status, exit, kind) in SUBMIT {
        let body = format!(r#"{{"error":{{"code":{status},"message":"Said keystone","title":"No"}}}}"#);
        let error = submit(status, exit, kind, WITH_ID, body);
        assert_eq!(error["code"], status.to_string());
        assert!(error["message"].as_str().unwrap().contains("Said keystone"));
    }
}

#[test]
fn a_submit_refused_with_a_page_or_with_nothing() {
    for (status, exit, kind) in SUBMIT {
        for body in ["<html><body>Bad Gateway</body></html>", ""] {
            let error = submit(status, exit, kind, WITH_ID, body.to_owned());
            assert!(error["code"].is_null());
            assert_eq!(error["request_id"], "id-of-the-header");
        }
    }
}

#[test]
fn a_503_that_proves_that_nothing_was_done_is_not_ambiguous() {
    let body = r#"{"error_code":"APIGW.0613","error_msg":"IAM is not available"}"#;
    let error = submit(503, 5, "service", &[], body.to_owned());
    assert_eq!(error["code"], "APIGW.0613");
    assert!(error["request_id"].is_null());
}

#[test]
fn a_known_code_comes_with_advice() {
    let (done, _server) = against(&["submit"], || {
        respond_json(401, r#"{"error_code":"APIGW.0307","error_msg":"no"}"#)
    });
    let done = done.expect(3);
    assert!(
        done.stderr
            .contains("hint: Get a new token from the IAM endpoint"),
        "{}",
        done.stderr
    );
    assert_eq!(done.out(), "");
}

#[test]
fn a_200_without_a_task_loses_it_unless_it_holds_an_error() {
    for (body, exit_code, kind, code) in [
        ("{}", 7, "ambiguous", None),
        ("", 7, "ambiguous", None),
        (r#"{"task_id":""}"#, 7, "ambiguous", None),
        ("<html></html>", 7, "ambiguous", None),
        (
            r#"{"error_code":"WKS.00010109","error_msg":"no"}"#,
            1,
            "service",
            Some("WKS.00010109"),
        ),
    ] {
        let flags = ["submit", "--json", "--no-reconcile"];
        let (done, server) = against(&flags, move || respond_json(200, body));
        let error = done.expect(exit_code).error();
        assert_eq!(error["kind"], kind, "{body}");
        assert_eq!(error["code"].as_str(), code);
        assert_eq!(error["status"].as_u64(), code.map(|_| 200));
        assert_eq!(server.seen().len(), 1);
    }
}

#[test]
fn reads_tell_a_failed_service_from_one_that_is_away() {
    let cases = [
        (500, 1),
        (502, 5),
        (503, 5),
        (504, 5),
        (429, 5),
        (400, 1),
        (401, 3),
        (403, 4),
        (404, 1),
        (302, 1),
    ];
    // Those that are tried again take seconds each.
    std::thread::scope(|scope| {
        for (status, exit) in cases {
            for command in [&["tasks", "--json"][..], &["sessions", "--json"]] {
                scope.spawn(move || {
                    let (done, server) = against(command, move || respond(status, &[], ""));
                    let error = done.expect(exit).error();
                    assert_eq!(
                        (&error["kind"], &error["status"]),
                        (&"service".into(), &status.into())
                    );
                    let again = matches!(status, 429 | 500 | 502 | 503 | 504);
                    assert_eq!(server.seen().len(), if again { 4 } else { 1 });
                });
            }
        }
    });
}

#[test]
fn iam_that_refuses_is_told_from_iam_that_is_away() {
    for (status, exit) in [
        (400, 3),
        (401, 3),
        (403, 4),
        (429, 5),
        (500, 5),
        (502, 5),
        (503, 5),
        (504, 5),
    ] {
        let server = Server::start(move |_| {
            let body = format!(r#"{{"error":{{"code":{status},"message":"Said IAM","title":"No"}}}}"#);
            respond(status, &[("X-Request-Id", "id-of-iam")], body)
        });
        for command in ["token", "submit"] {
            let mut command = at(&server.url, &[command, "--json"]);
            for name in ["HW_USER_NAME", "HW_USER_PASSWORD", "HW_DOMAIN_NAME"] {
                command.env(name, "somebody");
            }
            let done = Running::start(command).finish().expect(exit);
            let error = done.error();
            assert_eq!(
                (&error["kind"], &error["status"]),
                (&"auth".into(), &status.into())
            );
            assert_eq!(error["request_id"], "id-of-iam");
            assert!(error["message"].as_str().unwrap().contains("Said IAM"), "{error}");
        }
        assert!(
            server
                .seen()
                .iter()
                .all(|request| request.line.contains("/v3/auth/tokens"))
        );
    }
}

#[test]
fn nobody_who_listens_means_that_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for args in [&["tasks", "--json"][..], &["submit", "--json"]] {
        let mut command = at(&url, args);
        command.env("HW_AUTH_TOKEN", "t");
        let error = Running::start(command).finish().expect(5).error();
        assert_eq!(error["kind"], "transport");
        assert!(error["message"].as_str().unwrap().contains("not sent"), "{error}");
    }
}

#[test]
fn a_connection_that_breaks_after_the_submit_leaves_its_outcome_open() {
    for answer in [
        || Reply::Reset,
        || Reply::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{\"task".to_vec()),
    ] {
        let (done, server) = against(&["submit", "--json", "--no-reconcile"], answer);
        let error = done.expect(7).error();
        assert_eq!(error["kind"], "ambiguous");
        assert!(error["status"].is_null());
        assert_eq!(server.seen().len(), 1);
        let (done, _server) = against(&["tasks", "--json"], answer);
        assert_eq!(done.expect(5).error()["kind"], "transport");
    }
}

#[test]
fn without_credentials_or_with_half_of_them_nobody_is_asked() {
    let server = Server::start(|_| respond(200, &[], ""));
    let none = Running::start(at(&server.url, &["tasks", "--json"]))
        .finish()
        .expect(3);
    assert_eq!(none.error()["kind"], "auth");
    let mut half = at(&server.url, &["tasks", "--json"]);
    half.env("HW_USER_NAME", "somebody")
        .env("HW_DOMAIN_NAME", "somewhere");
    let half = Running::start(half).finish().expect(3);
    let message = half.error()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("HW_USER_PASSWORD") && !message.contains("HW_USER_NAME"),
        "{message}"
    );
    assert!(server.seen().is_empty());
}

#[test]
fn a_wrong_password_is_not_authenticated() {
    let emulator = Emulator::start(&["--sessions", "1"]);
    let mut command = emulator.command(&["tasks", "--json"]);
    command.env("HW_USER_PASSWORD", "wrong-on-purpose");
    let done = Running::start(command).finish().expect(3);
    let error = done.error();
    assert_eq!(
        (&error["kind"], &error["status"], &error["code"]),
        (&"auth".into(), &401.into(), &"401".into())
    );
    assert!(!done.stderr.contains("wrong-on-purpose"));
}

#[test]
fn a_token_is_not_sent_in_the_clear_beyond_this_machine() {
    // TEST-NET: nothing is there, so a connection would be tried for a long time.
    let started = Instant::now();
    let mut token = at("http://192.0.2.1", &["tasks", "--json"]);
    token.env("SESSION_EXPORT_TOKEN", "t");
    let mut password = at("http://192.0.2.1", &["token", "--json"]);
    for name in ["HW_USER_NAME", "HW_USER_PASSWORD", "HW_DOMAIN_NAME"] {
        password.env(name, "somebody");
    }
    for mut command in [token, password] {
        command.args(["--timeout", "60s"]);
        let error = Running::start(command).finish().expect(2).error();
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("plain http") && message.contains("192.0.2.1"),
            "{message}"
        );
    }
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
fn an_unknown_region_is_answered_with_those_that_are_known() {
    let mut command = program(&["tasks", "--region", "cn-nort-4", "--project-id", "p", "--json"]);
    command.env("SESSION_EXPORT_TOKEN", "t");
    let error = Running::start(command).finish().expect(2).error();
    assert_eq!(error["kind"], "configuration");
    let message = error["message"].as_str().unwrap();
    for part in ["\"cn-nort-4\"", "cn-north-4", "ap-southeast-1"] {
        assert!(message.contains(part), "{message}");
    }
}
