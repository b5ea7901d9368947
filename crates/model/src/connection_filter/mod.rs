//! The filters of the lists of connections: texts, times and a window, by a table of fields for each list.

mod app_connections;
mod builder;
mod fields;
#[cfg(test)]
mod tests;
mod user_connections;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::ser::{Serialize, SerializeMap, Serializer};

pub use app_connections::{AppConnectionFilter, AppConnectionFilterBuilder, AppConnections};
pub use builder::ConnectionFilterBuilder;
pub use fields::{ConnectionField, ConnectionList};
pub use user_connections::{UserConnectionFilter, UserConnectionFilterBuilder, UserConnections};

use crate::filter::rules;
use crate::timestamp::written_timestamp;
use crate::{ServiceRules, SessionOperation, Violations, Window};
use fields::FieldRule;

/// Which connections to export.
///
/// A filter exists only if it passed every rule; it is built by [`ConnectionFilter::builder`]. It serialises to the body
/// of the published definition: only the fields that are set, in the definition's order. The empty filter `{}` means
/// every connection of about the last month.
///
/// Times go out in UTC with a `Z`, as the definition's samples write them: `2022-10-31T08:07:39Z`. A fraction, which the
/// definition's format (`date-time`) allows and its samples do not have, is written only where there is one, to the
/// millisecond.
///
/// A clone shares the fields.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectionFilter<L> {
    fields: Arc<Fields>,
    list: PhantomData<L>,
}

#[derive(PartialEq, Eq)]
struct Fields {
    /// In the order of the list's table.
    values: Box<[Option<Value>]>,
    window: Option<Window>,
    service_rules: ServiceRules,
}

#[derive(PartialEq, Eq)]
enum Value {
    Text(Box<str>),
    Time(DateTime<Utc>),
}

impl<L: ConnectionList> ConnectionFilter<L> {
    /// Starts with a filter that selects everything.
    pub fn builder() -> ConnectionFilterBuilder<L> {
        ConnectionFilterBuilder::default()
    }

    /// The span of times at which a connection was made.
    pub fn window(&self) -> Option<Window> {
        self.fields.window
    }

    /// Whether the service's rules were checked.
    pub fn service_rules(&self) -> ServiceRules {
        self.fields.service_rules
    }

    /// What is filtered by, as it goes over the wire, by a field's name there: `user_name`. None for a field that is not
    /// set, and for a name that no field has.
    pub fn get(&self, name: &str) -> Option<String> {
        self.pairs()
            .find(|(field, _)| *field == name)
            .map(|(_, text)| text)
    }

    /// The fields that are set, by their name on the wire and in the definition's order.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, String)> {
        L::FIELDS
            .iter()
            .zip(&self.fields.values)
            .filter_map(|(field, value)| {
                let time = match (field.rule, value) {
                    (_, Some(Value::Text(text))) => return Some((field.name, text.to_string())),
                    (_, Some(Value::Time(time))) => *time,
                    (FieldRule::Begin, None) => self.window()?.begin(),
                    (FieldRule::End, None) => self.window()?.end(),
                    (FieldRule::Text(_) | FieldRule::Time, None) => return None,
                };
                Some((field.name, wire_time(time)))
            })
    }

    /// Checks the rules that belong to an export. The client calls it before it sends.
    ///
    /// # Errors
    ///
    /// [`Violations`] when the window is longer than 30 days, unless the filter was built with
    /// [`ServiceRules::LetThrough`].
    pub fn check(&self) -> Result<(), Violations> {
        if self.service_rules() == ServiceRules::LetThrough {
            return Ok(());
        }
        let mut found = Vec::new();
        let fields = fields::window_of::<L>();
        rules::check_window(&fields, SessionOperation::Export, self.window(), &mut found);
        Violations::check(found)
    }
}

/// Whole seconds, as the samples have them; a fraction only where there is one.
fn wire_time(time: DateTime<Utc>) -> String {
    let written = written_timestamp(time);
    match written.as_str().strip_suffix(".000Z") {
        Some(seconds) => format!("{seconds}Z"),
        None => written.as_str().to_owned(),
    }
}

impl<L: ConnectionList> Serialize for ConnectionFilter<L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, text) in self.pairs() {
            map.serialize_entry(name, &text)?;
        }
        map.end()
    }
}

impl<L: ConnectionList> fmt::Debug for ConnectionFilter<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.pairs())
            .entry(&"service_rules", &self.service_rules())
            .finish()
    }
}
