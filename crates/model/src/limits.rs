//! Every number that a rule uses, with its source.
//!
//! Lengths count characters, not bytes: they come from JSON schemas. *Page* is the API page *导出用户会话列表*
//! (2025-11-11); *definition* is the published API definition behind API Explorer.

use chrono::TimeDelta;

/// Longest user name. Definition, `ExportSessionsReq.user_name`: 1..64.
pub const USER_NAME: usize = 64;
/// Longest app server group id. Definition, `ExportSessionsReq.app_server_group_id`: 0..64.
pub const APP_SERVER_GROUP_ID: usize = 64;
/// Longest text of a server or client address. Definition, `vm_ip` and `public_ip`: 0..64.
pub const ADDRESS: usize = 64;
/// Longest machine name. Definition, `ExportSessionsReq.machine_name`: 0..128.
pub const MACHINE_NAME: usize = 128;
/// Longest comma-separated list of states. Definition, `ExportSessionsReq.session_state`: 0..256.
pub const SESSION_STATE: usize = 256;
/// Longest project id. Definition, path parameter `project_id`: 1..128.
pub const PROJECT_ID: usize = 128;
/// Longest task id. Definition of `DeleteExportTasks`, items of `task_ids`: 1..64.
pub const TASK_ID: usize = 64;
/// Longest region id. Our own bound; every published id has fewer than 20 characters.
pub const REGION: usize = 64;
/// Most task ids in one batch delete. Definition of `DeleteExportTasks`: 1..200 items.
pub const DELETE_TASKS: usize = 200;
/// Largest page of a list. Definitions of `ListSessions` and `ListExportTasks`, `limit`: 1..100.
pub const PAGE: u32 = 100;
/// Largest offset of a list. Definition of `ListSessions`, `offset`: 0..2147483647.
pub const OFFSET: u32 = 2_147_483_647;
/// Longest window of an export: 30 × 24 hours, that length included.
///
/// Page: *只支持导出30天内数据* (only data within 30 days can be exported). Neither the page nor a translation says
/// whether that means the length of the window or the age of the data, nor whether the boundary is included. The
/// length is checked here; the age is left to the service, since only its clock counts.
pub const EXPORT_WINDOW: TimeDelta = TimeDelta::days(30);
