//! The files of exports in the directory of the state: whole or absent, and for their owner only.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use session_export_emulator::{EmulatorBuilder, ExportFormat};

use super::{DELAY, ENDS, delete, start, start_with, stop};
use crate::rig::Rig;

/// More than are written at once.
const MANY: usize = 22_000;

fn many(builder: EmulatorBuilder) -> EmulatorBuilder {
    csv(builder).sessions(MANY).days(20)
}

/// For files that are compared: a workbook holds the time at which it was written.
fn csv(builder: EmulatorBuilder) -> EmulatorBuilder {
    builder.export_format(ExportFormat::Csv)
}

async fn finished(rig: &Rig, id: &str) -> Value {
    rig.advance(DELAY);
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

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory.join("exports")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn file(directory: &Path, id: &str, extension: &str) -> PathBuf {
    directory.join("exports").join(format!("{id}.{extension}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_export_that_is_interrupted_is_written_anew() {
    let reference = Rig::start(many).await;
    let id = reference.submit(&json!({})).await;
    assert_eq!(finished(&reference, &id).await["status"], "SUCCESS");
    let expected = reference.download(&id).await.body;
    for end in ENDS {
        let directory = tempfile::tempdir().unwrap();
        let rig = start_with(directory.path(), many).await;
        let (first, second) = (rig.submit(&json!({})).await, rig.submit(&json!({})).await);
        // While the first one is written and the second one waits.
        let began = Instant::now();
        while names(directory.path()).is_empty() {
            assert!(began.elapsed() < Duration::from_secs(60));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        stop(rig, end).await;
        let rig = start_with(directory.path(), many).await;
        for id in [&first, &second] {
            assert_eq!(finished(&rig, id).await["status"], "SUCCESS", "{end:?}");
            assert!(rig.download(id).await.body == expected, "{end:?}");
        }
        assert_eq!(names(directory.path()).len(), 2);
        // A file that is whole is not written again, and keeps the end of its task.
        let task = rig.task(&first).await;
        stop(rig, end).await;
        let rig = start_with(directory.path(), many).await;
        rig.advance(Duration::from_secs(60));
        assert_eq!(rig.task(&first).await, task);
        delete(&rig, &first).await;
        assert_eq!(names(directory.path()), [format!("{second}.csv")]);
    }
}

#[tokio::test]
async fn what_is_left_behind_is_cleared_away_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let rig = start_with(directory.path(), csv).await;
    let (kept, cut, lost) = (
        rig.submit(&json!({})).await,
        rig.submit(&json!({})).await,
        rig.submit(&json!({})).await,
    );
    rig.advance(DELAY);
    let expected = rig.download(&kept).await.body;
    for id in [&cut, &lost] {
        assert_eq!(rig.download(id).await.status, 200);
    }
    drop(rig);
    let half = file(directory.path(), &cut, "csv");
    fs::write(&half, &expected[..100]).unwrap();
    fs::remove_file(file(directory.path(), &lost, "csv")).unwrap();
    let exports = directory.path().join("exports");
    for name in [
        "session-export-emulator-AbCdEf",
        "0123456789abcdef0123456789abcdef.xlsx",
    ] {
        fs::write(exports.join(name), "half").unwrap();
    }
    fs::write(exports.join("notes.txt"), "mine").unwrap();
    fs::write(directory.path().join("state.jsonl.new"), "half").unwrap();

    let rig = start_with(directory.path(), csv).await;
    assert_eq!(
        names(directory.path()),
        [format!("{kept}.csv"), "notes.txt".to_owned()]
    );
    assert!(!directory.path().join("state.jsonl.new").exists());
    rig.advance(DELAY);
    for id in [&kept, &cut, &lost] {
        let reply = rig.download(id).await;
        assert_eq!(reply.status, 200);
        assert!(reply.body == expected);
    }
}

#[tokio::test]
async fn a_file_of_which_the_log_does_not_know_yet_is_written_anew() {
    let directory = tempfile::tempdir().unwrap();
    let rig = start_with(directory.path(), csv).await;
    let id = rig.submit(&json!({})).await;
    rig.advance(DELAY);
    let expected = rig.download(&id).await.body;
    drop(rig);
    // As if it had been killed between the file's name and the line about it.
    let path = directory.path().join("state.jsonl");
    let log = fs::read_to_string(&path).unwrap();
    let before = log.split_inclusive('\n').filter(|line| {
        !line.starts_with("{\"event\":\"file\"") && !line.starts_with("{\"event\":\"downloaded\"")
    });
    fs::write(&path, before.collect::<String>()).unwrap();
    assert!(file(directory.path(), &id, "csv").exists());
    let rig = start_with(directory.path(), csv).await;
    assert!(!file(directory.path(), &id, "csv").exists());
    assert_eq!(rig.task(&id).await["is_download"], false);
    rig.advance(DELAY);
    assert!(rig.download(&id).await.body == expected);
}

#[tokio::test]
async fn an_export_that_cannot_be_stored_fails_for_good() {
    for (sessions, id) in [(300, "small"), (MANY, "large")] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state");
        let options = |builder: EmulatorBuilder| builder.sessions(sessions).days(20);
        let rig = start_with(&path, options).await;
        fs::remove_dir(path.join("exports")).unwrap();
        let task = rig.submit(&json!({})).await;
        let before = finished(&rig, &task).await;
        assert_eq!(before["status"], "FAIL", "{id}");
        let reason = before["fail_reason"].as_str().unwrap();
        assert!(
            reason.starts_with("The export file could not be written: "),
            "{reason}"
        );
        drop(rig);
        let rig = start_with(&path, options).await;
        assert_eq!(finished(&rig, &task).await, before, "{id}");
        let next = rig.submit(&json!({})).await;
        assert_eq!(finished(&rig, &next).await["status"], "SUCCESS", "{id}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_what_is_kept() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new/state");
    for _ in 0..2 {
        let rig = start(&path).await;
        let id = rig.submit(&json!({})).await;
        rig.advance(DELAY);
        assert_eq!(rig.download(&id).await.status, 200);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        for name in ["state.jsonl", "lock"] {
            assert_eq!(mode(&path.join(name)), 0o600, "{name}");
        }
        assert_eq!(mode(&file(&path, &id, "xlsx")), 0o600);
        assert_eq!((mode(&path), mode(&path.join("exports"))), (0o700, 0o700));
        // A log that somebody opened to others is closed again.
        let log = path.join("state.jsonl");
        fs::set_permissions(&log, fs::Permissions::from_mode(0o644)).unwrap();
    }
}
