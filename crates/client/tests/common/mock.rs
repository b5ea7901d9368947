//! Transports that answer as they are told, without a socket.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use http::StatusCode;
use http_body::Frame;
use http_body_util::StreamBody;
use session_export::{
    Clock, Delivery, Request, Response, ResponseBody, Transport, TransportError, TransportErrorKind,
};
use session_export_transport::test_util::{ManualClock, MockTransport};

pub(crate) type Answer = Result<Response, TransportError>;

/// The requests that a mock got, each with the monotonic time at which it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<(Duration, Request)>>>);

impl Log {
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    pub(crate) fn times(&self) -> Vec<Duration> {
        self.0.lock().unwrap().iter().map(|(time, _)| *time).collect()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        let log = self.0.lock().unwrap();
        log.iter().map(|(_, request)| request.clone()).collect()
    }

    /// Method and URL of each.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests()
            .iter()
            .map(|request| format!("{} {}", request.method(), request.uri()))
            .collect()
    }

    /// The tokens that were sent, in their order.
    pub(crate) fn tokens(&self) -> Vec<String> {
        self.requests()
            .iter()
            .map(|request| request.headers()["x-auth-token"].to_str().unwrap().to_owned())
            .collect()
    }
}

/// Gives the answers in their order. One request more, or one less, fails the test.
pub(crate) fn mock_transport(
    clock: &ManualClock,
    answers: impl IntoIterator<Item = Answer>,
) -> (MockTransport, Log) {
    let answers: VecDeque<_> = answers.into_iter().collect();
    let (log, clock) = (Log::default(), clock.clone());
    let sent = log.clone();
    let mut transport = MockTransport::new();
    let times = answers.len();
    let answers = Mutex::new(answers);
    transport.expect_send().times(times).returning(move |request| {
        sent.0.lock().unwrap().push((clock.monotonic(), request));
        let next = answers.lock().unwrap().pop_front();
        next.expect("there is an answer for each request")
    });
    (transport, log)
}

pub(crate) fn answer(
    status: u16,
    headers: &[(&'static str, &str)],
    body: impl Into<ResponseBody>,
) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        response.headers_mut().append(*name, value.parse().unwrap());
    }
    response
}

pub(crate) fn json(status: u16, body: impl Into<String>) -> Answer {
    let headers = [("content-type", "application/json")];
    Ok(answer(status, &headers, body.into()))
}

/// An exchange that ends without a response.
pub(crate) fn broken(kind: TransportErrorKind, delivery: Delivery) -> Answer {
    Err(TransportError::new(kind, delivery))
}

/// A body of these frames.
pub(crate) fn body_of(frames: Vec<Result<Bytes, TransportError>>) -> ResponseBody {
    let frames = frames.into_iter().map(|frame| frame.map(Frame::data));
    ResponseBody::new(StreamBody::new(stream::iter(frames)))
}

/// A body whose parts each come after a pause on `clock`; it never ends if `ends` is false.
pub(crate) fn paced(clock: &ManualClock, parts: Vec<(Duration, &'static str)>, ends: bool) -> ResponseBody {
    let state = (clock.clone(), VecDeque::from(parts));
    let frames = stream::unfold(state, move |(clock, mut parts)| async move {
        let Some((pause, part)) = parts.pop_front() else {
            if !ends {
                std::future::pending::<()>().await;
            }
            return None;
        };
        if !pause.is_zero() {
            clock.sleep(pause).await;
        }
        Some((Ok(Frame::data(Bytes::from(part))), (clock, parts)))
    });
    ResponseBody::new(StreamBody::new(Box::pin(frames)))
}

/// A transport that takes a request and never answers. It counts what it took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Silent(Arc<Mutex<usize>>);

impl Silent {
    pub(crate) fn count(&self) -> usize {
        *self.0.lock().unwrap()
    }
}

#[async_trait]
impl Transport for Silent {
    async fn send(&self, _request: Request) -> Answer {
        *self.0.lock().unwrap() += 1;
        std::future::pending().await
    }
}
