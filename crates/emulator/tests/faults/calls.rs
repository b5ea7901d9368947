//! Which calls a fault happens to.

use std::collections::HashSet;
use std::sync::Arc;

use session_export_emulator::{Fault, FaultOperation, FaultScript};

use crate::stage::Stage;

use FaultOperation::{ListExportTasks, ListSessions};

#[tokio::test]
async fn calls_are_counted_by_operation() {
    let script = FaultScript::new().with(Fault::status(500).on(ListSessions).nth(2));
    let stage = Stage::start(|builder| builder.faults(script)).await;
    let mut statuses = Vec::new();
    for operation in [
        ListSessions,
        ListExportTasks,
        ListExportTasks,
        ListSessions,
        ListSessions,
    ] {
        statuses.push(stage.call(operation).await.status().unwrap());
    }
    assert_eq!(statuses, [200, 200, 200, 500, 200]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_calls_get_one_number_each() {
    let script = FaultScript::new().with(Fault::status(500).on(ListSessions).every(5));
    let stage = Arc::new(Stage::start(|builder| builder.faults(script)).await);
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let stage = Arc::clone(&stage);
            tokio::spawn(async move { stage.call(ListSessions).await.status() })
        })
        .collect();
    let mut failed = 0;
    for call in calls {
        failed += usize::from(call.await.unwrap() == Some(500));
    }
    assert_eq!(failed, 20);
}

async fn failures(seed: u64) -> Vec<usize> {
    let script = FaultScript::new()
        .seed(seed)
        .with(Fault::status(500).probability(0.3));
    let stage = Stage::start(|builder| builder.faults(script)).await;
    let mut failed = Vec::new();
    for number in 0..60 {
        if stage.call(ListSessions).await.status() == Some(500) {
            failed.push(number);
        }
    }
    failed
}

#[tokio::test]
async fn one_seed_gives_one_sequence() {
    let first = failures(1).await;
    assert_eq!(first, failures(1).await);
    assert_ne!(first, failures(2).await);
    assert!((8..=28).contains(&first.len()), "{first:?}");
}

#[tokio::test]
async fn emulators_in_a_process_have_scripts_journals_and_clocks_of_their_own() {
    let one = Stage::start(|builder| builder.faults(FaultScript::new().with(Fault::status(500)))).await;
    let two = Stage::start(|builder| builder).await;
    two.emulator.set_clock_offset(60);
    assert_eq!(one.call(ListSessions).await.status(), Some(500));
    let reply = two.call(ListSessions).await;
    assert_eq!(
        (reply.status(), reply.header("date")),
        (Some(200), Some("Fri, 01 Mar 2024 10:01:00 GMT"))
    );
    assert_eq!(
        (one.emulator.clock_offset(), two.emulator.clock_offset()),
        (0, 60)
    );
    assert_eq!(one.emulator.journal().entries().len(), 1);
    assert!(two.emulator.journal().entries()[0].fault().is_none());
    two.emulator.set_faults(one.emulator.faults()).unwrap();
    one.emulator.set_faults(FaultScript::new()).unwrap();
    assert_eq!(one.call(ListSessions).await.status(), Some(200));
    assert_eq!(two.call(ListSessions).await.status(), Some(500));
}

#[tokio::test]
async fn every_operation_can_be_named() {
    let stage = Stage::start(|builder| builder).await;
    let operations = [
        "create_token",
        "describe_token",
        "list_projects",
        "create_temporary_key",
        "metadata",
        "list_sessions",
        "export_sessions",
        "list_export_tasks",
        "download_export_file",
        "delete_export_tasks",
    ];
    for name in operations {
        let script =
            format!(r#"{{"faults": [{{"operation": "{name}", "fault": {{"status": {{"status": 418}}}}}}]}}"#);
        stage
            .emulator
            .set_faults(FaultScript::from_json(&script).unwrap())
            .unwrap();
        stage.emulator.clear_journal();
        for called in operations {
            let operation: FaultOperation = serde_json::from_value(called.into()).unwrap();
            let status = stage.call(operation).await.status();
            assert_eq!(
                status == Some(418),
                called == name,
                "{name}, {called}: {status:?}"
            );
        }
        let journal = stage.emulator.journal();
        let seen: Vec<&str> = journal.entries().iter().map(|entry| entry.operation()).collect();
        assert_eq!(seen, operations);
        let faulty: HashSet<&str> = journal
            .entries()
            .iter()
            .filter(|entry| entry.fault().is_some())
            .map(|entry| entry.operation())
            .collect();
        assert_eq!(faulty, HashSet::from([name]));
    }
    let script = FaultScript::new().with(Fault::status(418));
    stage.emulator.set_faults(script).unwrap();
    assert_eq!(
        stage.call(FaultOperation::Any).await.status(),
        Some(418),
        "an unknown path is any, too"
    );
}
