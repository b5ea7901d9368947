use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::{ViolationCode, limits, parse_timestamp};

fn refusals(result: Result<SessionFilter, Violations>) -> Vec<(String, ViolationCode)> {
    match result {
        Ok(filter) => panic!("accepted: {filter:?}"),
        Err(found) => found
            .iter()
            .map(|violation| (violation.field().to_owned(), violation.code()))
            .collect(),
    }
}

fn only(result: Result<SessionFilter, Violations>) -> (String, ViolationCode) {
    let mut found = refusals(result);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn at(text: &str) -> DateTime<Utc> {
    parse_timestamp(text).unwrap()
}

#[test]
fn all_nine_fields_in_the_order_of_the_page() {
    let filter = SessionFilter::builder()
        .created_successfully(true)
        .states(["Active", "Disconnected", "Active"])
        .machine_name("APS-测试&<1>")
        .public_ip("203.0.113.9")
        .vm_ip("10.0.0.1")
        .app_server_group_id("e75fef51-bbb7-489c-b4bd-63e0587faa41")
        .end("2024-03-01T11:47:51+08:00")
        .begin(at("2024-02-27T03:47:51.182Z"))
        .user_name("user005")
        .build()
        .unwrap();
    assert_eq!(
        serde_json::to_string(&filter).unwrap(),
        r#"{"user_name":"user005","query_begin_time":"2024-02-27T03:47:51.182Z","query_end_time":"2024-03-01T03:47:51.000Z","app_server_group_id":"e75fef51-bbb7-489c-b4bd-63e0587faa41","vm_ip":"10.0.0.1","public_ip":"203.0.113.9","machine_name":"APS-测试&<1>","session_state":"Active,Disconnected","is_success":"true"}"#
    );
}

#[test]
fn every_violation_is_reported_at_once() {
    let refused = SessionFilter::builder()
        .user_name("x".repeat(65))
        .begin("2024-02-27T03:47:51Z")
        .app_server_group_id("")
        .vm_ip("10.0.0.256")
        .public_ip(AddressFilter::verbatim("a\tb"))
        .machine_name("m".repeat(129))
        .state("Actve")
        .build()
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "user_name: \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…\" has 65 characters; 1 to 64 are allowed; \
         query_end_time: is missing, while query_begin_time is given; give both or neither; \
         app_server_group_id: \"\" is empty; leave the field out, or give 1 to 64 characters; \
         vm_ip: \"10.0.0.256\" is not an IP address; write it like 10.0.0.1 or 2001:db8::1; \
         public_ip: \"a\\tb\" holds the control character \\u{9}; remove it; \
         machine_name: \"mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm…\" has 129 characters; 1 to 128 are allowed; \
         session_state: \"Actve\" is not a state; the states are Active, Disconnected, AppcInit, SignedOut, InitFail"
    );
}

#[test]
fn a_window_needs_both_ends_in_order() {
    let builder = SessionFilter::builder;
    let incomplete = ViolationCode::WindowIncomplete;
    assert_eq!(
        only(builder().end("2024-02-27T03:47:51Z").build()),
        ("query_begin_time".into(), incomplete)
    );
    assert_eq!(
        only(builder().begin("2024-02-27T03:47:51Z").build()),
        ("query_end_time".into(), incomplete)
    );
    let reversed = builder()
        .begin("2024-02-27T03:47:51.001Z")
        .end("2024-02-27T03:47:51Z")
        .build();
    assert_eq!(
        only(reversed),
        ("query_begin_time".into(), ViolationCode::WindowReversed)
    );
    let equal = builder()
        .begin("2024-02-27T03:47:51.182Z")
        .end("2024-02-27T03:47:51.182Z")
        .build()
        .unwrap();
    assert_eq!(equal.window().unwrap().length(), TimeDelta::zero());
    let both_bad = refusals(builder().begin("yesterday").end("today").build());
    assert_eq!(both_bad.len(), 2);
    let bad_and_missing = refusals(builder().begin("yesterday").build());
    assert_eq!(bad_and_missing.len(), 2);
}

#[test]
fn years_that_the_form_cannot_hold_are_refused() {
    for text in ["0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"] {
        let moment: chrono::DateTime<chrono::FixedOffset> = text.parse().unwrap();
        for (input, expected) in [
            (TimeInput::from(text), ViolationCode::NotATime),
            (TimeInput::from(moment), ViolationCode::OutOfRange),
        ] {
            let builder = SessionFilter::builder().begin(input.clone()).end(input);
            let found = refusals(builder.build());
            assert!(found.iter().all(|(_, code)| *code == expected), "{found:?}");
        }
    }
}

#[test]
fn thirty_days_are_a_rule_of_export_and_a_window_is_one_of_list() {
    let begin = at("2024-01-31T00:00:00Z");
    let of = |length: TimeDelta| SessionFilter::builder().begin(begin).end(begin + length);
    assert!(of(TimeDelta::days(30)).build().is_ok());
    let too_long = of(TimeDelta::days(30) + TimeDelta::milliseconds(1)).build();
    assert!(
        too_long
            .as_ref()
            .unwrap_err()
            .to_string()
            .contains("30 days and 00:00:00.001;"),
        "{too_long:?}"
    );
    assert_eq!(
        only(too_long),
        ("query_begin_time".into(), ViolationCode::WindowTooLong)
    );
    let longer = of(TimeDelta::days(31) + TimeDelta::milliseconds(7_384_005)).build();
    let text = longer.unwrap_err().to_string();
    assert!(text.contains("31 days and 02:03:04.005;"), "{text}");

    let long_list = of(TimeDelta::days(60)).build_for(SessionOperation::List).unwrap();
    assert!(long_list.check(SessionOperation::List).is_ok());
    assert!(long_list.check(SessionOperation::Export).is_err());

    let open = SessionFilter::builder().build().unwrap();
    assert!(open.check(SessionOperation::Export).is_ok());
    assert!(open.check(SessionOperation::List).is_err());
    let missing = SessionFilter::builder().build_for(SessionOperation::List);
    assert_eq!(
        only(missing),
        ("query_begin_time".into(), ViolationCode::WindowMissing)
    );
}

#[test]
fn service_rules_can_be_let_through_and_structural_ones_cannot() {
    let filter = SessionFilter::builder()
        .service_rules(ServiceRules::LetThrough)
        .user_name("x".repeat(100))
        .begin("2024-01-01T00:00:00Z")
        .end("2024-03-01T00:00:00Z")
        .state("Hibernated")
        .build()
        .unwrap();
    assert!(filter.check(SessionOperation::Export).is_ok());
    assert!(
        serde_json::to_string(&filter)
            .unwrap()
            .contains(r#""session_state":"Hibernated""#)
    );
    let structural = SessionFilter::builder()
        .service_rules(ServiceRules::LetThrough)
        .user_name("")
        .begin("2024-01-02T00:00:00Z")
        .end("2024-01-01T00:00:00Z")
        .state("Active,")
        .build();
    let codes: Vec<_> = refusals(structural).into_iter().map(|(_, code)| code).collect();
    assert_eq!(
        codes,
        [
            ViolationCode::Empty,
            ViolationCode::WindowReversed,
            ViolationCode::SeparatorInName
        ]
    );
}

#[test]
fn a_body_from_elsewhere_goes_through_the_same_rules() {
    let build = |body: &str| {
        serde_json::from_str::<SessionFilterBuilder>(body)
            .unwrap()
            .build()
    };
    assert_eq!(
        only(build(r#"{"is_success":"True"}"#)).1,
        ViolationCode::NotABoolean
    );
    assert_eq!(
        only(build(r#"{"session_state":"Active,"}"#)).1,
        ViolationCode::Empty
    );
    assert_eq!(
        only(build(r#"{"session_state":"Active, Disconnected"}"#)).1,
        ViolationCode::UnknownState
    );
    assert!(serde_json::from_str::<SessionFilterBuilder>(r#"{"username":"x"}"#).is_err());
    // What the official Python SDK sends for an aware datetime.
    let python = r#"{"query_begin_time":"2024-02-27T03:47:51.182000+00:00","query_end_time":"2024-03-01T11:47:51+08:00"}"#;
    assert_eq!(
        build(python).unwrap().window().unwrap().begin(),
        at("2024-02-27T03:47:51.182Z")
    );
}

#[test]
fn an_address_matches_whatever_form_it_is_shown_in() {
    let typed = AddressFilter::from("2001:db8::1".parse::<std::net::IpAddr>().unwrap());
    assert!(typed.matches("2001:DB8:0:0:0:0:0:1") && !typed.matches("2001:db8::2") && !typed.matches(""));
    assert!(AddressFilter::verbatim("10.0.").matches("10.0.3.4"));
    let spelled = AddressFilter::verbatim("2001:DB8::1");
    assert!(
        spelled.matches("2001:db8::1") && spelled.matches("[2001:DB8::1]") && !spelled.matches("2001:db8::2")
    );
    let upper = SessionFilter::builder().vm_ip("2001:DB8::1").build().unwrap();
    assert_eq!(upper.vm_ip().unwrap().to_text(), "2001:db8::1");
    assert_eq!(upper.vm_ip().unwrap().address(), "2001:db8::1".parse().ok());
    assert_eq!(AddressFilter::verbatim("10.0.").address(), None);
}

/// The same address in a spelling that is not the canonical one.
fn spelled() -> impl Strategy<Value = String> {
    let long = |address: std::net::Ipv6Addr| address.segments().map(|part| format!("{part:04X}")).join(":");
    prop_oneof![
        any::<std::net::Ipv6Addr>().prop_map(long),
        any::<std::net::Ipv6Addr>().prop_map(|address| address.to_string().to_uppercase()),
        any::<std::net::Ipv4Addr>().prop_map(|address| format!("::ffff:{address}")),
    ]
}

/// A user of each length around the bound, in characters of one to four bytes.
fn text_of(length: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = String> {
    let letter = prop_oneof![
        Just('a'),
        Just('é'),
        Just('会'),
        Just('😀'),
        Just('"'),
        Just('\\'),
        Just(','),
        Just('&')
    ];
    proptest::collection::vec(letter, length).prop_map(String::from_iter)
}

fn state_name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => proptest::sample::select(vec!["Active", "Disconnected", "AppcInit", "SignedOut", "InitFail"])
            .prop_map(str::to_owned),
        1 => "[A-Za-z]{1,8}",
    ]
}

fn address() -> impl Strategy<Value = AddressFilter> {
    prop_oneof![
        any::<std::net::IpAddr>().prop_map(AddressFilter::from),
        any::<std::net::Ipv4Addr>().prop_map(|address| AddressFilter::from(address.to_string())),
        "[0-9.:a-f]{1,64}".prop_map(AddressFilter::verbatim),
        spelled().prop_map(AddressFilter::verbatim),
        spelled().prop_map(AddressFilter::from),
    ]
}

prop_compose! {
    fn any_builder()(
        user_name in proptest::option::of(text_of(1..=limits::USER_NAME)),
        window in proptest::option::of((0_i64..4_102_444_800_000, 0_i64..=30 * 86_400_000)),
        group in proptest::option::of(text_of(1..=limits::APP_SERVER_GROUP_ID)),
        vm_ip in proptest::option::of(address()),
        public_ip in proptest::option::of(address()),
        machine in proptest::option::of(text_of(1..=limits::MACHINE_NAME)),
        states in proptest::collection::vec(state_name(), 0..6),
        created in any::<Option<bool>>(),
        rules in prop_oneof![Just(ServiceRules::Enforce), Just(ServiceRules::LetThrough)],
    ) -> SessionFilterBuilder {
        let mut builder = SessionFilter::builder().states(states).service_rules(rules);
        if let Some(name) = user_name { builder = builder.user_name(name); }
        if let Some((begin, length)) = window {
            let begin = DateTime::from_timestamp_millis(begin).unwrap();
            builder = builder.begin(begin).end(begin + TimeDelta::milliseconds(length));
        }
        if let Some(id) = group { builder = builder.app_server_group_id(id); }
        if let Some(address) = vm_ip { builder = builder.vm_ip(address); }
        if let Some(address) = public_ip { builder = builder.public_ip(address); }
        if let Some(name) = machine { builder = builder.machine_name(name); }
        if let Some(flag) = created { builder = builder.created_successfully(flag); }
        builder
    }
}

/// The published schema of `ExportSessionsReq`, written down a second time and on purpose without the code under test.
fn assert_schema(body: &Value) {
    let bounds = [
        ("user_name", 1, 64),
        ("query_begin_time", 24, 24),
        ("query_end_time", 24, 24),
        ("app_server_group_id", 0, 64),
        ("vm_ip", 0, 64),
        ("public_ip", 0, 64),
        ("machine_name", 0, 128),
        ("session_state", 0, 256),
        ("is_success", 4, 5),
    ];
    let object = body.as_object().unwrap();
    for (name, value) in object {
        let (_, least, most) = bounds
            .iter()
            .find(|bound| bound.0 == name)
            .unwrap_or_else(|| panic!("{name}"));
        let text = value.as_str().unwrap_or_else(|| panic!("{name} is not a string"));
        let length = text.chars().count();
        assert!(
            (*least..=*most).contains(&length) && length > 0,
            "{name}: {length}"
        );
        if name.ends_with("_time") {
            assert!(
                text.ends_with('Z') && text.as_bytes()[19] == b'.' && text.as_bytes()[10] == b'T',
                "{text}"
            );
        }
    }
    assert_eq!(
        object.contains_key("query_begin_time"),
        object.contains_key("query_end_time")
    );
    if let Some(flag) = object.get("is_success") {
        assert!(flag == "true" || flag == "false");
    }
}

proptest! {
    #[test]
    fn a_verbatim_text_goes_out_as_it_is(
        text in prop_oneof![
            "[0-9.:a-fA-F]{1,64}",
            spelled(),
            any::<std::net::IpAddr>().prop_map(|address| address.to_string()),
        ],
    ) {
        let verbatim = AddressFilter::verbatim(&*text);
        let filter = SessionFilter::builder().vm_ip(verbatim.clone()).public_ip(verbatim).build().unwrap();
        prop_assert_eq!(filter.vm_ip().unwrap().to_text(), &*text);
        let body = serde_json::to_value(&filter).unwrap();
        prop_assert_eq!(body["vm_ip"].as_str(), Some(&*text));
        prop_assert_eq!(body["public_ip"].as_str(), Some(&*text));
        let again = serde_json::from_value::<SessionFilterBuilder>(body.clone()).unwrap().build().unwrap();
        prop_assert_eq!(&again, &filter);
        prop_assert_eq!(serde_json::to_value(&again).unwrap(), body);
    }
}

proptest! {
    #[test]
    fn an_accepted_filter_obeys_the_schema_and_reads_back_the_same(builder in any_builder()) {
        let Ok(filter) = builder.build() else { return Ok(()) };
        let body = serde_json::to_string(&filter).unwrap();
        assert_schema(&serde_json::from_str(&body).unwrap());
        let read: SessionFilterBuilder = serde_json::from_str(&body).unwrap();
        let read = read.service_rules(filter.service_rules()).build().unwrap();
        prop_assert_eq!(&read, &filter);
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), body);
    }

    #[test]
    fn the_query_of_a_list_says_the_same_as_the_body(builder in any_builder()) {
        let Ok(filter) = builder.build() else { return Ok(()) };
        let body = serde_json::to_value(&filter).unwrap();
        let pairs: serde_json::Map<String, Value> =
            filter.pairs().map(|(name, value)| (name.to_owned(), value.into_owned().into())).collect();
        prop_assert_eq!(Value::from(pairs), body);
    }

    #[test]
    fn lengths_count_characters(extra in 0_usize..3, letter in proptest::sample::select(vec!['a', 'é', '会', '😀'])) {
        let text = |most: usize| letter.to_string().repeat(most - 1 + extra);
        let builder = SessionFilter::builder()
            .user_name(text(limits::USER_NAME))
            .app_server_group_id(text(limits::APP_SERVER_GROUP_ID))
            .vm_ip(AddressFilter::verbatim(text(limits::ADDRESS)))
            .public_ip(AddressFilter::verbatim(text(limits::ADDRESS)))
            .machine_name(text(limits::MACHINE_NAME));
        // `extra` is 0, 1 or 2: one below the bound, at it, one above.
        match builder.build() {
            Ok(_) => prop_assert!(extra < 2),
            Err(found) => {
                prop_assert_eq!(extra, 2);
                prop_assert!(found.iter().all(|violation| violation.code() == ViolationCode::TooLong));
                prop_assert_eq!(found.iter().count(), 5);
            }
        }
    }

    #[test]
    fn the_list_of_states_has_its_bound_as_a_whole(length in 240_usize..270) {
        let name = "S".repeat(length);
        let codes: Vec<_> = refusals(SessionFilter::builder().state(name).build()).into_iter().map(|(_, c)| c).collect();
        prop_assert_eq!(codes.contains(&ViolationCode::TooLong), length > limits::SESSION_STATE);
    }

    #[test]
    fn states_keep_their_order_and_appear_once(names in proptest::collection::vec(state_name(), 0..12)) {
        let filter =
            SessionFilter::builder().service_rules(ServiceRules::LetThrough).states(names.clone()).build().unwrap();
        let mut expected: Vec<String> = Vec::new();
        for name in names {
            if !expected.contains(&name) { expected.push(name); }
        }
        let kept: Vec<_> = filter.states().iter().map(|state| state.as_str().to_owned()).collect();
        prop_assert_eq!(kept, expected);
    }

    #[test]
    fn the_window_rule_at_every_millisecond_around_30_days(offset in -2_000_i64..2_000, begin in 0_i64..4_000_000_000_000) {
        let begin = DateTime::from_timestamp_millis(begin).unwrap();
        let end = begin + TimeDelta::days(30) + TimeDelta::milliseconds(offset);
        let result = SessionFilter::builder().begin(begin).end(end).build();
        prop_assert_eq!(result.is_ok(), offset <= 0);
    }

    #[test]
    fn control_characters_are_refused_wherever_they_stand(
        control in proptest::char::ranges(vec!['\0'..='\u{1f}', '\u{7f}'..='\u{9f}'].into()),
        before in "[a-z]{0,5}", after in "[a-z]{0,5}",
    ) {
        let text = format!("{before}{control}{after}x");
        let found = refusals(SessionFilter::builder().user_name(text.clone()).machine_name(text).build());
        prop_assert!(found.iter().all(|(_, code)| *code == ViolationCode::ControlCharacter));
        prop_assert_eq!(found.len(), 2);
    }

    #[test]
    fn no_text_makes_a_builder_panic(text in ".{0,80}", other in ".{0,80}") {
        let _ = SessionFilter::builder()
            .user_name(text.clone()).begin(text.clone()).end(other.clone()).app_server_group_id(other.clone())
            .vm_ip(text.clone()).public_ip(AddressFilter::verbatim(other.clone())).machine_name(text.clone())
            .state(other).state(text).build_for(SessionOperation::List);
    }
}
