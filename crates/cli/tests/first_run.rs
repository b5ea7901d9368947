//! The first command of a newcomer: from nothing to a file of sessions.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "helpers of tests")]

mod common;

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use calamine::{Reader, Xlsx, open_workbook};
use common::{Done, Running, directory, keys, names, program, run, window};

/// Runs `export --emulator` in a directory.
fn export(directory: &Path, args: &[&str]) -> Done {
    let mut command = program(&["export", "--emulator", "--last", "7d"]);
    command.args(args).current_dir(directory);
    Running::start(command).finish()
}

/// The rows of the only sheet, without its header.
fn rows(path: &Path) -> usize {
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    assert_eq!(book.sheet_names(), ["sessions"]);
    let sheet = book.worksheet_range("sessions").unwrap();
    assert_eq!(sheet.rows().next().unwrap()[0].to_string(), "id");
    assert_eq!(sheet.width(), 30);
    sheet.height() - 1
}

/// The emulator's data is anchored to the day: two processes agree unless midnight is between them.
fn day() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 86_400
}

#[test]
fn the_file_has_as_many_rows_as_a_list_of_the_same_window() {
    loop {
        let today = day();
        let place = directory();
        let done = export(place.path(), &["-o", "sessions.xlsx"]).expect(0);
        assert_eq!(names(place.path()), ["sessions.xlsx"]);
        let rows = rows(&place.path().join("sessions.xlsx"));
        let (begin, end) = window(&done.stderr);
        let list = run(&[
            "sessions",
            "--emulator",
            "--json",
            "--begin",
            &begin,
            "--end",
            &end,
        ])
        .expect(0);
        let document = list.json();
        if day() != today {
            continue;
        }
        assert_eq!(keys(&document), ["count", "items", "schema"]);
        assert!(rows > 100, "{rows}");
        assert_eq!(document["count"], rows);
        assert_eq!(document["items"].as_array().unwrap().len(), rows);
        assert_eq!(window(&list.stderr), (begin, end));
        return;
    }
}

#[test]
fn credentials_and_endpoints_around_it_do_not_disturb_the_emulator() {
    let place = directory();
    // Not of one day: the emulator's sessions end with yesterday, so the last 24 hours may have none late in the evening.
    let mut command = program(&["export", "--emulator", "--last", "7d", "-o", "x.xlsx"]);
    command.current_dir(place.path());
    for name in [
        "SESSION_EXPORT_TOKEN",
        "HW_AUTH_TOKEN",
        "HW_REGION_NAME",
        "HW_PROJECT_ID",
        "HW_USER_NAME",
    ] {
        command.env(name, "of-somebody-else");
    }
    command.env("HW_AUTH_URL", "http://192.0.2.1/v3");
    Running::start(command).finish().expect(0);
    assert!(rows(&place.path().join("x.xlsx")) > 0);
}

#[test]
fn the_emulator_excludes_every_other_connection_flag() {
    for flags in [
        &["--region", "cn-north-4"][..],
        &["--project-id", "p"],
        &["--endpoint", "http://127.0.0.1:1"],
        &["--export-endpoint", "http://127.0.0.1:1"],
        &["--iam-endpoint", "http://127.0.0.1:1"],
        &["--allow-http"],
    ] {
        let mut command = program(&["sessions", "--emulator"]);
        command.args(flags);
        let done = Running::start(command).finish().expect(2);
        assert!(done.stderr.contains("cannot be used with"), "{}", done.stderr);
    }
}

#[test]
fn without_an_output_the_file_gets_the_servers_name_here() {
    let place = directory();
    let done = export(place.path(), &["--json"]).expect(0);
    let document = done.json();
    assert_eq!(
        keys(&document),
        [
            "bytes",
            "file_name",
            "format",
            "path",
            "schema",
            "sha256",
            "task_id"
        ]
    );
    let name = document["file_name"].as_str().unwrap();
    assert!(
        name.starts_with("sessions_") && Path::new(name).extension().is_some_and(|suffix| suffix == "xlsx")
    );
    assert_eq!(names(place.path()), [name]);
    assert_eq!(document["path"], name);
    assert_eq!(document["format"], "xlsx");
    let file = place.path().join(name);
    assert_eq!(document["bytes"], std::fs::metadata(&file).unwrap().len());
    assert_eq!(document["sha256"].as_str().unwrap().len(), 64);
    assert!(done.stderr.contains(document["task_id"].as_str().unwrap()));
    assert!(rows(&file) > 0);
}

#[test]
fn a_directory_as_output_gets_a_file_of_the_servers_name() {
    let place = directory();
    std::fs::create_dir(place.path().join("out")).unwrap();
    let done = export(place.path(), &["--json", "-o", "out"]).expect(0);
    let name = done.json()["file_name"].as_str().unwrap().to_owned();
    assert_eq!(names(place.path()), ["out"]);
    assert_eq!(names(&place.path().join("out")), [name.as_str()]);
    assert_eq!(
        Path::new(done.json()["path"].as_str().unwrap()),
        Path::new("out").join(&name)
    );
}

#[test]
fn a_directory_that_is_not_there_is_refused_before_a_task_exists() {
    let place = directory();
    for output in ["out/", "out/sessions.xlsx"] {
        let done = export(place.path(), &["-o", output]).expect(2);
        assert!(
            done.stderr.contains("out") && done.stderr.contains("not a directory"),
            "{}",
            done.stderr
        );
        assert!(!done.stderr.contains("submitted"), "{}", done.stderr);
        assert_eq!(names(place.path()), [""; 0]);
    }
}

#[test]
fn a_dash_as_output_is_standard_output_and_nothing_but_the_file_is_there() {
    let place = directory();
    let done = export(place.path(), &["-o", "-"]).expect(0);
    assert_eq!(names(place.path()), [""; 0]);
    let path = place.path().join("piped.xlsx");
    std::fs::write(&path, &done.stdout).unwrap();
    assert!(rows(&path) > 0);
    assert!(
        done.stderr
            .contains(&format!("standard output: {} bytes, xlsx", done.stdout.len())),
        "{}",
        done.stderr
    );

    let both = export(place.path(), &["-o", "-", "--json"]).expect(2);
    assert_eq!(both.error()["kind"], "usage");
    assert!(!both.stderr.contains("submitted"));
}

#[test]
fn a_file_that_is_there_is_left_alone_unless_forced() {
    let place = directory();
    let path = place.path().join("sessions.xlsx");
    std::fs::write(&path, "mine").unwrap();
    let refused = export(place.path(), &["-o", "sessions.xlsx"]).expect(2);
    assert!(
        refused.stderr.contains("sessions.xlsx is already there") && refused.stderr.contains("--force"),
        "{}",
        refused.stderr
    );
    assert!(!refused.stderr.contains("submitted"), "{}", refused.stderr);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(names(place.path()), ["sessions.xlsx"]);

    export(place.path(), &["-o", "sessions.xlsx", "--force"]).expect(0);
    assert!(rows(&path) > 0);
    assert_eq!(names(place.path()), ["sessions.xlsx"]);
}

#[test]
fn a_wrong_suffix_is_pointed_out_and_a_right_one_is_not() {
    let place = directory();
    let wrong = export(place.path(), &["-o", "sessions.csv"]).expect(0);
    assert!(
        wrong
            .stderr
            .contains("note: sessions.csv holds xlsx; name it sessions.xlsx"),
        "{}",
        wrong.stderr
    );
    let right = export(place.path(), &["-o", "sessions.xlsx"]).expect(0);
    assert!(!right.stderr.contains("note:"), "{}", right.stderr);
}

#[test]
fn a_task_is_deleted_only_when_asked_for() {
    let place = directory();
    let kept = export(place.path(), &["-o", "a.xlsx"]).expect(0);
    assert!(!kept.stderr.contains("deleted"), "{}", kept.stderr);
    let deleted = export(place.path(), &["-o", "b.xlsx", "--delete", "--json"]).expect(0);
    let id = deleted.json()["task_id"].as_str().unwrap().to_owned();
    assert!(
        deleted.stderr.contains(&format!("deleted: task {id}")),
        "{}",
        deleted.stderr
    );
    assert!(rows(&place.path().join("b.xlsx")) > 0);
}

#[test]
fn the_end_date_includes_its_whole_day() {
    let done = run(&[
        "sessions",
        "--emulator",
        "--utc",
        "--begin",
        "2024-02-27",
        "--end",
        "2024-02-28",
        "--json",
    ])
    .expect(0);
    assert_eq!(
        window(&done.stderr),
        (
            "2024-02-27T00:00:00.000Z".to_owned(),
            "2024-02-28T23:59:59.999Z".to_owned()
        )
    );
    let document = done.json();
    assert_eq!(
        (&document["count"], &document["items"]),
        (&0.into(), &serde_json::json!([]))
    );
}

#[test]
fn a_limit_cuts_the_rows_and_keeps_the_count() {
    let all = run(&["sessions", "--emulator", "--json"]).expect(0).json();
    let count = all["count"].as_u64().unwrap();
    assert!(count > 1_000 && all["items"].as_array().unwrap().len() as u64 == count);
    let some = run(&["sessions", "--emulator", "--json", "--limit", "7"])
        .expect(0)
        .json();
    assert_eq!(some["items"].as_array().unwrap().len(), 7);
    assert!(some["count"].as_u64().unwrap() > 1_000);
    let table = run(&["sessions", "--emulator", "--limit", "7"]).expect(0);
    assert_eq!(table.out().lines().count(), 8);
}
