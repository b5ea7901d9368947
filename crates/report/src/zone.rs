//! Which day it was.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Offset, TimeZone, Utc};

type OffsetAt = dyn Fn(DateTime<Utc>) -> FixedOffset + Send + Sync;

/// What clocks show at a moment. Only this direction is needed, and it has one answer also where clocks are set back.
#[derive(Clone)]
pub(crate) struct Zone(Arc<OffsetAt>);

impl Zone {
    pub(crate) fn of<Z>(zone: Z) -> Self
    where
        Z: TimeZone + Send + Sync + 'static,
    {
        Self(Arc::new(move |at| {
            zone.offset_from_utc_datetime(&at.naive_utc()).fix()
        }))
    }

    pub(crate) fn offset(&self, at: DateTime<Utc>) -> FixedOffset {
        (self.0)(at)
    }

    pub(crate) fn local(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        at.with_timezone(&self.offset(at))
    }

    /// A moment of so many milliseconds since 1970, unless it is outside of all calendars.
    pub(crate) fn of_millis(&self, millis: i64) -> Option<DateTime<FixedOffset>> {
        DateTime::from_timestamp_millis(millis).map(|at| self.local(at))
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::of(Utc)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Zone")
    }
}

/// `UTC`, or `UTC+08:00`.
pub(crate) fn offset_name(offset: FixedOffset) -> String {
    if offset.local_minus_utc() == 0 {
        "UTC".to_owned()
    } else {
        format!("UTC{offset}")
    }
}
