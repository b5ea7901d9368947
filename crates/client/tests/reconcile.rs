//! What becomes of a submit whose answer was lost, on a clock that a test moves.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;
mod service;

use std::future::Future;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use common::{client, clock, no_filter, seconds, shown, socket_client};
use service::{Count, Order, Service, State, Submit};
use session_export::{
    Ambiguity, Candidate, Client, Clock, ErrorKind, ExportKind, Reconciliation, TaskRef, format_timestamp,
};

/// The ids of what was found.
fn ids(found: Reconciliation) -> Vec<String> {
    let id = |candidate: &Candidate| candidate.task.task_id().as_str().to_owned();
    match found {
        Reconciliation::Nothing => Vec::new(),
        Reconciliation::One(only) => vec![id(&only)],
        Reconciliation::Several(several) => {
            assert!(several.len() > 1);
            several.iter().map(id).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_cannot_be_known_before_the_gateway_has_given_up() {
    let (service, client) = Service::new();
    let ambiguity = service.lose(&client);
    service.create(Duration::ZERO);
    for (pause, wait) in [(0, 30), (10, 20), (19, 1)] {
        service.clock.advance(seconds(pause));
        match service.ask(&client, &ambiguity).unwrap() {
            Reconciliation::NotYet { wait: left, .. } => assert_eq!(left, seconds(wait)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        service.state.lock().unwrap().lists.len(),
        0,
        "nobody is asked in vain"
    );
    service.clock.advance(seconds(1));
    assert_eq!(ids(service.ask(&client, &ambiguity).unwrap()), ["task0"]);
}

#[test]
fn none_one_and_several_are_told_apart() {
    let (service, client) = Service::new();
    service.create(Duration::ZERO);
    service.clock.advance(seconds(100));
    let ambiguity = service.lose(&client);
    assert_eq!(
        service.find_out(&client, &ambiguity).unwrap(),
        Reconciliation::Nothing
    );
    service.create_at(TimeDelta::seconds(-20));
    let Reconciliation::One(only) = service.ask(&client, &ambiguity).unwrap() else {
        panic!()
    };
    assert_eq!(only.task.task_id().as_str(), "task1");
    assert_eq!(only.task.project_id().as_str(), common::PROJECT);
    assert_eq!(only.task.submitted_at(), Some(ambiguity.started_at()));
    assert!(only.info.status.is_some());
    service.create_at(TimeDelta::seconds(-25));
    assert_eq!(ids(service.ask(&client, &ambiguity).unwrap()), ["task2", "task1"]);
    // An adopted one is no candidate for another.
    client.resume(only.task).unwrap();
    assert_eq!(ids(service.ask(&client, &ambiguity).unwrap()), ["task2"]);
    // To look at one does not adopt it.
    let _ = client.task("task2".parse().unwrap());
    assert_eq!(ids(service.ask(&client, &ambiguity).unwrap()), ["task2"]);
}

#[test]
fn a_wrong_clock_does_no_harm() {
    for minutes in [-20, 0, 20] {
        let ahead = TimeDelta::minutes(minutes);
        let (service, client) = Service::new();
        service.set(|state| state.ahead = ahead);
        service.create_at(TimeDelta::seconds(-4));
        service.create_at(TimeDelta::seconds(65));
        let mine = [
            service.create_at(TimeDelta::milliseconds(-1900)),
            service.create_at(TimeDelta::seconds(1)),
            service.create_at(TimeDelta::seconds(61)),
        ];
        let ambiguity = service.lose(&client);
        assert_eq!(
            ids(service.find_out(&client, &ambiguity).unwrap()),
            mine,
            "{minutes}"
        );
        // Much later, too.
        service.clock.advance(seconds(3 * 3600));
        assert_eq!(ids(service.ask(&client, &ambiguity).unwrap()), mine, "{minutes}");
    }
}

#[test]
fn a_slow_list_widens_the_window_and_never_narrows_it() {
    let (service, client) = Service::new();
    service.set(|state| state.latency = seconds(20));
    let mine = [
        service.create_at(TimeDelta::milliseconds(-1900)),
        service.create_at(TimeDelta::seconds(61)),
    ];
    let ambiguity = service.lose(&client);
    assert_eq!(ids(service.find_out(&client, &ambiguity).unwrap()), mine);
}

#[test]
fn without_a_date_the_window_is_wide() {
    let (service, client) = Service::new();
    service.set(|state| state.dated = false);
    for minutes in [-14, 14] {
        let mine = service.create_at(TimeDelta::minutes(minutes));
        service.create_at(TimeDelta::minutes(minutes * 2));
        let ambiguity = service.lose(&client);
        let found = ids(service.find_out(&client, &ambiguity).unwrap());
        assert!(found.contains(&mine), "{found:?}");
        assert!(found.len() <= 2, "{found:?}");
    }
}

/// A server's `Date` is text from outside: nothing computed with it may go over the end of a calendar.
#[test]
fn a_date_of_no_calendar_is_none() {
    let (service, client) = Service::new();
    let mine = service.create_at(TimeDelta::minutes(14));
    for (date, found) in [
        ("31 Dec 262142 23:59:59 GMT", &[&*mine][..]),
        ("Fri, 31 Dec 9999 23:59:59 -2359", &[&*mine]),
        ("Fri, 31 Dec 9999 23:59:59 GMT", &[]),
        ("Sat, 01 Jan 0000 00:00:00 GMT", &[]),
    ] {
        service.set(|state| state.date = Some(date));
        let ambiguity = service.lose(&client);
        assert_eq!(
            ids(service.find_out(&client, &ambiguity).unwrap()),
            found,
            "{date}"
        );
    }
}

#[test]
fn an_attempt_at_the_begin_of_the_calendar_ends_in_no_panic() {
    let (service, client) = Service::new();
    let began = DateTime::<Utc>::MIN_UTC;
    let ambiguity = Ambiguity::new(
        ExportKind::Sessions,
        common::PROJECT.parse().unwrap(),
        began,
        began,
    );
    assert_eq!(service.ask(&client, &ambiguity).unwrap(), Reconciliation::Nothing);
}

#[test]
fn a_clock_that_is_set_after_the_attempt_does_no_harm_to_this_client() {
    for minutes in [-20, 20] {
        let (service, client) = Service::new();
        let mine = service.create_at(TimeDelta::seconds(1));
        let ambiguity = service.lose(&client);
        // The machine's clock is set; the service's is not.
        let now = service.clock.now();
        service.clock.set_wall_clock(now + TimeDelta::minutes(minutes));
        service.set(|state| state.ahead = TimeDelta::minutes(-minutes));
        let early = service.ask(&client, &ambiguity).unwrap();
        assert!(matches!(early, Reconciliation::NotYet { .. }), "{early:?}");
        let ambiguity = serde_json::from_str(&serde_json::to_string(&ambiguity).unwrap()).unwrap();
        assert_eq!(ids(service.find_out(&client, &ambiguity).unwrap()), [mine]);
    }
}

#[test]
fn a_clock_that_is_set_during_the_attempt_does_no_harm_to_this_client() {
    for minutes in [-20, 20] {
        let (service, client) = Service::new();
        service.set(|state| state.submit = Submit::Hangs);
        let mine = service.create_at(TimeDelta::seconds(1));
        let mut submit = Box::pin(client.export_sessions(no_filter()).submit());
        let polled = submit.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
        let now = service.clock.now();
        service.clock.set_wall_clock(now + TimeDelta::minutes(minutes));
        service.set(|state| state.ahead = TimeDelta::minutes(-minutes));
        // The limit on a head passes, and with it the time in which the task may still come.
        let error = service.clock.drive(submit).unwrap_err();
        let found = service.ask(&client, error.ambiguity().unwrap()).unwrap();
        assert_eq!(ids(found), [mine], "{minutes}");
    }
}

#[test]
fn another_process_finds_out_by_what_was_written_down() {
    let (service, first) = Service::new();
    let ambiguity = service.lose(&first);
    let mine = service.create_at(TimeDelta::seconds(2));
    let text = serde_json::to_string(&ambiguity).unwrap();
    let second = client(service.clone(), &service.clock);
    let read = serde_json::from_str(&text).unwrap();
    assert_eq!(ids(service.find_out(&second, &read).unwrap()), [mine]);
}

#[test]
fn an_intent_lasts_until_its_process_was_surely_dead() {
    let (service, client) = Service::new();
    let started = service.clock.now();
    service.clock.advance(seconds(600));
    // It died at some moment, and may have sent its submit just before.
    let mine = [
        service.create_at(TimeDelta::seconds(-599)),
        service.create_at(TimeDelta::seconds(-300)),
        service.create_at(TimeDelta::seconds(9)),
    ];
    let intent = Ambiguity::new(
        ExportKind::Sessions,
        common::PROJECT.parse().unwrap(),
        started,
        service.clock.now(),
    );
    match service.ask(&client, &intent).unwrap() {
        Reconciliation::NotYet { wait, .. } => assert_eq!(wait, seconds(30)),
        other => panic!("{other:?}"),
    }
    assert_eq!(ids(service.find_out(&client, &intent).unwrap()), mine);
}

#[test]
fn own_tasks_are_subtracted() {
    let (service, client) = Service::new();
    service.set(|state| state.submit = Submit::Created);
    let submit = |client: &Client| service.clock.drive(client.export_sessions(no_filter()).submit());
    let before = submit(&client).unwrap();
    service.set(|state| state.submit = Submit::Lost);
    let ambiguity = service.lose(&client);
    service.set(|state| state.submit = Submit::Created);
    // A clone, and a client with a deadline, are the same client.
    submit(&client.with_deadline(seconds(1000))).unwrap();
    assert_eq!(
        service.find_out(&client, &ambiguity).unwrap(),
        Reconciliation::Nothing
    );
    // Another client's are not known.
    let other = common::client(service.clone(), &service.clock);
    assert_eq!(ids(service.ask(&other, &ambiguity).unwrap()).len(), 2);
    other.resume(before.to_ref()).unwrap();
    assert_eq!(ids(service.ask(&other, &ambiguity).unwrap()), ["task1"]);
}

#[test]
fn while_another_submit_is_under_way_its_task_is_not_taken_for_the_lost_one() {
    let (service, client) = Service::new();
    let ambiguity = service.lose(&client);
    service.set(|state| state.submit = Submit::Hangs);
    let mut other = Box::pin(client.export_sessions(no_filter()).submit());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(other.as_mut().poll(&mut cx).is_pending());
    let theirs = service.create(Duration::ZERO);
    // The limit on the head of its answer is 40 s.
    match service.find_out(&client, &ambiguity).unwrap() {
        Reconciliation::NotYet { wait, .. } => assert_eq!(wait, seconds(1)),
        other => panic!("{other:?}"),
    }
    service.clock.advance(seconds(10));
    let Poll::Ready(Err(error)) = other.as_mut().poll(&mut cx) else {
        panic!()
    };
    assert!(error.is_ambiguous());
    assert_eq!(ids(service.ask(&client, &ambiguity).unwrap()), [theirs]);
    // One that began after the window has no task in it, however long it takes.
    service.clock.advance(seconds(60));
    let mut late = Box::pin(client.export_sessions(no_filter()).submit());
    assert!(late.as_mut().poll(&mut cx).is_pending());
    assert_eq!(ids(service.ask(&client, &ambiguity).unwrap()).len(), 1);
}

#[test]
fn a_submit_under_way_does_not_hide_that_there_is_nothing() {
    let (service, client) = Service::new();
    let ambiguity = service.lose(&client);
    service.set(|state| state.submit = Submit::Hangs);
    let mut other = Box::pin(client.export_sessions(no_filter()).submit());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(other.as_mut().poll(&mut cx).is_pending());
    assert_eq!(
        service.find_out(&client, &ambiguity).unwrap(),
        Reconciliation::Nothing
    );
}

#[test]
fn a_list_may_hide_what_was_downloaded() {
    let (service, client) = Service::new();
    service.set(|state| state.hides = true);
    let ambiguity = service.lose(&client);
    let mine = [service.create(seconds(1)), service.create(seconds(2))];
    service.set(|state| state.tasks[1].2 = true);
    assert_eq!(ids(service.find_out(&client, &ambiguity).unwrap()), mine);
    service.set(|state| state.hides = false);
    assert_eq!(ids(service.ask(&client, &ambiguity).unwrap()), mine, "each once");
    let lists = service.state.lock().unwrap().lists.clone();
    let common = "sort_field=create_time&sort_type=DESC&offset=0&limit=100";
    assert_eq!(lists[0], common);
    assert!(lists.contains(&format!("is_download=true&{common}")), "{lists:?}");
}

#[test]
fn a_task_without_a_readable_time_cannot_be_left_out() {
    let (service, client) = Service::new();
    let ambiguity = service.lose(&client);
    service.create_with("odd", "soon");
    service.create_with("never", "0001-01-01 00:00:00");
    service.create_with("old", "2024-02-01T00:00:00.000+0000");
    let mut found = ids(service.find_out(&client, &ambiguity).unwrap());
    found.sort();
    assert_eq!(found, ["never", "odd"]);
    service.create_with("", "2024-02-01T00:00:00Z");
    assert!(
        service.ask(&client, &ambiguity).is_ok(),
        "an old one needs no name"
    );
    service.create_with("", "soon");
    let error = service.ask(&client, &ambiguity).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Decode { .. }), "{error}");
    shown(&error);
}

/// 250 old tasks, and one of the window.
fn many() -> (Service, Client, Ambiguity) {
    let (service, client) = Service::new();
    for age in 0..250 {
        service.create_at(TimeDelta::seconds(-100 - age));
    }
    let ambiguity = service.lose(&client);
    service.create(seconds(1));
    (service, client, ambiguity)
}

#[test]
fn neither_order_nor_count_nor_page_size_is_relied_on() {
    for order in [Order::Newest, Order::Oldest] {
        for count in [Count::True, Count::None, Count::TooFew] {
            for page in [100, 7] {
                let (service, client, ambiguity) = many();
                service.set(|state| (state.order, state.count, state.page) = (order, count, page));
                let found = service.find_out(&client, &ambiguity).unwrap();
                assert_eq!(ids(found), ["task250"], "{order:?} {count:?} {page}");
            }
        }
    }
}

#[test]
fn a_list_in_order_is_read_no_further_than_the_window() {
    let (service, client, ambiguity) = many();
    service.find_out(&client, &ambiguity).unwrap();
    let lists = service.state.lock().unwrap().lists.len();
    assert_eq!(
        lists, 3,
        "a page with the window's end, one beyond it, and the downloaded ones"
    );
}

#[test]
fn a_list_that_holds_something_back_proves_nothing() {
    type Change = fn(&mut State);
    let changes: [Change; 3] = [
        |state| state.order = Order::IgnoresOffset,
        |state| state.count = Count::TooMany,
        |state| (state.count, state.tasks) = (Count::None, Vec::new()),
    ];
    for change in changes {
        let (service, client, ambiguity) = many();
        service.set(|state| state.tasks.truncate(150));
        service.set(|state| {
            state
                .tasks
                .iter_mut()
                .for_each(|task| task.1 = "2024-02-27T03:00:00Z".to_owned());
        });
        service.set(|state| state.page = 90);
        service.set(change);
        let error = service.find_out(&client, &ambiguity).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Decode { .. }), "{error}");
        shown(&error);
    }
}

#[test]
fn without_an_end_it_gives_up() {
    let (service, client) = Service::new();
    for number in 0..10_001 {
        service.create_with(&format!("t{number}"), "2024-02-01T00:00:00Z");
    }
    service.create_with("last", "2024-01-01T00:00:00Z");
    service.set(|state| state.order = Order::Oldest);
    service.set(|state| state.page = 50);
    let ambiguity = service.lose(&client);
    let error = service.find_out(&client, &ambiguity).unwrap_err();
    assert!(error.to_string().contains("too many"), "{error}");
    assert_eq!(service.state.lock().unwrap().lists.len(), 100);
}

#[test]
fn another_projects_is_refused_and_a_failed_list_is_an_error() {
    let (service, client) = Service::new();
    let now = service.clock.now();
    let other = Ambiguity::new(ExportKind::Sessions, "other".parse().unwrap(), now, now);
    let error = service.ask(&client, &other).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Configuration { .. }), "{error}");
    let clock = clock();
    let answers = [common::json(403, r#"{"error_code":"WKS.00081102"}"#)];
    let (transport, _log) = common::mock_transport(&clock, answers);
    let client = common::client(transport, &clock);
    let ambiguity = Ambiguity::new(
        ExportKind::Sessions,
        common::PROJECT.parse().unwrap(),
        clock.now(),
        clock.now(),
    );
    clock.advance(seconds(60));
    assert!(
        clock
            .drive(client.reconcile(&ambiguity))
            .unwrap_err()
            .is_forbidden()
    );
}

#[test]
fn only_a_lost_answer_is_ambiguous() {
    let clock = clock();
    let (transport, _log) = common::mock_transport(&clock, [common::json(400, "")]);
    let client = client(transport, &clock);
    let error = clock
        .drive(client.export_sessions(no_filter()).submit())
        .unwrap_err();
    assert!(error.ambiguity().is_none() && error.submitted_task().is_none());
}

/// Over real sockets, and both transports: a connection that breaks, then a list.
#[tokio::test]
async fn over_sockets_it_is_the_same() {
    let server = common::RawServer::start();
    let client = socket_client(&server.base());
    let submit = client.export_sessions(no_filter()).submit();
    let (outcome, _) = tokio::join!(submit, async { drop(server.read_request().await) });
    let error = outcome.unwrap_err();
    let ambiguity = error.ambiguity().unwrap();
    // The client's clock stands still, so the attempt is old for one that began a minute before.
    let began = ambiguity.started_at() - TimeDelta::seconds(60);
    let old = Ambiguity::new(ExportKind::Sessions, client.project_id().clone(), began, began);
    // The server's clock is 20 minutes ahead.
    let theirs: DateTime<Utc> = began + TimeDelta::minutes(20);
    let date = (theirs + TimeDelta::seconds(60)).format("%a, %d %b %Y %H:%M:%S GMT");
    let body = format!(
        r#"{{"count":2,"export_tasks":[{{"task_id":"mine","create_time":"{}"}},{{"task_id":"old","create_time":"{}"}}]}}"#,
        format_timestamp(theirs + TimeDelta::seconds(1)),
        format_timestamp(began)
    );
    let reply = format!(
        "HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let serve = async {
        // Each list ends with a page that brings nothing new.
        for _ in 0..4 {
            server.answer(&reply).await;
        }
    };
    let (found, ()) = common::guarded(async { tokio::join!(client.reconcile(&old), serve) }).await;
    assert_eq!(ids(found.unwrap()), ["mine"]);
    let task: TaskRef = TaskRef::new(client.project_id().clone(), "mine".parse().unwrap(), None);
    client.resume(task).unwrap();
}
