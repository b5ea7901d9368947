//! How time passes in a chaos run: as fast as the work lets it, for everybody alike.
//!
//! Clients and emulator share one clock that this moves: it tells all limits, pauses, windows, `Date` headers and times of
//! tasks. It is honest because nobody has another one to compare it with, and because it cannot run ahead of the work:
//!
//! - While an exchange is under way, it goes on by [`STEP`] each time the runtime, which has one thread, has polled
//!   everything that was ready [`TURNS`] times and a millisecond has passed. A slow machine so makes time slow, not the
//!   service: a limit of 40 s is at least 85 such rounds, of which an exchange over loopback needs a handful. Only a
//!   fault that holds an answer back lets it pass.
//! - Where nothing has moved for [`STILL`] such rounds, what is under way is held back by a fault, and the clock goes on by
//!   [`STRIDE`] each time.
//! - While none is under way, everybody waits for the clock, and it jumps to the moment that somebody waits for.
//!
//! The emulator's own delays are in real time. A fault that holds an answer back for [`FOREVER`] is ended by the client's
//! limit, long before.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::{Either, select};
use http_body::{Body, Frame, SizeHint};
use session_export::{Request, Response, ResponseBody, Transport, TransportError};
use session_export_transport::test_util::ManualClock;

/// How often in a round everything that is ready is polled.
const TURNS: usize = 16;
/// How far the clock goes on in each round in which something is under way.
const STEP: Duration = Duration::from_millis(100);
/// How many rounds in which no exchange begins, ends or brings a part of a body make longer steps.
const STILL: u32 = 50;
/// These.
const STRIDE: Duration = Duration::from_secs(1);
/// Longer than any run, in real time.
pub(crate) const FOREVER: Duration = Duration::from_secs(3_600);
/// With more rounds than this a run hangs: some hours of ours.
const MOST_ROUNDS: u64 = 20_000_000;

/// How many exchanges are under way, from the request to the end of the body of its response.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traffic(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    under_way: AtomicUsize,
    /// Beginnings, ends, and parts of bodies.
    moves: AtomicUsize,
}

impl Traffic {
    fn is_quiet(&self) -> bool {
        self.0.under_way.load(Ordering::Relaxed) == 0
    }

    fn moves(&self) -> usize {
        self.0.moves.load(Ordering::Relaxed)
    }

    fn moved(&self) {
        self.0.moves.fetch_add(1, Ordering::Relaxed);
    }

    fn begin(&self) -> UnderWay {
        self.0.under_way.fetch_add(1, Ordering::Relaxed);
        self.moved();
        UnderWay(self.clone())
    }

    /// The same transport, watched.
    pub(crate) fn watch(&self, transport: Arc<dyn Transport>) -> Arc<dyn Transport> {
        Arc::new(Watched {
            transport,
            traffic: self.clone(),
        })
    }
}

#[derive(Debug)]
struct UnderWay(Traffic);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.under_way.fetch_sub(1, Ordering::Relaxed);
        self.0.moved();
    }
}

#[derive(Debug)]
struct Watched {
    transport: Arc<dyn Transport>,
    traffic: Traffic,
}

#[async_trait]
impl Transport for Watched {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let under_way = self.traffic.begin();
        let response = self.transport.send(request).await?;
        Ok(response.map(|body| ResponseBody::new(WatchedBody { body, under_way })))
    }
}

struct WatchedBody {
    body: ResponseBody,
    under_way: UnderWay,
}

impl Body for WatchedBody {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if frame.is_ready() {
            self.under_way.0.moved();
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

/// Runs `work` to its end, and lets time pass for it.
pub(crate) async fn passing<F: Future>(clock: &ManualClock, traffic: &Traffic, work: F) -> F::Output {
    match select(pin!(work), pin!(pass(clock, traffic))).await {
        Either::Left((output, _)) => output,
        Either::Right(((), _)) => panic!("the run does not come to an end"),
    }
}

#[allow(clippy::disallowed_methods, reason = "the sockets need some real time")]
async fn pass(clock: &ManualClock, traffic: &Traffic) {
    let (mut moves, mut still) = (0, 0);
    for _ in 0..MOST_ROUNDS {
        // Whoever is ready may begin an exchange, or wake somebody who does; and each time the sockets are looked at.
        for turn in 0..TURNS {
            if turn > 2 && traffic.is_quiet() {
                break;
            }
            tokio::task::yield_now().await;
        }
        if traffic.is_quiet() && clock.advance_to_next_timer() {
            continue;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        still = if traffic.moves() == moves { still + 1 } else { 0 };
        moves = traffic.moves();
        clock.advance(if still < STILL { STEP } else { STRIDE });
    }
}
