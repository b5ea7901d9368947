use std::sync::Arc;

use chrono::{DateTime, Utc};
use session_export_model::{ProjectId, ServiceRules, SessionFilter};

use super::*;
use crate::ErrorKind;

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn project() -> ProjectId {
    "a4da8115".parse().unwrap()
}

fn intent() -> SubmitIntent {
    let filter = SessionFilter::builder()
        .user_name("user005 会")
        .begin("2024-02-20T00:00:00Z")
        .end("2024-02-27T00:00:00Z")
        .states(["Active"])
        .service_rules(ServiceRules::LetThrough)
        .build()
        .unwrap();
    SubmitIntent::new(project(), filter.into(), time("2024-02-27T03:47:51.182Z"))
}

fn task() -> TaskRef {
    TaskRef::new(
        project(),
        "2b31ed52".parse().unwrap(),
        Some(time("2024-02-27T03:47:51.182Z")),
    )
}

fn ambiguity() -> Ambiguity {
    intent().ambiguity(time("2024-02-27T04:00:00Z"))
}

fn problem(error: &Error) -> JournalProblem {
    match error.kind() {
        ErrorKind::Journal { problem, .. } => problem.clone(),
        other => panic!("{other:?}"),
    }
}

/// A journal of a whole life, and the state after each of its lines.
fn whole(path: &Path) -> Vec<JournalState> {
    let journal = FileJournal::create(path, &"a note").unwrap();
    let mut states = vec![JournalState::Empty, journal.state()];
    let mut note = |done: Result<(), Error>| {
        done.unwrap();
        states.push(journal.state());
    };
    note(
        journal
            .about_to_submit(&intent())
            .map_err(|refusal| *refusal.downcast().unwrap()),
    );
    note(journal.ambiguous(&ambiguity()));
    note(journal.reconciled(&Reconciliation::NotYet {
        wait: std::time::Duration::ZERO,
    }));
    states.pop();
    let mut note = |done: Result<(), Error>| {
        done.unwrap();
        states.push(journal.state());
    };
    note(journal.reconciled(&Reconciliation::Nothing));
    note(
        journal
            .about_to_submit(&intent())
            .map_err(|refusal| *refusal.downcast().unwrap()),
    );
    note(journal.adopted(&task()));
    note(journal.ready(&task()));
    note(journal.downloaded(&task(), Path::new("/exports/sessions.xlsx"), 7, None));
    states
}

#[test]
fn each_line_leads_to_the_next_state_and_back() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("journal");
    let states = whole(&path);
    let expected = [
        JournalState::Empty,
        JournalState::Empty,
        JournalState::Intended(intent()),
        JournalState::Ambiguous(ambiguity()),
        JournalState::NotCreated,
        JournalState::Intended(intent()),
        JournalState::Submitted(task()),
        JournalState::Ready(task()),
        JournalState::Downloaded {
            task: task(),
            path: "/exports/sessions.xlsx".into(),
            bytes: 7,
            sha256: None,
        },
    ];
    assert_eq!(states, expected);
    let journal = FileJournal::open(&path).unwrap();
    assert_eq!(Some(&journal.state()), expected.last());
    assert_eq!(journal.note::<String>().unwrap(), "a note");
    assert_eq!(journal.note::<u32>(), None);
    assert_eq!(journal.filter().unwrap(), intent().filter);
    assert_eq!(journal.path(), path);
    assert!(!journal.was_torn());
}

#[test]
fn people_can_read_it() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("journal");
    whole(&path);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], r#"{"version":1,"entry":"created","note":"a note"}"#);
    assert_eq!(
        lines[1],
        r#"{"version":1,"entry":"intent","project_id":"a4da8115","started_at":"2024-02-27T03:47:51.182Z","filter":{"query_begin_time":"2024-02-20T00:00:00.000Z","query_end_time":"2024-02-27T00:00:00.000Z","session_state":"Active","user_name":"user005 会"}}"#
    );
    assert_eq!(
        lines[3],
        r#"{"version":1,"entry":"reconciled","result":"none","tasks":[]}"#
    );
    assert!(
        lines
            .iter()
            .all(|line| line.starts_with(r#"{"version":1,"entry":""#))
    );
}

/// A crash can leave any beginning of the file. Each is what the whole lines say, and the journal goes on from there.
#[test]
fn a_file_that_is_cut_at_any_byte_is_what_its_whole_lines_say() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("journal");
    let states = whole(&path);
    let bytes = std::fs::read(&path).unwrap();
    for length in 0..=bytes.len() {
        let cut = &bytes[..length];
        let lines = cut.iter().filter(|byte| **byte == b'\n').count();
        std::fs::write(&path, cut).unwrap();
        let journal = FileJournal::open(&path).unwrap();
        assert_eq!(journal.state(), states[lines], "{length}");
        assert_eq!(
            journal.was_torn(),
            !cut.is_empty() && !cut.ends_with(b"\n"),
            "{length}"
        );
        if length % 7 == 0 {
            journal.adopted(&task()).unwrap();
            drop(journal);
            let again = FileJournal::open(&path).unwrap();
            assert_eq!(again.state(), JournalState::Submitted(task()), "{length}");
            assert!(!again.was_torn());
        }
    }
}

#[test]
fn what_is_there_is_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("journal");
    std::fs::write(&path, "mine").unwrap();
    let error = FileJournal::create(&path, &()).unwrap_err();
    assert_eq!(problem(&error), JournalProblem::AlreadyThere);
    assert!(error.nothing_was_sent());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    #[cfg(unix)]
    {
        let link = place.path().join("link");
        std::os::unix::fs::symlink(place.path().join("nowhere"), &link).unwrap();
        assert_eq!(
            problem(&FileJournal::create(&link, &()).unwrap_err()),
            JournalProblem::AlreadyThere
        );
    }
    let error = FileJournal::create(place.path().join("no/where"), &()).unwrap_err();
    assert!(
        matches!(problem(&error), JournalProblem::File { action: "create", .. }),
        "{error}"
    );
}

#[test]
fn what_cannot_be_locked_does_not_stay_in_the_way() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("journal");
    let without_locks = |_: &File, path: &Path| {
        let error = io::Error::from(io::ErrorKind::Unsupported);
        Err(Error::journal_io(path, "lock", &error))
    };
    for _ in 0..2 {
        let error = FileJournal::create_locked(&path, &(), without_locks).unwrap_err();
        assert!(
            matches!(problem(&error), JournalProblem::File { action: "lock", .. }),
            "{error:?}"
        );
        assert!(!path.exists());
    }
    // Another process was faster: it has the file, and knows what to do with it.
    let taken = |_: &File, path: &Path| Err(Error::journal(path, JournalProblem::Locked));
    let error = FileJournal::create_locked(&path, &(), taken).unwrap_err();
    assert_eq!(problem(&error), JournalProblem::Locked);
    assert!(path.exists());
}

#[test]
fn two_at_once_do_not_have_it() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("journal");
    let first = FileJournal::create(&path, &()).unwrap();
    assert_eq!(
        problem(&FileJournal::open(&path).unwrap_err()),
        JournalProblem::Locked
    );
    drop(first);
    let second = FileJournal::open(&path).unwrap();
    assert_eq!(
        problem(&FileJournal::open(&path).unwrap_err()),
        JournalProblem::Locked
    );
    drop(second);
    assert!(FileJournal::open(&path).is_ok());
}

#[test]
fn what_is_not_understood_is_refused_by_its_line() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("journal");
    whole(&path);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let with = |index: usize, line: &str| {
        let mut lines = lines.clone();
        lines[index] = line;
        lines.join("\n") + "\n"
    };
    let later = lines[2].replace(r#""version":1,"#, r#""version":3,"new":true,"#);
    for (text, expected) in [
        (with(2, &later), JournalProblem::UnknownVersion { version: 3 }),
        (with(2, "{}"), JournalProblem::Corrupt { line: 3 }),
        (with(1, ""), JournalProblem::Corrupt { line: 2 }),
        (
            with(3, r#"{"version":1,"entry":"new"}"#),
            JournalProblem::Corrupt { line: 4 },
        ),
        (
            with(1, &lines[1].replace("user_name", "user_age")),
            JournalProblem::Corrupt { line: 2 },
        ),
        ("not a journal\n".to_owned(), JournalProblem::Corrupt { line: 1 }),
        ("x".repeat(2 << 20), JournalProblem::Corrupt { line: 1 }),
    ] {
        std::fs::write(&path, &text).unwrap();
        let error = FileJournal::open(&path).unwrap_err();
        assert_eq!(problem(&error), expected);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "it is not touched");
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("journal"), "the path is named: {cause}");
    }
    for absent in [place.path().join("absent"), place.path().to_owned()] {
        assert!(FileJournal::open(&absent).is_err());
    }
}

fn journal_on(file: File) -> FileJournal {
    FileJournal {
        path: "somewhere".into(),
        was_torn: false,
        inner: Mutex::new(Inner {
            file,
            length: 0,
            is_broken: false,
            note: serde_json::Value::Null,
            filter: None,
            partial: None,
            state: JournalState::Empty,
        }),
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_keeps_the_state_and_every_later_line_out() {
    let full = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/full")
        .unwrap();
    let journal = journal_on(full);
    let error = journal.adopted(&task()).unwrap_err();
    assert!(
        matches!(
            problem(&error),
            JournalProblem::File {
                action: "write",
                kind: io::ErrorKind::StorageFull
            }
        ),
        "{error:?}"
    );
    // A device cannot be cut back, so a part of the line may be there, and nothing may come behind it.
    let error = journal.ready(&task()).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("an earlier line"), "{cause}");
    assert_eq!(journal.state(), JournalState::Empty);
}

#[test]
fn a_file_that_cannot_be_written_takes_nothing() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("journal");
    std::fs::write(&path, "").unwrap();
    let journal = Arc::new(journal_on(File::open(&path).unwrap()));
    let refusal = journal.about_to_submit(&intent()).unwrap_err();
    assert!(
        refusal.to_string().contains("could not write the journal"),
        "{refusal}"
    );
    assert!(journal.submitted(&task()).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), b"");
}
