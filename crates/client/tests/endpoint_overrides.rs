//! Endpoints that differ from the published ones: which source wins, and what is wrong with a source.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use session_export::{Endpoint, EndpointOverrides, ErrorKind};

const PUBLISHED: &str = "cn-north-4, cn-north-9, cn-east-3, cn-south-1, cn-southwest-2, cn-east-5, cn-north-11, \
     ap-southeast-1, ap-southeast-2, ap-southeast-3, af-south-1, af-north-1, la-north-2, la-south-2, na-mexico-1, \
     sa-brazil-1, me-east-1, tr-west-1";

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn of(pairs: &[(&str, &str)]) -> EndpointOverrides {
    EndpointOverrides::default().variables(variables(pairs)).unwrap()
}

fn urls(endpoint: &Endpoint) -> [&str; 3] {
    let iam = endpoint.iam().map_or("none", |iam| iam.as_str());
    [
        endpoint.sessions().as_str(),
        endpoint.export_centre().as_str(),
        iam,
    ]
}

fn refused(pairs: &[(&str, &str)]) -> String {
    let error = EndpointOverrides::default()
        .variables(variables(pairs))
        .unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Configuration { .. }),
        "{error:?}"
    );
    error.to_string()
}

#[test]
fn each_service_takes_the_first_source_that_is_there() {
    const FILE: &str = "{WorkspaceApp: [{id: cn-north-4, endpoint: https://f-sessions}], \
         Workspace: [{id: cn-north-4, endpoint: https://f-centre}], IAM: [{id: cn-north-4, endpoint: https://f-iam}]}";
    let table = [
        "https://appstream.cn-north-4.myhuaweicloud.com",
        "https://workspace.cn-north-4.myhuaweicloud.com",
        "https://iam.cn-north-4.myhuaweicloud.com",
    ];
    let names = [
        "HUAWEICLOUD_SDK_REGION_WORKSPACEAPP_CN_NORTH_4",
        "HUAWEICLOUD_SDK_REGION_WORKSPACE_CN_NORTH_4",
        "HUAWEICLOUD_SDK_REGION_IAM_CN_NORTH_4",
    ];
    let has_files = cfg!(feature = "regions-file");
    for service in 0..3 {
        // Every set of sources: explicit, the region's variable, the IAM variable, the file.
        for set in 0..16 {
            let [explicit, variable, iam_variable, file] = [1, 2, 4, 8].map(|bit| set & bit != 0);
            if file && !has_files {
                continue;
            }
            let mut overrides = EndpointOverrides::default();
            if file {
                overrides = with_file(overrides, FILE);
            }
            if variable {
                overrides = overrides
                    .variables(variables(&[(names[service], "https://variable")]))
                    .unwrap();
            }
            if iam_variable {
                // A secret is sent to it: it goes with the credential that it was set with, and with no other.
                overrides = overrides
                    .variables(variables(&[(
                        "HUAWEICLOUD_SDK_IAM_ENDPOINT",
                        "https://iam-variable",
                    )]))
                    .unwrap();
            }
            let mut builder = Endpoint::builder().region("cn-north-4").overrides(&overrides);
            if explicit {
                let base = "https://explicit".parse().unwrap();
                builder = match service {
                    0 => builder.sessions(base),
                    1 => builder.export_centre(base),
                    _ => builder.iam(base),
                };
            }
            let mut expected = if file {
                ["https://f-sessions", "https://f-centre", "https://f-iam"]
            } else {
                table
            };
            if variable {
                expected[service] = "https://variable";
            }
            if explicit {
                expected[service] = "https://explicit";
            }
            assert_eq!(
                urls(&builder.build().unwrap()),
                expected,
                "service {service}, set {set}"
            );
        }
    }
}

#[cfg(feature = "regions-file")]
fn with_file(overrides: EndpointOverrides, text: &str) -> EndpointOverrides {
    overrides.regions_yaml(text).unwrap()
}

#[cfg(not(feature = "regions-file"))]
fn with_file(overrides: EndpointOverrides, _: &str) -> EndpointOverrides {
    overrides
}

#[test]
fn a_variable_is_of_one_service_and_one_region() {
    let overrides = of(&[
        ("HUAWEICLOUD_SDK_REGION_WORKSPACE_CN_NORTH_4", "https://a"),
        ("HUAWEICLOUD_SDK_REGION_ECS_CN_NORTH_4", "not a URL"),
        ("HUAWEICLOUD_SDK_REGION_WORKSPACE", "not a URL"),
        ("HUAWEICLOUD_SDK_REGION_WORKSPACE_", "not a URL"),
        ("HUAWEICLOUD_SDK_REGION_workspace_CN_NORTH_4", "not a URL"),
        ("PATH", "not a URL"),
    ]);
    let here = Endpoint::builder().region("cn-north-4").overrides(&overrides);
    assert_eq!(
        urls(&here.build().unwrap())[..2],
        ["https://appstream.cn-north-4.myhuaweicloud.com", "https://a"]
    );
    let elsewhere = Endpoint::builder().region("cn-north-9").overrides(&overrides);
    assert_eq!(
        elsewhere.build().unwrap(),
        Endpoint::region("cn-north-9").unwrap()
    );
}

#[test]
fn of_several_endpoints_the_first_is_used_and_a_blank_value_is_none() {
    const NAME: &str = "HUAWEICLOUD_SDK_REGION_WORKSPACE_CN_NORTH_4";
    const PUBLISHED: &str = "https://workspace.cn-north-4.myhuaweicloud.com";
    for (value, expected) in [
        ("https://a,https://b", "https://a"),
        (" https://a , not looked at", "https://a"),
        (",https://b", "https://b"),
        ("https://a/", "https://a"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("", PUBLISHED),
        (" , ", PUBLISHED),
    ] {
        let builder = Endpoint::builder()
            .region("cn-north-4")
            .overrides(&of(&[(NAME, value)]));
        assert_eq!(urls(&builder.build().unwrap())[1], expected, "{value:?}");
    }
}

#[test]
fn a_value_that_is_no_base_url_is_named() {
    const NAME: &str = "HUAWEICLOUD_SDK_REGION_WORKSPACE_CN_NORTH_4";
    for (value, problem) in [
        (
            "a.example.com",
            "\"a.example.com\" has no scheme; write https://a.example.com",
        ),
        (
            "https://a?x",
            "\"https://a?…\" is not a usable base URL: it has a query or a fragment; write it like \
             https://workspace.cn-north-4.myhuaweicloud.com",
        ),
        (
            "user:hunter2@a",
            "\"…@a\" is not a usable base URL: it has no scheme; write it like \
             https://workspace.cn-north-4.myhuaweicloud.com",
        ),
    ] {
        assert_eq!(refused(&[(NAME, value)]), format!("{NAME}: {problem}"));
    }
    assert_eq!(
        refused(&[(NAME, &format!("https://{}", "a".repeat(5_000)))]),
        format!("{NAME}: a URL of 5008 bytes is too long; 2000 are enough for every endpoint")
    );
}

#[test]
fn a_region_that_only_the_variables_know_works_when_it_is_whole() {
    const SESSIONS: (&str, &str) = ("HUAWEICLOUD_SDK_REGION_WORKSPACEAPP_PRIVATE_1", "https://s");
    const CENTRE: (&str, &str) = ("HUAWEICLOUD_SDK_REGION_WORKSPACE_PRIVATE_1", "https://c");
    let build = |pairs: &[(&str, &str)], region: &str| {
        Endpoint::builder().region(region).overrides(&of(pairs)).build()
    };
    let iam = ("HUAWEICLOUD_SDK_REGION_IAM_PRIVATE_1", "https://i");
    let whole = build(&[SESSIONS, CENTRE, iam], "private-1").unwrap();
    assert_eq!(urls(&whole), ["https://s", "https://c", "https://i"]);
    let global = build(&[SESSIONS, CENTRE], "private-1").unwrap();
    assert_eq!(
        urls(&global),
        ["https://s", "https://c", "https://iam.myhuaweicloud.com"]
    );

    for (pairs, region, problem) in [
        (
            &[SESSIONS][..],
            "private-1",
            "no host of the export centre is published for region \"private-1\"; give its base URL"
                .to_owned(),
        ),
        (
            &[CENTRE],
            "private-1",
            "no host of the sessions service is published for region \"private-1\"; give its base URL"
                .to_owned(),
        ),
        (
            &[SESSIONS],
            "private-2",
            format!(
                "region \"private-2\" is not known; known are {PUBLISHED}; for another one give the base URLs"
            ),
        ),
    ] {
        assert_eq!(build(pairs, region).unwrap_err().to_string(), problem);
    }
    assert!(build(&[SESSIONS, CENTRE], "pri\nvate").is_err());
}

#[test]
fn without_a_region_no_variable_counts() {
    let overrides = of(&[
        ("HUAWEICLOUD_SDK_IAM_ENDPOINT", "https://i"),
        ("HUAWEICLOUD_SDK_REGION_IAM_CN_NORTH_4", "https://other"),
    ]);
    let local = Endpoint::builder()
        .sessions("http://127.0.0.1:1".parse().unwrap())
        .export_centre("http://127.0.0.1:2".parse().unwrap())
        .overrides(&overrides);
    assert_eq!(local.build().unwrap().iam(), None);
}

#[cfg(unix)]
#[test]
fn a_value_that_is_no_text_is_not_passed_over() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    for name in [
        "HUAWEICLOUD_SDK_REGION_IAM_CN_NORTH_4",
        "HUAWEICLOUD_SDK_REGIONS_FILE",
    ] {
        let environment = [(name, OsStr::from_bytes(b"https://i\xff"))]
            .into_iter()
            .collect();
        let error = EndpointOverrides::read(&environment).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the value of {name} is not valid UTF-8")
        );
    }
}

#[test]
fn no_overrides_change_nothing() {
    for region in Endpoint::known_regions() {
        let builder = Endpoint::builder()
            .region(region)
            .overrides(&EndpointOverrides::default());
        assert_eq!(builder.build().unwrap(), Endpoint::region(region).unwrap());
    }
}

#[cfg(not(feature = "regions-file"))]
#[test]
fn without_the_feature_a_file_that_is_there_is_an_error() {
    let home = tempfile::tempdir().unwrap();
    let home_variable = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    let read = || EndpointOverrides::read(&[(home_variable, home.path())].into_iter().collect());
    assert_eq!(read().unwrap(), EndpointOverrides::default());

    let path = home.path().join(".huaweicloud").join("regions.yaml");
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "").unwrap();
    assert_eq!(
        read().unwrap_err().to_string(),
        format!(
            "there is a regions file {path:?}, and this program cannot read it: it was built without the feature \
             `regions-file` of the crate session-export"
        )
    );
}
