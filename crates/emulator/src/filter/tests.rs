use serde_json::json;

use super::*;
use crate::time;
use chrono::TimeDelta;

fn now() -> DateTime<Utc> {
    time::parse("2024-03-01T10:00:00Z").unwrap().at
}

fn export(body: Value) -> Result<Filter, FilterFault> {
    let Value::Object(body) = body else {
        return Err("not an object".to_owned().into());
    };
    Filter::for_export(&body, now(), &Choices::default())
}

#[test]
fn an_empty_body_means_the_last_thirty_days() {
    let filter = export(json!({})).unwrap();
    assert_eq!(
        (filter.window.begin, filter.window.end),
        (now() - TimeDelta::days(30), now())
    );
    assert_eq!(
        filter,
        export(json!({ "vm_ip": "", "session_state": "", "unknown": [1] })).unwrap()
    );
}

#[test]
fn lengths_count_characters_at_their_boundary() {
    for (field, limit) in [
        ("user_name", 64),
        ("app_server_group_id", 64),
        ("vm_ip", 64),
        ("public_ip", 64),
        ("machine_name", 128),
    ] {
        assert!(export(json!({ field: "张".repeat(limit) })).is_ok(), "{field}");
        assert!(
            export(json!({ field: "张".repeat(limit + 1) })).is_err(),
            "{field}"
        );
    }
    let states = |count: usize| json!({ "session_state": vec!["InitFail"; count].join(",") });
    assert!(export(states(28)).is_ok());
    assert!(export(states(29)).is_err());
}

#[test]
fn windows_have_an_order_and_a_length() {
    let window = |begin: &str, end: &str| export(json!({ "query_begin_time": begin, "query_end_time": end }));
    assert!(window("2024-01-01T00:00:00Z", "2024-01-31T00:00:00.000Z").is_ok());
    assert!(window("2024-01-01T00:00:00Z", "2024-01-31T00:00:00.001Z").is_err());
    assert!(window("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z").is_ok());
    assert!(window("2024-01-01T00:00:01Z", "2024-01-01T00:00:00Z").is_err());
    assert!(window("0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z").is_err());
    assert!(window("", "").is_err());
    assert!(export(json!({ "query_begin_time": "2024-01-01T00:00:00Z" })).is_err());
    assert!(export(json!({ "query_end_time": "2024-01-01T00:00:00Z" })).is_err());
}

#[test]
fn values_of_the_wrong_kind_are_refused() {
    for value in [json!(null), json!(1), json!(true), json!([]), json!({})] {
        for field in [
            "user_name",
            "query_begin_time",
            "vm_ip",
            "session_state",
            "is_success",
        ] {
            assert!(export(json!({ field: value })).is_err(), "{field}: {value}");
        }
    }
    for text in ["", "True", " true", "truefalse", "1"] {
        assert!(export(json!({ "is_success": text })).is_err(), "{text}");
    }
    for text in [
        "Actve",
        "active",
        "Active,",
        ",",
        "Active, InitFail",
        "Active;InitFail",
    ] {
        assert!(export(json!({ "session_state": text })).is_err(), "{text}");
    }
    assert!(export(json!({ "user_name": "" })).is_err());
    assert!(export(json!({ "session_state": "Active,Active,InitFail" })).is_ok());
}

#[test]
fn a_list_needs_its_window_and_has_no_longest_one() {
    let list = |query: &str| Filter::for_list(&Query::parse(query).unwrap(), &Choices::default());
    let window = "query_begin_time=2000-01-01T00:00:00Z&query_end_time=2024-01-01T00:00:00Z";
    assert!(list(window).is_ok());
    assert!(list("query_begin_time=2000-01-01T00:00:00Z").is_err());
    assert!(list("query_end_time=2000-01-01T00:00:00Z").is_err());
    assert!(
        list("query_begin_time=2024-02-27T03:47:51.182000%2B00:00&query_end_time=2024-02-28T00:00:00Z")
            .is_ok()
    );
    assert!(
        list("query_begin_time=2024-02-27T03:47:51.1820000%2B00:00&query_end_time=2024-02-28T00:00:00Z")
            .is_err()
    );
    assert!(list(&format!("{window}&user_name=")).is_err());
    assert!(list(&format!("{window}&vm_ip=10.0.0.1&vm_ip=10.0.0.2")).is_err());
}
