//! What is measured: which call, over what.

use std::fmt;
use std::str::FromStr;

use crate::Failure;

/// What carries the calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Carrier {
    /// One HTTP/1.1 connection of hyper's, without a pool: the least that a call can cost. A floor only.
    Connection,
    /// hyper: for a floor, hyper-util's client.
    Hyper,
    /// reqwest.
    Reqwest,
}

/// One call of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// A submit with a token.
    Submit,
    /// A submit that is signed with an access key.
    SubmitSigned,
    /// A look at one task.
    Poll,
    /// A list of 100 rows.
    List,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Submit, Self::SubmitSigned, Self::Poll, Self::List];
}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Connection => "connection",
            Self::Hyper => "hyper",
            Self::Reqwest => "reqwest",
        })
    }
}

impl FromStr for Carrier {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        [Self::Connection, Self::Hyper, Self::Reqwest]
            .into_iter()
            .find(|carrier| carrier.to_string() == text)
            .ok_or_else(|| format!("{text:?} is no carrier; give connection, hyper or reqwest").into())
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Submit => "submit",
            Self::SubmitSigned => "submit-signed",
            Self::Poll => "poll",
            Self::List => "list",
        })
    }
}

impl FromStr for Operation {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        Self::ALL
            .into_iter()
            .find(|operation| operation.to_string() == text)
            .ok_or_else(|| format!("{text:?} is no call; give submit, submit-signed, poll or list").into())
    }
}
