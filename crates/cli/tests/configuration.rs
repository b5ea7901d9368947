//! The configuration file as the commands use it: each in a process of its own.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "helpers of tests")]

mod common;

use std::path::Path;
use std::process::Command;

use common::emulator::Emulator;
use common::server::{PROJECT, Server, TOKEN, ready_task, respond, respond_json};
use common::{Done, Running, directory, names, program};
use serde_json::Value;
use tempfile::TempDir;

fn finish(command: Command, code: i32) -> Done {
    Running::start(command).finish().expect(code)
}

/// A directory with a configuration file.
fn config(text: &str) -> TempDir {
    let place = directory();
    std::fs::write(place.path().join("config.toml"), text).unwrap();
    place
}

/// A command with that file, at the built-in transport.
fn with(place: &TempDir, args: &[&str]) -> Command {
    let mut command = program(args);
    command.env("SESSION_EXPORT_CONFIG", place.path().join("config.toml"));
    command
}

/// A profile with these three endpoints and a project.
fn profile(name: &str, url: &str, more: &str) -> String {
    format!(
        "[profiles.{name}]\nendpoint = \"{url}\"\nexport_endpoint = \"{url}\"\niam_endpoint = \"{url}\"\nproject_id = \
         \"{PROJECT}\"\n{more}\n"
    )
}

#[test]
fn a_profile_is_all_that_an_export_needs() {
    let emulator = Emulator::start(&["--export-delay-ms", "0", "--sessions", "50"]);
    let base = emulator.says("endpoint");
    let place = config(&format!(
        "default_profile = \"work\"\n[profiles.work]\nendpoint = \"{base}\"\nexport_endpoint = \"{base}\"\niam_endpoint = \
         \"{base}\"\nproject_id = \"{}\"\ncredentials_file = \"keys\"\ncredentials_profile = \"mine\"\noutput_dir = \
         \"files\"\nlast = \"7d\"\ndelete = true\njson = true\n",
        emulator.says("project_id"),
    ));
    let keys = place.path().join("keys");
    std::fs::write(
        &keys,
        format!(
            "[mine]\nak = {}\nsk = {}\n",
            emulator.says("access_key"),
            emulator.says("secret_key")
        ),
    )
    .unwrap();
    private(&keys);
    // A directory that is not there is no file's name.
    let refused = finish(with(&place, &["export"]), 2).error();
    let message = refused["message"].as_str().unwrap();
    assert!(
        message.starts_with("there is no directory ")
            && message
                .ends_with("files (output_dir, profile work, line 9); make it, or name another with -o"),
        "{message}"
    );
    std::fs::create_dir(place.path().join("files")).unwrap();
    // What the variables say about somebody else does not count: the profile names a file.
    let mut command = with(&place, &["export"]);
    command
        .env("HW_ACCESS_KEY", "AKNOTTHIS")
        .env("HW_SECRET_KEY", "wrong");
    let document = finish(command, 0).json();
    assert!(Path::new(document["path"].as_str().unwrap()).starts_with(place.path().join("files")));
    assert_eq!(names(&place.path().join("files")).len(), 1);
    // It was deleted; and a flag takes the place of what the profile says.
    let tasks = finish(with(&place, &["tasks", "--json=false"]), 0);
    assert!(tasks.stderr.contains("0 of 0 tasks"), "{}", tasks.stderr);
    let mut command = with(&place, &["export", "--delete=false", "--json", "-o", "here.xlsx"]);
    command.current_dir(place.path());
    assert_eq!(finish(command, 0).json()["path"], "here.xlsx");
    assert_eq!(finish(with(&place, &["tasks"]), 0).json()["count"], 1);
}

fn private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let _ = path;
}

#[test]
fn who_chooses_a_profile_and_whose_choice_counts() {
    let servers = [(); 3].map(|()| Server::start(|_| ready_task("t")));
    let names = ["flagged", "varied", "usual"];
    let profiles: String = names
        .iter()
        .zip(&servers)
        .map(|(name, server)| profile(name, &server.url, ""))
        .collect();
    let place = config(&format!("default_profile = \"usual\"\n{profiles}"));
    let asked = |args: &[&str], variable: Option<&str>| {
        let mut command = with(&place, &["tasks"]);
        command.args(args).env("SESSION_EXPORT_TOKEN", TOKEN);
        if let Some(name) = variable {
            command.env("SESSION_EXPORT_PROFILE", name);
        }
        let before: Vec<_> = servers.iter().map(|server| server.seen().len()).collect();
        finish(command, 0);
        let asked = servers
            .iter()
            .zip(before)
            .position(|(server, before)| server.seen().len() > before);
        names[asked.unwrap()]
    };
    assert_eq!(asked(&["--profile", "flagged"], Some("varied")), "flagged");
    assert_eq!(asked(&[], Some("varied")), "varied");
    assert_eq!(asked(&[], None), "usual");

    let mut command = with(&place, &["tasks", "--json", "--profile", "other"]);
    command.env("SESSION_EXPORT_TOKEN", TOKEN);
    let error = finish(command, 2).error();
    assert_eq!(error["kind"], "configuration");
    assert_eq!(
        error["message"],
        format!(
            "--profile: there is no profile \"other\" in {}; the file has flagged, usual, varied",
            place.path().join("config.toml").display()
        )
    );
    let error = finish(program(&["tasks", "--json", "--profile", "other"]), 2).error();
    assert_eq!(
        error["message"],
        "--profile names the profile \"other\", but there is no configuration file \
         /nonexistent/.config/session-export/config.toml; make one with `session-export config init`, or choose a section of the \
         credentials file with --credentials-profile"
    );
}

#[test]
fn commands_take_what_counts_from_each_layer() {
    let server = Server::start(|_| respond_json(200, r#"{"count":0,"items":[]}"#));
    let place = config(&profile("w", &server.url, "last = \"9d\""));
    let window = |args: &[&str], variable: Option<&str>| {
        let mut command = with(&place, &["sessions", "--profile", "w"]);
        command.args(args).env("SESSION_EXPORT_TOKEN", TOKEN);
        if let Some(last) = variable {
            command.env("SESSION_EXPORT_LAST", last);
        }
        let (begin, end) = common::window(&finish(command, 0).stderr);
        let time = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap();
        (time(&end) - time(&begin)).num_days()
    };
    assert_eq!(window(&["--last", "3d"], Some("5d")), 3);
    assert_eq!(window(&[], Some("5d")), 5);
    assert_eq!(window(&[], None), 9);
    // A window that is given takes the place of the usual one.
    let given = ["--begin", "2024-02-01T00:00:00Z", "--end", "2024-02-02T00:00:00Z"];
    assert_eq!(window(&given, Some("5d")), 1);
}

#[test]
fn a_time_limit_and_a_size_limit_may_be_the_profiles() {
    let server = Server::start(|request| {
        if request.line.contains("/download") {
            respond(200, &[], "id,name\r\n".repeat(100))
        } else {
            ready_task("t")
        }
    });
    let place = config(&profile("w", &server.url, "max_bytes = 10"));
    let download = |limit: Option<&str>| {
        let mut command = with(
            &place,
            &["download", "t", "--profile", "w", "-o", "x.csv", "--force"],
        );
        command
            .env("SESSION_EXPORT_TOKEN", TOKEN)
            .current_dir(place.path());
        command.args(limit.into_iter().flat_map(|limit| ["--max-bytes", limit]));
        Running::start(command).finish()
    };
    let refused = download(None).expect(1);
    assert!(refused.stderr.contains("10"), "{}", refused.stderr);
    download(Some("100000")).expect(0);

    let hanging = Server::start(|_| common::server::Reply::Hang(Vec::new()));
    let place = config(&profile("w", &hanging.url, "timeout = \"1s\""));
    let mut command = with(&place, &["tasks", "--profile", "w"]);
    command.env("SESSION_EXPORT_TOKEN", TOKEN);
    finish(command, 8);
}

#[test]
fn a_proxy_of_a_profile_is_used_and_a_variable_stands_above_it() {
    let (of_profile, of_variable) = (
        Server::start(|_| respond(403, &[], "")),
        Server::start(|_| respond(403, &[], "")),
    );
    let place = config(&profile(
        "w",
        "https://workspace.invalid",
        &format!("proxy = \"{}\"", of_profile.url),
    ));
    for (variable, expected) in [(None, &of_profile), (Some("HTTPS_PROXY"), &of_variable)] {
        let mut command = with(&place, &["tasks", "--profile", "w", "--timeout", "20s"]);
        command.env("SESSION_EXPORT_TOKEN", TOKEN);
        if let Some(name) = variable {
            command.env(name, &of_variable.url);
        }
        let before = expected.seen().len();
        assert_ne!(Running::start(command).finish().code, Some(0));
        let seen = expected.seen();
        assert!(seen.len() > before);
        assert_eq!(seen[before].line, "CONNECT workspace.invalid:443");
    }
}

#[test]
fn the_emulator_inside_needs_nothing_of_the_profile() {
    let place = config(&profile(
        "w",
        "https://workspace.invalid",
        "proxy = \"http://127.0.0.1:1\"\nca_file = \"not-there.pem\"\nlast = \"7d\"",
    ));
    let mut command = with(
        &place,
        &["export", "--emulator", "--profile", "w", "-o", "x.xlsx"],
    );
    command.current_dir(place.path());
    let done = finish(command, 0);
    assert!(done.stderr.contains("window: --begin"), "{}", done.stderr);
}

#[test]
fn a_broken_file_ends_every_command_but_those_that_mend_it() {
    let place = config("[profiles.work]\npassword = \"pl4nted-s3cret\"\nregoin = \"x\"\n");
    let path = place.path().join("config.toml");
    for args in [
        &["tasks", "--json"][..],
        &["config", "show", "--json"],
        &["export", "--emulator", "--json"],
    ] {
        let done = finish(with(&place, args), 2);
        let error = done.error();
        assert_eq!(error["kind"], "configuration");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.starts_with(&format!(
                "the configuration file {} is not valid: line 2, column 1: `password` looks like a secret",
                path.display()
            )) && message.ends_with("line 3, column 1: `regoin` is not known here; did you mean `region`?"),
            "{message}"
        );
        assert!(!format!("{}{}", done.out(), done.stderr).contains("pl4nted"));
    }
    assert_eq!(
        finish(with(&place, &["config", "path"]), 0).out(),
        format!("{}\n", path.display())
    );
    finish(with(&place, &["config", "init"]), 2);
    finish(with(&place, &["config", "init", "--force"]), 0);
    finish(with(&place, &["config", "show"]), 0);
}

#[test]
fn a_file_that_is_named_has_to_be_there() {
    let place = directory();
    let mut command = with(&place, &["tasks", "--json"]);
    command.env("SESSION_EXPORT_TOKEN", TOKEN);
    let message = finish(command, 2).error()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("cannot be read") && message.ends_with("; SESSION_EXPORT_CONFIG names it"),
        "{message}"
    );
    let mut command = program(&["config", "path"]);
    command.env("SESSION_EXPORT_CONFIG", "off");
    let done = finish(command, 2);
    assert!(
        done.stderr.contains("SESSION_EXPORT_CONFIG is off"),
        "{}",
        done.stderr
    );
}

#[test]
fn init_writes_a_file_for_its_owner_alone_and_replaces_none() {
    let home = directory();
    let run = |args: &[&str], xdg: Option<&Path>| {
        let mut command = program(args);
        command.env("HOME", home.path());
        if let Some(xdg) = xdg {
            command.env("XDG_CONFIG_HOME", xdg);
        }
        Running::start(command).finish()
    };
    let done = run(&["config", "init", "--profile", "work", "--json"], None).expect(0);
    let path = home.path().join(if cfg!(target_os = "macos") {
        "Library/Application Support/session-export/config.toml"
    } else {
        ".config/session-export/config.toml"
    });
    assert_eq!(done.json()["path"], path.to_str().unwrap());
    assert_eq!(done.json()["profile"], "work");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
    }
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("default_profile = \"work\"\n") && text.contains("\n# region = \"cn-north-4\"\n"));
    let shown = run(&["config", "show", "--json"], None).expect(0).json();
    assert_eq!(
        (&shown["profile"], &shown["profile_from"]),
        (&"work".into(), &"default_profile".into())
    );

    std::fs::write(&path, format!("{text}last = \"7d\"\n")).unwrap();
    let refused = run(&["config", "init"], None).expect(2);
    assert!(
        refused
            .stderr
            .contains("already; change it, or replace it with --force"),
        "{}",
        refused.stderr
    );
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .ends_with("last = \"7d\"\n")
    );
    run(&["config", "init", "--force"], None).expect(0);
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .contains("default_profile = \"default\"")
    );
    assert_eq!(names(path.parent().unwrap()), ["config.toml"]);

    #[cfg(unix)]
    {
        let real = home.path().join("dotfiles.toml");
        std::fs::rename(&path, &real).unwrap();
        std::os::unix::fs::symlink(&real, &path).unwrap();
        run(&["config", "init", "--force", "--profile", "linked"], None).expect(0);
        assert!(path.symlink_metadata().unwrap().is_symlink());
        assert!(
            std::fs::read_to_string(&real)
                .unwrap()
                .contains("default_profile = \"linked\"")
        );
    }

    let xdg = home.path().join("xdg");
    run(&["config", "init"], Some(&xdg)).expect(0);
    assert_eq!(names(&xdg.join("session-export")), ["config.toml"]);
    run(&["config", "init", "--profile", "a b"], Some(&xdg)).expect(2);
}

#[test]
fn show_says_what_counts_and_why() {
    let place = config("[profiles.work]\nregion = \"cn-north-4\"\nproject_id = \"p1\"\nutc = true\n");
    let mut command = with(&place, &["config", "show", "--explain", "--profile", "work"]);
    command
        .args(["--ca-file", "a.pem"])
        .env("SESSION_EXPORT_WAIT_TIMEOUT", "90s")
        .env("HTTPS_PROXY", "http://user:pl4nted@proxy.example:3128")
        .env("SESSION_EXPORT_TRANSPORT", "hyper")
        .env("HW_ACCESS_KEY", "AKEXAMPLE")
        .env("HW_SECRET_KEY", "pl4nted-s3cret");
    let done = finish(command, 0);
    assert_eq!(
        done.out(),
        format!(
            "\
file: {}
profile: work (--profile)
region: cn-north-4 (profile work, line 2)
project_id: p1 (profile work, line 3)
exchange_token: false (default)
transport: hyper (SESSION_EXPORT_TRANSPORT)
proxy: http://proxy.example:3128 (HTTPS_PROXY)
ca_file: a.pem (--ca-file)
delete: false (default)
utc: true (profile work, line 4)
wait_timeout: 1m 30s (SESSION_EXPORT_WAIT_TIMEOUT)
json: false (default)
",
            place.path().join("config.toml").display()
        )
    );
    assert!(done.stderr.is_empty(), "{}", done.stderr);
    let document = finish(with(&place, &["config", "show", "--json"]), 0).json();
    assert_eq!(document["profile"], Value::Null);
    assert_eq!(document["profiles"], serde_json::json!(["work"]));
    assert_eq!(document["settings"]["json"]["origin"], "flag");
}

#[test]
fn what_a_credential_brings_along_is_shown_with_its_place() {
    let place = config("[profiles.work]\ncredentials_file = \"keys\"\n");
    let keys = place.path().join("keys");
    std::fs::write(
        &keys,
        "[basic]\nak = AKEXAMPLE\nsk = pl4nted\nproject_id = of-the-file\niam_endpoint = https://iam.example\n",
    )
    .unwrap();
    private(&keys);
    let show = |more: &[(&str, &str)]| {
        let mut command = with(&place, &["config", "show", "--json", "--profile", "work"]);
        command.envs(more.iter().copied());
        let done = finish(command, 0);
        assert!(!done.out().contains("pl4nted"), "{}", done.out());
        done.json()["settings"].clone()
    };
    let settings = show(&[]);
    assert_eq!(settings["project_id"]["value"], "of-the-file");
    assert_eq!(settings["project_id"]["origin"], "credential");
    assert_eq!(settings["iam_endpoint"]["value"], "https://iam.example");
    let settings = show(&[("SESSION_EXPORT_PROJECT_ID", "mine")]);
    assert_eq!(settings["project_id"]["value"], "mine");
    assert_eq!(settings["project_id"]["from"], "SESSION_EXPORT_PROJECT_ID");
}
