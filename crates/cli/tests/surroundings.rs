//! What is around a command: variables, paths, options that make no sense.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "helpers of tests")]

mod common;

use common::server::{Server, at, ready_task};
use common::{Running, directory, names, program, run};

#[test]
fn a_variable_that_is_no_text_is_named_and_not_passed_over() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let server = Server::start(|_| ready_task("t"));
    for (name, exit, kind) in [
        ("SESSION_EXPORT_TOKEN", 3, "auth"),
        ("HW_AUTH_TOKEN", 3, "auth"),
        ("HW_USER_PASSWORD", 3, "auth"),
        ("HW_REGION_NAME", 3, "auth"),
        ("HTTPS_PROXY", 2, "usage"),
    ] {
        let mut command = at(&server.url, &["tasks", "--json"]);
        command.env("OS_AUTH_TOKEN", "t");
        if name == "HW_USER_PASSWORD" {
            command.env_remove("OS_AUTH_TOKEN").env("OS_PASSWORD", "p");
            command.env("HW_USER_NAME", "u").env("HW_DOMAIN_NAME", "d");
        }
        command.env(name, OsStr::from_bytes(b"secret-\xff"));
        let done = Running::start(command).finish().expect(exit);
        let error = done.error();
        assert_eq!(error["kind"], kind);
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(name) && !message.contains("secret"), "{message}");
    }
    assert!(server.seen().is_empty());
    // A flag is enough where there is one.
    let mut command = server.command(&["tasks", "--region", "cn-north-4"]);
    command.env("HW_REGION_NAME", OsStr::from_bytes(b"\xff"));
    Running::start(command).finish().expect(0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_home_whose_name_is_no_text_is_as_good_as_any() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let place = directory();
    let home = place.path().join(OsStr::from_bytes(b"\xff"));
    std::fs::create_dir(&home).unwrap();
    for (command, name) in [("path", "path"), ("init", "path"), ("show", "file")] {
        for further in [&[][..], &["--json"]] {
            let mut config = program(&[&["config", command], further].concat());
            config.env("HOME", &home);
            // The second time there is a file already.
            let exit = if command == "init" && !further.is_empty() {
                2
            } else {
                0
            };
            let done = Running::start(config).finish().expect(exit);
            if exit == 0 && !further.is_empty() {
                let path = done.json()[name].as_str().unwrap().to_owned();
                assert!(
                    path.ends_with("/\u{fffd}/.config/session-export/config.toml"),
                    "{path}"
                );
            }
        }
    }
    assert!(home.join(".config/session-export/config.toml").exists());
}

#[test]
fn an_emulator_with_options_that_make_no_sense_is_bad_usage() {
    for (flag, value) in [
        ("--listen", "0.0.0.0:0"),
        ("--listen", "192.0.2.1:80"),
        ("--sessions", "2000001"),
        ("--export-delay-ms", "18446744073709551615"),
        ("--token-ttl-s", "18446744073709551615"),
    ] {
        let error = run(&["emulator", "--json", flag, value]).expect(2).error();
        assert_eq!(error["kind"], "usage");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(flag), "{flag}: {message}");
    }
}

#[test]
fn a_token_that_is_there_needs_nothing_else_and_is_not_checked() {
    for json in [false, true] {
        let mut command = program(&["token"]);
        command.env("HW_AUTH_TOKEN", "a-token");
        if json {
            command.arg("--json");
        }
        let done = Running::start(command).finish().expect(0);
        let said = if json { done.stderr.clone() } else { done.out() };
        assert!(said.contains("not checked"), "{said}");
        assert_eq!(done.out().contains("a-token"), json);
        if json {
            assert_eq!(done.json()["token"], "a-token");
            assert!(done.json()["expires_at"].is_null());
        }
    }
}

#[test]
fn an_emulator_of_its_own_has_no_task_to_give() {
    for args in [
        &["wait", "t", "--emulator", "--json"][..],
        &["download", "t", "--emulator", "--json"],
        &["delete", "t", "--emulator", "--json"],
    ] {
        let error = run(args).expect(2).error();
        assert_eq!(error["kind"], "usage");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("`session-export emulator`"), "{message}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_that_a_document_cannot_hold_is_refused_with_json_and_fine_without() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let server = Server::start(|request| {
        if request.line.contains("/download") {
            common::server::respond(200, &[], "id,name\r\n")
        } else {
            ready_task("t")
        }
    });
    let place = directory();
    let download = |args: &[&str]| {
        let mut command = server.command(args);
        command
            .arg("-o")
            .arg(OsStr::from_bytes(b"x\xff.csv"))
            .current_dir(place.path());
        Running::start(command).finish()
    };
    let error = download(&["download", "t", "--json"]).expect(2).error();
    assert!(error["message"].as_str().unwrap().contains("UTF-8"), "{error}");
    assert!(server.seen().is_empty());
    download(&["download", "t"]).expect(0);
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn a_path_does_not_write_over_the_screen() {
    let server = Server::start(|request| {
        if request.line.contains("/download") {
            common::server::respond(200, &[], "id,name\r\n")
        } else {
            ready_task("t")
        }
    });
    let place = directory();
    for code in [0, 2] {
        let mut command = server.command(&["download", "t", "-o", "a\u{1b}[2Jb\n.txt"]);
        command.current_dir(place.path());
        let done = Running::start(command).finish().expect(code);
        let all = format!("{}{}", done.out(), done.stderr);
        assert!(
            !all.contains('\u{1b}') && all.contains(r"a\u{1b}[2Jb\n.txt"),
            "{all}"
        );
    }
    assert_eq!(names(place.path()).len(), 1);
}

#[test]
fn verbose_once_tells_the_exchanges_and_twice_what_is_around_them() {
    let told = |flag| run(&["tasks", "--emulator", flag]).expect(0).stderr;
    let once = told("-v");
    let lines: Vec<_> = once.lines().filter(|line| line.contains("DEBUG")).collect();
    assert!(
        lines
            .iter()
            .any(|line| line.contains("session_export: response session_export.operation=\"list_tasks\"")),
        "{once}"
    );
    assert!(!once.contains("session_export.call{"), "{once}");
    assert!(told("-vv").contains("session_export.call{"));
}
