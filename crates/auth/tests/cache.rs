//! The token cache under load, through the public doors, on one thread and on two.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::{poll_fn, poll_immediate, select};
use session_export_auth::{
    AuthError, AuthErrorKind, Authenticate, ProvideToken, Stamp, Token, TokenAuthenticator,
};
use session_export_transport::{Request, RequestBody};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// What a fetch comes to.
#[derive(Clone, Copy, Debug)]
enum Answer {
    /// A token that ends so many minutes after [`start`].
    Until(i64),
    Fails,
    Panics,
}

/// Gives `t1`, `t2`, …, each fetch only with a permit of the gate.
#[derive(Debug)]
struct Gated {
    gate: Semaphore,
    fetches: AtomicUsize,
    under_way: AtomicUsize,
    answer: Mutex<Answer>,
}

/// Counts itself out when the fetch ends or is dropped.
struct UnderWay<'a>(&'a AtomicUsize);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl ProvideToken for Gated {
    async fn provide_token(&self) -> Result<Token, AuthError> {
        let fetch = self.fetches.fetch_add(1, Ordering::SeqCst) + 1;
        assert_eq!(
            self.under_way.fetch_add(1, Ordering::SeqCst),
            0,
            "two fetches at one time"
        );
        let _under_way = UnderWay(&self.under_way);
        self.gate.acquire().await.unwrap().forget();
        let answer = *self.answer.lock().unwrap();
        match answer {
            Answer::Until(minutes) => Ok(Token::new(format!("t{fetch}"))?.with_expiry(minute(minutes))),
            Answer::Fails => Err(AuthError::other(format!("failure {fetch}"))),
            Answer::Panics => std::panic::resume_unwind(Box::new("the provider panics")),
        }
    }
}

fn minute(minutes: i64) -> DateTime<Utc> {
    "2024-02-27T03:47:51Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

fn start() -> DateTime<Utc> {
    minute(0)
}

/// An authenticator, its provider, and the callers.
struct Stage {
    provider: Arc<Gated>,
    authenticator: Arc<TokenAuthenticator<Arc<Gated>>>,
    waiting: Arc<Semaphore>,
}

type Answers = JoinSet<Result<String, String>>;

impl Stage {
    fn new(answer: Answer) -> Self {
        let provider = Arc::new(Gated {
            gate: Semaphore::new(0),
            fetches: AtomicUsize::new(0),
            under_way: AtomicUsize::new(0),
            answer: Mutex::new(answer),
        });
        Self {
            authenticator: Arc::new(TokenAuthenticator::new(Arc::clone(&provider))),
            provider,
            waiting: Arc::new(Semaphore::new(0)),
        }
    }

    /// With `t1` in the cache, good for an hour.
    async fn holding_t1() -> Self {
        let stage = Self::new(Answer::Until(60));
        stage.open(1);
        assert_eq!(stage.get(start()).await.unwrap(), "t1");
        stage
    }

    fn open(&self, fetches: usize) {
        self.provider.gate.add_permits(fetches);
    }

    fn answer(&self, answer: Answer) {
        *self.provider.answer.lock().unwrap() = answer;
    }

    fn fetches(&self) -> usize {
        self.provider.fetches.load(Ordering::SeqCst)
    }

    /// The token or the whole error, as texts.
    fn get(&self, at: DateTime<Utc>) -> impl Future<Output = Result<String, String>> + use<> {
        let authenticator = Arc::clone(&self.authenticator);
        async move {
            match authenticator.token(at).await {
                Ok(token) => Ok(token.expose_secret().to_owned()),
                Err(error) => Err(format!("{error:?}")),
            }
        }
    }

    /// Starts `count` callers.
    fn spawn(&self, count: usize, at: DateTime<Utc>) -> Answers {
        let mut answers = Answers::new();
        for _ in 0..count {
            answers.spawn(told_when_pending(self.get(at), Arc::clone(&self.waiting)));
        }
        answers
    }

    /// Until so many callers have found that they must wait.
    async fn until_waiting(&self, count: usize) {
        let count = u32::try_from(count).unwrap();
        self.waiting.acquire_many(count).await.unwrap().forget();
    }
}

/// Adds a permit when `future` first pends.
async fn told_when_pending<F: Future>(future: F, told: Arc<Semaphore>) -> F::Output {
    let mut future = pin!(future);
    let mut first = true;
    poll_fn(|cx| {
        let poll = future.as_mut().poll(cx);
        if poll.is_pending() && std::mem::take(&mut first) {
            told.add_permits(1);
        }
        poll
    })
    .await
}

async fn all_equal(answers: Answers) -> Result<String, String> {
    let mut answers = answers.join_all().await;
    let last = answers.pop().unwrap();
    assert!(answers.iter().all(|answer| *answer == last));
    last
}

async fn authenticate(authenticator: &TokenAuthenticator<Arc<Gated>>, at: DateTime<Utc>) -> (String, Stamp) {
    let mut request = Request::new(RequestBody::empty());
    *request.uri_mut() = "https://workspace.example.com/".parse().unwrap();
    let stamp = authenticator.authenticate(&mut request, at).await.unwrap();
    let token = request.headers()["x-auth-token"].to_str().unwrap().to_owned();
    (token, stamp)
}

/// Each as a test of one thread and as one of two.
macro_rules! on_one_thread_and_on_two {
    ($($name:ident)*) => {
        mod one_thread {
            $(#[tokio::test] async fn $name() { super::$name().await; })*
        }
        mod two_threads {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $name() { super::$name().await; })*
        }
    };
}

on_one_thread_and_on_two! {
    ten_thousand_on_an_empty_cache_cost_one_fetch
    ten_thousand_share_one_failure_and_the_next_tries_again
    a_thousand_on_a_stale_token_cost_one_fetch_and_one_wait
    a_hundred_rejections_of_one_generation_cost_one_fetch
    a_cancelled_leader_has_one_successor_whose_outcome_all_share
    a_panic_in_the_provider_is_no_end
    an_expired_token_is_an_error_and_no_loop
    a_failed_renewal_keeps_the_old_token_and_pauses_for_longer_each_time
    the_pause_ends_with_the_token
    a_rejection_of_the_last_generation_spares_this_one
    a_token_that_was_rejected_during_its_renewal_is_not_kept
    a_clock_that_is_set_back_lifts_the_pause
    who_waits_and_is_not_polled_holds_up_nobody
    a_thousand_with_one_time_limit_start_one_fetch
}

async fn ten_thousand_on_an_empty_cache_cost_one_fetch() {
    let stage = Stage::new(Answer::Until(60));
    let answers = stage.spawn(10_000, start());
    stage.until_waiting(10_000).await;
    stage.open(10_000);
    assert_eq!(all_equal(answers).await.unwrap(), "t1");
    assert_eq!(stage.fetches(), 1);
}

async fn ten_thousand_share_one_failure_and_the_next_tries_again() {
    let stage = Stage::new(Answer::Fails);
    let answers = stage.spawn(10_000, start());
    stage.until_waiting(10_000).await;
    stage.open(10_000);
    let error = all_equal(answers).await.unwrap_err();
    assert!(error.contains("failure 1"), "{error}");
    assert_eq!(stage.fetches(), 1);

    let error = stage.get(start()).await.unwrap_err();
    assert!(error.contains("failure 2"), "{error}");
    stage.answer(Answer::Until(60));
    assert_eq!(stage.get(start()).await.unwrap(), "t3");
}

async fn a_thousand_on_a_stale_token_cost_one_fetch_and_one_wait() {
    let stage = Stage::holding_t1().await;
    stage.answer(Answer::Until(120));
    let mut answers = stage.spawn(1_000, minute(50));
    for _ in 0..999 {
        assert_eq!(answers.join_next().await.unwrap().unwrap().unwrap(), "t1");
    }
    // The gate is still shut: the one who is left is the one who fetches.
    stage.until_waiting(1).await;
    assert_eq!(answers.len(), 1);
    stage.open(1_000);
    assert_eq!(all_equal(answers).await.unwrap(), "t2");
    assert_eq!(stage.get(minute(50)).await.unwrap(), "t2");
    assert_eq!(stage.fetches(), 2);
}

async fn a_hundred_rejections_of_one_generation_cost_one_fetch() {
    let stage = Stage::holding_t1().await;
    stage.open(1_000);
    let all_have_t1 = Arc::new(tokio::sync::Barrier::new(100));
    let mut calls = JoinSet::new();
    for _ in 0..100 {
        let authenticator = Arc::clone(&stage.authenticator);
        let all_have_t1 = Arc::clone(&all_have_t1);
        calls.spawn(async move {
            let (token, stamp) = authenticate(&authenticator, start()).await;
            assert_eq!(token, "t1");
            all_have_t1.wait().await;
            assert!(authenticator.rejected(stamp).await);
            authenticate(&authenticator, start()).await.0
        });
    }
    assert!(calls.join_all().await.iter().all(|token| token == "t2"));
    assert_eq!(stage.fetches(), 2);
}

async fn a_cancelled_leader_has_one_successor_whose_outcome_all_share() {
    for answer in [Answer::Until(60), Answer::Fails] {
        let stage = Stage::new(answer);
        let mut leader = stage.spawn(1, start());
        stage.until_waiting(1).await;
        let answers = stage.spawn(1_000, start());
        stage.until_waiting(1_000).await;
        assert_eq!(stage.fetches(), 1);
        leader.shutdown().await;
        stage.open(1_000);
        match all_equal(answers).await {
            Ok(token) => assert_eq!(token, "t2"),
            Err(error) => assert!(error.contains("failure 2"), "{error}"),
        }
        assert_eq!(stage.fetches(), 2);
    }
}

async fn a_panic_in_the_provider_is_no_end() {
    let stage = Stage::new(Answer::Panics);
    let mut leader = stage.spawn(1, start());
    stage.until_waiting(1).await;
    let answers = stage.spawn(100, start());
    stage.until_waiting(100).await;
    stage.open(1);
    assert!(leader.join_next().await.unwrap().unwrap_err().is_panic());
    stage.answer(Answer::Until(60));
    stage.open(1);
    assert_eq!(all_equal(answers).await.unwrap(), "t2");
    assert_eq!(stage.fetches(), 2);
}

async fn an_expired_token_is_an_error_and_no_loop() {
    // A life of less than nothing, and of nothing.
    for end in [-1, 0] {
        let stage = Stage::new(Answer::Until(end));
        let answers = stage.spawn(100, start());
        stage.until_waiting(100).await;
        stage.open(1_000);
        assert!(all_equal(answers).await.unwrap_err().contains("Expired"));
        assert_eq!(stage.fetches(), 1);
        for call in 2..5 {
            let error = stage.authenticator.token(start()).await.unwrap_err();
            assert_eq!(error.kind(), &AuthErrorKind::Expired);
            assert_eq!(stage.fetches(), call);
        }
    }
}

async fn a_failed_renewal_keeps_the_old_token_and_pauses_for_longer_each_time() {
    let stage = Stage::holding_t1().await;
    stage.answer(Answer::Fails);
    stage.open(1_000);
    let mut tries = Vec::new();
    for second in 50 * 60..60 * 60 {
        let before = stage.fetches();
        let at = start() + TimeDelta::seconds(second);
        assert_eq!(stage.get(at).await.unwrap(), "t1");
        if stage.fetches() > before {
            tries.push(second - 50 * 60);
        }
    }
    assert_eq!(tries, [0, 30, 90, 210, 450]);
    stage.answer(Answer::Until(120));
    assert_eq!(stage.get(minute(60)).await.unwrap(), "t7");
}

async fn the_pause_ends_with_the_token() {
    let stage = Stage::holding_t1().await;
    stage.answer(Answer::Fails);
    stage.open(2);
    let last_second = minute(60) - TimeDelta::seconds(1);
    assert_eq!(stage.get(last_second).await.unwrap(), "t1");
    stage.answer(Answer::Until(120));
    assert_eq!(stage.get(minute(60)).await.unwrap(), "t3");
}

async fn a_rejection_of_the_last_generation_spares_this_one() {
    let stage = Stage::holding_t1().await;
    stage.open(1_000);
    let (_, first) = authenticate(&stage.authenticator, start()).await;
    stage.authenticator.rejected(first).await;
    let (token, second) = authenticate(&stage.authenticator, start()).await;
    assert_eq!(token, "t2");
    assert_ne!(first, second);
    stage.authenticator.rejected(first).await;
    assert_eq!(
        authenticate(&stage.authenticator, start()).await,
        ("t2".to_owned(), second)
    );
    stage.authenticator.rejected(second).await;
    assert_eq!(authenticate(&stage.authenticator, start()).await.0, "t3");
}

async fn a_token_that_was_rejected_during_its_renewal_is_not_kept() {
    let stage = Stage::holding_t1().await;
    stage.answer(Answer::Fails);
    let (_, stamp) = authenticate(&stage.authenticator, start()).await;
    let leader = stage.spawn(1, minute(55));
    stage.until_waiting(1).await;
    stage.authenticator.rejected(stamp).await;
    // Who comes now has no token, and waits for the renewal that is under way.
    let late = stage.spawn(10, minute(55));
    stage.until_waiting(10).await;
    stage.open(1_000);
    assert!(all_equal(leader).await.unwrap_err().contains("failure 2"));
    assert!(all_equal(late).await.unwrap_err().contains("failure 2"));
    assert_eq!(stage.fetches(), 2);
}

async fn a_clock_that_is_set_back_lifts_the_pause() {
    let stage = Stage::holding_t1().await;
    stage.answer(Answer::Fails);
    stage.open(1_000);
    assert_eq!(stage.get(minute(55)).await.unwrap(), "t1");
    // A caller that read the clock a little earlier is no reason to try again; a clock that is wrong by minutes is.
    let earlier = minute(55) - TimeDelta::seconds(29);
    assert_eq!(stage.get(earlier).await.unwrap(), "t1");
    assert_eq!(stage.fetches(), 2);
    assert_eq!(stage.get(minute(52)).await.unwrap(), "t1");
    assert_eq!(stage.fetches(), 3);
    // Long before the token was fetched it is fresh.
    assert_eq!(stage.get(minute(-1_000_000)).await.unwrap(), "t1");
    assert_eq!(stage.fetches(), 3);
}

async fn who_waits_and_is_not_polled_holds_up_nobody() {
    let stage = Stage::new(Answer::Until(60));
    let mut leader = Box::pin(stage.get(start()));
    assert!(poll_immediate(&mut leader).await.is_none());
    let mut idle: Vec<Pin<Box<_>>> = Vec::new();
    for _ in 0..10 {
        let mut waiter = Box::pin(stage.get(start()));
        assert!(poll_immediate(&mut waiter).await.is_none());
        idle.push(waiter);
    }
    let busy = stage.spawn(10, start());
    stage.until_waiting(10).await;
    stage.open(1);
    assert_eq!(leader.await.unwrap(), "t1");
    assert_eq!(all_equal(busy).await.unwrap(), "t1");
    for waiter in idle {
        assert_eq!(waiter.await.unwrap(), "t1");
    }
}

async fn a_thousand_with_one_time_limit_start_one_fetch() {
    let stage = Stage::new(Answer::Until(60));
    let limit = Arc::new(Semaphore::new(0));
    let mut calls = JoinSet::new();
    let some_answer = Arc::new(AtomicBool::new(false));
    for _ in 0..1_000 {
        let call = told_when_pending(stage.get(start()), Arc::clone(&stage.waiting));
        let limit = Arc::clone(&limit);
        let some_answer = Arc::clone(&some_answer);
        calls.spawn(async move {
            let limit = pin!(limit.acquire());
            if let futures_util::future::Either::Left(_) = select(pin!(call), limit).await {
                some_answer.store(true, Ordering::SeqCst);
            }
        });
    }
    stage.until_waiting(1_000).await;
    limit.close();
    calls.join_all().await;
    assert!(!some_answer.load(Ordering::SeqCst));
    assert_eq!(stage.fetches(), 1, "a caller whose time is up starts no fetch");
}
