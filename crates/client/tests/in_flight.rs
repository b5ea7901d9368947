//! A limit on how many exports are under way at once: who has a place, until when, and who waits.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::future::Future;
use std::task::{Context, Poll, Waker};

use common::{Answer, Log, PROJECT, answer, clock, json, mock_transport, no_filter, seconds, static_token};
use session_export::{Client, ClientBuilder, Endpoint, Error, ErrorKind, WaitPolicy};
use session_export_transport::test_util::{ManualClock, MockTransport};

const CREATED: &str = r#"{"task_id":"t-1"}"#;

fn builder(transport: MockTransport, clock: &ManualClock) -> ClientBuilder {
    Client::builder(Endpoint::region("cn-north-4").unwrap(), PROJECT.parse().unwrap())
        .transport(transport)
        .authenticator(static_token())
        .clock(clock.clone())
}

fn limited(limit: usize, answers: impl IntoIterator<Item = Answer>) -> (Client, ManualClock, Log) {
    let clock = clock();
    let (transport, log) = mock_transport(&clock, answers);
    let client = builder(transport, &clock)
        .exports_in_flight(limit)
        .build()
        .unwrap();
    (client, clock, log)
}

fn waits<T>(future: impl Future<Output = T>) -> bool {
    let mut future = Box::pin(future);
    let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    matches!(polled, Poll::Pending)
}

#[test]
fn an_export_has_its_place_until_its_file_is_there_or_it_is_dropped() {
    let task = |status: &str| {
        json(
            200,
            format!(r#"{{"count":1,"export_tasks":[{{"task_id":"t-1","status":"{status}"}}]}}"#),
        )
    };
    let file = || Ok(answer(200, &[("content-length", "4")], "PK\x03\x04"));
    let answers = [
        json(200, CREATED),
        json(200, CREATED),
        task("SUCCESS"),
        file(),
        json(200, CREATED),
        task("FAIL"),
        json(200, CREATED),
    ];
    let (client, clock, log) = limited(1, answers);
    let submit = || client.export_sessions(no_filter()).submit();
    // Dropped.
    let first = clock.drive(submit()).unwrap();
    let copy = first.clone();
    assert!(waits(submit()));
    drop(first);
    assert!(waits(submit()), "a copy of the handle is left");
    drop(copy);
    // Downloaded.
    let second = clock.drive(submit()).unwrap();
    let ready = clock.drive(second.ready()).unwrap();
    assert!(waits(submit()));
    clock.drive(ready.download().to_writer(&mut Vec::new())).unwrap();
    // Failed.
    let third = clock.drive(submit()).unwrap();
    assert!(waits(submit()));
    assert!(clock.drive(third.wait(WaitPolicy::default())).is_err());
    clock.drive(submit()).unwrap();
    assert_eq!(log.count(), 7);
    drop((second, ready, third));
}

#[test]
fn a_task_that_is_not_listed_yet_keeps_its_place() {
    let none = || json(200, r#"{"count":0,"export_tasks":[]}"#);
    // A look asks for the tasks that were downloaded, too.
    let (client, clock, log) = limited(1, [json(200, CREATED), none(), none()]);
    let submit = || client.export_sessions(no_filter()).submit();
    let task = clock.drive(submit()).unwrap();
    let error = clock.drive(task.check()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Task(_)), "{error:?}");
    assert!(waits(submit()));
    assert_eq!(log.count(), 3);
}

#[test]
fn a_submit_that_fails_gives_its_place_back() {
    let (client, clock, _) = limited(1, [json(400, ""), json(503, ""), json(200, CREATED)]);
    let submit = || client.export_sessions(no_filter()).submit();
    assert!(clock.drive(submit()).is_err());
    assert!(clock.drive(submit()).unwrap_err().is_ambiguous());
    assert!(clock.drive(submit()).is_ok());
}

#[test]
fn the_deadline_ends_the_wait_for_a_place_and_its_time_is_the_submits() {
    let (client, clock, log) = limited(1, [json(200, CREATED)]);
    let submit = || client.export_sessions(no_filter());
    let _held = clock.drive(submit().submit()).unwrap();
    let error = clock.drive(submit().deadline(seconds(5)).submit()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "export_sessions: the deadline of 5.0 s passed (submit 5.0 s)"
    );
    assert_eq!((log.count(), clock.timers()), (1, 0));
}

#[test]
fn a_limit_of_nothing_is_refused() {
    let error: Error = builder(MockTransport::new(), &clock())
        .exports_in_flight(0)
        .build()
        .unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Configuration { .. }),
        "{error:?}"
    );
}
