use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;
use crate::{ExportFilter, ExportKind, ViolationCode};

/// The definitions' fields, written down a second time: name, bound (0: a time).
const APP: [(&str, usize); 20] = [
    ("id", 64),
    ("sid", 128),
    ("machine_name", 1024),
    ("user_name", 1024),
    ("app_group_name", 1024),
    ("app_group_id", 64),
    ("app_name", 1024),
    ("failed_code", 255),
    ("connection_failure_reason", 1024),
    ("client_name", 1024),
    ("client_version", 50),
    ("client_type", 255),
    ("agent_version", 50),
    ("vm_ip", 50),
    ("wi_ip", 50),
    ("public_ip", 50),
    ("tenant_id", 255),
    ("brokering_start_time", 0),
    ("brokering_end_time", 0),
    ("virtual_ip", 50),
];
const USER: [(&str, usize); 20] = [
    ("id", 64),
    ("connect_type", 32),
    ("user_name", 255),
    ("machine_sid", 128),
    ("machine_name", 255),
    ("failed_reason", 255),
    ("failed_code", 255),
    ("client_name", 255),
    ("client_version", 255),
    ("client_type", 255),
    ("agent_version", 50),
    ("vm_ip", 50),
    ("connect_flag", 50),
    ("wi_ip", 50),
    ("public_ip", 50),
    ("update_time", 0),
    ("tenant_id", 255),
    ("login_start_time", 0),
    ("login_end_time", 0),
    ("virtual_ip", 50),
];
const LISTS: [(ExportKind, &[(&str, usize)]); 2] = [
    (ExportKind::AppConnections, &APP),
    (ExportKind::UserConnections, &USER),
];

fn read(kind: ExportKind, rules: ServiceRules, body: &Map<String, Value>) -> Result<ExportFilter, String> {
    ExportFilter::read(kind, rules, &Value::from(body.clone())).map_err(|error| error.to_string())
}

fn list() -> impl Strategy<Value = (ExportKind, &'static [(&'static str, usize)])> {
    proptest::sample::select(LISTS.to_vec())
}

#[test]
fn the_tables_are_those_of_the_definitions() {
    for (kind, fields) in LISTS {
        let table: Vec<_> = kind
            .fields()
            .iter()
            .map(|field| (field.name(), field.longest().unwrap_or(0)))
            .collect();
        assert_eq!(table, fields);
    }
}

#[test]
fn every_violation_is_reported_at_once_in_the_order_of_the_definition() {
    let refused = UserConnectionFilter::builder()
        .update_time("soon")
        .end("2024-02-27T03:47:51Z")
        .virtual_ip("a\tb")
        .connect_type("")
        .agent_version("v".repeat(51))
        .build()
        .unwrap_err();
    let found: Vec<_> = refused
        .iter()
        .map(|violation| (violation.field(), violation.code()))
        .collect();
    assert_eq!(
        found,
        [
            ("connect_type", ViolationCode::Empty),
            ("agent_version", ViolationCode::TooLong),
            ("update_time", ViolationCode::NotATime),
            ("login_start_time", ViolationCode::WindowIncomplete),
            ("virtual_ip", ViolationCode::ControlCharacter),
        ]
    );
}

#[test]
fn times_have_a_fraction_only_where_there_is_one() {
    let filter = AppConnectionFilter::builder()
        .begin("2022-10-31 16:07:39+08:00")
        .end("2022-10-31T08:07:40.1239Z")
        .build()
        .unwrap();
    assert_eq!(
        filter.get("brokering_start_time").unwrap(),
        "2022-10-31T08:07:39Z"
    );
    assert_eq!(
        filter.get("brokering_end_time").unwrap(),
        "2022-10-31T08:07:40.123Z"
    );
    assert_eq!(filter.get("update_time"), None);
}

#[test]
fn a_window_has_the_rules_of_every_export() {
    let window = |begin: &str, end: &str| {
        let built = UserConnectionFilter::builder().begin(begin).end(end).build();
        built.map_err(|found| found.iter().map(|violation| violation.code()).collect::<Vec<_>>())
    };
    assert!(window("2024-01-01T00:00:00Z", "2024-01-31T00:00:00Z").is_ok());
    assert_eq!(
        window("2024-01-01T00:00:00Z", "2024-01-31T00:00:00.001Z").unwrap_err(),
        [ViolationCode::WindowTooLong]
    );
    assert_eq!(
        window("2024-01-02T00:00:00Z", "2024-01-01T00:00:00Z").unwrap_err(),
        [ViolationCode::WindowReversed]
    );
    let through = UserConnectionFilter::builder()
        .begin("2024-01-01T00:00:00Z")
        .end("2024-03-01T00:00:00Z")
        .service_rules(ServiceRules::LetThrough)
        .build()
        .unwrap();
    assert!(through.check().is_ok());
}

proptest! {
    #[test]
    fn an_accepted_filter_reads_back_the_same(
        (kind, fields) in list(),
        texts in proptest::collection::vec(proptest::option::of("[a-z会 é]{1,70}"), 20),
        (begin, length) in (0_i64..4_000_000_000_000, 0_i64..2_600_000_000),
        has_window in any::<bool>(),
    ) {
        let mut body = Map::new();
        let time = |millis| wire_time(DateTime::from_timestamp_millis(millis).unwrap());
        for ((name, most), text) in fields.iter().zip(texts) {
            match (*name, most, text) {
                ("brokering_start_time" | "login_start_time", _, _) if has_window => {
                    body.insert((*name).to_owned(), time(begin).into());
                }
                ("brokering_end_time" | "login_end_time", _, _) if has_window => {
                    body.insert((*name).to_owned(), time(begin + length).into());
                }
                ("update_time", _, Some(_)) => { body.insert((*name).to_owned(), time(begin).into()); }
                (_, 1.., Some(text)) => { body.insert((*name).to_owned(), text.into()); }
                _ => {}
            }
        }
        let Ok(filter) = read(kind, ServiceRules::Enforce, &body) else { return Ok(()) };
        prop_assert_eq!(filter.kind(), kind);
        prop_assert_eq!(filter.window().is_some(), has_window);
        let text = serde_json::to_string(&filter).unwrap();
        let again: Map<String, Value> = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&again, &body);
        prop_assert_eq!(read(kind, ServiceRules::Enforce, &again).unwrap(), filter);
    }

    #[test]
    fn every_text_has_its_bound_in_characters((kind, fields) in list(), extra in 0_usize..3) {
        for (name, most) in fields.iter().filter(|(_, most)| *most > 0) {
            let body = Map::from_iter([((*name).to_owned(), "会".repeat(most - 1 + extra).into())]);
            prop_assert_eq!(read(kind, ServiceRules::Enforce, &body).is_ok(), extra < 2, "{}", name);
            prop_assert!(read(kind, ServiceRules::LetThrough, &body).is_ok());
            for text in ["", " ", "a\u{7}b"] {
                let body = Map::from_iter([((*name).to_owned(), text.into())]);
                prop_assert!(read(kind, ServiceRules::LetThrough, &body).is_err(), "{}: {:?}", name, text);
            }
        }
    }

    #[test]
    fn no_body_makes_it_panic((kind, _) in list(), name in "[a-z_]{0,20}", text in ".{0,40}") {
        let body = Map::from_iter([(name.clone(), text.into())]);
        if kind.fields().iter().all(|field| field.name() != name) {
            prop_assert!(read(kind, ServiceRules::LetThrough, &body).is_err());
        }
    }
}
