//! Downloads that break off: continued where the server allows it, begun again where it does not. Over real sockets, with
//! whichever transport the run is about.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::time::Duration;

use common::breaking::{
    Reply, Rig, TAG, after, as_it_is, chunked, file, is_incomplete, part, part_of, untagged, whole,
};
use common::guarded;
use sha2::{Digest, Sha256};

#[tokio::test]
async fn a_file_is_continued_where_it_broke_off() {
    let end = file().len();
    for (replies, asked) in [
        (vec![whole(TAG, 1000), part(1000, end, end - 1000)], vec![1000]),
        // Twice, and the second time within a part.
        (
            vec![
                whole(TAG, 1000),
                part(1000, end, 500),
                part(1500, end, end - 1500),
            ],
            vec![1000, 1500],
        ),
        // A server may send less than it was asked for.
        (
            vec![
                whole(TAG, 1000),
                part(1000, 2000, 1000),
                part(2000, end, end - 2000),
            ],
            vec![1000, 2000],
        ),
        // The length becomes known with the first part.
        (vec![chunked(1000), part(1000, end, end - 1000)], vec![1000]),
        // An unknown total is none that differs.
        (
            vec![
                whole(TAG, 1000),
                part_of(TAG, &format!("bytes 1000-{}/*", end - 1), 1000, end, end - 1000),
            ],
            vec![1000],
        ),
    ] {
        let rig = Rig::new(replies).await;
        let outcome = rig.to_path(as_it_is).await;
        rig.assert_whole(outcome);
        let expected: Vec<_> = [None].into_iter().chain(asked.into_iter().map(after)).collect();
        assert_eq!(rig.ranges(), expected);
        assert!(
            rig.clock
                .0
                .lock()
                .unwrap()
                .iter()
                .all(|pause| *pause >= Duration::from_millis(250))
        );
    }
}

#[tokio::test]
async fn a_reset_is_a_break_like_any_other() {
    let end = file().len();
    let rig = Rig::new([whole(TAG, 70_000).reset(), untagged(end), untagged(end)]).await;
    // A reset may overtake what was sent before it, so where it goes on is open; the second answer is whole anyway.
    let outcome = rig.to_path(as_it_is).await;
    rig.assert_whole(outcome);
    assert_eq!(rig.requests().len(), 2);
}

#[tokio::test]
async fn a_stream_and_a_writer_are_continued_without_a_seam() {
    let end = file().len();
    let rig = Rig::new([whole(TAG, 1000), part(1000, end, end - 1000)]).await;
    let mut written = Vec::new();
    let receipt = guarded(rig.ready.download().to_writer(&mut written))
        .await
        .unwrap();
    assert!(written == file());
    let sha256: [u8; 32] = Sha256::digest(file()).into();
    assert_eq!(receipt.sha256.unwrap().as_bytes(), &sha256);
}

#[tokio::test]
async fn before_anything_is_handed_over_a_stream_may_begin_again() {
    let rig = Rig::new([untagged(0), untagged(0), untagged(file().len())]).await;
    let mut written = Vec::new();
    guarded(rig.ready.download().to_writer(&mut written))
        .await
        .unwrap();
    assert!(written == file());
}

#[tokio::test]
async fn without_a_strong_validator_a_path_is_begun_three_times_at_most() {
    let weak = |sent| whole(r#"W/"v1""#, sent);
    let refused = |sent| {
        let headers = [
            ("etag", TAG.to_owned()),
            ("accept-ranges", "none".to_owned()),
            ("content-length", file().len().to_string()),
        ];
        Reply::new(200, &headers, &file()[..sent])
    };
    for make in [untagged as fn(usize) -> Reply, weak, refused] {
        let rig = Rig::new([make(1000), make(0), make(file().len())]).await;
        let outcome = rig.to_path(as_it_is).await;
        rig.assert_whole(outcome);
        assert_eq!(rig.ranges(), [None, None, None]);

        let rig = Rig::new([make(1000), make(0), make(70_000), make(file().len())]).await;
        let error = rig.to_path(as_it_is).await.unwrap_err();
        assert!(is_incomplete(&error) && error.partial_file().is_none());
        rig.assert_nothing();
        assert_eq!(rig.requests().len(), 3);
    }
}

#[tokio::test]
async fn continuing_ends_after_five_times_without_progress() {
    let end = file().len();
    let stuck = |from, count| (0..count).map(move |_| part(from, end, 0));
    let replies = [whole(TAG, 1000)].into_iter().chain(stuck(1000, 9));
    let rig = Rig::new(replies).await;
    let error = rig.to_path(as_it_is).await.unwrap_err();
    assert!(is_incomplete(&error));
    assert_eq!(rig.requests().len(), 6);
    rig.assert_nothing();
    let pauses = rig.clock.0.lock().unwrap().clone();
    assert_eq!(pauses.len(), 5);
    assert!(pauses.windows(2).all(|pair| pair[0] <= pair[1]), "{pauses:?}");

    // Progress gives five more.
    let replies = [whole(TAG, 1000)]
        .into_iter()
        .chain(stuck(1000, 4))
        .chain([part(1000, end, 100_000)])
        .chain(stuck(101_000, 4))
        .chain([part(101_000, end, end - 101_000)]);
    let rig = Rig::new(replies).await;
    let outcome = rig.to_path(as_it_is).await;
    rig.assert_whole(outcome);
}

#[tokio::test]
async fn switched_off_there_is_one_request() {
    let rig = Rig::new([whole(TAG, 1000), part(1000, 2000, 1000)]).await;
    let error = rig.to_path(|download| download.resume(false)).await.unwrap_err();
    assert!(is_incomplete(&error));
    assert_eq!(rig.requests().len(), 1);
    rig.assert_nothing();
}

#[tokio::test]
async fn a_refusal_of_the_rest_is_the_error() {
    let body = br#"{"error_code":"WKS.0202","error_msg":"No such task."}"#;
    let refusal = Reply::new(404, &[("content-length", body.len().to_string())], body);
    let rig = Rig::new([whole(TAG, 1000), refusal]).await;
    let error = rig
        .to_path(|download| download.keep_partial(true))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "download: HTTP 404 WKS.0202: No such task.");
    rig.assert_nothing();
}

#[tokio::test]
async fn a_cap_ends_a_download_in_the_middle_and_keeps_nothing() {
    let end = file().len();
    let rig = Rig::new([chunked(1000), part(1000, end, end - 1000)]).await;
    let error = rig
        .to_path(|download| download.max_bytes(2000).keep_partial(true))
        .await
        .unwrap_err();
    assert_eq!(error.kind().as_str(), "too_large");
    rig.assert_nothing();
    assert_eq!(rig.requests().len(), 2);
}
