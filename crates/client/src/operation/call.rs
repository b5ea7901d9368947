//! How one call is made: authenticate, send within the limits, and turn whatever comes back into a value or an error.

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use http::header::{ACCEPT, CONTENT_TYPE, DATE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use serde::de::DeserializeOwned;
use session_export_auth::Stamp;
use session_export_model::{ClockSkew, ErrorBody};
use session_export_transport::{
    Delivery, Request, RequestBody, Response, ResponseBody, TransportError, TransportErrorKind,
};
use tracing::debug;

use super::effect::leaves_outcome_open;
use super::{Effect, Operation, credential};
use crate::client::Cut;
use crate::{Client, Error, ErrorKind, ServiceFailure};

/// More than any reply but a file: a page of 100 sessions has about 100 KiB.
const MOST_REPLY_BYTES: usize = 16 << 20;
/// An error body is read up to here; the rest is of no use.
const MOST_ERROR_BYTES: usize = 64 << 10;

/// A request that is complete but for its credential.
pub(crate) struct Call {
    operation: Operation,
    request: Request,
}

/// A response, whatever its status, and what the request that it answers carried.
struct Attempt {
    response: Response,
    stamp: Stamp,
    /// By this machine's wall clock.
    started_at: DateTime<Utc>,
    /// The sensitive values of the request, which a server may repeat in its message.
    secrets: Vec<HeaderValue>,
}

/// A response whose status was a success.
pub(crate) struct Reply {
    pub(crate) operation: Operation,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) version: http::Version,
    pub(crate) headers: HeaderMap,
    pub(crate) status: StatusCode,
    pub(crate) body: ResponseBody,
}

impl Call {
    pub(crate) fn get(operation: Operation, uri: Uri) -> Self {
        Self::new(operation, Method::GET, uri, RequestBody::empty())
    }

    pub(crate) fn post(operation: Operation, uri: Uri, content_type: &'static str, body: Vec<u8>) -> Self {
        let mut call = Self::new(operation, Method::POST, uri, RequestBody::from(body));
        call.request
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        call
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.request.headers_mut().insert(name, value);
        self
    }

    fn new(operation: Operation, method: Method, uri: Uri, body: RequestBody) -> Self {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let accept = if operation == Operation::Download {
            "*/*"
        } else {
            "application/json"
        };
        request
            .headers_mut()
            .insert(ACCEPT, HeaderValue::from_static(accept));
        Self { operation, request }
    }

    /// Sends the call, a second time after a 401 if the authenticator has another credential.
    ///
    /// Cancel safety: dropping the future drops the exchange; for a submit the outcome is then unknown.
    pub(crate) async fn send(mut self, client: &Client) -> Result<Reply, Error> {
        self.request.headers_mut().insert(USER_AGENT, client.user_agent());
        let mut refused = None;
        loop {
            let Attempt {
                response,
                stamp,
                started_at,
                secrets,
            } = match self.attempt(client).await {
                Ok(attempt) => attempt,
                // The other credential is the same one again: the service's answer says more than that.
                Err(again) => return Err(refused.filter(|_| again.is_rejected_before()).unwrap_or(again)),
            };
            let status = response.status();
            if status.is_success() {
                let (head, body) = response.into_parts();
                return Ok(Reply {
                    operation: self.operation,
                    started_at,
                    version: head.version,
                    headers: head.headers,
                    status,
                    body,
                });
            }
            // Never in a loop: more than five failed signatures in a row lock an access key.
            let is_renewed =
                status == StatusCode::UNAUTHORIZED && refused.is_none() && can_renew(client, stamp).await;
            let error = self.refused(client, response, started_at, &secrets).await;
            if !is_renewed {
                return Err(error);
            }
            refused = Some(error);
        }
    }

    async fn attempt(&self, client: &Client) -> Result<Attempt, Error> {
        let operation = self.operation;
        let mut request = self.request.clone();
        let (stamp, started_at) = credential::authenticate(client, operation, &mut request).await?;
        // The credential may have taken all that was left: nothing was sent, so the outcome is not in doubt.
        if client
            .deadline()
            .is_some_and(|deadline| deadline.remaining().is_zero())
        {
            return Err(client.deadline_error(operation));
        }
        let sensitive = request.headers().values().filter(|value| value.is_sensitive());
        let secrets = sensitive.cloned().collect();
        let began = client.clock().monotonic();
        let outcome = match client
            .within(client.head_limit(), client.transport().send(request))
            .await
        {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(transport_error(operation, error, started_at)),
            Err(Cut::Limit) => Err(transport_error(operation, timed_out(), started_at)),
            Err(Cut::Deadline) => Err(ambiguous_if_created(
                operation,
                client.deadline_error(operation),
                started_at,
            )),
        };
        let elapsed = client.clock().monotonic().saturating_sub(began);
        let host = self.request.uri().host().unwrap_or_default();
        match &outcome {
            Ok(response) => {
                debug!(%operation, host, status = response.status().as_u16(), request_id = request_id(response.headers()), ?elapsed, "response");
            }
            Err(error) => debug!(%operation, host, %error, ?elapsed, "no response"),
        }
        outcome.map(|response| Attempt {
            response,
            stamp,
            started_at,
            secrets,
        })
    }

    /// The error for a response that is not a success.
    async fn refused(
        &self,
        client: &Client,
        response: Response,
        started_at: DateTime<Utc>,
        secrets: &[HeaderValue],
    ) -> Error {
        let operation = self.operation;
        let (head, mut body) = response.into_parts();
        // The status alone is an answer; a body that breaks off only makes it a shorter one.
        let (bytes, _) = read_up_to(client, operation, &mut body, MOST_ERROR_BYTES).await;
        let mut failure = service_failure(head.status, &head.headers, &bytes);
        if failure.status == StatusCode::UNAUTHORIZED {
            let date = head.headers.get(DATE).and_then(|date| date.to_str().ok());
            failure.clock_skew = date.and_then(|date| ClockSkew::between(started_at, date));
        }
        failure.hide(secrets);
        let open = leaves_outcome_open(operation.effect(), head.status, failure.code.as_deref());
        let error = Error::new(operation, ErrorKind::Service(failure));
        if open {
            ambiguous(operation, error, started_at)
        } else {
            error
        }
    }
}

impl Reply {
    /// Reads the body as JSON.
    ///
    /// `blank` tells a value that would also come of a body with nothing in it: then the body is searched for an error
    /// code, because some of the service's error codes are documented with status 200.
    pub(crate) async fn json<T: DeserializeOwned>(
        mut self,
        client: &Client,
        blank: impl FnOnce(&T) -> bool,
    ) -> Result<T, Error> {
        let (bytes, end) = read_up_to(client, self.operation, &mut self.body, MOST_REPLY_BYTES).await;
        if let Err(error) = end {
            // The service said yes, but not to what: for a submit the task exists and its id is lost.
            return Err(ambiguous_if_created(self.operation, error, self.started_at));
        }
        let parsed = serde_json::from_slice::<T>(&bytes);
        match parsed {
            Ok(value) if !blank(&value) => Ok(value),
            parsed => {
                let failure = service_failure(self.status, &self.headers, &bytes);
                if failure.code.is_some() {
                    return Err(Error::new(self.operation, ErrorKind::Service(failure)));
                }
                parsed.map_err(|_| {
                    Error::new(
                        self.operation,
                        ErrorKind::Decode {
                            path: fault_path::<T>(&bytes),
                        },
                    )
                })
            }
        }
    }
}

/// Whether there is another credential to try after a 401. An authenticator that does not say in time has none.
async fn can_renew(client: &Client, stamp: Stamp) -> bool {
    client
        .within(client.head_limit(), client.authenticator().rejected(stamp))
        .await
        .unwrap_or(false)
}

/// Reads a body to its end, or until it has more than `most` bytes.
async fn read_up_to(
    client: &Client,
    operation: Operation,
    body: &mut ResponseBody,
    most: usize,
) -> (Bytes, Result<(), Error>) {
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
        whole.extend_from_slice(&data);
    };
    (whole.freeze(), end)
}

/// What an error answer says.
pub(crate) fn service_failure(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ServiceFailure {
    let body = ErrorBody::read(body);
    ServiceFailure {
        status,
        code: body.code().map(str::to_owned),
        message: body.message().map(str::to_owned),
        request_id: request_id(headers).or(body.request_id()).map(str::to_owned),
        encoded_authorization_message: body.encoded_authorization_message().map(str::to_owned),
        clock_skew: None,
    }
}

fn request_id(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-request-id")?.to_str().ok()
}

fn timed_out() -> TransportError {
    TransportError::new(TransportErrorKind::TimedOut, Delivery::Unknown)
}

fn transport_error(operation: Operation, error: TransportError, started_at: DateTime<Utc>) -> Error {
    let delivery = error.delivery();
    let error = Error::transport(operation, error);
    match delivery {
        Delivery::NotSent => error,
        Delivery::Unknown => ambiguous_if_created(operation, error, started_at),
    }
}

fn ambiguous_if_created(operation: Operation, error: Error, started_at: DateTime<Utc>) -> Error {
    if operation.effect() == Effect::CreatesWork {
        ambiguous(operation, error, started_at)
    } else {
        error
    }
}

fn ambiguous(operation: Operation, cause: Error, started_at: DateTime<Utc>) -> Error {
    Error::new(
        operation,
        ErrorKind::Ambiguous {
            operation,
            started_at,
        },
    )
    .with_source(cause)
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
