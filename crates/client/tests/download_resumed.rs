//! Downloads that break off: continued where the server allows it, begun again where it does not. Over real sockets, with
//! whichever transport the run is about.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use common::breaking::{
    Reply, Rig, TAG, after, as_it_is, chunked, file, is_incomplete, part, part_of, untagged, whole,
};
use common::{
    Answer, TASK, answer, body_of, client, clock, guarded, json, mock_transport, names, paced, seconds,
};
use session_export::{Clock, Error, FileReceipt, ReadyExport, Request, ResponseBody};
use session_export_transport::test_util::{ManualClock, MockTransport};
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

/// A head with a validator for 20 bytes, and this body.
fn mocked(status: u16, range: Option<&str>, body: impl Into<ResponseBody>) -> Answer {
    let mut response = answer(status, &[("etag", TAG)], body);
    let (name, value) = match range {
        Some(range) => ("content-range", range),
        None => ("content-length", "20"),
    };
    response.headers_mut().insert(name, value.parse().unwrap());
    Ok(response)
}

/// Downloads from a mock, with a deadline if there is one, in a directory of which the names are given.
fn from_a_mock(
    answers: impl FnOnce(&ManualClock) -> Vec<Answer>,
    deadline: Option<Duration>,
) -> (Result<FileReceipt, Error>, ManualClock, Vec<String>) {
    let clock = clock();
    let list = format!(r#"{{"count":1,"export_tasks":[{{"task_id":"{TASK}","status":"SUCCESS"}}]}}"#);
    let answers = [json(200, list)].into_iter().chain(answers(&clock));
    let (transport, _) = mock_transport(&clock, answers);
    let mut client = client(transport, &clock);
    if let Some(limit) = deadline {
        client = client.with_deadline(limit);
    }
    let directory = tempfile::tempdir().unwrap();
    let ready = clock.drive(client.task(TASK.parse().unwrap()).ready()).unwrap();
    let download = ready.download().keep_partial(true);
    let outcome = clock.drive(download.to_path(directory.path().join("x")));
    (outcome, clock, names(directory.path()))
}

#[test]
fn a_body_that_stands_still_is_continued_after_the_idle_limit() {
    let answers = |clock: &ManualClock| {
        vec![
            mocked(200, None, paced(clock, vec![(seconds(1), "0123456789")], false)),
            mocked(206, Some("bytes 10-19/20"), "abcdefghij"),
        ]
    };
    let (outcome, clock, left) = from_a_mock(answers, None);
    let receipt = outcome.unwrap();
    assert_eq!(receipt.bytes, 20);
    let sha256: [u8; 32] = Sha256::digest("0123456789abcdefghij").into();
    assert_eq!(receipt.sha256.unwrap().as_bytes(), &sha256);
    assert_eq!(left, ["x"]);
    let took = clock.monotonic();
    assert!(
        took > seconds(61) && took <= Duration::from_millis(61_500),
        "{took:?}"
    );
    assert_eq!(clock.timers(), 0);
}

#[test]
fn a_deadline_ends_the_pauses_too_and_keeps_what_was_asked_to_be_kept() {
    let answers = |_: &ManualClock| {
        let broken = || body_of(vec![Ok("0".into())]);
        let parts = (1..5).map(|at| mocked(206, Some(&format!("bytes {at}-19/20")), broken()));
        [mocked(200, None, broken())].into_iter().chain(parts).collect()
    };
    // Pauses of at most 0.5, 1, 2, 4 and 8 s, and at least half of that: the fifth is overtaken.
    let limit = Duration::from_millis(7600);
    let (outcome, clock, left) = from_a_mock(answers, Some(limit));
    let error = outcome.unwrap_err();
    assert_eq!(clock.monotonic(), limit);
    assert!(
        error.is_deadline() && std::error::Error::source(&error).is_some(),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        "download: the deadline of 7.6 s passed (download 7.6 s)"
    );
    let partial = error.partial_file().unwrap();
    assert_eq!((partial.bytes, partial.total), (5, Some(20)));
    assert_eq!(left, [partial.path.file_name().unwrap().to_str().unwrap()]);
}

#[test]
fn a_file_of_many_pieces_is_written_piece_by_piece() {
    /// Counts what is written at once.
    #[derive(Default)]
    struct Largest(usize, u64);

    impl std::io::Write for Largest {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.max(bytes.len());
            self.1 += bytes.len() as u64;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    // 64 MiB in frames of 64 KiB that are one and the same, and a break after every MiB.
    let (clock, frame) = (clock(), Bytes::from(vec![b'x'; 64 << 10]));
    let total = 64_u64 << 20;
    let list = format!(r#"{{"count":1,"export_tasks":[{{"task_id":"{TASK}","status":"SUCCESS"}}]}}"#);
    let mut answers = vec![json(200, list)];
    for piece in 0..64_u64 {
        let body = body_of((0..16).map(|_| Ok(frame.clone())).collect());
        let range = format!("bytes {}-{}/{total}", piece << 20, total - 1);
        let mut response = answer(if piece == 0 { 200 } else { 206 }, &[("etag", TAG)], body);
        let (name, value) = if piece == 0 {
            ("content-length", total.to_string())
        } else {
            ("content-range", range)
        };
        response.headers_mut().insert(name, value.parse().unwrap());
        answers.push(Ok(response));
    }
    let (transport, log) = mock_transport(&clock, answers);
    let ready = clock
        .drive(client(transport, &clock).task(TASK.parse().unwrap()).ready())
        .unwrap();
    let mut largest = Largest::default();
    let download = ready.download().digest(false);
    let receipt = clock.drive(download.to_writer(&mut largest)).unwrap();
    assert_eq!((receipt.bytes, largest.1), (total, total));
    assert_eq!(largest.0, 64 << 10);
    assert_eq!(log.count(), 65);
}

/// A file that can be downloaded as often as one likes, and how many requests for it there were; `answer` makes each answer from the
/// request and its number.
fn served(
    clock: &ManualClock,
    answer: impl Fn(&Request, u32) -> Answer + Send + 'static,
) -> (ReadyExport, Arc<AtomicU32>) {
    let mut transport = MockTransport::new();
    let requests = Arc::new(AtomicU32::new(0));
    let sent = Arc::clone(&requests);
    transport.expect_send().returning(move |request| {
        if request.uri().path().ends_with("/export-tasks") {
            let list = format!(r#"{{"export_tasks":[{{"task_id":"{TASK}","status":"SUCCESS"}}]}}"#);
            return json(200, list);
        }
        answer(&request, sent.fetch_add(1, Ordering::SeqCst))
    });
    let task = client(transport, clock).task(TASK.parse().unwrap());
    (clock.drive(task.ready()).unwrap(), requests)
}

#[test]
fn a_server_that_always_breaks_off_uses_up_the_budget_of_retries() {
    // One byte of twenty, and nothing of the rest.
    let clock = clock();
    let (ready, requests) = served(&clock, |request, _| {
        match request.headers().contains_key("range") {
            true => mocked(206, Some("bytes 1-19/20"), body_of(vec![])),
            false => mocked(200, None, body_of(vec![Ok("0".into())])),
        }
    });
    let download = || {
        let outcome = clock.drive(ready.download().to_writer(&mut std::io::sink()));
        assert!(is_incomplete(&outcome.unwrap_err()));
        requests.swap(0, Ordering::SeqCst)
    };
    assert_eq!(download(), 6);
    let last = std::iter::repeat_with(download).take(60).last().unwrap();
    // What is left is one free continuation, and what the answers' heads have earned.
    assert!(last <= 3, "{last} requests");
}

#[test]
fn a_file_that_arrives_when_it_is_begun_again_gives_back_what_that_cost() {
    // Every other answer breaks off, and none can be continued.
    let clock = clock();
    let (ready, requests) = served(&clock, |_, number| {
        let frame = if number % 2 == 0 {
            "PK\u{3}"
        } else {
            "PK\u{3}\u{4}"
        };
        let body = body_of(vec![Ok(frame.into())]);
        Ok(answer(200, &[("content-length", "4")], body))
    });
    let directory = tempfile::tempdir().unwrap();
    // Five units each, of 500, and the two heads of each earn two.
    for number in 0..400 {
        let path = directory.path().join("x");
        let outcome = clock.drive(ready.download().overwrite(true).to_path(path));
        assert_eq!(outcome.unwrap().bytes, 4, "{number}");
    }
    assert_eq!(requests.load(Ordering::SeqCst), 800);
}
