//! A row of the user session list.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;
use crate::{SessionState, parse_timestamp};

open_enum!(
    /// What a session is of (`session_type`); the service writes a digit, as text.
    SessionType {
        /// A shared desktop.
        SharedDesktop = "1",
        /// A streamed application.
        Application = "2",
    }
);

/// A time as the service wrote it.
///
/// The text is kept because the service's forms vary (whole seconds, milliseconds, a blank instead of `T`) and because
/// a row must not be lost over one odd time. [`instant`](Self::instant) reads it.
///
/// ```
/// use session_export_model::ServiceTime;
///
/// let never = ServiceTime::from("0001-01-01 00:00:00");
/// assert_eq!(never.instant(), None);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceTime(Box<str>);

impl ServiceTime {
    /// The text as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The moment, unless the text is not a time or is the service's sign for *never*, `0001-01-01 00:00:00`.
    pub fn instant(&self) -> Option<DateTime<Utc>> {
        if self.0.starts_with("0001-01-01") {
            return None;
        }
        parse_timestamp(&self.0).ok()
    }
}

impl From<&str> for ServiceTime {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for ServiceTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ServiceTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// One user session, as `ListSessions` answers: 30 fields, of which the service may leave out any.
///
/// Names and types follow the published definition of `SessionInfo`. An open session has no
/// [`end_time`](Self::end_time).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionInfo {
    /// The session's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The session's stamp, in the samples `<machine_sid>-<login_user>-HDP-<n>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_stamp: Option<String>,
    /// The session's id in the operating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_session_id: Option<String>,
    /// The protocol, in the samples `HDP` or `Hdp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol_type: Option<String>,
    /// The user who logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_user: Option<String>,
    /// Shared desktop or application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_type: Option<SessionType>,
    /// The app server group's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_server_group_id: Option<String>,
    /// The app server group's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_server_group_name: Option<String>,
    /// When the connection was prepared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_conn_time: Option<ServiceTime>,
    /// When the session started; the time that a window filters on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<ServiceTime>,
    /// When the session ended; absent while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<ServiceTime>,
    /// How long the state has lasted; the unit is not documented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_continue_time: Option<String>,
    /// The server's SID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_sid: Option<String>,
    /// The server's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_name: Option<String>,
    /// The session's state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_state: Option<SessionState>,
    /// The application's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_name: Option<String>,
    /// The client's MAC address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_mac: Option<String>,
    /// The client's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// The client's own address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_ip: Option<String>,
    /// The address from which the client reached the internet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_ip: Option<String>,
    /// The client's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_version: Option<String>,
    /// The client's kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_type: Option<String>,
    /// The agent's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<String>,
    /// The server's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vm_ip: Option<String>,
    /// Why the session failed; in some samples `success`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_reason: Option<String>,
    /// The failure's code; `WKS.00000000` means success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_code: Option<String>,
    /// When the state last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_update_status_time: Option<ServiceTime>,
    /// The tenant's id; in the samples the project's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// The primary server group's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_server_group_id: Option<String>,
    /// The secondary server group's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secondary_server_group_id: Option<String>,
}

/// One page of `ListSessions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionList {
    /// How many sessions match in all; the definition says only *total*.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// The sessions of this page.
    pub items: Vec<SessionInfo>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The row of the definition's response example, its ids made up.
    const ROW: &str = r#"{"id":"7d5d1b0a0f6f4d0a9e2b1c3d4e5f6a7b","session_stamp":"S-1-5-21-1-user005-HDP-2",
        "os_session_id":"2","protocol_type":"HDP","login_user":"user005","session_type":"2",
        "app_server_group_id":"e75fef51-bbb7-489c-b4bd-63e0587faa41","start_time":"2024-03-13T03:12:47Z",
        "pre_conn_time":"2022-03-07T10:40:43.858Z","machine_name":"APS-测试","session_state":"AppcInit",
        "failed_reason":"success","failed_code":"","tenant_id":"a4da8115c9d8464ead3a38309130523f"}"#;

    #[test]
    fn a_row_keeps_what_it_has_and_invents_nothing() {
        let row: SessionInfo = serde_json::from_str(ROW).unwrap();
        assert_eq!(row.session_state, Some(SessionState::AppcInit));
        assert_eq!(row.session_type, Some(SessionType::Application));
        assert_eq!(row.end_time, None);
        assert_eq!(
            row.start_time.as_ref().unwrap().instant(),
            parse_timestamp("2024-03-13T03:12:47Z").ok()
        );
        let back = serde_json::to_value(&row).unwrap();
        assert_eq!(back, serde_json::from_str::<serde_json::Value>(ROW).unwrap());
    }

    #[test]
    fn there_are_thirty_fields() {
        let mut row = serde_json::Map::new();
        for name in "id session_stamp os_session_id protocol_type login_user session_type app_server_group_id \
            app_server_group_name pre_conn_time start_time end_time status_continue_time machine_sid machine_name \
            session_state app_name client_mac client_name client_ip public_ip client_version client_type \
            agent_version vm_ip failed_reason failed_code last_update_status_time tenant_id \
            primary_server_group_id secondary_server_group_id"
            .split_whitespace()
        {
            row.insert(name.to_owned(), "x".into());
        }
        assert_eq!(row.len(), 30);
        let decoded: SessionInfo = serde_json::from_value(row.clone().into()).unwrap();
        assert_eq!(
            serde_json::to_value(decoded).unwrap(),
            serde_json::Value::from(row)
        );
    }

    #[test]
    fn an_odd_time_does_not_lose_the_row() {
        let row: SessionInfo = serde_json::from_str(r#"{"end_time":"","start_time":"yesterday"}"#).unwrap();
        assert_eq!(row.start_time.unwrap().instant(), None);
        assert_eq!(row.end_time.unwrap().as_str(), "");
    }

    #[test]
    fn a_list_without_its_fields_is_empty() {
        let list: SessionList = serde_json::from_str("{}").unwrap();
        assert_eq!((list.count, list.items.len()), (None, 0));
    }
}
