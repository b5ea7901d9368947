//! A transport that lets a test see for what its client waits: for the network, or only for the clock.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use async_trait::async_trait;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use session_export::{Request, Response, ResponseBody, Transport, TransportError};

use crate::common::Answer;

/// For which part of an answer a client waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Head,
    /// The first bytes of its body.
    Start,
    /// More of a body that has begun.
    Rest,
}

/// The exchanges that wait for the network now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wire(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    sent: usize,
    waiting: BTreeMap<usize, Part>,
}

impl Wire {
    /// How many requests were sent since the last [`clear`](Self::clear).
    pub(crate) fn sent(&self) -> usize {
        self.0.lock().unwrap().sent
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap().sent = 0;
    }

    /// What is waited for. Never more than one thing, since the tests make one call at a time.
    pub(crate) fn waiting(&self) -> Option<Part> {
        self.0.lock().unwrap().waiting.values().next_back().copied()
    }

    fn begin(&self) -> Exchange {
        let mut state = self.0.lock().unwrap();
        state.sent += 1;
        let number = state.sent;
        state.waiting.insert(number, Part::Head);
        let wire = self.clone();
        Exchange { wire, number }
    }
}

/// One exchange; it waits for nothing once it is dropped.
#[derive(Debug)]
struct Exchange {
    wire: Wire,
    number: usize,
}

impl Exchange {
    fn waits_for(&self, part: Part) {
        self.wire.0.lock().unwrap().waiting.insert(self.number, part);
    }

    fn goes_on(&self) {
        self.wire.0.lock().unwrap().waiting.remove(&self.number);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.goes_on();
    }
}

/// Carries requests by `transport`, and tells `wire`.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) wire: Wire,
}

#[async_trait]
impl Transport for Watched {
    async fn send(&self, request: Request) -> Answer {
        let exchange = self.wire.begin();
        let response: Response = self.transport.send(request).await?;
        exchange.goes_on();
        Ok(response.map(|body| {
            ResponseBody::new(WatchedBody {
                body,
                exchange,
                has_begun: false,
            })
        }))
    }
}

#[derive(Debug)]
struct WatchedBody {
    body: ResponseBody,
    exchange: Exchange,
    has_begun: bool,
}

impl Body for WatchedBody {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        match (&frame, self.has_begun) {
            (Poll::Pending, false) => self.exchange.waits_for(Part::Start),
            (Poll::Pending, true) => self.exchange.waits_for(Part::Rest),
            (Poll::Ready(_), _) => {
                self.has_begun = true;
                self.exchange.goes_on();
            }
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
