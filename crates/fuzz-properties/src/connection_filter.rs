//! Filters of the two lists of connections, as the bodies of their exports.

use std::collections::BTreeMap;

use serde_json::Value;
use session_export_model::{
    AppConnections, ConnectionFilter, ConnectionFilterBuilder, ConnectionList, ExportFilter, ExportKind,
    ServiceRules, UserConnections,
};

use crate::input::is_one_line;

/// For both lists: a filter that is accepted encodes to a body that the published schema takes, and reads back as itself,
/// also one that is let through and longer than the schema has it; a refusal has reasons, and each is one line.
///
/// # Panics
///
/// When that does not hold.
pub fn connection_filter(data: &[u8]) {
    of_list::<AppConnections>(ExportKind::AppConnections, &APP, data);
    of_list::<UserConnections>(ExportKind::UserConnections, &USER, data);
}

fn of_list<L: ConnectionList>(kind: ExportKind, schema: &[(&str, usize)], data: &[u8]) {
    let builder = match serde_json::from_slice::<ConnectionFilterBuilder<L>>(data) {
        Ok(builder) => builder,
        Err(error) => {
            assert!(is_one_line(&error.to_string()), "{error}");
            return;
        }
    };
    let body = serde_json::from_slice::<Value>(data).expect("what is a body is JSON");
    let filters = [ServiceRules::Enforce, ServiceRules::LetThrough].map(|rules| {
        let read = ExportFilter::read(kind, rules, &body);
        match builder.clone().service_rules(rules).build() {
            Ok(filter) => {
                assert_eq!(read.expect("both ways to read agree"), filter.clone().into());
                Some(filter)
            }
            Err(violations) => {
                assert!(is_one_line(
                    &read.expect_err("both ways to read agree").to_string()
                ));
                assert!(violations.iter().next().is_some(), "a refusal has a reason");
                for violation in violations.iter() {
                    assert!(is_one_line(&violation.to_string()), "{violation}");
                }
                None
            }
        }
    });
    let [enforced, through] = filters;
    assert!(
        enforced.is_none() || through.is_some(),
        "what all rules accept, some of them do"
    );
    if let Some(filter) = enforced {
        assert!(filter.check().is_ok());
        is_in_the_schema(&reads_back(&filter), schema);
    }
    if let Some(filter) = through {
        reads_back(&filter);
    }
}

/// The body, as it is written.
fn reads_back<L: ConnectionList>(filter: &ConnectionFilter<L>) -> BTreeMap<String, String> {
    let text = serde_json::to_string(filter).expect("a filter can be written");
    let again = serde_json::from_str::<ConnectionFilterBuilder<L>>(&text)
        .expect("a body is a filter")
        .service_rules(filter.service_rules())
        .build()
        .expect("what was accepted once is accepted again");
    assert_eq!(&again, filter);
    assert_eq!(
        serde_json::to_string(&again).expect("a filter can be written"),
        text
    );
    serde_json::from_str(&text).expect("every field is a text")
}

/// The published definition: texts of 1 to so many characters, and nothing else. Nobody says how long a time is.
fn is_in_the_schema(body: &BTreeMap<String, String>, schema: &[(&str, usize)]) {
    for (name, text) in body {
        let (_, most) = schema
            .iter()
            .find(|(known, _)| known == name)
            .expect("a field of the definition");
        if *most == 0 {
            assert!(
                crate::timestamp::nanos(text).is_some() && text.ends_with('Z'),
                "{text}"
            );
        } else {
            assert!((1..=*most).contains(&text.chars().count()), "{name}: {text:?}");
        }
    }
    for (begin, end) in [
        ("brokering_start_time", "brokering_end_time"),
        ("login_start_time", "login_end_time"),
    ] {
        assert_eq!(body.contains_key(begin), body.contains_key(end));
    }
}

/// `ListAppConnectionReq`, written down a second time: a field and its `maxLength`, or 0 for a time.
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

/// `ListUserConnectionReq`.
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
