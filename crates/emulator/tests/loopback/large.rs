//! Exports that are too large to be written at once, the directory of their files, and rows of one's own.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use session_export_emulator::{Emulator, EmulatorError, ExportFormat, RowFormat, RowSource};

use crate::rig::{ALL, Rig};

/// More than are written at once.
const MANY: usize = 22_000;

/// Moves the clock behind the delay, and asks until the task is not being created any more.
async fn finished(rig: &Rig, id: &str) -> Value {
    rig.advance(Duration::from_millis(1_500));
    let began = Instant::now();
    loop {
        let task = rig.task(id).await;
        if task["status"] != "CREATING" {
            return task;
        }
        assert!(began.elapsed() < Duration::from_secs(120), "{task}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn many(directory: &Path) -> Rig {
    Rig::start(|builder| {
        let builder = builder.sessions(MANY).days(20).export_dir(directory);
        builder
            .export_format(ExportFormat::Csv)
            .retention(Duration::from_secs(3_600))
    })
    .await
}

fn files(directory: &Path) -> usize {
    fs::read_dir(directory).unwrap().count()
}

/// Files go in threads of their own, so a moment later.
async fn is_empty(directory: &Path) -> bool {
    for _ in 0..500 {
        if files(directory) == 0 {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_export_is_created_until_its_file_is_whole() {
    let directory = tempfile::tempdir().unwrap();
    let rig = many(directory.path()).await;
    let id = rig.submit(&json!({})).await;
    // It comes without anybody asking, and does not show before the delay is over.
    let began = Instant::now();
    while files(directory.path()) == 0 {
        assert!(began.elapsed() < Duration::from_secs(60));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(rig.task(&id).await["status"], "CREATING");
    let task = finished(&rig, &id).await;
    assert_eq!(task["status"], "SUCCESS");
    assert!(task["end_time"].as_str().unwrap() >= "2024-03-01T10:00:01.500Z");
    let reply = rig.download(&id).await;
    let lines = reply.body.split(|byte| *byte == b'\n').count() - 1;
    assert_eq!(lines, MANY + 1);
    assert!(reply.body.windows(2).any(|pair| pair == b"\r\n"));
    let listed = rig.list(&format!("limit=1&{ALL}")).await.json();
    assert_eq!(listed["count"], MANY);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_go_when_their_task_is_deleted_or_expires_and_when_the_emulator_stops() {
    let directory = tempfile::tempdir().unwrap();
    let rig = many(directory.path()).await;
    let id = rig.submit(&json!({})).await;
    assert_eq!(finished(&rig, &id).await["status"], "SUCCESS");
    assert_eq!(files(directory.path()), 1);
    rig.advance(Duration::from_secs(3_601));
    assert_eq!(rig.task(&id).await["status"], "EXPIRED");
    assert!(is_empty(directory.path()).await);
    assert_eq!(rig.download(&id).await.error(), (400, "WKS.00010032".to_owned()));

    let id = rig.submit(&json!({})).await;
    assert_eq!(finished(&rig, &id).await["status"], "SUCCESS");
    // One that is deleted while it is written, or waits, leaves nothing either.
    let other = rig.submit(&json!({})).await;
    let body = json!({ "task_ids": [id, other] }).to_string();
    let target = format!("{}/batch-delete", rig.tasks_path());
    assert_eq!(rig.post(&target, body.as_bytes()).await.status, 200);
    assert!(is_empty(directory.path()).await);

    let id = rig.submit(&json!({})).await;
    assert_eq!(finished(&rig, &id).await["status"], "SUCCESS");
    rig.submit(&json!({})).await;
    rig.emulator.shutdown().await;
    assert!(is_empty(directory.path()).await);
}

#[tokio::test]
async fn an_export_that_cannot_be_stored_fails() {
    for sessions in [300, MANY] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("exports");
        fs::create_dir(&path).unwrap();
        let rig = Rig::start(|builder| builder.sessions(sessions).days(20).export_dir(&path)).await;
        fs::remove_dir(&path).unwrap();
        let id = rig.submit(&json!({})).await;
        let task = finished(&rig, &id).await;
        assert_eq!(task["status"], "FAIL", "{task}");
        assert_eq!(task["error_code"], "WKS.00211401");
        let reason = task["fail_reason"].as_str().unwrap();
        assert!(
            reason.starts_with("The export file could not be written: "),
            "{reason}"
        );
        assert_eq!(rig.download(&id).await.error(), (400, "WKS.00010032".to_owned()));
    }
}

#[tokio::test]
async fn own_rows_are_served_in_place_of_the_made_up_ones() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("rows.CSV");
    let text =
        "start_time,login_user,failed_code\n2024-02-27T03:47:51Z,张三,\n2024-02-28 03:47:51,=1+1,WKS.0407\n";
    fs::write(&path, text).unwrap();
    let rig = Rig::start(|builder| builder.rows(RowSource::file(&path))).await;
    let rows = rig.list_all(ALL).await;
    let expected = [
        json!({ "start_time": "2024-02-28 03:47:51", "login_user": "=1+1", "failed_code": "WKS.0407" }),
        json!({ "start_time": "2024-02-27T03:47:51Z", "login_user": "张三" }),
    ];
    assert_eq!(rows, expected);
    assert_eq!(
        rig.list_all(&format!("{ALL}&is_success=true")).await,
        expected[1..]
    );
}

#[tokio::test]
async fn own_rows_that_cannot_be_read_keep_the_emulator_from_starting() {
    let directory = tempfile::tempdir().unwrap();
    for (name, text, expected) in [
        (
            "a.csv",
            "start_time\nsoon\n",
            "a.csv: line 2: start_time: must be a time such as 2024-02-27T03:47:51.182Z",
        ),
        (
            "a.jsonl",
            "{\"user\":\"x\"}\n",
            "a.jsonl: line 1: \"user\": SessionInfo has no such field",
        ),
    ] {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        let error = Emulator::builder()
            .rows(RowSource::file(&path))
            .start()
            .await
            .unwrap_err();
        assert!(matches!(error, EmulatorError::Rows { .. }));
        assert!(error.to_string().ends_with(expected), "{error}");
    }
    let unknown = RowSource::file(directory.path().join("rows.xlsx"));
    let error = Emulator::builder().rows(unknown).start().await.unwrap_err();
    assert!(matches!(error, EmulatorError::Rows { .. }), "{error}");
    let absent = RowSource::file(directory.path().join("rows.csv"));
    let error = Emulator::builder().rows(absent).start().await.unwrap_err();
    assert!(matches!(error, EmulatorError::ReadRows { .. }), "{error}");
    let reader = RowSource::reader("here", RowFormat::Csv, &b"start_time\n\xff\n"[..]);
    let error = Emulator::builder().rows(reader).start().await.unwrap_err();
    assert_eq!(error.to_string(), "here: line 2: is not UTF-8");
}
