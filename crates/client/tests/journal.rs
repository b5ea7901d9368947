//! What a journal is told around a submit, and what comes of one that refuses.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::sync::{Arc, Mutex};

use common::{Answer, TASK, broken, client, clock, json, mock_transport, no_filter, shown};
use session_export::{
    Delivery, Error, ErrorKind, ExportTask, FileJournal, JournalProblem, JournalRefusal, JournalState,
    SessionFilter, SubmitIntent, SubmitJournal, TaskRef, TransportErrorKind,
};

/// Notes what it is told, and refuses the entry of this number.
#[derive(Debug, Default)]
struct Told {
    log: Mutex<Vec<String>>,
    refuses: Option<usize>,
}

impl Told {
    fn take(&self, entry: String) -> Result<(), JournalRefusal> {
        let mut log = self.log.lock().unwrap();
        log.push(entry);
        match self.refuses {
            Some(number) if number == log.len() => Err("the disk is full".into()),
            _ => Ok(()),
        }
    }
}

impl SubmitJournal for Told {
    fn about_to_submit(&self, intent: &SubmitIntent) -> Result<(), JournalRefusal> {
        let filter = serde_json::to_string(&intent.filter).unwrap();
        self.take(format!("intent {} {filter}", intent.project_id))
    }

    fn submitted(&self, task: &TaskRef) -> Result<(), JournalRefusal> {
        self.take(format!("submitted {}", task.task_id()))
    }
}

fn created() -> Answer {
    json(200, format!(r#"{{"task_id":"{TASK}"}}"#))
}

/// Submits against one answer, or none.
fn submit(told: &Arc<Told>, filter: SessionFilter, answer: Option<Answer>) -> Result<ExportTask, Error> {
    let clock = clock();
    let (transport, _log) = mock_transport(&clock, answer);
    let export = client(transport, &clock)
        .export_sessions(filter)
        .journal(Arc::clone(told));
    clock.drive(export.submit())
}

#[test]
fn it_is_told_before_and_after() {
    let told = Arc::new(Told::default());
    submit(&told, no_filter(), Some(created())).unwrap();
    let project = common::PROJECT;
    assert_eq!(
        *told.log.lock().unwrap(),
        [format!("intent {project} {{}}"), format!("submitted {TASK}")]
    );
}

#[test]
fn a_submit_that_fails_leaves_an_intent() {
    for answer in [
        json(400, ""),
        broken(TransportErrorKind::Closed, Delivery::Unknown),
    ] {
        let told = Arc::new(Told::default());
        submit(&told, no_filter(), Some(answer)).unwrap_err();
        assert_eq!(told.log.lock().unwrap().len(), 1);
    }
}

#[test]
fn a_filter_that_is_refused_leaves_nothing() {
    let told = Arc::new(Told::default());
    let error = submit(&told, common::wide_window(), None).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidRequest(_)), "{error}");
    assert_eq!(told.log.lock().unwrap().len(), 0);
}

#[test]
fn nothing_is_sent_that_was_not_written_down() {
    let told = Arc::new(Told {
        refuses: Some(1),
        ..Told::default()
    });
    let error = submit(&told, no_filter(), None).unwrap_err();
    assert!(error.nothing_was_sent() && error.submitted_task().is_none());
    assert_eq!(error.kind().as_str(), "journal");
    assert_eq!(
        error.to_string(),
        "export_sessions: not sent, the journal did not take the entry"
    );
    assert!(shown(&error).contains("\nthe disk is full"));
}

#[test]
fn a_task_that_was_not_written_down_is_in_the_error() {
    let told = Arc::new(Told {
        refuses: Some(2),
        ..Told::default()
    });
    let error = submit(&told, no_filter(), Some(created())).unwrap_err();
    assert!(!error.nothing_was_sent() && !error.is_ambiguous());
    assert_eq!(error.submitted_task().unwrap().task_id().as_str(), TASK);
    assert!(error.submitted_task().unwrap().submitted_at().is_some());
    assert!(shown(&error).starts_with(&format!(
        "export_sessions: task {TASK} was created, but the journal"
    )));
}

#[test]
fn a_file_goes_from_intent_to_task() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("export.journal");
    let clock = clock();
    let lost = broken(TransportErrorKind::Closed, Delivery::Unknown);
    let (transport, _log) = mock_transport(&clock, [lost, created()]);
    let client = client(transport, &clock);
    let journal = Arc::new(FileJournal::create(&path, &()).unwrap());
    let export = || client.export_sessions(no_filter()).journal(Arc::clone(&journal));
    let error = clock.drive(export().submit()).unwrap_err();
    let JournalState::Intended(intent) = journal.state() else {
        panic!()
    };
    // What the error knows more exactly, a later process knows by the intent.
    let later = intent.ambiguity(intent.started_at + chrono::TimeDelta::seconds(60));
    assert_eq!(later.started_at(), error.ambiguity().unwrap().started_at());
    assert!(later.sent_by() > error.ambiguity().unwrap().sent_by());
    let task = clock.drive(export().submit()).unwrap();
    assert_eq!(journal.state(), JournalState::Submitted(task.to_ref()));
    drop(journal);
    let again = FileJournal::create(&path, &()).unwrap_err();
    assert!(matches!(
        again.kind(),
        ErrorKind::Journal {
            problem: JournalProblem::AlreadyThere,
            ..
        }
    ));
    assert_eq!(
        FileJournal::open(&path).unwrap().state(),
        JournalState::Submitted(task.to_ref())
    );
}
