//! `submit --what`: an export of connections that other commands go on with.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::emulator::Emulator;
use common::{directory, keys, run};
use serde_json::Value;

/// The rows of a task's file.
fn rows(emulator: &Emulator, id: &str) -> Vec<Value> {
    let place = directory();
    let path = place.path().join("file.csv");
    let path = path.to_str().unwrap();
    emulator.run(&["wait", id]).expect(0);
    emulator.run(&["download", id, "-o", path]).expect(0);
    let lines = run(&["convert", path, "-", "--format", "jsonl"]).expect(0).out();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_submitted_list_of_connections_is_waited_for_and_downloaded_by_its_id() {
    let emulator = Emulator::start(&["--export-delay-ms", "50", "--export-format", "csv", "--days", "5"]);
    for (what, own) in [
        ("app-connections", "app_name"),
        ("user-connections", "connect_flag"),
    ] {
        let submit = ["submit", "--what", what, "--last", "7d"];
        let id = emulator.run(&submit).expect(0).out();
        let all = rows(&emulator, id.trim_end());
        assert!(
            !all.is_empty() && all.iter().all(|row| row[own].is_string()),
            "{what}"
        );

        let server = all[0]["machine_name"].as_str().unwrap();
        let of_one = [&submit[..], &["--machine-name", server, "--json"]].concat();
        let document = emulator.run(&of_one).expect(0).json();
        assert_eq!(keys(&document), ["schema", "task_id"], "{what}");
        let some = rows(&emulator, document["task_id"].as_str().unwrap());
        let expected: Vec<_> = all.iter().filter(|row| row["machine_name"] == server).collect();
        assert!(some.iter().eq(expected) && some.len() < all.len(), "{what}");
    }
}
