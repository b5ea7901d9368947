//! The files of other tools that hold credentials.

use std::io::Write;
use std::path::Path;

use serde_json::Value;
use session_export_auth::{Credential, CredentialChain, Environment, Found, NoCredentials, SourceKind};
use tempfile::NamedTempFile;

use crate::input::{MARK, planted, text};
use crate::one_client::run;

/// What KooCLI takes for a secret key: 40 visible characters.
const SECRET: &str = "plantedQ1w2E3r4T5y6U7i8O9p0A1s2D3f4G5h6J";
const ID: &str = "PLANTEDACCESSKEYID00";

/// The profile file of the official SDKs, in which each `@` of a value is a secret.
///
/// What is found is what a second reader finds in the section `[basic]`; no report and no error shows a value.
///
/// # Panics
///
/// When that does not hold.
pub fn profile_file(data: &[u8]) {
    if contains_a_secret(data) {
        return;
    }
    let content = planted_in_values(data);
    let file = written(&content);
    let chain = CredentialChain::new(Environment::default())
        .credentials_file(file.path())
        .only(SourceKind::ProfileFile);
    let Ok(found) = judged(run(chain.find()), file.path()) else {
        return;
    };
    let Credential::AccessKey(key) = found.credential() else {
        return;
    };
    let lossy = text(&content);
    let mut section = None;
    let (mut id, mut secret, mut order) = (None, None, usize::MAX);
    const NAMES: [&str; 3] = ["basic", "basiccredentials", "basic.credentials"];
    for line in lossy.trim_start_matches('\u{feff}').lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            section = NAMES.iter().position(|known| *known == name.trim());
            if section.is_some_and(|section| section < order) {
                (id, secret, order) = (None, None, section.unwrap_or(order));
            }
        } else if section == Some(order)
            && !line.starts_with(['#', ';'])
            && let Some((name, value)) = line.split_once('=')
        {
            match name.trim().to_ascii_lowercase().as_str() {
                "ak" => id = Some(value.trim()),
                "sk" => secret = Some(value.trim()),
                _ => {}
            }
        }
    }
    assert_eq!(
        (Some(key.id()), Some(key.expose_secret())),
        (id, secret),
        "{lossy}"
    );
}

/// KooCLI's settings, in which each `@` is a secret.
///
/// What is found is what a second reader finds in the current profile; no report and no error shows a value.
///
/// # Panics
///
/// When that does not hold.
pub fn koocli_file(data: &[u8]) {
    if contains_a_secret(data) {
        return;
    }
    let content = planted(data, SECRET);
    let content = String::from_utf8_lossy(&content).replace('!', ID);
    let config = serde_json::from_str::<Value>(&content).unwrap_or_default();
    let no_profiles = Vec::new();
    let profiles = config
        .get("profiles")
        .and_then(Value::as_array)
        .unwrap_or(&no_profiles);
    let names = profiles
        .iter()
        .filter_map(|profile| profile.get("name"))
        .chain(config.get("current"));
    // Names are shown, so a secret in one is.
    if names.filter_map(Value::as_str).any(|name| name.contains(SECRET)) {
        return;
    }
    let file = written(content.as_bytes());
    let environment = Environment::from_iter([("HW_SHARED_CONFIG_FILE", file.path())]);
    let chain = CredentialChain::new(environment).only(SourceKind::KooCli);
    let Ok(found) = judged(run(chain.find()), file.path()) else {
        return;
    };
    let Credential::AccessKey(key) = found.credential() else {
        return;
    };
    let current = config.get("current").and_then(Value::as_str);
    let profile = profiles
        .iter()
        .find(|profile| profile.get("name").and_then(Value::as_str) == current);
    // Arrays, which serde takes for objects whose fields stand in their order, are passed over.
    let Some(Value::Object(profile)) = profile else {
        return;
    };
    let is_sso = profile
        .get("mode")
        .and_then(Value::as_str)
        .is_some_and(|mode| mode.eq_ignore_ascii_case("SSO"));
    let keys = match is_sso {
        true => profile
            .get("ssoAuth")
            .and_then(|sso| sso.get("stsToken"))
            .and_then(Value::as_object),
        false => Some(profile),
    };
    if let Some(keys) = keys {
        let value = |name| keys.get(name).and_then(Value::as_str).map(str::trim);
        assert_eq!(Some(key.id()), value("accessKeyId"));
        assert_eq!(Some(key.expose_secret()), value("secretAccessKey"));
    }
}

/// What came of a search shows no secret.
fn judged(found: Result<Found, NoCredentials>, path: &Path) -> Result<Found, NoCredentials> {
    let report = match &found {
        Ok(found) => found.report(),
        Err(error) => {
            let shown = format!("{error}\n{error:?}");
            assert!(!shown.contains(SECRET), "{shown}");
            error.report()
        }
    };
    for looked in report {
        let shown = looked.to_string();
        assert!(!shown.contains(SECRET), "{shown}");
        assert!(
            !shown
                .replace(&path.display().to_string(), "")
                .contains(char::is_control),
            "{shown:?}"
        );
    }
    if let Ok(found) = &found {
        let debug = format!("{:?}", found.credential());
        let is_in_the_id =
            matches!(found.credential(), Credential::AccessKey(key) if key.id().contains(SECRET));
        assert!(is_in_the_id || !debug.contains(SECRET), "{debug}");
    }
    found
}

fn written(content: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(content).expect("it takes a few bytes");
    file
}

/// A section's name is shown, and what stands before a `=` is taken for a key's; neither is a value.
fn planted_in_values(data: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(data.len());
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        let value = line.iter().position(|byte| *byte == b'=').unwrap_or(line.len());
        let is_section = text(line).trim().starts_with(['[', '\u{feff}']);
        let value = if is_section { line.len() } else { value };
        content.extend_from_slice(&line[..value]);
        content.extend(planted(&line[value..], SECRET));
    }
    content
}

fn contains_a_secret(data: &[u8]) -> bool {
    data.len() > 1 << 16 || data.windows(8).any(|part| SECRET.as_bytes().starts_with(part)) || {
        // So many marks would make a file larger than the limit on one.
        data.iter()
            .filter(|byte| **byte == MARK || **byte == b'!')
            .count()
            > 1_000
    }
}
