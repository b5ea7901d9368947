//! What can go wrong, so that a caller can act on it.

mod display;
mod kind;

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::StatusCode;
use session_export_auth::{AuthError, AuthErrorKind};
use session_export_model::{ExportKind, ProjectId, TaskRef, Violations, advice};
use session_export_transport::{Delivery, TransportError};

pub use kind::{ErrorKind, JournalProblem, ServiceFailure, Spent, TaskFailure};

use crate::clock::Moment;
use crate::{Ambiguity, JournalRefusal, Operation, PartialFile};

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
    ambiguity: Option<Ambiguity>,
    /// When the attempt in doubt began, by the client's monotonic clock.
    began: Option<Duration>,
    /// An attempt before the last one may have been carried out.
    after_doubt: bool,
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
                ambiguity: None,
                began: None,
                after_doubt: false,
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

    pub(crate) fn sink(action: &'static str, error: io::Error) -> Self {
        let kind = ErrorKind::Sink {
            action,
            kind: error.kind(),
        };
        Self::new(Operation::Download, kind).with_source(error)
    }

    /// A journal of this path that cannot be used.
    pub(crate) fn journal(path: &Path, problem: JournalProblem) -> Self {
        Self::of_journal(problem, None).with_source(JournalAt(path.to_owned()))
    }

    pub(crate) fn journal_io(path: &Path, action: &'static str, error: &io::Error) -> Self {
        let kind = error.kind();
        let error = io::Error::new(kind, format!("{}: {error}", JournalAt(path.to_owned())));
        Self::of_journal(JournalProblem::File { action, kind }, None).with_source(error)
    }

    /// A journal that did not take an entry about a submit, which created `task`, or was not sent.
    pub(crate) fn not_journalled(
        operation: Operation,
        task: Option<TaskRef>,
        refusal: JournalRefusal,
    ) -> Self {
        let mut error = Self::of_journal(JournalProblem::Refused, task).with_source(refusal);
        error.inner.operation = Some(operation);
        error
    }

    fn of_journal(problem: JournalProblem, task: Option<TaskRef>) -> Self {
        Self::of(None, ErrorKind::Journal { problem, task })
    }

    /// A submit whose answer was lost by `cause`.
    pub(crate) fn ambiguous(operation: Operation, cause: Self, began: Moment) -> Self {
        let kind = ErrorKind::Ambiguous {
            operation,
            started_at: began.wall,
        };
        let mut error = Self::new(operation, kind).with_source(cause);
        error.inner.began = Some(began.monotonic);
        error
    }

    /// When the attempt in doubt began, by the client's monotonic clock.
    pub(crate) fn began(&self) -> Option<Duration> {
        self.inner.began
    }

    /// Says that an attempt before the last one may have been carried out.
    pub(crate) fn after_doubt(mut self) -> Self {
        self.inner.after_doubt = true;
        self
    }

    /// Says of what and for which project a submit's answer was lost, if it was.
    pub(crate) fn lost_for(mut self, kind: ExportKind, project_id: &ProjectId) -> Self {
        if let ErrorKind::Ambiguous { started_at, .. } = *self.kind() {
            self.inner.ambiguity = Some(Ambiguity::new(kind, project_id.clone(), started_at, started_at));
        }
        self
    }

    /// What [`Client::reconcile`](crate::Client::reconcile) needs to find out what became of a submit; there for every
    /// [ambiguous](Self::is_ambiguous) error of [`Export::submit`](crate::Export::submit).
    pub fn ambiguity(&self) -> Option<&Ambiguity> {
        self.inner.ambiguity.as_ref()
    }

    /// The task that was created although its submit failed: a journal did not take it.
    pub fn submitted_task(&self) -> Option<&TaskRef> {
        match self.kind() {
            ErrorKind::Journal { task, .. } => task.as_ref(),
            _ => None,
        }
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
            ErrorKind::Auth(error) => !error.is_transient() && *error.kind() != AuthErrorKind::Unreachable,
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
            ErrorKind::Transport { kind, .. } => kind.may_pass(),
            ErrorKind::HeldBack { .. } => true,
            ErrorKind::Auth(error) => error.is_transient(),
            ErrorKind::Service(failure) => is_transient_status(failure.status),
            _ => false,
        }
    }

    /// Whether nothing of the operation can have been done: no attempt reached the service, but for those that it certainly
    /// refused before (a 429).
    pub fn nothing_was_sent(&self) -> bool {
        !self.inner.after_doubt && self.last_attempt_was_not_sent()
    }

    fn last_attempt_was_not_sent(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::InvalidRequest(_)
                | ErrorKind::Configuration { .. }
                | ErrorKind::Auth(_)
                | ErrorKind::Journal { task: None, .. }
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

/// Which journal it is, on one line.
#[derive(Debug)]
struct JournalAt(PathBuf);

impl fmt::Display for JournalAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&session_export_model::one_line(&self.0.to_string_lossy()))
    }
}

impl StdError for JournalAt {}
