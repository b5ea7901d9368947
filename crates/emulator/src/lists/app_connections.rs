//! App connections: a row for each session with an application.

use super::ColumnFilter::{Part, Whole};
use super::{Column, Facts, index};
use crate::faults::FaultOperation;
use crate::permissions::Permission;

pub(super) const APP_CONNECTIONS: Facts = Facts {
    name: "app_connections",
    chinese_name: "应用使用记录",
    permission: Permission::ExportAppConnections,
    operation: FaultOperation::ExportAppConnections,
    begin: "brokering_start_time",
    end: "brokering_end_time",
    columns: Some(COLUMNS),
    needs: Some(index("app_name")),
};

/// The fields of `AppConnectionInfo` in the order of the published definition, with the bounds of
/// `ListAppConnectionReq`.
const COLUMNS: &[Column] = &[
    Column::field("id", "id").filtered(Whole(64)),
    Column::field("sid", "machine_sid").filtered(Whole(128)),
    Column::absent("app_id"),
    Column::field("machine_name", "machine_name").filtered(Whole(1024)),
    Column::field("user_name", "login_user").filtered(Part(1024)),
    Column::field("app_group_name", "app_server_group_name").filtered(Whole(1024)),
    Column::field("app_group_id", "app_server_group_id").filtered(Whole(64)),
    Column::field("app_name", "app_name").filtered(Part(1024)),
    Column::field("brokering_time", "start_time"),
    Column::field("failed_code", "failed_code").filtered(Whole(255)),
    Column::field("connection_failure_reason", "failed_reason").filtered(Whole(1024)),
    Column::field("client_mac", "client_mac"),
    Column::field("client_name", "client_name").filtered(Whole(1024)),
    Column::field("client_ip", "client_ip"),
    Column::field("client_version", "client_version").filtered(Whole(50)),
    Column::field("client_type", "client_type").filtered(Whole(255)),
    Column::field("agent_version", "agent_version").filtered(Whole(50)),
    Column::field("vm_ip", "vm_ip").filtered(Whole(50)),
    Column::field("wi_ip", "vm_ip").filtered(Whole(50)),
    Column::field("tenant_id", "tenant_id").filtered(Whole(255)),
    Column::absent("virtual_ip").filtered(Whole(50)),
    Column::field("public_ip", "public_ip").filtered(Whole(50)),
    Column::field("transaction_id", "session_stamp"),
    Column::field("end_time", "end_time"),
    Column::absent("aps_instance_id"),
    Column::field("aps_instance_name", "machine_name"),
    Column::absent("aps_host_id"),
    Column::field("primary_server_group_id", "primary_server_group_id"),
    Column::field("secondary_server_group_id", "secondary_server_group_id"),
];
