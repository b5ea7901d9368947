//! The bounds of the options.

use std::collections::HashSet;
use std::time::Duration;

use crate::app::AccessKey;
use crate::builder::EmulatorBuilder;
use crate::error::EmulatorError;
use crate::projects::UserSpec;
use crate::tenancy;

/// More sessions than this are taken for a slip: they would fill the memory of a small machine.
const MAX_SESSIONS: usize = 2_000_000;

const MAX_DAYS: u32 = 3_650;

/// The upper bound of every span of time, and of a token's life.
const MAX_SPAN: Duration = Duration::from_secs(MAX_DAYS as u64 * 86_400);

/// Finds the first option that is outside its bounds.
pub(crate) fn check(builder: &EmulatorBuilder) -> Result<(), EmulatorError> {
    const NOT_EMPTY: &str = "at least one character";
    const SPAN: &str = "at most 3,650 days";
    let options = &builder.options;
    for address in [Some(builder.listen), builder.admin].into_iter().flatten() {
        if !address.ip().is_loopback() {
            return Err(EmulatorError::NotLoopback(address));
        }
    }
    let short = |span: Duration| span <= MAX_SPAN;
    let other_projects = [tenancy::SUB_PROJECT_ID, tenancy::AGENCY_PROJECT_ID];
    let rules = [
        ("sessions", builder.sessions <= MAX_SESSIONS, "at most 2,000,000"),
        ("days", (1..=MAX_DAYS).contains(&builder.days), "from 1 to 3,650"),
        (
            "export_dir",
            builder.export_dir.is_none() || builder.state_dir.is_none(),
            "absent where there is a state_dir, which has the files",
        ),
        ("export_delay", short(options.export_delay), SPAN),
        ("retention", short(options.retention), SPAN),
        ("token_ttl", short(options.token_ttl), SPAN),
        ("key_ttl", options.key_ttl.is_none_or(short), SPAN),
        ("password_lock", short(options.password_lock), SPAN),
        (
            "project_id",
            is_id(&options.project_id),
            "1 to 128 ASCII letters, digits, - and _",
        ),
        (
            "project_id",
            !other_projects.contains(&options.project_id.as_str()),
            "another one than those of the emulator's other projects",
        ),
        ("user_name", !options.user_name.is_empty(), NOT_EMPTY),
        ("password", builder.password.as_deref() != Some(""), NOT_EMPTY),
        ("domain_name", !options.domain_name.is_empty(), NOT_EMPTY),
        (
            "domain_name",
            options.domain_name != tenancy::AGENCY_DOMAIN_NAME,
            "another one than that of the delegating account",
        ),
        ("agency", !options.agency.is_empty(), NOT_EMPTY),
        (
            "totp_passcode",
            builder.passcode.as_deref() != Some(""),
            NOT_EMPTY,
        ),
        (
            "access_key",
            builder.access_key.as_ref().is_none_or(key_fits),
            "an id of 1 to 128 ASCII letters, digits, - and _, and a secret of at least one character",
        ),
    ];
    match rules.into_iter().find(|(_, holds, _)| !holds) {
        Some((option, _, allowed)) => Err(EmulatorError::InvalidOption { option, allowed }),
        None => check_projects(builder),
    }
}

fn check_projects(builder: &EmulatorBuilder) -> Result<(), EmulatorError> {
    let mut ids: HashSet<String> = [
        builder.options.project_id.as_str(),
        tenancy::SUB_PROJECT_ID,
        tenancy::AGENCY_PROJECT_ID,
    ]
    .map(str::to_owned)
    .into();
    let mut keys: HashSet<&str> = builder.access_key.iter().map(|key| key.id.as_str()).collect();
    for project in &builder.projects {
        let account = project.account_name();
        let mut names = HashSet::new();
        let mut fits = |user: &UserSpec| {
            !user.name.is_empty()
                && user.password.as_deref() != Some("")
                && user.access_key.as_ref().is_none_or(key_fits)
        };
        let rules = [
            (!project.name.is_empty(), "named by at least one character"),
            (
                is_id(&project.project_id()),
                "one with an id of 1 to 128 ASCII letters, digits, - and _",
            ),
            (
                ids.insert(project.project_id()),
                "one with an id that no other project has",
            ),
            (
                !account.is_empty(),
                "one whose account is named by at least one character",
            ),
            (
                account != tenancy::AGENCY_DOMAIN_NAME,
                "one in another account than the delegating one",
            ),
            (
                project.sessions <= MAX_SESSIONS,
                "one with at most 2,000,000 sessions",
            ),
            (
                (1..=MAX_DAYS).contains(&project.days),
                "one with from 1 to 3,650 days",
            ),
            (
                project.users.iter().all(&mut fits),
                "one whose users have names, passwords and keys of at least one character",
            ),
            (
                project.users.iter().all(|user| names.insert(&user.name)),
                "one whose users have different names",
            ),
            (
                project
                    .users
                    .iter()
                    .filter_map(|user| user.access_key.as_ref())
                    .all(|key| keys.insert(&key.id)),
                "one whose users have access keys that nobody else has",
            ),
        ];
        if let Some((_, allowed)) = rules.into_iter().find(|(holds, _)| !holds) {
            return Err(EmulatorError::InvalidOption {
                option: "project",
                allowed,
            });
        }
    }
    Ok(())
}

fn is_id(text: &str) -> bool {
    let is_of_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=128).contains(&text.len()) && text.bytes().all(is_of_id)
}

fn key_fits(key: &AccessKey) -> bool {
    is_id(&key.id) && !key.secret.is_empty()
}
