//! Where the program finds credentials, and what each of them can do against an emulator in another process.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::path::Path;
use std::process::Command;

use common::emulator::Emulator;
use common::server::{Reply, Server, respond, respond_json};
use common::{Done, Running, directory, keys, program};
use serde_json::{Value, json};

fn emulator() -> Emulator {
    Emulator::start(&["--export-delay-ms", "0", "--sessions", "50"])
}

/// A command at the emulator's three base URLs, and without credentials.
fn at(emulator: &Emulator, args: &[&str]) -> Command {
    let mut command = program(args);
    let base = emulator.says("endpoint");
    command.args([
        "--endpoint",
        base,
        "--export-endpoint",
        base,
        "--iam-endpoint",
        base,
    ]);
    command
}

fn home(files: &[(&str, &str)]) -> tempfile::TempDir {
    let home = directory();
    for (name, text) in files {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        private(&path);
    }
    home
}

/// Closes a file to others, as a user should.
fn private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let _ = path;
}

fn finish(mut command: Command, environment: &[(&str, &str)]) -> Done {
    command.envs(environment.iter().copied());
    Running::start(command).finish()
}

/// Exports with these variables, and says how many requests IAM got: to a path that begins so.
fn exports(emulator: &Emulator, more: &[&str], environment: &[(&str, &str)]) -> Value {
    let place = directory();
    let mut args = vec!["export", "--json", "--last", "7d", "-o", "x.xlsx"];
    args.extend(more);
    let mut command = at(emulator, &args);
    command.current_dir(place.path());
    let done = finish(command, environment).expect(0);
    assert!(place.path().join("x.xlsx").exists());
    done.json()
}

#[test]
fn an_access_key_from_each_family_of_variables_exports() {
    let emulator = emulator();
    let (id, secret) = (emulator.says("access_key"), emulator.says("secret_key"));
    let project = emulator.says("project_id");
    for environment in [
        [
            ("HUAWEICLOUD_SDK_AK", id),
            ("HUAWEICLOUD_SDK_SK", secret),
            ("HUAWEICLOUD_SDK_PROJECT_ID", project),
        ],
        [
            ("HW_ACCESS_KEY", id),
            ("HW_SECRET_KEY", secret),
            ("HW_PROJECT_ID", project),
        ],
        [
            ("OS_ACCESS_KEY", id),
            ("OS_SECRET_KEY", secret),
            ("OS_PROJECT_ID", project),
        ],
    ] {
        exports(&emulator, &[], &environment);
    }
}

#[test]
fn the_project_of_a_key_is_found_by_the_regions_name() {
    let emulator = emulator();
    let key = [
        ("HW_ACCESS_KEY", emulator.says("access_key")),
        ("HW_SECRET_KEY", emulator.says("secret_key")),
    ];
    exports(&emulator, &["--region", "emulator-1"], &key);
    let unknown = finish(
        at(&emulator, &["tasks", "--json", "--region", "cn-north-4"]),
        &key,
    )
    .expect(1);
    assert_eq!(
        unknown.error()["message"],
        "looking for the project: the project was not found: IAM lists no project named \"cn-north-4\" for this user; check the region, or give \
         the project's id"
    );
    let nowhere = finish(at(&emulator, &["tasks", "--json"]), &key).expect(2);
    assert_eq!(
        nowhere.error()["message"],
        "the project is not known; give --project-id, or --region to look for it"
    );
}

#[test]
fn the_files_of_other_tools_are_found() {
    let emulator = emulator();
    let (id, secret) = (emulator.says("access_key"), emulator.says("secret_key"));
    let project = emulator.says("project_id");
    let profile = format!(
        "[basic]\nak = AKNOTTHIS\nsk = wrong\n\n[work]\nak = {id}\nsk = {secret}\nproject_id = {project}\n"
    );
    let koocli = json!({"current": "work", "profiles": [
        {"name": "work", "mode": "AKSK", "accessKeyId": id, "secretAccessKey": secret, "projectId": project},
    ]});
    let place = home(&[
        (".huaweicloud/credentials", &profile),
        (".hcloud/config.json", &koocli.to_string()),
    ]);
    let home = [("HOME", place.path().to_str().unwrap())];
    exports(
        &emulator,
        &["--credentials-profile", "work", "--credentials", "file"],
        &home,
    );
    exports(&emulator, &["--credentials", "koocli"], &home);
    let other = place.path().join("elsewhere");
    std::fs::write(&other, &profile).unwrap();
    private(&other);
    exports(
        &emulator,
        &[
            "--credentials-file",
            other.to_str().unwrap(),
            "--credentials-profile",
            "work",
        ],
        &[],
    );
    let unknown = finish(
        at(
            &emulator,
            &[
                "tasks",
                "--json",
                "--credentials-profile",
                "home",
                "--credentials",
                "file",
            ],
        ),
        &home,
    )
    .expect(3);
    let message = unknown.error()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("it has no section [home]; it has [basic], [work]"),
        "{message}"
    );
    assert!(!message.contains(secret), "{message}");
}

#[test]
fn the_machines_metadata_is_asked_last_or_alone() {
    let emulator = emulator();
    let environment = [
        ("SESSION_EXPORT_METADATA_ENDPOINT", emulator.says("endpoint")),
        ("HW_PROJECT_ID", emulator.says("project_id")),
    ];
    exports(&emulator, &[], &environment);
    let mut alone = environment.to_vec();
    alone.extend([("HW_ACCESS_KEY", "AKNOTTHIS"), ("HW_SECRET_KEY", "wrong")]);
    exports(&emulator, &["--credentials", "metadata"], &alone);
    let without = finish(at(&emulator, &["tasks", "--credentials", "metadata"]), &[]).expect(3);
    assert!(without.stderr.contains("instance metadata"), "{}", without.stderr);
}

#[test]
fn an_agency_and_an_exchange_give_tokens_of_other_scopes() {
    let emulator = emulator();
    let login = [
        ("HW_USER_NAME", emulator.says("user_name")),
        ("HW_USER_PASSWORD", emulator.says("password")),
        ("HW_DOMAIN_NAME", emulator.says("domain_name")),
    ];
    let mut agency = login.to_vec();
    agency.extend([
        ("HW_ASSUME_ROLE_AGENCY_NAME", emulator.says("agency")),
        ("HW_ASSUME_ROLE_DOMAIN_NAME", emulator.says("agency_domain_name")),
        ("HW_PROJECT_ID", emulator.says("agency_project_id")),
    ]);
    exports(&emulator, &[], &agency);
    let token = finish(at(&emulator, &["token", "--json"]), &agency)
        .expect(0)
        .json();
    assert_eq!(token["project_id"], emulator.says("agency_project_id"));

    let held = finish(
        at(
            &emulator,
            &["token", "--json", "--project-id", emulator.says("project_id")],
        ),
        &login,
    );
    let held = held.expect(0).json()["token"].as_str().unwrap().to_owned();
    let held = [("SESSION_EXPORT_TOKEN", held.as_str())];
    // Without the project's id, the token itself knows it.
    exports(&emulator, &[], &held);
    let sub = [
        "token",
        "--json",
        "--exchange-token",
        "--region",
        "emulator-1_sub",
    ];
    let exchanged = finish(at(&emulator, &sub), &held).expect(0).json();
    assert_ne!(exchanged["project_id"], emulator.says("project_id"));
}

#[test]
fn a_token_is_looked_at_by_iam() {
    let emulator = emulator();
    let done = emulator.run(&["token", "--check", "--json"]).expect(0).json();
    assert_eq!(
        keys(&done),
        [
            "domain",
            "expires_at",
            "methods",
            "project_id",
            "project_name",
            "schema",
            "user"
        ]
    );
    assert_eq!(done["methods"], json!(["password"]));
    let line = emulator.run(&["token", "--check"]).expect(0).out();
    assert!(
        line.starts_with("the token is of emulator-user of emulator-domain, for the project emulator-1 ("),
        "{line}"
    );
    let nobody = [("SESSION_EXPORT_TOKEN", "MIInobody")];
    let refused = finish(at(&emulator, &["token", "--check", "--json"]), &nobody).expect(3);
    assert_eq!(refused.error()["kind"], "auth");
}

#[test]
fn what_was_found_is_explained_without_secrets_and_without_a_request() {
    let place = home(&[(
        ".huaweicloud/credentials",
        "[basic]\nak = AKPROFILE\nsk = planted-profile\n",
    )]);
    let mut command = program(&["token", "--explain"]);
    command
        .env("HOME", place.path())
        .env("HW_ACCESS_KEY", "AKEXAMPLE")
        .env("HW_SECRET_KEY", "planted-secret")
        .env("HW_REGION_NAME", "cn-north-4");
    let done = Running::start(command).finish().expect(0);
    assert_eq!(
        done.out(),
        "environment SESSION_EXPORT_TOKEN: SESSION_EXPORT_TOKEN is not set\n\
         environment HUAWEICLOUD_SDK_*: HUAWEICLOUD_SDK_AK is not set\n\
         environment HW_*: used, an access key\n\
         region: cn-north-4\n"
    );
    let mut command = program(&["token", "--explain", "--json", "--credentials", "file"]);
    command.env("HOME", place.path());
    let document = Running::start(command).finish().expect(0);
    assert!(!document.out().contains("planted"), "{}", document.out());
    let document = document.json();
    assert_eq!(document["credential"], "access_key");
    assert_eq!(document["looked_at"][0]["outcome"], "used");
    assert_eq!(
        document["looked_at"][0]["place"],
        "file ~/.huaweicloud/credentials [basic]"
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;

    let emulator = emulator();
    let text = format!(
        "[basic]\nak = {}\nsk = {}\nproject_id = {}\n",
        emulator.says("access_key"),
        emulator.says("secret_key"),
        emulator.says("project_id")
    );
    let place = home(&[(".huaweicloud/credentials", &text)]);
    let path = place.path().join(".huaweicloud/credentials");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let home = [("HOME", place.path().to_str().unwrap())];
    let done = finish(at(&emulator, &["tasks"]), &home).expect(0);
    assert!(
        done.stderr
            .contains("warning: other users can read it (its mode is 644); close it with chmod 600"),
        "{}",
        done.stderr
    );
}

#[test]
fn without_credentials_every_place_is_named() {
    let done = Running::start(program(&["tasks", "--region", "cn-north-4"]))
        .finish()
        .expect(3);
    assert!(
        done.stderr.starts_with("error: there are no credentials\n"),
        "{}",
        done.stderr
    );
    for place in [
        "environment SESSION_EXPORT_TOKEN",
        "environment HUAWEICLOUD_SDK_*",
        "environment HW_*",
        "environment OS_*",
        "file ~/.huaweicloud/credentials",
        "file ~/.hcloud/config.json",
        "instance metadata",
    ] {
        assert!(
            done.stderr.contains(&format!("  {place}: ")),
            "{place}: {}",
            done.stderr
        );
    }
    assert!(
        done.stderr.contains("hint: set SESSION_EXPORT_TOKEN, or "),
        "{}",
        done.stderr
    );
}

#[test]
fn a_part_of_a_credential_names_the_rest() {
    let mut command = program(&["tasks", "--json", "--region", "cn-north-4"]);
    command
        .env("HW_ACCESS_KEY", "AKEXAMPLE")
        .env("OS_AUTH_TOKEN", "planted");
    let done = Running::start(command).finish().expect(3);
    assert_eq!(
        done.error()["message"],
        "environment HW_*: HW_ACCESS_KEY is set, but not HW_SECRET_KEY; set what is missing, or remove HW_ACCESS_KEY to \
         use another credential"
    );
}

#[test]
fn endpoints_come_from_where_the_official_sdks_look() {
    let emulator = emulator();
    let base = emulator.says("endpoint");
    let yaml = format!(
        "WorkspaceApp:\n  - id: emulator-1\n    endpoint: {base}\nworkspace:\n  - id: emulator-1\n    endpoints: [{base}]\n"
    );
    let place = home(&[(".huaweicloud/regions.yaml", &yaml)]);
    let mut environment = vec![
        ("HOME", place.path().to_str().unwrap()),
        ("HW_ACCESS_KEY", emulator.says("access_key")),
        ("HW_SECRET_KEY", emulator.says("secret_key")),
        ("HW_REGION_NAME", "emulator-1"),
        ("HUAWEICLOUD_SDK_REGION_IAM_EMULATOR_1", base),
    ];
    finish(program(&["submit", "--last", "1d"]), &environment).expect(0);
    // A variable wins over the file.
    environment.push((
        "HUAWEICLOUD_SDK_REGION_WORKSPACEAPP_EMULATOR_1",
        "http://127.0.0.1:1",
    ));
    let done = finish(program(&["submit", "--last", "1d"]), &environment).expect(5);
    assert!(done.stderr.contains("not sent"), "{}", done.stderr);
    environment[3] = ("HW_REGION_NAME", "emulator-2");
    let unknown = finish(program(&["submit", "--last", "1d"]), &environment).expect(2);
    assert!(
        unknown
            .stderr
            .contains("\"emulator-2\" is not known; known are cn-north-4, ")
            && unknown.stderr.contains("; the regions file has emulator-1"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn a_token_cannot_be_had_for_a_key() {
    let emulator = emulator();
    let key = [
        ("HW_ACCESS_KEY", emulator.says("access_key")),
        ("HW_SECRET_KEY", emulator.says("secret_key")),
    ];
    let done = finish(at(&emulator, &["token", "--json"]), &key).expect(2);
    let expected = format!(
        "there is no token: requests are signed with the access key {}",
        emulator.says("access_key")
    );
    assert_eq!(done.error()["message"], expected.as_str());
}

/// What the server saw of a request: its first line and its head.
fn head(server: &Server, at: usize) -> String {
    server.seen()[at].head.to_lowercase()
}

#[test]
fn an_iam_of_another_family_is_told_no_secret() {
    let (theirs, ours) = (Server::start(|_| Reply::Hang(Vec::new())), iam_and_service());
    let mut command = at_server(&ours, &["tasks", "--json"]);
    command
        .env("HUAWEICLOUD_SDK_IAM_ENDPOINT", &theirs.url)
        .env("HW_USER_NAME", "u")
        .env("HW_USER_PASSWORD", "planted-password")
        .env("HW_DOMAIN_NAME", "d")
        .env("HW_AUTH_URL", format!("{}/v3", ours.url))
        .env("HW_REGION_NAME", "cn-north-4");
    Running::start(command).finish().expect(0);
    assert!(theirs.seen().is_empty());
    assert!(ours.seen()[0].line.starts_with("POST /v3/auth/tokens"));
}

/// An IAM that issues tokens for `p-of-token` and finds `p-of-name`, and an export centre that lists nothing.
fn iam_and_service() -> Server {
    Server::start(|request| {
        if request.line.contains("/v3/auth/tokens") {
            let body = r#"{"token":{"expires_at":"2099-01-01T00:00:00Z","project":{"id":"p-of-token"}}}"#;
            respond(201, &[("X-Subject-Token", "planted-token")], body)
        } else if request.line.contains("/v3/projects") {
            respond_json(200, r#"{"projects":[{"id":"p-of-name"}]}"#)
        } else {
            respond_json(200, r#"{"count":0,"export_tasks":[]}"#)
        }
    })
}

/// A command with the two service URLs, and IAM where the credentials say.
fn at_server(server: &Server, args: &[&str]) -> Command {
    let mut command = program(args);
    command.args(["--endpoint", &server.url, "--export-endpoint", &server.url]);
    command
}

#[test]
fn a_signature_names_the_project() {
    let server = iam_and_service();
    for (more, project) in [
        (&["--project-id", "p-of-flag"][..], "p-of-flag"),
        (
            &["--region", "cn-north-4", "--iam-endpoint", &server.url],
            "p-of-name",
        ),
    ] {
        let mut command = at_server(&server, &["tasks"]);
        command
            .args(more)
            .env("HW_ACCESS_KEY", "AKEXAMPLE")
            .env("HW_SECRET_KEY", "planted-secret");
        Running::start(command).finish().expect(0);
        let last = server.seen().len() - 1;
        let head = head(&server, last);
        assert!(head.contains(&format!("x-project-id: {project}\r\n")), "{head}");
        assert!(
            head.contains("signedheaders=host;x-project-id;x-sdk-date,"),
            "{head}"
        );
    }
}

#[test]
fn the_project_of_an_agency_is_the_delegating_accounts() {
    let server = iam_and_service();
    let mut command = at_server(&server, &["tasks"]);
    command.args(["--iam-endpoint", &server.url]).envs([
        ("OS_USERNAME", "u"),
        ("OS_PASSWORD", "planted-password"),
        ("OS_USER_DOMAIN_NAME", "holder"),
        ("OS_PROJECT_DOMAIN_NAME", "holder"),
        ("OS_PROJECT_ID", "p-of-holder"),
        ("OS_AGENCY_NAME", "ops"),
        ("OS_AGENCY_DOMAIN_NAME", "delegating"),
        ("OS_DELEGATED_PROJECT", "cn-north-4"),
    ]);
    Running::start(command).finish().expect(0);
    let seen = server.seen();
    let body = |at: usize| serde_json::from_slice::<Value>(&seen[at].body).unwrap();
    assert_eq!(body(0)["auth"]["scope"], json!({"domain": {"name": "holder"}}));
    assert_eq!(
        body(1)["auth"]["scope"],
        json!({"project": {"name": "cn-north-4"}})
    );
    assert!(
        seen[2].line.starts_with("GET /v2/p-of-token/export-tasks"),
        "{}",
        seen[2].line
    );
}

#[test]
fn an_agency_with_a_key_is_refused_rather_than_left_out() {
    let mut command = program(&["tasks", "--json", "--region", "cn-north-4"]);
    command.envs([
        ("HW_ACCESS_KEY", "AKEXAMPLE"),
        ("HW_SECRET_KEY", "planted-secret"),
        ("HW_PROJECT_ID", "p"),
        ("HW_ASSUME_ROLE_AGENCY_NAME", "ops"),
        ("HW_ASSUME_ROLE_DOMAIN_NAME", "delegating"),
    ]);
    let error = Running::start(command).finish().expect(2).error();
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("HW_ASSUME_ROLE_AGENCY_NAME") && message.contains("somebody else"),
        "{message}"
    );
}

#[test]
fn a_region_by_flag_displaces_a_project_of_another() {
    let server = iam_and_service();
    for (name, asked) in [
        ("cn-north-4", "cn-south-1"),
        ("admin", "cn-south-1"),
        ("cn-south-1_sub", "cn-south-1_sub"),
        ("cn-south-11", "cn-south-1"),
    ] {
        let mut command = at_server(&server, &["tasks", "--region", "cn-south-1"]);
        command.args(["--iam-endpoint", &server.url]).envs([
            ("HW_ACCESS_KEY", "AKEXAMPLE"),
            ("HW_SECRET_KEY", "planted-secret"),
            ("HW_PROJECT_NAME", name),
        ]);
        Running::start(command).finish().expect(0);
        let seen = server.seen();
        let line = &seen[seen.len() - 2].line;
        assert_eq!(line, &format!("GET /v3/projects?name={asked}"));
    }
}

#[test]
fn looking_for_a_project_has_its_own_exit_codes_and_tells_a_skew() {
    let late = "Mon, 01 Jan 2024 00:00:00 GMT";
    for (status, date, body, exit, text) in [
        (
            403,
            None,
            r#"{"error_code":"IAM.0003","error_msg":"No."}"#,
            4,
            "HTTP 403 IAM.0003",
        ),
        (200, None, "<html>", 1, "was not understood"),
        (
            401,
            Some(late),
            r#"{"error_code":"APIGW.0303","error_msg":"The date is off."}"#,
            3,
            "ahead of the server's",
        ),
    ] {
        let server = Server::start(move |_| {
            let headers: &[(&str, &str)] = match date {
                Some(_) => &[("Date", "Mon, 01 Jan 2024 00:00:00 GMT")],
                None => &[],
            };
            respond(status, headers, body)
        });
        let mut command = at_server(&server, &["tasks", "--json", "--region", "cn-north-4"]);
        command.args(["--iam-endpoint", &server.url]).envs([
            ("HW_ACCESS_KEY", "AKEXAMPLE"),
            ("HW_SECRET_KEY", "planted-secret"),
        ]);
        let error = Running::start(command).finish().expect(exit).error();
        let message = error["message"].as_str().unwrap();
        assert!(
            message.starts_with("looking for the project: ") && message.contains(text),
            "{message}"
        );
        assert_eq!(server.seen().len(), 1);
    }
}

#[test]
fn a_secret_that_a_service_repeats_is_not_repeated() {
    let server = Server::start(|_| {
        respond_json(
            403,
            r#"{"error_code":"X","error_msg":"bad x-security-token=planted-security-token!"}"#,
        )
    });
    let mut command = at_server(&server, &["tasks", "--json", "--project-id", "p", "-vv"]);
    command.envs([
        ("HW_ACCESS_KEY", "AKEXAMPLE"),
        ("HW_SECRET_KEY", "planted-secret"),
        ("HW_SECURITY_TOKEN", "planted-security-token"),
    ]);
    let done = Running::start(command).finish().expect(4);
    assert_eq!(
        done.error()["message"],
        "list_tasks: HTTP 403 X: bad x-security-token=…!"
    );
    assert!(!done.stderr.contains("planted"), "{}", done.stderr);
}

#[test]
fn a_metadata_service_that_hangs_is_within_the_deadline() {
    let server = Server::start(|_| Reply::Hang(Vec::new()));
    let mut command = program(&["token", "--json", "--timeout", "300ms"]);
    command.env("SESSION_EXPORT_METADATA_ENDPOINT", &server.url);
    let error = Running::start(command).finish().expect(8).error();
    assert_eq!(
        error["message"],
        "the deadline of 0.3 s passed while looking for credentials"
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_for_a_regions_file_holds_nobody_up() {
    let place = directory();
    let pipe = place.path().join("regions.yaml");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut command = program(&["tasks", "--region", "cn-north-4"]);
    command.env("HUAWEICLOUD_SDK_REGIONS_FILE", &pipe);
    let done = Running::start(command).finish().expect(2);
    assert!(
        done.stderr.contains("it is not a regular file"),
        "{}",
        done.stderr
    );
}

#[test]
fn choices_that_choose_nothing_are_bad_usage() {
    for args in [
        &["--credentials", "environment", "--credentials-profile", "p"][..],
        &["--credentials", "metadata", "--credentials-file", "f"],
        &["--credentials", "koocli", "--credentials-file", "f"],
    ] {
        let mut command = program(&["tasks", "--region", "cn-north-4"]);
        command.args(args);
        let done = Running::start(command).finish().expect(2);
        assert!(done.stderr.contains("chooses nothing"), "{}", done.stderr);
    }
    let mut command = program(&["token", "--exchange-token", "--region", "cn-north-4"]);
    command
        .env("HW_USER_NAME", "u")
        .env("HW_USER_PASSWORD", "p")
        .env("HW_DOMAIN_NAME", "d");
    let done = Running::start(command).finish().expect(2);
    assert!(
        done.stderr.contains("--exchange-token is for a token"),
        "{}",
        done.stderr
    );
}
