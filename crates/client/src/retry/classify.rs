//! What a failure means for the call: the one place where that is decided.

use std::time::Duration;

use http::StatusCode;
use session_export_auth::AuthError;
use session_export_transport::{Delivery, TransportErrorKind};

use crate::{Effect, ErrorKind};

#[cfg(test)]
mod tests;

/// How an attempt failed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Failure<'a> {
    /// There was no whole response.
    Transport {
        kind: TransportErrorKind,
        delivery: Delivery,
    },
    /// There was one, and it is no success.
    Answer {
        status: StatusCode,
        code: Option<&'a str>,
        hint: Option<Duration>,
    },
    /// There was no credential, and so nothing was sent.
    Credential(&'a AuthError),
    /// A success that could not be understood, or what is no failure of an exchange.
    Unreadable { delivery: Delivery },
    /// The deadline passed.
    Deadline { delivery: Delivery },
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// The failure is final.
    Stop,
    /// It is final, and the work may have been done.
    Ambiguous,
    /// Try again at once with another credential, if there is one, once for each request.
    Renew,
    /// Try again after a pause of at least this.
    Retry { at_least: Duration },
}

impl<'a> Failure<'a> {
    /// `delivery` is about the request of the operation, whatever the error says of its own exchange.
    pub(super) fn new(error: &'a ErrorKind, delivery: Delivery) -> Self {
        match error {
            ErrorKind::Transport { kind, .. } => Self::Transport {
                kind: *kind,
                delivery,
            },
            ErrorKind::Service(failure) => Self::Answer {
                status: failure.status,
                code: failure.code.as_deref(),
                hint: failure.retry_after,
            },
            ErrorKind::Auth(error) => Self::Credential(error),
            ErrorKind::Deadline { .. } | ErrorKind::HeldBack { .. } => Self::Deadline { delivery },
            _ => Self::Unreadable { delivery },
        }
    }
}

/// What to do after `failure` of an operation with this effect.
pub(super) fn classify(effect: Effect, failure: Failure<'_>) -> Verdict {
    match failure {
        Failure::Transport { kind, delivery } => {
            let verdict = match kind.may_pass() {
                true => retry(None),
                false => Verdict::Stop,
            };
            unless_work_may_be_done(effect, delivery, verdict)
        }
        Failure::Answer { status, code, hint } => match status.as_u16() {
            // Never in a loop: more than five failed signatures in a row lock an access key.
            401 => Verdict::Renew,
            429 => retry(hint),
            408 | 500 | 502 | 503 | 504 => match proves_rejection(code) {
                true => retry(hint),
                // It may come from a gateway that gave up on a backend which went on.
                false => unless_work_may_be_done(effect, Delivery::Unknown, retry(hint)),
            },
            // None that is known to pass. But a gateway may have given up here, too, by a number of its own.
            500..=599 if !proves_rejection(code) => {
                unless_work_may_be_done(effect, Delivery::Unknown, Verdict::Stop)
            }
            _ => Verdict::Stop,
        },
        Failure::Credential(error) => error
            .retry_at_least()
            .map_or(Verdict::Stop, |at_least| Verdict::Retry { at_least }),
        // The service said yes, but not to which task: it exists, and its id is lost.
        Failure::Unreadable { delivery } => unless_work_may_be_done(effect, delivery, Verdict::Stop),
        Failure::Deadline { delivery } => unless_work_may_be_done(effect, delivery, Verdict::Stop),
    }
}

fn retry(hint: Option<Duration>) -> Verdict {
    Verdict::Retry {
        at_least: hint.unwrap_or_default(),
    }
}

/// The gateway could not even ask IAM who is calling, so the request never went further.
fn proves_rejection(code: Option<&str>) -> bool {
    matches!(code, Some("APIGW.0613" | "APIG.0613"))
}

fn unless_work_may_be_done(effect: Effect, delivery: Delivery, verdict: Verdict) -> Verdict {
    match (effect, delivery) {
        (Effect::CreatesWork, Delivery::Unknown) => Verdict::Ambiguous,
        _ => verdict,
    }
}
