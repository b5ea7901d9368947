//! The attempts of one call.

use std::time::Duration;

use http::StatusCode;
use session_export_auth::Stamp;
use session_export_transport::{Delivery, TARGET, TransportErrorKind};
use tracing::{Span, debug, warn};

use super::classify::{Failure, Verdict, classify};
use super::{Pauses, Place, budget};
use crate::clock::Moment;
use crate::deadline::Deadline;
use crate::observe::{call_span, error_type, observed};
use crate::{Client, Effect, Error, ErrorKind, Operation, PauseReason};

/// Whether a call is made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tries {
    /// As the client's policy says.
    ByPolicy,
    /// Only with a new credential: its caller asks again anyway, and retries would multiply.
    One,
}

/// An attempt that failed.
pub(crate) struct Failed {
    pub(crate) error: Error,
    /// Whether the service may have seen the request of the operation.
    pub(crate) delivery: Delivery,
    /// When the attempt began.
    pub(crate) began: Moment,
    /// What it carried, if the service answered.
    pub(crate) stamp: Option<Stamp>,
}

/// The attempts of one call.
pub(crate) struct Attempts<'a> {
    client: &'a Client,
    operation: Operation,
    /// Ends with the call.
    span: Span,
    /// How many requests were sent.
    sent: u32,
    further: u32,
    /// None before the first.
    pauses: Option<Pauses>,
    /// The 401 after which there was another credential.
    refused: Option<Error>,
    /// One of them may have been carried out.
    in_doubt: bool,
    last_cost: Option<u32>,
    /// A call that was answered 429 has its place in the queue from that moment.
    place: Option<Place<'a>>,
}

impl<'a> Attempts<'a> {
    pub(crate) fn new(client: &'a Client, operation: Operation, tries: Tries) -> Self {
        let policy = client.retry_policy();
        Self {
            client,
            operation,
            span: call_span(client, operation),
            sent: 0,
            further: match tries {
                Tries::ByPolicy => policy.further_attempts(),
                Tries::One => 0,
            },
            pauses: None,
            refused: None,
            in_doubt: false,
            last_cost: None,
            place: None,
        }
    }

    /// The place of the next attempt among the calls that are held back.
    pub(crate) fn take_place(&mut self) -> Place<'a> {
        let now = self.client.clock().monotonic();
        self.place
            .take()
            .unwrap_or_else(|| self.client.cool_down().queue(now))
    }

    /// The span of the call.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// How many requests were sent; whoever sends one counts it.
    pub(crate) fn sent(&mut self) -> &mut u32 {
        &mut self.sent
    }

    /// Books that the call succeeded.
    pub(crate) fn succeeded(&self) {
        self.client.retry_budget().give_back(self.last_cost);
    }

    /// Waits until the next attempt may be made.
    ///
    /// # Errors
    ///
    /// The error of the whole call when there is no further attempt.
    pub(crate) async fn after(&mut self, failed: Failed) -> Result<(), Error> {
        let span = self.span.clone();
        let may_be_done = {
            let failure = Failure::new(failed.error.kind(), failed.delivery);
            classify(Effect::CreatesWork, failure) == Verdict::Ambiguous
        };
        let decided = observed(span, self.decide(failed)).await;
        let was_in_doubt = self.in_doubt;
        self.in_doubt |= may_be_done;
        match decided {
            Err(error) if was_in_doubt => Err(error.after_doubt()),
            decided => decided,
        }
    }

    async fn decide(&mut self, failed: Failed) -> Result<(), Error> {
        let Failed {
            error,
            delivery,
            began,
            stamp,
        } = failed;
        self.hold_back_everybody(&error);
        match classify(self.operation.effect(), Failure::new(error.kind(), delivery)) {
            Verdict::Ambiguous => {
                warn!(
                    name: "session_export.ambiguous",
                    target: TARGET,
                    {
                        session_export.operation = self.operation.as_str(),
                        error.type = &*error_type(&error),
                        error.message = %error,
                    },
                    "the answer was lost, the service may have done the work"
                );
                Err(Error::ambiguous(self.operation, error, began))
            }
            Verdict::Renew => match stamp {
                Some(stamp) if self.refused.is_none() && can_renew(self.client, stamp).await => {
                    debug!(
                        name: "session_export.credential.rejected",
                        target: TARGET,
                        {
                            session_export.operation = self.operation.as_str(),
                            error.message = %error,
                        },
                        "trying again with another credential"
                    );
                    self.refused = Some(error);
                    Ok(())
                }
                _ => Err(error),
            },
            // The other credential was the same one again: what the service answered says more than that.
            Verdict::Stop if error.is_rejected_before() => Err(self.refused.take().unwrap_or(error)),
            Verdict::Stop => Err(error),
            Verdict::Retry { at_least } => self.pause(error, at_least).await,
        }
    }

    /// A 429 that names its window concerns every call of the client, also where this one is not made again.
    fn hold_back_everybody(&self, error: &Error) {
        if let Some(window) = window(error) {
            let window = window.min(self.client.retry_policy().hint_limit());
            self.client
                .cool_down()
                .begin(self.client.clock().monotonic(), window);
        }
    }

    async fn pause(&mut self, error: Error, at_least: Duration) -> Result<(), Error> {
        let client = self.client;
        if self.further == 0 || at_least > client.retry_policy().hint_limit() {
            return Err(error);
        }
        let new = || client.retry_policy().pauses(client.next_seed());
        let pauses = self.pauses.get_or_insert_with(new);
        let mut pause = pauses.next().unwrap_or_default().max(at_least);
        if window(&error).is_some() {
            // Its place in the queue counts from now, not from when it has waited out the window.
            let now = client.clock().monotonic();
            let place = self.place.insert(client.cool_down().queue(now));
            pause = pause.max(place.wait(now));
        }
        if client
            .deadline()
            .map(Deadline::remaining)
            .is_some_and(|left| left <= pause)
        {
            return Err(error);
        }
        let cost = cost(&error);
        if !client.retry_budget().spend(cost) {
            warn!(
                name: "session_export.retry_budget_spent",
                target: TARGET,
                {
                    session_export.operation = self.operation.as_str(),
                    error.type = &*error_type(&error),
                    error.message = %error,
                },
                "the budget of retries is used up"
            );
            return Err(error);
        }
        self.last_cost = (cost > 0).then_some(cost);
        self.further -= 1;
        debug!(
            name: "session_export.retry",
            target: TARGET,
            {
                session_export.operation = self.operation.as_str(),
                session_export.pause = pause.as_secs_f64(),
                error.type = &*error_type(&error),
                error.message = %error,
            },
            "trying again"
        );
        client
            .pauses()
            .tell(self.operation, pause, || match window(&error) {
                Some(_) => PauseReason::Throttled,
                None => PauseReason::after(&error),
            });
        client.clock().sleep(pause).await;
        Ok(())
    }
}

/// The window that a 429 names.
fn window(error: &Error) -> Option<Duration> {
    match error.kind() {
        ErrorKind::Service(failure) if failure.status == StatusCode::TOO_MANY_REQUESTS => failure.retry_after,
        _ => None,
    }
}

/// What another attempt after this costs. After a 429 it is free: the pauses that the service itself named already keep
/// its load down.
fn cost(error: &Error) -> u32 {
    match error.kind() {
        ErrorKind::Service(failure) if failure.status == StatusCode::TOO_MANY_REQUESTS => 0,
        ErrorKind::Transport {
            kind: TransportErrorKind::TimedOut | TransportErrorKind::ConnectTimeout,
            ..
        } => budget::RETRY_AFTER_TIME_OUT,
        _ => budget::RETRY,
    }
}

/// Whether there is another credential to try after a 401. An authenticator that does not say in time has none.
async fn can_renew(client: &Client, stamp: Stamp) -> bool {
    client
        .within(client.head_limit(), client.authenticator().rejected(stamp))
        .await
        .unwrap_or(false)
}
