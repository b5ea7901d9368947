//! The bytes of a file as they arrive, watched for stalls, surplus and a missing end, and continued where they break off.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::header::{HeaderValue, IF_RANGE, RANGE};
use http::{HeaderMap, StatusCode};
use http_body::Body;
use session_export_model::TaskId;
use session_export_transport::{Delivery, ResponseBody, TARGET, TransportError, TransportErrorKind};
use sha2::{Digest, Sha256};
use tracing::debug;

use super::format::PREFIX;
use super::interruption::{Breaks, Interruption, pause};
use super::open::{call, name_in};
use super::progress::ProgressListener;
use super::ranges::{Answer, judge, validator};
use super::watch::IdleWatch;
use super::{Download, FileFormat, FileName, Receipt, Sha256Digest};
use crate::deadline::PhaseTimer;
use crate::observe::error_type;
use crate::operation::{Operation, Reply};
use crate::{Client, Error, ErrorKind};

/// The bytes of a file as they arrive.
///
/// It ends with `None` only when the whole file has arrived; after an error it is over. [`receipt`](Self::receipt) then
/// says what it was. Where the body breaks off and the server names a strong validator, the rest is asked for and follows
/// without a seam; see [`Download`].
///
/// # Cancel safety
///
/// Dropping it drops the exchange. Between two items it can be kept at will, but the server may give up.
#[must_use]
pub struct DownloadStream {
    client: Client,
    task_id: TaskId,
    body: ResponseBody,
    held: VecDeque<Bytes>,
    /// Of the whole file.
    length: Option<u64>,
    /// Where the part that is being read ends, after the first.
    part_end: Option<u64>,
    max_bytes: Option<u64>,
    file_name: Option<FileName>,
    arrived: u64,
    hasher: Option<Sha256>,
    prefix: Vec<u8>,
    idle: IdleWatch,
    timer: Option<PhaseTimer>,
    /// The strong entity tag that the rest can be asked for with.
    tag: Option<String>,
    resume: bool,
    progress: ProgressListener,
    breaks: Breaks,
    /// The request for the rest, and the pause before it.
    asking: Option<Asking>,
    end: Option<End>,
}

type Asking = Pin<Box<dyn Future<Output = Result<Reply, Interruption>> + Send>>;

/// How the stream ended.
#[derive(PartialEq)]
enum End {
    Whole,
    Failed,
}

/// What an earlier attempt left.
pub(super) struct Start {
    pub(super) tag: String,
    pub(super) bytes: u64,
    pub(super) total: Option<u64>,
    pub(super) hasher: Option<Sha256>,
    pub(super) prefix: Vec<u8>,
}

impl DownloadStream {
    /// A file from its start. With `ranges`, it is continued where it breaks off, if the head allows that.
    pub(super) fn new(
        download: &Download,
        body: ResponseBody,
        headers: &HeaderMap,
        length: Option<u64>,
        ranges: bool,
    ) -> Self {
        Self {
            client: download.client.clone(),
            task_id: download.task_id.clone(),
            body,
            held: VecDeque::new(),
            length,
            part_end: None,
            max_bytes: download.max_bytes,
            file_name: download.file_name.clone().or_else(|| name_in(headers)),
            arrived: 0,
            hasher: download.digest.then(Sha256::new),
            prefix: Vec::new(),
            idle: IdleWatch::default(),
            timer: None,
            tag: ranges.then(|| validator(headers)).flatten(),
            resume: download.resume,
            progress: download.progress.clone(),
            breaks: Breaks::default(),
            asking: None,
            end: None,
        }
    }

    /// The rest of a file of which an earlier attempt left the start. Nothing is sent before it is polled.
    pub(super) fn rest(download: &Download, start: Start) -> Self {
        let mut stream = Self::new(
            download,
            ResponseBody::empty(),
            &HeaderMap::new(),
            start.total,
            false,
        );
        stream.arrived = start.bytes;
        stream.hasher = start.hasher;
        stream.prefix = start.prefix;
        stream.asking = Some(stream.ask(start.tag.clone(), None));
        stream.tag = Some(start.tag);
        stream
    }

    /// Books its time.
    pub(super) fn timed(mut self, timer: Option<PhaseTimer>) -> Self {
        self.timer = timer;
        self
    }

    /// The next bytes, or `None` at the end of the whole file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Transport`](crate::ErrorKind::Transport) when the body breaks off or stands still for longer than the
    /// idle limit, and cannot be continued: [`Error::received_bytes`] says how much had arrived;
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge); [`ErrorKind::Deadline`](crate::ErrorKind::Deadline); whatever
    /// the call for the rest ends with.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no byte is lost.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// The same for the ways to receive that can start over.
    pub(super) async fn step(&mut self) -> Option<Result<Bytes, Interruption>> {
        poll_fn(|cx| self.poll_step(cx)).await
    }

    /// The file's name: the export centre's, else the one in the response's head, made safe.
    pub fn file_name(&self) -> Option<&FileName> {
        self.file_name.as_ref()
    }

    /// How many bytes the server announced.
    pub fn announced_bytes(&self) -> Option<u64> {
        self.length
    }

    pub(super) fn tell_progress(&self) {
        self.progress.tell(self.arrived, self.length);
    }

    pub(super) fn arrived(&self) -> u64 {
        self.arrived
    }

    /// What the rest can be asked for with, and what there is.
    pub(super) fn kept(&self) -> Option<(&str, u64, Option<u64>)> {
        Some((self.tag.as_deref()?, self.arrived, self.length))
    }

    /// The SHA-256 of what has arrived so far.
    pub(super) fn digest(&self) -> Option<Sha256Digest> {
        self.hasher
            .clone()
            .map(|hasher| Sha256Digest(hasher.finalize().into()))
    }

    /// What was received, once the stream has ended; `None` before.
    pub fn receipt(&self) -> Option<Receipt> {
        (self.end == Some(End::Whole) && self.held.is_empty()).then(|| Receipt {
            bytes: self.arrived,
            sha256: self.digest(),
            file_name: self.file_name.clone(),
            format: FileFormat::of(&self.prefix),
        })
    }

    /// Gives bytes that were read ahead back, to be delivered first.
    pub(super) fn put_back(&mut self, bytes: VecDeque<Bytes>) {
        self.held = bytes.into_iter().filter(|bytes| !bytes.is_empty()).collect();
    }

    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Interruption>>> {
        if let Some(bytes) = self.held.pop_front() {
            return Poll::Ready(Some(Ok(bytes)));
        }
        if self.end.is_some() {
            return Poll::Ready(None);
        }
        let item = ready!(self.poll_parts(cx));
        self.end = match &item {
            Some(Ok(_)) => return Poll::Ready(item),
            Some(Err(_)) => Some(End::Failed),
            None => {
                self.client.export_is_over();
                self.breaks.succeeded(self.client.retry_budget());
                Some(End::Whole)
            }
        };
        // The connection and the account of time are closed now, however long the handle is kept.
        self.body = ResponseBody::empty();
        self.timer = None;
        Poll::Ready(item)
    }

    /// One part after the other.
    fn poll_parts(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Interruption>>> {
        loop {
            if let Some(asking) = &mut self.asking {
                let answer = ready!(asking.as_mut().poll(cx));
                self.asking = None;
                self.go_on(answer?)?;
            }
            match ready!(self.poll_body(cx)) {
                Some(Err(interruption)) => self.broke_off(interruption)?,
                item => return Poll::Ready(item),
            }
        }
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Interruption>>> {
        loop {
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Pending => {
                    let idle = self.idle.poll(&self.client, cx);
                    return idle.map(|error| Some(Err(error.into())));
                }
                Poll::Ready(Some(Err(error))) => {
                    return Poll::Ready(Some(Err(Error::transport(Operation::Download, error).into())));
                }
                Poll::Ready(None) => {
                    return Poll::Ready(self.check_end().err().map(|error| Err(error.into())));
                }
                Poll::Ready(Some(Ok(frame))) => {
                    self.idle.progress();
                    if let Some(deadline) = self.client.deadline()
                        && deadline.remaining().is_zero()
                    {
                        let passed = self.client.deadline_error(Operation::Download);
                        return Poll::Ready(Some(Err(passed.into())));
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

    fn accept(&mut self, data: &Bytes) -> Result<(), Interruption> {
        let arrived = self.arrived + data.len() as u64;
        if self.part_end.is_some_and(|end| arrived > end) {
            return Err(Interruption::distrust("the rest is longer than it said"));
        }
        if self.length.is_some_and(|length| arrived > length) {
            return Err(broken(TransportErrorKind::Protocol).into());
        }
        check_size(self.max_bytes, arrived, self.length)?;
        self.arrived = arrived;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(data);
        }
        let wanted = PREFIX.saturating_sub(self.prefix.len()).min(data.len());
        self.prefix.extend_from_slice(&data[..wanted]);
        self.tell_progress();
        Ok(())
    }

    /// A transport should have noticed; a file that is too short must not pass as whole because one did not. A part may
    /// be shorter than what was asked for (RFC 9110, section 15.3.7), and then another follows.
    fn check_end(&self) -> Result<(), Error> {
        if self.length.is_some_and(|length| self.arrived < length) {
            return Err(broken(TransportErrorKind::BodyIncomplete));
        }
        Ok(())
    }

    /// Asks for the rest, if that is possible and makes sense.
    fn broke_off(&mut self, interruption: Interruption) -> Result<(), Interruption> {
        if !interruption.broke_off() {
            return Err(interruption);
        }
        // The exchange that broke off is over, also when it only stood still.
        self.body = ResponseBody::empty();
        self.idle = IdleWatch::default();
        let there_is_a_rest = self.arrived > 0 && self.length != Some(self.arrived);
        let Some(tag) = self.tag.clone().filter(|_| there_is_a_rest && self.resume) else {
            return Err(Interruption::start_over(interruption.error));
        };
        let Some(pause) = self
            .breaks
            .next(&self.task_id, self.arrived, self.client.retry_budget())
        else {
            return Err(interruption);
        };
        debug!(
            name: "session_export.download.continued",
            target: TARGET,
            {
                session_export.task_id = self.task_id.as_str(),
                session_export.received_bytes = self.arrived,
                session_export.pause = pause.as_secs_f64(),
                error.type = &*error_type(&interruption.error),
                error.message = %interruption.error,
            },
            "the download broke off and is continued"
        );
        self.asking = Some(self.ask(tag, Some((pause, interruption.error))));
        Ok(())
    }

    fn ask(&self, tag: String, after: Option<(Duration, Error)>) -> Asking {
        let (client, task_id, at) = (self.client.clone(), self.task_id.clone(), self.arrived);
        Box::pin(async move {
            if let Some((time, cause)) = after {
                pause(&client, time, cause).await?;
            }
            // A strong tag is visible ASCII, and so is the other value.
            let value = |text: String| HeaderValue::try_from(text).ok();
            let (Some(range), Some(tag)) = (value(format!("bytes={at}-")), value(tag)) else {
                return Err(Interruption::distrust("the validator is none"));
            };
            let call = call(&client, &task_id).header(RANGE, range).header(IF_RANGE, tag);
            call.send(&client).await.map_err(|error| match error.kind() {
                ErrorKind::Service(failure) if failure.status == StatusCode::RANGE_NOT_SATISFIABLE => {
                    Interruption::distrust("it could not be continued, the server knows no such range")
                }
                _ => error.into(),
            })
        })
    }

    /// Goes on with what came for the rest, if it is that.
    fn go_on(&mut self, reply: Reply) -> Result<(), Interruption> {
        let tag = self.tag.as_deref().unwrap_or_default();
        match judge(&reply, self.arrived, self.length, tag) {
            Answer::Whole => return Err(Interruption::fresh(reply)),
            Answer::Lie(why) => return Err(Interruption::distrust(why)),
            Answer::Part { ends, total } => {
                self.part_end = Some(ends);
                self.length = Some(total);
            }
        }
        check_size(self.max_bytes, self.arrived, self.length)?;
        if self.file_name.is_none() {
            self.file_name = name_in(&reply.headers);
        }
        self.body = reply.body;
        self.tell_progress();
        Ok(())
    }
}

/// Whether a file of which `arrived` bytes are here, and which announced its length or not, is too large.
pub(super) fn check_size(max_bytes: Option<u64>, arrived: u64, announced: Option<u64>) -> Result<(), Error> {
    match max_bytes {
        Some(max_bytes) if arrived.max(announced.unwrap_or_default()) > max_bytes => {
            let kind = ErrorKind::TooLarge { max_bytes, announced };
            Err(Error::new(Operation::Download, kind))
        }
        _ => Ok(()),
    }
}

fn broken(kind: TransportErrorKind) -> Error {
    Error::transport(Operation::Download, TransportError::new(kind, Delivery::Unknown))
}

impl Stream for DownloadStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(self.poll_step(cx));
        let arrived = self.arrived;
        Poll::Ready(item.map(|item| item.map_err(|interruption| interruption.error.with_received(arrived))))
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
