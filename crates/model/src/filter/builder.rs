//! Collects a filter's parts without judging them, then judges them all at once.

use serde::Deserialize;

use super::input::AddressValue;
use super::{AddressFilter, ServiceRules, SessionFilter, SessionOperation, TimeInput, rules};
use crate::{SessionState, Violations};

/// Collects the parts of a [`SessionFilter`].
///
/// Setters take text or typed values and never fail; a setter called twice keeps the last value. Only
/// [`build`](Self::build) and [`build_for`](Self::build_for) judge, and report everything at once.
///
/// It also deserialises from the JSON body of an export, which is how a filter is read back:
///
/// ```
/// use session_export_model::SessionFilterBuilder;
///
/// let body = r#"{"session_state":"Active,Disconnected","is_success":"true"}"#;
/// let filter = serde_json::from_str::<SessionFilterBuilder>(body)?.build()?;
/// assert_eq!(serde_json::to_string(&filter)?, body);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(from = "WireFilter")]
#[must_use]
pub struct SessionFilterBuilder {
    pub(super) user_name: Option<String>,
    pub(super) begin: Option<TimeInput>,
    pub(super) end: Option<TimeInput>,
    pub(super) app_server_group_id: Option<String>,
    pub(super) vm_ip: Option<AddressFilter>,
    pub(super) public_ip: Option<AddressFilter>,
    pub(super) machine_name: Option<String>,
    pub(super) states: Vec<SessionState>,
    pub(super) created_successfully: Option<Flag>,
    pub(super) service_rules: ServiceRules,
}

#[derive(Clone, Debug)]
pub(super) enum Flag {
    Value(bool),
    Text(String),
}

impl SessionFilterBuilder {
    /// Only sessions of this user: 1 to 64 characters.
    pub fn user_name(mut self, name: impl Into<String>) -> Self {
        self.user_name = Some(name.into());
        self
    }

    /// Only sessions that started at this moment or later. Needs an end.
    ///
    /// A text is read by [`parse_timestamp`](crate::parse_timestamp); digits beyond the millisecond are cut off.
    pub fn begin(mut self, time: impl Into<TimeInput>) -> Self {
        self.begin = Some(time.into());
        self
    }

    /// Only sessions that started at this moment or earlier. Needs a begin.
    ///
    /// A text is read by [`parse_timestamp`](crate::parse_timestamp); digits beyond the millisecond are cut off.
    pub fn end(mut self, time: impl Into<TimeInput>) -> Self {
        self.end = Some(time.into());
        self
    }

    /// Only sessions of this app server group: 1 to 64 characters.
    pub fn app_server_group_id(mut self, id: impl Into<String>) -> Self {
        self.app_server_group_id = Some(id.into());
        self
    }

    /// Only sessions on the server with this address.
    pub fn vm_ip(mut self, address: impl Into<AddressFilter>) -> Self {
        self.vm_ip = Some(address.into());
        self
    }

    /// Only sessions whose client reached the internet from this address.
    pub fn public_ip(mut self, address: impl Into<AddressFilter>) -> Self {
        self.public_ip = Some(address.into());
        self
    }

    /// Only sessions on the server with this name: 1 to 128 characters.
    pub fn machine_name(mut self, name: impl Into<String>) -> Self {
        self.machine_name = Some(name.into());
        self
    }

    /// Sessions in this state too. Without any, every state is selected.
    pub fn state(mut self, state: impl Into<SessionState>) -> Self {
        self.states.push(state.into());
        self
    }

    /// Sessions in these states too.
    pub fn states<S: Into<SessionState>>(mut self, states: impl IntoIterator<Item = S>) -> Self {
        self.states.extend(states.into_iter().map(Into::into));
        self
    }

    /// Only sessions that were, or were not, created successfully.
    pub fn created_successfully(mut self, flag: bool) -> Self {
        self.created_successfully = Some(Flag::Value(flag));
        self
    }

    /// Whether to check the rules that only the service sets.
    pub fn service_rules(mut self, rules: ServiceRules) -> Self {
        self.service_rules = rules;
        self
    }

    /// Checks everything for an export.
    ///
    /// # Errors
    ///
    /// [`Violations`] with every rule that is broken.
    pub fn build(self) -> Result<SessionFilter, Violations> {
        self.build_for(SessionOperation::Export)
    }

    /// Checks everything for `operation`.
    ///
    /// # Errors
    ///
    /// [`Violations`] with every rule that is broken.
    pub fn build_for(self, operation: SessionOperation) -> Result<SessionFilter, Violations> {
        rules::judge(self, operation)
    }
}

/// The body of an export as it stands on the wire.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireFilter {
    user_name: Option<String>,
    query_begin_time: Option<String>,
    query_end_time: Option<String>,
    app_server_group_id: Option<String>,
    vm_ip: Option<String>,
    public_ip: Option<String>,
    machine_name: Option<String>,
    session_state: Option<String>,
    is_success: Option<String>,
}

impl From<WireFilter> for SessionFilterBuilder {
    fn from(wire: WireFilter) -> Self {
        // Any text may have been sent on purpose, so none is refused for not being an address.
        let address = |text: String| AddressFilter(AddressValue::Verbatim(text.into_boxed_str()));
        Self {
            user_name: wire.user_name,
            begin: wire.query_begin_time.map(Into::into),
            end: wire.query_end_time.map(Into::into),
            app_server_group_id: wire.app_server_group_id,
            vm_ip: wire.vm_ip.map(address),
            public_ip: wire.public_ip.map(address),
            machine_name: wire.machine_name,
            states: wire
                .session_state
                .iter()
                .flat_map(|list| list.split(','))
                .map(SessionState::from)
                .collect(),
            created_successfully: wire.is_success.map(Flag::Text),
            service_rules: ServiceRules::default(),
        }
    }
}
