//! What both sides put on the wire, and what the server answers.

use std::fmt::Write as _;

use session_export::{ProjectId, SessionFilter, SessionOperation, TaskId};

/// The project of the API page's example.
pub const PROJECT: &str = "a4da8115c9d8464ead3a38309130523f";
/// The id of a made-up access key.
pub const ACCESS_KEY: &str = "BENCHACCESSKEY000001";
/// Its secret, as made up as the id.
pub const SECRET_KEY: &str = "bench-secret-key-of-40-characters-000001";
/// A task that is being made.
pub const CREATING: &str = "2b31ed520a5f4d0a9e2b1c3d4e5f6a7b";
/// What the id of a task with a file begins with; the file's size in bytes follows.
pub const READY: &str = "bytes";
/// Rows on a page of the list.
pub const ROWS: usize = 100;
/// A body of 279 bytes, with all nine filters.
pub const SUBMIT: &str = concat!(
    r#"{"user_name":"user005","query_begin_time":"2024-02-27T03:47:51.182Z","#,
    r#""query_end_time":"2024-03-01T11:47:51.000Z","app_server_group_id":"e75fef51bbb748","#,
    r#""vm_ip":"10.0.0.1","public_ip":"203.0.113.9","machine_name":"APS-01","#,
    r#""session_state":"Active,Disconnected","is_success":"true"}"#
);

/// A token as long as those of IAM are.
pub fn token() -> String {
    "MIIgVtoken0".repeat(140)
}

/// The project's id.
pub fn project() -> ProjectId {
    PROJECT.parse().expect("a valid id")
}

/// A task's id.
pub fn task(id: &str) -> TaskId {
    id.parse().expect("a valid id")
}

/// The filter whose JSON is [`SUBMIT`].
pub fn filter(operation: SessionOperation) -> SessionFilter {
    SessionFilter::builder()
        .user_name("user005")
        .begin("2024-02-27T03:47:51.182Z")
        .end("2024-03-01T11:47:51Z")
        .app_server_group_id("e75fef51bbb748")
        .vm_ip("10.0.0.1")
        .public_ip("203.0.113.9")
        .machine_name("APS-01")
        .states(["Active", "Disconnected"])
        .created_successfully(true)
        .build_for(operation)
        .expect("a valid filter")
}

/// The answer to a submit: 46 bytes.
pub fn submitted(number: u64) -> String {
    format!(r#"{{"task_id":"2b31ed520a5f4d0a{number:016x}"}}"#)
}

/// The answer to a poll.
pub fn polled(id: &str, status: &str) -> String {
    format!(
        r#"{{"count":1,"export_tasks":[{{"task_id":"{id}","file_name":"sessions.xlsx","status":"{status}","create_time":"2024-02-28T03:47:51Z","is_download":false}}]}}"#
    )
}

/// The answer to a list: [`ROWS`] rows with the 24 fields that the definition's example has.
pub fn listed() -> String {
    let mut page = format!(r#"{{"count":{ROWS},"items":["#);
    for row in 0..ROWS {
        let comma = if row == 0 { "" } else { "," };
        write!(
            page,
            r#"{comma}{{"id":"7d5d1b0a0f6f4d0a9e2b1c3d4e5f{row:04x}","session_stamp":"S-1-5-21-1004336348-1177238915-user005-HDP-{row}","os_session_id":"{row}","protocol_type":"HDP","login_user":"user005","session_type":"2","app_server_group_id":"e75fef51bbb7489cb4bd63e0587faa41","app_server_group_name":"group-01","pre_conn_time":"2024-02-27T10:40:43.858Z","start_time":"2024-02-27T10:40:47Z","end_time":"2024-02-27T18:12:47Z","status_continue_time":"27120","machine_sid":"S-1-5-21-1004336348-1177238915-682003330","machine_name":"APS-测试-01","session_state":"SignedOut","app_name":"notepad","client_mac":"00:1b:44:11:3a:b7","client_name":"DESKTOP-5F2K","client_ip":"192.168.1.20","public_ip":"203.0.113.9","client_version":"23.5.0","client_type":"windows","vm_ip":"10.0.0.1","failed_reason":"success","failed_code":"WKS.00000000","last_update_status_time":"2024-02-27T18:12:48Z","tenant_id":"{PROJECT}"}}"#
        )
        .expect("a text takes everything");
    }
    page.push_str("]}");
    page
}

#[cfg(test)]
mod tests {
    use session_export_model::{ExportTaskList, SessionList, SubmittedTask};

    use super::*;

    #[test]
    fn the_filter_is_the_body() {
        let body = serde_json::to_string(&filter(SessionOperation::Export)).unwrap();
        assert_eq!(body, SUBMIT);
        assert_eq!((SUBMIT.len(), submitted(1).len()), (279, 46));
    }

    #[test]
    fn the_answers_are_what_the_service_sends() {
        let submitted: SubmittedTask = serde_json::from_str(&submitted(255)).unwrap();
        assert_eq!(submitted.task_id.as_str(), "2b31ed520a5f4d0a00000000000000ff");
        let tasks: ExportTaskList = serde_json::from_str(&polled("a", "CREATING")).unwrap();
        assert_eq!(tasks.export_tasks.len(), 1);
        let page: SessionList = serde_json::from_str(&listed()).unwrap();
        assert_eq!(page.items.len(), ROWS);
        assert_eq!(page.items[99].session_state, Some("SignedOut".into()));
    }
}
