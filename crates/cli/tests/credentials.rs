//! Where the program finds credentials, and what each of them can do against an emulator in another process.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::path::Path;
use std::process::Command;

use common::emulator::Emulator;
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
    .expect(3);
    assert_eq!(
        unknown.error()["message"],
        "the project was not found: IAM lists no project named \"cn-north-4\" for this user; check the region, or give \
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
    exports(&emulator, &["--profile", "work", "--credentials", "file"], &home);
    exports(&emulator, &["--credentials", "koocli"], &home);
    let other = place.path().join("elsewhere");
    std::fs::write(&other, &profile).unwrap();
    private(&other);
    exports(
        &emulator,
        &["--credentials-file", other.to_str().unwrap(), "--profile", "work"],
        &[],
    );
    let unknown = finish(
        at(
            &emulator,
            &["tasks", "--json", "--profile", "home", "--credentials", "file"],
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
