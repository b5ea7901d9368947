//! How one call is made: authenticate, send within the limits, again where that is safe, until there is a success or an error.

use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use serde::de::DeserializeOwned;
use session_export_auth::Stamp;
use session_export_transport::{Delivery, Request, RequestBody, TARGET, send_traced};
use tracing::{Instrument, Level, debug, enabled};

use super::answer::{Exchange, Reply, WholeAnswer, timed_out};
use super::{Operation, credential};
use crate::client::Cut;
use crate::clock::Moment;
use crate::deadline::Deadline;
use crate::observe::tell_exchange;
use crate::retry::{Attempts, Failed, Place, Tries};
use crate::{Client, Error, ErrorKind, PauseReason};

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
            let exchange = reply.exchange();
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
        let reply = Reply {
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
        let failure = reply.failure(client).await;
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
