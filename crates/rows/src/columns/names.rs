//! Known names besides those of the API: none of them is documented as a header of an export.

use crate::Field;

/// What fields are called, in English and in Chinese.
pub(super) const NAMES: &[(Field, &[&str])] = &[
    (Field::Id, &["Session ID", "会话ID", "会话编号"]),
    (Field::SessionStamp, &["会话标识", "会话戳"]),
    (
        Field::OsSessionId,
        &["OS session", "系统会话ID", "操作系统会话ID"],
    ),
    (Field::ProtocolType, &["Protocol", "协议", "协议类型"]),
    (
        Field::LoginUser,
        &[
            "user_name",
            "User",
            "Login name",
            "用户",
            "用户名",
            "用户名称",
            "登录用户",
            "登录用户名",
        ],
    ),
    (Field::SessionType, &["Type of session", "会话类型"]),
    (
        Field::AppServerGroupId,
        &[
            "Server group ID",
            "APS server group ID",
            "服务器组ID",
            "应用服务器组ID",
        ],
    ),
    (
        Field::AppServerGroupName,
        &[
            "Server group",
            "Server group name",
            "App server group",
            "APS server group name",
            "服务器组",
            "服务器组名称",
            "应用服务器组",
            "应用服务器组名称",
        ],
    ),
    (
        Field::PreConnTime,
        &["Pre-connection time", "Preconnection time", "预连接时间"],
    ),
    (
        Field::StartTime,
        &[
            "Started",
            "Session start time",
            "Login time",
            "开始时间",
            "会话开始时间",
            "登录时间",
        ],
    ),
    (
        Field::EndTime,
        &[
            "Ended",
            "Session end time",
            "Logout time",
            "Logoff time",
            "结束时间",
            "会话结束时间",
            "注销时间",
        ],
    ),
    (
        Field::StatusContinueTime,
        &[
            "Status duration",
            "State duration",
            "状态持续时间",
            "会话状态持续时间",
        ],
    ),
    (Field::MachineSid, &["Server SID", "机器SID", "服务器SID"]),
    (
        Field::MachineName,
        &[
            "Machine",
            "Server name",
            "机器名",
            "机器名称",
            "服务器名称",
            "应用服务器名称",
        ],
    ),
    (
        Field::SessionState,
        &["State", "Status", "Session status", "状态", "会话状态"],
    ),
    (
        Field::AppName,
        &["Application", "Application name", "应用", "应用名", "应用名称"],
    ),
    (
        Field::ClientMac,
        &["Client MAC address", "客户端MAC", "客户端MAC地址"],
    ),
    (Field::ClientName, &["Client", "客户端", "客户端名", "客户端名称"]),
    (
        Field::ClientIp,
        &["Client IP address", "客户端IP", "客户端IP地址"],
    ),
    (
        Field::PublicIp,
        &[
            "Public IP address",
            "Egress IP",
            "Client egress IP",
            "公网IP",
            "公网IP地址",
            "出口IP",
            "客户端出口IP",
        ],
    ),
    (Field::ClientVersion, &["客户端版本", "客户端版本号"]),
    (Field::ClientType, &["客户端类型"]),
    (Field::AgentVersion, &["Agent版本", "Agent版本号", "代理版本"]),
    (
        Field::VmIp,
        &[
            "Server IP",
            "Server IP address",
            "VM IP address",
            "服务器IP",
            "服务器IP地址",
            "虚拟机IP",
        ],
    ),
    (
        Field::FailedReason,
        &["Failure reason", "Reason of failure", "失败原因"],
    ),
    (
        Field::FailedCode,
        &["Failure code", "Error code", "失败码", "失败错误码", "错误码"],
    ),
    (
        Field::LastUpdateStatusTime,
        &[
            "Last update time",
            "Last status update",
            "Updated",
            "状态更新时间",
            "最后更新时间",
            "最近更新时间",
        ],
    ),
    (Field::TenantId, &["Tenant", "Project ID", "租户ID", "项目ID"]),
    (Field::PrimaryServerGroupId, &["主服务器组ID", "首选服务器组ID"]),
    (Field::SecondaryServerGroupId, &["备服务器组ID", "备选服务器组ID"]),
];
