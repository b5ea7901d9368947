//! The settings of KooCLI (`hcloud`): `~/.hcloud/config.json`.
//!
//! They are a leftover of another tool, so what is wrong with them is told and does not stop the chain, unless
//! somebody said that they are to be used.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::environment::Environment;
use super::error::Problem;
use super::file_source::FileSource;
use super::report::{Outcome, Source, SourceKind, shown};
use super::secret_file::SecretFile;
use super::settings::{Field, Settings, Vocabulary};

/// Terraform's variables for this file.
const FILE_VARIABLE: &str = "HW_SHARED_CONFIG_FILE";
const PROFILE_VARIABLE: &str = "HW_PROFILE";

const VOCABULARY: Vocabulary = &[
    (Field::KeyId, &["accessKeyId"]),
    (Field::KeySecret, &["secretAccessKey"]),
    (Field::SecurityToken, &["securityToken"]),
    (Field::Region, &["region"]),
    (Field::ProjectId, &["projectId"]),
    (Field::DomainId, &["domainId"]),
    (Field::AgencyName, &["agencyName"]),
    (Field::AgencyDomainName, &["agencyDomainName"]),
    (Field::AgencyDomainId, &["agencyDomainId"]),
];

#[derive(Deserialize)]
struct Config {
    current: Option<String>,
    #[serde(default)]
    profiles: Vec<Profile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    name: String,
    mode: Option<String>,
    access_key_id: Option<SecretString>,
    secret_access_key: Option<SecretString>,
    security_token: Option<SecretString>,
    region: Option<SecretString>,
    project_id: Option<SecretString>,
    domain_id: Option<SecretString>,
    agency_name: Option<SecretString>,
    agency_domain_name: Option<SecretString>,
    agency_domain_id: Option<SecretString>,
    sso_auth: Option<SsoAuth>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StsToken {
    access_key_id: Option<SecretString>,
    secret_access_key: Option<SecretString>,
    security_token: Option<SecretString>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SsoAuth {
    sts_token: Option<StsToken>,
}

/// What KooCLI is asked for, and whether somebody asked for it.
struct Wanted<'a> {
    path: Option<PathBuf>,
    place: String,
    profile: Option<&'a str>,
    by_name: bool,
    /// The variable that says that this file is meant.
    variable: Option<&'static str>,
}

impl<'a> Wanted<'a> {
    fn new(environment: &'a Environment, profile: Option<&'a str>) -> Result<Self, Problem> {
        let variable = |name| {
            environment
                .get(name)
                .map_err(|error| Problem::malformed(error.to_string()))
        };
        let file = variable(FILE_VARIABLE)?;
        let named_profile = variable(PROFILE_VARIABLE)?.map(str::trim);
        let meant = match (file, profile, named_profile) {
            (Some(_), _, _) => Some(FILE_VARIABLE),
            (None, None, Some(_)) => Some(PROFILE_VARIABLE),
            _ => None,
        };
        let profile = profile.or(named_profile);
        let usual = || {
            environment
                .home()
                .map(|home| home.join(".hcloud").join("config.json"))
        };
        Ok(Self {
            path: file.map(PathBuf::from).or_else(usual),
            place: file.map_or_else(
                || SourceKind::KooCli.place().to_owned(),
                |file| format!("file {}", shown(file)),
            ),
            profile,
            by_name: file.is_some() || profile.is_some(),
            variable: meant,
        })
    }
}

/// Reads the file, blocking. `profile` is what the caller chose.
pub(super) fn read(environment: &Environment, profile: Option<&str>) -> FileSource {
    let wanted = match Wanted::new(environment, profile) {
        Ok(wanted) => wanted,
        Err(problem) => return FileSource::problem(Source::new(SourceKind::KooCli), problem),
    };
    let mut found = read_wanted(&wanted);
    found.leftover = !wanted.by_name;
    found
}

fn read_wanted(wanted: &Wanted<'_>) -> FileSource {
    let source = Source::at(SourceKind::KooCli, &wanted.place);
    let Some(path) = &wanted.path else {
        return FileSource::unusable(source, Outcome::Absent("the home directory is not known".into()));
    };
    let file = match SecretFile::read(path) {
        Ok(Some(file)) => file,
        Ok(None) => {
            return match wanted.variable {
                None => FileSource::unusable(source, Outcome::Absent("there is no such file".into())),
                Some(variable) => {
                    let text = format!("there is no such file, but {variable} says that it is meant");
                    FileSource::problem(source, Problem::malformed(text))
                }
            };
        }
        Err(problem) => return FileSource::problem(source, problem),
    };
    let named = |name: &str| {
        let place = format!("{} [{}]", wanted.place, shown(name));
        Source::at(SourceKind::KooCli, place)
    };
    let mut found = match profile_of(&file, wanted.profile) {
        Ok((name, Ok(settings))) => FileSource::settings(named(&name), settings, Vec::new()),
        Ok((name, Err(problem))) => FileSource::problem(named(&name), problem),
        Err(problem) => FileSource::problem(source, problem),
    };
    found.warning = file.warning;
    found
}

/// The profile's name and its settings.
fn profile_of(
    file: &SecretFile,
    wanted: Option<&str>,
) -> Result<(String, Result<Settings, Problem>), Problem> {
    let config: Config = serde_json::from_str(file.text()?).map_err(|error| {
        // The error's own text may show a value.
        Problem::malformed(format!(
            "it is not KooCLI's JSON (line {}, column {})",
            error.line(),
            error.column()
        ))
    })?;
    let current = config.current.as_deref().filter(|name| !name.trim().is_empty());
    let Some(name) = wanted.or(current) else {
        return Err(Problem::malformed("it has no current profile"));
    };
    let Some(profile) = config.profiles.iter().find(|profile| profile.name == name) else {
        let names: Vec<_> = config
            .profiles
            .iter()
            .map(|profile| shown(&profile.name))
            .collect();
        return Err(Problem::malformed(match names.is_empty() {
            true => "it has no profile".to_owned(),
            false => format!("it has no profile {}; it has {}", shown(name), names.join(", ")),
        }));
    };
    Ok((name.to_owned(), settings(profile)))
}

fn settings(profile: &Profile) -> Result<Settings, Problem> {
    let mode = profile.mode.as_deref().unwrap_or_default();
    let [id, secret, token] = match mode.to_ascii_uppercase().as_str() {
        "" | "AKSK" => [
            &profile.access_key_id,
            &profile.secret_access_key,
            &profile.security_token,
        ],
        "SSO" => match profile.sso_auth.as_ref().and_then(|sso| sso.sts_token.as_ref()) {
            Some(sts) => [&sts.access_key_id, &sts.secret_access_key, &sts.security_token],
            None => {
                return Err(Problem::incomplete(
                    "its mode is SSO, but it holds no temporary key; log in with KooCLI again",
                ));
            }
        },
        _ => {
            return Err(Problem::unsupported(
                "its mode is neither AKSK nor SSO, and others are not supported",
            ));
        }
    };
    let mut settings = Settings::new(VOCABULARY);
    for (field, text) in [
        (Field::KeyId, id),
        (Field::KeySecret, secret),
        (Field::SecurityToken, token),
        (Field::Region, &profile.region),
        (Field::ProjectId, &profile.project_id),
        (Field::DomainId, &profile.domain_id),
        (Field::AgencyName, &profile.agency_name),
        (Field::AgencyDomainName, &profile.agency_domain_name),
        (Field::AgencyDomainId, &profile.agency_domain_id),
    ] {
        if let Some(text) = text {
            let name = settings.name_of(field).to_owned();
            settings.push(field, name, text.expose_secret());
        }
    }
    refuse_encrypted(&settings)?;
    Ok(settings)
}

/// KooCLI encrypts its secrets unless told otherwise, and nothing in the file says so: it shows in their form.
fn refuse_encrypted(settings: &Settings) -> Result<(), Problem> {
    let (Some(id), Some(secret)) = (settings.get(Field::KeyId), settings.get(Field::KeySecret)) else {
        return Ok(());
    };
    let plain_id = |id: &str| {
        id.len() >= 20
            && id
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    let plain_secret =
        |secret: &str| secret.len() == 40 && secret.bytes().all(|byte| byte.is_ascii_graphic());
    if plain_id(id.text()?) && plain_secret(secret.text()?) {
        return Ok(());
    }
    Err(Problem::malformed(
        "its keys are not in the form of an access key, so KooCLI has encrypted them; run \
         `hcloud configure set --cli-auth-encrypt=false`, or set the key in another place",
    ))
}
