//! `summary`: of a file, of the service, in the terminal, as JSON, as a page.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "helpers of tests")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::emulator::Emulator;
use common::{Done, directory, keys, names, run};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Six sessions of two days: one fails, one is open, one ends before it starts.
const SESSIONS: &str = "\
login_user,machine_name,session_state,session_type,start_time,end_time,failed_code,failed_reason,client_type,last_update_status_time
张三,aps-1,SignedOut,1,2024-02-27T08:00:00Z,2024-02-27T12:00:00Z,WKS.00000000,success,Windows,2024-02-27T12:00:00Z
张三,aps-2,SignedOut,2,2024-02-27T09:00:00Z,2024-02-27T10:00:00Z,,success,Windows,2024-02-27T10:00:00Z
<script>alert(1)</script>,aps-1,Active,2,2024-02-27T23:30:00Z,,WKS.00000000,success,Web,2024-02-27T23:40:00Z
zoë,aps-1,InitFail,2,2024-02-28T08:00:00Z,2024-02-28T08:00:30Z,WKS.0407,The server is busy.,Web,2024-02-28T08:00:30Z
zoë,aps-1,SignedOut,2,2024-02-28T09:00:00Z,2024-02-28T11:00:00Z,,success,Web,2024-02-28T11:00:00Z
zoë,,SignedOut,2,2024-02-28T12:00:00Z,2024-02-28T10:00:00Z,,success,Web,2024-02-28T12:00:00Z
";

fn file(text: &str) -> (TempDir, String) {
    let directory = directory();
    let path = directory.path().join("sessions.csv");
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (directory, path)
}

fn summary(path: &str, args: &[&str]) -> Done {
    run(&[&["summary", path], args].concat())
}

#[test]
fn the_figures_of_a_small_file() {
    let (_directory, path) = file(SESSIONS);
    let found = summary(&path, &["--json"]).expect(0).json();
    assert_eq!(
        found["outcome"],
        json!({"succeeded": 5, "failed": 1, "unknown": 0})
    );
    assert_eq!(
        found["days"],
        json!([
            {"day": "2024-02-27", "sessions": 3, "failed": 0},
            {"day": "2024-02-28", "sessions": 3, "failed": 1},
        ])
    );
    assert_eq!(
        found["failures"],
        json!({"distinct": 1, "others": 0, "top": [
            {"code": "WKS.0407", "reason": "The server is busy.", "sessions": 1},
        ]})
    );
    assert_eq!(
        found["users"]["by_sessions"],
        json!([
            {"name": "zoë", "sessions": 3, "time_ms": 7_230_000},
            {"name": "张三", "sessions": 2, "time_ms": 18_000_000},
            {"name": "<script>alert(1)</script>", "sessions": 1, "time_ms": 45_000_000},
        ])
    );
    assert_eq!(found["servers"]["missing"], 1);
    let concurrency = &found["concurrency"];
    assert_eq!(
        (&concurrency["peak"], &concurrency["at"]),
        (&json!(2), &json!("2024-02-27T09:00:00.000Z"))
    );
    let durations = &found["durations"];
    // 30 s, 1 h, 2 h, 4 h.
    assert_eq!(durations["sessions"], 4);
    assert_eq!(
        (&durations["median_ms"], &durations["longest_ms"]),
        (&json!(5_400_000.0), &json!(14_400_000))
    );
    assert_eq!(durations["p95_ms"].as_f64().unwrap().round(), 13_320_000.0);
    assert_eq!(found["without_end"], json!({"open": 1, "over": 0}));
    assert_eq!(
        found["odd"],
        json!({"without_start": 0, "end_before_start": 1, "unreadable_times": 0, "unreadable_rows": 0})
    );
    assert_eq!(
        (&found["sessions"], &found["time_zone"]),
        (&json!(6), &json!("UTC"))
    );
    assert_eq!(found["known_until"], "2024-02-28T12:00:00.000Z");
    assert_eq!(
        keys(&found),
        [
            "client_types",
            "client_versions",
            "concurrency",
            "days",
            "durations",
            "failures",
            "first_start",
            "known_until",
            "last_start",
            "odd",
            "outcome",
            "schema",
            "servers",
            "session_types",
            "sessions",
            "states",
            "time_zone",
            "users",
            "without_end",
        ]
    );
}

/// What a terminal shows of it: short enough to be read here.
const OVERVIEW: &str = "\
6 sessions, 2024-02-27 to 2024-02-28 (UTC)
  failed    1 of 6 (16.7%)
  users     3, on 2 servers
  at once   2 at most, first on 2024-02-27 09:00
  lasted    1 h 30 min (median), 95% within 3 h 42 min
  open      1, as of 2024-02-28 12:00
  note      1 end before they start

Sessions per day
  2024-02-27  ███████████████████████████████████████████████████  3
  2024-02-28  ███████████████████████████████████████████████████  3  1 failed
";

#[test]
fn the_overview_of_a_small_file() {
    let (_directory, path) = file(SESSIONS);
    let out = summary(&path, &[]).expect(0).out();
    let plain = |text: &str| {
        text.lines()
            .map(|line| line.trim_end().to_owned())
            .collect::<Vec<_>>()
    };
    let (found, expected) = (plain(&out), plain(OVERVIEW));
    assert_eq!(found[..9], expected[..9], "{out}");
    // Bars are as long as the texts leave room; that is the overview's own test.
    assert!(
        found[9].starts_with("  2024-02-27  ██") && found[10].ends_with("3  1 failed"),
        "{out}"
    );
    for heading in [
        "By state",
        "Failures by reason",
        "How long they lasted",
        "By session type",
        "By client",
        "Users with most sessions",
        "Users with most time",
        "Servers with most sessions",
    ] {
        assert!(found.iter().any(|line| line == heading), "{heading}: {out}");
    }
    // Nobody looks at a terminal.
    assert!(!out.contains('\u{1b}'), "{out:?}");
}

#[test]
fn days_are_of_the_zone_and_times_without_one_too() {
    let (_directory, path) = file(
        "login_user,start_time,session_state\na,2024-02-27 20:00:00,Active\nb,2024-02-27T20:00:00Z,Active\n",
    );
    let days = |args: &[&str]| {
        let args = [&["--json"], args].concat();
        let found = summary(&path, &args).expect(0).json();
        let days = found["days"].as_array().unwrap().iter();
        days.map(|day| {
            (
                day["day"].as_str().unwrap().to_owned(),
                day["sessions"].as_u64().unwrap(),
            )
        })
        .collect::<Vec<_>>()
    };
    let day = |day: &str, sessions| (day.to_owned(), sessions);
    for utc in [&[][..], &["--utc"], &["--time-zone", "UTC"]] {
        assert_eq!(days(utc), [day("2024-02-27", 2)]);
    }
    assert_eq!(
        days(&["--time-zone", "+08:00"]),
        [day("2024-02-27", 1), day("2024-02-28", 1)]
    );
    let refused = summary(&path, &["--time-zone", "Mars"]).expect(2);
    assert!(
        refused.stderr.contains("an offset like +08:00"),
        "{}",
        refused.stderr
    );
    summary(&path, &["--time-zone", "UTC", "--utc"]).expect(2);
}

#[test]
fn lists_have_as_many_names_as_asked_for() {
    let (_directory, path) = file(SESSIONS);
    let found = summary(&path, &["--json", "--top", "1"]).expect(0).json();
    assert_eq!(found["users"]["by_time"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&found["states"]["others"], &found["states"]["distinct"]),
        (&json!(2), &json!(3))
    );
    summary(&path, &["--top", "0"]).expect(2);
}

#[test]
fn a_row_that_cannot_be_read_is_said_and_counted() {
    let (_directory, path) = file(&format!("{SESSIONS}eve,aps-1,Active,1,yesterday,,,,Web,\n"));
    let done = summary(&path, &["--json"]).expect(0);
    let found = done.json();
    assert_eq!(
        (&found["sessions"], &found["odd"]["unreadable_rows"]),
        (&json!(6), &json!(1))
    );
    assert!(
        done.stderr.contains("left out: ") && done.stderr.contains("yesterday"),
        "{}",
        done.stderr
    );
}

fn page_of(path: &str, html: &Path, args: &[&str]) -> Done {
    summary(path, &[&["--html", html.to_str().unwrap()], args].concat())
}

#[test]
fn a_page_is_whole_or_absent_and_replaced_only_by_force() {
    let (directory, path) = file(SESSIONS);
    let html: PathBuf = directory.path().join("report.html");
    let done = page_of(&path, &html, &["--json", "--language", "zh"]).expect(0);
    let page = fs::read_to_string(&html).unwrap();
    let document = done.json();
    assert_eq!(document["html"]["bytes"], page.len());
    assert_eq!(document["html"]["path"], html.to_str().unwrap());
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    assert!(page.contains("<html lang=\"zh-CN\">") && page.contains("sessions.csv"));
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));

    fs::write(&html, "mine").unwrap();
    let refused = page_of(&path, &html, &[]).expect(2);
    assert!(refused.stderr.contains("--force"), "{}", refused.stderr);
    assert_eq!(fs::read_to_string(&html).unwrap(), "mine");
    page_of(&path, &html, &["--force"]).expect(0);
    assert!(fs::read_to_string(&html).unwrap().len() > 10_000);
    assert_eq!(names(directory.path()), ["report.html", "sessions.csv"]);
}

#[test]
fn a_file_that_cannot_be_read_leaves_no_page() {
    let directory = directory();
    let path = directory.path().join("odd.bin");
    fs::write(&path, b"\x7fELF\x00\x01").unwrap();
    let html = directory.path().join("report.html");
    let failed = page_of(path.to_str().unwrap(), &html, &["--json"]).expect(1);
    assert_eq!(failed.error()["kind"], "rows");
    assert_eq!(names(directory.path()), ["odd.bin"]);
    for html in ["-", directory.path().to_str().unwrap()] {
        page_of(path.to_str().unwrap(), Path::new(html), &[]).expect(2);
    }
}

#[test]
fn the_service_is_asked_with_the_same_flags_and_says_the_same_as_its_file() {
    let emulator = Emulator::start(&[
        "--sessions",
        "350",
        "--seed",
        "7",
        "--export-delay-ms",
        "0",
        "--export-format",
        "csv",
    ]);
    let directory = directory();
    let file = directory.path().join("sessions.csv");
    let window = ["--begin", "2000-01-01", "--end", "2099-12-31", "--utc"];
    // The export's own window has 30 days at most; the list is the same rows without an export.
    let listed = emulator
        .run(&[&["sessions", "--json"][..], &window].concat())
        .expect(0)
        .json();
    fs::write(&file, listed.to_string()).unwrap();
    let of_file = summary(file.to_str().unwrap(), &["--json"]).expect(0).json();
    let done = emulator
        .run(&[&["summary", "--json"][..], &window].concat())
        .expect(0);
    assert!(
        done.stderr.contains("window: --begin 2000-01-01T00:00:00.000Z"),
        "{}",
        done.stderr
    );
    let of_service = done.json();
    assert_eq!(of_service["sessions"], 350);
    for key in keys(&of_file) {
        // Up to when it is known what happened differs: the service is asked now.
        if !["known_until", "users", "servers", "concurrency"].contains(&key) {
            assert_eq!(of_service[key], of_file[key], "{key}");
        }
    }
    assert_eq!(
        of_service["users"]["by_sessions"][0]["name"],
        of_file["users"]["by_sessions"][0]["name"]
    );

    let failed = emulator
        .run(&[&["summary", "--json", "--failed"][..], &window].concat())
        .expect(0)
        .json();
    assert_eq!(failed["sessions"], of_file["outcome"]["failed"]);
    assert_eq!(failed["outcome"]["succeeded"], 0);
}

#[test]
fn without_an_account_the_emulator_has_figures() {
    let directory = directory();
    let html = directory.path().join("report.html");
    let args = [
        "summary",
        "--emulator",
        "--last",
        "7d",
        "--top",
        "3",
        "--html",
        html.to_str().unwrap(),
    ];
    let out = run(&args).expect(0).out();
    assert!(
        out.contains(" sessions, ") && out.contains("Sessions per day"),
        "{out}"
    );
    let page = fs::read_to_string(&html).unwrap();
    assert!(
        page.contains("query_begin_time="),
        "the page says what was asked for"
    );
}

#[test]
fn a_header_that_is_not_known_is_named_as_for_convert() {
    let (_directory, path) = file("who,start_time,session_state\nzoë,2024-02-27T08:00:00Z,Active\n");
    let found = summary(&path, &["--json", "--columns", "who=login_user"])
        .expect(0)
        .json();
    assert_eq!(found["users"]["by_sessions"][0]["name"], "zoë");
    run(&[
        "summary",
        "--emulator",
        "--last",
        "1d",
        "--columns",
        "who=login_user",
    ])
    .expect(2);
}

#[test]
fn no_session_is_no_failure() {
    let (directory, path) = file("login_user,start_time,session_state\n");
    let html = directory.path().join("report.html");
    let out = page_of(&path, &html, &[]).expect(0).out();
    assert_eq!(out, "0 sessions\n");
    let found: Value = summary(&path, &["--json"]).expect(0).json();
    assert_eq!(
        (&found["sessions"], &found["first_start"]),
        (&json!(0), &Value::Null)
    );
}
