//! What is at the target already: links, other names of a file, permission bits, pipes, names that cannot be.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind as IoKind};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use common::breaking::{Reply, Rig, file, untagged};
use common::{guarded, names};
use session_export::{Error, ErrorKind};

async fn rig() -> Rig {
    Rig::new([untagged(file().len())]).await
}

/// The one answer names its file.
async fn rig_naming(name: &str) -> Rig {
    let headers = [
        ("content-disposition", format!("attachment; filename=\"{name}\"")),
        ("content-length", file().len().to_string()),
    ];
    Rig::new([Reply::new(200, &headers, &file())]).await
}

fn at(rig: &Rig, name: &str) -> PathBuf {
    rig.directory.path().join(name)
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o7777
}

fn assert_sink(error: &Error, action: &str, kind: IoKind) {
    assert!(
        matches!(error.kind(), ErrorKind::Sink { action: found, kind: found_kind, .. }
            if *found == action && *found_kind == kind),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_link_stays_and_what_it_leads_to_is_replaced_or_made() {
    for there in [true, false] {
        let rig = rig().await;
        fs::create_dir(at(&rig, "other")).unwrap();
        if there {
            fs::write(at(&rig, "other/real.csv"), "mine").unwrap();
        }
        // Through a second link, and relative to where each stands.
        symlink("real.csv", at(&rig, "other/hop")).unwrap();
        symlink("other/hop", at(&rig, "x")).unwrap();
        let download = rig.ready.download();
        let error = guarded(download.to_path(at(&rig, "x"))).await.unwrap_err();
        assert_sink(&error, "create", IoKind::AlreadyExists);
        let receipt = guarded(download.overwrite(true).to_path(at(&rig, "x")))
            .await
            .unwrap();
        assert_eq!(receipt.path, at(&rig, "x"));
        assert!(fs::read(at(&rig, "other/real.csv")).unwrap() == file());
        assert_eq!(fs::read_link(at(&rig, "x")).unwrap(), Path::new("other/hop"));
        assert_eq!(
            fs::read_link(at(&rig, "other/hop")).unwrap(),
            Path::new("real.csv")
        );
        assert_eq!(names(&at(&rig, "other")), ["hop", "real.csv"]);
        assert_eq!(names(rig.directory.path()), ["other", "x"]);
    }
}

#[tokio::test]
async fn a_link_that_leads_nowhere_good_is_refused_before_anything_is_sent() {
    let rig = rig().await;
    symlink("ring", at(&rig, "ring")).unwrap();
    symlink("no/such/x", at(&rig, "lost")).unwrap();
    symlink(".", at(&rig, "directory")).unwrap();
    let download = rig.ready.download().overwrite(true);
    let ring = guarded(download.to_path(at(&rig, "ring"))).await.unwrap_err();
    assert!(
        matches!(ring.kind(), ErrorKind::Sink { action: "create", .. }),
        "{ring:?}"
    );
    let lost = guarded(download.to_path(at(&rig, "lost"))).await.unwrap_err();
    assert_sink(&lost, "create", IoKind::NotFound);
    let directory = guarded(download.to_path(at(&rig, "directory")))
        .await
        .unwrap_err();
    assert_sink(&directory, "create", IoKind::IsADirectory);
    assert!(rig.requests().is_empty());
}

#[tokio::test]
async fn a_name_that_the_server_chose_follows_no_link() {
    let rig = rig_naming("x.csv").await;
    fs::create_dir(at(&rig, "inner")).unwrap();
    fs::write(at(&rig, "mine"), "mine").unwrap();
    symlink("../mine", at(&rig, "inner/x.csv")).unwrap();
    let download = rig.ready.download().overwrite(true);
    guarded(download.to_directory(at(&rig, "inner"))).await.unwrap();
    assert_eq!(fs::read_to_string(at(&rig, "mine")).unwrap(), "mine");
    assert!(at(&rig, "inner/x.csv").symlink_metadata().unwrap().is_file());
    assert!(fs::read(at(&rig, "inner/x.csv")).unwrap() == file());
}

#[tokio::test]
async fn a_file_that_is_replaced_keeps_who_may_read_it() {
    for (before, after) in [
        (0o600, 0o600),
        (0o640, 0o640),
        (0o400, 0o400),
        (0o666, 0o666),
        (0o4755, 0o755),
    ] {
        let rig = rig().await;
        fs::write(at(&rig, "x"), "mine").unwrap();
        fs::set_permissions(at(&rig, "x"), Permissions::from_mode(before)).unwrap();
        rig.to_path(|download| download.overwrite(true)).await.unwrap();
        assert_eq!(mode(&at(&rig, "x")), after, "{before:o}");
    }
}

#[tokio::test]
async fn another_name_of_a_file_keeps_the_old_content() {
    let rig = rig().await;
    fs::write(at(&rig, "x"), "mine").unwrap();
    fs::hard_link(at(&rig, "x"), at(&rig, "y")).unwrap();
    rig.to_path(|download| download.overwrite(true)).await.unwrap();
    assert!(fs::read(at(&rig, "x")).unwrap() == file());
    assert_eq!(fs::read_to_string(at(&rig, "y")).unwrap(), "mine");
}

#[tokio::test]
async fn what_is_no_file_is_refused_before_anything_is_sent() {
    let rig = rig().await;
    let made = std::process::Command::new("mkfifo")
        .arg(at(&rig, "pipe"))
        .status()
        .unwrap();
    assert!(made.success());
    for target in [at(&rig, "pipe"), "/dev/null".into(), "/dev/full".into()] {
        let download = rig.ready.download().overwrite(true);
        let error = guarded(download.to_path(&target)).await.unwrap_err();
        assert_sink(&error, "create", IoKind::InvalidInput);
    }
    let error = rig.to_path(|download| download).await;
    assert!(error.is_ok(), "the one answer is still there");
}

#[tokio::test]
async fn a_name_that_cannot_be_is_refused_before_anything_is_sent() {
    let rig = rig().await;
    fs::write(at(&rig, "file"), "mine").unwrap();
    let error = guarded(rig.ready.download().to_path(at(&rig, &"x".repeat(256)))).await;
    assert_sink(&error.unwrap_err(), "create", IoKind::InvalidFilename);
    let error = guarded(rig.ready.download().to_path(at(&rig, "file/x"))).await;
    assert_sink(&error.unwrap_err(), "create", IoKind::NotADirectory);
    assert!(rig.requests().is_empty());
    // The longest that can be is taken, although the temporary file needs a name, too.
    let longest = at(&rig, &"x".repeat(255));
    guarded(rig.ready.download().to_path(&longest)).await.unwrap();
    assert!(fs::read(longest).unwrap() == file());
}

#[tokio::test]
async fn a_rename_that_fails_leaves_nothing() {
    // The check sees nothing, and then a directory takes the name.
    let rig = rig_naming("x").await;
    let download = rig.ready.download().overwrite(true);
    let target = at(&rig, "x");
    let mut downloading = Box::pin(download.to_path(&target));
    let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(downloading.as_mut().poll(cx)));
    assert!(polled.await.is_pending());
    fs::create_dir(&target).unwrap();
    let error = guarded(downloading).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Sink { action: "rename", .. }),
        "{error:?}"
    );
    assert_eq!(names(rig.directory.path()), ["x"]);
    assert!(names(&target).is_empty());
}

#[tokio::test]
async fn a_full_disk_ends_it() {
    let rig = rig().await;
    let mut full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let error = guarded(rig.ready.download().keep_partial(true).to_writer(&mut full))
        .await
        .unwrap_err();
    assert_sink(&error, "write", IoKind::StorageFull);
    let source = std::error::Error::source(&error).unwrap();
    assert!(source.downcast_ref::<io::Error>().is_some());
    assert!(error.received_bytes().is_none() && !error.is_transient());
}
