//! The regions file: its forms, its faults with their places, and what bounds it.

#![cfg(feature = "regions-file")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::error::Error as _;
use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;
use session_export::{Endpoint, EndpointOverrides, Environment, Error, ErrorKind};

const HOME: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };

fn parse(text: &str) -> Result<EndpointOverrides, Error> {
    EndpointOverrides::default().regions_yaml(text)
}

fn fault(text: &str) -> String {
    let error = parse(text).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Configuration { .. }),
        "{error:?}"
    );
    assert!(error.source().is_none());
    error.to_string()
}

/// The three URLs that a file gives a region of its own.
fn urls(text: &str, region: &str) -> [String; 3] {
    let overrides = parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let endpoint = Endpoint::builder()
        .region(region)
        .overrides(&overrides)
        .build()
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    [
        endpoint.sessions().to_string(),
        endpoint.export_centre().to_string(),
        endpoint.iam().unwrap().to_string(),
    ]
}

#[test]
fn the_forms_of_a_file() {
    for (what, text) in [
        (
            "blocks",
            "WorkspaceApp:\n  - id: r-1\n    endpoint: https://s\nWorkspace:\n  - id: r-1\n    endpoint: https://c\n\
             IAM:\n  - id: r-1\n    endpoint: https://i\n",
        ),
        (
            "flows, quotes and another case",
            "{\"WORKSPACEAPP\": [{id: 'r-1', endpoint: \"https://s\"}], workspace: [{id: r-1, endpoint: https://c}], \
             Iam: [{id: r-1, endpoint: https://i}]}",
        ),
        (
            "lists of endpoints; the others are not looked at",
            "WorkspaceApp:\n- {id: r-1, endpoints: [https://s, https://x]}\nWorkspace:\n- id: r-1\n  endpoints:\n  \
             - https://c\n  - 7: 8\nIAM:\n- {id: r-1, endpoint: https://i, endpoints: [https://x]}\n",
        ),
        (
            "other services and keys may hold anything",
            "# ours\nECS: 12\nOBS:\n? [a, b]\n: [{id: [x]}, ~]\nWorkspaceApp:\n- {id: r-0, endpoint: https://x}\n\
             - {id: r-1, name: one, endpoint: https://s, endpoints: ~}\nWorkspace:\n\
             - {id: r-1, endpoint: https://c}\nIAM:\n- {id: r-1, endpoint: https://i}\nVPC: *x\n"
                .trim_end_matches("VPC: *x\n"),
        ),
        (
            "anchors and aliases",
            "x: &i https://i\ny: &r {id: r-1, endpoint: https://c}\nWorkspace: [*r]\n\
             WorkspaceApp: [{id: r-1, endpoint: https://s}]\nIAM: [{id: r-1, endpoint: *i}]\n",
        ),
        (
            "a byte order mark, a document start, Windows line ends",
            "\u{feff}---\r\nWorkspaceApp:\r\n- id: r-1\r\n  endpoint: https://s\r\nWorkspace:\r\n- id: r-1\r\n  \
             endpoint: https://c\r\nIAM:\r\n- id: r-1\r\n  endpoint: https://i\r\n...\r\n",
        ),
    ] {
        assert_eq!(urls(text, "r-1"), ["https://s", "https://c", "https://i"], "{what}");
    }
    for text in [
        "",
        "\n",
        "# nothing\n",
        "---\n",
        "~",
        "null\n",
        "{}",
        "IAM:\n",
        "IAM: []\nECS:\n",
    ] {
        assert_eq!(parse(text).unwrap(), EndpointOverrides::default(), "{text:?}");
    }
}

#[test]
fn a_fault_has_its_place_and_says_what_is_expected() {
    for (text, problem) in [
        (
            "- a",
            ", line 1, column 1: a mapping of services is expected, such as `WorkspaceApp:` with a list of regions; \
          this is a list",
        ),
        (
            "\n  text",
            ", line 2, column 3: a mapping of services is expected, such as `WorkspaceApp:` with a list of \
          regions; this is a text",
        ),
        (
            "IAM:\n  id: a",
            ", line 2, column 3: a list of regions is expected for IAM, such as `- id: cn-north-4` with \
          an `endpoint`; this is a mapping",
        ),
        (
            "iam: 12",
            ", line 1, column 6: a list of regions is expected for IAM, such as `- id: cn-north-4` with an \
          `endpoint`; this is a text",
        ),
        (
            "IAM:\n- a",
            ", line 2, column 3: a region of IAM is expected, a mapping with `id` and `endpoint`; this is a \
          text",
        ),
        (
            "IAM: [~]",
            ", line 1, column 7: a region of IAM is expected, a mapping with `id` and `endpoint`; this is \
          nothing",
        ),
        (
            "Workspace:\n- endpoint: https://a",
            ", line 2, column 3: this region of Workspace has no `id`, such as \
          cn-north-4",
        ),
        (
            "Workspace:\n- id:\n  endpoint: https://a",
            ", line 2, column 3: this region of Workspace has no `id`, such \
          as cn-north-4",
        ),
        (
            "IAM:\n- id: [a]\n  endpoint: https://a",
            ", line 2, column 7: the `id` of a region is a text such as \
          cn-north-4; this is a list",
        ),
        (
            "IAM:\n- id: a\n",
            ", line 2, column 3: region \"a\" of IAM has neither `endpoint` nor `endpoints`",
        ),
        (
            "IAM:\n- id: a\n  endpont: https://a",
            ", line 2, column 3: region \"a\" of IAM has neither `endpoint` nor \
          `endpoints`",
        ),
        (
            "IAM:\n- id: a\n  endpoint: {b: c}",
            ", line 3, column 13: an endpoint is a text such as \
          https://workspace.example.com; this is a mapping",
        ),
        (
            "IAM:\n- id: a\n  endpoints: https://a",
            ", line 3, column 14: a list is expected for `endpoints`; this is a \
          text",
        ),
        (
            "IAM:\n- id: a\n  endpoints: []",
            ", line 3, column 14: `endpoints` is an empty list; at least one is \
          expected",
        ),
        (
            "IAM:\n- id: a\n  endpoints: [~]",
            ", line 3, column 15: an endpoint is a text such as \
          https://workspace.example.com; this is nothing",
        ),
        (
            "IAM:\n- id: a\n  endpoint: iam.a.com",
            ", line 3, column 13: \"iam.a.com\" has no scheme; write \
          https://iam.a.com",
        ),
        (
            "IAM:\n- id: a\n  endpoint: 例",
            ", line 3, column 13: \"例\" is not a usable base URL: it has no scheme; \
          write it like https://workspace.cn-north-4.myhuaweicloud.com",
        ),
        (
            "IAM:\n- {id: a, endpoint: https://a}\n- {id: a, endpoint: https://a}",
            ", line 3, column 3: region \"a\" of \
          IAM is listed a second time",
        ),
        (
            "IAM: []\nECS: []\niam: []",
            ", line 3, column 1: service IAM is listed a second time, after line 1; put its \
          regions into one list",
        ),
        (
            "IAM:\n- {id: a, id: b}",
            ", line 2, column 11: `id` is given a second time",
        ),
        (
            "x: &x {}\nIAM:\n- <<: *x",
            ", line 3, column 3: merge keys (`<<`) are not understood here; write out what \
          they stand for",
        ),
        (
            "x: &x {}\n<<: *x",
            ", line 2, column 1: merge keys (`<<`) are not understood here; write out what they \
          stand for",
        ),
        (
            "IAM: []\n---\nIAM: []",
            ", line 2, column 1: a second document begins here; one is expected",
        ),
    ] {
        assert_eq!(fault(text), format!("the regions file{problem}"), "{text:?}");
    }
    // What comes after the colon is the parser's own wording.
    for (text, place) in [
        ("IAM: [", "line 1, column 6"),
        ("a: b\nIAM: *x", "line 2, column 6"),
        ("IAM:\n  - id: a\n endpoint: b", "line 3, column 2"),
        ("a: \"b", "line 1, column 4"),
        ("a: {", "line 1, column 4"),
        ("IAM: []\n\tb: c", "line 2, column 2"),
    ] {
        let message = fault(text);
        let expected = format!("the regions file, {place}: this is not YAML: ");
        assert!(message.starts_with(&expected), "{text:?}: {message}");
    }
    let id = fault("IAM:\n- id: \"a\\nb\"\n  endpoint: https://a");
    assert!(
        id.starts_with("the regions file, line 2, column 7: region"),
        "{id}"
    );
    assert!(!id.contains('\n'), "{id}");
}

#[test]
fn the_known_regions_of_an_error_are_those_of_the_table_and_the_file() {
    let unknown = |text: &str| {
        let overrides = parse(text).unwrap();
        let builder = Endpoint::builder().region("r-9").overrides(&overrides);
        let message = builder.build().unwrap_err().to_string();
        message.split_once("tr-west-1; ").unwrap().1.to_owned()
    };
    assert_eq!(
        unknown(
            "Workspace: [{id: r-2, endpoint: https://a}, {id: r-1, endpoint: https://a}]\n\
             IAM: [{id: r-2, endpoint: https://a}]"
        ),
        "the regions file has r-1, r-2; for another one give the base URLs"
    );
    let many = (10..60).fold("IAM:\n".to_owned(), |mut text, number| {
        writeln!(text, "- {{id: r-{number}, endpoint: https://a}}").unwrap();
        text
    });
    let message = unknown(&many);
    assert!(
        message.ends_with("r-28, r-29 and 30 more; for another one give the base URLs"),
        "{message}"
    );
}

#[test]
fn aliases_multiply_nothing() {
    // Billion laughs, in a service of somebody else and in ours.
    let mut laughs = "a0: &a0 [https://a]\n".to_owned();
    for level in 1..200 {
        let nine = vec![format!("*a{}", level - 1); 9].join(", ");
        writeln!(laughs, "a{level}: &a{level} [{nine}]").unwrap();
    }
    assert_eq!(parse(&laughs).unwrap(), EndpointOverrides::default());
    let ours = fault(&format!("{laughs}IAM: [*a199]\n"));
    assert!(
        ours.contains("a region of IAM is expected") && ours.contains("this is a list"),
        "{ours}"
    );

    // Many regions that share one long list.
    let mut shared = format!("e: &e [{}]\nIAM:\n", "https://a, ".repeat(20_000));
    for number in 0..20_000 {
        writeln!(shared, "- {{id: r-{number}, endpoints: *e}}").unwrap();
    }
    assert!(parse(&shared).is_ok());

    // A node within itself.
    for text in [
        "IAM: &a [*a]",
        "&a IAM: [{id: x, endpoint: *a}]",
        "&a {IAM: *a}",
        "IAM: [&a {id: *a}]",
    ] {
        fault(text);
    }
}

#[test]
fn depth_and_size_are_bounded() {
    for deep in [
        "[".repeat(1 << 19),
        "- ".repeat(1 << 19),
        "{a: ".repeat(1 << 18),
        "? ".repeat(1 << 19),
    ] {
        let message = fault(&deep);
        assert!(message.contains("this is not YAML"), "{message}");
        assert!(message.len() < 200, "{message}");
    }
    let fits = format!("#{}", "x".repeat((1 << 20) - 1));
    assert!(parse(&fits).is_ok());
    assert_eq!(
        fault(&format!("{fits}\n")),
        "the regions file is larger than 1048576 bytes"
    );
    let long = fault(&format!(
        "IAM:\n- id: a\n  endpoint: https://{}",
        "a".repeat(1 << 19)
    ));
    assert!(long.len() < 200, "{long}");
    let long = fault(&format!(
        "IAM:\n- id: {}\n  endpoint: https://a",
        "a".repeat(1 << 19)
    ));
    assert!(long.len() < 300, "{long}");
}

#[test]
fn a_quoted_null_is_a_text() {
    assert_eq!(
        urls(
            "{WorkspaceApp: [{id: \"null\", endpoint: https://s}], Workspace: [{id: '~x', endpoint: https://x}, \
             {id: 'null', endpoint: https://c}]}",
            "null"
        ),
        ["https://s", "https://c", "https://iam.myhuaweicloud.com"]
    );
    assert_eq!(
        fault("IAM: [{id: null, endpoint: https://i}]"),
        "the regions file, line 1, column 7: this region of IAM has no `id`, such as cn-north-4"
    );
}

/// What `read` makes of a home directory and of further variables.
fn read(home: &Path, more: &[(&str, &str)]) -> Result<EndpointOverrides, Error> {
    let home = [(HOME, home.to_str().unwrap())];
    let all = home.iter().chain(more);
    EndpointOverrides::read(&all.map(|(name, value)| (*name, *value)).collect())
}

fn iam(overrides: &EndpointOverrides) -> String {
    let builder = Endpoint::builder().region("cn-north-4").overrides(overrides);
    builder.build().unwrap().iam().unwrap().to_string()
}

#[test]
fn the_file_is_the_named_one_or_that_of_the_home_directory() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(read(home.path(), &[]).unwrap(), EndpointOverrides::default());
    assert_eq!(
        EndpointOverrides::read(&Environment::default()).unwrap(),
        EndpointOverrides::default()
    );

    let default = home.path().join(".huaweicloud").join("regions.yaml");
    std::fs::create_dir(default.parent().unwrap()).unwrap();
    std::fs::write(&default, "IAM: [{id: cn-north-4, endpoint: https://home}]").unwrap();
    let named = home.path().join("named.yaml");
    std::fs::write(&named, "IAM: [{id: cn-north-4, endpoint: https://named}]").unwrap();
    let named = ("HUAWEICLOUD_SDK_REGIONS_FILE", named.to_str().unwrap());
    let variable = ("HUAWEICLOUD_SDK_REGION_IAM_CN_NORTH_4", "https://variable");
    for (more, expected) in [
        (&[][..], "https://home"),
        (&[("HUAWEICLOUD_SDK_REGIONS_FILE", " ")], "https://home"),
        (&[named], "https://named"),
        (&[named, variable], "https://variable"),
    ] {
        assert_eq!(iam(&read(home.path(), more).unwrap()), expected);
    }
    let direct = EndpointOverrides::default().regions_file(&default).unwrap();
    assert_eq!(iam(&direct), "https://home");
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("regions.yaml");
    let name = "HUAWEICLOUD_SDK_REGIONS_FILE";
    let refused = || {
        read(home.path(), &[(name, path.to_str().unwrap())])
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused(),
        format!("the regions file {path:?} does not exist; HUAWEICLOUD_SDK_REGIONS_FILE names it")
    );
    for (bytes, problem) in [
        (
            &b"IAM:\n- a"[..],
            ", line 2, column 3: a region of IAM is expected, a mapping with `id` and `endpoint`; this is a text",
        ),
        (b"a: b\nc: \xff\n", ", line 2: this is not UTF-8 text"),
        (b"\xff\xfeI\0A\0M\0", ", line 1: this is not UTF-8 text"),
        (&vec![b'#'; (1 << 20) + 1], " is larger than 1048576 bytes"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(refused(), format!("the regions file {path:?}{problem}"));
    }

    let directory = EndpointOverrides::default()
        .regions_file(home.path())
        .unwrap_err();
    assert_eq!(
        directory.to_string(),
        format!("the regions file {:?} cannot be read", home.path())
    );
    assert!(directory.source().is_some());
    // A home that is no directory has no file.
    assert!(read(&path, &[]).is_ok());
}

proptest! {
    /// Whatever the text, there is an answer, and an error is one short line.
    #[test]
    fn every_text_has_an_answer(
        parts in proptest::collection::vec(
            proptest::sample::select(vec![
                "IAM", "Workspace", ":", ": ", " ", "  ", "\n", "- ", "id: a", "endpoint: ", "endpoints: ", "https://a", "[", "]",
                "{", "}", ", ", "&a ", "*a", "!!str ", "---", "...", "|", ">", "'", "\"", "\\", "\t", "#", "%YAML 1.2", "?", "<<",
                "\u{feff}", "\0", "例", "~",
            ]),
            0..32,
        )
    ) {
        if let Err(error) = parse(&parts.concat()) {
            let message = error.to_string();
            prop_assert!(message.starts_with("the regions file, line "), "{}", message);
            prop_assert!(!message.contains('\n') && message.len() < 400, "{}", message);
        }
    }
}
