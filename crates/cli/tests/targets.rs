//! Where `-o` may and may not point.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::process::Command;

use common::server::{Reply, Request, Server, ready_task, respond};
use common::{Running, directory, names, program};

fn service(request: &Request) -> Reply {
    if request.line.contains("/download") {
        respond(200, &[], "id,name\r\n1,user005\r\n")
    } else {
        ready_task("t")
    }
}

#[test]
fn what_is_no_file_is_refused_before_anything_is_sent() {
    let (server, place) = (Server::start(service), directory());
    let pipe = Command::new("mkfifo")
        .arg(place.path().join("p"))
        .status()
        .unwrap();
    assert!(pipe.success());
    for output in ["/dev/full", "/dev/null", "p"] {
        for command in [&["download", "t"][..], &["export"]] {
            for force in [&[][..], &["--force"]] {
                let mut command = server.command(command);
                command.args(["--json", "-o", output]).args(force);
                command.current_dir(place.path());
                let error = Running::start(command).finish().expect(2).error();
                let message = error["message"].as_str().unwrap();
                assert!(message.contains(&format!("`-o - > {output}`")), "{message}");
            }
        }
    }
    let mut command = server.command(&["export", "--json", "-o", &"x".repeat(256)]);
    command.current_dir(place.path());
    let error = Running::start(command).finish().expect(1).error();
    assert_eq!(error["kind"], "sink");
    assert!(server.seen().is_empty());
    assert_eq!(names(place.path()), ["p"]);
}

#[test]
fn where_bytes_can_be_sent_instead_is_said_by_the_command_that_can() {
    let place = directory();
    for name in ["p.csv", "p.parquet"] {
        let pipe = Command::new("mkfifo").arg(place.path().join(name)).status();
        assert!(pipe.unwrap().success());
    }
    for (args, hint) in [
        (
            &["convert", "in.csv", "p.csv"][..],
            Some("use `- --format csv > p.csv`"),
        ),
        (&["convert", "in.csv", "p.parquet"], None),
        (&["summary", "in.csv", "--html", "p.csv"], None),
    ] {
        let mut command = program(args);
        command.arg("--json").current_dir(place.path());
        let error = Running::start(command).finish().expect(2).error();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("not a file"), "{message}");
        match hint {
            Some(hint) => assert!(message.ends_with(hint), "{message}"),
            None => assert!(!message.contains(" > "), "{message}"),
        }
    }
}

#[test]
fn a_document_names_the_path_as_it_is_or_nothing_is_made() {
    let place = directory();
    fs::write(place.path().join("in.csv"), "login_user,start_time\nuser005,\n").unwrap();
    for (args, path) in [
        (&["convert", "in.csv"][..], &b"x\xff.jsonl"[..]),
        (&["summary", "in.csv", "--html"], b"x\xff.html"),
        (&["download", "t", "-o"], b"x\xff.csv"),
    ] {
        let mut command = program(args);
        command.arg(OsStr::from_bytes(path)).arg("--json");
        command.current_dir(place.path());
        let error = Running::start(command).finish().expect(2).error();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("must be valid UTF-8"), "{message}");
        assert_eq!(names(place.path()), ["in.csv"]);
    }
    let mut command = program(&["convert", "in.csv"]);
    command.arg(OsStr::from_bytes(b"x\xff.jsonl"));
    command.current_dir(place.path());
    Running::start(command).finish().expect(0);
}

#[test]
fn a_link_is_followed_and_stays() {
    let (server, place) = (Server::start(service), directory());
    fs::create_dir(place.path().join("other")).unwrap();
    fs::write(place.path().join("other/real.csv"), "mine").unwrap();
    symlink("other/real.csv", place.path().join("x.csv")).unwrap();
    let download = |force: &[&str]| {
        let mut command = server.command(&["download", "t", "-o", "x.csv"]);
        command.args(force).current_dir(place.path());
        Running::start(command).finish()
    };
    download(&[]).expect(2);
    download(&["--force"]).expect(0);
    assert!(place.path().join("x.csv").is_symlink());
    let bytes = fs::read_to_string(place.path().join("other/real.csv")).unwrap();
    assert_eq!(bytes, "id,name\r\n1,user005\r\n");
    assert_eq!(names(place.path()), ["other", "x.csv"]);
}

#[test]
fn a_file_above_the_cap_is_not_kept() {
    let (server, place) = (Server::start(service), directory());
    let mut command = server.command(&["download", "t", "--json", "--max-bytes", "19"]);
    command.current_dir(place.path());
    let error = Running::start(command).finish().expect(1).error();
    assert_eq!(error["kind"], "too_large");
    assert_eq!(names(place.path()), [""; 0]);
    let mut command = server.command(&["download", "t", "--max-bytes", "20"]);
    command.current_dir(place.path());
    Running::start(command).finish().expect(0);
}
