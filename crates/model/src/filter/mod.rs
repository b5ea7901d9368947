//! Which sessions: the nine filters of the API page, checked as a whole.

mod builder;
mod input;
mod rules;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Serialize, Serializer};

pub use builder::SessionFilterBuilder;
pub use input::{AddressFilter, TimeInput};

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFilter {
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
        self.user_name.as_deref()
    }

    /// The span of session start times.
    pub fn window(&self) -> Option<Window> {
        self.window
    }

    /// The app server group's id.
    pub fn app_server_group_id(&self) -> Option<&str> {
        self.app_server_group_id.as_deref()
    }

    /// The server's address.
    pub fn vm_ip(&self) -> Option<&AddressFilter> {
        self.vm_ip.as_ref()
    }

    /// The address from which the client reached the internet.
    pub fn public_ip(&self) -> Option<&AddressFilter> {
        self.public_ip.as_ref()
    }

    /// The server's name.
    pub fn machine_name(&self) -> Option<&str> {
        self.machine_name.as_deref()
    }

    /// The states, each once; none means every state.
    pub fn states(&self) -> &[SessionState] {
        &self.states
    }

    /// Only sessions that were, or were not, created successfully.
    pub fn created_successfully(&self) -> Option<bool> {
        self.created_successfully
    }

    /// Whether the service's rules were checked.
    pub fn service_rules(&self) -> ServiceRules {
        self.service_rules
    }

    /// Checks the rules that belong to `operation`. The client calls it before it sends.
    ///
    /// # Errors
    ///
    /// [`Violations`] when the window is missing or too long for the operation, unless the filter was built with
    /// [`ServiceRules::LetThrough`].
    pub fn check(&self, operation: SessionOperation) -> Result<(), Violations> {
        if self.service_rules == ServiceRules::LetThrough {
            return Ok(());
        }
        let mut found = Vec::new();
        rules::check_window(operation, self.window, &mut found);
        Violations::check(found)
    }

    /// The fields that are set, by their name on the wire and in the page's order: the body of an export, or the query
    /// of a list.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, Cow<'_, str>)> {
        let states = match self.states.as_slice() {
            [] => None,
            [one] => Some(Cow::Borrowed(one.as_str())),
            many => Some(Cow::Owned(rules::joined(many))),
        };
        [
            ("user_name", self.user_name().map(Cow::Borrowed)),
            (
                "query_begin_time",
                self.window.map(|window| format_timestamp(window.begin).into()),
            ),
            (
                "query_end_time",
                self.window.map(|window| format_timestamp(window.end).into()),
            ),
            (
                "app_server_group_id",
                self.app_server_group_id().map(Cow::Borrowed),
            ),
            ("vm_ip", self.vm_ip.as_ref().map(AddressFilter::to_text)),
            ("public_ip", self.public_ip.as_ref().map(AddressFilter::to_text)),
            ("machine_name", self.machine_name().map(Cow::Borrowed)),
            ("session_state", states),
            (
                "is_success",
                self.created_successfully
                    .map(|flag| if flag { "true" } else { "false" }.into()),
            ),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, value)))
    }
}

impl Serialize for SessionFilter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.pairs())
    }
}
