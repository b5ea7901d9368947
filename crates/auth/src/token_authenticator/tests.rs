use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::TimeDelta;
use session_export_transport::RequestBody;
use tokio::sync::Semaphore;

use super::*;
use crate::{AuthErrorKind, MockProvideToken, StaticToken};

/// Gives tokens `t1`, `t2`, … of one hour, each only once its gate lets it pass.
#[derive(Debug)]
struct Counting {
    calls: AtomicU64,
    gate: Semaphore,
    fail: std::sync::atomic::AtomicBool,
}

impl Counting {
    fn open() -> Arc<Self> {
        Self::with_permits(1_000_000)
    }

    fn with_permits(permits: usize) -> Arc<Self> {
        Arc::new(Self {
            calls: AtomicU64::new(0),
            gate: Semaphore::new(permits),
            fail: false.into(),
        })
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl ProvideToken for Counting {
    async fn provide_token(&self) -> Result<Token, AuthError> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        self.gate.acquire().await.unwrap().forget();
        if self.fail.load(Ordering::SeqCst) {
            return Err(AuthError::other(format!("failure {call}")));
        }
        Ok(Token::new(format!("t{call}"))?.with_expiry(start() + TimeDelta::minutes(60 * call as i64)))
    }
}

fn start() -> DateTime<Utc> {
    "2024-02-27T03:47:51Z".parse().unwrap()
}

fn request(url: &str) -> Request {
    let mut request = Request::new(RequestBody::empty());
    *request.uri_mut() = url.parse().unwrap();
    request
}

async fn secret<P: ProvideToken>(authenticator: &TokenAuthenticator<P>, at: DateTime<Utc>) -> String {
    authenticator.token(at).await.unwrap().expose_secret().to_owned()
}

#[tokio::test]
async fn a_fresh_token_is_fetched_once_and_marked_sensitive() {
    let provider = Counting::open();
    let authenticator = TokenAuthenticator::new(Arc::clone(&provider));
    let mut stamps = Vec::new();
    for minute in 0..49 {
        let mut request = request("https://workspace.example.com/");
        let at = start() + TimeDelta::minutes(minute);
        stamps.push(authenticator.authenticate(&mut request, at).await.unwrap());
        assert_eq!(request.headers()["x-auth-token"], "t1");
        assert!(request.headers()["x-auth-token"].is_sensitive());
    }
    assert!(stamps.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(provider.calls(), 1);
}

#[tokio::test]
async fn a_stale_token_is_renewed_and_an_expired_one_is_never_used() {
    let provider = Counting::open();
    let authenticator = TokenAuthenticator::new(Arc::clone(&provider));
    assert_eq!(secret(&authenticator, start()).await, "t1");
    // Ten minutes before its end.
    assert_eq!(
        secret(&authenticator, start() + TimeDelta::minutes(50)).await,
        "t2"
    );

    provider.fail.store(true, Ordering::SeqCst);
    // A renewal that fails keeps the old token and pauses.
    let stale = start() + TimeDelta::minutes(111);
    assert_eq!(secret(&authenticator, stale).await, "t2");
    assert_eq!(secret(&authenticator, stale + TimeDelta::seconds(29)).await, "t2");
    assert_eq!(provider.calls(), 3);
    assert_eq!(secret(&authenticator, stale + TimeDelta::seconds(30)).await, "t2");
    assert_eq!(provider.calls(), 4);
    // At its end it is unusable, and the failure is what the caller gets.
    assert!(
        authenticator
            .token(start() + TimeDelta::minutes(120))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn while_one_renews_the_others_go_on_with_the_old_token() {
    let provider = Counting::with_permits(1);
    let authenticator = TokenAuthenticator::new(Arc::clone(&provider));
    assert_eq!(secret(&authenticator, start()).await, "t1");
    let stale = start() + TimeDelta::minutes(55);
    let mut leader = Box::pin(authenticator.token(stale));
    assert!(futures_util::future::poll_immediate(&mut leader).await.is_none());
    for _ in 0..100 {
        assert_eq!(secret(&authenticator, stale).await, "t1");
    }
    assert_eq!(provider.calls(), 2);
    provider.gate.add_permits(1);
    assert_eq!(leader.await.unwrap().expose_secret(), "t2");
}

#[tokio::test]
async fn a_renewal_that_hangs_and_is_given_up_holds_nobody_up() {
    let provider = Counting::with_permits(1);
    let authenticator = TokenAuthenticator::new(Arc::clone(&provider));
    assert_eq!(secret(&authenticator, start()).await, "t1");
    let stale = start() + TimeDelta::minutes(55);
    let mut leader = Box::pin(authenticator.token(stale));
    assert!(futures_util::future::poll_immediate(&mut leader).await.is_none());
    drop(leader);
    // The old token is good, and nobody else tries before the pause is over.
    for seconds in [0, 29] {
        let at = stale + TimeDelta::seconds(seconds);
        let token = futures_util::future::poll_immediate(authenticator.token(at)).await;
        assert_eq!(token.unwrap().unwrap().expose_secret(), "t1");
    }
    let mut next = Box::pin(authenticator.token(stale + TimeDelta::seconds(30)));
    assert!(futures_util::future::poll_immediate(&mut next).await.is_none());
    assert_eq!(provider.calls(), 3);
}

#[tokio::test]
async fn who_only_looks_after_a_fetch_was_given_up_starts_none() {
    let provider = Counting::with_permits(0);
    let authenticator = TokenAuthenticator::new(Arc::clone(&provider));
    let mut leader = Box::pin(authenticator.token(start()));
    assert!(futures_util::future::poll_immediate(&mut leader).await.is_none());
    drop(leader);
    for _ in 0..3 {
        let look = futures_util::future::poll_immediate(authenticator.token(start())).await;
        assert!(look.is_none());
    }
    assert_eq!(provider.calls(), 1);
    // Who waits does fetch.
    provider.gate.add_permits(1);
    assert_eq!(secret(&authenticator, start()).await, "t2");
}

#[tokio::test]
async fn all_who_wait_share_one_fetch() {
    let provider = Counting::with_permits(0);
    let authenticator = TokenAuthenticator::new(Arc::clone(&provider));
    let waiting = futures_util::future::join_all((0..1_000).map(|_| secret(&authenticator, start())));
    let (secrets, ()) = futures_util::future::join(waiting, async { provider.gate.add_permits(1) }).await;
    assert!(secrets.iter().all(|secret| secret == "t1"));
    assert_eq!(provider.calls(), 1);
}

#[tokio::test]
async fn all_who_wait_share_one_failure_and_a_later_caller_tries_again() {
    let provider = Counting::with_permits(0);
    provider.fail.store(true, Ordering::SeqCst);
    let authenticator = TokenAuthenticator::new(Arc::clone(&provider));
    let waiting = futures_util::future::join_all((0..1_000).map(|_| authenticator.token(start())));
    let (results, ()) = futures_util::future::join(waiting, async { provider.gate.add_permits(1) }).await;
    for result in results {
        let source = std::error::Error::source(&result.unwrap_err())
            .unwrap()
            .to_string();
        assert_eq!(source, "failure 1");
    }
    assert_eq!(provider.calls(), 1);
    provider.gate.add_permits(1);
    provider.fail.store(false, Ordering::SeqCst);
    assert_eq!(secret(&authenticator, start()).await, "t2");
}

#[tokio::test]
async fn a_cancelled_leader_hands_over() {
    let provider = Counting::with_permits(0);
    let authenticator = TokenAuthenticator::new(Arc::clone(&provider));
    let mut leader = Box::pin(authenticator.token(start()));
    let mut first = Box::pin(authenticator.token(start()));
    let mut second = Box::pin(authenticator.token(start()));
    assert!(futures_util::future::poll_immediate(&mut leader).await.is_none());
    assert!(futures_util::future::poll_immediate(&mut first).await.is_none());
    assert!(futures_util::future::poll_immediate(&mut second).await.is_none());
    drop(leader);
    provider.gate.add_permits(1);
    let (first, second) = futures_util::future::join(first, second).await;
    assert_eq!(first.unwrap().expose_secret(), "t2");
    assert_eq!(second.unwrap().expose_secret(), "t2");
    assert_eq!(provider.calls(), 2);
}

#[tokio::test]
async fn a_rejection_drops_its_own_generation_only() {
    let provider = Counting::open();
    let authenticator = TokenAuthenticator::new(Arc::clone(&provider));
    let mut sent = request("https://workspace.example.com/");
    let first = authenticator.authenticate(&mut sent, start()).await.unwrap();
    for _ in 0..100 {
        assert!(authenticator.rejected(first).await);
    }
    let second = authenticator.authenticate(&mut sent, start()).await.unwrap();
    assert_ne!(first, second);
    // The late echo of the first rejection must not cost the new token.
    assert!(authenticator.rejected(first).await);
    assert_eq!(
        authenticator.authenticate(&mut sent, start()).await.unwrap(),
        second
    );
    assert_eq!(provider.calls(), 2);
}

#[tokio::test]
async fn a_static_token_is_not_worth_another_try() {
    let authenticator = TokenAuthenticator::new(StaticToken::new(Token::new("fixed").unwrap()));
    let mut sent = request("https://workspace.example.com/");
    let stamp = authenticator.authenticate(&mut sent, start()).await.unwrap();
    assert!(!authenticator.rejected(stamp).await);
}

#[tokio::test]
async fn a_provider_that_returns_an_expired_token_is_an_error_not_a_loop() {
    let mut provider = MockProvideToken::new();
    provider
        .expect_provide_token()
        .times(1)
        .returning(|| Ok(Token::new("old")?.with_expiry(start())));
    let error = TokenAuthenticator::new(provider)
        .token(start())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &AuthErrorKind::Expired);
    assert!(
        error.to_string().contains("check the clock of this machine"),
        "{error}"
    );
}

#[tokio::test]
async fn plain_http_is_refused_before_a_token_is_fetched() {
    let provider = Counting::open();
    let authenticator = TokenAuthenticator::new(Arc::clone(&provider));
    let mut sent = request("http://workspace.example.com/");
    let error = authenticator.authenticate(&mut sent, start()).await.unwrap_err();
    assert_eq!(error.kind(), &AuthErrorKind::PlainHttp);
    assert!(sent.headers().is_empty());
    assert_eq!(provider.calls(), 0);
    let allowed = authenticator.plain_http(PlainHttp::Allowed);
    assert!(allowed.authenticate(&mut sent, start()).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_on_two_threads_cost_one_fetch() {
    let provider = Counting::open();
    let authenticator = Arc::new(TokenAuthenticator::new(Arc::clone(&provider)));
    #[allow(clippy::disallowed_methods, reason = "the test is about threads")]
    let tasks: Vec<_> = (0..200)
        .map(|_| {
            let authenticator = Arc::clone(&authenticator);
            tokio::spawn(async move { secret(&*authenticator, start()).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), "t1");
    }
    assert_eq!(provider.calls(), 1);
}
