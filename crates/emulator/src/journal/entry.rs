//! One call in the journal.

use chrono::{DateTime, Utc};
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method};
use serde_json::{Value, json};

use crate::app::App;
use crate::time;

/// How the answer to a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// It was handed to the connection as a whole.
    Answered,
    /// A fault reset the connection.
    Reset,
    /// A fault closed the connection.
    Closed,
    /// The client went away before it was answered.
    Abandoned,
}

impl Ending {
    /// The name in the journal's JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Reset => "reset",
            Self::Closed => "closed",
            Self::Abandoned => "abandoned",
        }
    }
}

/// With what a call proved who makes it: only what it claims, whether it was accepted or not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// A token, with the name of its user; `None` for one that was not issued here, or was revoked.
    Token(Option<String>),
    /// A signature, with the id of its access key; `None` for one that the emulator does not know, since a client
    /// that mixes things up could have sent the secret in its place.
    AccessKey(Option<String>),
}

impl Credential {
    pub(crate) fn of(app: &App, headers: &HeaderMap) -> Option<Self> {
        if let Some(value) = headers.get(AUTHORIZATION) {
            let access = value.to_str().ok().and_then(|value| value.split_once("Access="));
            let access = access.map(|(_, rest)| rest.split([',', ' ']).next().unwrap_or_default());
            let known = access.filter(|access| app.keys.knows(access));
            return Some(Self::AccessKey(known.map(str::to_owned)));
        }
        let token = headers.get("x-auth-token")?.to_str().unwrap_or_default();
        // Nothing has expired at the beginning of time.
        let grant = app.tokens.find(token, DateTime::<Utc>::MIN_UTC).ok();
        Some(Self::Token(grant.map(|grant| grant.identity.user.name.clone())))
    }

    fn json(&self) -> Value {
        match self {
            Self::Token(id) => json!({ "kind": "token", "id": id }),
            Self::AccessKey(id) => json!({ "kind": "access_key", "id": id }),
        }
    }
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    pub(super) sequence: u64,
    pub(super) arrival: Arrival,
    pub(super) request_bytes: u64,
    pub(super) task_ids: Vec<String>,
    pub(super) status: Option<u16>,
    pub(super) request_id: Option<String>,
    pub(super) ending: Option<Ending>,
}

/// What is known of a call when it arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) at: DateTime<Utc>,
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) project: String,
    pub(crate) credential: Option<Credential>,
    pub(crate) fault: Option<String>,
    pub(crate) task: Option<String>,
}

impl JournalEntry {
    /// The number of the call, from 1 in the order of arrival.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// When it arrived, on the emulator's clock.
    #[must_use]
    pub fn at(&self) -> DateTime<Utc> {
        self.arrival.at
    }

    /// The operation by the name that fault scripts use, or `unknown`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.arrival.operation
    }

    /// The request's method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.arrival.method
    }

    /// The path and the query, as they were sent; cut after 8,192 characters.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.arrival.target
    }

    /// The project id of the path, or an empty text. Whether there is such a project does not matter.
    #[must_use]
    pub fn project_id(&self) -> &str {
        &self.arrival.project
    }

    /// With what the call said who makes it.
    #[must_use]
    pub fn credential(&self) -> Option<&Credential> {
        self.arrival.credential.as_ref()
    }

    /// How many bytes of the request's body were read.
    #[must_use]
    pub fn request_bytes(&self) -> u64 {
        self.request_bytes
    }

    /// The fault that happened: its kind, and the name or the place of its entry in the script.
    #[must_use]
    pub fn fault(&self) -> Option<&str> {
        self.arrival.fault.as_deref()
    }

    /// The task that was created, whatever the client was told; or those that were asked for, at most 20.
    #[must_use]
    pub fn task_ids(&self) -> &[String] {
        &self.task_ids
    }

    /// The status of the answer, unless its head was not sent whole.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// The answer's `X-Request-Id`.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// How the answer ended; `None` while it is being made or sent.
    #[must_use]
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "sequence": self.sequence,
            "at": time::millis(self.arrival.at),
            "operation": self.arrival.operation,
            "method": self.arrival.method.as_str(),
            "target": self.arrival.target,
            "project_id": self.arrival.project,
            "credential": self.arrival.credential.as_ref().map(Credential::json),
            "request_bytes": self.request_bytes,
            "fault": self.arrival.fault,
            "task_ids": self.task_ids,
            "status": self.status,
            "request_id": self.request_id,
            "ending": self.ending.map(Ending::name),
        })
    }
}
