//! A failure as the caller of a program sees it: an exit code, a message, a JSON document.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use serde_json::Value;
use session_export::{
    AuthError, AuthErrorKind, Error, ErrorKind, ExportKind, JournalProblem, NoCredentials, NoCredentialsKind,
    Refusal, ServiceFailure, TaskFailure, TaskId, Violations,
};
use session_export_emulator::EmulatorError;

use crate::signals::Stop;

mod lost_submit;
mod rows;
mod telling;

pub(crate) use telling::usage;

/// Exit codes; `--help` and the README list them.
pub(crate) mod exit {
    pub(crate) const DONE: u8 = 0;
    pub(crate) const OTHER: u8 = 1;
    pub(crate) const USAGE: u8 = 2;
    pub(crate) const NOT_AUTHENTICATED: u8 = 3;
    pub(crate) const NOT_PERMITTED: u8 = 4;
    pub(crate) const UNAVAILABLE: u8 = 5;
    pub(crate) const TASK: u8 = 6;
    pub(crate) const AMBIGUOUS: u8 = 7;
    pub(crate) const NOT_READY: u8 = 8;
    pub(crate) const HUNG_UP: u8 = 129;
    pub(crate) const INTERRUPTED: u8 = 130;
    pub(crate) const TERMINATED: u8 = 143;
}

/// What the service, or IAM, answered.
#[derive(Debug)]
struct Answer {
    status: u16,
    code: Option<String>,
    request_id: Option<String>,
}

/// What goes on in the service without this program.
#[derive(Debug)]
struct LeftBehind {
    /// The task, if it is known that there is one.
    task_id: Option<TaskId>,
    /// Lines to copy that go on with it.
    lines: Vec<String>,
}

/// Why the program did not do what it was asked to.
#[derive(Debug)]
pub(crate) struct Failure {
    exit_code: u8,
    kind: &'static str,
    message: Box<str>,
    /// Further lines for a person; the JSON document holds them in its message.
    details: Vec<String>,
    hint: Option<String>,
    answer: Option<Box<Answer>>,
    left: Option<Box<LeftBehind>>,
    /// The tasks that may be a lost submit's.
    reconciliation: Option<Box<Value>>,
}

impl Failure {
    fn new(exit_code: u8, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            exit_code,
            kind,
            message: message.into().into_boxed_str(),
            details: Vec::new(),
            hint: None,
            answer: None,
            left: None,
            reconciliation: None,
        }
    }

    /// Whatever there is to say stands on standard output already.
    pub(crate) fn already_told(exit_code: u8) -> Self {
        Self::new(exit_code, "told", String::new())
    }

    pub(crate) fn exit_code(&self) -> u8 {
        self.exit_code
    }

    pub(crate) fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    pub(crate) fn details(&self) -> &[String] {
        &self.details
    }

    /// The message with its details, on one line.
    fn whole_message(&self) -> String {
        match self.details.as_slice() {
            [] => self.message.to_string(),
            details => format!("{}: {}", self.message, details.join("; ")),
        }
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Flags that do not go together, or not with what is around them.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(exit::USAGE, "usage", message)
    }

    /// The configuration file, or the choice of a profile.
    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(exit::USAGE, "configuration", message)
    }

    pub(crate) fn with_details(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }

    /// There is nothing to authenticate with; every place that was looked at has a line.
    pub(crate) fn no_credentials(error: &NoCredentials) -> Self {
        let text = error.to_string();
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let mut failure = Self::new(exit::NOT_AUTHENTICATED, "auth", first);
        failure.details = lines.map(|line| line.trim().to_owned()).collect();
        if error.kind() == NoCredentialsKind::NothingFound {
            failure.hint = failure
                .details
                .pop()
                .map(|set| format!("{set}; or try --emulator"));
        }
        failure
    }

    /// A file or a stream of this machine.
    pub(crate) fn io(action: &str, error: &io::Error) -> Self {
        Self::new(exit::OTHER, "sink", format!("could not {action}: {error}"))
    }

    /// Something else is where the file goes, as it turned out when the file had come.
    pub(crate) fn taken(path: &str) -> Self {
        let message = format!("{path} is already there and is not this export's file");
        let mut failure = Self::new(exit::OTHER, "sink", message);
        failure.hint = Some("use --force to replace it".to_owned());
        failure
    }

    /// A result that did not reach standard output.
    pub(crate) fn output(error: &io::Error) -> Self {
        Self::io("write to standard output", error)
    }

    /// A list that did not: whoever reads it may have seen enough, as in `session-export sessions | head`.
    pub(crate) fn listing(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(exit::DONE, "sink", String::new());
        }
        Self::output(error)
    }

    /// Says what was attempted.
    pub(crate) fn while_doing(mut self, doing: &str) -> Self {
        self.message = format!("{doing}: {}", self.message).into();
        self
    }

    /// The time for the whole has passed where no client could have noticed.
    pub(crate) fn deadline(limit: Duration, doing: &str) -> Self {
        let message = format!(
            "the deadline of {:.1} s passed while {doing}",
            limit.as_secs_f64()
        );
        Self::new(exit::NOT_READY, "deadline", message)
    }

    pub(crate) fn emulator(error: &EmulatorError) -> Self {
        match error {
            EmulatorError::NotLoopback(_) => Self::usage(format!("--listen: {error}")),
            EmulatorError::StateVersion { .. }
            | EmulatorError::StateInUse { .. }
            | EmulatorError::StateDamaged { .. }
            | EmulatorError::StateOption { .. } => Self::usage(format!("--state-dir: {error}")),
            EmulatorError::Rows { .. } | EmulatorError::ReadRows { .. } => {
                Self::usage(format!("--rows: {}", chain(error)))
            }
            EmulatorError::InvalidOption { option, allowed } => {
                let flag = match *option {
                    "export_delay" => "--export-delay-ms".to_owned(),
                    "token_ttl" => "--token-ttl-s".to_owned(),
                    other => flag(other),
                };
                Self::usage(format!("{flag} must be {allowed}"))
            }
            _ => Self::new(
                exit::OTHER,
                "emulator",
                format!("the emulator did not start: {}", chain(error)),
            ),
        }
    }

    pub(crate) fn stopped(stop: Stop) -> Self {
        let (exit_code, message) = match stop {
            Stop::Interrupted => (exit::INTERRUPTED, "interrupted"),
            Stop::Terminated => (exit::TERMINATED, "terminated"),
            Stop::HungUp => (exit::HUNG_UP, "hung up"),
        };
        Self::new(exit_code, "interrupted", message)
    }

    /// A filter that breaks rules, each named by its flag.
    pub(crate) fn invalid_filter(violations: &Violations) -> Self {
        let mut failure = Self::new(
            exit::USAGE,
            "invalid_request",
            "the filter is not valid; nothing was sent",
        );
        failure.details = violations
            .iter()
            .map(|violation| format!("{}: {}", flag(violation.field()), in_flags(violation.problem())))
            .collect();
        failure
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        if let ErrorKind::InvalidRequest(violations) = error.kind() {
            return Self::invalid_filter(violations);
        }
        let mut failure = Self::new(exit_code(&error), error.kind().as_str(), chain(&error));
        failure.hint = match error.kind() {
            ErrorKind::Sink {
                kind: io::ErrorKind::AlreadyExists,
                ..
            } => Some(
                "a file of the server's name is already there; use --force to replace it, or -o for another name"
                    .to_owned(),
            ),
            ErrorKind::Journal {
                problem: JournalProblem::AlreadyThere,
                ..
            } => Some("go on with that export by `session-export resume FILE`, or name another file".to_owned()),
            _ => error.advice().map(str::to_owned),
        };
        if matches!(error.kind(), ErrorKind::Auth(auth) if *auth.kind() == AuthErrorKind::PlainHttp) {
            failure.hint = Some(ALLOW_HTTP.to_owned());
        }
        failure.answer = match error.kind() {
            ErrorKind::Auth(auth) => auth.refusal().map(Answer::from).map(Box::new),
            _ => error.service().map(Answer::from).map(Box::new),
        };
        failure
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        let mut failure = Self::new(exit_code_of_auth(&error), "auth", chain(&error));
        failure.answer = error.refusal().map(Answer::from).map(Box::new);
        failure.hint = error
            .refusal()
            .and_then(|refusal| session_export::advice(refusal.code.as_deref()?))
            .map(str::to_owned);
        if *error.kind() == AuthErrorKind::PlainHttp {
            failure.hint = Some(ALLOW_HTTP.to_owned());
        }
        failure
    }
}

impl From<&ServiceFailure> for Answer {
    fn from(failure: &ServiceFailure) -> Self {
        let ServiceFailure {
            status,
            code,
            request_id,
            ..
        } = failure;
        Self {
            status: status.as_u16(),
            code: code.clone(),
            request_id: request_id.clone(),
        }
    }
}

impl From<&Refusal> for Answer {
    fn from(refusal: &Refusal) -> Self {
        let Refusal {
            status,
            code,
            request_id,
            ..
        } = refusal;
        Self {
            status: status.as_u16(),
            code: code.clone(),
            request_id: request_id.clone(),
        }
    }
}

fn exit_code(error: &Error) -> u8 {
    match error.kind() {
        ErrorKind::InvalidRequest(_) | ErrorKind::Configuration { .. } => exit::USAGE,
        ErrorKind::Auth(auth) => exit_code_of_auth(auth),
        ErrorKind::Task(TaskFailure::NotReady) | ErrorKind::Deadline { .. } => exit::NOT_READY,
        ErrorKind::Task(_) => exit::TASK,
        ErrorKind::Ambiguous { .. } => exit::AMBIGUOUS,
        ErrorKind::Journal {
            problem: JournalProblem::File { .. } | JournalProblem::Refused,
            ..
        } => exit::OTHER,
        ErrorKind::Journal { .. } => exit::USAGE,
        _ if error.is_unauthenticated() => exit::NOT_AUTHENTICATED,
        _ if error.is_forbidden() => exit::NOT_PERMITTED,
        // A 500 says that the service failed, not that it is away.
        ErrorKind::Service(failure) if failure.status.as_u16() == 500 => exit::OTHER,
        // What does not pass by itself is here too: a certificate that is not accepted.
        ErrorKind::Transport { .. } => exit::UNAVAILABLE,
        _ if error.is_transient() => exit::UNAVAILABLE,
        _ => exit::OTHER,
    }
}

fn exit_code_of_auth(error: &AuthError) -> u8 {
    match error.kind() {
        _ if error.is_transient() => exit::UNAVAILABLE,
        AuthErrorKind::Unreachable => exit::UNAVAILABLE,
        AuthErrorKind::Refused(refusal) if refusal.status.as_u16() == 403 => exit::NOT_PERMITTED,
        AuthErrorKind::PlainHttp => exit::USAGE,
        // Somebody is authenticated, or nobody can tell.
        AuthErrorKind::NoProject | AuthErrorKind::Reply => exit::OTHER,
        _ => exit::NOT_AUTHENTICATED,
    }
}

/// An error and its causes on one line.
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

/// What the library's "allow plain http explicitly" is in this program.
const ALLOW_HTTP: &str = "inside a network that encrypts on its own, --allow-http allows it";

/// The flag that sets a field of the filter, or an option of the emulator.
fn flag(field: &str) -> String {
    match field {
        "query_begin_time" => "--begin".to_owned(),
        "query_end_time" => "--end".to_owned(),
        "session_state" => "--state".to_owned(),
        other if window_ends().any(|(begin, _)| begin == other) => "--begin".to_owned(),
        other if window_ends().any(|(_, end)| end == other) => "--end".to_owned(),
        other => format!("--{}", other.replace('_', "-")),
    }
}

/// The names of the two ends of the windows of lists of connections.
fn window_ends() -> impl Iterator<Item = (&'static str, &'static str)> {
    ExportKind::ALL.iter().filter_map(|kind| {
        let begin = kind.fields().iter().find(|field| field.is_begin())?;
        let end = kind.fields().iter().find(|field| field.is_end())?;
        Some((begin.name(), end.name()))
    })
}

/// A window's problem names its other end, by its name on the wire.
fn in_flags(problem: &str) -> String {
    let problem = problem
        .replace("query_begin_time", "--begin")
        .replace("query_end_time", "--end");
    window_ends().fold(problem, |problem, (begin, end)| {
        problem.replace(begin, "--begin").replace(end, "--end")
    })
}

#[cfg(test)]
mod tests;
