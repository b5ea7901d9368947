//! The journal: all calls, in order, with nothing secret.

use std::sync::Arc;

use session_export_emulator::{Credential, Cut, Fault, FaultOperation, FaultScript};

use crate::stage::Stage;

use FaultOperation::{
    CreateToken, DeleteExportTasks, DownloadExportFile, ExportSessions, ListExportTasks, ListSessions,
};

#[tokio::test]
async fn a_flow_is_told_call_by_call() {
    let script = FaultScript::new().with(
        Fault::reset(Cut::BeforeHead)
            .named("lost")
            .on(DownloadExportFile)
            .nth(1),
    );
    let stage = Stage::start(|builder| builder.faults(script)).await;
    stage.call(CreateToken).await;
    let task = stage.submit().await;
    for operation in [
        ListExportTasks,
        DownloadExportFile,
        DownloadExportFile,
        DeleteExportTasks,
    ] {
        stage.call_about(operation, &task).await;
    }
    stage.call(FaultOperation::Any).await;
    let journal = stage.emulator.journal();
    let told: Vec<String> = journal
        .entries()
        .iter()
        .map(|entry| {
            let tasks = if entry.task_ids() == [task.clone()] {
                " task"
            } else {
                ""
            };
            let status = entry.status().map_or("-".to_owned(), |status| status.to_string());
            let (name, fault) = (entry.operation(), entry.fault().unwrap_or("-"));
            format!(
                "{} {name} {status} {} {fault}{tasks}",
                entry.method(),
                entry.ending().unwrap().name()
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "POST create_token 201 answered -",
            "POST export_sessions 200 answered - task",
            "GET list_export_tasks 200 answered - task",
            "GET download_export_file - reset reset (lost) task",
            "GET download_export_file 200 answered - task",
            "POST batch 200 answered - task",
            "GET unknown 404 answered -",
        ]
        .map(|line| line.replace("POST batch", "POST delete_export_tasks"))
    );
    let submit = &journal.entries()[1];
    assert_eq!(submit.project_id(), stage.emulator.project_id());
    assert_eq!(submit.request_bytes(), 2);
    assert_eq!(submit.request_id().map(str::len), Some(32));
    assert_eq!(submit.at().timestamp(), 1_709_287_200);
    let user = Some(stage.emulator.user_name().to_owned());
    assert_eq!(submit.credential(), Some(&Credential::Token(user)));
    let after = stage.emulator.journal_after(submit.sequence());
    assert_eq!(after.entries(), &journal.entries()[2..]);
}

#[tokio::test]
async fn nothing_secret_is_written_down() {
    let stage = Stage::start(|builder| builder).await;
    let (key, secret) = (stage.emulator.access_key_id(), stage.emulator.secret_access_key());
    let mut socket = stage.socket().await;
    let signed =
        |access: &str| format!("SDK-HMAC-SHA256 Access={access}, SignedHeaders=x-sdk-date, Signature=00");
    for (headers, expected) in [
        (
            vec![("Authorization", signed(key))],
            Credential::AccessKey(Some(key.to_owned())),
        ),
        // A client that mixes up its key and its secret.
        (
            vec![("Authorization", signed(secret))],
            Credential::AccessKey(None),
        ),
        (
            vec![("X-Auth-Token", "MIIsecret".to_owned())],
            Credential::Token(None),
        ),
    ] {
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let (method, target, _) = stage.call_of(ListSessions, "");
        socket.send(method, &target, &headers, b"").await;
        let journal = stage.emulator.journal();
        assert_eq!(journal.entries().last().unwrap().credential(), Some(&expected));
    }
    stage.call(CreateToken).await;
    stage.call(ListSessions).await;
    stage.emulator.revoke_tokens();
    stage.call(ListSessions).await;
    let told = format!("{:?}", stage.emulator.journal());
    for secret in [secret, stage.emulator.password(), stage.token(), "MIIsecret"] {
        assert!(!told.contains(secret));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_calls_are_all_there_and_in_order() {
    let stage = Arc::new(Stage::start(|builder| builder).await);
    let calls: Vec<_> = (0..40)
        .map(|_| {
            let stage = Arc::clone(&stage);
            tokio::spawn(async move {
                let id = stage.submit().await;
                stage.call_about(ListExportTasks, &id).await;
                id
            })
        })
        .collect();
    let mut ids = Vec::new();
    for call in calls {
        ids.push(call.await.unwrap());
    }
    let journal = stage.emulator.journal();
    assert_eq!((journal.entries().len(), journal.dropped()), (80, 0));
    assert!(
        journal
            .entries()
            .windows(2)
            .all(|two| two[0].sequence() + 1 == two[1].sequence())
    );
    for id in ids {
        let entries = journal
            .entries()
            .iter()
            .filter(|entry| entry.task_ids() == [id.clone()]);
        let operations: Vec<_> = entries.map(|entry| entry.operation()).collect();
        assert_eq!(operations, ["export_sessions", "list_export_tasks"]);
    }
    assert_eq!(stage.emulator.exports_created(), 40);
    assert_eq!(stage.emulator.requests_seen().len(), 80);
}

#[tokio::test]
async fn a_cleared_journal_goes_on_with_its_numbers() {
    let stage = Stage::start(|builder| builder).await;
    stage.call(ExportSessions).await;
    let last = stage.emulator.journal().entries()[0].sequence();
    stage.emulator.clear_journal();
    assert!(stage.emulator.journal().entries().is_empty() && stage.emulator.requests_seen().is_empty());
    stage.call(ListSessions).await;
    assert_eq!(
        stage.emulator.journal_after(last).entries()[0].sequence(),
        last + 1
    );
    assert_eq!(
        stage.emulator.exports_created(),
        1,
        "the count of exports is not the journal's"
    );
}
