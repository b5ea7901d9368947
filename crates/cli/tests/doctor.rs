//! What `doctor` says of a whole set-up, and of those whose configuration, credential or permissions are broken.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "helpers of tests, which have a runtime for what they talk to"
)]

mod common;

use common::doctor::{at, emulator, failed, finish, runtime, said, set_clock};
use common::emulator::Emulator;
use common::server::{PROJECT, Server, respond, respond_json};
use common::{directory, program};
use serde_json::Value;
use session_export_emulator::{Permission, ProjectSpec, UserSpec};
use tempfile::TempDir;

fn config(text: &str) -> TempDir {
    let place = directory();
    std::fs::write(place.path().join("config.toml"), text).unwrap();
    place
}

#[test]
fn a_whole_set_up_is_ok_and_nothing_is_created() {
    let emulator = emulator();
    let done = finish(emulator.command(&["doctor"]), 0);
    let base = emulator.says("endpoint");
    let out = done.out();
    let (before, rest) = out.split_once("good until ").unwrap();
    let (_, after) = rest.split_once('\n').unwrap();
    let of = "of sessions, export centre, IAM: 127.0.0.1:";
    assert_eq!(
        format!("{before}…\n{after}"),
        format!(
            "\
ok       configuration: no file (it would be /nonexistent/.config/session-export/config.toml)
ok       credentials: environment HW_*: used, a password
ok       endpoints: sessions {base}, export centre {base}, IAM {base}
skipped  proxy: none is set, so requests go directly
skipped  name {of} an address needs no resolving
ok       connection {of} an answer came
skipped  tls {of} plain http
ok       clock: within a minute of that of sessions
ok       log-in: emulator-user of emulator-domain, …
ok       list tasks: permitted (workspace:tenants:listExportTasks)
ok       list sessions: permitted (workspace:session:listSessions)
skipped  export: whether exports may be created cannot be tried without creating one; it needs workspace:session:exportSessions
8 ok, 0 with a warning, 0 failed, 4 skipped
"
        )
    );
    let tasks = finish(emulator.command(&["tasks", "--json"]), 0);
    assert_eq!(tasks.json()["count"], 0);
}

#[test]
fn the_emulator_of_the_program_itself_is_whole() {
    let done = finish(program(&["doctor", "--emulator", "--json"]), 0);
    let document = done.json();
    assert_eq!(document["ok"], true);
    let checks = document["checks"].as_array().unwrap();
    let names: Vec<_> = checks
        .iter()
        .map(|check| check["check"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "configuration",
            "credentials",
            "endpoints",
            "proxy",
            "name",
            "connection",
            "tls",
            "clock",
            "log-in",
            "list tasks",
            "list sessions",
            "export"
        ]
    );
    for check in checks {
        assert_eq!(
            common::keys(check),
            ["check", "details", "of", "status", "text", "to_do"]
        );
    }
}

#[test]
fn a_slip_in_the_configuration_ends_it() {
    let place = config("default_profile = \"work\"\n\n[profiles.work]\nregoin = \"cn-north-4\"\n");
    let path = place.path().join("config.toml");
    let mut command = program(&["doctor"]);
    command.env("SESSION_EXPORT_CONFIG", &path);
    let done = finish(command, 2);
    let expected = format!(
        "\
failed   configuration: the configuration file {} is not valid
         line 4, column 1: `regoin` is not known here; did you mean `region`?
         to do: mend it; `session-export config show --explain` says where each value comes from
skipped  credentials: the configuration is not usable
",
        path.display()
    );
    assert!(done.out().starts_with(&expected), "{}", done.out());
    assert!(
        done.out()
            .ends_with("0 ok, 0 with a warning, 1 failed, 11 skipped\n")
    );
    assert!(done.stderr.is_empty(), "{}", done.stderr);

    let mut command = program(&["doctor", "--json"]);
    command.env("SESSION_EXPORT_CONFIG", &path);
    let document = finish(command, 2).json();
    assert_eq!(document["ok"], false);
    assert_eq!(
        document["checks"][0]["details"][0],
        "line 4, column 1: `regoin` is not known here; did you mean `region`?"
    );
}

#[test]
fn an_authority_that_is_not_there_is_a_matter_of_configuration() {
    let done = finish(
        program(&["doctor", "--region", "cn-north-4", "--ca-file", "no/such.pem"]),
        2,
    );
    let said = said(&done, "configuration");
    assert!(
        said.starts_with("failed   configuration: CA file no/such.pem: cannot be read"),
        "{said}"
    );
}

#[test]
fn a_variable_that_nobody_reads_is_pointed_out() {
    let emulator = emulator();
    let mut command = emulator.command(&["doctor"]);
    command.env("SESSION_EXPORT_REGOIN", "cn-north-4");
    let done = finish(command, 0);
    assert_eq!(
        said(&done, "configuration"),
        "warning  configuration: no file (it would be /nonexistent/.config/session-export/config.toml)\n         \
         to do: no such variable is known: SESSION_EXPORT_REGOIN; check how it is written"
    );
}

#[cfg(unix)]
#[test]
fn a_configuration_that_others_can_change_is_pointed_out() {
    use std::os::unix::fs::PermissionsExt;

    let emulator = emulator();
    let place = config("");
    let path = place.path().join("config.toml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    for (args, code) in [(&["doctor"], 0), (&["tasks"], 0)] {
        let mut command = emulator.command(args);
        command.env("SESSION_EXPORT_CONFIG", &path);
        let done = finish(command, code);
        let all = format!("{}{}", done.out(), done.stderr);
        let expected = format!(
            "other users can change {0}, and with it where secrets are sent; close it with `chmod go-w {0}`",
            path.display()
        );
        assert!(all.contains(&expected), "{all}");
    }
}

#[test]
fn without_credentials_the_network_is_looked_at_all_the_same() {
    let emulator = emulator();
    let done = finish(common::server::at(emulator.says("endpoint"), &["doctor"]), 3);
    assert_eq!(
        said(&done, "credentials"),
        "\
failed   credentials: there are no credentials
         environment SESSION_EXPORT_TOKEN: SESSION_EXPORT_TOKEN is not set
         environment HUAWEICLOUD_SDK_*: HUAWEICLOUD_SDK_AK is not set
         environment HW_*: neither HW_AUTH_TOKEN, HW_ACCESS_KEY nor HW_USER_PASSWORD is set
         environment OS_*: neither OS_AUTH_TOKEN, OS_ACCESS_KEY nor OS_PASSWORD is set
         file ~/.huaweicloud/credentials: there is no such file
         file ~/.hcloud/config.json: there is no such file
         instance metadata: it is not asked unless that is wanted
         to do: set SESSION_EXPORT_TOKEN, or HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, or HW_USER_NAME, HW_USER_PASSWORD \
and HW_DOMAIN_NAME; or try --emulator"
    );
    assert!(said(&done, "connection").starts_with("ok "));
    assert_eq!(
        said(&done, "list tasks"),
        "skipped  list tasks: there are no credentials"
    );
    assert_eq!(failed(&done), ["credentials"]);
}

#[test]
fn without_credentials_a_region_of_a_variable_leads_to_its_endpoints() {
    let emulator = emulator();
    let mut command = program(&["doctor"]);
    command.env("HW_REGION_NAME", "lab-1");
    for service in ["WORKSPACEAPP", "WORKSPACE", "IAM"] {
        command.env(
            format!("HUAWEICLOUD_SDK_REGION_{service}_LAB_1"),
            emulator.says("endpoint"),
        );
    }
    let done = finish(command, 3);
    assert_eq!(failed(&done), ["credentials"]);
    assert!(said(&done, "connection").starts_with("ok "), "{}", done.out());
}

#[test]
fn a_credential_that_cannot_be_used_fails_its_check_alone() {
    let emulator = emulator();
    let mut command = common::server::at(emulator.says("endpoint"), &["doctor", "--exchange-token"]);
    command
        .env("HW_ACCESS_KEY", emulator.says("access_key"))
        .env("HW_SECRET_KEY", emulator.says("secret_key"));
    let done = finish(command, 2);
    assert_eq!(
        said(&done, "log-in"),
        "failed   log-in: --exchange-token is for a token; the credential that was found is an access key\n         to do: \
         see docs/credentials.md"
    );
    assert_eq!(failed(&done), ["log-in"]);
    assert!(said(&done, "connection").starts_with("ok "), "{}", done.out());
}

#[test]
fn half_a_credential_is_named() {
    let emulator = emulator();
    let mut command = common::server::at(emulator.says("endpoint"), &["doctor"]);
    command.env("HW_ACCESS_KEY", "AKEXAMPLE");
    let done = finish(command, 3);
    assert_eq!(
        said(&done, "credentials"),
        "failed   credentials: environment HW_*: HW_ACCESS_KEY is set, but not HW_SECRET_KEY; set what is missing, or remove \
         HW_ACCESS_KEY to use another credential\n         to do: see docs/credentials.md"
    );
}

#[test]
fn a_wrong_password_is_tried_once() {
    let emulator = emulator();
    let mut command = emulator.command(&["doctor"]);
    command.env("HW_USER_PASSWORD", "not-the-password");
    let done = finish(command, 3);
    let log_in = said(&done, "log-in");
    assert!(
        log_in.starts_with(
            "failed   log-in: logging in: the credential was refused: HTTP 401: The username or password is wrong. (request id "
        ),
        "{log_in}"
    );
    assert!(
        log_in.ends_with(
            "\n         to do: check the credential, and the account and project that it is for; five wrong passwords in a row \
             lock a user"
        ),
        "{log_in}"
    );
    assert!(!done.out().contains("not-the-password"), "{}", done.out());
    assert_eq!(failed(&done), ["log-in"]);
    assert_eq!(
        said(&done, "list tasks"),
        "skipped  list tasks: nobody is logged in"
    );
    // The fifth wrong password in a row would lock the user: doctor may be run four times.
    for _ in 0..3 {
        let mut command = emulator.command(&["doctor"]);
        command.env("HW_USER_PASSWORD", "not-the-password");
        finish(command, 3);
    }
    finish(emulator.command(&["doctor"]), 0);
}

#[test]
fn a_token_that_has_ended() {
    let emulator = Emulator::start(&[
        "--sessions",
        "5",
        "--admin",
        "127.0.0.1:0",
        "--token-ttl-s",
        "3600",
    ]);
    let token = finish(emulator.command(&["token", "--json"]), 0).json()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    set_clock(emulator.says("admin"), 3_700);
    let mut command = common::server::at(emulator.says("endpoint"), &["doctor"]);
    command.env("SESSION_EXPORT_TOKEN", &token);
    let done = finish(command, 3);
    let log_in = said(&done, "log-in");
    assert!(
        log_in
            .starts_with("failed   log-in: asking IAM about the token: the credential was refused: HTTP 40"),
        "{log_in}"
    );
    assert!(!done.out().contains(&token), "{}", done.out());
}

#[test]
fn a_key_that_is_not_accepted_shows_with_the_first_call() {
    let emulator = emulator();
    let mut command = common::server::at(emulator.says("endpoint"), &["doctor"]);
    command
        .env("HW_ACCESS_KEY", emulator.says("access_key"))
        .env("HW_SECRET_KEY", "not-the-secret");
    let done = finish(command, 3);
    assert_eq!(
        said(&done, "log-in"),
        "skipped  log-in: an access key does not log in; whether it is accepted, the next checks tell"
    );
    let tasks = said(&done, "list tasks");
    assert!(tasks.starts_with("failed   list tasks: "), "{tasks}");
    assert!(tasks.contains("HTTP 401"), "{tasks}");
}

#[test]
fn a_permission_that_is_missing_is_named() {
    let runtime = runtime();
    let emulator = runtime
        .block_on(
            session_export_emulator::Emulator::builder()
                .sessions(5)
                .project(
                    ProjectSpec::new("cn-north-4")
                        .sessions(5)
                        .user(UserSpec::new("reader").permissions([Permission::ListSessions])),
                )
                .start(),
        )
        .unwrap();
    let project = emulator.project("cn-north-4").unwrap();
    let reader = project.user("reader").unwrap();
    let base = emulator.base_url();
    let mut command = program(&["doctor"]);
    for flag in ["--endpoint", "--export-endpoint", "--iam-endpoint"] {
        command.args([flag, &base]);
    }
    command
        .args(["--project-id", project.id()])
        .env("HW_USER_NAME", reader.name())
        .env("HW_USER_PASSWORD", reader.password())
        .env("HW_DOMAIN_NAME", project.domain_name());
    let done = finish(command, 4);
    assert_eq!(failed(&done), ["list tasks"]);
    let tasks = said(&done, "list tasks");
    assert!(tasks.contains("HTTP 403"), "{tasks}");
    assert!(
        tasks.ends_with(
            "\n         to do: ask whoever manages the account's users for the permission workspace:tenants:listExportTasks in \
             this project"
        ),
        "{tasks}"
    );
    assert!(said(&done, "list sessions").starts_with("ok "));
    let created = emulator.exports_created_in(project.id());
    assert_eq!((created, emulator.exports_created()), (0, 0));
}

#[test]
fn a_service_that_is_out_of_order_fails_its_check_alone() {
    let server = Server::start(|request| {
        if request.line.contains("/v3/auth/tokens") {
            let body =
                r#"{"token":{"expires_at":"2099-01-01T00:00:00Z","user":{"name":"u"},"project":{"id":"p"}}}"#;
            respond_json(200, body)
        } else if request.line.contains("list-sessions") {
            respond_json(200, r#"{"count":0,"items":[]}"#)
        } else if request.line.contains("export-tasks") {
            respond_json(400, r#"{"error_code":"WKS.00000001","error_msg":"out of order"}"#)
        } else {
            respond(404, &[], "")
        }
    });
    let done = finish(at(&server.url, &["doctor"]), 1);
    assert_eq!(failed(&done), ["list tasks"]);
    let tasks = said(&done, "list tasks");
    assert!(tasks.contains("HTTP 400 WKS.00000001: out of order"), "{tasks}");
    assert!(said(&done, "list sessions").starts_with("ok "), "{}", done.out());
    for request in server.seen() {
        assert!(request.line.starts_with("GET "), "{}", request.line);
        let is_probe = request.line == "GET /v1";
        let has_token = request.head.to_lowercase().contains("x-auth-token");
        assert_eq!(has_token, !is_probe, "{}", request.head);
        assert!(is_probe || request.line.contains("/v3/") || request.line.contains(PROJECT));
    }
}

#[test]
fn the_document_has_what_to_do() {
    let emulator = emulator();
    let mut command = emulator.command(&["doctor", "--json"]);
    command.env("HW_USER_PASSWORD", "wrong");
    let document = finish(command, 3).json();
    let log_in = document["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["check"] == "log-in")
        .unwrap();
    assert_eq!(log_in["status"], "failed");
    assert_eq!(log_in["of"], Value::Null);
    assert!(log_in["to_do"].as_str().unwrap().contains("check the credential"));
}
