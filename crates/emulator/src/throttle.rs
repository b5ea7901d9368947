//! The rate limit of the gateway: so many requests of a user in each minute of the clock.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use http::header::RETRY_AFTER;
use http::{Method, StatusCode};

use crate::choices::{Choices, RateLimit, RetryAfter};
use crate::reply::Refusal;
use crate::time;

/// Requests of a user in a minute, as the API reference's table has them for most operations.
const READS: u32 = 200;
const WRITES: u32 = 100;

const MINUTE: i64 = 60;

/// The requests of the current minute, by user and whether they read.
#[derive(Default)]
pub(crate) struct Throttle(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    minute: i64,
    of: HashMap<(String, bool), u32>,
}

impl Throttle {
    /// Counts a request, and refuses it above the limit. Refused requests count like others.
    pub(crate) fn admit(
        &self,
        choices: &Choices,
        user_id: &str,
        method: &Method,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        if choices.rate_limit == RateLimit::None {
            return Ok(());
        }
        let reads = *method == Method::GET;
        let limit = if reads { READS } else { WRITES };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = now.timestamp().div_euclid(MINUTE);
        if counts.minute != minute {
            *counts = Counts {
                minute,
                of: HashMap::new(),
            };
        }
        let count = counts.of.entry((user_id.to_owned(), reads)).or_default();
        *count = count.saturating_add(1);
        if *count <= limit {
            return Ok(());
        }
        let message = format!(
            "The throttling threshold has been reached: policy user over ratelimit,limit:{limit},time:1 minute"
        );
        let refusal = Refusal::gateway(StatusCode::TOO_MANY_REQUESTS, "APIGW.0308", message);
        let seconds = MINUTE - now.timestamp().rem_euclid(MINUTE);
        Err(match choices.retry_after {
            RetryAfter::Absent => refusal,
            RetryAfter::Seconds => refusal.with_header(RETRY_AFTER, seconds.to_string()),
            RetryAfter::Date => {
                let end = time::from_millis((minute + 1) * MINUTE * 1_000);
                refusal.with_header(RETRY_AFTER, time::http_date(end))
            }
        })
    }
}
