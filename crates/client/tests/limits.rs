//! Limits on single responses, and one deadline over everything, on a clock that a test moves.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::error::Error as StdError;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::{
    PROJECT, Silent, TASK, answer, client, client_with, clock, json, mock_transport, no_filter, paced,
    seconds, shown, static_token,
};
use session_export::{
    AuthError, Authenticate, Client, Clock, Delivery, Endpoint, Error, ErrorKind, Request, RetryPolicy,
    Spent, Stamp, TaskQuery, TransportErrorKind, WaitPolicy,
};
use session_export_transport::test_util::ManualClock;

fn spent(error: &Error) -> Spent {
    match error.kind() {
        ErrorKind::Deadline { spent, .. } => *spent,
        _ => panic!("{error:?}"),
    }
}

fn cause(error: &Error) -> &Error {
    error.source().unwrap().downcast_ref().unwrap()
}

fn is_timeout(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Transport {
            kind: TransportErrorKind::TimedOut,
            delivery: Delivery::Unknown,
            ..
        }
    )
}

/// An authenticator that takes its time.
#[derive(Debug)]
struct Slow(ManualClock, Duration);

#[async_trait]
impl Authenticate for Slow {
    async fn authenticate(&self, request: &mut Request, at: DateTime<Utc>) -> Result<Stamp, AuthError> {
        self.0.sleep(self.1).await;
        static_token().authenticate(request, at).await
    }

    async fn rejected(&self, _stamp: Stamp) -> bool {
        std::future::pending().await
    }
}

#[test]
fn a_head_that_does_not_come_ends_a_submit_with_an_unknown_outcome() {
    let (clock, silent) = (clock(), Silent::default());
    let submit = client(silent.clone(), &clock)
        .export_sessions(no_filter())
        .submit();
    let error = clock.drive(submit).unwrap_err();
    assert_eq!((clock.monotonic(), silent.count()), (seconds(40), 1));
    assert!(error.is_ambiguous() && is_timeout(cause(&error)), "{error:?}");
    let text = "export_sessions: the outcome is unknown, a task may have been created since 2024-02-27T03:47:51.182Z; \
                look for it before you submit again";
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_head_that_does_not_come_ends_a_read_with_a_time_out() {
    let (clock, silent) = (clock(), Silent::default());
    let error = clock
        .drive(client(silent.clone(), &clock).list_tasks(&TaskQuery::new()))
        .unwrap_err();
    // Four attempts of 40 s, and pauses of 0.5, 1 and 2 s that chance may halve.
    assert_eq!(silent.count(), 4);
    let pauses = clock.monotonic() - seconds(160);
    assert!(
        (1_750..=3_500).contains(&pauses.as_millis()),
        "{:?}",
        clock.monotonic()
    );
    assert!(is_timeout(&error) && error.is_transient(), "{error:?}");
}

#[test]
fn the_limit_on_a_head_can_be_set() {
    let clock = clock();
    let client = Client::builder(Endpoint::region("cn-north-4").unwrap(), PROJECT.parse().unwrap())
        .transport(Silent::default())
        .authenticator(static_token())
        .clock(clock.clone())
        .head_limit(seconds(7))
        .retry_policy(RetryPolicy::none())
        .build()
        .unwrap();
    assert!(is_timeout(
        &clock.drive(client.list_tasks(&TaskQuery::new())).unwrap_err()
    ));
    assert_eq!(clock.monotonic(), seconds(7));
}

#[test]
fn a_reply_may_take_long_but_not_stand_still() {
    let clock = clock();
    let parts = vec![
        (seconds(59), "{\"task_"),
        (seconds(59), "id\":"),
        (seconds(59), "\"t-1\"}"),
    ];
    let slow = Ok(answer(200, &[], paced(&clock, parts, true)));
    let (transport, _) = mock_transport(&clock, [slow]);
    let submit = client(transport, &clock).export_sessions(no_filter()).submit();
    assert_eq!(clock.drive(submit).unwrap().task_id().as_str(), "t-1");
    assert_eq!(clock.monotonic(), seconds(177));
}

#[test]
fn a_reply_that_stands_still_ends_after_the_idle_limit() {
    let clock = clock();
    let stalled = |clock: &ManualClock| Ok(answer(200, &[], paced(clock, vec![(seconds(10), "{")], false)));
    let (transport, _) = mock_transport(&clock, (0..5).map(|_| stalled(&clock)));
    let client = client(transport, &clock);
    let error = clock
        .drive(client.export_sessions(no_filter()).submit())
        .unwrap_err();
    assert!(error.is_ambiguous() && is_timeout(cause(&error)), "{error:?}");
    assert_eq!(clock.monotonic(), seconds(70));
    let error = clock.drive(client.list_tasks(&TaskQuery::new())).unwrap_err();
    assert!(is_timeout(&error), "{error:?}");
    // A read is tried four times.
    let pauses = clock.monotonic() - seconds(5 * 70);
    assert!(
        (1_750..=3_500).contains(&pauses.as_millis()),
        "{:?}",
        clock.monotonic()
    );
}

#[test]
fn a_deadline_in_flight_leaves_a_submit_open() {
    let (clock, silent) = (clock(), Silent::default());
    let submit = client(silent.clone(), &clock)
        .export_sessions(no_filter())
        .deadline(seconds(12))
        .submit();
    let error = clock.drive(submit).unwrap_err();
    assert_eq!((clock.monotonic(), silent.count()), (seconds(12), 1));
    assert!(error.is_ambiguous() && !error.is_deadline());
    let spent = spent(cause(&error));
    assert_eq!((spent.budget, spent.submit), (seconds(12), seconds(12)));
    assert_eq!(
        (spent.wait, spent.download, spent.other),
        (seconds(0), seconds(0), seconds(0))
    );
    assert!(shown(&error).contains("\nexport_sessions: the deadline of 12.0 s passed (submit 12.0 s)\n"));
}

#[test]
fn a_deadline_in_the_reply_leaves_a_submit_open() {
    let clock = clock();
    let stalled = Ok(answer(200, &[], paced(&clock, vec![], false)));
    let (transport, _) = mock_transport(&clock, [stalled]);
    let submit = client(transport, &clock)
        .export_sessions(no_filter())
        .deadline(seconds(5))
        .submit();
    let error = clock.drive(submit).unwrap_err();
    assert!(error.is_ambiguous() && cause(&error).is_deadline(), "{error:?}");
}

#[test]
fn a_deadline_that_passed_before_anything_was_sent_leaves_nothing_open() {
    let clock = clock();
    for wait in [3, 4] {
        // With 3 s the credential comes in the very moment in which the deadline passes.
        let silent = Silent::default();
        let client = client_with(silent.clone(), &clock, Slow(clock.clone(), seconds(wait)));
        let submit = client.export_sessions(no_filter()).deadline(seconds(3)).submit();
        let error = clock.drive(submit).unwrap_err();
        assert_eq!(silent.count(), 0);
        assert!(error.is_deadline() && !error.is_ambiguous(), "{wait}: {error:?}");
        assert_eq!(spent(&error).submit, seconds(3));
    }
}

#[test]
fn a_deadline_ends_reads_and_says_how_long_each_took() {
    let clock = clock();
    let task = r#"{"task_id":"t-1"}"#;
    let creating = r#"{"count":1,"export_tasks":[{"task_id":"t-1","status":"CREATING"}]}"#;
    let slow =
        |clock: &ManualClock, pause, text| Ok(answer(200, &[], paced(clock, vec![(pause, text)], true)));
    let answers = [
        slow(&clock, seconds(2), task),
        slow(&clock, seconds(1), r#"{"count":0,"export_tasks":[]}"#),
        slow(&clock, seconds(3), creating),
        slow(&clock, seconds(50), creating),
    ];
    let (transport, log) = mock_transport(&clock, answers);
    let error = clock.drive(async {
        let client = client(transport, &clock).with_deadline(seconds(20));
        let task = client.export_sessions(no_filter()).submit().await.unwrap();
        clock.advance(seconds(5));
        client.list_tasks(&TaskQuery::new()).await.unwrap();
        let policy = WaitPolicy::default()
            .first_pause(seconds(1))
            .longest_pause(seconds(1));
        task.wait(policy).await.unwrap_err()
    });
    assert_eq!((clock.monotonic(), log.count()), (seconds(20), 4));
    let found = spent(&error);
    assert_eq!((found.budget, found.submit), (seconds(20), seconds(2)));
    assert_eq!(
        (found.other, found.wait, found.download),
        (seconds(1), seconds(12), seconds(0))
    );
    assert_eq!(
        error.to_string(),
        "list_tasks: the deadline of 20.0 s passed (submit 2.0 s, wait 12.0 s, other calls 1.0 s)"
    );
}

#[test]
fn a_deadline_that_has_passed_sends_nothing_more() {
    let (clock, silent) = (clock(), Silent::default());
    let client = client(silent.clone(), &clock).with_deadline(seconds(2));
    clock.advance(seconds(2));
    let task = client.task(TASK.parse().unwrap());
    assert!(
        clock
            .drive(client.list_tasks(&TaskQuery::new()))
            .unwrap_err()
            .is_deadline()
    );
    assert!(
        clock
            .drive(task.wait(WaitPolicy::default()))
            .unwrap_err()
            .is_deadline()
    );
    let error = clock
        .drive(client.export_sessions(no_filter()).submit())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "export_sessions: the deadline of 2.0 s passed (nothing was done)"
    );
    assert_eq!(silent.count(), 0);
}

#[test]
fn a_deadline_of_a_clone_does_not_bind_the_original() {
    let clock = clock();
    let empty = || json(200, r#"{"count":0,"export_tasks":[]}"#);
    let (transport, _) = mock_transport(&clock, [empty(), empty()]);
    clock.advance(seconds(1));
    let client = client(transport, &clock);
    let (hurried, free) = (
        client.with_deadline(seconds(1)),
        client.with_deadline(Duration::MAX),
    );
    clock.advance(seconds(2));
    assert!(
        clock
            .drive(hurried.list_tasks(&TaskQuery::new()))
            .unwrap_err()
            .is_deadline()
    );
    clock.drive(free.list_tasks(&TaskQuery::new())).unwrap();
    clock.drive(client.list_tasks(&TaskQuery::new())).unwrap();
}

#[test]
fn an_authenticator_that_ponders_a_rejection_for_ever_is_left() {
    let clock = clock();
    let (transport, log) = mock_transport(&clock, [json(401, r#"{"error_code":"APIGW.0301"}"#)]);
    let client = client_with(transport, &clock, Slow(clock.clone(), seconds(0)));
    let error = clock.drive(client.list_tasks(&TaskQuery::new())).unwrap_err();
    assert!(error.is_unauthenticated(), "{error:?}");
    assert_eq!((log.count(), clock.monotonic()), (1, seconds(40)));
}
