//! The JSON of scripts: what it says, and what is refused with which words.

use std::time::Duration;

use session_export_emulator::{
    Cut, Emulator, EmulatorError, Fate, Fault, FaultOperation, FaultScript, RetryHint, TaskIdFault,
    WindowUnit,
};

fn refused(script: &str) -> String {
    FaultScript::from_json(script).expect_err(script).to_string()
}

fn one(fault: &str) -> String {
    format!(r#"{{"faults": [{{"fault": {{"revoke_keys": {{}}}}}}, {fault}]}}"#)
}

#[test]
fn errors_name_the_entry_and_the_field() {
    for (fault, field, rule) in [
        (
            r#"{"fault": {"reset": {"at": "later"}}}"#,
            "faults[1].fault.reset.at",
            "unknown variant `later`",
        ),
        (
            r#"{"fault": {"explode": {}}}"#,
            "faults[1].fault",
            "unknown variant `explode`",
        ),
        (
            r#"{"fault": {"reset": {"at": "in_head", "when": 1}}}"#,
            "faults[1].fault.reset.when",
            "unknown field `when`",
        ),
        (
            r#"{"fault": {"revoke_keys": {}}, "time": 1}"#,
            "faults[1].time",
            "unknown field `time`",
        ),
        (
            r#"{"fault": {"revoke_keys": {}}, "operation": "nap"}"#,
            "faults[1].operation",
            "unknown variant `nap`",
        ),
        (
            r#"{"fault": {"revoke_keys": {}}, "calls": {"nth": -1}}"#,
            "faults[1].calls.nth",
            "-1",
        ),
        (
            r#"{"fault": {"revoke_keys": {}}, "calls": {"first": 1}}"#,
            "faults[1].calls.first",
            "unknown field",
        ),
        (
            r#"{"fault": {"revoke_keys": {}}, "calls": {"nth": 0}}"#,
            "faults[1].calls.nth",
            "at least 1",
        ),
        (
            r#"{"fault": {"revoke_keys": {}}, "calls": {"nth": 1, "every": 2}}"#,
            "faults[1].calls.nth",
            "alone",
        ),
        (
            r#"{"fault": {"revoke_keys": {}}, "calls": {"from": 3, "to": 2}}"#,
            "faults[1].calls.to",
            "below",
        ),
        (
            r#"{"fault": {"revoke_keys": {}}, "calls": {"probability": 1.1}}"#,
            "faults[1].calls.probability",
            "0 to 1",
        ),
        (
            r#"{"fault": {"revoke_keys": {}}, "calls": {"seed": 1}}"#,
            "faults[1].calls.seed",
            "probability",
        ),
        (
            r#"{"fault": {"delay": {"before_head_ms": 3600001}}}"#,
            "faults[1].fault.delay.before_head_ms",
            "hour",
        ),
        (
            r#"{"fault": {"status": {"status": 100}}}"#,
            "faults[1].fault.status.status",
            "200 to 599",
        ),
        (
            r#"{"fault": {"status": {"status": 200, "headers": {"Content-Length": "1"}}}}"#,
            "faults[1].fault.status.headers",
            "content-length",
        ),
        (
            r#"{"fault": {"status": {"status": 200, "content_type": "a\nb"}}}"#,
            "faults[1].fault.status.content_type",
            "ASCII",
        ),
        (
            r#"{"fault": {"trickle": {"chunk_bytes": 0, "every_ms": 1}}}"#,
            "faults[1].fault.trickle.chunk_bytes",
            "1 to",
        ),
        (
            r#"{"fault": {"truncate": {"missing_bytes": 0}}}"#,
            "faults[1].fault.truncate.missing_bytes",
            "1 to",
        ),
        (
            r#"{"fault": {"garbage": {"text": ""}}}"#,
            "faults[1].fault.garbage.text",
            "1 to",
        ),
        (
            r#"{"fault": {"clock": {"offset_seconds": 315360001}}}"#,
            "faults[1].fault.clock.offset_seconds",
            "315,360,000",
        ),
        (
            r#"{"fault": {"task": {"fate": "hangs"}}}"#,
            "faults[1].operation",
            "export_sessions",
        ),
        (
            r#"{"fault": {"truncate": {"missing_bytes": 1}}, "carried_out": false}"#,
            "faults[1].carried_out",
            "must be true",
        ),
        (
            r#"{"fault": {"revoke_keys": {}}, "project": ""}"#,
            "faults[1].project",
            "1 to 128",
        ),
    ] {
        let error = FaultScript::from_json(&one(fault)).expect_err(fault);
        assert_eq!(error.field(), field, "{fault}: {error}");
        assert!(
            error.to_string().contains(rule) && error.to_string().contains(field),
            "{error}"
        );
    }
    let named = one(r#"{"fault": {"revoke_keys": {}}, "name": "mine", "calls": {"every": 0}}"#);
    assert_eq!(
        refused(&named),
        r#"the fault script is not valid: faults[1].calls.every (of "mine"): must be at least 1"#
    );
}

#[test]
fn what_is_no_script_at_all_is_refused() {
    for (script, rule) in [
        ("", "EOF"),
        ("[]", "must be an object"),
        (r#"{"faults": [["x"]]}"#, "faults[0]: must be an object"),
        (
            r#"{"faults": [{"calls": [3]}]}"#,
            "faults[0].calls: must be an object",
        ),
        (
            r#"{"faults": [{"fault": {"clock": [3]}}]}"#,
            "faults[0].fault.clock: must be an object",
        ),
        ("{} x", "trailing"),
        (r#"{"fault": []}"#, "unknown field `fault`"),
        (r#"{"seed": -1}"#, "seed"),
        (r#"{"seed": 1, "seed": 2}"#, "duplicate field"),
    ] {
        assert!(refused(script).contains(rule), "{script}: {}", refused(script));
    }
    let long = format!("{{}}{}", " ".repeat(1024 * 1024));
    assert!(refused(&long).contains("1 MiB"));
    let many = vec![r#"{"fault": {"revoke_keys": {}}}"#; 1_001].join(",");
    assert!(refused(&format!(r#"{{"faults": [{many}]}}"#)).contains("more than 1,000"));
    let body = "x".repeat(262_145);
    let large = one(&format!(
        r#"{{"fault": {{"status": {{"status": 200, "body": "{body}"}}}}}}"#
    ));
    assert!(refused(&large).contains("262,144"));
}

#[test]
fn what_a_script_says_is_not_repeated_with_control_characters() {
    for script in [
        one("{\"operation\": \"list\u{7f}\", \"fault\": {\"revoke_keys\": {}}}"),
        one(r#"{"operation": "list\u001b[2J", "fault": {"revoke_keys": {}}}"#),
    ] {
        let text = refused(&script);
        assert!(
            text.contains("list\u{fffd}") && !text.contains(char::is_control),
            "{text:?}"
        );
    }
}

#[test]
fn every_fault_of_the_library_has_a_json_form() {
    let second = Duration::from_secs(1);
    let faults = [
        Fault::delay(second)
            .named("late")
            .in_project("p")
            .per_project()
            .nth(2),
        Fault::delay_body(second)
            .on(FaultOperation::ListSessions)
            .starting_at(2)
            .until(3),
        Fault::trickle(1, second).every(3),
        Fault::status(500)
            .with_body("text/plain", "x")
            .with_header("location", "/")
            .probability(0.25)
            .seed(3),
        Fault::throttled(Some(RetryHint::Date(5))).with_window(3, WindowUnit::Second),
        Fault::unavailable(None).carried_out(true),
        Fault::html_page(502),
        Fault::error_in_200("WKS.1", ""),
        Fault::reset(Cut::InBody(7)),
        Fault::close(Cut::AfterHead),
        Fault::garbage(),
        Fault::truncate(1),
        Fault::shorten(1),
        Fault::corrupt(0, 1),
        Fault::content_type("text/html"),
        Fault::task_id(TaskIdFault::Null),
        Fault::task(Fate::Vanishes),
        Fault::revoke_tokens(),
        Fault::revoke_keys(),
        Fault::clock(-5),
    ];
    let script = faults
        .into_iter()
        .fold(FaultScript::new().seed(9), FaultScript::with);
    assert_eq!(FaultScript::from_json(&script.to_json()).unwrap(), script);
}

#[tokio::test]
async fn a_script_that_breaks_a_rule_does_not_start_and_does_not_replace_another() {
    let wrong = || FaultScript::new().with(Fault::status(99));
    let error = Emulator::builder().faults(wrong()).start().await.unwrap_err();
    assert!(
        matches!(&error, EmulatorError::Faults(fault) if fault.field() == "faults[0].fault.status.status")
    );
    let right = FaultScript::new().with(Fault::status(500));
    let emulator = Emulator::builder().faults(right.clone()).start().await.unwrap();
    assert!(emulator.set_faults(wrong()).is_err());
    assert_eq!(emulator.faults(), right);
}
