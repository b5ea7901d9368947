//! The nine filters of the session operations: read from JSON or from a query, and applied to sessions.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use crate::data::{Dataset, Session, State};
use crate::request::Query;
use crate::time;

/// The longest window of an export, and the one that it uses when none is given.
const EXPORT_WINDOW: TimeDelta = TimeDelta::days(30);

/// The longest text that `ListSessions` takes for a time.
const LIST_TIME_LIMIT: usize = 32;

/// What is wrong with a filter: a sentence that names the field and the rule.
pub(crate) type FilterFault = String;

/// Which sessions are wanted. An absent part matches every session.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    begin: DateTime<Utc>,
    end: DateTime<Utc>,
    user_name: Option<String>,
    app_server_group_id: Option<String>,
    vm_ip: Option<String>,
    public_ip: Option<String>,
    machine_name: Option<String>,
    states: Option<Vec<State>>,
    success: Option<bool>,
}

impl Filter {
    /// The body of `ExportSessions`: strings only, and a window of at most 30 days or none.
    pub(crate) fn for_export(body: &Map<String, Value>, now: DateTime<Utc>) -> Result<Self, FilterFault> {
        let text = |field: &str| match body.get(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(format!("{field} must be a string.")),
        };
        let window = match (moment(text, "query_begin_time")?, moment(text, "query_end_time")?) {
            (Some(begin), Some(end)) => (begin, end),
            (None, None) => (
                now.checked_sub_signed(EXPORT_WINDOW)
                    .unwrap_or(DateTime::<Utc>::MIN_UTC),
                now,
            ),
            _ => {
                return Err(
                    "query_begin_time and query_end_time must both be present or both be absent.".to_owned(),
                );
            }
        };
        if window.1.signed_duration_since(window.0) > EXPORT_WINDOW {
            return Err("query_begin_time and query_end_time must be at most 30 days apart.".to_owned());
        }
        Self::read(text, window)
    }

    /// The query of `ListSessions`: both times are required, and no limit lies on their distance.
    pub(crate) fn for_list(query: &Query) -> Result<Self, FilterFault> {
        let text = |field: &str| query.get(field);
        let required = |field: &str| {
            limited(text, field, LIST_TIME_LIMIT)?;
            moment(text, field)?.ok_or_else(|| format!("{field} is required."))
        };
        Self::read(text, (required("query_begin_time")?, required("query_end_time")?))
    }

    fn read<'a>(
        text: impl Fn(&str) -> Result<Option<&'a str>, FilterFault> + Copy,
        (begin, end): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Self, FilterFault> {
        if begin > end {
            return Err("query_begin_time must not be after query_end_time.".to_owned());
        }
        if text("user_name")? == Some("") {
            return Err("user_name must have 1 to 64 characters.".to_owned());
        }
        Ok(Self {
            begin,
            end,
            user_name: limited(text, "user_name", 64)?,
            app_server_group_id: limited(text, "app_server_group_id", 64)?,
            vm_ip: limited(text, "vm_ip", 64)?,
            public_ip: limited(text, "public_ip", 64)?,
            machine_name: limited(text, "machine_name", 128)?,
            states: limited(text, "session_state", 256)?
                .map(|list| states(&list))
                .transpose()?,
            success: match text("is_success")? {
                None => None,
                Some("true") => Some(true),
                Some("false") => Some(false),
                Some(_) => return Err("is_success must be the string true or false.".to_owned()),
            },
        })
    }

    /// The positions of the matching sessions, in the order of the data.
    pub(crate) fn select(&self, data: &Dataset) -> Vec<u32> {
        let matching = (0_u32..)
            .zip(data.sessions())
            .filter(|(_, session)| self.matches(data, session));
        matching.map(|(position, _)| position).collect()
    }

    fn matches(&self, data: &Dataset, session: &Session) -> bool {
        let server = data.directory().server(session.server());
        let wants =
            |filter: &Option<String>, value: &str| filter.as_ref().is_none_or(|wanted| wanted == value);
        (self.begin..=self.end).contains(&session.started())
            && self
                .states
                .as_ref()
                .is_none_or(|states| states.contains(&session.state()))
            && self.success.is_none_or(|success| success == session.succeeded())
            && wants(&self.user_name, data.directory().user(session.user()))
            && wants(&self.vm_ip, &server.ip)
            && wants(&self.machine_name, &server.name)
            && wants(
                &self.app_server_group_id,
                &data.directory().group(server.group).id,
            )
            && wants(&self.public_ip, data.directory().public_ip(session.public_ip()))
    }
}

/// A text of at most `limit` characters; an empty one is no filter.
fn limited<'a>(
    text: impl Fn(&str) -> Result<Option<&'a str>, FilterFault>,
    field: &str,
    limit: usize,
) -> Result<Option<String>, FilterFault> {
    match text(field)? {
        Some(text) if text.chars().count() > limit => {
            Err(format!("{field} must have at most {limit} characters."))
        }
        other => Ok(other.filter(|text| !text.is_empty()).map(str::to_owned)),
    }
}

fn moment<'a>(
    text: impl Fn(&str) -> Result<Option<&'a str>, FilterFault>,
    field: &str,
) -> Result<Option<DateTime<Utc>>, FilterFault> {
    let fault = || format!("{field} must be a time such as 2024-02-27T03:47:51.182Z.");
    text(field)?
        .map(|text| time::parse(text).ok_or_else(fault))
        .transpose()
}

fn states(list: &str) -> Result<Vec<State>, FilterFault> {
    let state = |name: &str| {
        State::ALL
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or_else(|| {
                let known = State::ALL.map(State::name).join(", ");
                format!("session_state must be a list of {known}, separated by commas.")
            })
    };
    list.split(',').map(state).collect()
}

#[cfg(test)]
mod tests;
