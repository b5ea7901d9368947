//! What a client tells while it works: its pauses, and how far a download has come.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::sync::{Arc, Mutex};

use common::breaking::{Rig, TAG, as_it_is, file, part, untagged, whole};
use common::{
    Answer, PROJECT, TASK, TOKEN, clock, guarded, json, mock_transport, no_filter, seconds, static_token,
};
use futures_util::future::join;
use session_export::{
    Client, Download, DownloadProgress, Endpoint, Operation, Pause, PauseReason, RetryPolicy, TaskQuery,
    WaitPolicy,
};
use session_export_transport::test_util::ManualClock;

const EMPTY: &str = r#"{"count":0,"export_tasks":[]}"#;
const MINUTE: &str =
    r#"{"error_code":"APIGW.0308","error_msg":"policy user over ratelimit,limit:10,time:1 minute"}"#;

/// A client whose pauses do not vary, and what it tells of them.
fn listened(answers: impl IntoIterator<Item = Answer>) -> (Client, ManualClock, Arc<Mutex<Vec<Pause>>>) {
    let clock = clock();
    let (transport, _) = mock_transport(&clock, answers);
    let told = Arc::<Mutex<Vec<Pause>>>::default();
    let listener = Arc::clone(&told);
    let client = Client::builder(Endpoint::region("cn-north-4").unwrap(), PROJECT.parse().unwrap())
        .transport(transport)
        .authenticator(static_token())
        .clock(clock.clone())
        .retry_policy(RetryPolicy::default().jitter(false))
        .on_pause(move |pause| listener.lock().unwrap().push(pause.clone()))
        .build()
        .unwrap();
    (client, clock, told)
}

fn lengths(told: &Mutex<Vec<Pause>>) -> Vec<f64> {
    let told = told.lock().unwrap();
    told.iter().map(|pause| pause.length.as_secs_f64()).collect()
}

#[test]
fn a_call_that_is_made_again_says_why_it_pauses_and_how_long() {
    let echo = format!(r#"{{"error_code":"X.1","error_msg":"away, {TOKEN}"}}"#);
    let (client, clock, told) = listened([json(503, &echo), json(429, MINUTE), json(200, EMPTY)]);
    clock.drive(client.list_tasks(&TaskQuery::new())).unwrap();
    assert_eq!(lengths(&told), [0.5, 60.0]);
    let told = told.lock().unwrap();
    assert!(told.iter().all(|pause| pause.operation == Operation::ListTasks));
    let PauseReason::TryingAgain { problem } = &told[0].reason else {
        panic!("{:?}", told[0]);
    };
    assert!(problem.starts_with("list_tasks: HTTP 503 X.1"), "{problem}");
    assert!(!problem.contains(TOKEN), "{problem}");
    assert_eq!(told[1].reason, PauseReason::Throttled);
}

#[test]
fn a_call_that_another_ones_429_holds_back_says_so() {
    let (client, clock, told) = listened([json(429, MINUTE), json(200, EMPTY), json(200, EMPTY)]);
    let query = TaskQuery::new();
    let first = client.list_tasks(&query);
    // It comes while the window of the first one lasts.
    let second = async {
        use session_export::Clock;
        clock.sleep(seconds(10)).await;
        client.list_tasks(&query).await
    };
    let (first, second) = clock.drive(join(first, second));
    assert!(first.is_ok() && second.is_ok());
    let told = told.lock().unwrap();
    assert!(told.iter().all(|pause| pause.reason == PauseReason::Throttled));
    let lengths: Vec<_> = told.iter().map(|pause| pause.length.as_secs()).collect();
    assert_eq!(lengths, [60, 50]);
}

#[test]
fn the_looks_of_a_wait_are_no_pauses_but_being_held_back_is() {
    let creating = format!(r#"{{"count":1,"export_tasks":[{{"task_id":"{TASK}","status":"CREATING"}}]}}"#);
    let done = creating.replace("CREATING", "SUCCESS");
    let answers = [
        json(200, r#"{"task_id":"2b31ed5200000000ebedb6e570000000"}"#),
        json(200, &creating),
        json(429, MINUTE),
        json(200, &done),
    ];
    let (client, clock, told) = listened(answers);
    clock
        .drive(async {
            let task = client.export_sessions(no_filter()).submit().await?;
            task.wait(WaitPolicy::default().jitter(false)).await
        })
        .unwrap();
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].reason, PauseReason::Throttled);
    assert!((58..=60).contains(&told[0].length.as_secs()), "{told:?}");
}

/// Downloads and gives back what was told on the way.
async fn progress(rig: &Rig) -> Vec<DownloadProgress> {
    let told = Arc::<Mutex<Vec<DownloadProgress>>>::default();
    let listener = Arc::clone(&told);
    let outcome = rig
        .to_path(|download: Download| {
            as_it_is(download).on_progress(move |progress| listener.lock().unwrap().push(progress))
        })
        .await;
    rig.assert_whole(outcome);
    let told = told.lock().unwrap();
    told.clone()
}

#[tokio::test]
async fn a_download_tells_how_far_it_is_from_its_head_to_its_end() {
    let end = file().len();
    let rig = Rig::new([whole(TAG, end)]).await;
    let told = progress(&rig).await;
    let total = Some(end as u64);
    assert_eq!((told[0].bytes, told[0].total), (0, total));
    assert!(told.is_sorted_by_key(|progress| progress.bytes), "{told:?}");
    assert!(told.iter().all(|progress| progress.total == total), "{told:?}");
    assert_eq!(told.last().unwrap().bytes, end as u64);
    assert!(rig.pauses.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_download_that_is_continued_goes_on_and_one_that_is_begun_again_goes_back() {
    let end = file().len();
    let rig = Rig::new([whole(TAG, 1000), part(1000, end, end - 1000)]).await;
    let told = progress(&rig).await;
    assert!(told.is_sorted_by_key(|progress| progress.bytes), "{told:?}");
    let pauses = rig.pauses.lock().unwrap().clone();
    assert_eq!(pauses.len(), 1, "{pauses:?}");
    assert_eq!(pauses[0].operation, Operation::Download);
    assert!(
        matches!(pauses[0].reason, PauseReason::TryingAgain { .. }),
        "{pauses:?}"
    );

    let rig = Rig::new([untagged(1000), untagged(end)]).await;
    let told = progress(&rig).await;
    let back = told.windows(2).any(|pair| pair[1].bytes < pair[0].bytes);
    assert!(back && told.last().unwrap().bytes == end as u64, "{told:?}");
}

#[tokio::test]
async fn a_stream_tells_too() {
    let end = file().len();
    let rig = Rig::new([whole(TAG, end)]).await;
    let told = Arc::<Mutex<Vec<u64>>>::default();
    let listener = Arc::clone(&told);
    let download = rig
        .ready
        .download()
        .on_progress(move |progress| listener.lock().unwrap().push(progress.bytes));
    let mut stream = guarded(download.into_stream()).await.unwrap();
    while let Some(bytes) = guarded(stream.next()).await {
        bytes.unwrap();
    }
    assert_eq!(told.lock().unwrap().last(), Some(&(end as u64)));
}
