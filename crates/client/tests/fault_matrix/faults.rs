//! What goes wrong: every kind of fault that the emulator knows, in every place and both with and without its work done.

use session_export_emulator::FaultScript;

use crate::subjects::Subject;

/// For which part of an answer a client waits in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hangs {
    Not,
    BeforeHead,
    BeforeBody,
    InBody,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FaultCase {
    /// What it is called in the table.
    pub(crate) label: &'static str,
    /// The fault as in a script: `"fault": …`, and whatever else its entry has.
    entry: &'static str,
    pub(crate) hangs: Hangs,
    pub(crate) group: Group,
}

/// For which calls a fault makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// All.
    Any,
    /// All; and it breaks a body off, so that the rest may be asked for.
    BreaksOff,
    /// Those that change something, and so can have been carried out although their answer is an error.
    Changes,
    /// A submit only.
    Submit,
    /// A submit; the look for its task shows it.
    Task,
    /// All, by a client that signs with a temporary key.
    Signed,
}

const fn case(label: &'static str, entry: &'static str, group: Group) -> FaultCase {
    FaultCase {
        label,
        entry,
        hangs: Hangs::Not,
        group,
    }
}

const fn hanging(label: &'static str, entry: &'static str, hangs: Hangs) -> FaultCase {
    FaultCase {
        label,
        entry,
        hangs,
        group: Group::BreaksOff,
    }
}

impl FaultCase {
    /// Whether it is tried on a subject's calls.
    pub(crate) fn concerns(&self, subject: Subject) -> bool {
        match self.group {
            Group::BreaksOff => true,
            Group::Any => subject != Subject::DownloadInParts,
            Group::Signed => !matches!(subject, Subject::DownloadInParts | Subject::LogIn),
            Group::Changes => matches!(subject, Subject::Submit | Subject::Delete | Subject::Job),
            Group::Submit => matches!(subject, Subject::Submit | Subject::Job),
            Group::Task => matches!(subject, Subject::Wait | Subject::Job),
        }
    }

    /// The script that lets it happen to the first of the subject's calls, or to all.
    pub(crate) fn script(&self, subject: Subject, every: bool) -> FaultScript {
        let operation = match self.group {
            Group::Submit | Group::Task => "export_sessions",
            _ => subject.faulty_operation(),
        };
        let calls = if every { "{}" } else { r#"{"nth": 1}"# };
        let entry = self.entry;
        FaultScript::from_json(&format!(
            r#"{{"faults": [{{"operation": "{operation}", "calls": {calls}, "fault": {entry}}}]}}"#
        ))
        .unwrap()
    }
}

pub(crate) const FAULTS: &[FaultCase] = &[
    case(
        "`delay`: a late head",
        r#"{"delay": {"before_head_ms": 30}}"#,
        Group::Any,
    ),
    hanging(
        "`delay`: no head, ever",
        r#"{"delay": {"before_head_ms": 3600000}}"#,
        Hangs::BeforeHead,
    ),
    hanging(
        "`delay`: no body, ever",
        r#"{"delay": {"before_body_ms": 3600000}}"#,
        Hangs::BeforeBody,
    ),
    case(
        "`trickle`: a slow body",
        r#"{"trickle": {"chunk_bytes": 300, "every_ms": 3}}"#,
        Group::Any,
    ),
    hanging(
        "`trickle`: a body that stands still",
        r#"{"trickle": {"chunk_bytes": 20, "every_ms": 3600000}}"#,
        Hangs::InBody,
    ),
    case(
        "`status` 302",
        r#"{"status": {"status": 302, "headers": {"location": "http://localhost:9/"}}}"#,
        Group::Any,
    ),
    case("`status` 400", r#"{"status": {"status": 400}}"#, Group::Any),
    case("`status` 401", r#"{"status": {"status": 401}}"#, Group::Any),
    case("`status` 403", r#"{"status": {"status": 403}}"#, Group::Any),
    case("`status` 500", r#"{"status": {"status": 500}}"#, Group::Any),
    case(
        "`status` 500, carried out",
        r#"{"status": {"status": 500}}, "carried_out": true"#,
        Group::Changes,
    ),
    case("`status` 504", r#"{"status": {"status": 504}}"#, Group::Any),
    case("`throttled`, for a minute", r#"{"throttled": {}}"#, Group::Any),
    case(
        "`throttled`, `Retry-After` 7 s",
        r#"{"throttled": {"retry_after": {"seconds": 7}, "window": 2, "unit": "second"}}"#,
        Group::Any,
    ),
    case(
        "`throttled`, for an hour",
        r#"{"throttled": {"unit": "hour"}}"#,
        Group::Any,
    ),
    case("`unavailable`", r#"{"unavailable": {}}"#, Group::Any),
    case(
        "`unavailable`, `Retry-After` a date in 20 s",
        r#"{"unavailable": {"retry_after": {"date": 20}}}"#,
        Group::Any,
    ),
    case("`html_page` 200", r#"{"html_page": {"status": 200}}"#, Group::Any),
    case(
        "`html_page` 200, carried out",
        r#"{"html_page": {"status": 200}}, "carried_out": true"#,
        Group::Changes,
    ),
    case("`html_page` 502", r#"{"html_page": {"status": 502}}"#, Group::Any),
    case(
        "`html_page` 502, carried out",
        r#"{"html_page": {"status": 502}}, "carried_out": true"#,
        Group::Changes,
    ),
    case(
        "`error_in_200`",
        r#"{"error_in_200": {"code": "WKS.00010109", "message": "No."}}"#,
        Group::Any,
    ),
    case(
        "`reset` before the head",
        r#"{"reset": {"at": "before_head"}}"#,
        Group::BreaksOff,
    ),
    case(
        "`reset` before the head, not carried out",
        r#"{"reset": {"at": "before_head"}}, "carried_out": false"#,
        Group::Any,
    ),
    case(
        "`reset` in the head",
        r#"{"reset": {"at": "in_head"}}"#,
        Group::BreaksOff,
    ),
    case(
        "`reset` in the head, not carried out",
        r#"{"reset": {"at": "in_head"}}, "carried_out": false"#,
        Group::Any,
    ),
    case(
        "`reset` after the head",
        r#"{"reset": {"at": "after_head"}}"#,
        Group::BreaksOff,
    ),
    case(
        "`reset` in the body",
        r#"{"reset": {"at": {"in_body": 10}}}"#,
        Group::BreaksOff,
    ),
    case(
        "`close` before the head",
        r#"{"close": {"at": "before_head"}}"#,
        Group::BreaksOff,
    ),
    case(
        "`close` before the head, not carried out",
        r#"{"close": {"at": "before_head"}}, "carried_out": false"#,
        Group::Any,
    ),
    case(
        "`close` in the head",
        r#"{"close": {"at": "in_head"}}"#,
        Group::BreaksOff,
    ),
    case(
        "`close` in the head, not carried out",
        r#"{"close": {"at": "in_head"}}, "carried_out": false"#,
        Group::Any,
    ),
    case(
        "`close` after the head",
        r#"{"close": {"at": "after_head"}}"#,
        Group::BreaksOff,
    ),
    case(
        "`close` in the body",
        r#"{"close": {"at": {"in_body": 10}}}"#,
        Group::BreaksOff,
    ),
    case("`garbage`", r#"{"garbage": {}}"#, Group::Any),
    case(
        "`garbage`, not carried out",
        r#"{"garbage": {}}, "carried_out": false"#,
        Group::Any,
    ),
    case(
        "`truncate`",
        r#"{"truncate": {"missing_bytes": 10}}"#,
        Group::BreaksOff,
    ),
    case("`shorten`", r#"{"shorten": {"missing_bytes": 10}}"#, Group::Any),
    case("`corrupt`", r#"{"corrupt": {}}"#, Group::Any),
    case(
        "`content_type` text/plain",
        r#"{"content_type": {"value": "text/plain"}}"#,
        Group::Any,
    ),
    case(
        "`content_type` text/html",
        r#"{"content_type": {"value": "text/html"}}"#,
        Group::Any,
    ),
    case(
        "`task_id` missing",
        r#"{"task_id": {"says": "missing"}}"#,
        Group::Submit,
    ),
    case(
        "`task_id` empty",
        r#"{"task_id": {"says": "empty"}}"#,
        Group::Submit,
    ),
    case(
        "`task_id` a number",
        r#"{"task_id": {"says": "number"}}"#,
        Group::Submit,
    ),
    case(
        "`task_id` null",
        r#"{"task_id": {"says": "null"}}"#,
        Group::Submit,
    ),
    case(
        "`task_id` wrong",
        r#"{"task_id": {"says": "wrong"}}"#,
        Group::Submit,
    ),
    case("`task` fails", r#"{"task": {"fate": "fails"}}"#, Group::Task),
    case("`task` expires", r#"{"task": {"fate": "expires"}}"#, Group::Task),
    case("`task` hangs", r#"{"task": {"fate": "hangs"}}"#, Group::Task),
    case(
        "`task` vanishes",
        r#"{"task": {"fate": "vanishes"}}"#,
        Group::Task,
    ),
    case(
        "`task` invisible",
        r#"{"task": {"fate": "invisible"}}"#,
        Group::Task,
    ),
    case(
        "`task` has an unknown status",
        r#"{"task": {"fate": "unknown_status"}}"#,
        Group::Task,
    ),
    case("`revoke_tokens`", r#"{"revoke_tokens": {}}"#, Group::Any),
    case("`revoke_keys`, signed", r#"{"revoke_keys": {}}"#, Group::Signed),
    case(
        "`clock` an hour fast",
        r#"{"clock": {"offset_seconds": 3600}}"#,
        Group::Any,
    ),
    case(
        "`clock` a day fast: tokens end",
        r#"{"clock": {"offset_seconds": 90000}}"#,
        Group::Any,
    ),
    case(
        "`clock` an hour fast, signed",
        r#"{"clock": {"offset_seconds": 3600}}"#,
        Group::Signed,
    ),
];
