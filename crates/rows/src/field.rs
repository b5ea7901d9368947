//! The 30 fields of a session.

use std::fmt;

use session_export_model::{ServiceTime, SessionInfo};

/// What a field's text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Time,
}

macro_rules! fields {
    ($( $(#[$doc:meta])* $variant:ident $name:ident $kind:ident; )*) => {
        /// A field of [`SessionInfo`], in the order of its definition.
        ///
        /// ```
        /// use session_export_rows::Field;
        ///
        /// assert_eq!(Field::LoginUser.name(), "login_user");
        /// assert_eq!(Field::ALL.len(), 30);
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Field { $( $(#[$doc])* $variant, )* }

        impl Field {
            /// All of them, in the order of the definition. Writers use this order.
            pub const ALL: &'static [Self] = &[$( Self::$variant, )*];

            /// The name in the API, which is also its name in every file that this crate writes.
            pub fn name(self) -> &'static str {
                match self { $( Self::$variant => stringify!($name), )* }
            }

            fn kind(self) -> Kind {
                match self { $( Self::$variant => Kind::$kind, )* }
            }

            /// Sets the field of a session.
            pub(crate) fn set_in(self, session: &mut SessionInfo, text: &str) {
                match self { $( Self::$variant => session.$name = Some(text.into()), )* }
            }

            /// The field's text in a session.
            pub(crate) fn of(self, session: &SessionInfo) -> Option<&str> {
                match self { $( Self::$variant => session.$name.as_ref().map(Text::text), )* }
            }
        }
    };
}

fields! {
    /// The session's id.
    Id id Text;
    /// The session's stamp.
    SessionStamp session_stamp Text;
    /// The session's id in the operating system.
    OsSessionId os_session_id Text;
    /// The protocol.
    ProtocolType protocol_type Text;
    /// The user who logged in.
    LoginUser login_user Text;
    /// Shared desktop or application; a digit.
    SessionType session_type Text;
    /// The app server group's id.
    AppServerGroupId app_server_group_id Text;
    /// The app server group's name.
    AppServerGroupName app_server_group_name Text;
    /// When the connection was prepared.
    PreConnTime pre_conn_time Time;
    /// When the session started.
    StartTime start_time Time;
    /// When the session ended; absent while it is open.
    EndTime end_time Time;
    /// How long the state has lasted; the unit is not documented.
    StatusContinueTime status_continue_time Text;
    /// The server's SID.
    MachineSid machine_sid Text;
    /// The server's name.
    MachineName machine_name Text;
    /// The session's state.
    SessionState session_state Text;
    /// The application's name.
    AppName app_name Text;
    /// The client's MAC address.
    ClientMac client_mac Text;
    /// The client's name.
    ClientName client_name Text;
    /// The client's own address.
    ClientIp client_ip Text;
    /// The address from which the client reached the internet.
    PublicIp public_ip Text;
    /// The client's version.
    ClientVersion client_version Text;
    /// The client's kind.
    ClientType client_type Text;
    /// The agent's version.
    AgentVersion agent_version Text;
    /// The server's address.
    VmIp vm_ip Text;
    /// Why the session failed.
    FailedReason failed_reason Text;
    /// The failure's code.
    FailedCode failed_code Text;
    /// When the state last changed.
    LastUpdateStatusTime last_update_status_time Time;
    /// The tenant's id.
    TenantId tenant_id Text;
    /// The primary server group's id.
    PrimaryServerGroupId primary_server_group_id Text;
    /// The secondary server group's id.
    SecondaryServerGroupId secondary_server_group_id Text;
}

impl Field {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::ALL.len();

    /// Whether it holds a moment.
    pub fn is_time(self) -> bool {
        self.kind() == Kind::Time
    }

    /// The field with that name in the API, exactly.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }

    /// Its place in [`ALL`](Self::ALL).
    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The types of a session's fields, as text.
trait Text {
    fn text(&self) -> &str;
}

impl Text for String {
    fn text(&self) -> &str {
        self
    }
}

impl Text for ServiceTime {
    fn text(&self) -> &str {
        self.as_str()
    }
}

impl Text for session_export_model::SessionState {
    fn text(&self) -> &str {
        self.as_str()
    }
}

impl Text for session_export_model::SessionType {
    fn text(&self) -> &str {
        self.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_the_one_of_its_name() {
        for (index, field) in Field::ALL.iter().enumerate() {
            assert_eq!(field.index(), index);
            assert_eq!(Field::named(field.name()), Some(*field));
            let mut session = SessionInfo::default();
            field.set_in(&mut session, "x");
            let json = serde_json::to_value(&session).unwrap();
            assert_eq!(json, serde_json::json!({ field.name(): "x" }));
            assert_eq!(field.of(&session), Some("x"));
        }
        assert_eq!(Field::ALL.iter().filter(|field| field.is_time()).count(), 4);
    }
}
