//! Work in which everything that is told happens at least once.

use futures_util::future::join;
use session_export::{
    AuthError, AuthErrorKind, Clock, Delivery, RetryPolicy, TaskIds, TaskQuery, Token, TokenAuthenticator,
    TransportErrorKind, WaitPolicy,
};
use session_export_auth::MockProvideToken;
use session_export_emulator::Emulator;
use session_export_transport::test_util::MockTransport;

use crate::common::breaking::{Rig, TAG, as_it_is, file, part, untagged, whole};
use crate::common::{
    Answer, PROJECT, TASK, broken, client, client_with, clock, emulator_client, guarded, json,
    mock_transport, no_filter, seconds, static_token, wide_window,
};

pub(crate) const EMPTY: &str = r#"{"count":0,"export_tasks":[]}"#;
const MINUTE: &str =
    r#"{"error_code":"APIGW.0308","error_msg":"policy user over ratelimit,limit:10,time:1 minute"}"#;

/// Over real sockets: log-in, export, wait, download, list, delete, and a token that was revoked.
pub(crate) async fn an_export() {
    let emulator = Emulator::builder()
        .sessions(5)
        .export_delay(seconds(0))
        .start()
        .await
        .unwrap();
    let client = emulator_client(&emulator).build().unwrap();
    guarded(async {
        let task = client.export_sessions(no_filter()).submit().await.unwrap();
        let ready = task.wait(WaitPolicy::default()).await.unwrap();
        ready.download().to_writer(&mut Vec::new()).await.unwrap();
        emulator.revoke_tokens();
        client.list_sessions(wide_window()).page(0).await.unwrap();
        let ids = TaskIds::new([task.task_id().clone()]).unwrap();
        client.delete_tasks(&ids).await.unwrap();
    })
    .await;
}

/// Downloads that break off.
pub(crate) async fn broken_downloads() {
    let end = file().len();
    let rig = Rig::new([whole(TAG, 1000), part(1000, end, end - 1000)]).await;
    rig.assert_whole(rig.to_path(as_it_is).await);
    let rig = Rig::new([untagged(1000), untagged(end)]).await;
    rig.assert_whole(rig.to_path(as_it_is).await);
}

fn listed(status: &str) -> Answer {
    json(
        200,
        format!(r#"{{"export_tasks":[{{"task_id":"{TASK}","status":"{status}"}}]}}"#),
    )
}

/// A task that is not there, cannot be looked at, is made, and is ready.
pub(crate) fn a_wait() {
    let clock = clock();
    let answers = [
        json(200, EMPTY),
        json(200, EMPTY),
        json(503, ""),
        listed("CREATING"),
        listed("SUCCESS"),
    ];
    let (transport, _) = mock_transport(&clock, answers);
    let task = client(transport, &clock).task(TASK.parse().unwrap());
    clock.drive(task.wait(WaitPolicy::default())).unwrap();
}

/// One call's 429 holds back another, and a connection that is refused is tried again.
pub(crate) fn throttled() {
    let clock = clock();
    let refused = broken(TransportErrorKind::Connect, Delivery::NotSent);
    let (transport, _) = mock_transport(
        &clock,
        [refused, json(429, MINUTE), json(200, EMPTY), json(200, EMPTY)],
    );
    let (client, query) = (client(transport, &clock), TaskQuery::new());
    let later = async {
        clock.sleep(seconds(10)).await;
        client.list_tasks(&query).await
    };
    let (first, second) = clock.drive(join(client.list_tasks(&query), later));
    assert!(first.is_ok() && second.is_ok());
}

/// A submit whose answer is lost.
pub(crate) fn a_lost_submit() {
    let clock = clock();
    let lost = broken(TransportErrorKind::Closed, Delivery::Unknown);
    let (transport, _) = mock_transport(&clock, [lost]);
    let submit = client(transport, &clock).export_sessions(no_filter()).submit();
    assert!(clock.drive(submit).unwrap_err().is_ambiguous());
}

/// An issuer that is away.
pub(crate) fn no_credential() {
    let clock = clock();
    let mut provider = MockProvideToken::new();
    provider
        .expect_provide_token()
        .times(1)
        .return_once(|| Err(AuthError::new(AuthErrorKind::Unreachable)));
    provider
        .expect_provide_token()
        .times(1)
        .return_once(|| Token::new("planted-1"));
    let (transport, _) = mock_transport(&clock, [json(200, EMPTY)]);
    let client = client_with(transport, &clock, TokenAuthenticator::new(provider));
    clock.drive(client.list_tasks(&TaskQuery::new())).unwrap();
}

/// A service that is down until nothing is left to spend on it.
pub(crate) fn a_dead_service() {
    let clock = clock();
    let mut transport = MockTransport::new();
    transport.expect_send().returning(|_| json(503, ""));
    let client = session_export::Client::builder(
        session_export::Endpoint::region("cn-north-4").unwrap(),
        PROJECT.parse().unwrap(),
    )
    .transport(transport)
    .authenticator(static_token())
    .clock(clock.clone())
    .retry_policy(RetryPolicy::default())
    .build()
    .unwrap();
    for _ in 0..60 {
        clock.drive(client.list_tasks(&TaskQuery::new())).unwrap_err();
    }
}
