//! Tasks in the export centre: listed, deleted, written down and resumed; and the whole job against the emulator.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::error::Error as StdError;
use std::time::Duration;

use common::{
    PROJECT, RawServer, TASK, TOKEN, client, clock, emulator_client, endpoint, guarded, json, login,
    mock_transport, no_filter, seconds, socket_client,
};
use session_export::{
    Client, Clock, ErrorKind, FileFormat, SessionFilter, SortDirection, TaskFailure, TaskIds, TaskQuery,
    TaskRef, TaskState, TaskStatus, WaitPolicy, parse_timestamp,
};
use session_export_emulator::{Emulator, ExportFormat, ExportOutcome};
use session_export_transport::test_util::MockTransport;

/// Looks often, because the emulator's delay is short.
fn quick() -> WaitPolicy {
    WaitPolicy::default()
        .first_pause(Duration::from_millis(5))
        .longest_pause(Duration::from_millis(20))
}

#[tokio::test]
async fn an_export_goes_from_a_filter_to_a_file() {
    for (format, recognised) in [
        (ExportFormat::Xlsx, FileFormat::Xlsx),
        (ExportFormat::Csv, FileFormat::Csv),
    ] {
        let emulator = Emulator::builder()
            .sessions(300)
            .export_format(format)
            .export_delay(Duration::from_millis(40))
            .start()
            .await
            .unwrap();
        let client = emulator_client(&emulator).build().unwrap();
        let directory = tempfile::tempdir().unwrap();
        guarded(async {
            let filter = SessionFilter::builder().state("SignedOut").build().unwrap();
            let task = client.export_sessions(filter).submit().await.unwrap();
            let ready = task.wait(quick()).await.unwrap();
            assert_eq!(ready.info().status, Some(TaskStatus::Success));
            assert_eq!(ready.info().is_download, Some(false));
            let file = ready.download().to_directory(directory.path()).await.unwrap();
            assert_eq!(file.format, recognised);
            assert_eq!(
                file.path,
                directory.path().join(ready.info().file_name.as_deref().unwrap())
            );
            assert!(file.bytes > 1000);
            if recognised == FileFormat::Csv {
                let text = std::fs::read_to_string(&file.path).unwrap();
                let rows: Vec<_> = text.lines().skip(1).collect();
                assert!(
                    !rows.is_empty() && rows.iter().all(|row| row.contains(",SignedOut,")),
                    "{text}"
                );
            }
            // It is listed as downloaded now, and can be downloaded again.
            let again = task.ready().await.unwrap();
            assert_eq!(again.info().is_download, Some(true));
        })
        .await;
    }
}

#[tokio::test]
async fn a_task_stands_where_the_emulators_clock_says() {
    let clock = clock();
    for (outcome, expected) in [
        (ExportOutcome::Success, None),
        (ExportOutcome::Fail, Some("failed")),
        (ExportOutcome::Expired, Some("expired")),
    ] {
        let shown = clock.clone();
        let emulator = Emulator::builder()
            .sessions(5)
            .clock(move || shown.now())
            .export_delay(seconds(60))
            .export_outcome(outcome)
            .start()
            .await
            .unwrap();
        let client = emulator_client(&emulator).clock(clock.clone()).build().unwrap();
        guarded(async {
            let task = client.export_sessions(no_filter()).submit().await.unwrap();
            assert_eq!(task.to_ref().submitted_at(), Some(clock.now()));
            assert!(matches!(task.check().await.unwrap(), TaskState::InProgress(info)
                if info.status == Some(TaskStatus::Creating) && info.end_time.is_none()));
            clock.advance(seconds(60));
            match (task.ready().await, expected) {
                (Ok(ready), None) => assert_eq!(ready.task_id(), task.task_id()),
                (Err(error), Some(word)) => {
                    assert!(error.to_string().contains(word), "{error}");
                    let failed = matches!(error.kind(), ErrorKind::Task(TaskFailure::Failed { .. }));
                    assert_eq!(failed, outcome == ExportOutcome::Fail);
                }
                (outcome, _) => panic!("{outcome:?}"),
            }
        })
        .await;
    }
}

#[tokio::test]
async fn tasks_are_listed_and_deleted() {
    let emulator = Emulator::builder()
        .sessions(5)
        .export_delay(seconds(0))
        .start()
        .await
        .unwrap();
    let client = emulator_client(&emulator).build().unwrap();
    guarded(async {
        let mut ids = Vec::new();
        for _ in 0..3 {
            let task = client.export_sessions(no_filter()).submit().await.unwrap();
            ids.push(task.task_id().clone());
        }
        let query = TaskQuery::new()
            .status(TaskStatus::Success)
            .sort(SortDirection::OldestFirst)
            .limit(2);
        let page = client.list_tasks(&query).await.unwrap();
        assert_eq!((page.count, page.export_tasks.len()), (Some(3), 2));
        let rest = client.list_tasks(&query.clone().offset(2)).await.unwrap();
        let listed: Vec<_> = page
            .export_tasks
            .iter()
            .chain(&rest.export_tasks)
            .map(|task| task.task_id.clone().unwrap())
            .collect();
        assert_eq!(listed, ids);

        let two = TaskIds::new(ids[..2].to_vec()).unwrap();
        client.delete_tasks(&two).await.unwrap();
        client.delete_tasks(&two).await.unwrap();
        let left = client.list_tasks(&TaskQuery::new()).await.unwrap();
        assert_eq!(left.count, Some(1));
        assert_eq!(left.export_tasks[0].task_id.as_ref(), Some(&ids[2]));
        let error = client.task(ids[0].clone()).ready().await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Task(TaskFailure::Gone)),
            "{error:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_deletion_is_these_bytes() {
    let server = RawServer::start();
    let client = socket_client(&server.base());
    let tasks = TaskIds::new(["b".parse().unwrap(), "a".parse().unwrap(), "b".parse().unwrap()]).unwrap();
    let delete = client.delete_tasks(&tasks);
    let reply = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    let (deleted, request) = guarded(async { tokio::join!(delete, server.answer(reply)) }).await;
    deleted.unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, r#"{"task_ids":["b","a"]}"#);
    let lines: Vec<_> = head.split("\r\n").collect();
    assert_eq!(
        lines[0],
        format!("POST /v2/{PROJECT}/export-tasks/batch-delete HTTP/1.1")
    );
    assert!(
        lines.contains(&"content-type: application/json;charset=UTF-8"),
        "{head}"
    );
    assert!(lines.contains(&"content-length: 22"), "{head}");
    assert!(
        lines.contains(&format!("x-auth-token: {TOKEN}").as_str()),
        "{head}"
    );
    assert_eq!(lines.len(), 7, "{head}");
}

#[test]
fn a_success_of_a_deletion_is_looked_into() {
    let deleted = |body: &'static str| {
        let clock = clock();
        let (transport, _) = mock_transport(&clock, [json(200, body)]);
        let tasks = TaskIds::new([TASK.parse().unwrap()]).unwrap();
        clock.drive(client(transport, &clock).delete_tasks(&tasks))
    };
    for body in ["", " ", "{}", "null", r#"{"deleted":1}"#] {
        deleted(body).unwrap();
    }
    for (body, text) in [
        (
            r#"{"error_code":"WKS.00010109","error_msg":"No."}"#,
            "delete_tasks: HTTP 200 WKS.00010109: No.",
        ),
        (
            "<!DOCTYPE html><title>Log in</title>",
            "delete_tasks: the response is not understood, at the body: it is an HTML page",
        ),
    ] {
        assert_eq!(deleted(body).unwrap_err().to_string(), text);
    }
}

#[test]
fn a_deletion_that_is_refused_or_lost_is_never_ambiguous() {
    let clock = clock();
    for status in [400, 403, 500, 503] {
        // To delete again what is deleted does no harm.
        let attempts = if status >= 500 { 4 } else { 1 };
        let answers = (0..attempts).map(|_| json(status, r#"{"error_code":"WKS.1"}"#));
        let (transport, _) = mock_transport(&clock, answers);
        let tasks = TaskIds::new([TASK.parse().unwrap()]).unwrap();
        let error = clock
            .drive(client(transport, &clock).delete_tasks(&tasks))
            .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with(&format!("delete_tasks: HTTP {status} WKS.1")),
            "{error}"
        );
        assert!(!error.is_ambiguous());
        assert_eq!(error.is_transient(), status >= 500);
    }
}

#[test]
fn a_query_that_breaks_rules_is_not_sent() {
    let clock = clock();
    let client = client(MockTransport::new(), &clock);
    let error = clock
        .drive(client.list_tasks(&TaskQuery::new().limit(101)))
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidRequest(_)), "{error:?}");
    assert!(error.nothing_was_sent());
}

#[test]
fn a_query_goes_out_as_it_was_asked() {
    let clock = clock();
    let (transport, log) = mock_transport(&clock, [json(200, r#"{"count":0}"#)]);
    let query = TaskQuery::new()
        .file_name("会话 1.xlsx")
        .sort(SortDirection::NewestFirst)
        .offset(20)
        .limit(100);
    clock.drive(client(transport, &clock).list_tasks(&query)).unwrap();
    assert_eq!(
        log.lines(),
        [format!(
            "GET https://workspace.cn-north-4.myhuaweicloud.com/v2/{PROJECT}/export-tasks?file_name=%E4%BC%9A%E8%AF%9D%201.xlsx\
             &sort_field=create_time&sort_type=DESC&offset=20&limit=100"
        )]
    );
}

#[tokio::test]
async fn a_task_that_one_client_wrote_down_is_finished_by_another() {
    let emulator = Emulator::builder()
        .sessions(50)
        .export_delay(Duration::from_millis(20))
        .start()
        .await
        .unwrap();
    let written = guarded(async {
        let client = emulator_client(&emulator).build().unwrap();
        let task = client.export_sessions(no_filter()).submit().await.unwrap();
        serde_json::to_string(&task.to_ref()).unwrap()
    })
    .await;
    emulator.revoke_tokens();

    let task: TaskRef = serde_json::from_str(&written).unwrap();
    assert!(task.submitted_at().unwrap() > parse_timestamp("2024-01-01T00:00:00Z").unwrap());
    guarded(async {
        let other = Client::builder(endpoint(&emulator.base_url()), task.project_id().clone())
            .transport(common::transport())
            .authenticator(login(&emulator))
            .build()
            .unwrap();
        let resumed = other.resume(task.clone()).unwrap();
        assert_eq!(resumed.to_ref(), task);
        let ready = resumed.wait(quick()).await.unwrap();
        let receipt = ready.download().to_writer(&mut Vec::new()).await.unwrap();
        assert_eq!(receipt.format, FileFormat::Xlsx);
    })
    .await;
    let seen: Vec<_> = emulator
        .requests_seen()
        .iter()
        .map(|seen| seen.path().to_owned())
        .collect();
    assert_eq!(
        seen.iter().filter(|path| path.ends_with("/tokens")).count(),
        2,
        "{seen:?}"
    );
    assert_eq!(
        seen.iter().filter(|path| path.ends_with("/export")).count(),
        1,
        "{seen:?}"
    );
}

#[test]
fn a_task_of_another_project_is_not_taken_on() {
    let client = client(MockTransport::new(), &clock());
    let task = TaskRef::new("another".parse().unwrap(), TASK.parse().unwrap(), None);
    let error = client.resume(task).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Configuration { .. }),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        format!(
            "the task belongs to project another, this client to {PROJECT}; build a client for that project"
        )
    );
    assert!(error.operation().is_none() && error.source().is_none() && error.nothing_was_sent());
}

#[test]
fn a_task_reference_holds_the_time_of_the_attempt() {
    let clock = clock();
    clock.advance(Duration::from_millis(500));
    let (transport, _) = mock_transport(&clock, [json(200, format!(r#"{{"task_id":"{TASK}"}}"#))]);
    let task = clock
        .drive(client(transport, &clock).export_sessions(no_filter()).submit())
        .unwrap();
    assert_eq!(
        serde_json::to_string(&task.to_ref()).unwrap(),
        format!(
            r#"{{"version":1,"project_id":"{PROJECT}","task_id":"{TASK}","submitted_at":"2024-02-27T03:47:51.682Z"}}"#
        )
    );
}
