//! What can go wrong, with its bounds.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

/// The longest delay: one hour.
const DELAY_LIMIT: u64 = 3_600_000;

/// The longest body of an answer, of what is held back, and of a piece, in bytes.
const BODY_LIMIT: u64 = 256 * 1024;

/// Ten years in seconds.
const OFFSET_LIMIT: u64 = 315_360_000;

/// What a server of another protocol would say.
const GARBAGE: &str = "SSH-2.0-OpenSSH_9.6\r\n";

/// Where an answer is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cut {
    /// Nothing of the answer is sent.
    BeforeHead,
    /// The first 24 bytes are sent: the status, and a part of the first header.
    InHead,
    /// The head is sent whole, and nothing of the body.
    AfterHead,
    /// The head and so many bytes of the body are sent, at most all but the last one.
    InBody(u64),
}

/// What becomes of a task, whatever the emulator's options say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fate {
    /// `FAIL` after the export delay.
    Fails,
    /// `EXPIRED` after the export delay, without a moment in which the file could be downloaded.
    Expires,
    /// `CREATING` for ever.
    Hangs,
    /// `CREATING` for the export delay, then in no list, and unknown to the download.
    Vanishes,
    /// In no list from the beginning, and unknown to the download.
    Invisible,
    /// After the export delay lists give it the status `ARCHIVED`, which no client knows. It can be downloaded.
    UnknownStatus,
}

/// What a 200 of the export says instead of the task's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TaskIdFault {
    /// `{}`
    Missing,
    /// `{"task_id":""}`
    Empty,
    /// `{"task_id":12345}`
    Number,
    /// `{"task_id":null}`
    Null,
    /// An id of the right form that no task has.
    Wrong,
}

/// When a client may come again, as `Retry-After` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RetryHint {
    /// A number of seconds.
    Seconds(u64),
    /// A date so many seconds after the emulator's clock.
    Date(u64),
}

/// The unit of a throttling window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WindowUnit {
    /// Seconds.
    Second,
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days.
    Day,
}

impl WindowUnit {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Kind {
    Delay {
        #[serde(default)]
        before_head_ms: u64,
        #[serde(default)]
        before_body_ms: u64,
    },
    Trickle {
        #[serde(default = "one")]
        chunk_bytes: u64,
        every_ms: u64,
    },
    Status {
        status: u16,
        #[serde(default)]
        body: String,
        #[serde(default = "json_type")]
        content_type: String,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
    },
    Throttled {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<RetryHint>,
        #[serde(default = "ten")]
        limit: u64,
        #[serde(default = "one")]
        window: u64,
        #[serde(default = "minute")]
        unit: WindowUnit,
    },
    Unavailable {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<RetryHint>,
    },
    HtmlPage {
        status: u16,
    },
    #[serde(rename = "error_in_200")]
    ErrorIn200 {
        code: String,
        #[serde(default)]
        message: String,
    },
    Reset {
        at: Cut,
    },
    Close {
        at: Cut,
    },
    Garbage {
        #[serde(default = "garbage")]
        text: String,
    },
    Truncate {
        #[serde(default = "one")]
        missing_bytes: u64,
    },
    Shorten {
        #[serde(default = "one")]
        missing_bytes: u64,
    },
    Corrupt {
        #[serde(default)]
        at: u64,
        #[serde(default = "one")]
        count: u64,
    },
    ContentType {
        value: String,
    },
    TaskId {
        says: TaskIdFault,
    },
    Task {
        fate: Fate,
    },
    RevokeTokens {},
    RevokeKeys {},
    Clock {
        offset_seconds: i64,
    },
}

pub(super) fn one() -> u64 {
    1
}

pub(super) fn ten() -> u64 {
    10
}

pub(super) fn minute() -> WindowUnit {
    WindowUnit::Minute
}

pub(super) fn json_type() -> String {
    "application/json".to_owned()
}

pub(super) fn garbage() -> String {
    GARBAGE.to_owned()
}

impl Kind {
    /// The name in scripts and in the journal.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Delay { .. } => "delay",
            Self::Trickle { .. } => "trickle",
            Self::Status { .. } => "status",
            Self::Throttled { .. } => "throttled",
            Self::Unavailable { .. } => "unavailable",
            Self::HtmlPage { .. } => "html_page",
            Self::ErrorIn200 { .. } => "error_in_200",
            Self::Reset { .. } => "reset",
            Self::Close { .. } => "close",
            Self::Garbage { .. } => "garbage",
            Self::Truncate { .. } => "truncate",
            Self::Shorten { .. } => "shorten",
            Self::Corrupt { .. } => "corrupt",
            Self::ContentType { .. } => "content_type",
            Self::TaskId { .. } => "task_id",
            Self::Task { .. } => "task",
            Self::RevokeTokens {} => "revoke_tokens",
            Self::RevokeKeys {} => "revoke_keys",
            Self::Clock { .. } => "clock",
        }
    }

    /// Whether another answer is put in the place of the operation's own.
    pub(super) fn replaces_answer(&self) -> bool {
        matches!(
            self,
            Self::Status { .. }
                | Self::Throttled { .. }
                | Self::Unavailable { .. }
                | Self::HtmlPage { .. }
                | Self::ErrorIn200 { .. }
        )
    }

    /// Whether there has to be an answer of the operation that the fault can change.
    pub(super) fn needs_answer(&self) -> bool {
        match self {
            Self::Reset { at } | Self::Close { at } => matches!(at, Cut::AfterHead | Cut::InBody(_)),
            Self::Garbage { .. } => false,
            kind => !kind.replaces_answer(),
        }
    }

    /// The first field outside its bounds, and the rule.
    pub(super) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        const DELAY: &str = "must be at most 3,600,000 (one hour)";
        const BYTES: &str = "must be from 1 to 262,144";
        const STATUS: &str = "must be from 200 to 599";
        const MEDIA_TYPE: &str = "must be 1 to 256 visible ASCII characters or blanks";
        let bytes = |count: u64| (1..=BODY_LIMIT).contains(&count);
        let media_type = |text: &str| (1..=256).contains(&text.len()) && HeaderValue::from_str(text).is_ok();
        let wait = |after: &Option<RetryHint>| match after {
            Some(RetryHint::Seconds(seconds) | RetryHint::Date(seconds)) => *seconds <= OFFSET_LIMIT,
            None => true,
        };
        let rules: Vec<(&'static str, bool, &'static str)> = match self {
            Self::Delay {
                before_head_ms,
                before_body_ms,
            } => vec![
                ("before_head_ms", *before_head_ms <= DELAY_LIMIT, DELAY),
                ("before_body_ms", *before_body_ms <= DELAY_LIMIT, DELAY),
            ],
            Self::Trickle {
                chunk_bytes,
                every_ms,
            } => vec![
                ("chunk_bytes", bytes(*chunk_bytes), BYTES),
                ("every_ms", *every_ms <= DELAY_LIMIT, DELAY),
            ],
            Self::Status {
                status,
                body,
                content_type,
                headers,
            } => vec![
                ("status", is_status(*status), STATUS),
                (
                    "body",
                    body.len() as u64 <= BODY_LIMIT,
                    "must have at most 262,144 bytes",
                ),
                ("content_type", media_type(content_type), MEDIA_TYPE),
                ("headers", headers_fit(headers), HEADERS),
            ],
            Self::Throttled {
                retry_after, window, ..
            } => vec![
                (
                    "retry_after",
                    wait(retry_after),
                    "must be at most 315,360,000 seconds",
                ),
                (
                    "window",
                    (1..=10_000).contains(window),
                    "must be from 1 to 10,000",
                ),
            ],
            Self::Unavailable { retry_after } => {
                vec![(
                    "retry_after",
                    wait(retry_after),
                    "must be at most 315,360,000 seconds",
                )]
            }
            Self::HtmlPage { status } => vec![("status", is_status(*status), STATUS)],
            Self::ErrorIn200 { code, message } => vec![
                ("code", (1..=64).contains(&code.len()), "must have 1 to 64 bytes"),
                ("message", message.len() <= 512, "must have at most 512 bytes"),
            ],
            Self::Garbage { text } => {
                vec![("text", bytes(text.len() as u64), "must have 1 to 262,144 bytes")]
            }
            Self::Truncate { missing_bytes } | Self::Shorten { missing_bytes } => {
                vec![("missing_bytes", bytes(*missing_bytes), BYTES)]
            }
            Self::Corrupt { count, .. } => vec![("count", bytes(*count), BYTES)],
            Self::ContentType { value } => vec![("value", media_type(value), MEDIA_TYPE)],
            Self::Clock { offset_seconds } => vec![(
                "offset_seconds",
                offset_seconds.unsigned_abs() <= OFFSET_LIMIT,
                "must be from -315,360,000 to 315,360,000",
            )],
            Self::Reset { .. }
            | Self::Close { .. }
            | Self::TaskId { .. }
            | Self::Task { .. }
            | Self::RevokeTokens {}
            | Self::RevokeKeys {} => Vec::new(),
        };
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((field, _, rule)) => Err((field, rule)),
            None => Ok(()),
        }
    }
}

const HEADERS: &str = "must be at most 16 headers of at most 8,192 bytes, without content-length, transfer-encoding and connection";

/// An interim answer (1xx) would make the client wait for the real one.
fn is_status(status: u16) -> bool {
    (200..=599).contains(&status) && StatusCode::from_u16(status).is_ok()
}

/// The framing stays the HTTP library's.
fn headers_fit(headers: &BTreeMap<String, String>) -> bool {
    headers.len() <= 16
        && headers.iter().all(|(name, value)| {
            let framing = ["content-length", "transfer-encoding", "connection"];
            HeaderName::try_from(name).is_ok_and(|name| !framing.contains(&name.as_str()))
                && value.len() <= 8_192
                && HeaderValue::from_str(value).is_ok()
        })
}
