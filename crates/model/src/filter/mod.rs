//! Which sessions: the nine filters of the API page, checked as a whole.

mod builder;
mod input;
pub(crate) mod rules;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::ser::{Serialize, SerializeMap, Serializer};

pub use builder::SessionFilterBuilder;
pub use input::{AddressFilter, TimeInput};

use crate::timestamp::written_timestamp;
use crate::written::Written;
use crate::{SessionState, Violations, format_timestamp};

/// Which sessions to export or to list.
///
/// A filter exists only if it passed every rule; it is built by [`SessionFilter::builder`]. It serialises to exactly
/// the body of the API page (table 3): its fields in the page's order, times in UTC with three fractional digits and
/// `Z`, and nothing at all for a field that is not set. The empty filter `{}` means every session of about the last
/// month.
///
/// ```
/// use session_export_model::SessionFilter;
///
/// let everything = SessionFilter::builder().build()?;
/// assert_eq!(serde_json::to_string(&everything).unwrap(), "{}");
/// # Ok::<(), session_export_model::Violations>(())
/// ```
///
/// A clone shares the fields.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionFilter {
    fields: Arc<Fields>,
}

#[derive(PartialEq, Eq)]
struct Fields {
    user_name: Option<Box<str>>,
    window: Option<Window>,
    app_server_group_id: Option<Box<str>>,
    vm_ip: Option<AddressFilter>,
    public_ip: Option<AddressFilter>,
    machine_name: Option<Box<str>>,
    states: Vec<SessionState>,
    created_successfully: Option<bool>,
    service_rules: ServiceRules,
}

/// What a filter is for. The rules on its window differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionOperation {
    /// `ExportSessions`: at most 30 days; without a window the service takes about the last month.
    Export,
    /// `ListSessions`: the window is mandatory and has no documented bound.
    List,
}

/// Whether the rules that only the service sets are checked before sending.
///
/// Structural rules are always checked. A third answer to this question would not make sense.
#[allow(clippy::exhaustive_enums)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ServiceRules {
    /// Check them; a violation is an error. The default.
    #[default]
    Enforce,
    /// Send the request and let the service decide: for the day on which it changes a rule.
    LetThrough,
}

/// A span of session start times, both ends given, to the millisecond.
///
/// Whether the service includes its ends is not documented; the definition's own example has begin equal to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    begin: DateTime<Utc>,
    end: DateTime<Utc>,
}

impl Window {
    /// The earliest session start.
    pub fn begin(&self) -> DateTime<Utc> {
        self.begin
    }

    /// The latest session start.
    pub fn end(&self) -> DateTime<Utc> {
        self.end
    }

    /// How long it is; never negative.
    pub fn length(&self) -> TimeDelta {
        self.end - self.begin
    }
}

impl SessionFilter {
    /// Starts with a filter that selects everything.
    pub fn builder() -> SessionFilterBuilder {
        SessionFilterBuilder::default()
    }

    /// The user's name. Whether the service matches it exactly is not documented.
    pub fn user_name(&self) -> Option<&str> {
        self.fields.user_name.as_deref()
    }

    /// The span of session start times.
    pub fn window(&self) -> Option<Window> {
        self.fields.window
    }

    /// The app server group's id.
    pub fn app_server_group_id(&self) -> Option<&str> {
        self.fields.app_server_group_id.as_deref()
    }

    /// The server's address.
    pub fn vm_ip(&self) -> Option<&AddressFilter> {
        self.fields.vm_ip.as_ref()
    }

    /// The address from which the client reached the internet.
    pub fn public_ip(&self) -> Option<&AddressFilter> {
        self.fields.public_ip.as_ref()
    }

    /// The server's name.
    pub fn machine_name(&self) -> Option<&str> {
        self.fields.machine_name.as_deref()
    }

    /// The states, each once; none means every state.
    pub fn states(&self) -> &[SessionState] {
        &self.fields.states
    }

    /// Only sessions that were, or were not, created successfully.
    pub fn created_successfully(&self) -> Option<bool> {
        self.fields.created_successfully
    }

    /// Whether the service's rules were checked.
    pub fn service_rules(&self) -> ServiceRules {
        self.fields.service_rules
    }

    /// Checks the rules that belong to `operation`. The client calls it before it sends.
    ///
    /// # Errors
    ///
    /// [`Violations`] when the window is missing or too long for the operation, unless the filter was built with
    /// [`ServiceRules::LetThrough`].
    pub fn check(&self, operation: SessionOperation) -> Result<(), Violations> {
        if self.service_rules() == ServiceRules::LetThrough {
            return Ok(());
        }
        let mut found = Vec::new();
        rules::check_window(&rules::WINDOW, operation, self.window(), &mut found);
        Violations::check(found)
    }

    /// The fields that are set, by their name on the wire and in the page's order: the body of an export, or the query
    /// of a list.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, Cow<'_, str>)> {
        let joined = match self.states() {
            [] => None,
            [one] => Some(Cow::Borrowed(one.as_str())),
            many => Some(Cow::Owned(rules::joined(many))),
        };
        let time = |time| Cow::Owned(format_timestamp(time));
        [
            ("user_name", self.user_name().map(Cow::Borrowed)),
            ("query_begin_time", self.window().map(|window| time(window.begin))),
            ("query_end_time", self.window().map(|window| time(window.end))),
            (
                "app_server_group_id",
                self.app_server_group_id().map(Cow::Borrowed),
            ),
            ("vm_ip", self.vm_ip().map(AddressFilter::to_text)),
            ("public_ip", self.public_ip().map(AddressFilter::to_text)),
            ("machine_name", self.machine_name().map(Cow::Borrowed)),
            ("session_state", joined),
            ("is_success", self.success_text().map(Cow::Borrowed)),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, value)))
    }

    fn success_text(&self) -> Option<&'static str> {
        self.created_successfully()
            .map(|flag| if flag { "true" } else { "false" })
    }
}

/// The same fields as [`pairs`](SessionFilter::pairs), each written where it goes; a test compares the two.
impl Serialize for SessionFilter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut text = |name: &str, value: Option<&str>| match value {
            Some(value) => map.serialize_entry(name, value),
            None => Ok(()),
        };
        text("user_name", self.user_name())?;
        if let Some(window) = self.window() {
            text("query_begin_time", Some(written_timestamp(window.begin).as_str()))?;
            text("query_end_time", Some(written_timestamp(window.end).as_str()))?;
        }
        text("app_server_group_id", self.app_server_group_id())?;
        for (name, address) in [("vm_ip", self.vm_ip()), ("public_ip", self.public_ip())] {
            match address.map(|address| (address, address.address())) {
                Some((_, Some(address))) => text(name, Some(Written::address(address).as_str()))?,
                Some((verbatim, None)) => text(name, Some(&verbatim.to_text()))?,
                None => {}
            }
        }
        text("machine_name", self.machine_name())?;
        match self.states() {
            [] => {}
            [one] => text("session_state", Some(one.as_str()))?,
            many => text("session_state", Some(&rules::joined(many)))?,
        }
        text("is_success", self.success_text())?;
        map.end()
    }
}

impl fmt::Debug for SessionFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fields {
            user_name,
            window,
            app_server_group_id,
            vm_ip,
            public_ip,
            machine_name,
            states,
            created_successfully,
            service_rules,
        } = &*self.fields;
        f.debug_struct("SessionFilter")
            .field("user_name", user_name)
            .field("window", window)
            .field("app_server_group_id", app_server_group_id)
            .field("vm_ip", vm_ip)
            .field("public_ip", public_ip)
            .field("machine_name", machine_name)
            .field("states", states)
            .field("created_successfully", created_successfully)
            .field("service_rules", service_rules)
            .finish()
    }
}
