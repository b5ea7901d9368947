//! A wait, look by look.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::task::{Context, Waker};
use std::time::Duration;

use common::{Answer, Log, TASK, client, clock, json, mock_transport, seconds};
use session_export::{WaitEvent, WaitPolicy};

fn list(status: &str) -> Answer {
    let rest = r#""file_name":"s.xlsx","error_code":"WKS.00211401","fail_reason":"Out of space.""#;
    json(
        200,
        format!(r#"{{"count":1,"export_tasks":[{{"task_id":"{TASK}","status":"{status}",{rest}}}]}}"#),
    )
}

fn none() -> Answer {
    json(200, r#"{"count":0,"export_tasks":[]}"#)
}

/// Not listed, neither among the tasks nor among the downloaded ones.
fn not_listed(times: usize) -> impl Iterator<Item = Answer> {
    (0..2 * times).map(|_| none())
}

fn steady() -> WaitPolicy {
    WaitPolicy::default()
        .first_pause(seconds(1))
        .longest_pause(seconds(1))
        .jitter(false)
}

/// What each look found, and the end.
fn events(policy: WaitPolicy, answers: impl IntoIterator<Item = Answer>) -> (Vec<String>, Log) {
    let clock = clock();
    let (transport, log) = mock_transport(&clock, answers);
    let mut watch = client(transport, &clock)
        .task(TASK.parse().unwrap())
        .watch(policy);
    let mut events = Vec::new();
    while let Some(event) = clock.drive(watch.next()) {
        events.push(match event {
            Ok(WaitEvent::InProgress {
                info, elapsed, polls, ..
            }) => {
                format!("{} {elapsed:?} {polls}", info.status.unwrap().as_str())
            }
            Ok(WaitEvent::NotListed { elapsed, polls, .. }) => format!("not listed {elapsed:?} {polls}"),
            Ok(WaitEvent::LookFailed {
                problem,
                elapsed,
                polls,
                ..
            }) => {
                format!("{problem} {elapsed:?} {polls}")
            }
            Ok(WaitEvent::Ready(ready)) => format!("ready {}", ready.task_id()),
            Ok(other) => format!("{other:?}"),
            Err(error) => error.to_string(),
        });
    }
    assert!(clock.drive(watch.next()).is_none());
    (events, log)
}

#[test]
fn each_look_is_told() {
    let answers = not_listed(1)
        .chain([list("CREATING"), json(503, ""), list("CREATING"), list("SUCCESS")])
        .collect::<Vec<_>>();
    let (events, _log) = events(steady(), answers);
    assert_eq!(
        events,
        [
            "not listed 0ns 1".to_owned(),
            "CREATING 1s 2".to_owned(),
            "list_tasks: HTTP 503 (Service Unavailable) 2s 3".to_owned(),
            "CREATING 3s 4".to_owned(),
            format!("ready {TASK}"),
        ]
    );
}

#[test]
fn a_task_that_vanishes_counts_as_gone_after_a_time_and_a_look_among_the_downloaded_ones() {
    let policy = steady().visibility(seconds(3));
    let answers: Vec<_> = [list("CREATING"), list("CREATING")]
        .into_iter()
        .chain(not_listed(2))
        .chain([list("CREATING")])
        .chain(not_listed(3))
        .collect();
    let (events, log) = events(policy, answers);
    assert_eq!(events.len(), 8);
    assert_eq!(events[4], "CREATING 4s 5");
    assert!(events[7].contains("does not list the task"), "{events:?}");
    assert!(log.lines().last().unwrap().contains("is_download=true"));
}

#[test]
fn a_wait_that_is_dropped_and_taken_up_goes_on_from_where_it_was() {
    let clock = clock();
    let (transport, log) = mock_transport(&clock, [list("CREATING"), list("SUCCESS")]);
    let mut watch = client(transport, &clock)
        .task(TASK.parse().unwrap())
        .watch(steady());
    clock.drive(watch.next()).unwrap().unwrap();
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..5 {
        let mut next = Box::pin(watch.next());
        assert!(next.as_mut().poll(&mut cx).is_pending());
        drop(next);
        clock.advance(Duration::from_millis(150));
    }
    let last = clock.drive(watch.next()).unwrap().unwrap();
    assert!(matches!(last, WaitEvent::Ready(_)));
    assert_eq!(log.times()[1], seconds(1), "the pause was not begun anew");
}

#[test]
fn a_watch_is_a_stream() {
    use futures_util::StreamExt;

    let clock = clock();
    let (transport, _log) = mock_transport(&clock, [list("CREATING"), list("SUCCESS")]);
    let watch = client(transport, &clock)
        .task(TASK.parse().unwrap())
        .watch(steady());
    let events: Vec<_> = clock.drive(watch.into_stream().collect());
    assert_eq!(events.len(), 2);
}
