//! What a caller chooses: places, a profile, a file.

use session_export_auth::{CredentialChain, Environment, NoCredentialsKind, SourceKind};

use crate::{HOME, Home, KOOCLI, PROFILE, find, identity, report, write};

const KEY: [(&str, &str); 2] = [("HW_ACCESS_KEY", "TERRAFORM"), ("HW_SECRET_KEY", "sesame")];
const TWO: &str = "[basic]\nak = BASIC\nsk = sesame\n[prod]\nak = PROD\nsk = sesame\n";
const KOOCLI_TEXT: &str = r#"{"current":"dev","profiles":[
    {"name":"dev","accessKeyId":"DEVDEVDEVDEVDEVDEV00","secretAccessKey":"sesamesesamesesamesesamesesamesesame0123"},
    {"name":"ops","accessKeyId":"OPSOPSOPSOPSOPSOPS00","secretAccessKey":"sesamesesamesesamesesamesesamesesame0123"}]}"#;

#[test]
fn one_place_is_looked_at_alone() {
    let home = Home::new().with(PROFILE, TWO);
    let found = find(&home.chain(&KEY).only(SourceKind::ProfileFile)).unwrap();
    assert_eq!(identity(&found), "BASIC");
    assert_eq!(found.report().len(), 1);
    let error = find(&home.chain(&KEY).only(SourceKind::KooCli)).unwrap_err();
    assert_eq!(error.kind(), NoCredentialsKind::NothingFound);
    assert_eq!(
        error.to_string(),
        "there are no credentials\n  file ~/.hcloud/config.json: there is no such file\n\
         set SESSION_EXPORT_TOKEN, or HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, or HW_USER_NAME, HW_USER_PASSWORD and \
         HW_DOMAIN_NAME"
    );
    // A family that is not asked says where, as ever, but not who.
    let more = [
        KEY[0],
        KEY[1],
        ("OS_REGION_NAME", "cn-north-4"),
        ("HUAWEICLOUD_SDK_IAM_ENDPOINT", "https://iam.example.com"),
        ("HW_ASSUME_ROLE_AGENCY_NAME", "ops"),
        ("HW_ASSUME_ROLE_DOMAIN_NAME", "account-b"),
    ];
    let found = find(&home.chain(&more).only(SourceKind::ProfileFile)).unwrap();
    assert_eq!(found.region().unwrap().as_str(), "cn-north-4");
    assert!(found.iam_endpoint().is_none() && found.agency().is_none());
}

#[test]
fn the_order_of_a_choice_does_not_matter() {
    let home = Home::new().with(PROFILE, TWO);
    let sources = [SourceKind::ProfileFile, SourceKind::TerraformEnvironment];
    assert_eq!(
        identity(&find(&home.chain(&KEY).sources(sources)).unwrap()),
        "TERRAFORM"
    );
}

#[test]
fn a_profile_is_a_choice_against_variables() {
    let home = Home::new().with(PROFILE, TWO).with(KOOCLI, KOOCLI_TEXT);
    let region = [KEY[0], KEY[1], ("HW_REGION_NAME", "cn-north-4")];
    for (profile, expected, region_name) in [
        ("prod", "PROD", "cn-north-4"),
        ("ops", "OPSOPSOPSOPSOPSOPS00", "cn-north-4"),
    ] {
        let found = find(&home.chain(&region).profile(profile)).unwrap();
        assert_eq!(identity(&found), expected);
        assert_eq!(found.region().unwrap().as_str(), region_name);
    }
    // Unless the places are chosen too.
    let chain = home
        .chain(&KEY)
        .profile("prod")
        .sources(SourceKind::ALL.iter().copied());
    assert_eq!(identity(&find(&chain).unwrap()), "TERRAFORM");
}

#[test]
fn a_profile_that_does_not_exist_is_an_error_with_those_that_do() {
    let home = Home::new().with(PROFILE, TWO);
    let error = find(&home.chain(&KEY).profile("test")).unwrap_err();
    let lines: Vec<_> = error.report().iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "file ~/.huaweicloud/credentials: not usable: it has no section [test]; it has [basic], [prod]: choose one \
             of them as the profile",
            "file ~/.hcloud/config.json: there is no such file",
        ]
    );
    let error = find(&home.with(KOOCLI, KOOCLI_TEXT).chain(&KEY).profile("test")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "file ~/.hcloud/config.json: it has no profile test; it has dev, ops"
    );
}

#[test]
fn a_file_that_is_named_has_to_exist() {
    let home = Home::new().with("mine", TWO);
    let mine = home.path().join("mine");
    let by_variable = |path: &str| home.find(&[("HUAWEICLOUD_SDK_CREDENTIALS_FILE", path)]);
    let found = by_variable(mine.to_str().unwrap()).unwrap();
    assert_eq!(identity(&found), "BASIC");
    let source = found.source().unwrap().to_string();
    assert_eq!(source, format!("file {} [basic]", mine.display()));
    assert_eq!(
        identity(&find(&home.chain(&[]).credentials_file(&mine)).unwrap()),
        "BASIC"
    );
    assert_eq!(
        by_variable("nowhere").unwrap_err().to_string(),
        "file nowhere: there is no such file, but HUAWEICLOUD_SDK_CREDENTIALS_FILE names it"
    );
    assert_eq!(
        find(&home.chain(&[]).credentials_file("nowhere"))
            .unwrap_err()
            .to_string(),
        "file nowhere: there is no such file, but the caller names it"
    );
    assert_eq!(
        by_variable(" ").unwrap_err().kind(),
        NoCredentialsKind::NothingFound
    );
}

#[test]
fn terraforms_variables_choose_a_profile_of_koocli() {
    let home = Home::new().with("shared.json", KOOCLI_TEXT);
    let file = home.path().join("shared.json");
    let file = ("HW_SHARED_CONFIG_FILE", file.to_str().unwrap());
    assert_eq!(identity(&home.find(&[file]).unwrap()), "DEVDEVDEVDEVDEVDEV00");
    let found = home.find(&[file, ("HW_PROFILE", "ops")]).unwrap();
    assert_eq!(identity(&found), "OPSOPSOPSOPSOPSOPS00");
    // What was named is no leftover: its problems stop the chain.
    let error = home.find(&[file, ("HW_PROFILE", "test")]).unwrap_err();
    assert_eq!(error.kind(), NoCredentialsKind::Malformed);
    let error = home.find(&[("HW_SHARED_CONFIG_FILE", "nowhere")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "file nowhere: there is no such file, but HW_SHARED_CONFIG_FILE says that it is meant"
    );
}

#[test]
fn a_profile_of_terraform_without_its_file_is_an_error() {
    let error = Home::new().find(&[("HW_PROFILE", "prod")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "file ~/.hcloud/config.json: there is no such file, but HW_PROFILE says that it is meant"
    );
}

#[test]
fn a_file_that_is_named_is_a_choice_against_variables() {
    let home = Home::new().with("other", TWO);
    let file = home.path().join("other");
    let found = find(&home.chain(&KEY).credentials_file(&file)).unwrap();
    assert_eq!(identity(&found), "BASIC");
    let sources = [SourceKind::TerraformEnvironment, SourceKind::ProfileFile];
    let found = find(&home.chain(&KEY).credentials_file(&file).sources(sources)).unwrap();
    assert_eq!(identity(&found), "TERRAFORM");
}

#[test]
fn nothing_found_lists_every_place_and_what_to_set() {
    let error = Home::new().find(&[("HW_USER_NAME", "user005")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there are no credentials\n  \
         environment SESSION_EXPORT_TOKEN: SESSION_EXPORT_TOKEN is not set\n  \
         environment HUAWEICLOUD_SDK_*: HUAWEICLOUD_SDK_AK is not set\n  \
         environment HW_*: neither HW_AUTH_TOKEN, HW_ACCESS_KEY nor HW_USER_PASSWORD is set\n  \
         environment OS_*: neither OS_AUTH_TOKEN, OS_ACCESS_KEY nor OS_PASSWORD is set\n  \
         file ~/.huaweicloud/credentials: there is no such file\n  \
         file ~/.hcloud/config.json: there is no such file\n  \
         instance metadata: it is not asked unless that is wanted\n\
         set SESSION_EXPORT_TOKEN, or HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, or HW_USER_NAME, HW_USER_PASSWORD and \
         HW_DOMAIN_NAME"
    );
    let without_home = CredentialChain::new(Environment::default());
    let text = find(&without_home).unwrap_err().to_string();
    assert_eq!(
        text.matches("the home directory is not known").count(),
        2,
        "{text}"
    );
    let blank_home = CredentialChain::new(Environment::from_iter([(HOME, "")]));
    assert_eq!(find(&blank_home).unwrap_err().to_string(), text);
}

#[test]
#[allow(clippy::disallowed_methods, reason = "it compares with the real one")]
fn the_environment_of_a_process_is_read_by_explicit_call() {
    let environment = Environment::of_process();
    let home = std::env::var_os(HOME).filter(|home| !home.is_empty());
    assert_eq!(environment.home().map(Into::into), home);
    // Cargo sets both for a test; neither is our business.
    for name in ["PATH", "CARGO_MANIFEST_DIR"] {
        assert!(std::env::var_os(name).is_some());
        assert_eq!(environment.get(name).unwrap(), None);
    }
}

#[cfg(unix)]
#[test]
fn a_value_that_is_no_text_is_refused_not_passed_over() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    for name in [
        "SESSION_EXPORT_TOKEN",
        "HW_ACCESS_KEY",
        "OS_PASSWORD",
        "HUAWEICLOUD_SDK_CREDENTIALS_FILE",
        "HW_PROFILE",
    ] {
        let broken = OsString::from_vec(b"sesame\xff".to_vec());
        let variables = [
            (name, broken),
            ("HW_SECRET_KEY", "sesame".into()),
            ("OS_USER_ID", "0a1b".into()),
        ];
        let keep = |(key, _): &(&str, OsString)| *key != "HW_SECRET_KEY" || name == "HW_ACCESS_KEY";
        let environment = Environment::from_iter(variables.into_iter().filter(keep));
        let refused = environment.get(name).unwrap_err();
        assert_eq!(refused.name(), name);
        let error = find(&CredentialChain::new(environment)).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with(&format!("the value of {name} is not valid UTF-8")),
            "{error}"
        );
        assert!(!format!("{error:?}{refused:?}").contains("sesame"));
    }
}

#[test]
fn a_name_from_a_file_stays_on_one_line() {
    let home = Home::new();
    write(
        &home.path().join(KOOCLI),
        r#"{"current":"a","profiles":[{"name":"b\n[31mc"}]}"#,
        0o600,
    );
    let text = home.find(&[]).unwrap_err().to_string();
    assert!(text.contains("it has no profile a; it has b\u{fffd}"), "{text}");
    let found = Home::new().find(&KEY).unwrap();
    assert!(report(&found).iter().all(|line| !line.contains('\n')));
}
