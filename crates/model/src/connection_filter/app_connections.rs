//! App connections: who used which application. Published definition `ListAppConnectionReq`, the body of
//! `ExportAppConnection`.

use super::fields::connection_list;
use super::{ConnectionFilter, ConnectionFilterBuilder};

/// The list of app connections: who used which application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppConnections;

/// Which app connections to export.
///
/// ```
/// use session_export_model::AppConnectionFilter;
///
/// let filter = AppConnectionFilter::builder()
///     .app_name("Word")
///     .begin("2022-10-31T08:07:39Z")
///     .end("2022-11-07T08:07:39Z")
///     .build()?;
/// assert_eq!(
///     serde_json::to_string(&filter).unwrap(),
///     r#"{"app_name":"Word","brokering_start_time":"2022-10-31T08:07:39Z","brokering_end_time":"2022-11-07T08:07:39Z"}"#
/// );
/// # Ok::<(), session_export_model::Violations>(())
/// ```
pub type AppConnectionFilter = ConnectionFilter<AppConnections>;

/// Collects the parts of an [`AppConnectionFilter`].
pub type AppConnectionFilterBuilder = ConnectionFilterBuilder<AppConnections>;

connection_list! {
    AppConnections, AppConnections:
    id: Text(64), "with this id";
    sid: Text(128), "to the server with this SID";
    machine_name: Text(1024), "to the server with this name";
    user_name: Text(1024), "of users whose name has this in it";
    app_group_name: Text(1024), "to applications of the group with this name";
    app_group_id: Text(64), "to applications of the group with this id";
    app_name: Text(1024), "to applications whose name has this in it";
    failed_code: Text(255), "that failed with this code";
    connection_failure_reason: Text(1024), "that failed for this reason";
    client_name: Text(1024), "from the client with this name";
    client_version: Text(50), "from clients of this version";
    client_type: Text(255), "from clients with this operating system";
    agent_version: Text(50), "to servers whose agent has this version";
    vm_ip: Text(50), "to the server with this address";
    wi_ip: Text(50), "through this address";
    public_ip: Text(50), "whose client reached the internet from this address";
    tenant_id: Text(255), "of this tenant";
    brokering_start_time: Begin, "made at this moment or later";
    brokering_end_time: End, "made at this moment or earlier";
    virtual_ip: Text(50), "whose session has this virtual address";
}
