//! Lists as tables, JSON and CSV, and times in the zone of whoever reads them.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "helpers of tests")]

mod common;

use common::emulator::Emulator;
use common::server::{Server, respond_json};
use common::{Done, Running};
use serde_json::Value;

const SMALL: [&str; 6] = ["--sessions", "40", "--days", "5", "--export-delay-ms", "50"];

/// Runs a command where the clocks show another time than UTC.
fn in_zone(emulator: &Emulator, zone: &str, args: &[&str]) -> Done {
    let mut command = emulator.command(args);
    command.env("TZ", zone);
    Running::start(command).finish().expect(0)
}

#[test]
fn csv_has_a_header_every_field_and_the_values_of_json() {
    let emulator = Emulator::start(&SMALL);
    // Whole days, all of which the emulator's sessions lie in: the two lists have the same rows.
    let window = [
        "sessions",
        "--utc",
        "--begin",
        "2000-01-01",
        "--end",
        "2099-12-31",
    ];
    let json = emulator
        .run(&[&window[..], &["--output", "json"]].concat())
        .expect(0)
        .json();
    let csv = emulator
        .run(&[&window[..], &["--output", "csv"]].concat())
        .expect(0)
        .out();
    let lines: Vec<_> = csv.split_terminator("\r\n").collect();
    let header: Vec<_> = lines[0].split(',').collect();
    assert_eq!((header[0], header.len()), ("id", 30));
    let items = json["items"].as_array().unwrap();
    assert_eq!((items.len(), lines.len()), (40, 41));
    let column = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let plain: Vec<_> = lines[1..].iter().filter(|line| !line.contains('"')).collect();
    assert!(plain.len() > 10, "{csv}");
    for line in plain {
        let cells: Vec<_> = line.split(',').collect();
        assert_eq!(cells.len(), 30, "{line}");
        let item = items.iter().find(|item| item["id"] == cells[column("id")]);
        let item = item.unwrap_or_else(|| panic!("a row of its own: {line}"));
        for name in ["login_user", "start_time", "session_state", "vm_ip"] {
            assert_eq!(
                item[name].as_str().unwrap_or_default(),
                cells[column(name)],
                "{line}"
            );
        }
    }
}

#[test]
fn a_csv_that_breaks_off_is_not_printed_and_quotes_are_those_of_rfc_4180() {
    let page = |count: usize| {
        let row = r#"{"id":"1","login_user":"a, \"b\"\nc"}"#;
        let rows = vec![row; count].join(",");
        respond_json(200, &format!(r#"{{"count":150,"items":[{rows}]}}"#))
    };
    let server = Server::start(move |request| match request.line.contains("offset=0") {
        true => page(100),
        false => respond_json(403, r#"{"error_code":"X.1","error_msg":"no"}"#),
    });
    let broken = Running::start(server.command(&["sessions", "--output", "csv"]))
        .finish()
        .expect(4);
    assert_eq!(broken.out(), "");
    let whole = Running::start(server.command(&["sessions", "--output", "csv", "--limit", "1"]))
        .finish()
        .expect(0);
    assert!(
        whole
            .out()
            .ends_with("\r\n1,,,,\"a, \"\"b\"\"\nc\",,,,,,,,,,,,,,,,,,,,,,,,,\r\n"),
        "{:?}",
        whole.out()
    );
}

#[test]
fn tasks_can_be_csv_too() {
    let emulator = Emulator::start(&SMALL);
    let id = emulator.submit();
    emulator.run(&["wait", &id]).expect(0);
    let csv = emulator
        .run(&["tasks", "--output", "csv", "--status", "success"])
        .expect(0)
        .out();
    let (header, rows) = csv.split_once("\r\n").unwrap();
    assert!(
        header.starts_with("task_id,status,file_name,create_time,"),
        "{header}"
    );
    assert!(rows.starts_with(&format!("{id},SUCCESS,")), "{rows}");
    let refused = emulator.run(&["tasks", "--output", "csv", "--json"]).expect(2);
    assert!(
        refused.stderr.contains("cannot be used with"),
        "{}",
        refused.stderr
    );
    assert_eq!(refused.error()["kind"], "usage");
    // The long form of --json is believed also where the rest is not understood.
    let refused = emulator
        .run(&["tasks", "--output", "json", "--nonsense"])
        .expect(2);
    assert_eq!(refused.error()["kind"], "usage");
}

#[test]
fn times_are_local_or_utc_and_always_say_which() {
    let emulator = Emulator::start(&SMALL);
    let id = emulator.submit();
    emulator.run(&["wait", &id]).expect(0);
    // A zone without an hour of summer, and with half an hour.
    let zone = "<+0530>-05:30";
    let created = emulator.run(&["tasks", "--json"]).expect(0).json();
    let created = created["export_tasks"][0]["create_time"]
        .as_str()
        .unwrap()
        .to_owned();
    let created = session_export::parse_timestamp(&created).unwrap();
    let offset = chrono::FixedOffset::east_opt(19_800).unwrap();
    let local = created
        .with_timezone(&offset)
        .format("%Y-%m-%d %H:%M:%S +05:30")
        .to_string();
    let utc = created.format("%Y-%m-%d %H:%M:%S +00:00").to_string();
    assert!(in_zone(&emulator, zone, &["tasks"]).out().contains(&local));
    assert!(in_zone(&emulator, zone, &["tasks", "--utc"]).out().contains(&utc));
    let rows = |args: &[&str], end: &str| {
        let table = in_zone(&emulator, zone, args).out();
        let rows: Vec<_> = table.lines().skip(1).map(str::to_owned).collect();
        assert!(
            rows.len() > 5 && rows.iter().all(|row| row.contains(end)),
            "{table}"
        );
    };
    rows(&["sessions", "--last", "4d"], " +05:30 ");
    rows(&["sessions", "--last", "4d", "--utc"], " +00:00 ");
    for (args, end) in [
        (&["token"][..], " +05:30\n"),
        (&["token", "--check", "--utc"], " +00:00\n"),
    ] {
        let line = in_zone(&emulator, zone, args).out();
        assert!(line.ends_with(end), "{line}");
    }
    // Programs read UTC, whatever the zone.
    let document = in_zone(&emulator, zone, &["token", "--json"]).json();
    assert!(
        document["expires_at"].as_str().unwrap().ends_with('Z'),
        "{document}"
    );
}

#[test]
fn a_time_that_cannot_be_read_is_shown_as_it_came() {
    let server = Server::start(|_| {
        respond_json(
            200,
            r#"{"count":1,"export_tasks":[{"task_id":"t","create_time":"yesterday"}]}"#,
        )
    });
    let done = Running::start(server.command(&["tasks"])).finish().expect(0);
    assert!(done.out().contains("yesterday"), "{}", done.out());
}

#[test]
fn quiet_leaves_results_and_errors() {
    let emulator = Emulator::start(&SMALL);
    for args in [
        &["tasks", "--quiet"][..],
        &["sessions", "-q", "--last", "2d"],
        &["submit", "-q", "--last", "2d"],
    ] {
        let done = emulator.run(args).expect(0);
        assert!(
            !done.stdout.is_empty() && done.stderr.is_empty(),
            "{args:?}: {}",
            done.stderr
        );
    }
    let done = emulator.run(&["wait", "-q", "no-such-task", "--wait-timeout", "1s"]);
    assert_ne!(done.code, Some(0));
    assert!(done.stderr.starts_with("error: "), "{}", done.stderr);
    let refused = emulator.run(&["tasks", "-q", "-v"]).expect(2);
    assert!(
        refused.stderr.contains("cannot be used with"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_long_pause_is_told_and_a_short_one_is_not() {
    for (seconds, expected) in [(6, true), (1, false)] {
        let first = std::sync::atomic::AtomicBool::new(true);
        let server = Server::start(move |_| {
            if first.swap(false, std::sync::atomic::Ordering::Relaxed) {
                let wait = seconds.to_string();
                return common::server::respond(429, &[("Retry-After", wait.as_str())], "");
            }
            respond_json(200, r#"{"count":0,"export_tasks":[]}"#)
        });
        let mut running = Running::start(server.command(&["tasks"]));
        if expected {
            running.until_stderr_has("throttled: the service asks to wait 6 s\n");
        }
        let done = running.finish().expect(0);
        assert_eq!(done.stderr.contains("throttled"), expected, "{}", done.stderr);
        let count: Value = server.seen().len().into();
        assert_eq!(count, 2);
    }
}
