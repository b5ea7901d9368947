//! The kinds of failure.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{HeaderValue, StatusCode};
use session_export_auth::AuthError;
use session_export_model::{ClockSkew, TaskRef, Violations};
use session_export_transport::{Delivery, TransportErrorKind};

use crate::Operation;

/// What happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request breaks rules; nothing was sent.
    InvalidRequest(Violations),
    /// The client cannot be built, or used for this, as it is configured.
    #[non_exhaustive]
    Configuration {
        /// What is wrong and what to do.
        problem: String,
    },
    /// There is no credential for the request, so this attempt was not sent. Whether one before it may have been carried out,
    /// [`nothing_was_sent`](crate::Error::nothing_was_sent) says.
    Auth(AuthError),
    /// There was no whole response. The source is the `TransportError`.
    #[non_exhaustive]
    Transport {
        /// What failed.
        kind: TransportErrorKind,
        /// Whether the service may have seen the request, in the last attempt.
        delivery: Delivery,
    },
    /// The service, or a gateway before it, answered with an error.
    Service(ServiceFailure),
    /// A successful response that could not be understood. For a submit, that is the source of
    /// [`Ambiguous`](Self::Ambiguous): the service said that it did something.
    #[non_exhaustive]
    Decode {
        /// Where in the response: a path such as `items[3].id`, or a header's name.
        path: String,
    },
    /// The outcome of a submit is unknown: a task may exist. The source says what happened.
    #[non_exhaustive]
    Ambiguous {
        /// Which operation.
        operation: Operation,
        /// When the attempt began, by this machine's clock.
        started_at: DateTime<Utc>,
    },
    /// The export task cannot give a file.
    Task(TaskFailure),
    /// A deadline passed. The source, if any, is the last failure before it.
    #[non_exhaustive]
    Deadline {
        /// How long each phase took.
        spent: Spent,
    },
    /// The service throttles this client, for longer than the deadline leaves. This attempt was not sent.
    #[non_exhaustive]
    HeldBack {
        /// How long until the call could have been sent.
        wait: Duration,
    },
    /// What was received could not be written. The source is the `io::Error`.
    #[non_exhaustive]
    Sink {
        /// What was attempted: `create`, `continue`, `write`, `rename`.
        action: &'static str,
        /// The kind of the `io::Error`.
        kind: std::io::ErrorKind,
    },
    /// The file has more bytes than [`Download::max_bytes`](crate::Download::max_bytes) allows; nothing of it was kept.
    #[non_exhaustive]
    TooLarge {
        /// How many are allowed.
        max_bytes: u64,
        /// How many it has, if the server said so.
        announced: Option<u64>,
    },
    /// A journal cannot be used, or did not take an entry. The source says why.
    #[non_exhaustive]
    Journal {
        /// What is wrong with it.
        problem: JournalProblem,
        /// The task that was created all the same; without one, nothing was sent.
        task: Option<TaskRef>,
    },
}

/// What is wrong with a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JournalProblem {
    /// There is a file already where one was to be created. It may be another export's journal.
    AlreadyThere,
    /// Another process has it.
    Locked,
    /// It was written by another version of this library.
    #[non_exhaustive]
    UnknownVersion {
        /// The version.
        version: u64,
    },
    /// It is not a journal, or a line is damaged.
    #[non_exhaustive]
    Corrupt {
        /// Which line, counted from 1.
        line: usize,
    },
    /// The file could not be created, opened, read, written. The source is the `io::Error`.
    #[non_exhaustive]
    File {
        /// What was attempted.
        action: &'static str,
        /// The kind of the `io::Error`.
        kind: std::io::ErrorKind,
    },
    /// A [`SubmitJournal`](crate::SubmitJournal) did not take the entry.
    Refused,
}

impl ErrorKind {
    /// The kind as text that will not change: `invalid_request`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::Configuration { .. } => "configuration",
            Self::Auth(_) => "auth",
            Self::Transport { .. } => "transport",
            Self::Service(_) => "service",
            Self::Decode { .. } => "decode",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Task(_) => "task",
            Self::Deadline { .. } => "deadline",
            Self::HeldBack { .. } => "held_back",
            Self::Sink { .. } => "sink",
            Self::Journal { .. } => "journal",
            Self::TooLarge { .. } => "too_large",
        }
    }
}

/// An error answer of the service or of a gateway before it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceFailure {
    /// The HTTP status; 200 when the body of a success holds an error code.
    pub status: StatusCode,
    /// The error code: `WKS.00211102`, `APIGW.0301`, or the number of IAM's older shape.
    pub code: Option<String>,
    /// The message, for people. Its text changes; never branch on it.
    pub message: Option<String>,
    /// The id of the request, for support: the header `X-Request-Id`, else what the body repeats.
    pub request_id: Option<String>,
    /// An opaque text that comes with policy denials, to be decoded through STS. Not part of `Display`.
    pub encoded_authorization_message: Option<String>,
    /// How long the service asks to wait: `Retry-After`, or the window that a throttling message names.
    pub retry_after: Option<Duration>,
    /// How far this machine's clock is from the server's, by the `Date` of a 401, where that may be its reason.
    pub clock_skew: Option<ClockSkew>,
}

/// A shorter value is no credential, and would take common words out of a message.
const SHORTEST_SECRET: usize = 8;

impl ServiceFailure {
    /// Takes out of the texts what the request held: a gateway may repeat a header whose signature does not match.
    pub(crate) fn hide(&mut self, secrets: &[HeaderValue]) {
        let secrets = secrets.iter().filter_map(|value| value.to_str().ok());
        for secret in secrets.filter(|secret| secret.len() >= SHORTEST_SECRET) {
            let texts = [&mut self.message, &mut self.code, &mut self.request_id];
            for text in texts.into_iter().flatten() {
                *text = without(text, secret);
            }
        }
    }
}

/// So much of a secret is taken out wherever it stands; less of it may be a word of the protocol.
const TELLING: usize = 24;

/// The text without the secret, and without a part from its beginning: a long message is cut, perhaps within it.
fn without(text: &str, secret: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(&secret[..SHORTEST_SECRET]) {
        let (before, found) = rest.split_at(at);
        let same = found
            .bytes()
            .zip(secret.bytes())
            .take_while(|(ours, theirs)| ours == theirs)
            .count();
        kept.push_str(before);
        let is_cut_off = found[same..].trim_start_matches('…').is_empty();
        let tells = same == secret.len() || same >= TELLING || is_cut_off;
        // A secret that begins like itself may begin again within what only looked like it.
        let (kept_run, after) = if tells {
            ("…", &found[same..])
        } else {
            found.split_at(1)
        };
        kept.push_str(kept_run);
        rest = after;
    }
    kept + rest
}

impl fmt::Display for ServiceFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status.as_u16())?;
        if let Some(code) = self.code.as_deref().filter(|code| *code != self.status.as_str()) {
            write!(f, " {code}")?;
        }
        match (&self.message, self.status.canonical_reason()) {
            (Some(message), _) => write!(f, ": {message}")?,
            (None, Some(reason)) if !self.status.is_success() => write!(f, " ({reason})")?,
            _ => {}
        }
        if let Some(request_id) = &self.request_id {
            write!(f, " (request id {request_id})")?;
        }
        if let Some(wait) = self.retry_after {
            write!(f, "; it asks to wait {} s", wait.as_secs())?;
        }
        if let Some(skew) = self.clock_skew {
            write!(f, "; {skew}")?;
        }
        Ok(())
    }
}

/// Why an export task cannot give a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TaskFailure {
    /// The export failed inside the service.
    #[non_exhaustive]
    Failed {
        /// The failure's code.
        code: Option<String>,
        /// The failure's reason, for people.
        reason: Option<String>,
    },
    /// The file is no longer kept; export again.
    Expired,
    /// The export centre does not list the task: deleted, of another project, or of another endpoint.
    Gone,
    /// The file is still being made.
    NotReady,
}

/// How long each phase of an export took until its deadline passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spent {
    /// The deadline: how long everything might have taken.
    pub budget: Duration,
    /// Submitting.
    pub submit: Duration,
    /// Waiting for the task.
    pub wait: Duration,
    /// Downloading.
    pub download: Duration,
    /// Any other call.
    pub other: Duration,
}

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (phase, time) in [
            ("submit", self.submit),
            ("wait", self.wait),
            ("download", self.download),
            ("other calls", self.other),
        ] {
            if !time.is_zero() {
                write!(f, "{separator}{phase} {:.1} s", time.as_secs_f64())?;
                separator = ", ";
            }
        }
        if separator.is_empty() {
            f.write_str("nothing was done")
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_taken_out_whole_or_cut() {
        let secret = format!("MIIplanted-{}", "x".repeat(600));
        for (text, expected) in [
            (format!("bad token {secret}!"), "bad token …!".to_owned()),
            (format!("{secret} and {secret}"), "… and …".to_owned()),
            // A message is cut to 512 characters before it comes here.
            (
                format!("bad token {}…", &secret[..500]),
                "bad token ……".to_owned(),
            ),
            (format!("bad token {}", &secret[..9]), "bad token …".to_owned()),
            (format!("has {} inside", &secret[..30]), "has … inside".to_owned()),
            (
                "MIIplant is a word, 令牌".to_owned(),
                "MIIplant is a word, 令牌".to_owned(),
            ),
            (String::new(), String::new()),
        ] {
            assert_eq!(without(&text, &secret), expected);
        }
        let like_itself = "MIIMIIMIIMIIplanted-token";
        assert_eq!(without("a MIIMIIMIIMIIMIIplanted-token", like_itself), "a MII…");
        let signature = "SDK-HMAC-SHA256 Access=AKEXAMPLE, SignedHeaders=host, Signature=0a0b";
        let harmless = "the header is not SDK-HMAC-SHA256, but Basic";
        assert_eq!(without(harmless, signature), harmless);
    }
}
