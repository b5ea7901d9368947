use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use chrono::TimeDelta;
use futures_util::future::{join, join_all, poll_immediate};
use http::HeaderMap;
use session_export_transport::RequestBody;
use tokio::sync::Semaphore;

use super::*;
use crate::{AuthErrorKind, MockProvideAccessKey, StaticAccessKey};

/// Gives temporary keys `AK1`, `AK2`, … that end an hour after one another, each only once its gate lets it pass.
#[derive(Debug)]
struct Counting {
    calls: AtomicU64,
    gate: Semaphore,
    fail: AtomicBool,
}

impl Counting {
    fn with_permits(permits: usize) -> Arc<Self> {
        Arc::new(Self {
            calls: AtomicU64::new(0),
            gate: Semaphore::new(permits),
            fail: false.into(),
        })
    }

    fn open() -> Arc<Self> {
        Self::with_permits(1_000_000)
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl ProvideAccessKey for Counting {
    async fn provide_access_key(&self) -> Result<AccessKey, AuthError> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        self.gate.acquire().await.unwrap().forget();
        if self.fail.load(Ordering::SeqCst) {
            return Err(AuthError::other(format!("failure {call}")));
        }
        let end = start() + TimeDelta::hours(call as i64);
        Ok(AccessKey::new(format!("AK{call}"), "SKsecret")?
            .with_security_token(format!("STsecret{call}"))?
            .with_expiry(end))
    }
}

fn start() -> DateTime<Utc> {
    "2024-02-27T03:47:51Z".parse().unwrap()
}

fn after(seconds: i64) -> DateTime<Utc> {
    start() + TimeDelta::seconds(seconds)
}

fn request(url: &str) -> Request {
    let mut request = Request::new(RequestBody::empty());
    *request.uri_mut() = url.parse().unwrap();
    request
        .headers_mut()
        .insert("x-tag", HeaderValue::from_static("1"));
    request
}

fn https() -> Request {
    request("https://workspace.example.com/v2/p1/export-tasks?limit=1")
}

fn fixed() -> AccessKeyAuthenticator<StaticAccessKey> {
    AccessKeyAuthenticator::for_account(StaticAccessKey::new(fixed_key()))
}

fn fixed_key() -> AccessKey {
    AccessKey::new("AKEXAMPLE", "SKsecret").unwrap()
}

async fn id<P: ProvideAccessKey>(authenticator: &AccessKeyAuthenticator<P>, at: DateTime<Utc>) -> String {
    authenticator.access_key(at).await.unwrap().id().to_owned()
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers[name].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_request_gets_what_the_service_needs_and_no_more() {
    let project_id: ProjectId = "p1".parse().unwrap();
    let authenticator = AccessKeyAuthenticator::for_project(Counting::open(), project_id);
    let mut sent = https();
    authenticator.authenticate(&mut sent, start()).await.unwrap();
    let headers = sent.headers();
    assert_eq!(headers.len(), 5);
    assert_eq!(headers["x-tag"], "1");
    assert_eq!(headers["x-project-id"], "p1");
    assert_eq!(headers["x-sdk-date"], "20240227T034751Z");
    assert_eq!(headers["x-security-token"], "STsecret1");
    assert!(headers["x-security-token"].is_sensitive());
    assert!(headers["authorization"].is_sensitive());
    let authorization = text(headers, "authorization");
    let beginning = "SDK-HMAC-SHA256 Access=AK1, \
                     SignedHeaders=host;x-project-id;x-sdk-date;x-security-token;x-tag, Signature=";
    assert!(authorization.starts_with(beginning), "{authorization}");
    assert_eq!(authorization.len(), beginning.len() + 64);
}

#[tokio::test]
async fn signing_again_leaves_nothing_of_the_first_signature() {
    let project_id: ProjectId = "项目 1".parse().unwrap();
    let temporary = AccessKeyAuthenticator::for_project(Counting::open(), project_id.clone());
    let permanent = AccessKeyAuthenticator::for_project(StaticAccessKey::new(fixed_key()), project_id);
    let (mut once, mut again) = (https(), https());
    again
        .headers_mut()
        .append("authorization", HeaderValue::from_static("Basic b2xk"));
    again
        .headers_mut()
        .append("authorization", HeaderValue::from_static("Basic b2xkZXI="));
    temporary.authenticate(&mut again, start()).await.unwrap();
    for at in [after(-60), after(60)] {
        permanent.authenticate(&mut once, at).await.unwrap();
        permanent.authenticate(&mut again, at).await.unwrap();
        assert_eq!(once.headers(), again.headers());
        assert!(!again.headers().contains_key("x-security-token"));
    }
}

#[tokio::test]
async fn a_temporary_key_is_renewed_before_its_end_and_never_used_after_it() {
    let provider = Counting::open();
    let authenticator = AccessKeyAuthenticator::for_account(Arc::clone(&provider));
    let first = authenticator.authenticate(&mut https(), start()).await.unwrap();
    let still = authenticator
        .authenticate(&mut https(), after(2_999))
        .await
        .unwrap();
    assert_eq!((first, provider.calls()), (still, 1));
    let mut sent = https();
    let second = authenticator.authenticate(&mut sent, after(3_000)).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(sent.headers()["x-security-token"], "STsecret2");
    assert!(text(sent.headers(), "authorization").contains("Access=AK2,"));

    provider.fail.store(true, Ordering::SeqCst);
    assert_eq!(id(&authenticator, after(7_199)).await, "AK2");
    let error = authenticator.access_key(after(7_200)).await.unwrap_err();
    assert_eq!(error.kind(), &AuthErrorKind::Other);
}

#[tokio::test]
async fn a_key_without_an_end_is_fetched_once() {
    let mut provider = MockProvideAccessKey::new();
    provider
        .expect_provide_access_key()
        .times(1)
        .returning(|| AccessKey::new("AKEXAMPLE", "SKsecret"));
    let authenticator = AccessKeyAuthenticator::for_account(provider);
    for hours in [0, 1, 1_000_000] {
        assert_eq!(
            id(&authenticator, start() + TimeDelta::hours(hours)).await,
            "AKEXAMPLE"
        );
    }
}

#[tokio::test]
async fn a_key_that_has_ended_is_an_error_not_a_loop() {
    let mut provider = MockProvideAccessKey::new();
    provider
        .expect_provide_access_key()
        .times(1)
        .returning(|| Ok(AccessKey::new("AKEXAMPLE", "SKsecret")?.with_expiry(start())));
    let error = AccessKeyAuthenticator::for_account(provider)
        .access_key(start())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &AuthErrorKind::Expired);
}

#[tokio::test]
async fn all_who_wait_share_one_fetch_or_one_failure() {
    for fail in [false, true] {
        let provider = Counting::with_permits(0);
        provider.fail.store(fail, Ordering::SeqCst);
        let authenticator = AccessKeyAuthenticator::for_account(Arc::clone(&provider));
        let signing = (0..1_000).map(|_| async {
            let mut sent = https();
            let stamp = authenticator.authenticate(&mut sent, start()).await;
            (stamp, sent.headers().len())
        });
        let (outcomes, ()) = join(join_all(signing), async { provider.gate.add_permits(1) }).await;
        for (stamp, headers) in outcomes {
            assert_eq!((stamp.is_err(), headers), (fail, if fail { 1 } else { 4 }));
        }
        assert_eq!(provider.calls(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_on_two_threads_cost_one_fetch() {
    let provider = Counting::open();
    let authenticator = Arc::new(AccessKeyAuthenticator::for_account(Arc::clone(&provider)));
    #[allow(clippy::disallowed_methods, reason = "the test is about threads")]
    let tasks: Vec<_> = (0..200)
        .map(|_| {
            let authenticator = Arc::clone(&authenticator);
            tokio::spawn(async move {
                let mut sent = https();
                authenticator.authenticate(&mut sent, start()).await.unwrap();
                text(sent.headers(), "authorization")
            })
        })
        .collect();
    let mut signatures = Vec::new();
    for task in tasks {
        signatures.push(task.await.unwrap());
    }
    assert!(signatures.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(provider.calls(), 1);
}

#[tokio::test]
async fn a_dropped_future_leaves_the_request_and_hands_over() {
    let provider = Counting::with_permits(0);
    let authenticator = AccessKeyAuthenticator::for_account(Arc::clone(&provider));
    let mut sent = https();
    let mut leader = Box::pin(authenticator.authenticate(&mut sent, start()));
    let mut waiter = Box::pin(authenticator.access_key(start()));
    assert!(poll_immediate(&mut leader).await.is_none());
    assert!(poll_immediate(&mut waiter).await.is_none());
    drop(leader);
    assert_eq!(sent.headers(), https().headers());
    provider.gate.add_permits(1);
    assert_eq!(waiter.await.unwrap().id(), "AK2");
}

#[tokio::test]
async fn a_failing_provider_leaves_the_request_as_it_was() {
    let provider = Counting::open();
    provider.fail.store(true, Ordering::SeqCst);
    let authenticator = AccessKeyAuthenticator::for_project(provider, "p1".parse().unwrap());
    let mut sent = https();
    sent.headers_mut()
        .insert("authorization", HeaderValue::from_static("old"));
    let before = sent.headers().clone();
    let error = authenticator.authenticate(&mut sent, start()).await.unwrap_err();
    assert_eq!(error.kind(), &AuthErrorKind::Other);
    assert_eq!(sent.headers(), &before);
}

#[tokio::test]
async fn plain_http_is_refused_before_a_key_is_fetched() {
    let provider = Counting::open();
    let authenticator = AccessKeyAuthenticator::for_account(Arc::clone(&provider));
    let mut sent = request("http://workspace.example.com/");
    let error = authenticator.authenticate(&mut sent, start()).await.unwrap_err();
    assert_eq!(error.kind(), &AuthErrorKind::PlainHttp);
    assert_eq!((sent.headers().len(), provider.calls()), (1, 0));
    assert!(
        authenticator
            .authenticate(&mut request("http://127.0.0.1:1/"), start())
            .await
            .is_ok()
    );
    let allowed = authenticator.plain_http(PlainHttp::Allowed);
    assert!(allowed.authenticate(&mut sent, start()).await.is_ok());
}

#[tokio::test]
async fn a_rejection_drops_its_own_generation_only() {
    let provider = Counting::open();
    let authenticator = AccessKeyAuthenticator::for_account(Arc::clone(&provider));
    let first = authenticator.authenticate(&mut https(), start()).await.unwrap();
    for _ in 0..100 {
        assert!(authenticator.rejected(first).await);
    }
    // A key that can be renewed is renewed at once, and no pause is made.
    let second = authenticator.authenticate(&mut https(), start()).await.unwrap();
    assert_ne!(first, second);
    assert!(authenticator.rejected(first).await);
    assert_eq!(
        authenticator.authenticate(&mut https(), start()).await.unwrap(),
        second
    );
    assert_eq!(provider.calls(), 2);
}

#[tokio::test]
async fn a_rejected_key_that_cannot_be_renewed_signs_nothing_for_a_while() {
    let authenticator = fixed();
    let early = authenticator.authenticate(&mut https(), start()).await.unwrap();
    let stamp = authenticator.authenticate(&mut https(), after(5)).await.unwrap();
    assert_eq!(early, stamp);
    assert!(!authenticator.rejected(stamp).await);
    for (at, left) in [(5, "30 s"), (6, "29 s"), (34, "1 s")] {
        let mut sent = https();
        let error = authenticator
            .authenticate(&mut sent, after(at))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), &AuthErrorKind::Rejected);
        assert!(!error.is_transient());
        assert_eq!(sent.headers(), https().headers());
        let shown = format!("{error} {error:?}");
        assert!(
            shown.contains("access key AKEXAMPLE ") && shown.contains(&format!("another {left}, ")),
            "{error}"
        );
        assert!(!shown.contains("SKsecret"), "{shown}");
        // An echo of the same rejection makes it no longer.
        assert!(!authenticator.rejected(early).await);
    }
    let nearly = after(35) - TimeDelta::nanoseconds(1);
    let error = authenticator
        .authenticate(&mut https(), nearly)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("another 1 s, "), "{error}");
    assert!(authenticator.authenticate(&mut https(), after(35)).await.is_ok());
}

#[tokio::test]
async fn a_second_rejection_begins_a_second_pause_and_a_late_echo_begins_none() {
    let authenticator = fixed();
    let first = authenticator.authenticate(&mut https(), start()).await.unwrap();
    authenticator.rejected(first).await;
    let second = authenticator.authenticate(&mut https(), after(30)).await.unwrap();
    assert_ne!(first, second);
    // Of the key that was fetched anew nobody has complained.
    authenticator.rejected(first).await;
    assert_eq!(
        authenticator.authenticate(&mut https(), after(31)).await.unwrap(),
        second
    );
    authenticator.rejected(second).await;
    assert!(authenticator.authenticate(&mut https(), after(60)).await.is_err());
    assert!(authenticator.authenticate(&mut https(), after(61)).await.is_ok());
}

#[tokio::test]
async fn a_clock_that_is_set_back_ends_the_pause() {
    let authenticator = fixed();
    let stamp = authenticator
        .authenticate(&mut https(), after(1_200))
        .await
        .unwrap();
    authenticator.rejected(stamp).await;
    assert!(
        authenticator
            .authenticate(&mut https(), after(1_201))
            .await
            .is_err()
    );
    // A caller that read its clock a moment before the one who signed is no such clock.
    assert!(
        authenticator
            .authenticate(&mut https(), after(1_199))
            .await
            .is_err()
    );
    assert!(authenticator.authenticate(&mut https(), start()).await.is_ok());
    // It has ended for good, whatever the clock says next.
    assert!(
        authenticator
            .authenticate(&mut https(), after(1_201))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_rejection_before_any_signature_means_nothing() {
    let authenticator = fixed();
    assert!(!authenticator.rejected(Stamp::new(1)).await);
    assert!(authenticator.authenticate(&mut https(), start()).await.is_ok());
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let key = AccessKey::new("AKEXAMPLE", "SKsecret")
        .unwrap()
        .with_security_token("STsecret")
        .unwrap();
    let authenticator = AccessKeyAuthenticator::for_project(StaticAccessKey::new(key), "p1".parse().unwrap());
    let mut sent = https();
    authenticator.authenticate(&mut sent, start()).await.unwrap();
    let authorization = text(sent.headers(), "authorization");
    let signature = authorization.rsplit_once('=').unwrap().1;
    let debug = format!("{authenticator:?} {sent:?}");
    assert!(debug.contains("AKEXAMPLE") && debug.contains("p1"), "{debug}");
    for secret in ["SKsecret", "STsecret", signature] {
        assert!(!debug.contains(secret), "{debug}");
    }
}

/// Gives out the same key each time, as a broker may until the key is near its end.
#[derive(Debug)]
struct Same;

#[async_trait]
impl ProvideAccessKey for Same {
    async fn provide_access_key(&self) -> Result<AccessKey, AuthError> {
        AccessKey::new("AKSAME", "SKsecret")?.with_security_token("STsecret")
    }
}

#[tokio::test]
async fn a_key_that_is_given_out_again_after_its_rejection_signs_nothing() {
    let authenticator = AccessKeyAuthenticator::for_account(Same);
    let stamp = authenticator.authenticate(&mut https(), start()).await.unwrap();
    assert!(authenticator.rejected(stamp).await, "there may be another key");
    for second in [0, 29] {
        let mut request = https();
        let error = authenticator
            .authenticate(&mut request, after(second))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), &AuthErrorKind::Rejected);
        assert!(!request.headers().contains_key("authorization"));
    }
    assert!(authenticator.authenticate(&mut https(), after(30)).await.is_ok());
}
