//! Each source × present, partial, malformed, absent → what comes of it. `docs/credentials.md` shows this table.

use session_export_auth::{Found, NoCredentials, NoCredentialsKind, Outcome, SourceKind};

use crate::{Home, KOOCLI, PROFILE};
use crate::{table_environment, table_files};

/// One source and what can be in it.
pub(crate) struct Group {
    pub(crate) kind: SourceKind,
    pub(crate) title: &'static str,
    pub(crate) cases: &'static [Case],
}

pub(crate) struct Case {
    /// For people.
    pub(crate) given: &'static str,
    pub(crate) set: Set,
    /// What comes of it, to the letter.
    pub(crate) outcome: &'static str,
}

pub(crate) enum Set {
    Variables(&'static [(&'static str, &'static str)]),
    ProfileFile(&'static str),
    KooCli(&'static str),
}

pub(crate) const GROUPS: [&Group; 6] = [
    &table_environment::OWN,
    &table_environment::SDK,
    &table_environment::TERRAFORM,
    &table_environment::OPENSTACK,
    &table_files::PROFILE_FILE,
    &table_files::KOO_CLI,
];

/// What the chain really makes of a case.
pub(crate) fn actual(kind: SourceKind, case: &Case) -> String {
    let home = Home::new();
    let result = match case.set {
        Set::Variables(variables) => home.find(variables),
        Set::ProfileFile(text) => home.with(PROFILE, text).find(&[]),
        Set::KooCli(text) => home.with(KOOCLI, text).find(&[]),
    };
    match result {
        Ok(found) => used(&found),
        Err(error) => failed(kind, &error),
    }
}

fn used(found: &Found) -> String {
    let mut parts = Vec::new();
    for looked in found.report() {
        match looked.outcome() {
            Outcome::Used(_) | Outcome::Note(_) => parts.push(looked.outcome().to_string()),
            _ => {}
        }
    }
    parts.extend(found.project_id().map(|id| format!("project id {id}")));
    parts.extend(found.project_name().map(|name| format!("project {name}")));
    parts.extend(found.region().map(|region| format!("region {region}")));
    parts.extend(found.iam_endpoint().map(|url| format!("IAM at {url}")));
    parts.extend(found.agency().map(|_| "with an agency".to_owned()));
    parts.join("; ")
}

fn failed(kind: SourceKind, error: &NoCredentials) -> String {
    if error.kind() != NoCredentialsKind::NothingFound {
        return format!("error: {error}");
    }
    let own = error
        .report()
        .iter()
        .filter(|looked| looked.source().kind() == kind);
    let outcomes: Vec<_> = own.map(|looked| looked.outcome().to_string()).collect();
    format!("goes on: {}", outcomes.join("; "))
}

#[test]
fn each_source_gives_what_the_table_says() {
    let mut wrong = Vec::new();
    for group in GROUPS {
        for case in group.cases {
            let actual = actual(group.kind, case);
            assert!(!actual.contains("sesame"), "{}: {actual}", case.given);
            if actual != case.outcome {
                wrong.push(format!(
                    "{}, {}:\n  expected {:?}\n  actual   {actual:?}",
                    group.title, case.given, case.outcome
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
