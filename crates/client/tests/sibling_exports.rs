//! Exports of app connections and of user connections against the emulator, over both transports: from a filter to a
//! file, through a lost answer, and out of a journal.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::sync::Arc;

use common::{emulator_client, guarded, seconds};
use session_export::{
    AppConnectionFilter, Client, Clock, Effect, ErrorKind, ExportFilter, ExportKind, FileJournal,
    JournalState, Operation, Reconciliation, Transport, UserConnectionFilter,
};
use session_export_emulator::{Cut, Emulator, ExportFormat, Fault, FaultOperation, FaultScript};
use session_export_transport::test_util::ManualClock;
use session_export_transport_hyper::HyperTransport;
use session_export_transport_reqwest::ReqwestTransport;

fn siblings() -> [(ExportFilter, FaultOperation, &'static str); 2] {
    let app = AppConnectionFilter::builder().build().unwrap();
    let user = UserConnectionFilter::builder().connect_type("2").build().unwrap();
    [
        (app.into(), FaultOperation::ExportAppConnections, "id,sid,app_id,"),
        (
            user.into(),
            FaultOperation::ExportUserConnections,
            "id,connect_type,user_name,",
        ),
    ]
}

fn transports() -> [Arc<dyn Transport>; 2] {
    [
        Arc::new(ReqwestTransport::new().unwrap()),
        Arc::new(HyperTransport::new().unwrap()),
    ]
}

async fn stage(transport: Arc<dyn Transport>) -> (Emulator, Client, ManualClock) {
    let clock = ManualClock::new("2024-03-01T10:00:00Z".parse().unwrap());
    let time = clock.clone();
    let emulator = Emulator::builder()
        .sessions(200)
        .export_format(ExportFormat::Csv)
        .export_delay(seconds(0))
        .clock(move || time.now())
        .start()
        .await
        .unwrap();
    let client = emulator_client(&emulator)
        .transport(transport)
        .clock(clock.clone());
    (emulator, client.build().unwrap(), clock)
}

#[tokio::test]
async fn a_filter_becomes_a_file_of_its_list() {
    for transport in transports() {
        let (_emulator, client, _clock) = stage(transport).await;
        let mut rows = Vec::new();
        for (filter, _, header) in siblings() {
            let task = guarded(client.export(filter).submit()).await.unwrap();
            let ready = guarded(task.ready()).await.unwrap();
            let mut file = Vec::new();
            guarded(ready.download().to_writer(&mut file)).await.unwrap();
            let text = String::from_utf8(file).unwrap();
            assert!(text.starts_with(header), "{text}");
            rows.push(text.lines().count());
        }
        // An application is behind each app connection, and behind each user connection of type 2.
        assert!(rows[0] > 1 && rows[0] == rows[1], "{rows:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_found_again_and_says_of_what_it_was() {
    for transport in transports() {
        for (filter, operation, _) in siblings() {
            let (emulator, client, clock) = stage(Arc::clone(&transport)).await;
            let kind = filter.kind();
            let lost = Fault::close(Cut::BeforeHead).on(operation).nth(1);
            emulator.set_faults(FaultScript::new().with(lost)).unwrap();
            let error = guarded(client.export(filter).submit()).await.unwrap_err();
            assert!(error.is_ambiguous(), "{error}");
            assert_eq!(error.operation(), Some(Operation::Export(kind)));
            assert_eq!(Operation::Export(kind).effect(), Effect::CreatesWork);
            let ambiguity = error.ambiguity().unwrap();
            assert_eq!(ambiguity.kind(), kind);
            let text = serde_json::to_string(ambiguity).unwrap();
            assert!(text.contains(kind.operation()), "{text}");
            let ambiguity = serde_json::from_str(&text).unwrap();
            clock.advance(seconds(31));
            let found = guarded(client.reconcile(&ambiguity)).await.unwrap();
            assert!(matches!(found, Reconciliation::One(_)), "{found:?}");
        }
    }
}

#[tokio::test]
async fn a_fault_of_one_list_is_none_of_the_others() {
    let (emulator, client, _clock) = stage(common::transport()).await;
    for (filter, operation, _) in siblings() {
        let refused = Fault::unavailable(None).on(operation);
        emulator.set_faults(FaultScript::new().with(refused)).unwrap();
        let other = match filter.kind() {
            ExportKind::AppConnections => siblings()[1].0.clone(),
            _ => siblings()[0].0.clone(),
        };
        guarded(client.export(other).submit()).await.unwrap();
    }
}

#[tokio::test]
async fn a_journal_remembers_the_list_and_a_window_that_is_too_long_is_refused() {
    let (emulator, client, _clock) = stage(common::transport()).await;
    let directory = tempfile::tempdir().unwrap();
    for (filter, operation, _) in siblings() {
        let path = directory.path().join(filter.kind().as_str());
        let journal = Arc::new(FileJournal::create(&path, &"note").unwrap());
        let lost = Fault::close(Cut::BeforeHead).on(operation).nth(1);
        emulator.set_faults(FaultScript::new().with(lost)).unwrap();
        let export = client.export(filter.clone()).journal(Arc::clone(&journal));
        let error = guarded(export.submit()).await.unwrap_err();
        assert!(error.is_ambiguous(), "{error}");
        drop(journal);
        let text = std::fs::read_to_string(&path).unwrap();
        // Whoever knows sessions alone must not take it for an export of sessions.
        assert!(text.contains(r#"{"version":2,"entry":"intent""#), "{text}");
        let journal = FileJournal::open(&path).unwrap();
        // What was checked before is not checked once more, so that the two are equal but for that.
        let read = journal.filter().unwrap();
        assert_eq!(read.kind(), filter.kind());
        assert_eq!(
            serde_json::to_string(&read).unwrap(),
            serde_json::to_string(&filter).unwrap()
        );
        let JournalState::Intended(intent) = journal.state() else {
            panic!("{:?}", journal.state())
        };
        assert_eq!(intent.ambiguity(intent.started_at).kind(), filter.kind());
    }
    let long = AppConnectionFilter::builder()
        .begin("2024-01-01T00:00:00Z")
        .end("2024-02-01T00:00:00Z")
        .service_rules(session_export::ServiceRules::LetThrough)
        .build()
        .unwrap();
    // The service decides, and the emulator refuses it.
    let error = guarded(client.export_app_connections(long).submit())
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Service(_)), "{error}");
    assert!(error.to_string().contains("brokering_end_time"), "{error}");
}
