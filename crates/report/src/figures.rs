//! What was found out.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::Serialize;

use crate::written;

/// The figures over a list of sessions.
///
/// It serialises to the document that `session-export summary --json` prints: moments in UTC (here, in Rust, they are in the
/// zone that was asked for), spans in milliseconds.
/// Lists of names hold the first few ([`SummaryOptions::top`](crate::SummaryOptions::top)), the most frequent first and
/// equal ones by name, so that the same sessions give the same report in whatever order they came.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// How many sessions there are.
    pub sessions: u64,
    /// The zone that days are of: `UTC`, `UTC+08:00`, or several of these where clocks were changed between the starts, from
    /// west to east: `UTC+01:00, UTC+02:00`.
    pub time_zone: String,
    /// The earliest start.
    #[serde(serialize_with = "written::maybe_moment")]
    pub first_start: Option<DateTime<FixedOffset>>,
    /// The latest start.
    #[serde(serialize_with = "written::maybe_moment")]
    pub last_start: Option<DateTime<FixedOffset>>,
    /// Up to when open sessions count: the latest moment that is known.
    #[serde(serialize_with = "written::maybe_moment")]
    pub known_until: Option<DateTime<FixedOffset>>,
    /// How many sessions could be created.
    pub outcome: Outcome,
    /// Why those failed that did.
    pub failures: Failures,
    /// The days on which sessions started, in order. A day without any is left out.
    pub days: Vec<Day>,
    /// Sessions by state.
    pub states: Counts,
    /// Sessions by type, as the service writes it: `1` is a shared desktop, `2` an application.
    pub session_types: Counts,
    /// Who used it.
    pub users: Usage,
    /// What was used: servers by their name, or their address where they have none.
    pub servers: Usage,
    /// Sessions by kind of client.
    pub client_types: Counts,
    /// Sessions by version of the client.
    pub client_versions: Counts,
    /// How many sessions there were at once.
    pub concurrency: Concurrency,
    /// How long sessions lasted that have a start and an end.
    pub durations: Durations,
    /// Sessions without an end.
    pub without_end: WithoutEnd,
    /// What does not fit together.
    pub odd: Odd,
}

/// Whether sessions could be created.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Outcome {
    /// Those that could.
    pub succeeded: u64,
    /// Those that could not.
    pub failed: u64,
    /// Those that do not say.
    pub unknown: u64,
}

/// Why sessions failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Failures {
    /// How many different reasons there are.
    pub distinct: usize,
    /// The most frequent ones.
    pub top: Vec<Failure>,
    /// Sessions that failed for one of the other reasons.
    pub others: u64,
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Failure {
    /// The service's code.
    pub code: Option<String>,
    /// The service's text.
    pub reason: Option<String>,
    /// How many sessions failed for it.
    pub sessions: u64,
}

/// Sessions that started on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Day {
    /// The day, in the report's zone.
    #[serde(serialize_with = "written::day")]
    pub day: NaiveDate,
    /// How many started.
    pub sessions: u64,
    /// How many of these failed.
    pub failed: u64,
}

/// How often each name occurs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// How many different names there are.
    pub distinct: usize,
    /// Sessions without one.
    pub missing: u64,
    /// The most frequent ones.
    pub top: Vec<Count>,
    /// Sessions with one of the other names.
    pub others: u64,
}

/// How often one name occurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Count {
    /// The name.
    pub name: String,
    /// In how many sessions.
    pub sessions: u64,
}

/// Who, or what, has most of the sessions and most of the time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Usage {
    /// How many different names there are.
    pub distinct: usize,
    /// Sessions without one.
    pub missing: u64,
    /// Those with most sessions.
    pub by_sessions: Vec<Share>,
    /// Those with most time.
    pub by_time: Vec<Share>,
}

/// What one user, or one server, has of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Share {
    /// The name.
    pub name: String,
    /// How many sessions.
    pub sessions: u64,
    /// How long these lasted together, open ones up to [`Report::known_until`].
    pub time_ms: u64,
}

/// How many sessions there were at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Concurrency {
    /// The most.
    pub peak: u64,
    /// When that was reached first.
    #[serde(serialize_with = "written::maybe_moment")]
    pub at: Option<DateTime<FixedOffset>>,
    /// How long each of the steps is.
    pub step_ms: u64,
    /// The course of it, in 250 steps at most.
    pub steps: Vec<Step>,
}

/// A part of the course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// When it begins.
    #[serde(serialize_with = "written::moment")]
    pub from: DateTime<FixedOffset>,
    /// The most sessions at once within it.
    pub most: u64,
}

/// How long sessions lasted.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Durations {
    /// How many sessions have a start, and an end that is not before it.
    pub sessions: u64,
    /// Half of them lasted no longer: the quantile at 0.5, interpolated between the two nearest (`quantile_cont` of SQL).
    pub median_ms: Option<f64>,
    /// The quantile at 0.95, in the same way.
    pub p95_ms: Option<f64>,
    /// The longest.
    pub longest_ms: Option<u64>,
    /// How many lasted how long.
    pub histogram: Vec<Bin>,
}

/// Sessions of about the same length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Bin {
    /// They lasted so long or longer,
    pub from_ms: u64,
    /// and not so long; the last bin has no bound.
    pub to_ms: Option<u64>,
    /// How many they are.
    pub sessions: u64,
}

/// Sessions with a start and without an end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WithoutEnd {
    /// Those that go on, as far as is known.
    pub open: u64,
    /// Those whose state (`SignedOut`, `InitFail`) says that they are over.
    pub over: u64,
}

/// What does not fit together. Sessions with odd times count everywhere else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Odd {
    /// No start, or one that cannot be read: such a session is of no day and has no length.
    pub without_start: u64,
    /// An end before the start: such a session has no length.
    pub end_before_start: u64,
    /// Starts and ends that are there and cannot be read.
    pub unreadable_times: u64,
    /// Rows of a file that could not be read. They count nowhere else.
    pub unreadable_rows: u64,
}

impl Report {
    /// The share of sessions that failed among those that say whether they did, from 0 to 1. None without any.
    pub fn failure_rate(&self) -> Option<f64> {
        let told = self.outcome.succeeded + self.outcome.failed;
        (told > 0).then(|| self.outcome.failed as f64 / told as f64)
    }
}
