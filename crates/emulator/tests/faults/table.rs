//! The table of the guide: every fault happens once at a socket, and the guide says what came.

use std::fmt::Write;
use std::time::Duration;

use serde_json::json;
use session_export_emulator::{FaultOperation, FaultScript};

use crate::socket::{After, Came};
use crate::stage::Stage;

/// The shortest delay in the table that is told apart from none, with what a busy machine adds in mind.
const LATE: Duration = Duration::from_millis(900);

use FaultOperation::{
    CreateToken, DeleteExportTasks, DownloadExportFile, ExportSessions, ListExportTasks, ListSessions,
    Metadata,
};

/// Each fault as a script has it, and the operation that it is shown with.
const SHOWN: &[(FaultOperation, &str)] = &[
    (ExportSessions, r#"{"delay": {"before_head_ms": 1000}}"#),
    (ListSessions, r#"{"delay": {"before_body_ms": 1000}}"#),
    (
        ListSessions,
        r#"{"trickle": {"chunk_bytes": 400, "every_ms": 120}}"#,
    ),
    (ListSessions, r#"{"status": {"status": 500}}"#),
    (
        ListExportTasks,
        r#"{"status": {"status": 503, "body": "down", "content_type": "text/plain"}}"#,
    ),
    (
        DownloadExportFile,
        r#"{"status": {"status": 302, "headers": {"location": "http://localhost:9/"}}}"#,
    ),
    (ExportSessions, r#"{"throttled": {}}"#),
    (
        ExportSessions,
        r#"{"throttled": {"retry_after": {"seconds": 7}, "limit": 3, "window": 2, "unit": "second"}}"#,
    ),
    (CreateToken, r#"{"throttled": {"retry_after": {"date": 7}}}"#),
    (ExportSessions, r#"{"unavailable": {}}"#),
    (
        ListExportTasks,
        r#"{"unavailable": {"retry_after": {"seconds": 1}}}"#,
    ),
    (ExportSessions, r#"{"html_page": {"status": 200}}"#),
    (ExportSessions, r#"{"html_page": {"status": 502}}"#),
    (
        ExportSessions,
        r#"{"error_in_200": {"code": "WKS.00010109", "message": "No."}}"#,
    ),
    (ExportSessions, r#"{"reset": {"at": "before_head"}}"#),
    (
        ExportSessions,
        r#"{"reset": {"at": "before_head"}}, "carried_out": false"#,
    ),
    (ListSessions, r#"{"reset": {"at": "in_head"}}"#),
    (ListSessions, r#"{"reset": {"at": "after_head"}}"#),
    (DownloadExportFile, r#"{"reset": {"at": {"in_body": 1000}}}"#),
    (ExportSessions, r#"{"close": {"at": "before_head"}}"#),
    (
        ExportSessions,
        r#"{"close": {"at": "before_head"}}, "carried_out": false"#,
    ),
    (ListSessions, r#"{"close": {"at": "in_head"}}"#),
    (ListSessions, r#"{"close": {"at": "after_head"}}"#),
    (DownloadExportFile, r#"{"close": {"at": {"in_body": 1000}}}"#),
    (DeleteExportTasks, r#"{"close": {"at": {"in_body": 1000}}}"#),
    (ExportSessions, r#"{"garbage": {}}"#),
    (Metadata, r#"{"garbage": {"text": "* OK IMAP4rev1\r\n"}}"#),
    (DownloadExportFile, r#"{"truncate": {"missing_bytes": 10}}"#),
    (DeleteExportTasks, r#"{"truncate": {"missing_bytes": 10}}"#),
    (DownloadExportFile, r#"{"shorten": {"missing_bytes": 10}}"#),
    (DownloadExportFile, r#"{"corrupt": {"at": 100, "count": 2}}"#),
    (ListSessions, r#"{"content_type": {"value": "text/plain"}}"#),
    (ExportSessions, r#"{"task_id": {"says": "missing"}}"#),
    (ExportSessions, r#"{"task_id": {"says": "empty"}}"#),
    (ExportSessions, r#"{"task_id": {"says": "number"}}"#),
    (ExportSessions, r#"{"task_id": {"says": "null"}}"#),
    (ExportSessions, r#"{"task_id": {"says": "wrong"}}"#),
    (ExportSessions, r#"{"task": {"fate": "fails"}}"#),
    (ExportSessions, r#"{"task": {"fate": "expires"}}"#),
    (ExportSessions, r#"{"task": {"fate": "hangs"}}"#),
    (ExportSessions, r#"{"task": {"fate": "vanishes"}}"#),
    (ExportSessions, r#"{"task": {"fate": "invisible"}}"#),
    (ExportSessions, r#"{"task": {"fate": "unknown_status"}}"#),
    (ListSessions, r#"{"revoke_tokens": {}}"#),
    (Metadata, r#"{"revoke_keys": {}}"#),
    (ListSessions, r#"{"clock": {"offset_seconds": 3600}}"#),
    (ListSessions, r#"{"clock": {"offset_seconds": 90000}}"#),
];

#[tokio::test]
async fn the_guide_shows_what_a_client_sees_of_each_fault() {
    session_export_pages::compare("emulator-faults.md", "faults", table().await);
}

async fn table() -> String {
    let mut table =
        "| operation | `\"fault\":` | what came | connection | exports created |\n|---|---|---|---|---|\n"
            .to_owned();
    for (operation, fault) in SHOWN {
        table.push_str(&row(*operation, fault).await);
    }
    table
}

/// Lets the fault happen to one call and describes it. The call after it, on the same connection where that is open,
/// is answered as if nothing had been.
async fn row(operation: FaultOperation, fault: &str) -> String {
    let stage = Stage::start(|builder| builder).await;
    let task = stage.submit().await;
    let name = serde_json::to_value(operation).unwrap();
    let name = name.as_str().unwrap();
    let script =
        format!(r#"{{"faults": [{{"operation": "{name}", "calls": {{"nth": 1}}, "fault": {fault}}}]}}"#);
    stage
        .emulator
        .set_faults(FaultScript::from_json(&script).unwrap())
        .unwrap();
    let before = stage.emulator.exports_created();

    let mut socket = stage.socket().await;
    let came = stage.call_on(&mut socket, operation, &task).await;
    let created = stage.emulator.exports_created() - before;
    let mut told = told(&came);
    if fault.contains("\"fate\"") {
        let id = came.json()["task_id"].as_str().unwrap().to_owned();
        write!(told, "; {}", fate(&stage, &id).await).unwrap();
    }
    let connection = match came.after {
        After::Reset => "reset",
        After::Closed => "closed",
        After::Open if fault.contains("revoke_tokens") => "open",
        After::Open => {
            let next = stage.call_on(&mut socket, ListSessions, &task).await;
            assert_eq!(
                (next.status(), next.after),
                (Some(200), After::Open),
                "{fault}: {next:?}"
            );
            "open, and the next call is answered"
        }
    };
    let journal = stage.emulator.journal();
    let entry = &journal.entries()[1];
    assert!(entry.fault().unwrap().ends_with("(faults[0])"), "{entry:?}");
    assert_eq!(entry.status(), came.status(), "{fault}");
    let ending = match came.after {
        After::Open => "answered",
        After::Closed => "closed",
        After::Reset => "reset",
    };
    assert_eq!(entry.ending().unwrap().name(), ending, "{fault}");
    format!("| {name} | `{fault}` | {told} | {connection} | {created} |\n")
}

/// What came, without what differs from run to run.
fn told(came: &Came) -> String {
    if came.bytes.is_empty() {
        return "nothing".to_owned();
    }
    let Some(status) = came.status() else {
        return format!(
            "`{}` ({} bytes)",
            String::from_utf8_lossy(&came.bytes).escape_debug(),
            came.bytes.len()
        );
    };
    let mut told = status.to_string();
    if came.first_byte >= LATE {
        told.push_str(", late");
    }
    for name in ["retry-after", "location"] {
        if let Some(value) = came.header(name) {
            write!(told, ", `{name}: {value}`").unwrap();
        }
    }
    if came.header("date") != Some("Fri, 01 Mar 2024 10:00:00 GMT") {
        write!(told, ", `date: {}`", came.header("date").unwrap()).unwrap();
    }
    let (sent, declared) = (came.body().len(), came.declared().unwrap());
    if sent < declared {
        // The sizes of real bodies change with the data, and nobody should have to look here then.
        match (sent, declared - sent) {
            (0, missing @ ..=10) => write!(told, ", none of the {missing} bytes that it announces"),
            (0, _) => write!(told, ", nothing of its body"),
            (_, missing @ ..=10) => write!(told, ", all but {missing} bytes of its body"),
            _ => write!(told, ", the first {sent} bytes of its body"),
        }
        .unwrap();
        return told;
    }
    if came.first_byte < LATE && came.first_of_body >= LATE {
        told.push_str(", then its body, late");
    } else if came.whole.saturating_sub(came.first_of_body) >= LATE {
        told.push_str(", its body in pieces");
    }
    let body = String::from_utf8_lossy(came.body());
    let kind = came.header("content-type").unwrap_or_default();
    match () {
        () if kind.starts_with("text/html") => told.push_str(", an HTML page"),
        () if kind.starts_with("text/csv") && body.contains('\u{fffd}') => {
            write!(
                told,
                ", the file with {} wrong bytes",
                body.matches('\u{fffd}').count()
            )
            .unwrap();
        }
        () if kind.starts_with("text/csv") => {
            let ends = if body.ends_with("\r\n") {
                "whole"
            } else {
                "without its end"
            };
            write!(told, ", the file {ends}, with the length that fits").unwrap();
        }
        () if sent > 0 && sent <= 200 => write!(told, ", `{}`", masked(&body)).unwrap(),
        () if sent > 0 => write!(told, ", the right body as `{kind}`").unwrap(),
        () => {}
    }
    told
}

/// The text with every id made equal.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_hexdigit()) {
        let end = rest[start..]
            .find(|c: char| !c.is_ascii_hexdigit())
            .map_or(rest.len(), |end| start + end);
        masked.push_str(&rest[..start]);
        masked.push_str(if end - start == 32 {
            "<id>"
        } else {
            &rest[start..end]
        });
        rest = &rest[end..];
    }
    masked.push_str(rest);
    masked
}

/// What the export centre says of a task, and of its file.
async fn fate(stage: &Stage, id: &str) -> String {
    let task = stage.task(id).await;
    let download = stage.call_about(DownloadExportFile, id).await;
    let listed = if task.is_null() {
        json!("not in the list")
    } else {
        task["status"].clone()
    };
    let listed = listed.as_str().unwrap().to_owned();
    let answer = match download.status() {
        Some(200) => "200".to_owned(),
        Some(status) => format!("{status} {}", download.json()["error_code"].as_str().unwrap()),
        None => "nothing".to_owned(),
    };
    format!("the task: {listed}, its download: {answer}")
}
