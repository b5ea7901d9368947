//! Waiting for a task, on a clock that jumps from look to look.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::error::Error as StdError;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use common::{
    Answer, Log, PROJECT, TASK, answer, broken, client, clock, json, mock_transport, paced, seconds,
};
use session_export::{
    Client, Clock, Delivery, Error, ErrorKind, ReadyExport, TaskFailure, TaskRef, TaskState,
    TransportErrorKind, WaitPolicy,
};
use session_export_transport::test_util::ManualClock;

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

struct Waited {
    outcome: Result<ReadyExport, Error>,
    log: Log,
    clock: ManualClock,
}

fn wait(policy: WaitPolicy, answers: impl IntoIterator<Item = Answer>) -> Waited {
    wait_with(policy, answers, Client::clone)
}

fn wait_with(
    policy: WaitPolicy,
    answers: impl IntoIterator<Item = Answer>,
    change: impl FnOnce(&Client) -> Client,
) -> Waited {
    let clock = clock();
    let (transport, log) = mock_transport(&clock, answers);
    // The time before a wait is not its business.
    clock.advance(seconds(1000));
    let task = change(&client(transport, &clock)).task(TASK.parse().unwrap());
    let outcome = clock.drive(task.wait(policy));
    Waited { outcome, log, clock }
}

impl Waited {
    fn elapsed(&self) -> Duration {
        self.clock.monotonic() - seconds(1000)
    }

    fn error(self) -> Error {
        self.outcome.unwrap_err()
    }

    fn pauses(&self) -> Vec<Duration> {
        let times = self.log.times();
        times.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }
}

fn steady() -> WaitPolicy {
    WaitPolicy::default()
        .first_pause(seconds(1))
        .longest_pause(seconds(1))
        .jitter(false)
}

fn failure(error: &Error) -> &TaskFailure {
    match error.kind() {
        ErrorKind::Task(failure) => failure,
        _ => panic!("{error:?}"),
    }
}

#[test]
fn it_looks_at_once_and_ends_with_the_file() {
    let waited = wait(WaitPolicy::default(), [list("SUCCESS")]);
    assert_eq!(waited.elapsed(), Duration::ZERO);
    let url = format!(
        "GET https://workspace.cn-north-4.myhuaweicloud.com/v2/{PROJECT}/export-tasks?task_id={TASK}"
    );
    assert_eq!(waited.log.lines(), [url]);
    let ready = waited.outcome.unwrap();
    assert_eq!(ready.task_id().as_str(), TASK);
    assert_eq!(ready.file_name().unwrap().as_str(), "s.xlsx");
}

#[test]
fn the_pauses_grow_up_to_a_cap() {
    let creating = (0..14).map(|_| list("CREATING"));
    let waited = wait(WaitPolicy::default(), creating.chain([list("SUCCESS")]));
    let pauses = waited.pauses();
    assert_eq!(pauses.len(), 14);
    let mut longest = 0.5_f64;
    for pause in &pauses {
        let (seconds, longest_now) = (pause.as_secs_f64(), longest.min(15.0));
        assert!(
            seconds >= longest_now / 2.0 - 0.001 && seconds <= longest_now + 0.001,
            "{pauses:?}"
        );
        longest *= 1.5;
    }
    // At the cap too, chance keeps clients from looking in step.
    assert!(pauses[12] != pauses[13] && pauses[13] >= seconds(7), "{pauses:?}");
    assert!(waited.outcome.is_ok());
}

#[test]
fn an_old_task_is_looked_at_less_often() {
    let even = || WaitPolicy::default().jitter(false);
    let millis = |waited: Waited| {
        waited
            .pauses()
            .iter()
            .map(Duration::as_millis)
            .collect::<Vec<_>>()
    };
    let five = || (0..5).map(|_| list("CREATING")).chain([list("SUCCESS")]);

    // By the reference that the process before this one left: submitted 20 s ago.
    let clock = clock();
    let (transport, log) = mock_transport(&clock, five());
    let submitted_at = clock.now() - chrono::TimeDelta::seconds(20);
    let task = TaskRef::new(
        PROJECT.parse().unwrap(),
        TASK.parse().unwrap(),
        Some(submitted_at),
    );
    let task = client(transport, &clock).resume(task).unwrap();
    let outcome = clock.drive(task.wait(even()));
    let waited = Waited { outcome, log, clock };
    assert_eq!(millis(waited), [5000, 7500, 11_250, 15_000, 15_000]);

    // By what the export centre says, if there is only an id. A time to come says nothing.
    for (created, expected) in [
        ("2024-02-27T03:00:00Z", [15_000; 5]),
        ("2024-02-27T04:04:23.182Z", [2000, 3000, 4500, 6750, 10_125]),
        ("2024-02-27T05:00:00Z", [500, 750, 1125, 1687, 2531]),
        ("yesterday", [500, 750, 1125, 1687, 2531]),
    ] {
        let dated = |status: &str| {
            let task = format!(r#"{{"task_id":"{TASK}","status":"{status}","create_time":"{created}"}}"#);
            json(200, format!(r#"{{"export_tasks":[{task}]}}"#))
        };
        let answers = (0..5).map(|_| dated("CREATING")).chain([dated("SUCCESS")]);
        assert_eq!(millis(wait(even(), answers)), expected, "{created}");
    }
}

#[test]
fn the_pauses_can_be_set() {
    let waited = wait(
        steady(),
        (0..5).map(|_| list("CREATING")).chain([list("SUCCESS")]),
    );
    assert_eq!(waited.pauses(), [seconds(1); 5]);
    // A pause of nothing is a short one, not the end of the wait.
    let hasty = WaitPolicy::default().first_pause(Duration::ZERO);
    let waited = wait(hasty, [list("CREATING"), list("CREATING"), list("SUCCESS")]);
    assert!(waited.pauses().iter().all(|pause| !pause.is_zero()));
    assert!(waited.outcome.is_ok());
}

#[test]
fn a_look_that_fails_for_a_passing_reason_does_not_end_it() {
    let failures = [408, 429, 500, 502, 503, 504]
        .map(|status| json(status, ""))
        .into_iter();
    let resets = [TransportErrorKind::Closed, TransportErrorKind::Protocol]
        .map(|kind| broken(kind, Delivery::Unknown))
        .into_iter();
    let unreachable = [broken(TransportErrorKind::Connect, Delivery::NotSent)];
    let answers = failures.chain(resets).chain(unreachable).chain([list("SUCCESS")]);
    let waited = wait(steady(), answers);
    assert_eq!(waited.log.count(), 10);
    assert!(waited.outcome.is_ok());
}

#[test]
fn a_look_that_fails_for_good_ends_it() {
    for (answer, kind) in [
        (json(403, ""), "service"),
        (json(401, ""), "service"),
        (json(404, ""), "service"),
        (json(302, ""), "service"),
        (json(200, r#"{"error_code":"WKS.00010109"}"#), "service"),
        (json(200, "<html>"), "decode"),
    ] {
        let waited = wait(steady(), [list("CREATING"), answer]);
        assert_eq!((waited.log.count(), waited.elapsed()), (2, seconds(1)));
        assert_eq!(waited.error().kind().as_str(), kind);
    }
}

#[test]
fn a_task_that_is_not_listed_is_looked_for_among_the_downloaded_ones() {
    let waited = wait(steady(), [none(), list("SUCCESS")]);
    let queries: Vec<_> = waited
        .log
        .requests()
        .iter()
        .map(|sent| sent.uri().query().unwrap().to_owned())
        .collect();
    assert_eq!(
        queries,
        [
            format!("task_id={TASK}"),
            format!("task_id={TASK}&is_download=true")
        ]
    );
    assert!(waited.outcome.is_ok());
}

#[test]
fn a_server_that_lists_other_tasks_does_not_pass_them_off() {
    let other = || {
        json(
            200,
            r#"{"count":1,"export_tasks":[{"task_id":"other","status":"SUCCESS"}]}"#,
        )
    };
    let waited = wait(steady(), [other(), other(), list("CREATING"), list("SUCCESS")]);
    assert_eq!(waited.elapsed(), seconds(2));
    assert_eq!(waited.outcome.unwrap().task_id().as_str(), TASK);
}

#[test]
fn a_task_that_is_never_listed_is_gone_after_the_time_for_visibility() {
    let waited = wait(steady(), not_listed(31));
    assert_eq!(waited.elapsed(), seconds(30));
    let error = waited.error();
    assert_eq!(failure(&error), &TaskFailure::Gone);
    assert!(!error.is_transient());
    let waited = wait(steady().visibility(seconds(2)), not_listed(3));
    assert_eq!(failure(&waited.error()), &TaskFailure::Gone);
    let waited = wait(steady().visibility(Duration::ZERO), not_listed(1));
    assert_eq!(failure(&waited.error()), &TaskFailure::Gone);
}

#[test]
fn the_time_for_visibility_counts_from_when_it_was_last_listed() {
    let listed = || (0..40).map(|_| list("CREATING"));
    let waited = wait(steady(), listed().chain(not_listed(1)).chain([list("SUCCESS")]));
    assert!(waited.outcome.is_ok(), "{:?}", waited.outcome);
    let waited = wait(steady(), listed().chain(not_listed(30)));
    assert_eq!(waited.elapsed(), seconds(69));
    assert_eq!(failure(&waited.error()), &TaskFailure::Gone);
}

#[test]
fn a_task_that_fails_or_expires_ends_it_with_that() {
    let error = wait(steady(), [list("CREATING"), list("FAIL")]).error();
    assert!(
        matches!(failure(&error), TaskFailure::Failed { code, reason, .. }
            if code.as_deref() == Some("WKS.00211401") && reason.as_deref() == Some("Out of space.")),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        "list_tasks: the export task failed with WKS.00211401: Out of space."
    );
    let error = wait(steady(), [list("EXPIRED")]).error();
    assert_eq!(failure(&error), &TaskFailure::Expired);
}

#[test]
fn a_status_that_is_new_or_absent_is_waited_out() {
    let absent = json(200, format!(r#"{{"export_tasks":[{{"task_id":"{TASK}"}}]}}"#));
    let waited = wait(
        steady(),
        [list("QUEUED"), absent, list("success"), list("SUCCESS")],
    );
    assert_eq!(waited.log.count(), 4);
    assert!(waited.outcome.is_ok());
}

#[test]
fn its_limit_ends_it_after_a_last_look() {
    let policy = WaitPolicy::default()
        .first_pause(seconds(4))
        .longest_pause(seconds(4))
        .jitter(false)
        .limit(seconds(10));
    let waited = wait(policy.clone(), (0..4).map(|_| list("CREATING")));
    assert_eq!(waited.pauses(), [seconds(4), seconds(4), seconds(2)]);
    let error = waited.error();
    assert!(error.is_deadline() && error.source().is_none());
    assert_eq!(
        error.to_string(),
        "list_tasks: the deadline of 10.0 s passed (wait 10.0 s)"
    );

    let answers = [
        list("CREATING"),
        json(503, ""),
        json(502, ""),
        json(504, "planted"),
    ];
    let error = wait(policy.clone(), answers).error();
    assert!(error.is_deadline());
    assert_eq!(
        error.source().unwrap().to_string(),
        "list_tasks: HTTP 504 (Gateway Timeout)"
    );
    assert_eq!(error.service().unwrap().status, 504);

    let answers = [json(503, ""), json(503, ""), json(503, ""), list("CREATING")];
    assert!(
        wait(policy, answers).error().source().is_none(),
        "the last look did not fail"
    );
}

#[test]
fn a_limit_of_nothing_is_one_look() {
    assert!(
        wait(steady().limit(Duration::ZERO), [list("SUCCESS")])
            .outcome
            .is_ok()
    );
    let waited = wait(steady().limit(Duration::ZERO), [list("CREATING")]);
    assert_eq!(waited.elapsed(), Duration::ZERO);
    assert!(waited.error().is_deadline());
}

#[test]
fn the_clients_deadline_ends_it_with_the_last_failure() {
    let budget = |client: &Client| client.with_deadline(Duration::from_millis(2500));
    let waited = wait_with(
        steady(),
        [list("CREATING"), list("CREATING"), json(503, "")],
        budget,
    );
    assert_eq!(waited.elapsed(), Duration::from_millis(2500));
    let error = waited.error();
    assert_eq!(
        error.to_string(),
        "list_tasks: the deadline of 2.5 s passed (wait 2.5 s)"
    );
    assert_eq!(
        error.source().unwrap().to_string(),
        "list_tasks: HTTP 503 (Service Unavailable)"
    );
}

#[test]
fn a_deadline_in_the_middle_of_a_look_keeps_the_last_failure() {
    let never = Ok(answer(200, &[], paced(&clock(), vec![], false)));
    let budget = |client: &Client| client.with_deadline(Duration::from_millis(1500));
    let waited = wait_with(steady(), [json(503, ""), never], budget);
    assert_eq!(waited.elapsed(), Duration::from_millis(1500));
    let error = waited.error();
    assert!(error.is_deadline(), "{error:?}");
    assert_eq!(
        error.source().unwrap().to_string(),
        "list_tasks: HTTP 503 (Service Unavailable)"
    );
}

#[test]
fn one_look_says_where_the_task_stands() {
    let clock = clock();
    let answers = [
        list("CREATING"),
        list("CREATING"),
        none(),
        none(),
        list("SUCCESS"),
        list("SUCCESS"),
    ];
    let (transport, _) = mock_transport(&clock, answers);
    let task = client(transport, &clock).task(TASK.parse().unwrap());
    assert!(
        matches!(clock.drive(task.check()).unwrap(), TaskState::InProgress(info) if info.file_name.is_some())
    );
    let error = clock.drive(task.ready()).unwrap_err();
    assert_eq!(failure(&error), &TaskFailure::NotReady);
    assert_eq!(
        failure(&clock.drive(task.check()).unwrap_err()),
        &TaskFailure::Gone
    );
    assert!(matches!(clock.drive(task.check()).unwrap(), TaskState::Ready(_)));
    assert_eq!(
        clock.drive(task.ready()).unwrap().info().file_name.as_deref(),
        Some("s.xlsx")
    );
    assert_eq!(clock.monotonic(), Duration::ZERO);
}

#[test]
fn a_wait_that_was_dropped_can_be_taken_up_again() {
    let clock = clock();
    let (transport, log) = mock_transport(&clock, [list("CREATING"), list("SUCCESS")]);
    let task = client(transport, &clock).task(TASK.parse().unwrap());
    {
        let mut dropped = Box::pin(task.wait(steady()));
        let polled = dropped.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Pending));
    }
    assert_eq!((log.count(), clock.timers()), (1, 0));
    assert!(clock.drive(task.wait(steady())).is_ok());
}

#[test]
fn its_limit_cuts_a_look_in_flight() {
    let never = Ok(answer(200, &[], paced(&clock(), vec![], false)));
    let waited = wait(steady().limit(seconds(1)), [never]);
    assert_eq!(waited.elapsed(), seconds(2));
    assert!(waited.error().is_deadline());
}

#[test]
fn looks_that_only_fail_end_it_and_a_certificate_does_so_at_once() {
    let refused = || broken(TransportErrorKind::Connect, Delivery::NotSent);
    let waited = wait(steady().outage(seconds(5)), (0..6).map(|_| refused()));
    assert!(
        waited.elapsed() >= seconds(5) && waited.elapsed() <= seconds(6),
        "{:?}",
        waited.elapsed()
    );
    assert_eq!(waited.error().to_string(), "list_tasks: not sent");
    // One that succeeds begins the count anew.
    let answers = (0..4)
        .map(|_| refused())
        .chain([list("CREATING")])
        .chain((0..4).map(|_| refused()));
    let waited = wait(steady().outage(seconds(5)), answers.chain([list("SUCCESS")]));
    assert!(waited.outcome.is_ok());

    let untrusted = broken(TransportErrorKind::Tls, Delivery::NotSent);
    let waited = wait(WaitPolicy::default(), [untrusted]);
    assert_eq!((waited.elapsed(), waited.log.count()), (Duration::ZERO, 1));
    assert!(waited.outcome.is_err());
}
