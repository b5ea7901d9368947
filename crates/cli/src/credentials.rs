//! Who is calling: found in the environment or in a file, because other users could see a command-line argument.

use std::sync::Arc;

use session_export::{
    Clock, CredentialChain, Environment, Found, InstanceMetadata, Outcome, SourceKind, SystemClock, Transport,
};

use crate::args::{ConnectionArgs, CredentialArgs, Place};
use crate::environment::variable;
use crate::failure::Failure;
use crate::progress::Progress;

/// Where this machine's metadata service is, if not at its usual address; `off` for nowhere.
pub(crate) const METADATA_ENDPOINT: &str = "SESSION_EXPORT_METADATA_ENDPOINT";

/// The variables that a flag takes the place of.
const PROJECT_NAME: [&str; 3] = ["HW_PROJECT_NAME", "OS_PROJECT_NAME", "OS_TENANT_NAME"];
const REGION: [&str; 2] = ["HW_REGION_NAME", "OS_REGION_NAME"];
const PROJECT: [&str; 4] = [
    "HUAWEICLOUD_SDK_PROJECT_ID",
    "HW_PROJECT_ID",
    "OS_PROJECT_ID",
    "OS_TENANT_ID",
];

/// Looks where the flags say, or everywhere. `direct` reaches this machine's own network, without a proxy.
pub(crate) async fn find(
    args: &ConnectionArgs,
    direct: Arc<dyn Transport>,
    progress: &Progress,
) -> Result<Found, Failure> {
    // Not even looked at, so that nobody has to mend a variable that is not used.
    let environment = Environment::of_process();
    // The project of another region than the flag's. That of the region, or a sub-project of it, is meant.
    let elsewhere = |name: &str| {
        let project = environment.get(name).ok().flatten().unwrap_or_default().trim();
        let region = args.region.as_deref().unwrap_or_default();
        project
            .strip_prefix(region)
            .is_none_or(|rest| !rest.is_empty() && !rest.starts_with('_'))
    };
    let environment = environment.clone().without(|name| {
        (args.region.is_some() && REGION.contains(&name))
            || (args.project_id.is_some() && PROJECT.contains(&name))
            || (args.region.is_some() && PROJECT_NAME.contains(&name) && elsewhere(name))
    });
    let mut chain = CredentialChain::new(environment);
    let args = &args.credential;
    check(args)?;
    if let Some(path) = &args.credentials_file {
        chain = chain.credentials_file(path);
    }
    if let Some(profile) = &args.profile {
        chain = chain.profile(profile);
    }
    if let Some(place) = args.credentials {
        chain = chain.sources(kinds(place).iter().copied());
    }
    if let Some(metadata) = instance_metadata(direct)? {
        chain = chain.instance_metadata(metadata);
    }
    let found = chain
        .find()
        .await
        .map_err(|error| Failure::no_credentials(&error))?;
    for looked in found.report() {
        if matches!(looked.outcome(), Outcome::Warning(_)) {
            progress.say(looked.to_string());
        }
    }
    Ok(found)
}

/// A file or a profile belongs to a place that has one.
fn check(args: &CredentialArgs) -> Result<(), Failure> {
    let refuse = |flag, place| {
        Err(Failure::usage(format!(
            "{flag} chooses nothing in --credentials {place}"
        )))
    };
    match args.credentials {
        Some(Place::Environment) if args.profile.is_some() => refuse("--profile", "environment"),
        Some(Place::Metadata) if args.profile.is_some() => refuse("--profile", "metadata"),
        Some(Place::Environment) if args.credentials_file.is_some() => {
            refuse("--credentials-file", "environment")
        }
        Some(Place::Metadata) if args.credentials_file.is_some() => refuse("--credentials-file", "metadata"),
        Some(Place::Koocli) if args.credentials_file.is_some() => refuse("--credentials-file", "koocli"),
        _ => Ok(()),
    }
}

fn instance_metadata(direct: Arc<dyn Transport>) -> Result<Option<InstanceMetadata>, Failure> {
    let metadata = InstanceMetadata::new(direct, Arc::new(SystemClock::new()) as Arc<dyn Clock>);
    match variable(&[METADATA_ENDPOINT])?.as_deref() {
        Some("off") => Ok(None),
        Some(url) => match url.parse() {
            Ok(base) => Ok(Some(metadata.base_url(base))),
            Err(error) => Err(Failure::usage(format!("{METADATA_ENDPOINT}: {error}"))),
        },
        None => Ok(Some(metadata)),
    }
}

fn kinds(place: Place) -> &'static [SourceKind] {
    match place {
        Place::Environment => &[
            SourceKind::OwnEnvironment,
            SourceKind::SdkEnvironment,
            SourceKind::TerraformEnvironment,
            SourceKind::OpenStackEnvironment,
        ],
        Place::File => &[SourceKind::ProfileFile],
        Place::Koocli => &[SourceKind::KooCli],
        Place::Metadata => &[SourceKind::InstanceMetadata],
    }
}
