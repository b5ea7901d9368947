//! The bytes of a file as they arrive, watched for stalls, surplus and a missing end.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http_body::Body;
use session_export_transport::{Delivery, ResponseBody, Sleep, TransportError, TransportErrorKind};
use sha2::{Digest, Sha256};

use super::format::PREFIX;
use super::{Download, FileFormat, FileName, Receipt, Sha256Digest};
use crate::deadline::{Deadline, PhaseTimer};
use crate::operation::Operation;
use crate::{Client, Error};

/// The bytes of a file as they arrive.
///
/// It ends with `None` only when the whole file has arrived; after an error it is over. [`receipt`](Self::receipt) then
/// says what it was.
///
/// # Cancel safety
///
/// Dropping it drops the exchange. Between two items it can be kept at will, but the server may give up.
#[must_use]
pub struct DownloadStream {
    client: Client,
    body: ResponseBody,
    held: VecDeque<Bytes>,
    length: Option<u64>,
    most_bytes: Option<u64>,
    file_name: Option<FileName>,
    arrived: u64,
    hasher: Option<Sha256>,
    prefix: Vec<u8>,
    idle: IdleWatch,
    timer: Option<PhaseTimer>,
    end: Option<End>,
}

/// How the stream ended.
#[derive(PartialEq)]
enum End {
    Whole,
    Failed,
}

/// Notices that nothing has arrived for too long, with one timer for many frames. Only time in which somebody waits for
/// the next frame counts: a reader that takes an hour over a frame does not make the server slow.
#[derive(Default)]
struct IdleWatch {
    waiting_since: Option<Duration>,
    sleep: Option<Sleep>,
}

impl DownloadStream {
    pub(super) fn new(
        client: Client,
        body: ResponseBody,
        length: Option<u64>,
        file_name: Option<FileName>,
        download: &Download,
        timer: Option<PhaseTimer>,
    ) -> Self {
        Self {
            client,
            body,
            held: VecDeque::new(),
            length,
            most_bytes: download.most_bytes,
            file_name,
            arrived: 0,
            hasher: download.digest.then(Sha256::new),
            prefix: Vec::new(),
            idle: IdleWatch::default(),
            timer,
            end: None,
        }
    }

    /// The next bytes, or `None` at the end of the whole file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Transport`](crate::ErrorKind::Transport) when the body breaks off, stands still for longer than the
    /// idle limit or is larger than allowed; [`ErrorKind::Deadline`](crate::ErrorKind::Deadline).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no byte is lost.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// The file's name: the export centre's, else the one in the response's head, made safe.
    pub fn file_name(&self) -> Option<&FileName> {
        self.file_name.as_ref()
    }

    /// How many bytes the server announced.
    pub fn announced_bytes(&self) -> Option<u64> {
        self.length
    }

    /// What was received, once the stream has ended; `None` before.
    pub fn receipt(&self) -> Option<Receipt> {
        (self.end == Some(End::Whole) && self.held.is_empty()).then(|| Receipt {
            bytes: self.arrived,
            sha256: self
                .hasher
                .clone()
                .map(|hasher| Sha256Digest(hasher.finalize().into())),
            file_name: self.file_name.clone(),
            format: FileFormat::of(&self.prefix),
        })
    }

    /// Gives bytes that were read ahead back, to be delivered first.
    pub(super) fn put_back(&mut self, bytes: VecDeque<Bytes>) {
        self.held = bytes.into_iter().filter(|bytes| !bytes.is_empty()).collect();
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        loop {
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Pending => return self.poll_stall(cx).map(|error| Some(Err(error))),
                Poll::Ready(Some(Err(error))) => {
                    return Poll::Ready(Some(Err(Error::transport(Operation::Download, error))));
                }
                Poll::Ready(None) => return Poll::Ready(self.check_end().err().map(Err)),
                Poll::Ready(Some(Ok(frame))) => {
                    self.idle.waiting_since = None;
                    if let Some(deadline) = self.client.deadline()
                        && deadline.remaining().is_zero()
                    {
                        return Poll::Ready(Some(Err(self.client.deadline_error(Operation::Download))));
                    }
                    if let Ok(data) = frame.into_data()
                        && !data.is_empty()
                    {
                        return Poll::Ready(Some(self.accept(&data).map(|()| data)));
                    }
                }
            }
        }
    }

    /// Ready with an error when nothing has arrived for too long.
    fn poll_stall(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        loop {
            let clock = self.client.clock();
            let now = clock.monotonic();
            let idle = now.saturating_sub(*self.idle.waiting_since.get_or_insert(now));
            let left = self.client.idle_limit().saturating_sub(idle);
            let remaining = self.client.deadline().map(Deadline::remaining);
            if remaining.is_some_and(|remaining| remaining.is_zero()) {
                return Poll::Ready(self.client.deadline_error(Operation::Download));
            }
            if left.is_zero() {
                let stalled = TransportError::new(TransportErrorKind::TimedOut, Delivery::Unknown);
                return Poll::Ready(Error::transport(Operation::Download, stalled));
            }
            let pause = remaining.map_or(left, |remaining| remaining.min(left));
            let sleep = self.idle.sleep.get_or_insert_with(|| clock.sleep(pause));
            // When it fires, there may have been progress since it was set: look again.
            ready!(sleep.as_mut().poll(cx));
            self.idle.sleep = None;
        }
    }

    fn accept(&mut self, data: &Bytes) -> Result<(), Error> {
        self.arrived += data.len() as u64;
        if self.length.is_some_and(|length| self.arrived > length) {
            return Err(broken(TransportErrorKind::Protocol));
        }
        if self.most_bytes.is_some_and(|most| self.arrived > most) {
            return Err(broken(TransportErrorKind::BodyTooLarge));
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(data);
        }
        let wanted = PREFIX.saturating_sub(self.prefix.len()).min(data.len());
        self.prefix.extend_from_slice(&data[..wanted]);
        Ok(())
    }

    /// A transport should have noticed; a file that is too short must not pass as whole because one did not.
    fn check_end(&self) -> Result<(), Error> {
        if self.length.is_some_and(|length| self.arrived < length) {
            return Err(broken(TransportErrorKind::BodyIncomplete));
        }
        Ok(())
    }
}

fn broken(kind: TransportErrorKind) -> Error {
    Error::transport(Operation::Download, TransportError::new(kind, Delivery::Unknown))
}

impl Stream for DownloadStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Some(bytes) = this.held.pop_front() {
            return Poll::Ready(Some(Ok(bytes)));
        }
        if this.end.is_some() {
            return Poll::Ready(None);
        }
        let item = ready!(this.poll_body(cx));
        this.end = match &item {
            Some(Ok(_)) => return Poll::Ready(item),
            Some(Err(_)) => Some(End::Failed),
            None => Some(End::Whole),
        };
        // The connection and the account of time are closed now, however long the handle is kept.
        this.body = ResponseBody::empty();
        this.timer = None;
        Poll::Ready(item)
    }
}

impl fmt::Debug for DownloadStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DownloadStream")
            .field("arrived", &self.arrived)
            .field("length", &self.length)
            .field("file_name", &self.file_name)
            .finish_non_exhaustive()
    }
}
