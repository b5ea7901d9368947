//! A submit whose answer is lost: what the program finds out, and what it ends with.
//!
//! It waits until 30 s after each submit, so every case runs at the same time as the others.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "helpers of tests")]

mod common;

use std::sync::Mutex;
use std::time::{Duration, Instant};

use common::server::{Reply, Request, Server, respond, respond_json};
use common::{Done, Running, directory, names};
use serde_json::Value;
use tempfile::TempDir;

const SESSIONS: &str = "id,login_user,start_time,end_time\r\n1,user005,2024-02-27 03:47:51,\r\n";
const CHINESE_SESSIONS: &str = "会话标识,登录用户,会话类型\r\n1,user005,2\r\n";
const APP_CONNECTIONS: &str = "id,app_id,user_name,brokering_time\r\n1,2,user005,2024-02-27 03:47:51\r\n";
const DESKTOPS: &str = "desktop,owner\r\n1,user005\r\n";

/// A service that loses the answer to a submit, and then lists tasks of that moment with these files.
fn service(files: &'static [(&'static str, &'static str)]) -> Server {
    let created = Mutex::new(None);
    Server::start(move |request: &Request| {
        if request.line.starts_with("POST") {
            *created.lock().unwrap() = Some(chrono::Utc::now());
            return Reply::Reset;
        }
        if let Some((_, rest)) = request.line.split_once("/export-tasks/") {
            let (_, file) = files.iter().find(|(id, _)| rest.starts_with(id)).unwrap();
            return respond(200, &[("Content-Type", "text/csv")], file);
        }
        let created = created.lock().unwrap().unwrap().to_rfc3339();
        let tasks: Vec<_> = files
            .iter()
            .filter(|(id, _)| !request.line.contains("task_id=") || request.line.contains(&format!("task_id={id}")))
            .map(|(id, _)| {
                format!(
                    r#"{{"task_id":"{id}","status":"SUCCESS","file_name":"{id}.csv","create_time":"{created}"}}"#
                )
            })
            .collect();
        let date = chrono::Utc::now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let body = format!(
            r#"{{"count":{},"export_tasks":[{}]}}"#,
            tasks.len(),
            tasks.join(",")
        );
        respond(200, &[("Date", &date)], body)
    })
}

struct Case {
    server: Server,
    place: TempDir,
    running: Running,
}

impl Case {
    fn start(args: &[&str], files: &'static [(&'static str, &'static str)]) -> Self {
        let (server, place) = (service(files), directory());
        let mut command = server.command(args);
        command.current_dir(place.path());
        let running = Running::start(command);
        Self {
            server,
            place,
            running,
        }
    }

    /// Waits for the end, and checks what holds in every case: nothing is submitted twice.
    fn ends(self, code: i32) -> (Done, Vec<String>) {
        let done = self.running.finish().expect(code);
        let seen = self.server.seen();
        let submits = seen.iter().filter(|request| request.line.starts_with("POST"));
        assert_eq!(submits.count(), 1);
        assert!(done.stderr.contains("answer was lost"), "{}", done.stderr);
        (done, names(self.place.path()))
    }
}

#[track_caller]
fn tasks(document: &Value, result: &str, ids: &[&str]) {
    let found = &document["reconciliation"];
    assert_eq!(found["result"], result, "{document}");
    let listed: Vec<_> = found["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| &task["task_id"])
        .collect();
    assert_eq!(listed, ids, "{document}");
}

#[test]
fn every_outcome_has_its_exit_code_and_its_document() {
    let export = ["export", "--json", "--last", "2d", "-o", "sessions.csv"];
    let began = Instant::now();
    let none = Case::start(&export, &[]);
    let one = Case::start(&export, &[("mine", SESSIONS)]);
    let people = Case::start(
        &["export", "--last", "2d", "--journal", "j"],
        &[("mine", SESSIONS)],
    );
    let other = Case::start(&export, &[("theirs", DESKTOPS)]);
    let chinese = Case::start(&export, &[("mine", CHINESE_SESSIONS)]);
    let other_list = Case::start(&export, &[("theirs", APP_CONNECTIONS)]);
    let connections = [&export[..], &["--what", "app-connections"]].concat();
    let of_other_list = Case::start(&connections, &[("mine", APP_CONNECTIONS)]);
    let several = Case::start(&export, &[("first", SESSIONS), ("second", SESSIONS)]);
    let submit = Case::start(&["submit", "--json"], &[("mine", SESSIONS)]);
    let submit_none = Case::start(&["submit", "--json"], &[]);
    let journal = Case::start(&["export", "--last", "2d", "--journal", "j", "-o", "s.csv"], &[]);

    let (done, left) = none.ends(5);
    let error = done.error();
    assert_eq!(error["kind"], "not_created");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("no task was created; it is safe to submit again"),
        "{message}"
    );
    assert!(
        began.elapsed() >= Duration::from_secs(30),
        "it was not known before"
    );
    tasks(&done.json(), "none", &[]);
    assert_eq!(left, [""; 0]);

    let (done, left) = one.ends(0);
    assert_eq!(done.json()["task_id"], "mine");
    assert_eq!(done.json()["bytes"], SESSIONS.len());
    tasks(&done.json(), "one", &["mine"]);
    assert_eq!(left, ["sessions.csv"]);

    let (done, left) = people.ends(0);
    assert!(done.stderr.contains("adopted: task mine"), "{}", done.stderr);
    assert_eq!(left, ["j", "mine.csv"]);

    let (done, left) = other.ends(7);
    assert_eq!(done.error()["kind"], "ambiguous");
    assert!(
        done.error()["message"]
            .as_str()
            .unwrap()
            .contains("task theirs may be its")
    );
    tasks(&done.json(), "one", &["theirs"]);
    assert!(
        done.stderr.contains("`session-export download theirs`"),
        "{}",
        done.stderr
    );
    assert_eq!(left, [""; 0]);

    // The lists have names in common, and each is told from the others.
    for (case, file) in [(chinese, CHINESE_SESSIONS), (of_other_list, APP_CONNECTIONS)] {
        let (done, left) = case.ends(0);
        assert_eq!(done.json()["bytes"], file.len());
        tasks(&done.json(), "one", &["mine"]);
        assert_eq!(left, ["sessions.csv"]);
    }
    let (done, left) = other_list.ends(7);
    tasks(&done.json(), "one", &["theirs"]);
    assert_eq!(left, [""; 0]);

    let (done, left) = several.ends(7);
    assert_eq!(done.error()["kind"], "ambiguous");
    tasks(&done.json(), "several", &["first", "second"]);
    assert!(
        done.stderr.contains("  task second, created 20"),
        "{}",
        done.stderr
    );
    assert_eq!(left, [""; 0]);

    let (done, _) = submit.ends(0);
    assert_eq!(done.json()["task_id"], "mine");
    tasks(&done.json(), "one", &["mine"]);

    let (done, _) = submit_none.ends(5);
    tasks(&done.json(), "none", &[]);

    let (_, left) = journal.ends(5);
    assert_eq!(left, ["j"]);
}

#[test]
fn without_reconciliation_or_without_time_the_outcome_stays_unknown() {
    let began = Instant::now();
    for args in [
        &["submit", "--json", "--no-reconcile"][..],
        &["export", "--json", "--no-reconcile", "--last", "2d"],
        &["submit", "--json", "--timeout", "20s"],
        &["export", "--json", "--timeout", "20s"],
    ] {
        let case = Case::start(args, &[("mine", SESSIONS)]);
        let done = case.running.finish().expect(7);
        assert_eq!(done.error()["kind"], "ambiguous");
        assert!(done.json().get("reconciliation").is_none());
        assert_eq!(case.server.seen().len(), 1, "nobody is asked in vain");
    }
    assert!(
        began.elapsed() < Duration::from_secs(25),
        "it does not wait for what it cannot see"
    );
}

#[cfg(unix)]
#[test]
fn an_interrupted_wait_says_that_a_task_may_exist() {
    let mut case = Case::start(&["submit", "--json"], &[]);
    case.running.until_stderr_has("waiting for it");
    case.running.signal("INT");
    let done = case.running.finish().expect(130);
    let message = done.error()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("a task may exist since"), "{message}");
}

#[test]
fn a_list_that_is_refused_leaves_the_outcome_unknown() {
    let server = Server::start(|request| match request.line.starts_with("POST") {
        true => respond_json(504, ""),
        false => respond_json(403, r#"{"error_code":"WKS.00081102"}"#),
    });
    let done = Running::start(server.command(&["submit", "--json"]))
        .finish()
        .expect(7);
    let message = done.error()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("could not be looked through") && message.contains("403"),
        "{message}"
    );
}
