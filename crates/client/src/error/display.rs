//! Errors as one line each.

use std::fmt;

use session_export_transport::Delivery;

use super::{Error, ErrorKind, JournalProblem, TaskFailure};
use crate::{Effect, Operation};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.operation() {
            write!(f, "{operation}: ")?;
        }
        match self.kind() {
            ErrorKind::InvalidRequest(violations) => {
                write!(f, "not sent, the request is not valid: {violations}")
            }
            ErrorKind::Configuration { problem } => f.write_str(problem),
            ErrorKind::Auth(_) => f.write_str("not sent, there is no credential"),
            ErrorKind::Transport {
                delivery: Delivery::NotSent,
                ..
            } => f.write_str("not sent"),
            ErrorKind::Transport {
                delivery: Delivery::Unknown,
                ..
            } => f.write_str("no whole response"),
            ErrorKind::Service(failure) => write!(f, "{failure}"),
            ErrorKind::Decode { path } => write!(f, "the response is not understood, at {path}"),
            ErrorKind::Ambiguous { started_at, .. } => write!(
                f,
                "the outcome is unknown, a task may have been created since {}; look for it before you submit again",
                session_export_model::format_timestamp(*started_at)
            ),
            ErrorKind::Task(failure) => write!(f, "{failure}"),
            ErrorKind::Deadline { spent } => {
                write!(
                    f,
                    "the deadline of {:.1} s passed ({spent})",
                    spent.budget.as_secs_f64()
                )
            }
            ErrorKind::HeldBack { wait } => write!(
                f,
                "not sent, the service throttles this client for another {:.1} s, which is longer than the deadline leaves",
                wait.as_secs_f64()
            ),
            ErrorKind::Sink { action, .. } => write!(f, "could not {action} the file"),
            ErrorKind::Journal { problem, task } => match task {
                Some(task) => write!(
                    f,
                    "task {} was created, but {problem}; note the task down",
                    task.task_id()
                ),
                None if self.operation().is_some() => write!(f, "not sent, {problem}"),
                None => write!(f, "{problem}"),
            },
            ErrorKind::TooLarge {
                max_bytes,
                announced: Some(announced),
            } => write!(
                f,
                "the file has {announced} bytes, more than the {max_bytes} that are allowed"
            ),
            ErrorKind::TooLarge { max_bytes, .. } => {
                write!(f, "the file has more than the {max_bytes} bytes that are allowed")
            }
        }?;
        let changes = |operation: Operation| operation.effect() != Effect::ReadOnly;
        if self.inner.after_doubt && self.last_attempt_was_not_sent() && self.operation().is_some_and(changes)
        {
            f.write_str("; but an attempt before it may have been carried out")?;
        }
        Ok(())
    }
}

impl fmt::Display for TaskFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { code, reason } => {
                f.write_str("the export task failed")?;
                if let Some(code) = code {
                    write!(f, " with {code}")?;
                }
                match reason {
                    Some(reason) => write!(f, ": {reason}"),
                    None => Ok(()),
                }
            }
            Self::Expired => f.write_str("the file of the export task has expired; export again"),
            Self::Gone => {
                f.write_str("the export centre does not list the task; check project, endpoint and task id")
            }
            Self::NotReady => f.write_str("the file of the export task is still being made; wait for it"),
        }
    }
}

impl fmt::Display for JournalProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyThere => f.write_str("there is a file already where the journal was to be"),
            Self::Locked => f.write_str("another process has the journal"),
            Self::UnknownVersion { version } => {
                write!(
                    f,
                    "the journal has version {version}, which this program cannot read"
                )
            }
            Self::Corrupt { line } => write!(f, "line {line} of the journal is not understood"),
            Self::File { action, .. } => write!(f, "could not {action} the journal"),
            Self::Refused => f.write_str("the journal did not take the entry"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("operation", &self.operation())
            .field("kind", self.kind())
            .field("source", &self.inner.source)
            .finish()
    }
}
