//! `--what`: lists of connections instead of sessions.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use common::{directory, names, run};

#[test]
fn a_list_of_connections_becomes_a_file_with_its_own_columns() {
    let place = directory();
    for (what, column) in [
        ("app-connections", "brokering_time"),
        ("user-connections", "connect_flag"),
    ] {
        let path = place.path().join(what).with_extension("xlsx");
        let path = path.to_str().unwrap();
        let export = ["export", "--emulator", "--what", what, "--last", "7d", "-o", path];
        run(&export).expect(0);
        let refused = run(&["summary", path]).expect(2);
        let list = what.replace('-', " ");
        assert!(
            refused
                .stderr
                .contains(&format!("is a list of {list}, and a summary is of sessions")),
            "{}",
            refused.stderr
        );
        let lines = run(&["convert", path, "-", "--format", "csv"]).expect(0).out();
        let (header, rows) = lines.split_once('\n').unwrap();
        assert!(header.split(',').any(|name| name.trim() == column), "{header}");
        assert!(rows.lines().count() > 1, "{rows}");
    }
}

#[test]
fn a_filter_that_nothing_fits_leaves_the_header_alone() {
    let place = directory();
    let path = place.path().join("none.xlsx");
    let path = path.to_str().unwrap();
    let export = [
        "export",
        "--emulator",
        "--what",
        "app-connections",
        "--app-name",
        "No such application",
    ];
    run(&[&export[..], &["-o", path]].concat()).expect(0);
    let lines = run(&["convert", path, "-", "--format", "csv"]).expect(0).out();
    assert_eq!(lines.lines().count(), 1, "{lines}");
}

#[test]
fn a_flag_of_another_list_is_refused_with_those_that_belong() {
    let place = directory();
    let path = place.path().join("never.xlsx");
    let path = path.to_str().unwrap();
    for (flags, expected) in [
        (
            &["--app-name", "Word"][..],
            [
                "--app-name does not filter sessions, but app-connections",
                "--state",
            ],
        ),
        (
            &["--what", "app-connections", "--state", "Active"],
            [
                "--state does not filter app-connections, but sessions",
                "--app-name",
            ],
        ),
        (
            &["--what", "user-connections", "--sid", "S-1"],
            [
                "--sid does not filter user-connections, but app-connections",
                "--machine-sid",
            ],
        ),
        (
            &["--what", "user-connections", "--begin", "2026-01-01"],
            ["--end: is missing, while --begin is given", "nothing was sent"],
        ),
        (&["--what", "desktops"], ["user-connections", "desktops"]),
    ] {
        let command = [&["export", "--emulator", "-o", path], flags].concat();
        let refused = run(&command).expect(2);
        for text in expected {
            assert!(refused.stderr.contains(text), "{text}: {}", refused.stderr);
        }
    }
    assert!(names(place.path()).is_empty());
}
