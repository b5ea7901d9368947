//! The body of an answer as a fault sends it: late, in pieces, changed, or not to its end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::try_unfold;
use http::HeaderValue;
use http::header::CONTENT_LENGTH;
use http_body::Body as _;

use super::wire::Line;
use crate::app::App;
use crate::journal::{Ending, Record};

/// What happens to a body, all of it optional.
#[derive(Default)]
pub(super) struct Plan {
    /// The pause in front of the first byte.
    pub(super) wait: Duration,
    /// The size of a piece, and the pause behind it.
    pub(super) pieces: Option<(usize, Duration)>,
    /// From an offset on, so many bytes are turned into others.
    pub(super) corrupt: Option<(u64, u64)>,
    /// So many of the last bytes are left out.
    pub(super) missing: usize,
    /// So many bytes are sent, and then the connection ends like this.
    pub(super) ending: Option<(u64, End)>,
}

/// How a connection ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Reset,
    Close,
}

/// What a body needs besides its plan.
pub(super) struct Stage {
    pub(super) app: Arc<App>,
    pub(super) line: Line,
    pub(super) record: Record,
}

/// Puts the plan's body in the place of an answer's own, and announces the length that fits the fault.
pub(super) fn perform(mut response: Response, mut plan: Plan, stage: Stage) -> Response {
    let known = announced(&response);
    let declared = known.map(|length| match &mut plan.ending {
        // Something has to be missing, or the client would have a whole answer.
        Some((after, _)) if plan.missing == 0 => {
            *after = (*after).min(length.saturating_sub(1));
            length.max(1)
        }
        Some(_) => length.max(plan.missing as u64),
        None => length.saturating_sub(plan.missing as u64),
    });
    if let (Some((at, _)), Some(length)) = (&mut plan.corrupt, known) {
        *at = (*at).min(length.saturating_sub(1));
    }
    if let Some(declared) = declared {
        response
            .headers_mut()
            .insert(CONTENT_LENGTH, HeaderValue::from(declared));
    }
    response.map(|body| {
        let sender = Sender {
            source: body.into_data_stream(),
            drained: false,
            buffer: BytesMut::new(),
            sent: 0,
            whole: if plan.ending.is_none() { declared } else { None },
            pause: plan.wait,
            over: false,
            plan,
            stage,
        };
        Body::from_stream(try_unfold(sender, |mut sender| async move {
            let piece = sender.next().await?;
            Ok::<_, io::Error>(piece.map(|piece| (piece, sender)))
        }))
    })
}

/// The length that the answer would have had, if it is known before its end.
fn announced(response: &Response) -> Option<u64> {
    let header = response.headers().get(CONTENT_LENGTH);
    header
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .or_else(|| response.body().size_hint().exact())
}

struct Sender {
    source: BodyDataStream,
    drained: bool,
    buffer: BytesMut,
    sent: u64,
    /// How many bytes make the body whole: the HTTP library does not ask for more.
    whole: Option<u64>,
    pause: Duration,
    over: bool,
    plan: Plan,
    stage: Stage,
}

impl Sender {
    /// The next piece, the end, or the error that makes the HTTP library let go of the connection.
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        if !self.pause.is_zero() {
            self.stage.app.faults.pause(self.pause).await;
            self.pause = Duration::ZERO;
        }
        loop {
            if let Some(piece) = self.piece() {
                if self.whole == Some(self.sent) {
                    self.finish(Ending::Answered);
                }
                return Ok(Some(piece));
            }
            if self.drained || self.left() == 0 {
                return self.end().await;
            }
            match self.source.next().await {
                Some(frame) => self.buffer.extend_from_slice(&frame.map_err(io::Error::other)?),
                None => self.drained = true,
            }
        }
    }

    /// How many bytes may still be sent.
    fn left(&self) -> u64 {
        match self.plan.ending {
            Some((after, _)) => after.saturating_sub(self.sent),
            None => u64::MAX,
        }
    }

    fn piece(&mut self) -> Option<Bytes> {
        let free = self.buffer.len().saturating_sub(self.plan.missing);
        let free = free.min(usize::try_from(self.left()).unwrap_or(usize::MAX));
        let size = self.plan.pieces.map_or(free, |(size, _)| size.min(free));
        if size == 0 {
            return None;
        }
        if let Some((_, pause)) = self.plan.pieces {
            self.pause = pause;
        }
        let mut piece = self.buffer.split_to(size);
        if let Some((from, count)) = self.plan.corrupt {
            let wrong = from..from.saturating_add(count);
            for (byte, offset) in piece.iter_mut().zip(self.sent..) {
                if wrong.contains(&offset) {
                    *byte = !*byte;
                }
            }
        }
        self.sent += size as u64;
        Some(piece.freeze())
    }

    async fn end(&mut self) -> io::Result<Option<Bytes>> {
        let Some((_, end)) = self.plan.ending else {
            self.finish(Ending::Answered);
            return Ok(None);
        };
        self.stage.line.end(end == End::Reset).await;
        self.finish(end.into());
        Err(io::ErrorKind::ConnectionAborted.into())
    }

    fn finish(&mut self, ending: Ending) {
        self.over = true;
        self.stage.record.ended(ending);
    }
}

impl From<End> for Ending {
    fn from(end: End) -> Self {
        match end {
            End::Reset => Self::Reset,
            End::Close => Self::Closed,
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        // The HTTP library does not ask for the body of an answer to HEAD, or the client has gone.
        if let (false, Some((_, end))) = (self.over, self.plan.ending) {
            self.stage.line.break_off(end == End::Reset);
            self.stage.record.ended(end.into());
        }
    }
}
