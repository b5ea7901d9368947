//! The profile file of the official SDKs: `~/.huaweicloud/credentials`.

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::error::Problem;
use super::file_source::FileSource;
use super::ini::{Ini, Section};
use super::report::{Outcome, Source, SourceKind, shown};
use super::secret_file::SecretFile;
use super::settings::{Field, Settings, Vocabulary};

const VARIABLE: &str = "HUAWEICLOUD_SDK_CREDENTIALS_FILE";
/// The SDKs look for the first name, or for one of the others, depending on how their client is built.
const DEFAULT_SECTIONS: [&str; 3] = ["basic", "basiccredentials", "basic.credentials"];
/// Credentials for services that belong to an account, not to a project.
const GLOBAL_SECTIONS: [&str; 3] = ["global", "globalcredentials", "global.credentials"];

const VOCABULARY: Vocabulary = &[
    (Field::KeyId, &["ak"]),
    (Field::KeySecret, &["sk"]),
    (Field::SecurityToken, &["security_token"]),
    (Field::ProjectId, &["project_id"]),
    (Field::DomainId, &["domain_id"]),
    (Field::IamEndpoint, &["iam_endpoint"]),
    (Field::IdpId, &["idp_id"]),
    (Field::IdToken, &["id_token_file"]),
];

/// Reads the file, blocking. `path` and `profile` are what the caller chose.
pub(super) fn read(environment: &Environment, path: Option<&Path>, profile: Option<&str>) -> FileSource {
    let (path, chosen_by) = match locate(environment, path) {
        Ok(Some(located)) => located,
        Ok(None) => {
            let source = Source::new(SourceKind::ProfileFile);
            return FileSource::unusable(source, Outcome::Absent("the home directory is not known".into()));
        }
        Err(problem) => return FileSource::problem(Source::new(SourceKind::ProfileFile), problem),
    };
    let place = match chosen_by {
        None => SourceKind::ProfileFile.place().to_owned(),
        Some(_) => format!("file {}", shown(&path.display().to_string())),
    };
    let source = Source::at(SourceKind::ProfileFile, &place);
    let file = match SecretFile::read(&path) {
        Ok(Some(file)) => file,
        Ok(None) => {
            return match chosen_by {
                None => FileSource::unusable(source, Outcome::Absent("there is no such file".into())),
                // Somebody said that this is the file: what comes later is not what they meant.
                Some(by) => {
                    let problem = Problem::malformed(format!("there is no such file, but {by} names it"));
                    FileSource::problem(source, problem)
                }
            };
        }
        Err(problem) => return FileSource::problem(source, problem),
    };
    let mut found = match section(&file, profile) {
        Ok(Ok((name, settings, notes))) => {
            let source = Source::at(SourceKind::ProfileFile, format!("{place} [{}]", shown(&name)));
            FileSource::settings(source, settings, notes)
        }
        Ok(Err(why)) => FileSource::unusable(source, Outcome::NotUsed(why)),
        Err(problem) => FileSource::problem(source, problem),
    };
    found.warning = file.warning;
    found
}

/// The file, and who chose it if it is not the usual one.
fn locate(
    environment: &Environment,
    path: Option<&Path>,
) -> Result<Option<(PathBuf, Option<&'static str>)>, Problem> {
    if let Some(path) = path {
        return Ok(Some((path.to_owned(), Some("the caller"))));
    }
    match environment.get(VARIABLE) {
        Ok(Some(path)) => Ok(Some((path.into(), Some(VARIABLE)))),
        Ok(None) => Ok(environment
            .home()
            .map(|home| (home.join(".huaweicloud").join("credentials"), None))),
        Err(error) => Err(Problem::malformed(error.to_string())),
    }
}

/// The section's name, its settings and what is worth telling.
type Chosen = (String, Settings, Vec<String>);

/// The section that counts; `Err` inside when the file is fine but has none.
fn section(file: &SecretFile, profile: Option<&str>) -> Result<Result<Chosen, String>, Problem> {
    let ini = Ini::parse(file.text()?).map_err(|error| Problem::malformed(error.to_string()))?;
    let found = match profile {
        Some(name) => ini.section(name),
        None => DEFAULT_SECTIONS.iter().find_map(|name| ini.section(name)),
    };
    let Some(section) = found else {
        return Ok(Err(no_section(&ini, profile)));
    };
    let (settings, notes) = settings(section);
    Ok(Ok((section.name.to_owned(), settings, notes)))
}

fn settings(section: &Section<'_>) -> (Settings, Vec<String>) {
    let mut settings = Settings::new(VOCABULARY);
    let mut notes = Vec::new();
    for entry in &section.entries {
        let key = entry.key.to_ascii_lowercase();
        match settings.field(&key) {
            Some(field) => settings.push(field, format!("{key} (line {})", entry.line), entry.value),
            // By its number: what stands before the first `=` of a pasted secret looks like a key.
            None => notes.push(format!("the key on line {} is not known here", entry.line)),
        }
    }
    (settings, notes)
}

fn no_section(ini: &Ini<'_>, profile: Option<&str>) -> String {
    let wanted = profile.unwrap_or(DEFAULT_SECTIONS[0]);
    let names: Vec<_> = ini
        .sections
        .iter()
        .map(|section| format!("[{}]", shown(section.name)))
        .collect();
    if names.is_empty() {
        return format!("it has no section [{}], and no other", shown(wanted));
    }
    let all_global = ini
        .sections
        .iter()
        .all(|section| GLOBAL_SECTIONS.contains(&section.name));
    if profile.is_none() && all_global {
        return format!(
            "it has only {}, which is for services of a whole account; Workspace belongs to a project: put the key \
             into a section [basic]",
            names.join(" and ")
        );
    }
    format!(
        "it has no section [{}]; it has {}: choose one of them as the profile",
        shown(wanted),
        names.join(", ")
    )
}
