//! How long nothing has arrived.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use session_export_transport::{Delivery, Sleep, TransportError, TransportErrorKind};

use crate::deadline::Deadline;
use crate::operation::Operation;
use crate::{Client, Error};

/// Notices that nothing has arrived for too long, with one timer for many frames. Only time in which somebody waits for
/// the next frame counts: a reader that takes an hour over a frame does not make the server slow.
#[derive(Default)]
pub(super) struct IdleWatch {
    waiting_since: Option<Duration>,
    sleep: Option<Sleep>,
}

impl IdleWatch {
    /// Something has arrived.
    pub(super) fn progress(&mut self) {
        self.waiting_since = None;
    }

    /// Ready with an error when nothing has arrived for too long.
    pub(super) fn poll(&mut self, client: &Client, cx: &mut Context<'_>) -> Poll<Error> {
        loop {
            let clock = client.clock();
            let now = clock.monotonic();
            let idle = now.saturating_sub(*self.waiting_since.get_or_insert(now));
            let left = client.idle_limit().saturating_sub(idle);
            let remaining = client.deadline().map(Deadline::remaining);
            if remaining.is_some_and(|remaining| remaining.is_zero()) {
                return Poll::Ready(client.deadline_error(Operation::Download));
            }
            if left.is_zero() {
                let stalled = TransportError::new(TransportErrorKind::TimedOut, Delivery::Unknown);
                return Poll::Ready(Error::transport(Operation::Download, stalled));
            }
            let pause = remaining.map_or(left, |remaining| remaining.min(left));
            let sleep = self.sleep.get_or_insert_with(|| clock.sleep(pause));
            // When it fires, there may have been progress since it was set: look again.
            ready!(sleep.as_mut().poll(cx));
            self.sleep = None;
        }
    }
}
