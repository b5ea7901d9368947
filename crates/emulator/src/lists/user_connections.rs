//! User connections: a row for each session.

use super::ColumnFilter::{Moment, Whole};
use super::{Column, Facts};
use crate::faults::FaultOperation;
use crate::permissions::Permission;

pub(super) const USER_CONNECTIONS: Facts = Facts {
    name: "user_connections",
    chinese_name: "用户登录记录",
    permission: Permission::ExportUserConnections,
    operation: FaultOperation::ExportUserConnections,
    begin: "login_start_time",
    end: "login_end_time",
    columns: Some(COLUMNS),
    needs: None,
};

/// The fields of `UserConnectionInfo` in the order of the published definition, with the bounds of
/// `ListUserConnectionReq`.
const COLUMNS: &[Column] = &[
    Column::field("id", "id").filtered(Whole(64)),
    Column::field("connect_type", "session_type").filtered(Whole(32)),
    Column::field("user_name", "login_user").filtered(Whole(255)),
    Column::field("desktop_group_name", "app_server_group_name"),
    Column::field("pre_conn_time", "pre_conn_time"),
    Column::field("start_time", "start_time"),
    Column::field("end_time", "end_time"),
    Column::field("machine_sid", "machine_sid").filtered(Whole(128)),
    Column::field("machine_name", "machine_name").filtered(Whole(255)),
    Column::field("failed_reason", "failed_reason").filtered(Whole(255)),
    Column::field("failed_code", "failed_code").filtered(Whole(255)),
    Column::field("client_mac", "client_mac"),
    Column::field("client_name", "client_name").filtered(Whole(255)),
    Column::field("client_ip", "client_ip"),
    Column::field("client_version", "client_version").filtered(Whole(255)),
    Column::field("client_type", "client_type").filtered(Whole(255)),
    Column::field("agent_version", "agent_version").filtered(Whole(50)),
    Column::field("vm_ip", "vm_ip").filtered(Whole(50)),
    Column::fixed("connect_flag", "0").filtered(Whole(50)),
    Column::field("wi_ip", "vm_ip").filtered(Whole(50)),
    Column::field("update_time", "last_update_status_time").filtered(Moment),
    Column::field("tenant_id", "tenant_id").filtered(Whole(255)),
    Column::absent("virtual_ip").filtered(Whole(50)),
    Column::field("public_ip", "public_ip").filtered(Whole(50)),
];
