//! `export --journal FILE`, a crash, and `resume FILE`.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "helpers of tests")]

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::emulator::Emulator;
use common::server::{Reply, Server, ready_task, respond, respond_json};
use common::{Done, Running, directory, names, program};

const QUICK: [&str; 4] = ["--sessions", "20", "--export-delay-ms", "100"];

fn entries(journal: &Path) -> Vec<String> {
    let text = fs::read_to_string(journal).unwrap();
    text.lines()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["entry"].as_str().unwrap().to_owned()
        })
        .collect()
}

fn count(emulator: &Emulator) -> u64 {
    let tasks = emulator.run(&["tasks", "--json"]).expect(0).json();
    tasks["count"].as_u64().unwrap()
}

fn at(emulator: &Emulator, place: &Path, args: &[&str]) -> Running {
    let mut command = emulator.command(args);
    command.current_dir(place);
    Running::start(command)
}

fn export(emulator: &Emulator, place: &Path, more: &[&str]) -> Running {
    let args = [
        &["export", "--last", "2d", "--journal", "j", "-o", "s.xlsx"],
        more,
    ]
    .concat();
    at(emulator, place, &args)
}

/// Keeps the first lines of a journal, as if the program had been killed then.
fn cut(place: &Path, lines: usize) {
    let path = place.join("j");
    let text = fs::read_to_string(&path).unwrap();
    let kept: Vec<_> = text.split_inclusive('\n').take(lines).collect();
    fs::write(path, kept.concat()).unwrap();
}

#[test]
fn an_export_is_written_down_and_resumed_from_every_line() {
    let emulator = Emulator::start(&QUICK);
    let place = directory();
    export(&emulator, place.path(), &["--delete"]).finish().expect(0);
    let whole = fs::read(place.path().join("s.xlsx")).unwrap();
    let journal = place.path().join("j");
    assert_eq!(
        entries(&journal),
        ["created", "intent", "submitted", "ready", "downloaded"]
    );
    for secret in [emulator.says("password"), emulator.says("user_name")] {
        assert!(!fs::read_to_string(&journal).unwrap().contains(secret));
    }
    // The task is deleted, as it was asked for; done is done.
    let done = at(&emulator, place.path(), &["resume", "j"]).finish().expect(0);
    assert!(done.out().contains("downloaded before"), "{}", done.out());

    let place = directory();
    export(&emulator, place.path(), &[]).finish().expect(0);
    let journal = place.path().join("j");
    let all = fs::read_to_string(&journal).unwrap();
    for lines in [4, 3] {
        // The file is there: it was renamed, and the crash came before that was written down.
        fs::write(&journal, &all).unwrap();
        cut(place.path(), lines);
        let done = at(&emulator, place.path(), &["resume", "j", "--json"])
            .finish()
            .expect(0);
        assert!(
            done.stderr.contains("was there already, whole"),
            "{}",
            done.stderr
        );
        assert_eq!(done.json()["format"], "xlsx");
        assert_eq!(entries(&journal).last().unwrap(), "downloaded");
        // And here it is not.
        cut(place.path(), lines);
        fs::remove_file(place.path().join("s.xlsx")).unwrap();
        at(&emulator, place.path(), &["resume", "j"]).finish().expect(0);
        assert_eq!(names(place.path()), ["j", "s.xlsx"]);
    }
    // Somebody else's file is left alone.
    cut(place.path(), 3);
    fs::write(place.path().join("s.xlsx"), "mine").unwrap();
    let done = at(&emulator, place.path(), &["resume", "j", "--json"])
        .finish()
        .expect(1);
    assert_eq!(done.error()["kind"], "sink");
    assert!(
        done.stderr.contains("is not this export's file") && done.stderr.contains("--force"),
        "{}",
        done.stderr
    );
    assert_eq!(fs::read(place.path().join("s.xlsx")).unwrap(), b"mine");
    at(&emulator, place.path(), &["resume", "j", "--force"])
        .finish()
        .expect(0);
    assert_ne!(fs::read(place.path().join("s.xlsx")).unwrap(), b"mine");
    assert_eq!(count(&emulator), 1);
    assert!(!whole.is_empty());

    // Nothing was sent.
    cut(place.path(), 1);
    let done = at(&emulator, place.path(), &["resume", "j", "--json"])
        .finish()
        .expect(5);
    assert_eq!(done.error()["kind"], "nothing_to_resume");
}

/// Both wait until it can be known, at the same time.
#[test]
fn an_intent_without_a_task_is_looked_for_before_anything_is_submitted() {
    let (with, without) = (Emulator::start(&QUICK), Emulator::start(&QUICK));
    let (place, empty) = (directory(), directory());
    export(&with, place.path(), &[]).finish().expect(0);
    fs::remove_file(place.path().join("s.xlsx")).unwrap();
    cut(place.path(), 2);
    fs::copy(place.path().join("j"), empty.path().join("j")).unwrap();
    // The same journal, but for the place of its file and the emulator's project.
    let text = fs::read_to_string(empty.path().join("j")).unwrap();
    let text = text
        .replace(&*place.path().to_string_lossy(), &empty.path().to_string_lossy())
        .replace(with.says("project_id"), without.says("project_id"));
    // A torn line behind it does not count.
    fs::write(empty.path().join("j"), text + r#"{"version":1,"entry":"submi"#).unwrap();

    let found = at(&with, place.path(), &["resume", "j", "--json"]);
    let again = at(&without, empty.path(), &["resume", "j"]);
    let found = found.finish().expect(0);
    assert!(found.stderr.contains("adopted: task"), "{}", found.stderr);
    assert_eq!(found.json()["reconciliation"]["result"], "one");
    assert_eq!(names(place.path()), ["j", "s.xlsx"]);
    assert_eq!(count(&with), 1);

    let again = again.finish().expect(0);
    for said in ["was cut short", "no task was created", "submitting again"] {
        assert!(again.stderr.contains(said), "{said}: {}", again.stderr);
    }
    assert_eq!(names(empty.path()), ["j", "s.xlsx"]);
    assert_eq!(count(&without), 1);
    assert_eq!(
        entries(&empty.path().join("j")),
        [
            "created",
            "intent",
            "ambiguous",
            "reconciled",
            "intent",
            "submitted",
            "ready",
            "downloaded"
        ]
    );
}

#[test]
fn a_submit_that_was_refused_is_sent_again_at_once() {
    let refused = Server::start(|_| respond_json(400, r#"{"error_code":"WKS.00211102"}"#));
    let place = directory();
    let mut command = refused.command(&["export", "--journal", "j", "-o", "s.csv"]);
    command.current_dir(place.path());
    Running::start(command).finish().expect(1);
    assert_eq!(
        entries(&place.path().join("j")),
        ["created", "intent", "not_created"]
    );
    let server = Server::start(|request| match &request.line {
        line if line.starts_with("POST") => respond_json(200, r#"{"task_id":"t"}"#),
        line if line.contains("/download") => respond(200, &[], "a,b\r\n"),
        _ => ready_task("t"),
    });
    let mut command = server.command(&["resume", "j"]);
    command.current_dir(place.path());
    Running::start(command).finish().expect(0);
    assert_eq!(names(place.path()), ["j", "s.csv"]);
}

#[test]
fn a_journal_is_one_exports_and_one_processes() {
    let emulator = Emulator::start(&["--sessions", "20", "--export-delay-ms", "600000"]);
    let place = directory();
    let mut first = export(&emulator, place.path(), &[]);
    first.until_stderr_has("submitted: task ");
    let second = export(&emulator, place.path(), &["--json"]).finish().expect(2);
    assert_eq!(second.error()["kind"], "journal");
    assert!(
        second.stderr.contains("session-export resume FILE"),
        "{}",
        second.stderr
    );
    let resumed = at(&emulator, place.path(), &["resume", "j", "--json"])
        .finish()
        .expect(2);
    assert!(
        resumed.error()["message"]
            .as_str()
            .unwrap()
            .contains("another process")
    );
    assert_eq!(count(&emulator), 1);
    first.signal("KILL");
    assert_eq!(first.finish().code, None);
    let resumed = at(
        &emulator,
        place.path(),
        &["resume", "j", "--wait-timeout", "300ms"],
    )
    .finish()
    .expect(8);
    assert!(
        resumed.stderr.contains("going on with task"),
        "{}",
        resumed.stderr
    );
    assert_eq!(count(&emulator), 1);
}

#[test]
fn what_is_wrong_with_a_journal_is_said_before_anything_is_sent() {
    let place = directory();
    let server = Server::start(|_| respond(200, &[], ""));
    let run = |args: &[&str]| -> Done {
        let mut command = server.command(args);
        command.current_dir(place.path());
        Running::start(command).finish()
    };
    fs::write(
        place.path().join("later"),
        "{\"version\":9,\"entry\":\"created\"}\n",
    )
    .unwrap();
    fs::write(place.path().join("text"), "text\n").unwrap();
    fs::write(
        place.path().join("foreign"),
        "{\"version\":1,\"entry\":\"created\",\"note\":null}\n{\"version\":1,\"entry\":\"not_created\"}\n",
    )
    .unwrap();
    for (args, code, said) in [
        (&["resume", "absent"][..], 1, "could not open the journal: absent"),
        (&["resume", "later"], 2, "version 9"),
        (&["resume", "text"], 2, "line 1 of the journal"),
        (&["resume", "foreign"], 2, "was not written by"),
        (
            &["export", "--journal", "no/where"],
            1,
            "could not create the journal: no/where",
        ),
        (&["export", "--journal", "text"], 2, "already where the journal"),
        (
            &["export", "--journal", "/dev/full"],
            2,
            "already where the journal",
        ),
        (
            &["export", "--journal", "new", "-o", "-"],
            2,
            "do not go together",
        ),
    ] {
        let done = run(args).expect(code);
        assert!(done.stderr.contains(said), "{said}: {}", done.stderr);
    }
    assert_eq!(names(place.path()), ["foreign", "later", "text"]);
    assert!(server.seen().is_empty());
    let emulator = ["export", "--emulator", "--journal", "j"];
    let done = Running::start(program(&emulator)).finish().expect(2);
    assert!(done.stderr.contains("--journal"), "{}", done.stderr);
}

/// The small brother of `.ci/kill.py`: killed at 12 moments, all at the same time, and resumed.
#[test]
fn killed_at_any_moment_nothing_is_lost_or_doubled() {
    let runs: Vec<_> = (0..12_u64)
        .map(|number| {
            let emulator = Emulator::start(&QUICK);
            let place = directory();
            let running = export(&emulator, place.path(), &[]);
            // A seeded moment, denser at the beginning, where more happens.
            let moment = number * number * 5 + (number * 7919) % 13;
            std::thread::sleep(Duration::from_millis(moment));
            running.signal("KILL");
            (emulator, place, running)
        })
        .collect();
    let resumed: Vec<_> = runs
        .into_iter()
        .map(|(emulator, place, running)| {
            running.finish();
            let journal = place.path().join("j");
            let again = match fs::read_to_string(&journal) {
                Ok(text) if text.lines().count() > 1 => at(&emulator, place.path(), &["resume", "j"]),
                // Nothing was sent.
                other => {
                    assert_eq!(count(&emulator), 0);
                    if other.is_ok() {
                        fs::remove_file(journal).unwrap();
                    }
                    export(&emulator, place.path(), &[])
                }
            };
            (emulator, place, again)
        })
        .collect();
    for (emulator, place, again) in resumed {
        again.finish().expect(0);
        assert_eq!(count(&emulator), 1);
        assert!(place.path().join("s.xlsx").metadata().unwrap().len() > 0);
        assert_eq!(entries(&place.path().join("j")).last().unwrap(), "downloaded");
    }
}

#[test]
fn what_arrived_of_a_file_is_kept_and_continued() {
    let file: String = (0..500).map(|row| format!("{row:06},x\r\n")).collect();
    let (total, refused) = (file.len(), Arc::new(AtomicBool::new(true)));
    let (body, refuses) = (file.clone(), Arc::clone(&refused));
    let server = Server::start(move |request| match &request.line {
        line if line.starts_with("POST") => respond_json(200, r#"{"task_id":"t"}"#),
        line if line.contains("/download") && !request.head.contains("range: ") => {
            let head = format!("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: {total}\r\n\r\n");
            Reply::Bytes((head + &body[..1000]).into_bytes())
        }
        line if line.contains("/download") && refuses.load(Ordering::Relaxed) => respond_json(401, ""),
        line if line.contains("/download") => {
            let range = format!("bytes 1000-{}/{total}", total - 1);
            respond(
                206,
                &[("ETag", "\"v1\""), ("Content-Range", &range)],
                &body[1000..],
            )
        }
        _ => ready_task("t"),
    });
    let place = directory();
    let run = |args: &[&str]| -> Done {
        let mut command = server.command(args);
        command.current_dir(place.path());
        Running::start(command).finish()
    };
    let done = run(&["export", "--journal", "j", "-o", "s.csv"]).expect(3);
    assert!(
        done.stderr.contains("the 1000 bytes that arrived are kept in")
            && done
                .stderr
                .contains("`session-export resume j` goes on with them"),
        "{}",
        done.stderr
    );
    let journal = place.path().join("j");
    assert_eq!(
        entries(&journal),
        ["created", "intent", "submitted", "ready", "interrupted"]
    );
    let left = names(place.path());
    assert!(
        left.len() == 2 && left[0].starts_with(".session-export-") && left[1] == "j",
        "{left:?}"
    );

    refused.store(false, Ordering::Relaxed);
    let before = server.seen().len();
    run(&["resume", "j"]).expect(0);
    assert_eq!(names(place.path()), ["j", "s.csv"]);
    assert_eq!(fs::read_to_string(place.path().join("s.csv")).unwrap(), file);
    let asked: Vec<_> = server.seen()[before..]
        .iter()
        .filter(|request| request.line.contains("/download"))
        .map(|request| request.head.contains("range: bytes=1000-"))
        .collect();
    assert_eq!(asked, [true], "only the rest was asked for");

    // Without a journal nobody would come back for it.
    refused.store(true, Ordering::Relaxed);
    run(&["export", "-o", "t.csv"]).expect(3);
    assert_eq!(names(place.path()), ["j", "s.csv"]);
}
