//! The functions that make a [`Fault`].

use std::collections::BTreeMap;
use std::time::Duration;

use super::kind::{
    Cut, Fate, Kind, RetryHint, TaskIdFault, WindowUnit, garbage, json_type, minute, one, ten,
};
use super::script::{Fault, FaultOperation};

/// One function for each fault. Delays are in real time, whatever the emulator's clock says.
impl Fault {
    /// The task that the call creates has this fate.
    #[must_use]
    pub fn task(fate: Fate) -> Self {
        Self::of(Kind::Task { fate }).on(FaultOperation::ExportSessions)
    }

    /// A task is created, and the 200 says something else about its id.
    #[must_use]
    pub fn task_id(says: TaskIdFault) -> Self {
        Self::of(Kind::TaskId { says }).on(FaultOperation::ExportSessions)
    }

    /// The connection is reset (RST), here in the answer.
    #[must_use]
    pub fn reset(at: Cut) -> Self {
        Self::of(Kind::Reset { at })
    }

    /// The connection is closed (FIN), here in the answer.
    #[must_use]
    pub fn close(at: Cut) -> Self {
        Self::of(Kind::Close { at })
    }

    /// The operation is carried out, and nothing of its answer is sent for so long; at most an hour.
    #[must_use]
    pub fn delay(before_head: Duration) -> Self {
        Self::of(Kind::Delay {
            before_head_ms: millis(before_head),
            before_body_ms: 0,
        })
    }

    /// The head is sent at once, and the body after so long; at most an hour.
    #[must_use]
    pub fn delay_body(before_body: Duration) -> Self {
        Self::of(Kind::Delay {
            before_head_ms: 0,
            before_body_ms: millis(before_body),
        })
    }

    /// The body is sent in pieces of so many bytes, with a pause between two of them: 1 to 262,144 bytes, at most an
    /// hour.
    #[must_use]
    pub fn trickle(chunk_bytes: u64, pause: Duration) -> Self {
        Self::of(Kind::Trickle {
            chunk_bytes,
            every_ms: millis(pause),
        })
    }

    /// An answer with this status, from 200 to 599, and an empty body. [`with_body`](Self::with_body) and
    /// [`with_header`](Self::with_header) add to it.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::of(Kind::Status {
            status,
            body: String::new(),
            content_type: json_type(),
            headers: BTreeMap::new(),
        })
    }

    /// The body of a [`status`](Self::status), at most 256 KiB. Other faults have none, and ignore it.
    #[must_use]
    pub fn with_body(mut self, media_type: impl Into<String>, text: impl Into<String>) -> Self {
        if let Kind::Status {
            body, content_type, ..
        } = &mut self.fault
        {
            *body = text.into();
            *content_type = media_type.into();
        }
        self
    }

    /// A header of a [`status`](Self::status), such as `Location`; at most 16. Other faults have none, and ignore it.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Kind::Status { headers, .. } = &mut self.fault {
            headers.insert(name.into(), value.into());
        }
        self
    }

    /// The gateway's 429, `APIGW.0308`: more than 10 calls in one minute.
    #[must_use]
    pub fn throttled(retry_after: Option<RetryHint>) -> Self {
        Self::of(Kind::Throttled {
            retry_after,
            limit: ten(),
            window: one(),
            unit: minute(),
        })
    }

    /// The window of [`throttled`](Self::throttled) that its message names, 1 to 10,000 units. Other faults have
    /// none, and ignore it.
    #[must_use]
    pub fn with_window(mut self, length: u64, of: WindowUnit) -> Self {
        if let Kind::Throttled { window, unit, .. } = &mut self.fault {
            *window = length;
            *unit = of;
        }
        self
    }

    /// The gateway's 503, `APIGW.0613`: IAM cannot be asked, and the call was not carried out.
    #[must_use]
    pub fn unavailable(retry_after: Option<RetryHint>) -> Self {
        Self::of(Kind::Unavailable { retry_after })
    }

    /// A page of a proxy instead of the answer, with this status.
    #[must_use]
    pub fn html_page(status: u16) -> Self {
        Self::of(Kind::HtmlPage { status })
    }

    /// A 200 whose body is an error: 1 to 64 bytes of a code, up to 512 of a message.
    #[must_use]
    pub fn error_in_200(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::of(Kind::ErrorIn200 {
            code: code.into(),
            message: message.into(),
        })
    }

    /// The greeting of an SSH server instead of HTTP; then the connection is closed.
    #[must_use]
    pub fn garbage() -> Self {
        Self::of(Kind::Garbage { text: garbage() })
    }

    /// The last bytes of the body do not come, `Content-Length` or the framing says that they should, and the
    /// connection is closed: 1 to 262,144 bytes.
    #[must_use]
    pub fn truncate(missing_bytes: u64) -> Self {
        Self::of(Kind::Truncate { missing_bytes })
    }

    /// The last bytes of the body do not come, and nothing of HTTP shows it: 1 to 262,144 bytes.
    #[must_use]
    pub fn shorten(missing_bytes: u64) -> Self {
        Self::of(Kind::Shorten { missing_bytes })
    }

    /// So many bytes of the body, from 1 to 262,144, are turned into others (all bits), from an offset on.
    #[must_use]
    pub fn corrupt(at: u64, count: u64) -> Self {
        Self::of(Kind::Corrupt { at, count })
    }

    /// The right answer under another `Content-Type`.
    #[must_use]
    pub fn content_type(value: impl Into<String>) -> Self {
        Self::of(Kind::ContentType { value: value.into() })
    }

    /// Before the call is looked at, every token that was issued so far becomes invalid.
    #[must_use]
    pub fn revoke_tokens() -> Self {
        Self::of(Kind::RevokeTokens {})
    }

    /// Before the call is looked at, every temporary access key that was issued so far becomes unknown.
    #[must_use]
    pub fn revoke_keys() -> Self {
        Self::of(Kind::RevokeKeys {})
    }

    /// For this call the emulator's clock is off by so many seconds, at most ten years: the `Date` header, the age of
    /// the signature and of tokens, and the times of a task that it creates.
    #[must_use]
    pub fn clock(offset_seconds: i64) -> Self {
        Self::of(Kind::Clock { offset_seconds })
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
