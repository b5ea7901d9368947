//! Planted secrets: none shows up in any text.

use proptest::prelude::*;
use session_export_auth::{Credential, CredentialChain, Environment};

use crate::{Home, KOOCLI, PROFILE, find};

/// Everything that can be printed about a search.
fn all_texts(chain: &CredentialChain) -> String {
    let mut texts = vec![format!("{chain:?} {chain:#?}")];
    match find(chain) {
        Ok(found) => {
            texts.push(format!("{found:?} {found:#?} {:?}", found.credential()));
            texts.extend(found.report().iter().map(|looked| format!("{looked} {looked:?}")));
        }
        Err(error) => {
            texts.push(format!("{error} {error:?} {error:#?}"));
            texts.extend(error.report().iter().map(|looked| format!("{looked} {looked:?}")));
        }
    }
    texts.join("\n")
}

const SECRETS: [&str; 13] = [
    "SESSION_EXPORT_TOKEN",
    "SESSION_EXPORT_TOTP_PASSCODE",
    "HUAWEICLOUD_SDK_SK",
    "HUAWEICLOUD_SDK_SECURITY_TOKEN",
    "HUAWEICLOUD_SDK_IAM_ENDPOINT",
    "HW_AUTH_TOKEN",
    "HW_SECRET_KEY",
    "HW_SECURITY_TOKEN",
    "HW_USER_PASSWORD",
    "HW_ASSUME_ROLE_ID_TOKEN",
    "OS_AUTH_TOKEN",
    "OS_SECRET_KEY",
    "OS_PASSWORD",
];

#[test]
fn a_password_and_a_passcode_are_kept_exactly_and_shown_nowhere() {
    let chain = Home::new().chain(&[
        ("OS_USER_ID", " 0a1b "),
        ("OS_PASSWORD", " hunter2-sesame "),
        ("SESSION_EXPORT_TOTP_PASSCODE", "739154\n"),
    ]);
    let text = all_texts(&chain);
    assert!(!text.contains("sesame") && !text.contains("739154"), "{text}");
    let Credential::Password(login) = find(&chain).unwrap().into_credential() else {
        unreachable!("it is a password")
    };
    assert_eq!(login.expose_password(), " hunter2-sesame ");
    assert_eq!(login.expose_passcode(), Some("739154"));
    assert_eq!((login.user_id(), login.user_name()), (Some("0a1b"), None));
    assert_eq!((login.domain_id(), login.domain_name()), (None, None));
}

#[test]
fn the_environment_shows_names_only() {
    let environment: Environment = SECRETS.iter().map(|name| (*name, "sesame")).collect();
    let text = format!("{environment:?} {environment:#?}");
    assert!(!text.contains("sesame"), "{text}");
    assert!(SECRETS.iter().all(|name| text.contains(name)), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Any set of variables, each of them right or wrong.
    #[test]
    fn no_text_about_variables_shows_a_secret(
        set in prop::collection::vec((prop::sample::select(&SECRETS[..]), "(|x|https://u:)sesame( x|\n|)"), 0..6),
        rest in prop::sample::subsequence(
            vec![
                ("HUAWEICLOUD_SDK_AK", "AK"), ("HW_ACCESS_KEY", "AK"), ("HW_USER_ID", "0a1b"), ("OS_USERNAME", "user005"),
                ("OS_DOMAIN_ID", "d1"), ("HW_ASSUME_ROLE_IDP_ID", "idp"), ("OS_ACCESS_KEY", "AK"),
            ],
            0..=7,
        ),
    ) {
        let variables = set.iter().map(|(name, value)| (*name, value.as_str())).chain(rest);
        let text = all_texts(&CredentialChain::new(variables.collect()));
        prop_assert!(!text.contains("sesame"), "{}", text);
    }

    /// Any lines of a profile file and of KooCLI's, each with a secret in it.
    #[test]
    fn no_text_about_files_shows_a_secret(
        lines in prop::collection::vec(
            prop::sample::select(vec![
                "[basic]", "[basic", "ak = AK", "ak = A K", "sk = sesame", "sk = sesame # sesame", "security_token = sesame",
                "sesame", "sesame==", "= sesame", "iam_endpoint = sesame", "project_id = sesame\u{7}", "sk : sesame=",
                "idp_id = sesame", "id_token_file = sesame", "sk = 'sesame'", "[basic] sesame",
            ]),
            0..8,
        ),
        json in prop::sample::select(vec![
            r#"{"current":"a","profiles":[{"name":"a","accessKeyId":"sesame","secretAccessKey":"sesame"}]}"#,
            r#"{"current":"a","profiles":[{"name":"a","accessKeyId":["sesame"]}]}"#,
            r#"{"current":"a","profiles":[{"name":"a","mode":"sesame","secretAccessKey":"sesame"}]}"#,
            r#"{"current":"a","profiles":[{"name":"a","secretAccessKey":"sesame"}]}"#,
            r#"{"current":"a","profiles":"sesame"}"#,
            r#"sesame"#,
        ]),
    ) {
        let home = Home::new().with(PROFILE, lines.join("\n")).with(KOOCLI, json);
        let text = all_texts(&home.chain(&[]));
        prop_assert!(!text.contains("sesame"), "{}", text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// A key that was written into a file is the key that is found.
    #[test]
    fn a_written_profile_reads_back(
        id in "[A-Z0-9]{20}",
        secret in "[A-Za-z0-9/+=]{1,39}[A-Za-z0-9]",
        token in prop::option::of("[A-Za-z0-9/+=-]{1,300}[A-Za-z0-9]"),
        project in "[0-9a-f]{32}",
    ) {
        let token_line = token.as_ref().map(|token| format!("security_token={token}\n")).unwrap_or_default();
        let text = format!("[basic]\nak = {id}\nsk={secret}\n{token_line}project_id = {project}");
        let found = Home::new().with(PROFILE, text).find(&[]).unwrap();
        prop_assert_eq!(found.project_id().unwrap().as_str(), project);
        match found.credential() {
            Credential::AccessKey(key) => {
                prop_assert_eq!((key.id(), key.expose_secret()), (id.as_str(), secret.as_str()));
                prop_assert_eq!(key.is_temporary(), token.is_some());
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }
}
