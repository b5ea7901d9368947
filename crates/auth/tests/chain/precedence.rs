//! Which source goes first, and what it may take from others.

use session_export_auth::{Found, NoCredentialsKind, SourceKind};

use crate::{Home, KOOCLI, PROFILE, identity, report};

const SK: &str = "sesamesesamesesamesesamesesamesesame0123";
const PROFILE_TEXT: &str = "[basic]\nak = PROFILE\nsk = sesame\n";
const KOOCLI_ID: &str = "KOOCLIKOOCLIKOOCLI00";

type Variables = &'static [(&'static str, &'static str)];

/// The sources that need no network, first to last, with the identity that each holds.
const SOURCES: [(SourceKind, &str, Variables); 6] = [
    (
        SourceKind::OwnEnvironment,
        "MIIown",
        &[("SESSION_EXPORT_TOKEN", "MIIown")],
    ),
    (
        SourceKind::SdkEnvironment,
        "SDK",
        &[("HUAWEICLOUD_SDK_AK", "SDK"), ("HUAWEICLOUD_SDK_SK", "sesame")],
    ),
    (
        SourceKind::TerraformEnvironment,
        "TERRAFORM",
        &[("HW_ACCESS_KEY", "TERRAFORM"), ("HW_SECRET_KEY", "sesame")],
    ),
    (
        SourceKind::OpenStackEnvironment,
        "OPENSTACK",
        &[("OS_ACCESS_KEY", "OPENSTACK"), ("OS_SECRET_KEY", "sesame")],
    ),
    (SourceKind::ProfileFile, "PROFILE", &[]),
    (SourceKind::KooCli, KOOCLI_ID, &[]),
];

fn koocli() -> String {
    format!(
        r#"{{"current":"a","profiles":[{{"name":"a","accessKeyId":"{KOOCLI_ID}","secretAccessKey":"{SK}"}}]}}"#
    )
}

fn found_with(kinds: &[usize]) -> Found {
    let mut home = Home::new();
    let mut variables = Vec::new();
    for index in kinds {
        let (kind, _, pairs) = SOURCES[*index];
        variables.extend_from_slice(pairs);
        home = match kind {
            SourceKind::ProfileFile => home.with(PROFILE, PROFILE_TEXT),
            SourceKind::KooCli => home.with(KOOCLI, koocli()),
            _ => home,
        };
    }
    home.find(&variables).unwrap()
}

#[test]
fn of_every_two_sources_the_earlier_one_is_used() {
    for (first, (kind, expected, _)) in SOURCES.into_iter().enumerate() {
        for second in first + 1..SOURCES.len() {
            let found = found_with(&[second, first]);
            assert_eq!(identity(&found), expected, "{first} and {second}");
            assert_eq!(found.source().unwrap().kind(), kind);
        }
        assert_eq!(identity(&found_with(&[first])), expected);
    }
}

#[test]
fn the_order_is_that_of_all() {
    let order: Vec<_> = SOURCES.iter().map(|(kind, ..)| *kind).collect();
    assert_eq!(SourceKind::ALL[..6], order);
    assert_eq!(SourceKind::ALL[6], SourceKind::InstanceMetadata);
    assert!(SourceKind::ALL.is_sorted());
    let names: std::collections::BTreeSet<_> = SourceKind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(names.len(), 7);
}

#[test]
fn the_report_has_each_place_up_to_the_one_that_is_used() {
    assert_eq!(
        report(&found_with(&[4])),
        [
            "environment SESSION_EXPORT_TOKEN: SESSION_EXPORT_TOKEN is not set",
            "environment HUAWEICLOUD_SDK_*: HUAWEICLOUD_SDK_AK is not set",
            "environment HW_*: neither HW_AUTH_TOKEN, HW_ACCESS_KEY nor HW_USER_PASSWORD is set",
            "environment OS_*: neither OS_AUTH_TOKEN, OS_ACCESS_KEY nor OS_PASSWORD is set",
            "file ~/.huaweicloud/credentials [basic]: used, an access key",
        ]
    );
}

#[test]
fn a_source_in_part_stops_the_chain_before_a_whole_one() {
    let error = Home::new()
        .with(PROFILE, PROFILE_TEXT)
        .find(&[("OS_ACCESS_KEY", "AK")])
        .unwrap_err();
    assert_eq!(error.kind(), NoCredentialsKind::Incomplete);
    assert_eq!(
        error.to_string(),
        "environment OS_*: OS_ACCESS_KEY is set, but not OS_SECRET_KEY; set what is missing, or remove OS_ACCESS_KEY \
         to use another credential"
    );
    assert_eq!(error.report().len(), 4);
    // What comes after the one that is used is not even looked at.
    let found = Home::new().find(&[
        ("HUAWEICLOUD_SDK_AK", "SDK"),
        ("HUAWEICLOUD_SDK_SK", "sesame"),
        ("OS_ACCESS_KEY", "AK"),
    ]);
    assert_eq!(identity(&found.unwrap()), "SDK");
}

#[test]
fn secrets_of_two_families_are_never_joined() {
    for variables in [
        [("HW_ACCESS_KEY", "AK"), ("OS_SECRET_KEY", "sesame")],
        [("HW_USER_PASSWORD", "sesame"), ("OS_USER_ID", "0a1b")],
        [("HUAWEICLOUD_SDK_AK", "AK"), ("HW_SECRET_KEY", "sesame")],
    ] {
        let error = Home::new().find(&variables).unwrap_err();
        assert_eq!(error.kind(), NoCredentialsKind::Incomplete, "{error}");
    }
}

#[test]
fn a_project_a_region_and_an_account_may_come_from_another_family() {
    let found = Home::new()
        .find(&[
            ("HW_USER_NAME", "user005"),
            ("HW_USER_PASSWORD", "sesame"),
            ("OS_USER_DOMAIN_NAME", "account-a"),
            ("OS_REGION_NAME", "cn-north-4"),
            ("HUAWEICLOUD_SDK_PROJECT_ID", "p1"),
        ])
        .unwrap();
    assert_eq!(identity(&found), "user005@account-a");
    assert_eq!(found.region().unwrap().as_str(), "cn-north-4");
    assert_eq!(found.project_id().unwrap().as_str(), "p1");
    assert_eq!(
        report(&found)[2..],
        [
            "environment HW_*: used, a password",
            "environment HW_*: note: OS_USER_DOMAIN_NAME is used with it",
            "environment HW_*: note: HUAWEICLOUD_SDK_PROJECT_ID is used with it",
            "environment HW_*: note: OS_REGION_NAME is used with it",
        ]
    );
}

#[test]
fn a_projects_id_and_name_are_of_one_source() {
    let found = Home::new()
        .find(&[
            ("HW_AUTH_TOKEN", "MII"),
            ("HW_PROJECT_NAME", "cn-north-4_sub"),
            ("OS_PROJECT_ID", "p2"),
        ])
        .unwrap();
    assert_eq!(found.project_name(), Some("cn-north-4_sub"));
    assert_eq!(found.project_id(), None);
}

#[test]
fn a_source_of_its_own_value_takes_no_other() {
    let profile = format!("{PROFILE_TEXT}project_id = p1\n");
    let found = Home::new()
        .with(PROFILE, profile)
        .find(&[("HW_PROJECT_ID", "p2"), ("HW_REGION_NAME", "cn-north-4")])
        .unwrap();
    assert_eq!(found.project_id().unwrap().as_str(), "p1");
    assert_eq!(found.region().unwrap().as_str(), "cn-north-4");
}

#[test]
fn variables_take_nothing_from_a_file() {
    let profile = format!("{PROFILE_TEXT}project_id = p1\niam_endpoint = https://iam.example.com\n");
    let found = Home::new()
        .with(PROFILE, profile)
        .find(&[("HW_AUTH_TOKEN", "MII")])
        .unwrap();
    assert_eq!(found.project_id(), None);
    assert_eq!(found.iam_endpoint(), None);
}

/// The secret is sent to the endpoint: `OS_AUTH_URL` may well be another cloud's.
#[test]
fn an_iam_endpoint_goes_only_with_its_own_family() {
    let password = [
        ("HW_USER_ID", "0a1b"),
        ("HW_USER_PASSWORD", "sesame"),
        ("OS_AUTH_URL", "https://keystone.example.com"),
    ];
    let found = Home::new().find(&password).unwrap();
    assert_eq!(found.iam_endpoint(), None);
    assert_eq!(
        report(&found).last().unwrap(),
        "environment HW_*: note: OS_AUTH_URL is passed over: it goes only with a credential of its own family"
    );
    // The profile file and HUAWEICLOUD_SDK_* are one family.
    let found = Home::new()
        .with(PROFILE, PROFILE_TEXT)
        .find(&[("HUAWEICLOUD_SDK_IAM_ENDPOINT", "https://iam.example.com")])
        .unwrap();
    assert_eq!(found.iam_endpoint().unwrap().as_str(), "https://iam.example.com");
}

#[test]
fn an_agency_of_terraform_goes_with_what_terraform_reads() {
    let agency = [
        ("HW_ASSUME_ROLE_AGENCY_NAME", "reader"),
        ("HW_ASSUME_ROLE_DOMAIN_NAME", "account-b"),
        ("HW_ASSUME_ROLE_DURATION", "900"),
    ];
    let with = |more: &[(&'static str, &'static str)]| [&agency[..], more].concat();
    let found = Home::new()
        .find(&with(&[("OS_ACCESS_KEY", "AK"), ("OS_SECRET_KEY", "sesame")]))
        .unwrap();
    let taken = found.agency().unwrap();
    assert_eq!(
        *taken.agency(),
        session_export_auth::Agency::of_domain_name("reader", "account-b")
    );
    assert_eq!(taken.duration().unwrap().as_secs(), 900);
    let found = Home::new().with(KOOCLI, koocli()).find(&with(&[])).unwrap();
    assert!(found.agency().is_some());

    let found = Home::new()
        .find(&with(&[
            ("HUAWEICLOUD_SDK_AK", "AK"),
            ("HUAWEICLOUD_SDK_SK", "sesame"),
        ]))
        .unwrap();
    assert!(found.agency().is_none());
    assert_eq!(
        report(&found).last().unwrap(),
        "environment HUAWEICLOUD_SDK_*: note: HW_ASSUME_ROLE_AGENCY_NAME is passed over: it does not go with a \
         credential from here"
    );
}
