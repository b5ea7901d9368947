//! What wins over what: every setting in every layer, and the table of it in docs/configuration.md.

use std::fmt::Write as _;
use std::path::Path;

use clap::Parser;

use super::*;
use crate::args::Cli;
use crate::configuration::{Chosen, parse};
use crate::failure::Failure;

/// What counts for a command line, variables and the lines of a profile.
fn settle(args: &[&str], variables: &[(&str, &str)], profile: &str) -> Result<Settings, Failure> {
    let cli = Cli::try_parse_from(["session-export", "export"].iter().chain(args)).unwrap();
    let text = format!("[profiles.work]\n{profile}");
    let mut file = parse(&text, Path::new("/etc/x"), Some(Path::new("/home/u"))).unwrap();
    let settings = file.profiles.remove("work").unwrap();
    let chosen = Chosen {
        name: "work".to_owned(),
        by: "--profile",
        settings,
    };
    Settings::of(cli.flags(), variables.iter().copied().collect(), Some(chosen))
}

/// Four values of a setting: for a flag, its own variable, another tool's, a profile.
fn values(key: Key) -> [&'static str; 4] {
    match key {
        Key::Region => ["cn-north-1", "cn-north-2", "cn-north-3", "cn-north-4"],
        Key::ProjectId => ["a1", "b2", "c3", "d4"],
        Key::ProjectName => ["one", "two", "three", "four"],
        Key::Endpoint | Key::ExportEndpoint | Key::IamEndpoint => [
            "https://a.example",
            "https://b.example",
            "https://c.example",
            "https://d.example",
        ],
        Key::Credentials => ["environment", "file", "", "metadata"],
        Key::Transport => ["hyper", "reqwest", "", "hyper"],
        Key::Proxy => ["http://a:1", "http://b:2", "http://c:3", "http://d:4"],
        Key::ExchangeToken | Key::Delete | Key::Utc | Key::Json => ["true", "false", "", "true"],
        Key::MaxBytes => ["1", "2", "", "4"],
        Key::Last | Key::WaitTimeout | Key::Timeout => ["1h", "2h", "", "4h"],
        Key::CredentialsFile
        | Key::CredentialsProfile
        | Key::CaFile
        | Key::ClientCert
        | Key::ClientKeyFile
        | Key::OutputDir => ["/a", "/b", "/c", "/d"],
    }
}

/// The other one of two settings that are only given together.
fn partner(key: Key) -> Option<Key> {
    match key {
        Key::ClientCert => Some(Key::ClientKeyFile),
        Key::ClientKeyFile => Some(Key::ClientCert),
        _ => None,
    }
}

/// A setting given in these layers: flag, own variable, another tool's variable, profile.
fn given(key: Key, layers: [bool; 4]) -> Settings {
    let (mut args, mut variables, mut profile) = (Vec::new(), Vec::new(), String::new());
    for key in [Some(key), partner(key)].into_iter().flatten() {
        let row = key.row();
        let [flag, own, other, of_profile] = values(key);
        if layers[0] {
            args.push(match row.kind {
                Kind::Bool => format!("{}={flag}", row.flag),
                _ => format!("{}\0{flag}", row.flag),
            });
        }
        if layers[1] {
            variables.push((key.variable(), own));
        }
        if let (true, Some(name)) = (layers[2], row.others.first()) {
            variables.push(((*name).to_owned(), other));
        }
        if layers[3] {
            let quote = match row.kind {
                Kind::Bool | Kind::Number => "",
                _ => "\"",
            };
            writeln!(profile, "{} = {quote}{of_profile}{quote}", row.name).unwrap();
        }
    }
    let args: Vec<&str> = args.iter().flat_map(|arg| arg.split('\0')).collect();
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    settle(&args, &variables, &profile).unwrap()
}

/// A value as it is shown.
fn shown(key: Key, text: &str) -> String {
    key.row().kind.read(text).unwrap().to_string()
}

/// The value that counts and where it is from, for each choice of layers; the rows of the table.
fn precedence() -> Vec<([bool; 4], &'static str)> {
    let yes_and_no = [true, false];
    let mut rows = Vec::new();
    for flag in yes_and_no {
        for own in yes_and_no {
            for other in yes_and_no {
                for profile in yes_and_no {
                    let expected = match (flag, own, other, profile) {
                        (true, ..) => "flag",
                        (_, true, ..) => "own variable",
                        (_, _, true, _) => "other tool's variable",
                        (.., true) => "profile",
                        _ => "default",
                    };
                    rows.push(([flag, own, other, profile], expected));
                }
            }
        }
    }
    rows
}

#[test]
fn flags_win_over_variables_over_the_profile_over_defaults() {
    for (layers, winner) in precedence() {
        for key in Key::all() {
            let row = key.row();
            // Most settings have no variable of another tool.
            if layers[2] && row.others.is_empty() {
                continue;
            }
            let [flag, own, other, profile] = values(key);
            let (expected, kind) = match winner {
                "flag" => (Some(flag), "flag"),
                "own variable" => (Some(own), "environment"),
                "other tool's variable" => (Some(other), "environment"),
                "profile" => (Some(profile), "profile"),
                _ => (row.default, "default"),
            };
            let settings = given(key, layers);
            let got = settings
                .get(key)
                .map(|setting| (setting.value.to_string(), setting.origin.kind()));
            let expected = expected.map(|text| (shown(key, text), kind));
            assert_eq!(got, expected, "{key} in {layers:?}");
        }
    }
}

#[test]
fn an_origin_names_the_flag_the_variable_or_the_line() {
    for (layers, expected) in [
        ([true; 4], "--region"),
        ([false, true, true, true], "SESSION_EXPORT_REGION"),
        ([false, false, true, true], "HW_REGION_NAME"),
        ([false, false, false, true], "profile work, line 2"),
    ] {
        let settings = given(Key::Region, layers);
        assert_eq!(settings.get(Key::Region).unwrap().origin.to_string(), expected);
    }
}

/// What does not simply follow from the order of the layers.
struct Case {
    what: &'static str,
    args: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
    profile: &'static str,
    /// Which settings to tell of.
    keys: &'static [Key],
}

const TOGETHER: [Case; 17] = [
    Case {
        what: "a region from elsewhere than the profile, which has a project and endpoints for its own",
        args: &["--region", "cn-east-3"],
        variables: &[],
        profile: "region = \"cn-north-4\"\nproject_id = \"p1\"\nendpoint = \"https://a.example\"\niam_endpoint = \"https://iam.example\"",
        keys: &[Key::Region, Key::ProjectId, Key::Endpoint, Key::IamEndpoint],
    },
    Case {
        what: "the same region from elsewhere",
        args: &["--region", "cn-north-4"],
        variables: &[],
        profile: "region = \"cn-north-4\"\nproject_id = \"p1\"",
        keys: &[Key::Region, Key::ProjectId],
    },
    Case {
        what: "a profile with a project and without a region",
        args: &["--region", "cn-east-3"],
        variables: &[],
        profile: "project_id = \"p1\"",
        keys: &[Key::Region, Key::ProjectId],
    },
    Case {
        what: "a project's name above, its id below",
        args: &["--project-name", "cn-north-4_a"],
        variables: &[("HW_PROJECT_ID", "p2")],
        profile: "project_id = \"p1\"",
        keys: &[Key::ProjectId, Key::ProjectName],
    },
    Case {
        what: "id and name in one profile",
        args: &[],
        variables: &[],
        profile: "project_id = \"p1\"\nproject_name = \"cn-north-4_a\"",
        keys: &[Key::ProjectId, Key::ProjectName],
    },
    Case {
        what: "`HW_PROJECT_NAME` of another region than the flag's",
        args: &["--region", "cn-east-3"],
        variables: &[("HW_PROJECT_NAME", "cn-north-4")],
        profile: "project_name = \"cn-east-3_a\"",
        keys: &[Key::Region, Key::ProjectName],
    },
    Case {
        what: "an endpoint in a variable of the SDKs, for the profile's region",
        args: &[],
        variables: &[(
            "HUAWEICLOUD_SDK_REGION_WORKSPACEAPP_CN_NORTH_4",
            "https://v.example",
        )],
        profile: "region = \"cn-north-4\"\nendpoint = \"https://a.example\"",
        keys: &[Key::Endpoint],
    },
    Case {
        what: "the same for another region",
        args: &[],
        variables: &[(
            "HUAWEICLOUD_SDK_REGION_WORKSPACEAPP_CN_EAST_3",
            "https://v.example",
        )],
        profile: "region = \"cn-north-4\"\nendpoint = \"https://a.example\"",
        keys: &[Key::Endpoint],
    },
    Case {
        what: "another place for credentials than the profile's file",
        args: &["--credentials", "environment"],
        variables: &[],
        profile: "credentials = \"file\"\ncredentials_file = \"/c\"\ncredentials_profile = \"basic\"",
        keys: &[Key::Credentials, Key::CredentialsFile, Key::CredentialsProfile],
    },
    Case {
        what: "a section above, the file below",
        args: &["--credentials-profile", "other"],
        variables: &[],
        profile: "credentials = \"file\"\ncredentials_file = \"/c\"",
        keys: &[Key::Credentials, Key::CredentialsFile, Key::CredentialsProfile],
    },
    Case {
        what: "a section above, a place without sections below",
        args: &["--credentials-profile", "other"],
        variables: &[],
        profile: "credentials = \"metadata\"",
        keys: &[Key::Credentials, Key::CredentialsProfile],
    },
    Case {
        what: "a section of a place without sections, in one profile",
        args: &[],
        variables: &[],
        profile: "credentials = \"environment\"\ncredentials_profile = \"basic\"",
        keys: &[],
    },
    Case {
        what: "a profile that names a credentials file, and `HUAWEICLOUD_SDK_CREDENTIALS_FILE`",
        args: &[],
        variables: &[("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "/v")],
        profile: "credentials_file = \"/c\"",
        keys: &[Key::CredentialsFile],
    },
    Case {
        what: "a certificate above, certificate and key below",
        args: &[],
        variables: &[("SESSION_EXPORT_CLIENT_CERT", "/v")],
        profile: "client_cert = \"/c\"\nclient_key = \"/k\"",
        keys: &[],
    },
    Case {
        what: "a switch that is on in the profile",
        args: &["--delete=false"],
        variables: &[],
        profile: "delete = true",
        keys: &[Key::Delete],
    },
    Case {
        what: "a relative path, and one below the home directory",
        args: &[],
        variables: &[],
        profile: "ca_file = \"ca.pem\"\noutput_dir = \"~/exports\"",
        keys: &[Key::CaFile, Key::OutputDir],
    },
    Case {
        what: "a variable that is not valid",
        args: &[],
        variables: &[("SESSION_EXPORT_WAIT_TIMEOUT", "soon")],
        profile: "wait_timeout = \"5m\"",
        keys: &[],
    },
];

fn outcome(case: &Case) -> String {
    let settings = match settle(case.args, case.variables, case.profile) {
        Ok(settings) => settings,
        Err(failure) => return format!("error: {}", failure.message()),
    };
    let values = case.keys.iter().map(|key| match settings.get(*key) {
        Some(setting) => format!("`{key}` {} ({})", setting.value, setting.origin),
        None => format!("no `{key}`"),
    });
    let mut text = values.collect::<Vec<_>>().join("; ");
    for note in &settings.notes {
        write!(text, "; note: {note}").unwrap();
    }
    text
}

#[test]
fn a_value_of_one_layer_does_not_go_with_a_stranger_of_another() {
    for (what, expected) in [
        (
            "a region from elsewhere than the profile, which has a project and endpoints for its own",
            "`region` cn-east-3 (--region); no `project_id`; no `endpoint`; `iam_endpoint` https://iam.example (profile \
             work, line 5); note: project_id, endpoint of the profile stand aside: they are for its region cn-north-4, \
             and --region says cn-east-3",
        ),
        (
            "a project's name above, its id below",
            "no `project_id`; `project_name` cn-north-4_a (--project-name)",
        ),
        (
            "another place for credentials than the profile's file",
            "`credentials` environment (--credentials); no `credentials_file`; no `credentials_profile`; note: \
             credentials_file (profile work, line 3) stands aside: it does not go with what --credentials says; note: \
             credentials_profile (profile work, line 4) stands aside: it does not go with what --credentials says",
        ),
        (
            "a section of a place without sections, in one profile",
            "error: credentials_profile (profile work, line 3) chooses nothing in credentials (profile work, line 2) \
             environment",
        ),
        (
            "a certificate above, certificate and key below",
            "error: SESSION_EXPORT_CLIENT_CERT: client_cert and client_key belong together: give both or neither",
        ),
    ] {
        let case = TOGETHER.iter().find(|case| case.what == what).unwrap();
        assert_eq!(outcome(case), expected);
    }
}

#[test]
fn the_guide_has_every_setting_and_what_wins() {
    session_export_pages::compare("configuration.md", "table", tables());
}

fn tables() -> String {
    let mut text = String::from(
        "\n### Every setting\n\n| in a profile | flag | variables | default | what it is |\n|---|---|---|---|---|\n",
    );
    for key in Key::all() {
        let row = key.row();
        let others: String = row.others.iter().map(|name| format!(", `{name}`")).collect();
        writeln!(
            text,
            "| `{} = {}` | `{}` | `{}`{others} | {} | {} |",
            row.name,
            row.example,
            row.flag,
            key.variable(),
            row.default.unwrap_or("–"),
            row.help
        )
        .unwrap();
    }
    text.push_str(
        "\n### What wins\n\nThe same for each of them. For most there is no variable of another tool, and the third column is *no*.\n\n\
         | flag | `SESSION_EXPORT_…` | another tool's variable | profile | what counts |\n|---|---|---|---|---|\n",
    );
    for (layers, winner) in precedence() {
        let cells = layers.map(|is_given| if is_given { "yes" } else { "no" });
        writeln!(text, "| {} | {winner} |", cells.join(" | ")).unwrap();
    }
    text.push_str(
        "\nEach setting in turn, given in all layers, then in one less:\n\n\
         | setting | all of them | without the flag | without its own variable | the profile alone | nothing |\n\
         |---|---|---|---|---|---|\n",
    );
    for key in Key::all() {
        let cells = [
            [true; 4],
            [false, true, true, true],
            [false, false, true, true],
            [false, false, false, true],
            [false; 4],
        ];
        let cells = cells.map(|layers| match given(key, layers).get(key) {
            Some(setting) => format!("{} ({})", setting.value, setting.origin),
            None => "–".to_owned(),
        });
        writeln!(text, "| `{key}` | {} |", cells.join(" | ")).unwrap();
    }
    text.push_str("\n### What belongs together\n\n| there is | what comes of it |\n|---|---|\n");
    for case in &TOGETHER {
        writeln!(text, "| {} | {} |", case.what, outcome(case)).unwrap();
    }
    text.push('\n');
    text
}
