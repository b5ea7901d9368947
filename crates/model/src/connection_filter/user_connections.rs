//! User connections: who logged in to which server. Published definition `ListUserConnectionReq`, the body of
//! `ExportUserConnection`.

use super::fields::connection_list;
use super::{ConnectionFilter, ConnectionFilterBuilder};

/// The list of user connections: who logged in to which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserConnections;

/// Which user connections to export.
///
/// ```
/// use session_export_model::UserConnectionFilter;
///
/// let filter = UserConnectionFilter::builder().user_name("user005").connect_type("2").build()?;
/// assert_eq!(
///     serde_json::to_string(&filter).unwrap(),
///     r#"{"connect_type":"2","user_name":"user005"}"#
/// );
/// # Ok::<(), session_export_model::Violations>(())
/// ```
pub type UserConnectionFilter = ConnectionFilter<UserConnections>;

/// Collects the parts of a [`UserConnectionFilter`].
pub type UserConnectionFilterBuilder = ConnectionFilterBuilder<UserConnections>;

connection_list! {
    UserConnections, UserConnections:
    id: Text(64), "with this id";
    connect_type: Text(32), "of this type: 1 is a shared desktop, 2 an application";
    user_name: Text(255), "of the user with this name";
    machine_sid: Text(128), "to the server with this SID";
    machine_name: Text(255), "to the server with this name";
    failed_reason: Text(255), "that failed for this reason";
    failed_code: Text(255), "that failed with this code";
    client_name: Text(255), "from the client with this name";
    client_version: Text(255), "from clients of this version";
    client_type: Text(255), "from clients with this operating system";
    agent_version: Text(50), "to servers whose agent has this version";
    vm_ip: Text(50), "to the server with this address";
    connect_flag: Text(50), "with this flag; the service knows 0 today";
    wi_ip: Text(50), "through this address";
    public_ip: Text(50), "whose client reached the internet from this address";
    update_time: Time, "with this time of their last update";
    tenant_id: Text(255), "of this tenant";
    login_start_time: Begin, "made at this moment or later";
    login_end_time: End, "made at this moment or earlier";
    virtual_ip: Text(50), "whose session has this virtual address";
}
