//! The filters of the lists: read from JSON or from a query, and applied to sessions. This page has those of sessions.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::choices::{
    Choices, EmptyText, IsSuccess, JsonBoolean, JsonNull, ListPublicIp, RepeatedStates, SessionStates,
    TextLength, UnknownFields, UserNameMatch,
};
use crate::data::{Criteria, Dataset, Name, Selection, State};
use crate::lists::List;
use crate::request::Query;
use window::Window;

mod columns;
mod window;

/// The fields of an export in the order of the API definition.
const FIELDS: [&str; 9] = [
    "user_name",
    "query_begin_time",
    "query_end_time",
    "app_server_group_id",
    "vm_ip",
    "public_ip",
    "machine_name",
    "session_state",
    "is_success",
];

/// The longest text that `is_success` of an export may have.
const IS_SUCCESS_LIMIT: usize = 32;

/// What is wrong with a filter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FilterFault {
    /// A sentence that names the field and the rule.
    pub(crate) text: String,
    /// Whether it is about the window, whose error code is a choice.
    pub(crate) about_window: bool,
}

impl From<String> for FilterFault {
    fn from(text: String) -> Self {
        Self {
            text,
            about_window: false,
        }
    }
}

/// What the body of an export of `list` asks for.
pub(crate) fn for_export(
    list: List,
    body: &Map<String, Value>,
    now: DateTime<Utc>,
    choices: &Choices,
) -> Result<Criteria, FilterFault> {
    match list.facts().columns {
        None => Filter::for_export(body, now, choices).map(|filter| filter.criteria()),
        Some(columns) => columns::criteria(list, columns, body, now, choices),
    }
}

/// Which sessions are wanted. An absent part matches every session.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    window: Window,
    user_name: Option<Name>,
    app_server_group_id: Option<String>,
    vm_ip: Option<String>,
    public_ip: Option<String>,
    machine_name: Option<String>,
    states: Option<Vec<State>>,
    success: Option<bool>,
}

impl Filter {
    /// The body of `ExportSessions`: strings only, and a window of 30 days or none.
    pub(crate) fn for_export(
        body: &Map<String, Value>,
        now: DateTime<Utc>,
        choices: &Choices,
    ) -> Result<Self, FilterFault> {
        check_fields(body, &FIELDS, choices)?;
        let text = |field: &str| body_text(body, field, choices);
        let window = Window::for_export(List::Sessions, text, now, choices)?;
        Self::read(text, window, choices)
    }

    /// The query of `ListSessions`: both times are required, and no limit lies on their distance.
    pub(crate) fn for_list(query: &Query, choices: &Choices) -> Result<Self, FilterFault> {
        let text = |field: &str| match field {
            "public_ip" if choices.list_public_ip == ListPublicIp::Dropped => Ok(None),
            _ => query.get(field),
        };
        let window = Window::for_list(text, choices)?;
        Self::read(text, window, choices)
    }

    fn read<'a>(
        text: impl Fn(&str) -> Result<Option<&'a str>, String> + Copy,
        window: Window,
        choices: &Choices,
    ) -> Result<Self, FilterFault> {
        if text("user_name")? == Some("") {
            return Err("user_name must have 1 to 64 characters.".to_owned().into());
        }
        let limited = |field: &str, limit: usize| limited(text(field)?, field, limit, choices);
        let user_name = limited("user_name", 64)?.map(|name| match choices.user_name {
            UserNameMatch::Exact => Name::Whole(name),
            UserNameMatch::Fuzzy => Name::Part(name.to_lowercase()),
        });
        Ok(Self {
            window,
            user_name,
            app_server_group_id: limited("app_server_group_id", 64)?,
            vm_ip: limited("vm_ip", 64)?,
            public_ip: limited("public_ip", 64)?,
            machine_name: limited("machine_name", 128)?,
            states: limited("session_state", 256)?
                .map(|list| states(&list, choices))
                .transpose()?,
            success: text("is_success")?
                .map(|text| success(text, choices))
                .transpose()?,
        })
    }

    /// The matching sessions, in the order of the data.
    pub(crate) fn select(&self, data: &Dataset) -> Selection {
        data.select(&self.criteria())
    }

    /// What sessions have to be like.
    pub(crate) fn criteria(&self) -> Criteria {
        Criteria {
            user_name: self.user_name.clone(),
            app_server_group_id: self.app_server_group_id.clone(),
            vm_ip: self.vm_ip.clone(),
            public_ip: self.public_ip.clone(),
            machine_name: self.machine_name.clone(),
            states: self.states.clone(),
            success: self.success,
            ..Criteria::window(self.window.begin, self.window.end())
        }
    }
}

/// Whether a body has other fields than these, where that matters.
fn check_fields(body: &Map<String, Value>, fields: &[&str], choices: &Choices) -> Result<(), FilterFault> {
    if choices.unknown_fields == UnknownFields::Refused
        && !body.keys().all(|field| fields.contains(&field.as_str()))
    {
        return Err(format!("The fields are {}.", fields.join(", ")).into());
    }
    Ok(())
}

/// A field of a body as text.
fn body_text<'a>(
    body: &'a Map<String, Value>,
    field: &str,
    choices: &Choices,
) -> Result<Option<&'a str>, String> {
    match body.get(field) {
        None => Ok(None),
        Some(Value::Null) if choices.json_null == JsonNull::Absent => Ok(None),
        Some(Value::Bool(value))
            if field == "is_success" && choices.json_boolean == JsonBoolean::Accepted =>
        {
            Ok(Some(if *value { "true" } else { "false" }))
        }
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(format!("{field} must be a string.")),
    }
}

/// How long a text is for the service.
fn length(text: &str, choices: &Choices) -> usize {
    match choices.text_length {
        TextLength::Characters => text.chars().count(),
        TextLength::Bytes => text.len(),
    }
}

/// A text of at most `limit` characters.
fn limited(
    text: Option<&str>,
    field: &str,
    limit: usize,
    choices: &Choices,
) -> Result<Option<String>, String> {
    match (text, choices.empty_text) {
        (Some(text), _) if length(text, choices) > limit => {
            Err(format!("{field} must have at most {limit} characters."))
        }
        (Some(""), EmptyText::NoFilter) => Ok(None),
        (Some(""), EmptyText::Refused) => Err(format!("{field} must not be empty.")),
        (other, _) => Ok(other.map(str::to_owned)),
    }
}

fn states(list: &str, choices: &Choices) -> Result<Vec<State>, String> {
    let rule = choices.session_states;
    let names = list.split(',').map(|name| match rule {
        SessionStates::Lenient => name.trim(),
        SessionStates::Strict | SessionStates::Any => name,
    });
    let names: Vec<&str> = match rule {
        SessionStates::Lenient => names.filter(|name| !name.is_empty()).collect(),
        SessionStates::Strict | SessionStates::Any => names.collect(),
    };
    let known = |name: &str| {
        State::ALL.into_iter().find(|state| match rule {
            SessionStates::Lenient => state.name().eq_ignore_ascii_case(name),
            SessionStates::Strict | SessionStates::Any => state.name() == name,
        })
    };
    let mut found = Vec::new();
    for name in names {
        match known(name) {
            Some(state) if choices.repeated_states == RepeatedStates::Refused && found.contains(&state) => {
                return Err("session_state must not repeat a name.".to_owned());
            }
            Some(state) => found.push(state),
            None if rule == SessionStates::Any => {}
            None => {
                let known = State::ALL.map(State::name).join(", ");
                return Err(format!(
                    "session_state must be a list of {known}, separated by commas."
                ));
            }
        }
    }
    Ok(found)
}

fn success(text: &str, choices: &Choices) -> Result<bool, String> {
    let found = match choices.is_success {
        IsSuccess::Whole => match text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        IsSuccess::Anywhere if length(text, choices) > IS_SUCCESS_LIMIT => None,
        IsSuccess::Anywhere => match (text.find("true"), text.find("false")) {
            (Some(one), Some(other)) => Some(one < other),
            (Some(_), None) => Some(true),
            (None, Some(_)) => Some(false),
            (None, None) => None,
        },
    };
    found.ok_or_else(|| "is_success must be the string true or false.".to_owned())
}

#[cfg(test)]
mod tests;
