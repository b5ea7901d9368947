//! `convert`: from a downloaded file to another one.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::fs;
use std::path::Path;

use common::emulator::Emulator;
use common::{Done, Running, directory, keys, names, program};
use serde_json::{Value, json};

const CSV: &str =
    "User Name;Start Time;Kostenstelle\r\n张三;2024-02-27 11:47:51;0047\r\n\"a \"\"b\"\"\r\nc\";;\r\n";

/// In `place`, where every path is relative.
fn convert(place: &Path, args: &[&str]) -> Done {
    let mut command = program(&["convert"]);
    command.args(args).current_dir(place);
    Running::start(command).finish()
}

fn lines(text: &[u8]) -> Vec<Value> {
    let text = String::from_utf8(text.to_vec()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_csv_becomes_json_lines_and_nothing_is_lost() {
    let place = directory();
    fs::write(place.path().join("in.csv"), CSV).unwrap();
    let done = convert(place.path(), &["in.csv", "out.jsonl", "--time-zone", "+08:00"]).expect(0);
    assert_eq!(done.out(), "out.jsonl: 2 rows, 3 columns, 1 not understood\n");
    assert!(done.stderr.contains("\"Kostenstelle\""), "{}", done.stderr);
    assert_eq!(
        lines(&fs::read(place.path().join("out.jsonl")).unwrap()),
        [
            json!({"login_user": "张三", "start_time": "2024-02-27T03:47:51.000Z", "Kostenstelle": "0047"}),
            json!({"login_user": "a \"b\"\r\nc"}),
        ]
    );
    assert_eq!(names(place.path()), ["in.csv", "out.jsonl"]);

    // And back, with the same columns.
    convert(place.path(), &["out.jsonl", "again.csv", "--bom"]).expect(0);
    convert(place.path(), &["again.csv", "again.jsonl"]).expect(0);
    assert!(
        fs::read(place.path().join("again.csv"))
            .unwrap()
            .starts_with(b"\xef\xbb\xbfid,")
    );
    assert_eq!(
        fs::read(place.path().join("again.jsonl")).unwrap(),
        fs::read(place.path().join("out.jsonl")).unwrap()
    );
}

#[cfg(unix)]
#[test]
fn the_first_moment_after_a_repeated_hour_is_not_in_it() {
    // The repeated hour is from 01:00 to 02:00, and in Havana from 00:00 to 01:00. Its times are the first ones.
    for (zone, times, expected) in [
        (
            "America/New_York",
            [
                "2024-11-03 01:00:00",
                "2024-11-03 01:59:59",
                "2024-11-03 02:00:00",
            ],
            ["05:00:00", "05:59:59", "07:00:00"],
        ),
        (
            "America/Havana",
            [
                "2024-11-03 00:00:00",
                "2024-11-03 00:59:59",
                "2024-11-03 01:00:00",
            ],
            ["04:00:00", "04:59:59", "06:00:00"],
        ),
    ] {
        let place = directory();
        fs::write(
            place.path().join("in.csv"),
            format!("start_time\n{}\n", times.join("\n")),
        )
        .unwrap();
        let mut command = program(&["convert", "in.csv", "out.jsonl", "--time-zone", "local"]);
        command.env("TZ", zone).current_dir(place.path());
        Running::start(command).finish().expect(0);
        let found = lines(&fs::read(place.path().join("out.jsonl")).unwrap());
        let expected = expected.map(|time| json!({"start_time": format!("2024-11-03T{time}.000Z")}));
        assert_eq!(found, expected, "{zone}");
    }
}

#[test]
fn an_export_of_the_emulator_is_what_its_list_says() {
    let (emulator, place) = (
        Emulator::start(&["--sessions", "300", "--days", "5"]),
        directory(),
    );
    let mut command = emulator.command(&["export", "--last", "7d", "-o", "in.xlsx"]);
    command.current_dir(place.path());
    Running::start(command).finish().expect(0);
    let listed = emulator.run(&["sessions", "--json", "--last", "7d"]).expect(0);
    fs::write(place.path().join("listed.json"), &listed.stdout).unwrap();

    let document = convert(place.path(), &["in.xlsx", "file.jsonl", "--json"])
        .expect(0)
        .json();
    assert_eq!(
        keys(&document),
        [
            "columns",
            "format",
            "left_out",
            "not_understood",
            "path",
            "rows",
            "schema"
        ]
    );
    assert_eq!(
        (&document["columns"], &document["not_understood"]),
        (&json!(30), &json!([]))
    );
    assert_eq!(document["rows"], listed.json()["count"]);
    convert(place.path(), &["listed.json", "list.jsonl"]).expect(0);
    let sorted = |name: &str| {
        let mut rows = lines(&fs::read(place.path().join(name)).unwrap());
        rows.sort_by_key(|row| row["id"].as_str().unwrap().to_owned());
        rows
    };
    assert!(sorted("file.jsonl").len() > 100);
    assert_eq!(sorted("file.jsonl"), sorted("list.jsonl"));

    convert(place.path(), &["in.xlsx", "out.parquet"]).expect(0);
    let bytes = fs::read(place.path().join("out.parquet")).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
}

#[test]
fn a_header_is_taught_by_flag_and_by_file() {
    let place = directory();
    fs::write(place.path().join("in.csv"), "Wer=?,Seit\nuser005,2024-02-27\n").unwrap();
    let done = convert(place.path(), &["in.csv", "-", "--format", "jsonl", "--json"]).expect(2);
    assert!(done.stderr.contains("standard output"), "{}", done.stderr);
    let error = convert(place.path(), &["in.csv", "out.csv", "--json"])
        .expect(1)
        .error();
    assert_eq!(error["kind"], "rows");
    fs::write(
        place.path().join("names"),
        "\u{feff}# ours\n\nSeit = start_time\n",
    )
    .unwrap();
    let done = convert(
        place.path(),
        &[
            "in.csv",
            "-",
            "--format",
            "jsonl",
            "--columns",
            "Wer=?=login_user",
            "--columns",
            "names",
        ],
    )
    .expect(0);
    assert_eq!(
        lines(&done.stdout),
        [json!({"login_user": "user005", "start_time": "2024-02-27T00:00:00.000Z"})]
    );
    assert!(
        done.stderr
            .contains("standard output: 1 rows, 2 columns, 0 not understood"),
        "{}",
        done.stderr
    );
    for (columns, message) in [
        ("Wer=user", "is no field; there are id, session_stamp"),
        ("nothing", "neither HEADER=FIELD nor a file"),
        ("==id", "neither a letter nor a digit"),
    ] {
        let done = convert(place.path(), &["in.csv", "out.csv", "--columns", columns]).expect(2);
        assert!(done.stderr.contains(message), "{}", done.stderr);
    }
    assert_eq!(names(place.path()), ["in.csv", "names"]);
}

#[test]
fn a_bad_row_ends_it_or_is_left_out() {
    let place = directory();
    let text: String = (0..30).map(|number| format!("u{number},soon\n")).collect();
    fs::write(
        place.path().join("in.csv"),
        format!("login_user,end_time\na,\n{text}b,\n"),
    )
    .unwrap();
    fs::write(place.path().join("out.csv"), "mine").unwrap();
    let done = convert(place.path(), &["in.csv", "out.csv", "--force"]).expect(1);
    assert!(
        done.stderr
            .contains("in.csv: row 3, column \"end_time\", value \"soon\": not a time"),
        "{}",
        done.stderr
    );
    assert!(done.stderr.contains("hint: --skip-bad-rows"), "{}", done.stderr);
    assert_eq!(fs::read_to_string(place.path().join("out.csv")).unwrap(), "mine");
    assert_eq!(names(place.path()), ["in.csv", "out.csv"]);

    let done = convert(
        place.path(),
        &["in.csv", "out.csv", "--force", "--skip-bad-rows", "--json"],
    )
    .expect(0);
    let document = done.json();
    assert_eq!(
        (&document["rows"], &document["left_out"]),
        (&json!(2), &json!(30))
    );
    assert_eq!(done.stderr.matches("left out: row").count(), 10);
    assert!(done.stderr.contains("left out: and more"), "{}", done.stderr);
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_read() {
    let place = directory();
    fs::write(place.path().join("there.csv"), "mine").unwrap();
    for args in [
        &["missing", "out.txt"][..],
        &["missing", "out"],
        &["missing", "there.csv"],
        &["missing", "."],
        &["missing", "no/out.csv"],
        &["missing", "-"],
        &["missing", "-", "--format", "parquet"],
        &["missing", "out.jsonl", "--bom"],
        &["missing", "out.csv", "--time-zone", "Mars"],
        &["missing", "out.csv", "--utc", "--time-zone", "UTC"],
        &["missing", "out.csv", "--encoding", "latin1"],
    ] {
        convert(place.path(), args).expect(2);
    }
    let done = convert(place.path(), &["missing", "out.csv"]).expect(1);
    assert!(done.stderr.contains("missing: "), "{}", done.stderr);
    assert_eq!(names(place.path()), ["there.csv"]);
}

#[test]
fn an_encoding_can_be_named() {
    let place = directory();
    // 用户名 and 张三 in GB18030.
    let text = b"\xd3\xc3\xbb\xa7\xc3\xfb,id\n\xd5\xc5\xc8\xfd,1\n";
    fs::write(place.path().join("in.csv"), text).unwrap();
    for encoding in ["auto", "gb18030"] {
        let done = convert(
            place.path(),
            &["in.csv", "-", "--format", "jsonl", "--encoding", encoding],
        )
        .expect(0);
        assert_eq!(lines(&done.stdout), [json!({"id": "1", "login_user": "张三"})]);
    }
    let done = convert(place.path(), &["in.csv", "out.csv", "--encoding", "utf-8"]).expect(1);
    assert!(done.stderr.contains("--encoding gb18030"), "{}", done.stderr);
}

/// Enough rows that a signal, a deadline and a reader that stops reading come in the middle.
fn long(place: &Path) {
    let row = format!("{},{}\n", "u".repeat(200), "a".repeat(200));
    fs::write(
        place.join("in.csv"),
        format!("login_user,app_name\n{}", row.repeat(300_000)),
    )
    .unwrap();
}

#[cfg(unix)]
#[test]
fn an_interrupted_conversion_leaves_nothing() {
    let place = directory();
    long(place.path());
    let mut command = program(&["convert", "in.csv", "out.csv"]);
    command.current_dir(place.path());
    let running = Running::start(command);
    common::until("the file's beginning", || {
        let names = names(place.path());
        (names.len() > 1).then_some(())
    });
    running.signal("INT");
    running.finish().expect(130);
    assert_eq!(names(place.path()), ["in.csv"]);
}

#[test]
fn a_deadline_holds() {
    let place = directory();
    long(place.path());
    let error = convert(place.path(), &["in.csv", "out.csv", "--json", "--timeout", "1ms"])
        .expect(8)
        .error();
    assert_eq!(error["kind"], "deadline");
    assert_eq!(names(place.path()), ["in.csv"]);
}
