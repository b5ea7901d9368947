//! Exports that give no file, or half of one.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::server::{Reply, Server, ready_task, respond, respond_json};
use common::{Running, directory, names};

#[test]
fn a_download_that_breaks_off_leaves_nothing() {
    for output in [&[][..], &["-o", "whole.csv"], &["-o", "whole.csv", "--force"]] {
        let server = Server::start(|request| {
            if request.line.contains("/download") {
                let mut bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n".to_vec();
                bytes.extend(b"id,name\r\n".iter().cycle().take(10_000));
                Reply::Bytes(bytes)
            } else {
                ready_task("t")
            }
        });
        let place = directory();
        let mut command = server.command(&["download", "t", "--json"]);
        command.args(output).current_dir(place.path());
        let error = Running::start(command).finish().expect(5).error();
        assert_eq!(error["kind"], "transport");
        assert_eq!(names(place.path()), [""; 0]);
        // A file without a validator is begun three times.
        assert_eq!(server.seen().len(), 4);
    }
}

#[test]
fn a_download_that_is_no_file_leaves_nothing() {
    for (answer, exit) in [
        ((200, "<html>log in</html>"), 1),
        ((200, r#"{"error_code":"WKS.0202","error_msg":"no"}"#), 1),
        ((404, ""), 1),
        ((503, ""), 5),
    ] {
        let server = Server::start(move |request| {
            if request.line.contains("/download") {
                respond(answer.0, &[], answer.1)
            } else {
                ready_task("t")
            }
        });
        let place = directory();
        let mut command = server.command(&["download", "t", "--json"]);
        command.current_dir(place.path());
        Running::start(command).finish().expect(exit).error();
        assert_eq!(names(place.path()), [""; 0]);
    }
}

#[test]
fn a_task_that_failed_or_expired_says_why() {
    for (status, reason) in [("FAIL", "Out of paper"), ("EXPIRED", "expired")] {
        let server = Server::start(move |_| {
            respond_json(
                200,
                &format!(
                    r#"{{"count":1,"export_tasks":[{{"task_id":"t","status":"{status}","fail_reason":"Out of paper"}}]}}"#
                ),
            )
        });
        for command in ["wait", "download"] {
            let done = Running::start(server.command(&[command, "t", "--json"]))
                .finish()
                .expect(6);
            let error = done.error();
            assert_eq!(error["kind"], "task");
            assert!(error["message"].as_str().unwrap().contains(reason), "{error}");
            assert!(!done.stderr.contains("goes on without"), "{}", done.stderr);
        }
    }
}

#[test]
fn a_file_whose_task_could_not_be_deleted_is_one_document_and_a_failure() {
    let server = Server::start(|request| {
        if request.line.contains("/download") {
            respond(200, &[], "id\r\n1\r\n")
        } else if request.line.contains("batch-delete") {
            respond_json(403, r#"{"error_code":"WKS.00081102","error_msg":"not yours"}"#)
        } else if request.line.starts_with("POST") {
            respond_json(200, r#"{"task_id":"t"}"#)
        } else {
            ready_task("t")
        }
    });
    let place = directory();
    let mut command = server.command(&["export", "--json", "--delete"]);
    command.current_dir(place.path());
    let done = Running::start(command).finish().expect(4);
    assert_eq!(done.error()["code"], "WKS.00081102");
    assert_eq!(names(place.path()), ["sessions.csv"]);
    assert!(done.stderr.contains("sessions.csv: 7 bytes"), "{}", done.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn an_export_that_could_not_keep_its_file_submits_nothing() {
    // Not even root can make a file there.
    for output in ["/proc", "/proc/sessions.xlsx"] {
        let server = Server::start(|_| ready_task("t"));
        let done = Running::start(server.command(&["export", "--json", "-o", output]))
            .finish()
            .expect(1);
        let error = done.error();
        assert_eq!(error["kind"], "sink");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("/proc") && message.contains("nothing was submitted"),
            "{message}"
        );
        assert!(server.seen().is_empty());
    }
}
