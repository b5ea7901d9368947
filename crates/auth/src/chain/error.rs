//! Why there are no credentials.

use std::fmt;

use super::report::{Looked, Outcome, Source};

/// Why the chain gave no credential: nothing was found, or a place holds one that is not whole.
///
/// `Display` never shows a value. For [`NothingFound`](NoCredentialsKind::NothingFound) it has one line for each place
/// that was looked at and a last one that says what to set; else it is one line that names the variable, or the file
/// and the line in it.
#[derive(Clone)]
pub struct NoCredentials {
    inner: Box<Inner>,
}

#[derive(Clone)]
struct Inner {
    kind: NoCredentialsKind,
    /// Where the chain stopped, and why; `None` when it came to its end.
    stopped: Option<(Source, String)>,
    report: Vec<Looked>,
}

/// What kind of reason it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NoCredentialsKind {
    /// No place has a usable credential.
    NothingFound,
    /// A place has a part of a credential. Going on would use another identity than the one that was meant.
    Incomplete,
    /// A place has a credential that cannot be one, or a file that cannot be read.
    Malformed,
    /// A place asks for a way to log in that does not exist here.
    Unsupported,
}

/// What is wrong with a source, without its place.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) kind: NoCredentialsKind,
    pub(super) text: String,
}

impl Problem {
    pub(super) fn incomplete(text: impl Into<String>) -> Self {
        Self {
            kind: NoCredentialsKind::Incomplete,
            text: text.into(),
        }
    }

    pub(super) fn malformed(text: impl Into<String>) -> Self {
        Self {
            kind: NoCredentialsKind::Malformed,
            text: text.into(),
        }
    }

    pub(super) fn unsupported(text: impl Into<String>) -> Self {
        Self {
            kind: NoCredentialsKind::Unsupported,
            text: text.into(),
        }
    }
}

impl NoCredentials {
    pub(super) fn nothing(report: Vec<Looked>) -> Self {
        Self {
            inner: Box::new(Inner {
                kind: NoCredentialsKind::NothingFound,
                stopped: None,
                report,
            }),
        }
    }

    pub(super) fn stopped(source: Source, problem: Problem, mut report: Vec<Looked>) -> Self {
        report.push(Looked::new(
            source.clone(),
            Outcome::NotUsed(problem.text.clone()),
        ));
        Self {
            inner: Box::new(Inner {
                kind: problem.kind,
                stopped: Some((source, problem.text)),
                report,
            }),
        }
    }

    /// What kind of reason it is.
    pub fn kind(&self) -> NoCredentialsKind {
        self.inner.kind
    }

    /// Every place that was looked at, in order.
    pub fn report(&self) -> &[Looked] {
        &self.inner.report
    }
}

impl fmt::Display for NoCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((source, text)) = &self.inner.stopped {
            return write!(f, "{source}: {text}");
        }
        f.write_str("there are no credentials\n")?;
        for looked in &self.inner.report {
            writeln!(f, "  {looked}")?;
        }
        f.write_str(
            "set SESSION_EXPORT_TOKEN, or HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, or HW_USER_NAME, \
             HW_USER_PASSWORD and HW_DOMAIN_NAME",
        )
    }
}

impl fmt::Debug for NoCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoCredentials")
            .field("kind", &self.inner.kind)
            .field("report", &self.inner.report)
            .finish()
    }
}

impl std::error::Error for NoCredentials {}
