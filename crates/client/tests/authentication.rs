//! Where the credential comes from, and what becomes of a 401.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::error::Error as StdError;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::{
    PROJECT, TOKEN, client, client_with, clock, guarded, json, login, mock_transport, no_filter, seconds,
    shown,
};
use session_export::{
    AuthError, AuthErrorKind, Authenticate, Client, Clock, ErrorKind, ProvideToken, Request, Stamp,
    TaskQuery, Token, TokenAuthenticator,
};
use session_export_auth::MockProvideToken;
use session_export_emulator::Emulator;
use session_export_transport::test_util::MockTransport;

const REFUSED: &str = r#"{"error_msg":"Incorrect IAM authentication information","error_code":"APIGW.0301"}"#;
const EMPTY: &str = r#"{"count":0,"export_tasks":[]}"#;

/// Gives `planted-1`, `planted-2`, …, and is asked exactly `times` times.
fn provider(times: usize) -> MockProvideToken {
    let mut provider = MockProvideToken::new();
    let issued = Mutex::new(0);
    provider.expect_provide_token().times(times).returning(move || {
        let mut issued = issued.lock().unwrap();
        *issued += 1;
        Token::new(format!("planted-{issued}"))
    });
    provider.expect_can_renew().return_const(true);
    provider
}

/// Fails each time, and is asked exactly `times` times.
fn failing(error: AuthError, times: usize) -> MockProvideToken {
    let mut provider = MockProvideToken::new();
    provider
        .expect_provide_token()
        .times(times)
        .returning(move || Err(error.clone()));
    provider
}

#[test]
fn one_log_in_serves_many_calls() {
    let clock = clock();
    let (transport, log) = mock_transport(&clock, (0..3).map(|_| json(200, EMPTY)));
    let client = client_with(transport, &clock, TokenAuthenticator::new(provider(1)));
    for _ in 0..3 {
        clock.drive(client.list_tasks(&TaskQuery::new())).unwrap();
    }
    assert_eq!(log.tokens(), ["planted-1", "planted-1", "planted-1"]);
}

#[test]
fn a_401_costs_one_renewal_and_one_more_request() {
    let clock = clock();
    let answers = [
        json(401, REFUSED),
        json(200, r#"{"task_id":"t-1"}"#),
        json(200, EMPTY),
    ];
    let (transport, log) = mock_transport(&clock, answers);
    let client = client_with(transport, &clock, TokenAuthenticator::new(provider(2)));
    clock.drive(client.export_sessions(no_filter()).submit()).unwrap();
    clock.drive(client.list_tasks(&TaskQuery::new())).unwrap();
    assert_eq!(log.tokens(), ["planted-1", "planted-2", "planted-2"]);
    let requests = log.requests();
    assert_eq!(requests[0].uri(), requests[1].uri());
    assert_eq!(requests[0].body().as_bytes(), requests[1].body().as_bytes());
    assert_eq!(requests[1].headers()["content-type"], "application/json");
}

#[test]
fn a_second_401_is_the_answer() {
    let clock = clock();
    let (transport, log) = mock_transport(&clock, [json(401, REFUSED), json(401, REFUSED)]);
    let client = client_with(transport, &clock, TokenAuthenticator::new(provider(2)));
    let error = clock
        .drive(client.export_sessions(no_filter()).submit())
        .unwrap_err();
    shown(&error);
    assert!(error.is_unauthenticated() && !error.is_ambiguous() && !error.is_transient());
    assert_eq!(error.service().unwrap().code.as_deref(), Some("APIGW.0301"));
    assert_eq!(log.tokens(), ["planted-1", "planted-2"]);
}

#[test]
fn an_ambiguous_answer_after_a_renewal_counts_from_the_second_request() {
    let clock = clock();
    let (transport, _) = mock_transport(&clock, [json(401, REFUSED), json(503, "")]);
    let authenticator = Renewing(clock.clone());
    let client = client_with(transport, &clock, authenticator);
    let error = clock
        .drive(client.export_sessions(no_filter()).submit())
        .unwrap_err();
    let ErrorKind::Ambiguous { started_at, .. } = error.kind() else {
        panic!("{error:?}");
    };
    assert_eq!(
        *started_at,
        "2024-02-27T03:48:01.182Z".parse::<DateTime<Utc>>().unwrap()
    );
}

/// Takes 10 seconds to think about a rejection.
#[derive(Debug)]
struct Renewing(session_export_transport::test_util::ManualClock);

#[async_trait]
impl Authenticate for Renewing {
    async fn authenticate(&self, _request: &mut Request, _at: DateTime<Utc>) -> Result<Stamp, AuthError> {
        Ok(Stamp::new(1))
    }

    async fn rejected(&self, _stamp: Stamp) -> bool {
        self.0.sleep(seconds(10)).await;
        true
    }
}

#[test]
fn a_static_token_that_is_rejected_is_not_tried_again() {
    let clock = clock();
    let (transport, log) = mock_transport(&clock, [json(401, REFUSED)]);
    let error = clock
        .drive(client(transport, &clock).list_tasks(&TaskQuery::new()))
        .unwrap_err();
    assert!(error.is_unauthenticated(), "{error:?}");
    assert_eq!(log.tokens(), [TOKEN]);
}

#[test]
fn a_provider_that_fails_means_that_nothing_was_sent() {
    let clock = clock();
    for (failure, transient) in [
        (AuthError::other("the vault is sealed"), false),
        (AuthError::new(AuthErrorKind::InvalidCredential), false),
        (AuthError::new(AuthErrorKind::Unreachable), true),
    ] {
        let kind = failure.kind().clone();
        let client = client_with(
            MockTransport::new(),
            &clock,
            TokenAuthenticator::new(failing(failure, if transient { 4 } else { 1 })),
        );
        let error = clock
            .drive(client.export_sessions(no_filter()).submit())
            .unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Auth(found) if *found.kind() == kind),
            "{error:?}"
        );
        assert_eq!(
            error.to_string(),
            "export_sessions: not sent, there is no credential"
        );
        assert!(error.source().unwrap().is::<AuthError>());
        assert!(error.nothing_was_sent() && !error.is_ambiguous() && error.service().is_none());
        assert_eq!(
            (error.is_transient(), error.is_unauthenticated()),
            (transient, !transient)
        );
    }
}

/// What a log-in fails with whose IAM answers like this, as many times.
fn log_in(status: u16, body: &str, times: usize) -> session_export::Error {
    let clock = clock();
    let (iam, log) = mock_transport(&clock, (0..times).map(|_| json(status, body)));
    let login = session_export::IamPassword::new(
        session_export::Iam::new(iam, "https://iam.example.com".parse().unwrap()),
        "user005",
        "planted-password".to_owned(),
        "account-a",
        session_export::TokenScope::project_name("cn-north-4"),
    );
    let client = client_with(MockTransport::new(), &clock, TokenAuthenticator::new(login));
    let error = clock.drive(client.list_tasks(&TaskQuery::new())).unwrap_err();
    assert_eq!(
        log.lines(),
        vec!["POST https://iam.example.com/v3/auth/tokens?nocatalog=true"; times]
    );
    shown(&error);
    error
}

#[test]
fn iams_refusal_is_the_source_and_what_passes_by_itself_is_told_apart() {
    for (status, throttled, transient) in [
        (400, false, false),
        (401, false, false),
        (403, false, false),
        (429, true, true),
        (500, false, true),
        (503, false, true),
    ] {
        let body = format!(r#"{{"error":{{"code":{status},"message":"Said by IAM.","title":"T"}}}}"#);
        // A refusal is final: a wrong password must not be tried again. What passes by itself is tried four times.
        let error = log_in(status, &body, if transient { 4 } else { 1 });
        let cause = error.source().unwrap().to_string();
        assert_eq!(
            cause,
            format!("the credential was refused: HTTP {status}: Said by IAM.")
        );
        assert_eq!(
            (error.is_throttled(), error.is_transient()),
            (throttled, transient),
            "{status}"
        );
        assert_eq!(error.is_unauthenticated(), !transient, "{status}");
    }
}

/// IAM's answers in their order, and what a list of tasks comes to, at which time of the manual clock.
fn listing_after(iam: Vec<common::Answer>, deadline: Option<u64>) -> (Result<(), String>, Vec<f64>) {
    let clock = clock();
    let (iam, log) = mock_transport(&clock, iam);
    let login = session_export::IamPassword::new(
        session_export::Iam::new(iam, "https://iam.example.com".parse().unwrap()),
        "user005",
        "planted-password".to_owned(),
        "account-a",
        session_export::TokenScope::project_name("cn-north-4"),
    );
    let mut service = MockTransport::new();
    service.expect_send().returning(|_| json(200, EMPTY));
    let mut client = client_with(service, &clock, TokenAuthenticator::new(login));
    if let Some(limit) = deadline {
        client = client.with_deadline(seconds(limit));
    }
    let outcome = clock.drive(client.list_tasks(&TaskQuery::new()));
    let outcome = outcome.map(drop).map_err(|error| {
        let cause = error.source().map(ToString::to_string).unwrap_or_default();
        format!("{error}: {cause}")
    });
    (
        outcome,
        log.times().iter().map(|time| time.as_secs_f64()).collect(),
    )
}

fn token_answer() -> common::Answer {
    let body = r#"{"token":{"expires_at":"2124-02-28T03:47:51Z"}}"#;
    Ok(common::answer(
        201,
        &[("x-subject-token", "planted-1")],
        body.to_owned(),
    ))
}

#[test]
fn an_iam_that_is_away_for_a_moment_is_asked_again() {
    let (outcome, times) = listing_after(vec![json(503, ""), json(503, ""), token_answer()], None);
    assert_eq!(outcome, Ok(()));
    assert!(
        (0.25..=0.5).contains(&times[1]) && (0.5..=1.0).contains(&(times[2] - times[1])),
        "{times:?}"
    );
}

#[test]
fn an_iam_that_throttles_is_asked_again_when_its_window_ends() {
    let throttled = || {
        json(
            429,
            r#"{"error_code":"IAM.0012","error_msg":"Threshold: 5 times per 60 seconds"}"#,
        )
    };
    let (outcome, times) = listing_after(vec![throttled(), token_answer()], None);
    assert_eq!((outcome, times), (Ok(()), vec![0.0, 60.0]));
    // Where the deadline ends before the window does, waiting would be in vain: the hint is told at once.
    let (outcome, times) = listing_after(vec![throttled()], Some(30));
    assert_eq!(times, [0.0]);
    assert_eq!(
        outcome.unwrap_err(),
        "list_tasks: not sent, there is no credential: the credential was refused: HTTP 429 IAM.0012: Threshold: 5 \
         times per 60 seconds; it asks to wait 60 s"
    );
}

#[test]
fn a_clock_that_is_off_is_named_with_a_401() {
    let answered = |status: u16, date: &str| {
        let clock = clock();
        let refused = common::answer(status, &[("date", date)], REFUSED.to_owned());
        let (transport, _) = mock_transport(&clock, [Ok(refused)]);
        let client = client(transport, &clock);
        let error = clock.drive(client.list_tasks(&TaskQuery::new())).unwrap_err();
        (error.to_string(), error.service().unwrap().clock_skew)
    };
    assert_eq!(common::NOW, "2024-02-27T03:47:51.182Z");
    for (date, expected) in [
        (
            "Tue, 27 Feb 2024 03:27:50 GMT",
            Some("; this machine's clock is 20 min 1 s ahead of the server's"),
        ),
        (
            "Tue, 27 Feb 2024 04:47:56 GMT",
            Some("; this machine's clock is 60 min 4 s behind the server's"),
        ),
        ("Tue, 27 Feb 2024 04:02:40 GMT", None),
        ("Tue, 27 Feb 2024 03:47:51 GMT", None),
        ("yesterday", None),
    ] {
        let (text, skew) = answered(401, date);
        assert_eq!(skew.is_some(), expected.is_some(), "{date}: {text}");
        assert!(
            text.ends_with(expected.unwrap_or("Incorrect IAM authentication information")),
            "{date}: {text}"
        );
        // Only a credential is refused because of a clock.
        assert_eq!(answered(403, date).1, None);
    }
}

#[test]
fn an_authenticator_that_never_ends_is_left_after_the_limit_on_a_head() {
    #[derive(Debug)]
    struct Endless;

    #[async_trait]
    impl Authenticate for Endless {
        async fn authenticate(&self, _request: &mut Request, _at: DateTime<Utc>) -> Result<Stamp, AuthError> {
            std::future::pending().await
        }

        async fn rejected(&self, _stamp: Stamp) -> bool {
            true
        }
    }

    let clock = clock();
    let client = client_with(MockTransport::new(), &clock, Endless);
    let error = clock
        .drive(client.export_sessions(no_filter()).submit())
        .unwrap_err();
    assert_eq!(clock.monotonic(), seconds(40));
    assert!(
        matches!(error.kind(), ErrorKind::Auth(found) if *found.kind() == AuthErrorKind::TimedOut),
        "{error:?}"
    );
    assert!(error.is_transient() && error.nothing_was_sent());
}

#[test]
fn a_token_is_not_sent_over_plain_http_beyond_this_machine() {
    let clock = clock();
    let client = Client::builder(common::endpoint("http://10.0.0.1"), PROJECT.parse().unwrap())
        .transport(MockTransport::new())
        .authenticator(common::static_token())
        .clock(clock.clone())
        .build()
        .unwrap();
    let error = clock
        .drive(client.export_sessions(no_filter()).submit())
        .unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Auth(found) if *found.kind() == AuthErrorKind::PlainHttp),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_token_that_iam_revoked_is_renewed_in_the_middle() {
    let emulator = Emulator::builder().sessions(10).start().await.unwrap();
    let authenticator = Arc::new(login(&emulator));
    let client = Client::builder(
        common::endpoint(&emulator.base_url()),
        emulator.project_id().parse().unwrap(),
    )
    .transport(common::transport())
    .authenticator(Arc::clone(&authenticator))
    .build()
    .unwrap();
    guarded(client.list_tasks(&TaskQuery::new())).await.unwrap();
    emulator.revoke_tokens();
    guarded(client.list_tasks(&TaskQuery::new())).await.unwrap();
    let seen: Vec<_> = emulator
        .requests_seen()
        .iter()
        .map(|seen| seen.path().to_owned())
        .collect();
    let tasks = format!("/v2/{}/export-tasks", emulator.project_id());
    assert_eq!(
        seen,
        ["/v3/auth/tokens", &tasks, &tasks, "/v3/auth/tokens", &tasks]
    );
}

/// Gives a token of one hour so many times, and hangs from then on.
#[derive(Clone, Debug, Default)]
struct Hangs {
    after: u32,
    calls: Arc<Mutex<u32>>,
}

#[async_trait]
impl ProvideToken for Hangs {
    async fn provide_token(&self) -> Result<Token, AuthError> {
        let call = {
            let mut calls = self.calls.lock().unwrap();
            *calls += 1;
            *calls
        };
        if call > self.after {
            std::future::pending::<()>().await;
        }
        let end: DateTime<Utc> = common::NOW.parse().unwrap();
        Ok(Token::new("planted-1")?.with_expiry(end + chrono::TimeDelta::hours(1)))
    }
}

#[test]
fn a_renewal_that_hangs_fails_no_call_whose_token_is_good() {
    let clock = clock();
    let (transport, log) = mock_transport(&clock, (0..3).map(|_| json(200, EMPTY)));
    let hangs = Hangs {
        after: 1,
        ..Hangs::default()
    };
    let client = client_with(transport, &clock, TokenAuthenticator::new(hangs));
    clock.drive(client.list_tasks(&TaskQuery::new())).unwrap();
    clock.advance(seconds(55 * 60));
    // The one who renews waits for the limit, and goes on with the token it has; the next does not wait at all.
    for waited in [seconds(40), seconds(0)] {
        let before = clock.monotonic();
        clock.drive(client.list_tasks(&TaskQuery::new())).unwrap();
        assert_eq!(clock.monotonic() - before, waited);
        clock.set_wall_clock(clock.now() - chrono::TimeDelta::from_std(waited).unwrap());
    }
    assert_eq!(log.count(), 3);
}

#[test]
fn a_log_in_that_hangs_is_not_begun_again_in_its_last_moment() {
    let clock = clock();
    let (transport, log) = mock_transport(&clock, []);
    let hangs = Hangs::default();
    let client = client_with(transport, &clock, TokenAuthenticator::new(hangs.clone()));
    let error = clock.drive(client.list_tasks(&TaskQuery::new())).unwrap_err();
    assert!(error.to_string().starts_with("list_tasks: not sent"), "{error}");
    assert_eq!((*hangs.calls.lock().unwrap(), log.count()), (1, 0));
}
