//! A file, three ways: to a path, to a writer, as a stream; and where it may and may not land.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::io;
use std::path::Path;
use std::task::{Context, Poll, Waker};

use common::{
    Answer, Log, TASK, answer, client, clock, emulator_client, guarded, json, mock_transport, names,
    no_filter, paced, seconds,
};
use session_export::{
    Clock, Error, ErrorKind, FileFormat, ReadyExport, ResponseBody, Sha256Digest, WaitPolicy,
};
use session_export_emulator::{Emulator, ExportFormat};
use session_export_transport::test_util::ManualClock;
use sha2::{Digest, Sha256};

const FILE: &str = "id,login_user\r\n1,user005\r\n";

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The export centre's list, with this name for the file, or none.
fn listed(file_name: Option<&str>) -> Answer {
    let mut task = serde_json::json!({ "task_id": TASK, "status": "SUCCESS" });
    if let Some(name) = file_name {
        task["file_name"] = name.into();
    }
    json(
        200,
        serde_json::json!({ "count": 1, "export_tasks": [task] }).to_string(),
    )
}

fn file(headers: &[(&'static str, &str)], body: impl Into<ResponseBody>) -> Answer {
    let mut response = answer(200, headers, body);
    let length = FILE.len().to_string().parse().unwrap();
    response.headers_mut().insert("content-length", length);
    Ok(response)
}

struct Rig {
    ready: ReadyExport,
    clock: ManualClock,
    log: Log,
    directory: tempfile::TempDir,
}

impl Rig {
    fn new(file_name: Option<&str>, downloads: impl IntoIterator<Item = Answer>) -> Self {
        let clock = clock();
        let answers = [listed(file_name)].into_iter().chain(downloads);
        let (transport, log) = mock_transport(&clock, answers);
        let task = client(transport, &clock).task(TASK.parse().unwrap());
        let ready = clock.drive(task.ready()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        Self {
            ready,
            clock,
            log,
            directory,
        }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    /// Nothing was sent but the look that made it ready.
    fn assert_nothing_was_sent(&self) {
        assert_eq!(self.log.count(), 1);
    }

    fn names(&self) -> Vec<String> {
        names(self.directory.path())
    }
}

fn assert_sink(error: &Error, action: &str, kind: io::ErrorKind) {
    assert!(
        matches!(error.kind(), ErrorKind::Sink { action: found, kind: found_kind, .. }
            if *found == action && *found_kind == kind),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        format!("download: could not {action} the file")
    );
}

#[tokio::test]
async fn three_ways_give_the_same_bytes() {
    for (format, recognised) in [
        (ExportFormat::Xlsx, FileFormat::Xlsx),
        (ExportFormat::Csv, FileFormat::Csv),
    ] {
        let emulator = Emulator::builder()
            .sessions(3000)
            .export_delay(seconds(0))
            .export_format(format)
            .start()
            .await
            .unwrap();
        let client = emulator_client(&emulator).build().unwrap();
        guarded(async {
            let task = client.export_sessions(no_filter()).submit().await.unwrap();
            let ready = task.wait(WaitPolicy::default()).await.unwrap();

            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("sessions");
            let to_path = ready.download().to_path(&path).await.unwrap();
            let mut written = Vec::new();
            let to_writer = ready.download().to_writer(&mut written).await.unwrap();
            let mut stream = ready.download().into_stream().await.unwrap();
            let mut streamed = Vec::new();
            assert_eq!(stream.receipt(), None);
            while let Some(bytes) = stream.next().await {
                streamed.extend(bytes.unwrap());
            }

            let bytes = std::fs::read(&path).unwrap();
            assert!(bytes.len() > 100_000, "several frames: {}", bytes.len());
            assert!(bytes == written && bytes == streamed);
            let receipt = stream.receipt().unwrap();
            assert_eq!(receipt, to_writer);
            assert_eq!(receipt.bytes, bytes.len() as u64);
            assert_eq!(stream.announced_bytes(), Some(receipt.bytes));
            assert_eq!(receipt.sha256.unwrap().to_string(), hex(&bytes));
            assert_eq!(receipt.format, recognised);
            assert_eq!(receipt.file_name, ready.file_name());
            assert_eq!(
                (
                    to_path.path,
                    to_path.bytes,
                    to_path.sha256,
                    to_path.file_name,
                    to_path.format
                ),
                (
                    path,
                    receipt.bytes,
                    receipt.sha256,
                    receipt.file_name,
                    receipt.format
                )
            );
            assert_eq!(names(directory.path()), ["sessions"]);
        })
        .await;
    }
}

#[test]
fn the_request_names_the_task_and_takes_anything() {
    let rig = Rig::new(None, [file(&[], FILE)]);
    let receipt = rig
        .clock
        .drive(rig.ready.download().digest(false).to_writer(&mut Vec::new()))
        .unwrap();
    assert_eq!(
        (receipt.bytes, receipt.sha256),
        (FILE.len() as u64, None::<Sha256Digest>)
    );
    let request = rig.log.requests().pop().unwrap();
    assert_eq!(
        request.uri().to_string(),
        format!(
            "https://workspace.cn-north-4.myhuaweicloud.com/v2/{}/export-tasks/{TASK}/download",
            common::PROJECT
        )
    );
    assert_eq!(
        (request.method().as_str(), &request.headers()["accept"]),
        ("GET", &"*/*".parse().unwrap())
    );
    assert!(request.headers().get("content-type").is_none());
}

#[test]
fn a_file_that_is_there_is_refused_before_anything_is_sent() {
    let rig = Rig::new(None, []);
    std::fs::write(rig.path("x.csv"), "mine").unwrap();
    let error = rig
        .clock
        .drive(rig.ready.download().to_path(rig.path("x.csv")))
        .unwrap_err();
    assert_sink(&error, "create", io::ErrorKind::AlreadyExists);
    rig.assert_nothing_was_sent();
    assert_eq!(std::fs::read_to_string(rig.path("x.csv")).unwrap(), "mine");
    assert_eq!(rig.names(), ["x.csv"]);
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_there_too() {
    let rig = Rig::new(None, []);
    std::os::unix::fs::symlink("nowhere", rig.path("x.csv")).unwrap();
    let error = rig
        .clock
        .drive(rig.ready.download().to_path(rig.path("x.csv")))
        .unwrap_err();
    assert_sink(&error, "create", io::ErrorKind::AlreadyExists);
    assert_eq!(rig.names(), ["x.csv"]);
}

#[test]
fn a_file_that_is_there_is_replaced_if_that_is_allowed() {
    let rig = Rig::new(None, [file(&[], FILE)]);
    std::fs::write(rig.path("x.csv"), "mine").unwrap();
    let download = rig.ready.download().overwrite(true);
    rig.clock.drive(download.to_path(rig.path("x.csv"))).unwrap();
    assert_eq!(std::fs::read_to_string(rig.path("x.csv")).unwrap(), FILE);
    assert_eq!(rig.names(), ["x.csv"]);
}

#[test]
fn a_download_that_fails_leaves_the_file_that_it_was_to_replace() {
    let rig = Rig::new(None, [file(&[], "too short")]);
    std::fs::write(rig.path("x.csv"), "mine").unwrap();
    let download = rig.ready.download().overwrite(true).resume(false);
    rig.clock.drive(download.to_path(rig.path("x.csv"))).unwrap_err();
    assert_eq!(std::fs::read_to_string(rig.path("x.csv")).unwrap(), "mine");
    assert_eq!(rig.names(), ["x.csv"]);
}

#[test]
fn a_file_that_appears_meanwhile_is_left_alone() {
    let clock = clock();
    let slow = paced(&clock, vec![(seconds(1), FILE)], true);
    let rig = Rig::new(None, [file(&[], slow)]);
    let (path, download) = (rig.path("x.csv"), rig.ready.download());
    let mut downloading = Box::pin(download.to_path(&path));
    assert!(matches!(
        downloading.as_mut().poll(&mut Context::from_waker(Waker::noop())),
        Poll::Pending
    ));
    std::fs::write(&path, "mine").unwrap();
    clock.advance(seconds(1));
    let error = rig.clock.drive(downloading).unwrap_err();
    assert_sink(&error, "rename", io::ErrorKind::AlreadyExists);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(rig.names(), ["x.csv"]);
}

#[test]
fn what_cannot_be_a_file_is_refused_before_anything_is_sent() {
    let rig = Rig::new(None, []);
    for overwrite in [false, true] {
        let download = rig.ready.download().overwrite(overwrite);
        let error = rig
            .clock
            .drive(download.to_path(rig.directory.path()))
            .unwrap_err();
        assert_sink(&error, "create", io::ErrorKind::IsADirectory);
        for no_file in [rig.path("x/"), rig.path(".."), "".into()] {
            let error = rig.clock.drive(download.to_path(no_file)).unwrap_err();
            assert_sink(&error, "create", io::ErrorKind::IsADirectory);
        }
        let error = rig
            .clock
            .drive(download.to_path(rig.path("no/such/x.csv")))
            .unwrap_err();
        assert_sink(&error, "create", io::ErrorKind::NotFound);
        let error = rig
            .clock
            .drive(download.to_directory(rig.path("no/such")))
            .unwrap_err();
        assert_sink(&error, "create", io::ErrorKind::NotFound);
    }
    rig.assert_nothing_was_sent();
    assert!(rig.names().is_empty());
}

#[test]
fn a_hostile_name_stays_inside_the_directory() {
    for (name, kept) in [
        ("../../x", "x"),
        ("/etc/passwd", "passwd"),
        (r"C:\x.csv", "x.csv"),
        (".bashrc", "bashrc"),
        ("a\u{0}b\n.csv", "a_b_.csv"),
        ("会话.csv", "会话.csv"),
    ] {
        let rig = Rig::new(Some(name), [file(&[], FILE)]);
        let inner = rig.path("inner");
        std::fs::create_dir(&inner).unwrap();
        let receipt = rig
            .clock
            .drive(rig.ready.download().to_directory(&inner))
            .unwrap();
        assert_eq!(receipt.path, inner.join(kept));
        assert_eq!(
            (names(&inner), rig.names()),
            (vec![kept.to_owned()], vec!["inner".to_owned()])
        );
    }
}

#[test]
fn without_a_name_in_the_list_the_head_names_the_file() {
    let disposition = [("content-disposition", r#"attachment; filename="../a;b.csv""#)];
    for listed in [None, Some(""), Some("..")] {
        let rig = Rig::new(listed, [file(&disposition, FILE)]);
        let receipt = rig
            .clock
            .drive(rig.ready.download().to_directory(rig.directory.path()))
            .unwrap();
        assert_eq!(receipt.file_name.unwrap().as_str(), "a;b.csv");
        assert_eq!(rig.names(), ["a;b.csv"]);
    }
    let rig = Rig::new(Some("list.csv"), [file(&disposition, FILE)]);
    rig.clock
        .drive(rig.ready.download().to_directory(rig.directory.path()))
        .unwrap();
    assert_eq!(rig.names(), ["list.csv"]);
}

#[test]
fn without_any_name_the_task_names_the_file() {
    for (body, suffix) in [
        (FILE, "csv"),
        ("PK\u{3}\u{4} xl/..................", "xlsx"),
        ("something else...........", "bin"),
    ] {
        let mut download = answer(200, &[("transfer-encoding", "chunked")], body);
        download
            .headers_mut()
            .insert("content-disposition", "attachment".parse().unwrap());
        let rig = Rig::new(None, [Ok(download)]);
        let receipt = rig
            .clock
            .drive(rig.ready.download().to_directory(rig.directory.path()))
            .unwrap();
        assert_eq!(receipt.file_name, None);
        assert_eq!(rig.names(), [format!("sessions-{TASK}.{suffix}")]);
    }
}

#[test]
fn a_name_in_the_head_that_is_taken_leaves_the_file_alone() {
    let disposition = [("content-disposition", "attachment; filename=x.csv")];
    let rig = Rig::new(None, [file(&disposition, FILE)]);
    std::fs::write(rig.path("x.csv"), "mine").unwrap();
    let error = rig
        .clock
        .drive(rig.ready.download().to_directory(rig.directory.path()))
        .unwrap_err();
    assert_sink(&error, "create", io::ErrorKind::AlreadyExists);
    assert_eq!(std::fs::read_to_string(rig.path("x.csv")).unwrap(), "mine");
    assert_eq!(rig.names(), ["x.csv"]);
}

#[cfg(unix)]
#[test]
fn a_device_is_not_replaced_by_a_file() {
    let rig = Rig::new(None, []);
    let link = rig.path("device");
    std::os::unix::fs::symlink("/dev/null", &link).unwrap();
    let error = rig
        .clock
        .drive(rig.ready.download().overwrite(true).to_path(&link))
        .unwrap_err();
    assert_sink(&error, "create", io::ErrorKind::InvalidInput);
    rig.assert_nothing_was_sent();
}

#[test]
fn dropping_it_half_way_removes_the_temporary_file() {
    let clock = clock();
    let body = paced(&clock, vec![(seconds(0), "id,"), (seconds(0), "login")], false);
    let rig = Rig::new(None, [file(&[], body)]);
    let (path, download) = (rig.path("x.csv"), rig.ready.download());
    let mut dropped = Box::pin(download.to_path(&path));
    assert!(matches!(
        dropped.as_mut().poll(&mut Context::from_waker(Waker::noop())),
        Poll::Pending
    ));
    let there = rig.names();
    assert!(there.len() == 1 && there[0].ends_with(".part"), "{there:?}");
    assert_eq!(std::fs::read_to_string(rig.path(&there[0])).unwrap(), "id,login");
    drop(dropped);
    assert!(rig.names().is_empty());
    assert_eq!(rig.clock.timers(), 0);
}

#[cfg(unix)]
#[test]
fn the_users_mask_decides_who_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;

    let rig = Rig::new(None, [file(&[], FILE)]);
    rig.clock
        .drive(rig.ready.download().to_path(rig.path("x.csv")))
        .unwrap();
    std::fs::write(rig.path("plain"), "").unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
    assert_eq!(mode(&rig.path("x.csv")), mode(&rig.path("plain")));
}

#[test]
fn a_writer_that_fails_ends_it() {
    struct Full;

    impl io::Write for Full {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let rig = Rig::new(None, [file(&[], FILE)]);
    let error = rig
        .clock
        .drive(rig.ready.download().to_writer(&mut Full))
        .unwrap_err();
    assert_sink(&error, "write", io::ErrorKind::StorageFull);
    assert!(!error.is_transient());
}

#[test]
fn a_deadline_covers_the_download_too() {
    let clock = clock();
    let body = paced(&clock, vec![(seconds(2), "id,")], false);
    let (transport, _) = mock_transport(
        &clock,
        [
            json(200, format!(r#"{{"task_id":"{TASK}"}}"#)),
            listed(None),
            file(&[], body),
        ],
    );
    let directory = tempfile::tempdir().unwrap();
    let error = clock.drive(async {
        let submit = client(transport, &clock)
            .export_sessions(no_filter())
            .deadline(seconds(9));
        let task = submit.submit().await.unwrap();
        clock.advance(seconds(1));
        let ready = task.wait(WaitPolicy::default()).await.unwrap();
        ready
            .download()
            .to_path(directory.path().join("x"))
            .await
            .unwrap_err()
    });
    assert_eq!(clock.monotonic(), seconds(9));
    assert_eq!(
        error.to_string(),
        "download: the deadline of 9.0 s passed (download 8.0 s)"
    );
    assert!(names(directory.path()).is_empty());
}
