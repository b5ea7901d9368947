//! The rules. Each function adds what it finds and stops nothing, so that one answer names every fault.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};

use super::builder::Flag;
use super::input::{AddressValue, TimeValue};
use super::{
    AddressFilter, Fields, ServiceRules, SessionFilter, SessionFilterBuilder, SessionOperation, TimeInput,
    Window,
};
use crate::violation::{check_text, shown};
use crate::{
    RuleKind, SessionState, Violation, ViolationCode, Violations, format_timestamp, limits, parse_timestamp,
};

/// Judges everything that the builder collected.
pub(super) fn judge(
    parts: SessionFilterBuilder,
    operation: SessionOperation,
) -> Result<SessionFilter, Violations> {
    let mut found = Vec::new();

    let user_name = text("user_name", parts.user_name, limits::USER_NAME, &mut found);
    let window = window(&WINDOW, operation, parts.begin, parts.end, &mut found);
    let app_server_group_id = text(
        "app_server_group_id",
        parts.app_server_group_id,
        limits::APP_SERVER_GROUP_ID,
        &mut found,
    );
    let vm_ip = address("vm_ip", parts.vm_ip, &mut found);
    let public_ip = address("public_ip", parts.public_ip, &mut found);
    let machine_name = text(
        "machine_name",
        parts.machine_name,
        limits::MACHINE_NAME,
        &mut found,
    );
    let states = states(parts.states, &mut found);
    let created_successfully = flag("is_success", parts.created_successfully, &mut found);

    if parts.service_rules == ServiceRules::LetThrough {
        found.retain(|violation| violation.code().kind() == RuleKind::Structural);
    }
    Violations::check(found)?;
    let fields = Fields {
        user_name,
        window,
        app_server_group_id,
        vm_ip,
        public_ip,
        machine_name,
        states,
        created_successfully,
        service_rules: parts.service_rules,
    };
    Ok(SessionFilter {
        fields: Arc::new(fields),
    })
}

/// The two fields of a window, by their names on the wire.
pub(crate) struct WindowFields {
    pub(crate) begin: &'static str,
    pub(crate) end: &'static str,
}

/// The window of a list of sessions.
pub(super) const WINDOW: WindowFields = WindowFields {
    begin: "query_begin_time",
    end: "query_end_time",
};

/// What an operation demands of a window. Page, table 3; definition of `ListSessions`.
pub(crate) fn check_window(
    fields: &WindowFields,
    operation: SessionOperation,
    window: Option<Window>,
    found: &mut Vec<Violation>,
) {
    match (operation, window) {
        (SessionOperation::Export, Some(window)) if window.length() > limits::EXPORT_WINDOW => {
            let problem = format!(
                "{} to {} is {}; an export covers at most 30 days of 24 hours",
                format_timestamp(window.begin),
                format_timestamp(window.end),
                in_words(window.length()),
            );
            found.push(Violation::new(
                fields.begin,
                ViolationCode::WindowTooLong,
                problem,
            ));
        }
        (SessionOperation::List, None) => found.push(Violation::new(
            fields.begin,
            ViolationCode::WindowMissing,
            format!("is missing, and so is {}; a list needs both", fields.end),
        )),
        _ => {}
    }
}

/// The names, separated as the page wants it.
pub(super) fn joined(states: &[SessionState]) -> String {
    let mut joined = String::with_capacity(64);
    for (at, state) in states.iter().enumerate() {
        if at > 0 {
            joined.push(',');
        }
        joined.push_str(state.as_str());
    }
    joined
}

/// Judges one text.
pub(crate) fn text(
    field: &'static str,
    value: Option<String>,
    most: usize,
    found: &mut Vec<Violation>,
) -> Option<Box<str>> {
    let value = value?;
    check_text(field, &value, most, found);
    Some(value.into_boxed_str())
}

/// Judges the two ends of a window together.
pub(crate) fn window(
    fields: &WindowFields,
    operation: SessionOperation,
    begin: Option<TimeInput>,
    end: Option<TimeInput>,
    found: &mut Vec<Violation>,
) -> Option<Window> {
    let missing = |field: &'static str, other: &str| {
        let problem = format!("is missing, while {other} is given; give both or neither");
        Violation::new(field, ViolationCode::WindowIncomplete, problem)
    };
    match (begin, end) {
        (None, None) => {
            check_window(fields, operation, None, found);
            None
        }
        (Some(begin), None) => {
            moment(fields.begin, begin, found);
            found.push(missing(fields.end, fields.begin));
            None
        }
        (None, Some(end)) => {
            found.push(missing(fields.begin, fields.end));
            moment(fields.end, end, found);
            None
        }
        (Some(begin), Some(end)) => {
            // Both are read before either is judged, so that two bad times are two violations.
            let begin = moment(fields.begin, begin, found);
            let end = moment(fields.end, end, found);
            let (begin, end) = (begin?, end?);
            if begin > end {
                let problem = format!(
                    "{} is later than {}, {}; swap them",
                    format_timestamp(begin),
                    fields.end,
                    format_timestamp(end)
                );
                found.push(Violation::new(
                    fields.begin,
                    ViolationCode::WindowReversed,
                    problem,
                ));
                return None;
            }
            let window = Window { begin, end };
            check_window(fields, operation, Some(window), found);
            Some(window)
        }
    }
}

/// Reads a time and cuts it to the millisecond, since that is what goes over the wire.
pub(crate) fn moment(
    field: &'static str,
    input: TimeInput,
    found: &mut Vec<Violation>,
) -> Option<DateTime<Utc>> {
    let time = match input.0 {
        TimeValue::Moment(time) => time,
        TimeValue::Text(text) => match parse_timestamp(&text) {
            Ok(time) => time,
            Err(_) => {
                let problem = format!(
                    "{} is not a date and time; write it like 2024-02-27T03:47:51.182Z",
                    shown(&text)
                );
                found.push(Violation::new(field, ViolationCode::NotATime, problem));
                return None;
            }
        },
    };
    if !(0..=9999).contains(&time.year()) {
        let problem = format!("the year {} cannot be written; 0000 to 9999 can", time.year());
        found.push(Violation::new(field, ViolationCode::OutOfRange, problem));
        return None;
    }
    time.with_nanosecond(time.nanosecond().min(999_999_999) / 1_000_000 * 1_000_000)
}

fn address(
    field: &'static str,
    input: Option<AddressFilter>,
    found: &mut Vec<Violation>,
) -> Option<AddressFilter> {
    match input?.0 {
        AddressValue::Address(address) => Some(address.into()),
        AddressValue::Verbatim(text) => {
            check_text(field, &text, limits::ADDRESS, found);
            // A text in canonical form *is* that address, however it was given: what is read back equals what was
            // built. In any other spelling it is a text, or it would not go out as it is.
            Some(match text.parse::<IpAddr>() {
                Ok(address) if address.to_string() == *text => address.into(),
                _ => AddressFilter(AddressValue::Verbatim(text)),
            })
        }
        AddressValue::Unread(text) => match text.parse::<IpAddr>() {
            Ok(address) => Some(address.into()),
            Err(_) => {
                let problem = format!(
                    "{} is not an IP address; write it like 10.0.0.1 or 2001:db8::1",
                    shown(&text)
                );
                found.push(Violation::new(field, ViolationCode::NotAnAddress, problem));
                None
            }
        },
    }
}

fn states(input: Vec<SessionState>, found: &mut Vec<Violation>) -> Vec<SessionState> {
    const FIELD: &str = "session_state";
    let mut states: Vec<SessionState> = Vec::with_capacity(input.len().min(SessionState::KNOWN.len()));
    for state in input {
        if states.contains(&state) {
            continue;
        }
        if let SessionState::Unknown(name) = &state {
            check_state_name(FIELD, name.as_str(), found);
        }
        states.push(state);
    }
    let length = joined(&states).chars().count();
    if length > limits::SESSION_STATE {
        let problem = format!(
            "the list of {} states has {length} characters; at most {} are allowed",
            states.len(),
            limits::SESSION_STATE
        );
        found.push(Violation::new(FIELD, ViolationCode::TooLong, problem));
    }
    states
}

fn check_state_name(field: &'static str, name: &str, found: &mut Vec<Violation>) {
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        let code = if name.trim().is_empty() {
            ViolationCode::Empty
        } else {
            ViolationCode::ControlCharacter
        };
        let problem = format!(
            "{} is not the name of a state; is there a comma too many? The states are {}",
            shown(name),
            known_states()
        );
        found.push(Violation::new(field, code, problem));
    } else if name.contains(',') {
        let problem = format!(
            "{} holds a comma and would be read as several states",
            shown(name)
        );
        found.push(Violation::new(field, ViolationCode::SeparatorInName, problem));
    } else {
        let problem = format!(
            "{} is not a state; the states are {}",
            shown(name),
            known_states()
        );
        found.push(Violation::new(field, ViolationCode::UnknownState, problem));
    }
}

fn known_states() -> String {
    SessionState::KNOWN
        .iter()
        .map(SessionState::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

fn flag(field: &'static str, input: Option<Flag>, found: &mut Vec<Violation>) -> Option<bool> {
    match input? {
        Flag::Value(flag) => Some(flag),
        Flag::Text(text) => match text.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            other => {
                let problem = format!("{} is neither \"true\" nor \"false\"", shown(other));
                found.push(Violation::new(field, ViolationCode::NotABoolean, problem));
                None
            }
        },
    }
}

/// `31 days` or `30 days and 00:00:00.001`: a window one millisecond too long must not read like one of 30 days.
fn in_words(length: TimeDelta) -> String {
    let (days, rest) = (length.num_days(), length - TimeDelta::days(length.num_days()));
    if rest.is_zero() {
        return format!("{days} days");
    }
    let (hours, minutes, seconds) = (rest.num_hours(), rest.num_minutes() % 60, rest.num_seconds() % 60);
    format!(
        "{days} days and {hours:02}:{minutes:02}:{seconds:02}.{:03}",
        rest.subsec_millis()
    )
}
