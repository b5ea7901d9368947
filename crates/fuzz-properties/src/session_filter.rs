//! Filters, as the body of an export.

use serde_json::Value;
use session_export_model::{ServiceRules, SessionFilterBuilder, SessionOperation};

use crate::input::is_one_line;

/// A filter that is accepted encodes to a body that the published schema takes, and reads back as itself; one that is
/// refused says why, in lines that can be shown.
///
/// # Panics
///
/// When that does not hold.
pub fn session_filter(data: &[u8]) {
    let Ok(builder) = serde_json::from_slice::<SessionFilterBuilder>(data) else {
        return;
    };
    let let_through = builder.clone().service_rules(ServiceRules::LetThrough).build();
    let filter = match builder.build() {
        Ok(filter) => filter,
        Err(violations) => {
            let mut number = 0;
            for violation in violations.iter() {
                assert!(is_one_line(&violation.to_string()), "{violation}");
                number += 1;
            }
            assert!(number > 0, "a refusal has a reason");
            return;
        }
    };
    assert!(let_through.is_ok(), "what all rules accept, some of them do");
    assert!(filter.check(SessionOperation::Export).is_ok());
    let body = serde_json::to_value(&filter).expect("a filter can be written");
    is_in_the_schema(&body);
    let again = serde_json::from_value::<SessionFilterBuilder>(body)
        .expect("a body is a filter")
        .build()
        .expect("what was accepted once is accepted again");
    assert_eq!(again, filter);
}

/// `ExportSessionsReq` of the published definition: texts of these lengths in characters, and nothing else.
fn is_in_the_schema(body: &Value) {
    const TEXTS: [(&str, usize, usize); 9] = [
        ("user_name", 1, 64),
        ("query_begin_time", 24, 24),
        ("query_end_time", 24, 24),
        ("app_server_group_id", 1, 64),
        ("vm_ip", 1, 64),
        ("public_ip", 1, 64),
        ("machine_name", 1, 128),
        ("session_state", 1, 256),
        ("is_success", 4, 5),
    ];
    let object = body.as_object().expect("a body is an object");
    for (name, value) in object {
        let text = value.as_str().expect("every field is a text");
        let (_, least, most) = TEXTS
            .iter()
            .find(|(known, ..)| known == name)
            .expect("a field of the definition");
        assert!(
            (*least..=*most).contains(&text.chars().count()),
            "{name}: {text:?}"
        );
        if name.starts_with("query_") {
            assert!(
                crate::timestamp::nanos(text).is_some() && text.ends_with('Z'),
                "{text}"
            );
        }
    }
    assert_eq!(
        object.contains_key("query_begin_time"),
        object.contains_key("query_end_time")
    );
    assert!(
        object
            .get("is_success")
            .is_none_or(|value| value == "true" || value == "false")
    );
}
