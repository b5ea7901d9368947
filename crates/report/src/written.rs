//! How times are written in JSON: as everywhere else in this workspace.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::Serializer;
use session_export_model::format_timestamp;

pub(crate) fn moment<S: Serializer>(
    moment: &DateTime<FixedOffset>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format_timestamp(moment.to_utc()))
}

pub(crate) fn maybe_moment<S: Serializer>(
    moment: &Option<DateTime<FixedOffset>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match moment {
        Some(known) => self::moment(known, serializer),
        None => serializer.serialize_none(),
    }
}

pub(crate) fn day<S: Serializer>(day: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}
