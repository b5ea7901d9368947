//! A client without a network: its transport answers as it is told, and its clock waits for nothing.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use session_export::{Client, Endpoint, RetryPolicy, StaticToken, TokenAuthenticator};
use session_export_auth::Token;
use session_export_transport::{
    Clock, Delivery, Request, Response, Sleep, Transport, TransportError, TransportErrorKind,
};

pub(crate) const PROJECT: &str = "a4da8115c9d8464ead3a38309130523f";
pub(crate) const TASK: &str = "2b31ed5200000000ebedb6e570000000";

/// Gives its answers in their order, then nothing but errors. It keeps what it was sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers(Arc<Mutex<Exchanges>>);

#[derive(Debug, Default)]
struct Exchanges {
    answers: VecDeque<Response>,
    requests: Vec<Request>,
}

impl Answers {
    pub(crate) fn new(answers: impl IntoIterator<Item = Response>) -> Self {
        let answers = answers.into_iter().collect();
        Self(Arc::new(Mutex::new(Exchanges {
            answers,
            requests: Vec::new(),
        })))
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .requests
            .clone()
    }
}

#[async_trait]
impl Transport for Answers {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut exchanges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        exchanges.requests.push(request);
        exchanges
            .answers
            .pop_front()
            .ok_or_else(|| TransportError::new(TransportErrorKind::Connect, Delivery::NotSent))
    }
}

/// Whoever waits goes on at once, and so much later.
#[derive(Debug, Default)]
pub(crate) struct HastyClock(Mutex<Duration>);

impl Clock for HastyClock {
    fn now(&self) -> DateTime<Utc> {
        // 2024-02-27T03:47:51Z; a wait that no calendar has ends there.
        let start = DateTime::from_timestamp(1_709_005_671, 0).unwrap_or_default();
        start + self.monotonic().min(Duration::from_secs(1 << 32))
    }

    fn monotonic(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        // A limit on something that is there already is asked for, too, and that takes no time.
        let mut time = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if duration < LIMITS {
            *time = time.saturating_add(duration);
        }
        Box::pin(std::future::ready(()))
    }
}

/// The limits of the clients here, which no time is spent on.
const LIMITS: Duration = Duration::MAX;

/// A client that calls these answers, with a token.
pub(crate) fn client(answers: &Answers, token: &str, retry: RetryPolicy) -> Client {
    let token = Token::new(token).expect("a token of visible ASCII");
    Client::builder(
        Endpoint::region("cn-north-4").expect("a published region"),
        PROJECT.parse().expect("an id"),
    )
    .transport(answers.clone())
    .authenticator(TokenAuthenticator::new(StaticToken::new(token)))
    .clock(HastyClock::default())
    .head_limit(LIMITS)
    .idle_limit(LIMITS)
    .retry_policy(retry)
    .build()
    .expect("all that a client needs")
}

/// Runs a future that has nothing to wait for.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    future
        .now_or_never()
        .expect("nothing here waits for anything outside")
}
