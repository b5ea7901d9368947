//! How one call is made: authenticate, send within the limits, and turn whatever comes back into a value or an error.

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use http::header::{ACCEPT, CONTENT_TYPE, DATE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use http_body::Body;
use serde::de::DeserializeOwned;
use session_export_auth::Stamp;
use session_export_model::{ClockSkew, ErrorBody, ErrorShape, one_line, parse_http_date, retry_hint};
use session_export_transport::{
    Delivery, Request, RequestBody, ResponseBody, TARGET, TransportError, TransportErrorKind, send_traced,
};
use tracing::{Instrument, Level, debug, enabled};

use super::{Operation, credential};
use crate::client::Cut;
use crate::clock::Moment;
use crate::deadline::Deadline;
use crate::observe::tell_exchange;
use crate::retry::{Attempts, Failed, Place, Tries};
use crate::{Client, Error, ErrorKind, PauseReason, ServiceFailure};

/// More than any reply but a file: a page of 100 sessions has about 100 KiB.
const MOST_REPLY_BYTES: usize = 16 << 20;
/// An error body is read up to here; the rest is of no use.
const MOST_ERROR_BYTES: usize = 64 << 10;

/// All of a request but its credential; each attempt makes a request of its own of it.
pub(crate) struct Call {
    operation: Operation,
    method: Method,
    uri: Uri,
    content_type: Option<HeaderValue>,
    /// The headers of this call only.
    further: Vec<(HeaderName, HeaderValue)>,
    body: RequestBody,
    tries: Tries,
}

/// Room for a request's headers, those of a signature and those that a transport adds included.
const HEADERS: usize = 8;
/// A body's buffer is as large as the length that the reply announces, up to here.
const MOST_AT_ONCE: usize = 256 << 10;

/// The times of an attempt that succeeded: when it began, and what the server says.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) began: Moment,
    date: Option<HeaderValue>,
}

impl Exchange {
    /// When the server says that it answered.
    pub(crate) fn date(&self) -> Option<DateTime<Utc>> {
        parse_http_date(self.date.as_ref()?.to_str().ok()?)
    }
}

/// A response whose status was a success.
pub(crate) struct Reply {
    pub(crate) operation: Operation,
    pub(crate) began: Moment,
    pub(crate) version: http::Version,
    pub(crate) headers: HeaderMap,
    pub(crate) status: StatusCode,
    pub(crate) body: ResponseBody,
    /// What the request held and no error shows.
    pub(crate) secrets: Vec<HeaderValue>,
}

impl Call {
    pub(crate) fn get(operation: Operation, uri: Uri) -> Self {
        Self::new(operation, Method::GET, uri, RequestBody::empty())
    }

    pub(crate) fn post(operation: Operation, uri: Uri, content_type: &'static str, body: Vec<u8>) -> Self {
        let mut call = Self::new(operation, Method::POST, uri, RequestBody::from(body));
        call.content_type = Some(HeaderValue::from_static(content_type));
        call
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.further.push((name, value));
        self
    }

    fn new(operation: Operation, method: Method, uri: Uri, body: RequestBody) -> Self {
        Self {
            operation,
            method,
            uri,
            content_type: None,
            further: Vec::new(),
            body,
            tries: Tries::ByPolicy,
        }
    }

    /// The request of one attempt, without a credential.
    fn request(&self, client: &Client) -> Request {
        let mut request = Request::new(self.body.clone());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        let accept = if self.operation == Operation::Download {
            HeaderValue::from_static("*/*")
        } else {
            HeaderValue::from_static("application/json")
        };
        let mut headers = HeaderMap::with_capacity(HEADERS);
        headers.insert(ACCEPT, accept);
        if let Some(content_type) = &self.content_type {
            headers.insert(CONTENT_TYPE, content_type.clone());
        }
        for (name, value) in &self.further {
            headers.insert(name, value.clone());
        }
        headers.insert(USER_AGENT, client.user_agent());
        *request.headers_mut() = headers;
        request
    }

    /// Whether it is made again.
    pub(crate) fn tries(mut self, tries: Tries) -> Self {
        self.tries = tries;
        self
    }

    /// Makes the call, again and again as far as that is safe and worthwhile, until there is a success. Its body is not
    /// read yet; what becomes of it is the caller's affair.
    ///
    /// Cancel safety: dropping the future drops the exchange; for a submit the outcome is then unknown.
    pub(crate) async fn send(self, client: &Client) -> Result<Reply, Error> {
        let mut attempts = Attempts::new(client, self.operation, self.tries);
        let reply = self.until_success(client, &mut attempts).await?;
        attempts.succeeded();
        Ok(reply)
    }

    /// Like [`send`](Self::send), and reads the body as JSON; a body that breaks off is a failed attempt like any other.
    /// Returns the times of the attempt that succeeded, too.
    ///
    /// `blank` tells a value that would also come of a body with nothing in it: then the body is searched for an error
    /// code, because some of the service's error codes are documented with status 200.
    pub(crate) async fn json<T: DeserializeOwned>(
        self,
        client: &Client,
        blank: impl Fn(&T) -> bool,
    ) -> Result<(T, Exchange), Error> {
        self.whole(client, |answer| answer.json(&blank)).await
    }

    /// Like [`json`](Self::json), for an operation whose success says nothing more.
    pub(crate) async fn nothing(self, client: &Client) -> Result<(), Error> {
        let (done, _) = self.whole(client, WholeAnswer::nothing).await?;
        Ok(done)
    }

    async fn whole<T>(
        self,
        client: &Client,
        understand: impl Fn(&WholeAnswer) -> Result<T, Error>,
    ) -> Result<(T, Exchange), Error> {
        let mut attempts = Attempts::new(client, self.operation, self.tries);
        loop {
            let reply = self.until_success(client, &mut attempts).await?;
            let exchange = Exchange {
                began: reply.began,
                date: reply.headers.get(DATE).cloned(),
            };
            let understood = reply.whole(client).await.and_then(|answer| understand(&answer));
            let error = match understood {
                Ok(value) => {
                    attempts.succeeded();
                    return Ok((value, exchange));
                }
                Err(error) => error,
            };
            // The service said yes, but not to what: for a submit the task exists, and its id is lost with the body.
            let failed = Failed {
                error,
                delivery: Delivery::Unknown,
                began: exchange.began,
                stamp: None,
            };
            attempts.after(failed).await?;
        }
    }

    async fn until_success(&self, client: &Client, attempts: &mut Attempts<'_>) -> Result<Reply, Error> {
        loop {
            let place = attempts.take_place();
            let span = attempts.span().clone();
            // Boxed, so that the futures of callers, which hold it, stay small.
            let attempt = Box::pin(self.attempt(client, place, attempts.sent()));
            match attempt.instrument(span).await {
                Ok(reply) => return Ok(reply),
                Err(failed) => attempts.after(failed).await?,
            }
        }
    }

    /// One attempt, with a credential of its own.
    async fn attempt(&self, client: &Client, place: Place<'_>, sent: &mut u32) -> Result<Reply, Failed> {
        let operation = self.operation;
        let (request, stamp, began) = self.authenticated(client, place).await?;
        let failed = |error, delivery, stamp| Failed {
            error,
            delivery,
            began,
            stamp,
        };
        let sensitive = request.headers().values().filter(|value| value.is_sensitive());
        let secrets: Vec<_> = sensitive.cloned().collect();
        let sent_at = enabled!(target: TARGET, Level::DEBUG).then(|| client.clock().monotonic());
        let exchange = send_traced(client.transport(), request, operation.path_template(), *sent);
        *sent += 1;
        let outcome = match client.within(client.head_limit(), exchange).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => {
                let delivery = error.delivery();
                Err(failed(Error::transport(operation, error), delivery, None))
            }
            Err(cut) => {
                let error = match cut {
                    Cut::Limit => Error::transport(operation, timed_out()),
                    Cut::Deadline => client.deadline_error(operation),
                };
                Err(failed(error, Delivery::Unknown, None))
            }
        };
        if let Some(sent_at) = sent_at {
            let elapsed = client.clock().monotonic().saturating_sub(sent_at);
            let outcome = outcome.as_ref().map_err(|failed| &failed.error);
            tell_exchange(operation, &self.method, &self.uri, outcome, elapsed);
        }
        let (head, body) = outcome?.into_parts();
        let mut reply = Reply {
            operation,
            began,
            version: head.version,
            headers: head.headers,
            status: head.status,
            body,
            secrets,
        };
        if reply.status.is_success() {
            return Ok(reply);
        }
        // The status alone is an answer; a body that breaks off only makes it a shorter one.
        let (bytes, _) = read_up_to(client, operation, &mut reply.body, MOST_ERROR_BYTES).await;
        let mut failure = service_failure(reply.status, &reply.headers, &bytes, &reply.secrets);
        if failure.status == StatusCode::UNAUTHORIZED {
            let date = reply.headers.get(DATE).and_then(|date| date.to_str().ok());
            failure.clock_skew = date.and_then(|date| ClockSkew::between(began.wall, date));
        }
        let error = Error::new(operation, ErrorKind::Service(failure));
        Err(failed(error, Delivery::Unknown, Some(stamp)))
    }

    /// The request with a credential, once no 429 holds it back. Whatever else comes of it, nothing was sent.
    async fn authenticated(
        &self,
        client: &Client,
        place: Place<'_>,
    ) -> Result<(Request, Stamp, Moment), Failed> {
        let operation = self.operation;
        let not_sent = |error| Failed {
            error,
            delivery: Delivery::NotSent,
            began: Moment::now(client.clock()),
            stamp: None,
        };
        loop {
            held_back(client, operation, &place).await.map_err(not_sent)?;
            let mut request = self.request(client);
            let began = Moment::now(client.clock());
            let stamp = credential::authenticate(client, operation, &mut request, began.wall)
                .await
                .map_err(not_sent)?;
            // The credential may have taken all that was left: nothing was sent, so the outcome is not in doubt.
            if client
                .deadline()
                .is_some_and(|deadline| deadline.remaining().is_zero())
            {
                return Err(not_sent(client.deadline_error(operation)));
            }
            // It may also have taken so long that there was a 429 in between; what waits for it should carry a signature
            // of its own time.
            if place.wait(client.clock().monotonic()).is_zero() {
                return Ok((request, stamp, began));
            }
        }
    }
}

/// Waits for as long as a 429 holds the call back.
async fn held_back(client: &Client, operation: Operation, place: &Place<'_>) -> Result<(), Error> {
    loop {
        let wait = place.wait(client.clock().monotonic());
        if wait.is_zero() {
            return Ok(());
        }
        let left = client.deadline().map(Deadline::remaining);
        if left.is_some_and(|left| left <= wait) {
            return Err(Error::new(operation, ErrorKind::HeldBack { wait }));
        }
        debug!(
            name: "session_export.held_back",
            target: TARGET,
            {
                session_export.operation = operation.as_str(),
                session_export.pause = wait.as_secs_f64(),
            },
            "held back by a 429"
        );
        client.pauses().tell(operation, wait, || PauseReason::Throttled);
        client.clock().sleep(wait).await;
    }
}

impl Reply {
    async fn whole(mut self, client: &Client) -> Result<WholeAnswer, Error> {
        let (bytes, end) = read_up_to(client, self.operation, &mut self.body, MOST_REPLY_BYTES).await;
        end?;
        Ok(WholeAnswer {
            operation: self.operation,
            status: self.status,
            headers: self.headers,
            secrets: self.secrets,
            bytes,
        })
    }
}

/// A success, read to its end.
struct WholeAnswer {
    operation: Operation,
    status: StatusCode,
    headers: HeaderMap,
    secrets: Vec<HeaderValue>,
    bytes: Bytes,
}

impl WholeAnswer {
    fn json<T: DeserializeOwned>(&self, blank: impl Fn(&T) -> bool) -> Result<T, Error> {
        match serde_json::from_slice::<T>(&self.bytes) {
            Ok(value) if !blank(&value) => Ok(value),
            parsed => {
                self.refuse_error_code()?;
                parsed.map_err(|_| self.not_understood(fault_path::<T>(&self.bytes)))
            }
        }
    }

    /// No body is expected, and one that says nothing of an error does no harm. A page comes from something before the
    /// service, which need not have asked it.
    fn nothing(&self) -> Result<(), Error> {
        self.refuse_error_code()?;
        match ErrorBody::read(&self.bytes).shape() {
            ErrorShape::Markup => Err(self.not_understood("the body: it is an HTML page".to_owned())),
            _ => Ok(()),
        }
    }

    fn refuse_error_code(&self) -> Result<(), Error> {
        let failure = service_failure(self.status, &self.headers, &self.bytes, &self.secrets);
        match failure.code {
            Some(_) => Err(Error::new(self.operation, ErrorKind::Service(failure))),
            None => Ok(()),
        }
    }

    fn not_understood(&self, path: String) -> Error {
        Error::new(self.operation, ErrorKind::Decode { path })
    }
}

/// Reads a body to its end, or until it has more than `most` bytes.
async fn read_up_to(
    client: &Client,
    operation: Operation,
    body: &mut ResponseBody,
    most: usize,
) -> (Bytes, Result<(), Error>) {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut whole = BytesMut::new();
    let end = loop {
        let frame = match client.within(client.idle_limit(), body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(None) => break Ok(()),
            Ok(Some(Err(error))) => break Err(Error::transport(operation, error)),
            Err(Cut::Limit) => break Err(Error::transport(operation, timed_out())),
            Err(Cut::Deadline) => break Err(client.deadline_error(operation)),
        };
        let Ok(data) = frame.into_data() else { continue };
        if data.len() > most - whole.len() {
            whole.extend_from_slice(&data[..most - whole.len()]);
            let error = TransportError::new(TransportErrorKind::BodyTooLarge, Delivery::Unknown);
            break Err(Error::transport(operation, error));
        }
        if whole.is_empty() {
            if body.is_end_stream() {
                return (data, Ok(()));
            }
            whole.reserve(announced.min(MOST_AT_ONCE).max(data.len()));
        }
        whole.extend_from_slice(&data);
    };
    (whole.freeze(), end)
}

/// What an error answer says, without the `secrets` of the request: a server may repeat them.
pub(crate) fn service_failure(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    secrets: &[HeaderValue],
) -> ServiceFailure {
    let body = ErrorBody::read(body);
    let header = |name| headers.get(name)?.to_str().ok();
    // Only a throttling message names a window that is about waiting.
    let throttled = body.message().filter(|_| status == StatusCode::TOO_MANY_REQUESTS);
    let mut failure = ServiceFailure {
        status,
        code: body.code().map(str::to_owned),
        message: body.message().map(str::to_owned),
        request_id: request_id(headers).or_else(|| body.request_id().map(str::to_owned)),
        encoded_authorization_message: body.encoded_authorization_message().map(str::to_owned),
        retry_after: retry_hint(header(RETRY_AFTER), header(DATE), throttled),
        clock_skew: None,
    };
    failure.hide(secrets);
    failure
}

/// A header can hold tabs, and is as long as it likes.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let text = one_line(headers.get("x-request-id")?.to_str().ok()?);
    (!text.is_empty()).then_some(text)
}

fn timed_out() -> TransportError {
    TransportError::new(TransportErrorKind::TimedOut, Delivery::Unknown)
}

/// Where a body stops being what it should be. The text of the decoder's error is left out: it repeats values. So is a
/// path to broken JSON, which may end in a name that is not ours; a value of the wrong type has one of our names.
fn fault_path<T: DeserializeOwned>(bytes: &[u8]) -> String {
    let mut decoder = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, T>(&mut decoder) {
        Err(error) if error.inner().is_data() && error.path().iter().next().is_some() => {
            error.path().to_string()
        }
        Err(error) => format!(
            "line {}, column {} of the body",
            error.inner().line(),
            error.inner().column()
        ),
        Ok(_) => "the end of the body".to_owned(),
    }
}
