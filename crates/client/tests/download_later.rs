//! The start of a file that one attempt leaves for a later one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::io::ErrorKind as IoKind;

use common::breaking::{Reply, Rig, TAG, after, file, part, whole};
use common::{PROJECT, TASK, guarded, names};
use session_export::{
    Download, Error, ErrorKind, FileJournal, FileReceipt, JournalState, PartialFile, TaskRef,
};

/// A download that was given up with its start kept, and what `second` then makes of it.
async fn continued_later(
    change: impl FnOnce(&PartialFile),
    second: Vec<Reply>,
) -> (Rig, Result<FileReceipt, Error>) {
    let replies = [whole(TAG, 1000)].into_iter().chain(second);
    let rig = Rig::new(replies).await;
    let error = rig
        .to_path(|download| download.keep_partial(true).resume(false))
        .await
        .unwrap_err();
    let partial = error.partial_file().unwrap().clone();
    assert!(names(rig.directory.path()) == [partial.path.file_name().unwrap().to_str().unwrap()]);
    assert!(partial.path.to_str().unwrap().ends_with(".part"));
    assert_eq!((partial.bytes, partial.total), (1000, Some(file().len() as u64)));
    let written = serde_json::to_string(&partial).unwrap();
    let partial = serde_json::from_str(&written).unwrap();
    change(&partial);
    let outcome = rig.to_path(|download| download.continue_from(partial)).await;
    (rig, outcome)
}

#[tokio::test]
async fn a_later_process_goes_on_with_what_was_kept() {
    let end = file().len();
    let (rig, outcome) = continued_later(|_| {}, vec![part(1000, end, end - 1000)]).await;
    rig.assert_whole(outcome);
    assert_eq!(rig.ranges(), [None, after(1000)]);
    // What another version left after the bytes that were synced is cut off.
    let longer = |partial: &PartialFile| {
        let bytes = [&file()[..1000], b"rubbish"].concat();
        std::fs::write(&partial.path, bytes).unwrap();
    };
    let (rig, outcome) = continued_later(longer, vec![part(1000, end, end - 1000)]).await;
    rig.assert_whole(outcome);
    // The server has another file now.
    let (rig, outcome) = continued_later(|_| {}, vec![whole(r#""v2""#, end)]).await;
    rig.assert_whole(outcome);
    assert_eq!(rig.requests().len(), 2);
}

#[tokio::test]
async fn what_was_kept_gives_way_to_another_file_also_when_nothing_is_to_be_resumed() {
    let rig = Rig::new([whole(TAG, 1000), whole(r#""v2""#, file().len())]).await;
    let only_once = |download: Download| download.keep_partial(true).resume(false);
    let error = rig.to_path(only_once).await.unwrap_err();
    let partial = error.partial_file().unwrap().clone();
    let outcome = rig
        .to_path(|download| only_once(download).continue_from(partial))
        .await;
    rig.assert_whole(outcome);
}

#[tokio::test]
async fn what_is_no_longer_what_was_kept_is_begun_again() {
    let changes: [fn(&PartialFile); 3] = [
        |partial| std::fs::write(&partial.path, vec![b'x'; 1000]).unwrap(),
        |partial| std::fs::write(&partial.path, "short").unwrap(),
        |partial| std::fs::remove_file(&partial.path).unwrap(),
    ];
    for change in changes {
        let (rig, outcome) = continued_later(change, vec![whole(TAG, file().len())]).await;
        rig.assert_whole(outcome);
        assert_eq!(rig.ranges(), [None, None]);
    }
}

#[tokio::test]
async fn a_partial_file_of_elsewhere_is_not_touched() {
    let rig = Rig::new([whole(TAG, 1000)]).await;
    let error = rig
        .to_path(|download| download.keep_partial(true).resume(false))
        .await
        .unwrap_err();
    let partial = error.partial_file().unwrap().clone();
    let elsewhere = tempfile::tempdir().unwrap();
    let download = rig.ready.download().continue_from(partial.clone());
    let error = guarded(download.to_path(elsewhere.path().join("x")))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Sink {
                action: "continue",
                kind: IoKind::InvalidInput,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(partial.path.exists() && rig.requests().len() == 1);
}

/// There any bytes but two make a name, and what is written down has to lead back to them.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_directory_whose_name_is_no_text_is_found_again() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let end = file().len();
    let rig = Rig::new([whole(TAG, 1000), part(1000, end, end - 1000)]).await;
    let directory = rig.directory.path().join(OsStr::from_bytes(b"\xff"));
    std::fs::create_dir(&directory).unwrap();
    let (path, notes) = (directory.join("x"), directory.join("journal"));
    let task = TaskRef::new(PROJECT.parse().unwrap(), TASK.parse().unwrap(), None);

    let journal = FileJournal::create(&notes, &()).unwrap();
    let download = rig.ready.download().keep_partial(true).resume(false);
    let error = guarded(download.to_path(&path)).await.unwrap_err();
    journal.interrupted(&task, error.partial_file().unwrap()).unwrap();
    drop(journal);

    let journal = FileJournal::open(&notes).unwrap();
    let partial = journal.partial_file().unwrap();
    assert_eq!(Some(&partial), error.partial_file());
    let download = rig.ready.download().continue_from(partial);
    let receipt = guarded(download.to_path(&path)).await.unwrap();
    assert_eq!(rig.ranges(), [None, after(1000)]);
    journal
        .downloaded(&task, &receipt.path, receipt.bytes, receipt.sha256)
        .unwrap();
    drop(journal);

    match FileJournal::open(&notes).unwrap().state() {
        JournalState::Downloaded { path: found, .. } => assert!(std::fs::read(&found).unwrap() == file()),
        other => panic!("{other:?}"),
    }
}
