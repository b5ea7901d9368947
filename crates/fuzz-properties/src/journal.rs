//! Files of a journal.

use std::fs;
use std::path::Path;

use session_export::{FileJournal, JournalProblem, JournalState};

use crate::input::{is_one_line, shown};

/// A journal that opens says the same when it is opened again; its last line may be cut anywhere and then does not
/// count; it can be gone on with; and one that does not open is left as it was and says which of its lines is wrong.
///
/// # Panics
///
/// When that does not hold.
pub fn journal(data: &[u8]) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("export.journal");
    fs::write(&path, data).expect("it takes a few bytes");
    let whole = data
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);

    let journal = match FileJournal::open(&path) {
        Ok(journal) => journal,
        Err(error) => {
            assert!(is_one_line(&error.to_string()), "{}", shown(&error));
            if let session_export::ErrorKind::Journal {
                problem: JournalProblem::Corrupt { line, .. },
                ..
            } = error.kind()
            {
                let lines = data[..whole].iter().filter(|byte| **byte == b'\n').count();
                assert!((1..=lines).contains(line), "line {line} of {lines}");
            }
            assert_eq!(
                fs::read(&path).ok().as_deref(),
                Some(data),
                "it is left as it was"
            );
            return;
        }
    };
    let (state, filter) = (journal.state(), journal.filter());
    let (note, partial) = (journal.note::<serde_json::Value>(), journal.partial_file());
    assert_eq!(journal.was_torn(), whole < data.len());
    drop(journal);
    assert_eq!(fs::read(&path).ok().as_deref(), Some(&data[..whole]));
    let again = open(&path);
    assert!(!again.was_torn());
    assert_eq!((again.state(), again.filter()), (state.clone(), filter));
    assert_eq!(again.note::<serde_json::Value>(), note);
    assert_eq!(again.partial_file(), partial);
    drop(again);

    // What another process would find, had this one died while it wrote the last line.
    if let Some(last) = whole.checked_sub(1) {
        let before = data[..last]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        fs::write(&path, &data[..before]).expect("it takes a few bytes");
        let expected = open(&path).state();
        fs::write(&path, &data[..before + (last - before) / 2]).expect("it takes a few bytes");
        assert_eq!(open(&path).state(), expected);
        fs::write(&path, &data[..whole]).expect("it takes a few bytes");
    }

    let further = open(&path);
    match &state {
        JournalState::Submitted(task) => {
            further.ready(task).expect("it can be written");
            drop(further);
            assert_eq!(open(&path).state(), JournalState::Ready(task.clone()));
        }
        JournalState::Ready(task) if partial.is_some() => {
            let partial = partial.expect("there is one");
            further.interrupted(task, &partial).expect("it can be written");
            drop(further);
            assert_eq!(open(&path).partial_file(), Some(partial));
        }
        JournalState::Downloaded {
            task,
            path: received,
            bytes,
            sha256: None,
            ..
        } => {
            further
                .downloaded(task, received, *bytes, None)
                .expect("it can be written");
            drop(further);
            assert_eq!(open(&path).state(), state);
        }
        JournalState::Intended(intent) => {
            let ambiguity = intent.ambiguity(intent.started_at);
            further.ambiguous(&ambiguity).expect("it can be written");
            drop(further);
            assert_eq!(open(&path).state(), JournalState::Ambiguous(ambiguity));
        }
        _ => {
            further.not_created().expect("it can be written");
            drop(further);
            assert_eq!(open(&path).state(), JournalState::NotCreated);
        }
    }
}

fn open(path: &Path) -> FileJournal {
    FileJournal::open(path).expect("it opened before")
}
