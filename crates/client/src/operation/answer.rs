//! What came back, read and understood, or an error that says where it was not.

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body::Body;
use serde::de::DeserializeOwned;
use session_export_model::{ClockSkew, ErrorBody, ErrorShape, one_line, parse_http_date, retry_hint};
use session_export_transport::{Delivery, ResponseBody, TransportError, TransportErrorKind};

use super::Operation;
use crate::client::Cut;
use crate::clock::Moment;
use crate::{Client, Error, ErrorKind, ServiceFailure};

/// More than any reply but a file: a page of 100 sessions has about 100 KiB.
const MOST_REPLY_BYTES: usize = 16 << 20;
/// An error body is read up to here; the rest is of no use.
const MOST_ERROR_BYTES: usize = 64 << 10;
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

/// A response whose body is not read yet.
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

impl Reply {
    pub(super) fn exchange(&self) -> Exchange {
        Exchange {
            began: self.began,
            date: self.headers.get(DATE).cloned(),
        }
    }

    /// What an answer that is no success says. The status alone is one; a body that breaks off only makes it shorter.
    pub(super) async fn failure(mut self, client: &Client) -> ServiceFailure {
        let (bytes, _) = read_up_to(client, self.operation, &mut self.body, MOST_ERROR_BYTES).await;
        let mut failure = service_failure(self.status, &self.headers, &bytes, &self.secrets);
        if failure.status == StatusCode::UNAUTHORIZED {
            let date = self.headers.get(DATE).and_then(|date| date.to_str().ok());
            failure.clock_skew = date.and_then(|date| ClockSkew::between(self.began.wall, date));
        }
        failure
    }

    pub(super) async fn whole(mut self, client: &Client) -> Result<WholeAnswer, Error> {
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
pub(super) struct WholeAnswer {
    operation: Operation,
    status: StatusCode,
    headers: HeaderMap,
    secrets: Vec<HeaderValue>,
    bytes: Bytes,
}

impl WholeAnswer {
    pub(super) fn json<T: DeserializeOwned>(&self, blank: impl Fn(&T) -> bool) -> Result<T, Error> {
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
    pub(super) fn nothing(&self) -> Result<(), Error> {
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

pub(super) fn timed_out() -> TransportError {
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
