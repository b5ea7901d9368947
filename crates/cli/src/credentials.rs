//! Who is calling: found in the environment or in a file, because other users could see a command-line argument.

use std::sync::Arc;

use session_export::{
    Clock, CredentialChain, Found, InstanceMetadata, Outcome, SourceKind, SystemClock, Transport,
};

use crate::environment::variable;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::settings::{Key, Origin, Settings, is_of_region};

/// Where this machine's metadata service is, if not at its usual address; `off` for nowhere.
pub(crate) const METADATA_ENDPOINT: &str = "SESSION_EXPORT_METADATA_ENDPOINT";

/// Tells what should be put right about what was found.
pub(crate) fn say_warnings(found: &Found, progress: &Progress) {
    for looked in found.report() {
        if matches!(looked.outcome(), Outcome::Warning(_)) {
            progress.say(looked.to_string());
        }
    }
}

/// Looks where the settings say, or everywhere. `direct` reaches this machine's own network, without a proxy; without it
/// the machine's metadata is not asked.
pub(crate) async fn look(settings: &Settings, direct: Option<Arc<dyn Transport>>) -> Result<Found, Failure> {
    // What stands above another tool's variable is not even looked at, so that nobody has to mend one that is not used.
    let is_above = |key| {
        settings
            .given(key)
            .is_some_and(|setting| matches!(setting.origin, Origin::Flag(_) | Origin::Variable(_)))
    };
    let has_project = is_above(Key::ProjectId) || is_above(Key::ProjectName);
    let region = settings.region().filter(|_| is_above(Key::Region));
    let environment = &settings.environment;
    let elsewhere = |name: &str| {
        let project = environment.get(name).ok().flatten().unwrap_or_default();
        region.is_some_and(|region| !is_of_region(project, region.as_str()))
    };
    let environment = environment.clone().without(|name| {
        let says = |key: Key| key.row().others.contains(&name);
        (region.is_some() && says(Key::Region))
            || (has_project && says(Key::ProjectId))
            || (says(Key::ProjectName) && (is_above(Key::ProjectName) || elsewhere(name)))
    });
    let mut chain = CredentialChain::new(environment);
    if let Some(path) = settings.path(Key::CredentialsFile) {
        chain = chain.credentials_file(path);
    }
    if let Some(profile) = settings.text(Key::CredentialsProfile) {
        chain = chain.profile(profile);
    }
    if let Some(place) = settings.text(Key::Credentials) {
        chain = chain.sources(kinds(place).iter().copied());
    }
    if let Some(direct) = direct
        && let Some(metadata) = instance_metadata(settings, direct)?
    {
        chain = chain.instance_metadata(metadata);
    }
    chain
        .find()
        .await
        .map_err(|error| Failure::no_credentials(&error))
}

fn instance_metadata(
    settings: &Settings,
    direct: Arc<dyn Transport>,
) -> Result<Option<InstanceMetadata>, Failure> {
    let metadata = InstanceMetadata::new(direct, Arc::new(SystemClock::new()) as Arc<dyn Clock>);
    match variable(&settings.environment, &[METADATA_ENDPOINT])?.as_deref() {
        Some("off") => Ok(None),
        Some(url) => match url.parse() {
            Ok(base) => Ok(Some(metadata.base_url(base))),
            Err(error) => Err(Failure::usage(format!("{METADATA_ENDPOINT}: {error}"))),
        },
        None => Ok(Some(metadata)),
    }
}

/// The kinds of places that a word of the setting `credentials` stands for.
fn kinds(place: &str) -> &'static [SourceKind] {
    match place {
        "environment" => &[
            SourceKind::OwnEnvironment,
            SourceKind::SdkEnvironment,
            SourceKind::TerraformEnvironment,
            SourceKind::OpenStackEnvironment,
        ],
        "file" => &[SourceKind::ProfileFile],
        "koocli" => &[SourceKind::KooCli],
        "metadata" => &[SourceKind::InstanceMetadata],
        _ => &[],
    }
}
