//! Calls that are made again: how often, when, and what holds them back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::{
    Answer, Log, PROJECT, TASK, answer, broken, client, client_with, clock, json, mock_transport, no_filter,
    seconds, shown, static_token,
};
use futures_util::future::join;
use session_export::{
    AuthError, AuthErrorKind, Authenticate, Client, ClientBuilder, Clock, Delivery, Endpoint, ErrorKind,
    Request, RetryPolicy, Stamp, TaskIds, TaskQuery, TransportErrorKind, WaitPolicy,
};
use session_export_transport::test_util::{ManualClock, MockTransport};

const EMPTY: &str = r#"{"count":0,"export_tasks":[]}"#;
const CREATED: &str = r#"{"task_id":"t-1"}"#;
const MINUTE: &str =
    r#"{"error_code":"APIGW.0308","error_msg":"policy user over ratelimit,limit:10,time:1 minute"}"#;

fn steady() -> RetryPolicy {
    RetryPolicy::default().jitter(false)
}

fn builder(transport: MockTransport, clock: &ManualClock) -> ClientBuilder {
    Client::builder(Endpoint::region("cn-north-4").unwrap(), PROJECT.parse().unwrap())
        .transport(transport)
        .authenticator(static_token())
        .clock(clock.clone())
}

/// A client whose pauses do not vary, and what it sends.
fn calm(answers: impl IntoIterator<Item = Answer>) -> (Client, ManualClock, Log) {
    let clock = clock();
    let (transport, log) = mock_transport(&clock, answers);
    let client = builder(transport, &clock).retry_policy(steady()).build().unwrap();
    (client, clock, log)
}

fn times(log: &Log) -> Vec<f64> {
    log.times().iter().map(Duration::as_secs_f64).collect()
}

fn away() -> Answer {
    json(503, "")
}

fn reset() -> Answer {
    broken(TransportErrorKind::Closed, Delivery::Unknown)
}

fn refused() -> Answer {
    broken(TransportErrorKind::Connect, Delivery::NotSent)
}

#[test]
fn a_read_is_made_again_after_pauses_that_grow() {
    let (client, clock, log) = calm([away(), reset(), refused(), json(200, EMPTY)]);
    clock.drive(client.list_tasks(&TaskQuery::new())).unwrap();
    assert_eq!(times(&log), [0.0, 0.5, 1.5, 3.5]);
    let (client, clock, log) = calm([reset(), json(200, "")]);
    let tasks = TaskIds::new([TASK.parse().unwrap()]).unwrap();
    clock.drive(client.delete_tasks(&tasks)).unwrap();
    assert_eq!(log.count(), 2);
}

#[test]
fn calls_that_fail_together_do_not_come_back_together() {
    let clock = clock();
    let (transport, log) = mock_transport(&clock, [away(), away(), json(200, EMPTY), json(200, EMPTY)]);
    let client = client(transport, &clock);
    let query = TaskQuery::new();
    let both = join(client.list_tasks(&query), client.list_tasks(&query));
    let (first, second) = clock.drive(both);
    assert!(first.is_ok() && second.is_ok());
    let times = log.times();
    assert!(times[2] != times[3], "{times:?}");
}

#[test]
fn a_policy_says_how_often_and_none_is_once() {
    for (policy, attempts) in [
        (RetryPolicy::none(), 1),
        (steady().attempts(2), 2),
        (steady().attempts(7), 7),
    ] {
        let clock = clock();
        let (transport, log) = mock_transport(&clock, (0..attempts).map(|_| away()));
        let client = builder(transport, &clock).retry_policy(policy).build().unwrap();
        assert!(clock.drive(client.list_tasks(&TaskQuery::new())).is_err());
        assert_eq!(log.count(), attempts);
    }
}

#[test]
fn a_submit_is_made_again_only_where_it_was_certainly_not_taken() {
    let rejected = json(503, r#"{"error_code":"APIGW.0613"}"#);
    let (client, clock, log) = calm([refused(), rejected, json(429, ""), json(200, CREATED)]);
    clock.drive(client.export_sessions(no_filter()).submit()).unwrap();
    assert_eq!(times(&log), [0.0, 0.5, 1.5, 3.5]);
    for last in [
        away(),
        reset(),
        broken(TransportErrorKind::Tls, Delivery::Unknown),
    ] {
        let (client, clock, log) = calm([refused(), last]);
        let error = clock
            .drive(client.export_sessions(no_filter()).submit())
            .unwrap_err();
        assert_eq!(log.count(), 2);
        let ErrorKind::Ambiguous { started_at, .. } = error.kind() else {
            panic!("{error:?}");
        };
        // The attempt that may have done it began after the first pause.
        let expected: DateTime<Utc> = "2024-02-27T03:47:51.682Z".parse().unwrap();
        assert_eq!(*started_at, expected);
    }
}

#[test]
fn a_download_starts_again_until_its_head_has_come() {
    let body = || answer(200, &[("content-length", "4")], "PK\x03\x04");
    let listed = format!(r#"{{"count":1,"export_tasks":[{{"task_id":"{TASK}","status":"SUCCESS"}}]}}"#);
    let (client, clock, log) = calm([json(200, listed), away(), reset(), Ok(body())]);
    clock.drive(async {
        let ready = client.task(TASK.parse().unwrap()).ready().await.unwrap();
        let receipt = ready.download().to_writer(&mut Vec::new()).await.unwrap();
        assert_eq!(receipt.bytes, 4);
    });
    assert_eq!(times(&log), [0.0, 0.0, 0.5, 1.5]);
}

fn hinted(status: u16, headers: &[(&'static str, &str)], body: &'static str) -> Answer {
    Ok(answer(status, headers, body))
}

#[test]
fn a_hint_is_followed_where_it_is_longer_than_the_pause() {
    let date = ("date", "Tue, 27 Feb 2024 03:47:51 GMT");
    for (first, second_at) in [
        (hinted(503, &[("retry-after", "7")], ""), 7.0),
        // The longest that is followed.
        (hinted(503, &[("retry-after", "300")], ""), 300.0),
        (
            hinted(503, &[date, ("retry-after", "Tue, 27 Feb 2024 03:48:00 GMT")], ""),
            9.0,
        ),
        (hinted(429, &[], MINUTE), 60.0),
        (hinted(429, &[("retry-after", "90")], MINUTE), 90.0),
        (hinted(503, &[("retry-after", "0")], ""), 0.5),
        // A text with a window that is no throttling.
        (hinted(503, &[], MINUTE), 0.5),
    ] {
        let (client, clock, log) = calm([first, json(200, EMPTY)]);
        clock.drive(client.list_tasks(&TaskQuery::new())).unwrap();
        assert_eq!(times(&log), [0.0, second_at]);
    }
}

#[test]
fn a_hint_that_is_too_long_ends_the_call_at_once_and_is_told() {
    let (client, clock, _) = calm([hinted(429, &[], MINUTE)]);
    let client = client.with_deadline(seconds(60));
    let error = clock.drive(client.list_tasks(&TaskQuery::new())).unwrap_err();
    assert_eq!(clock.monotonic(), Duration::ZERO);
    assert_eq!(
        error.to_string(),
        "list_tasks: HTTP 429 APIGW.0308: policy user over ratelimit,limit:10,time:1 minute; it asks to wait 60 s"
    );
    assert_eq!(error.service().unwrap().retry_after, Some(seconds(60)));

    let (client, clock, _) = calm([hinted(503, &[("retry-after", "301")], "")]);
    let error = clock.drive(client.list_tasks(&TaskQuery::new())).unwrap_err();
    assert!(error.to_string().ends_with("; it asks to wait 301 s"), "{error}");
    assert_eq!(clock.monotonic(), Duration::ZERO);

    let clock = common::clock();
    let (transport, _) = mock_transport(&clock, [hinted(503, &[("retry-after", "6")], "")]);
    let policy = steady().longest_hint(seconds(5));
    let client = builder(transport, &clock).retry_policy(policy).build().unwrap();
    clock.drive(client.list_tasks(&TaskQuery::new())).unwrap_err();
    assert_eq!(clock.monotonic(), Duration::ZERO);
}

#[test]
fn a_pause_that_would_outlast_the_deadline_is_not_begun_and_one_that_was_made_is_booked() {
    let (client, clock, log) = calm([away(), away(), away()]);
    let client = client.with_deadline(Duration::from_millis(3_500));
    let error = clock.drive(client.list_tasks(&TaskQuery::new())).unwrap_err();
    assert_eq!(error.service().unwrap().status, 503);
    assert_eq!(times(&log), [0.0, 0.5, 1.5]);
    clock.advance(seconds(2));
    let error = clock.drive(client.list_tasks(&TaskQuery::new())).unwrap_err();
    let text = "list_tasks: the deadline of 3.5 s passed (other calls 1.5 s)";
    assert_eq!(error.to_string(), text);
}

#[derive(Debug, Default)]
struct Counting(Arc<AtomicUsize>);

#[async_trait]
impl Authenticate for Counting {
    async fn authenticate(&self, request: &mut Request, at: DateTime<Utc>) -> Result<Stamp, AuthError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        request
            .headers_mut()
            .insert("x-at", at.to_rfc3339().parse().unwrap());
        Ok(Stamp::new(1))
    }

    async fn rejected(&self, _stamp: Stamp) -> bool {
        true
    }
}

#[test]
fn each_attempt_is_authenticated_anew_and_a_401_is_renewed_once_in_all() {
    let clock = clock();
    let answers = [json(401, ""), away(), refused(), json(401, "")];
    let (transport, log) = mock_transport(&clock, answers);
    let counting = Counting::default();
    let count = Arc::clone(&counting.0);
    let client = client_with(transport, &clock, counting);
    let error = clock.drive(client.list_tasks(&TaskQuery::new())).unwrap_err();
    assert!(error.is_unauthenticated());
    assert_eq!(count.load(Ordering::SeqCst), 4);
    let signed: Vec<_> = log
        .requests()
        .iter()
        .map(|sent| sent.headers()["x-at"].clone())
        .collect();
    assert!(
        signed[0] == signed[1] && signed[1] != signed[2] && signed[2] != signed[3],
        "{signed:?}"
    );
}

/// Says after a 401 that there is another credential, and has the same one, which is held back.
#[derive(Debug, Default)]
struct SameAgain(AtomicUsize);

#[async_trait]
impl Authenticate for SameAgain {
    async fn authenticate(&self, _request: &mut Request, _at: DateTime<Utc>) -> Result<Stamp, AuthError> {
        match self.0.fetch_add(1, Ordering::SeqCst) {
            0 => Ok(Stamp::new(1)),
            _ => Err(AuthError::new(AuthErrorKind::Rejected)),
        }
    }

    async fn rejected(&self, _stamp: Stamp) -> bool {
        true
    }
}

#[test]
fn after_a_401_the_last_answer_counts_and_where_there_is_none_the_401() {
    let clock = clock();
    let (transport, _) = mock_transport(&clock, [json(401, "")]);
    let client = client_with(transport, &clock, SameAgain::default());
    let error = clock.drive(client.list_tasks(&TaskQuery::new())).unwrap_err();
    assert_eq!(error.service().unwrap().status, 401, "{error:?}");

    let (transport, _) = mock_transport(&clock, [json(401, ""), json(403, "")]);
    let client = client_with(transport, &clock, Counting::default());
    let error = clock.drive(client.list_tasks(&TaskQuery::new())).unwrap_err();
    assert_eq!(error.service().unwrap().status, 403, "{error:?}");
}

#[test]
fn a_dead_service_is_not_asked_four_times_by_everybody() {
    // 500 units pay for 100 retries.
    let (client, clock, log) = calm((0..300).map(|_| away()));
    clock.drive(async {
        for _ in 0..200 {
            client.list_tasks(&TaskQuery::new()).await.unwrap_err();
        }
    });
    assert_eq!(log.count(), 300);
}

#[test]
fn an_attempt_that_took_all_its_time_costs_twice_as_much() {
    let slow = || broken(TransportErrorKind::ConnectTimeout, Delivery::NotSent);
    let (client, clock, log) = calm((0..150).map(|_| slow()));
    clock.drive(async {
        for _ in 0..100 {
            client.list_tasks(&TaskQuery::new()).await.unwrap_err();
        }
    });
    assert_eq!(log.count(), 150);
}

#[test]
fn a_retry_after_a_429_is_free_and_its_success_counts_like_any() {
    let dead = (0..140).map(|_| away());
    let throttled = (0..5).flat_map(|_| [json(429, ""), json(200, EMPTY)]);
    let (client, clock, log) = calm(dead.chain(throttled).chain([away(), away()]));
    let query = TaskQuery::new();
    let list = || client.list_tasks(&query);
    clock.drive(async {
        for _ in 0..40 {
            list().await.unwrap_err();
        }
        // A hundred retries: nothing is left.
        assert_eq!(log.count(), 140);
        for _ in 0..5 {
            list().await.unwrap();
        }
        // Five successes pay for one.
        list().await.unwrap_err();
    });
    assert_eq!(log.count(), 152);
}

#[test]
fn a_success_after_a_retry_gives_back_what_it_cost() {
    let answers = (0..150).flat_map(|_| [away(), json(200, EMPTY)]);
    let (client, clock, log) = calm(answers);
    clock.drive(async {
        for _ in 0..150 {
            client.list_tasks(&TaskQuery::new()).await.unwrap();
        }
    });
    assert_eq!(log.count(), 300);
}

#[test]
fn a_503_holds_back_no_call_but_its_own() {
    let away = hinted(503, &[("retry-after", "7")], "");
    let (client, clock, log) = calm([away, json(200, EMPTY), json(200, EMPTY)]);
    let query = TaskQuery::new();
    let (first, second) = clock.drive(join(client.list_tasks(&query), client.list_tasks(&query)));
    first.unwrap();
    second.unwrap();
    assert_eq!(times(&log), [0.0, 0.0, 7.0]);
}

#[test]
fn a_429_holds_back_the_other_calls_of_the_client_in_their_order() {
    let answers = [json(429, MINUTE)]
        .into_iter()
        .chain((0..4).map(|_| json(200, EMPTY)));
    let (client, clock, log) = calm(answers);
    let list = |client: Client, offset: u32| async move {
        let query = TaskQuery::new().offset(offset);
        client.list_tasks(&query).await.map(drop)
    };
    let others = async {
        clock.sleep(seconds(1)).await;
        let hurried = client.with_deadline(seconds(59));
        let error = list(hurried, 9).await.unwrap_err();
        assert_eq!(clock.monotonic(), seconds(1));
        assert_eq!(
            error.to_string(),
            "list_tasks: not sent, the service throttles this client for another 59.1 s, which is longer than the \
             deadline leaves"
        );
        assert!(error.is_throttled() && error.is_transient() && error.nothing_was_sent());
        join(list(client.clone(), 2), list(client.clone(), 3)).await
    };
    let (first, (second, third)) = clock.drive(join(list(client.clone(), 1), others));
    assert!(first.is_ok() && second.is_ok() && third.is_ok());
    let offsets: Vec<_> = log
        .lines()
        .iter()
        .map(|line| line.rsplit('=').next().unwrap().to_owned())
        .collect();
    assert_eq!(offsets, ["1", "1", "2", "3"][..], "{:?}", log.lines());
    // The one that gave up leaves its slot empty.
    assert_eq!(times(&log), [0.0, 60.0, 60.2, 60.3]);
    // Then everybody starts at will again.
    clock.advance(seconds(1));
    let before = clock.monotonic();
    clock.drive(list(client, 4)).unwrap();
    assert_eq!(clock.monotonic(), before);
}

/// Takes two seconds over a credential.
#[derive(Debug)]
struct Slow(ManualClock);

#[async_trait]
impl Authenticate for Slow {
    async fn authenticate(&self, _request: &mut Request, _at: DateTime<Utc>) -> Result<Stamp, AuthError> {
        self.0.sleep(seconds(2)).await;
        Ok(Stamp::new(1))
    }

    async fn rejected(&self, _stamp: Stamp) -> bool {
        false
    }
}

#[test]
fn a_429_that_comes_while_a_credential_is_fetched_holds_back_that_call_too() {
    let clock = clock();
    let answers = [json(429, MINUTE), json(200, EMPTY), json(200, EMPTY)];
    let (transport, log) = mock_transport(&clock, answers);
    let client = client_with(transport, &clock, Slow(clock.clone()));
    let query = TaskQuery::new();
    let later = async {
        clock.sleep(seconds(1)).await;
        client.list_tasks(&query).await
    };
    let (first, second) = clock.drive(join(client.list_tasks(&query), later));
    assert!(first.is_ok() && second.is_ok());
    // The window ends at 62 s; a credential of its own time takes two more. The one that was ready first goes first.
    assert_eq!(times(&log), [2.0, 64.0, 64.1]);
}

#[test]
fn a_wait_whose_deadline_ends_before_the_window_ends_at_once() {
    let (client, clock, log) = calm([json(429, MINUTE)]);
    let task = client.with_deadline(seconds(50)).task(TASK.parse().unwrap());
    let error = clock.drive(task.wait(WaitPolicy::default())).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::HeldBack { .. }), "{error:?}");
    assert!(clock.monotonic() < seconds(1) && log.count() == 1);
    shown(&error);
}

#[test]
fn a_look_of_a_wait_is_made_once() {
    let listed = format!(r#"{{"count":1,"export_tasks":[{{"task_id":"{TASK}","status":"SUCCESS"}}]}}"#);
    let (client, clock, log) = calm([away(), away(), json(200, listed.clone())]);
    let policy = WaitPolicy::default()
        .first_pause(seconds(4))
        .longest_pause(seconds(4))
        .jitter(false);
    let task = client.task(TASK.parse().unwrap());
    assert!(clock.drive(task.wait(policy)).is_ok());
    assert_eq!(times(&log), [0.0, 4.0, 8.0]);
    // A look outside of a wait is a call like any other.
    let (client, clock, log) = calm([away(), json(200, listed)]);
    assert!(clock.drive(client.task(TASK.parse().unwrap()).check()).is_ok());
    assert_eq!(times(&log), [0.0, 0.5]);
}
