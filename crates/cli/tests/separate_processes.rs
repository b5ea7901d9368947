//! The same job by commands that know nothing of each other, against an emulator in a process of its own.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "helpers of tests")]

mod common;

use std::path::Path;
use std::time::Instant;

use calamine::{Reader, Xlsx, open_workbook};
use common::emulator::Emulator;
use common::{Running, directory, keys, names, program, window};
use serde_json::{Value, json};

/// Every key that a task of the export centre can have here.
fn is_a_task(task: &Value, status: &str, downloaded: bool) {
    let mut expected = vec!["create_time", "file_name", "is_download", "status", "task_id"];
    if status != "CREATING" {
        expected.insert(1, "end_time");
    }
    // A document of its own names its schema, one in a list does not.
    let mut found = keys(task);
    found.retain(|key| *key != "schema");
    assert_eq!(found, expected, "{task}");
    assert_eq!(
        (&task["status"], &task["is_download"]),
        (&json!(status), &json!(downloaded))
    );
}

#[test]
fn the_emulator_says_in_one_line_how_to_reach_it() {
    let emulator = Emulator::start(&["--sessions", "10"]);
    assert_eq!(
        keys(&emulator.line),
        [
            "access_key",
            "admin",
            "agency",
            "agency_domain_name",
            "agency_project_id",
            "domain_name",
            "endpoint",
            "export_endpoint",
            "iam_endpoint",
            "password",
            "project_id",
            "schema",
            "secret_key",
            "user_name",
        ]
    );
    assert_eq!(emulator.process.stdout().lines().count(), 1);
    assert_eq!(emulator.line["admin"], Value::Null);
    for key in ["endpoint", "export_endpoint", "iam_endpoint"] {
        assert!(emulator.says(key).starts_with("http://127.0.0.1:"), "{key}");
    }
    for key in [
        "project_id",
        "user_name",
        "password",
        "domain_name",
        "access_key",
        "secret_key",
    ] {
        assert!(!emulator.says(key).is_empty(), "{key}");
    }
}

#[test]
fn an_emulator_with_a_state_directory_is_killed_and_goes_on() {
    let place = directory();
    let state = place.path().join("state");
    let flags = [
        "--sessions",
        "50",
        "--export-delay-ms",
        "0",
        "--state-dir",
        state.to_str().unwrap(),
    ];
    let first = Emulator::start(&flags);
    let task = first.submit();
    let (password, user) = (
        first.says("password").to_owned(),
        first.says("user_name").to_owned(),
    );
    first.process.signal("KILL");
    drop(first);
    let second = Emulator::start(&flags);
    assert_eq!(
        (second.says("password"), second.says("user_name")),
        (&*password, &*user)
    );
    let file = place.path().join("x.xlsx");
    second
        .run(&["download", &task, "-o", file.to_str().unwrap()])
        .expect(0);

    let mut other = vec!["emulator", "--json"];
    other.extend(flags);
    let refused = Running::start(program(&other)).finish().expect(2);
    assert!(refused.stderr.contains("--state-dir: "), "{}", refused.stderr);
}

#[test]
fn the_emulator_is_explicit_and_hostile_on_request() {
    let place = directory();
    let script = place.path().join("faults.json");
    std::fs::write(
        &script,
        r#"{"faults":[{"operation":"export_sessions","calls":{"nth":1},"fault":{"status":{"status":503}}}]}"#,
    )
    .unwrap();
    let rows = place.path().join("rows.csv");
    let day = "2026-01-01T08:00:00Z";
    std::fs::write(
        &rows,
        format!("id,login_user,start_time\ns-1,张三,{day}\ns-2,li,{day}\n"),
    )
    .unwrap();
    let emulator = Emulator::start(&[
        "--faults",
        script.to_str().unwrap(),
        "--rows",
        rows.to_str().unwrap(),
        "--admin",
        "127.0.0.1:0",
        "--export-delay-ms",
        "0",
        "--choice",
        "user-name=fuzzy",
        "--choice",
        "file-format=csv",
    ]);
    assert!(emulator.says("admin").starts_with("http://127.0.0.1:"));
    let window = ["--begin", "2026-01-01", "--end", "2026-01-02", "--utc"];
    let mut args = vec!["sessions", "--json", "--user-name", "三"];
    args.extend(window);
    let listed = emulator.run(&args).expect(0).json();
    assert_eq!(
        (&listed["count"], &listed["items"][0]["id"]),
        (&json!(1), &json!("s-1"))
    );
    args[0] = "submit";
    args.push("--no-reconcile");
    emulator.run(&args).expect(7);
    emulator.run(&args).expect(0);

    for (args, says) in [
        (&["--choice", "retention"][..], "write it like"),
        (&["--choice", "colour=red"], "colour"),
        (&["--choice", "user-name=red"], "fuzzy"),
        (&["--faults", "nowhere.json"], "cannot be read"),
        (&["--rows", script.to_str().unwrap()], "faults.json"),
        (&["--admin", "192.0.2.1:80"], "loopback"),
    ] {
        let mut command = vec!["emulator", "--json"];
        command.extend(args);
        let done = Running::start(program(&command)).finish().expect(2);
        assert!(done.stderr.contains(says), "{args:?}: {}", done.stderr);
    }
    let listed = Running::start(program(&["emulator", "--choices", "--json"]))
        .finish()
        .expect(0)
        .json();
    assert!(listed["choices"].as_array().unwrap().len() > 50);
}

#[test]
fn each_command_does_its_part_and_says_so_in_json() {
    let emulator = Emulator::start(&["--export-delay-ms", "700", "--sessions", "300"]);

    let token = emulator.run(&["token", "--json"]).expect(0).json();
    assert_eq!(keys(&token), ["expires_at", "project_id", "schema", "token"]);
    assert!(token["token"].as_str().unwrap().len() > 20);
    assert!(token["expires_at"].as_str().unwrap().ends_with('Z'));

    let submitted = emulator
        .run(&["submit", "--json", "--last", "30d", "--success"])
        .expect(0);
    let (begin, end) = window(&submitted.stderr);
    let document = submitted.json();
    assert_eq!(keys(&document), ["schema", "task_id"]);
    let id = document["task_id"].as_str().unwrap();

    let tasks = emulator.run(&["tasks", "--json"]).expect(0).json();
    assert_eq!(keys(&tasks), ["count", "export_tasks", "schema"]);
    assert_eq!(tasks["count"], 1);
    assert_eq!(tasks["export_tasks"].as_array().unwrap().len(), 1);
    assert_eq!(tasks["export_tasks"][0]["task_id"], id);

    let waited = emulator.run(&["wait", id, "--json"]).expect(0).json();
    is_a_task(&waited, "SUCCESS", false);
    assert_eq!(waited["task_id"], id);

    let place = directory();
    let path = place.path().join("x.xlsx");
    let downloaded = emulator
        .run(&["download", id, "--json", "-o", path.to_str().unwrap()])
        .expect(0)
        .json();
    assert_eq!(
        keys(&downloaded),
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
    assert_eq!(downloaded["task_id"], id);
    assert_eq!(downloaded["path"], path.to_str().unwrap());
    assert_eq!(downloaded["format"], "xlsx");
    assert_eq!(downloaded["file_name"], waited["file_name"]);
    assert_eq!(downloaded["bytes"], std::fs::metadata(&path).unwrap().len());

    let list = emulator
        .run(&[
            "sessions",
            "--json",
            "--begin",
            &begin,
            "--end",
            &end,
            "--success",
        ])
        .expect(0)
        .json();
    assert_eq!(keys(&list), ["count", "items", "schema"]);
    let mut book: Xlsx<_> = open_workbook(&path).unwrap();
    let rows = book.worksheet_range("sessions").unwrap().height() - 1;
    assert!(rows > 50);
    assert_eq!(
        (&list["count"], list["items"].as_array().unwrap().len()),
        (&json!(rows), rows)
    );

    let after = emulator
        .run(&["tasks", "--json", "--downloaded", "true"])
        .expect(0)
        .json();
    is_a_task(&after["export_tasks"][0], "SUCCESS", true);

    let deleted = emulator.run(&["delete", id, "--json"]).expect(0).json();
    assert_eq!(deleted["deleted"], json!([id]));
    let none = emulator.run(&["tasks", "--json"]).expect(0).json();
    assert_eq!((&none["count"], &none["export_tasks"]), (&json!(0), &json!([])));
}

#[test]
fn people_get_lines_and_no_secret() {
    let emulator = Emulator::start(&["--export-delay-ms", "0"]);
    let token = emulator.run(&["token"]).expect(0);
    assert!(
        token.out().starts_with("there is a token, good until 2"),
        "{}",
        token.out()
    );
    let id = emulator.run(&["submit", "--last", "2d"]).expect(0).out();
    let id = id.trim_end();
    let waited = emulator.run(&["wait", id]).expect(0);
    assert!(
        waited.out().starts_with(&format!("task {id} is ready: ")),
        "{}",
        waited.out()
    );
    let tasks = emulator.run(&["tasks"]).expect(0);
    assert!(
        tasks.out().lines().nth(1).unwrap().starts_with(id),
        "{}",
        tasks.out()
    );
    assert_eq!(
        emulator.run(&["delete", id]).expect(0).out(),
        format!("deleted: {id}\n")
    );
}

#[test]
fn the_environment_alone_is_enough() {
    let emulator = Emulator::start(&[]);
    let token = emulator.run(&["token", "--json"]).expect(0).json();
    let flags = [
        "tasks",
        "--json",
        "--endpoint",
        emulator.says("endpoint"),
        "--export-endpoint",
        emulator.says("endpoint"),
    ];
    for variable in ["SESSION_EXPORT_TOKEN", "HW_AUTH_TOKEN"] {
        let mut command = program(&flags);
        command
            .env(variable, token["token"].as_str().unwrap())
            .env("HW_PROJECT_ID", emulator.says("project_id"));
        Running::start(command).finish().expect(0);
    }
    let mut first = program(&flags);
    first
        .env("SESSION_EXPORT_TOKEN", token["token"].as_str().unwrap())
        .env("HW_AUTH_TOKEN", "not this one")
        .env("HW_PROJECT_ID", emulator.says("project_id"));
    Running::start(first).finish().expect(0);

    // A password, with IAM's place as other tools write it.
    let mut command = program(&flags);
    command.env("OS_AUTH_URL", format!("{}/v3", emulator.says("iam_endpoint")));
    for (variable, key) in [
        ("OS_USERNAME", "user_name"),
        ("OS_PASSWORD", "password"),
        ("OS_DOMAIN_NAME", "domain_name"),
        ("OS_PROJECT_ID", "project_id"),
    ] {
        command.env(variable, emulator.says(key));
    }
    Running::start(command).finish().expect(0);
}

#[test]
fn the_project_is_found_out_by_logging_in() {
    let emulator = Emulator::start(&["--export-delay-ms", "0"]);
    let mut command = emulator.command_without_project(&["submit", "--json", "--last", "1d"]);
    command.env("HW_PROJECT_NAME", "emulator-1");
    let submitted = Running::start(command).finish().expect(0).json();
    let tasks = emulator.run(&["tasks", "--json"]).expect(0).json();
    assert_eq!(tasks["export_tasks"][0]["task_id"], submitted["task_id"]);

    let without = emulator.command_without_project(&["tasks", "--json"]);
    let refused = Running::start(without).finish().expect(2);
    assert!(
        refused.error()["message"]
            .as_str()
            .unwrap()
            .contains("--project-id")
    );
}

#[test]
fn a_csv_file_is_recognised_by_its_content() {
    let emulator = Emulator::start(&["--export-format", "csv", "--export-delay-ms", "0"]);
    let place = directory();
    let mut command = emulator.command(&["export", "--json", "--last", "7d", "--state", "Active,InitFail"]);
    command.current_dir(place.path());
    let done = Running::start(command).finish().expect(0);
    let document = done.json();
    assert_eq!(document["format"], "csv");
    let name = document["file_name"].as_str().unwrap();
    assert_eq!(names(place.path()), [name]);
    assert!(Path::new(name).extension().is_some_and(|suffix| suffix == "csv"));
    let text = std::fs::read_to_string(place.path().join(name)).unwrap();
    assert!(text.starts_with("id,"), "{}", &text[..80]);
    let (begin, end) = window(&done.stderr);
    let list = emulator
        .run(&[
            "sessions", "--json", "--begin", &begin, "--end", &end, "--state", "Active", "--state",
            "InitFail",
        ])
        .expect(0)
        .json();
    assert!(list["count"].as_u64().unwrap() > 0);
    assert_eq!(list["count"], text.matches("\r\n").count() - 1);
}

#[test]
fn an_export_submits_nothing_that_it_could_not_keep_and_deletes_only_when_told() {
    let emulator = Emulator::start(&["--export-delay-ms", "0"]);
    let place = directory();
    std::fs::write(place.path().join("x.xlsx"), "mine").unwrap();
    let export = |flags: &[&str]| {
        let mut command = emulator.command(&["export", "--last", "1d", "-o", "x.xlsx"]);
        command.args(flags).current_dir(place.path());
        Running::start(command).finish()
    };
    let count = || emulator.run(&["tasks", "--json"]).expect(0).json()["count"].clone();
    export(&[]).expect(2);
    assert_eq!(count(), 0);
    export(&["--force", "--delete"]).expect(0);
    assert_eq!(count(), 0);
    export(&["--force"]).expect(0);
    assert_eq!(count(), 1);
    assert!(open_workbook::<Xlsx<_>, _>(place.path().join("x.xlsx")).is_ok());
}

#[test]
fn a_second_download_does_not_replace_the_first_unless_forced() {
    let emulator = Emulator::start(&["--export-delay-ms", "0"]);
    let id = emulator.submit();
    let place = directory();
    let download = |flags: &[&str]| {
        let mut command = emulator.command(&["download", &id, "--json"]);
        command.args(flags).current_dir(place.path());
        Running::start(command).finish()
    };
    let first = download(&[]).expect(0).json();
    let file = place.path().join(first["file_name"].as_str().unwrap());
    std::fs::write(&file, "mine").unwrap();
    let refused = download(&[]).expect(1);
    assert_eq!(refused.error()["kind"], "sink");
    assert!(refused.stderr.contains("--force"), "{}", refused.stderr);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    let again = download(&["--force"]).expect(0).json();
    assert_eq!(std::fs::metadata(&file).unwrap().len(), again["bytes"]);
    assert_eq!(names(place.path()).len(), 1);
}

#[test]
fn a_task_that_was_deleted_is_gone() {
    let emulator = Emulator::start(&["--export-delay-ms", "0"]);
    let id = emulator.submit();
    emulator.run(&["delete", &id]).expect(0);
    let download = emulator.run(&["download", &id, "--json"]).expect(6);
    assert_eq!(download.error()["kind"], "task");
    // It may be too new to be listed, so this one looks for some seconds.
    let wait = emulator.run(&["wait", &id, "--json"]).expect(6);
    let error = wait.error();
    assert_eq!(error["kind"], "task");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("does not list the task")
    );
    assert!(!wait.stderr.contains("goes on without"), "{}", wait.stderr);
}

#[test]
fn a_wait_that_was_too_short_is_resumed_by_another_process() {
    let emulator = Emulator::start(&["--export-delay-ms", "2500"]);
    let place = directory();
    let started = Instant::now();
    let mut command = emulator.command(&["export", "--json", "--last", "1d", "--wait-timeout", "300ms"]);
    command.current_dir(place.path());
    let given_up = Running::start(command).finish().expect(8);
    assert!(
        started.elapsed().as_millis() < 2_500,
        "it did not wait for the task's end"
    );
    assert_eq!(given_up.error()["kind"], "deadline");
    assert_eq!(names(place.path()), [""; 0]);
    let id = given_up
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("submitted: task "))
        .unwrap();
    assert!(
        given_up.stderr.contains(&format!("session-export wait {id} ")),
        "{}",
        given_up.stderr
    );

    let task = emulator.run(&["wait", id, "--json"]).expect(0).json();
    is_a_task(&task, "SUCCESS", false);
    let path = place.path().join("late.xlsx");
    emulator
        .run(&["download", id, "-o", path.to_str().unwrap()])
        .expect(0);
    assert!(open_workbook::<Xlsx<_>, _>(&path).is_ok());
}

#[test]
fn a_file_that_is_still_being_made_is_not_downloaded() {
    let emulator = Emulator::start(&["--export-delay-ms", "60000"]);
    let id = emulator.submit();
    let tasks = emulator.run(&["tasks", "--json"]).expect(0).json();
    is_a_task(&tasks["export_tasks"][0], "CREATING", false);
    let place = directory();
    let mut command = emulator.command(&["download", &id, "--json"]);
    command.current_dir(place.path());
    let done = Running::start(command).finish().expect(8);
    let error = done.error();
    assert_eq!(error["kind"], "task");
    assert!(
        error["message"].as_str().unwrap().contains("still being made"),
        "{error}"
    );
    assert_eq!(done.json()["task_id"], id);
    assert!(
        done.stderr.contains(&format!("session-export wait {id} ")),
        "{}",
        done.stderr
    );
    assert_eq!(names(place.path()), [""; 0]);
}

#[test]
fn a_timeout_over_everything_ends_an_export_too() {
    let emulator = Emulator::start(&["--export-delay-ms", "60000"]);
    let done = emulator
        .run(&["export", "--json", "--last", "1d", "--timeout", "1s"])
        .expect(8);
    assert_eq!(done.error()["kind"], "deadline");
    assert!(done.stderr.contains("session-export wait "), "{}", done.stderr);
}
