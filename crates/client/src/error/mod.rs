//! What can go wrong, so that a caller can act on it.

mod display;
mod kind;

use std::error::Error as StdError;

use http::StatusCode;
use session_export_auth::{AuthError, AuthErrorKind};
use session_export_model::{Violations, advice};
use session_export_transport::{Delivery, TransportError};

pub use kind::{ErrorKind, ServiceFailure, Spent, TaskFailure};

use crate::{Operation, PartialFile};

/// Why an operation did not succeed.
///
/// [`kind`](Self::kind) says what happened, the predicates answer what a caller usually asks, and `Display` is one
/// line without secrets, bodies or query strings. A cause that has a message of its own is in `source()`.
///
/// # Troubleshooting
///
/// [`advice`](Self::advice) has one sentence for the error codes that are known. With a
/// [`request_id`](ServiceFailure::request_id) support can find the call.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    operation: Option<Operation>,
    kind: ErrorKind,
    source: Option<Box<dyn StdError + Send + Sync>>,
    /// Of a download that broke off.
    received: Option<u64>,
    partial: Option<PartialFile>,
}

impl Error {
    pub(crate) fn new(operation: Operation, kind: ErrorKind) -> Self {
        Self::of(Some(operation), kind)
    }

    fn of(operation: Option<Operation>, kind: ErrorKind) -> Self {
        Self {
            inner: Box::new(Inner {
                operation,
                kind,
                source: None,
                received: None,
                partial: None,
            }),
        }
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    pub(crate) fn configuration(problem: impl Into<String>) -> Self {
        let kind = ErrorKind::Configuration {
            problem: problem.into(),
        };
        Self::of(None, kind)
    }

    pub(crate) fn invalid(operation: Operation, violations: Violations) -> Self {
        Self::new(operation, ErrorKind::InvalidRequest(violations))
    }

    pub(crate) fn auth(operation: Operation, error: AuthError) -> Self {
        Self::new(operation, ErrorKind::Auth(error))
    }

    pub(crate) fn transport(operation: Operation, error: TransportError) -> Self {
        let kind = ErrorKind::Transport {
            kind: error.kind(),
            delivery: error.delivery(),
        };
        Self::new(operation, kind).with_source(error)
    }

    pub(crate) fn sink(action: &'static str, error: std::io::Error) -> Self {
        let kind = ErrorKind::Sink {
            action,
            kind: error.kind(),
        };
        Self::new(Operation::Download, kind).with_source(error)
    }

    pub(crate) fn with_received(mut self, bytes: u64) -> Self {
        self.inner.received = Some(bytes);
        self
    }

    pub(crate) fn with_partial(mut self, partial: PartialFile) -> Self {
        self.inner.received = Some(partial.bytes);
        self.inner.partial = Some(partial);
        self
    }

    /// What happened.
    pub fn kind(&self) -> &ErrorKind {
        &self.inner.kind
    }

    /// During which operation; none for a configuration error.
    pub fn operation(&self) -> Option<Operation> {
        self.inner.operation
    }

    /// The service's answer, if there was one; also the one that made an outcome ambiguous.
    pub fn service(&self) -> Option<&ServiceFailure> {
        match self.kind() {
            ErrorKind::Service(failure) => Some(failure),
            _ => self.inner.source.as_deref()?.downcast_ref::<Self>()?.service(),
        }
    }

    /// How many bytes of a file a stream, a writer or a [`partial_file`](Self::partial_file) had got when the download
    /// broke off.
    pub fn received_bytes(&self) -> Option<u64> {
        self.inner.received
    }

    /// The start of a file that a download left, to be continued; only after
    /// [`Download::keep_partial`](crate::Download::keep_partial).
    pub fn partial_file(&self) -> Option<&PartialFile> {
        self.inner.partial.as_ref()
    }

    /// One sentence on what to do, for the error codes that are known.
    pub fn advice(&self) -> Option<&'static str> {
        let code = match self.kind() {
            ErrorKind::Auth(error) => error.refusal()?.code.as_deref(),
            ErrorKind::Task(TaskFailure::Failed { code, .. }) => code.as_deref(),
            _ => self.service()?.code.as_deref(),
        };
        advice(code?)
    }

    /// Nobody is authenticated: a 401 of the service, or no credential at all.
    pub fn is_unauthenticated(&self) -> bool {
        match self.kind() {
            ErrorKind::Service(failure) => failure.status == StatusCode::UNAUTHORIZED,
            ErrorKind::Auth(error) => !error.is_transient(),
            _ => false,
        }
    }

    /// The user may not do this: a 403 of the service, or of IAM.
    pub fn is_forbidden(&self) -> bool {
        let status = match self.kind() {
            ErrorKind::Service(failure) => Some(failure.status),
            ErrorKind::Auth(error) => error.refusal().map(|refusal| refusal.status),
            _ => None,
        };
        status == Some(StatusCode::FORBIDDEN)
    }

    /// The credential was not tried, because the service rejected it moments ago.
    pub(crate) fn is_rejected_before(&self) -> bool {
        matches!(self.kind(), ErrorKind::Auth(error) if *error.kind() == AuthErrorKind::Rejected)
    }

    /// Too many requests, of the service or of IAM.
    pub fn is_throttled(&self) -> bool {
        let status = match self.kind() {
            ErrorKind::HeldBack { .. } => return true,
            ErrorKind::Service(failure) => Some(failure.status),
            ErrorKind::Auth(error) => error.refusal().map(|refusal| refusal.status),
            _ => None,
        };
        status == Some(StatusCode::TOO_MANY_REQUESTS)
    }

    /// A submit may or may not have created a task.
    pub fn is_ambiguous(&self) -> bool {
        matches!(self.kind(), ErrorKind::Ambiguous { .. })
    }

    /// A deadline passed. A submitted task goes on without the client and can be resumed.
    pub fn is_deadline(&self) -> bool {
        matches!(self.kind(), ErrorKind::Deadline { .. })
    }

    /// Whether the same call may well succeed later, with nothing changed: throttled, unavailable, unreachable.
    ///
    /// It says nothing about whether repeating is safe: see [`is_ambiguous`](Self::is_ambiguous).
    pub fn is_transient(&self) -> bool {
        match self.kind() {
            ErrorKind::Transport { .. } | ErrorKind::HeldBack { .. } => true,
            ErrorKind::Auth(error) => error.is_transient(),
            ErrorKind::Service(failure) => is_transient_status(failure.status),
            _ => false,
        }
    }

    /// Whether nothing of the operation reached the service.
    pub fn nothing_was_sent(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::InvalidRequest(_)
                | ErrorKind::Configuration { .. }
                | ErrorKind::Auth(_)
                | ErrorKind::HeldBack { .. }
                | ErrorKind::Transport {
                    delivery: Delivery::NotSent,
                    ..
                }
        )
    }
}

/// 408, 429 and 5xx, apart from the statuses that never change (501, 505, …).
pub(crate) fn is_transient_status(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self.kind() {
            ErrorKind::Auth(error) => Some(error),
            _ => self
                .inner
                .source
                .as_deref()
                .map(|source| source as &(dyn StdError + 'static)),
        }
    }
}
