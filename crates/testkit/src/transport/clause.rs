//! One promise, and how to find out whether it is kept.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use super::{Capability, Context};

/// How binding a clause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// Breaking it does damage: the suite fails.
    Must,
    /// Breaking it makes for a worse transport: the report card says so.
    Should,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
        })
    }
}

/// One promise of a transport.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Clause {
    /// A name that will not change: `never.redirect`.
    pub id: &'static str,
    /// How binding it is.
    pub level: Level,
    /// The capability it belongs to; none for a promise that everybody makes.
    pub capability: Option<Capability>,
    /// What is promised, why, and what breaks otherwise.
    pub text: &'static str,
    pub(super) check: Check,
}

/// Runs a clause.
pub(super) type Check =
    for<'a> fn(&'a Context) -> Pin<Box<dyn Future<Output = Result<(), Finding>> + Send + 'a>>;

impl Clause {
    pub(super) const fn must(id: &'static str, text: &'static str, check: Check) -> Self {
        Self {
            id,
            level: Level::Must,
            capability: None,
            text,
            check,
        }
    }

    pub(super) const fn should(id: &'static str, text: &'static str, check: Check) -> Self {
        Self {
            id,
            level: Level::Should,
            capability: None,
            text,
            check,
        }
    }

    pub(super) const fn of(self, capability: Capability) -> Self {
        Self {
            capability: Some(capability),
            ..self
        }
    }
}

impl fmt::Debug for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clause")
            .field("id", &self.id)
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}

/// How a transport breaks a clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding(String);

impl Finding {
    /// What was seen, and what should have been.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An error where there should be none, with its causes.
impl<E: StdError> From<E> for Finding {
    fn from(error: E) -> Self {
        let mut text = format!("an error that should not be: {error}");
        let mut cause = error.source();
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        Self(text)
    }
}

/// Ends the clause with a finding unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err($crate::transport::Finding::new(format!($($text)+)));
        }
    };
}

pub(crate) use ensure;
