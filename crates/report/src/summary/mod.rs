//! From sessions to figures.

mod concurrency;
mod durations;
mod outcome;
mod tally;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, FixedOffset, NaiveDate, TimeZone, Utc};
use session_export_model::{ServiceTime, SessionInfo, SessionState};

use crate::figures::{Day, Odd, Outcome, Report, WithoutEnd};
use crate::zone::{Zone, offset_name};
use concurrency::Presence;
use outcome::Creation;
use tally::{Tally, TimeTally};

/// How to summarise.
#[derive(Clone, Debug)]
#[must_use]
pub struct SummaryOptions {
    zone: Zone,
    top: usize,
    known_until: Option<DateTime<Utc>>,
}

impl Default for SummaryOptions {
    fn default() -> Self {
        Self {
            zone: Zone::default(),
            top: 10,
            known_until: None,
        }
    }
}

impl SummaryOptions {
    /// Days in UTC, the ten most frequent of everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// The zone that days are of. Where clocks are changed, a day has 23 or 25 hours; nothing is counted twice or lost.
    pub fn time_zone<Z>(mut self, zone: Z) -> Self
    where
        Z: TimeZone + Send + Sync + 'static,
    {
        self.zone = Zone::of(zone);
        self
    }

    /// How many names a list has at most; 10 by default.
    pub fn top(mut self, top: usize) -> Self {
        self.top = top;
        self
    }

    /// Up to when it is known what happened, such as the end of the window that was asked for. Open sessions count until
    /// then, or until the latest time that any session has, whichever is later.
    pub fn known_until(mut self, moment: DateTime<Utc>) -> Self {
        self.known_until = Some(moment);
        self
    }
}

/// Takes sessions one by one, and makes figures of them.
///
/// Memory: 24 bytes for each session, up to twice that when a list has just grown, and for each user, server, day and so on
/// that is different from the others an entry of a table, some 100 bytes and the name. The program needs 44 MiB in all for
/// a million sessions of the emulator.
///
/// ```
/// use session_export_model::SessionInfo;
/// use session_export_report::{Summary, SummaryOptions};
///
/// let rows = r#"[{"login_user":"张三","start_time":"2024-02-27T08:00:00Z","end_time":"2024-02-27T09:30:00Z"},
///                {"login_user":"张三","start_time":"2024-02-27T09:00:00Z"}]"#;
/// let mut summary = Summary::new(SummaryOptions::new());
/// for session in serde_json::from_str::<Vec<SessionInfo>>(rows).unwrap() {
///     summary.add(&session);
/// }
/// let report = summary.finish();
/// assert_eq!((report.sessions, report.users.distinct, report.concurrency.peak), (2, 1, 2));
/// assert_eq!(report.durations.median_ms, Some(5_400_000.0));
/// ```
#[derive(Debug, Default)]
#[must_use]
pub struct Summary {
    options: SummaryOptions,
    sessions: u64,
    starts: Option<(i64, i64)>,
    /// All that the zone had at a start, in seconds east: a zone has few in all its history.
    offsets: BTreeSet<i32>,
    latest: Option<i64>,
    days: BTreeMap<NaiveDate, (u64, u64)>,
    outcome: Outcome,
    failures: Tally<(Box<str>, Box<str>)>,
    states: Tally<Box<str>>,
    session_types: Tally<Box<str>>,
    client_types: Tally<Box<str>>,
    client_versions: Tally<Box<str>>,
    users: TimeTally,
    servers: TimeTally,
    presence: Presence,
    durations: Vec<u64>,
    without_end: WithoutEnd,
    odd: Odd,
}

/// How long a session was there, in milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
enum Stay {
    /// Nobody knows.
    Unknown,
    /// From then to then, which is no earlier.
    Closed(i64, i64),
    /// From then on.
    Open(i64),
}

impl Summary {
    /// Without any session.
    pub fn new(options: SummaryOptions) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// How many sessions were added.
    pub fn sessions(&self) -> u64 {
        self.sessions
    }

    /// Adds a session. What is missing or odd in it is counted as such.
    pub fn add(&mut self, session: &SessionInfo) {
        self.sessions += 1;
        let creation = Creation::of(session);
        self.count_outcome(creation);
        let start = self.moment(session.start_time.as_ref());
        let end = self.moment(session.end_time.as_ref());
        let updated = session
            .last_update_status_time
            .as_ref()
            .and_then(ServiceTime::instant);
        for moment in [start, end, updated].into_iter().flatten() {
            let millis = moment.timestamp_millis();
            self.latest = Some(self.latest.map_or(millis, |latest| latest.max(millis)));
        }
        if let Some(start) = start {
            let millis = start.timestamp_millis();
            let (first, last) = self.starts.unwrap_or((millis, millis));
            self.starts = Some((first.min(millis), last.max(millis)));
            let local = self.options.zone.local(start);
            self.offsets.insert(local.offset().local_minus_utc());
            let day = self.days.entry(local.date_naive()).or_default();
            day.0 += 1;
            day.1 += u64::from(matches!(creation, Creation::Failed { .. }));
        } else {
            self.odd.without_start += 1;
        }
        let millis = |moment: Option<DateTime<Utc>>| moment.map(|moment| moment.timestamp_millis());
        let state = session.session_state.as_ref();
        let stay = self.stay(millis(start), millis(end), millis(updated), state);
        match stay {
            Stay::Closed(start, end) => self.presence.closed(start, end),
            Stay::Open(start) => self.presence.open(start),
            Stay::Unknown => {}
        }
        self.states.add(state.map(SessionState::as_str));
        self.session_types
            .add(session.session_type.as_ref().map(|kind| kind.as_str()));
        self.client_types.add(session.client_type.as_deref());
        self.client_versions.add(session.client_version.as_deref());
        self.users.add(session.login_user.as_deref(), stay);
        let named = session.machine_name.as_deref().filter(|name| !name.is_empty());
        self.servers.add(named.or(session.vm_ip.as_deref()), stay);
    }

    /// Counts a row that could not be read, so that the report says that it is missing.
    pub fn add_unreadable(&mut self) {
        self.odd.unreadable_rows += 1;
    }

    /// A time that a session has, unless it is none.
    fn moment(&mut self, time: Option<&ServiceTime>) -> Option<DateTime<Utc>> {
        let time = time?;
        let moment = time.instant();
        // An empty text, and the service's sign for never, say that there is no time.
        if moment.is_none() && !time.as_str().is_empty() && !time.as_str().starts_with("0001-01-01") {
            self.odd.unreadable_times += 1;
        }
        moment
    }

    fn count_outcome(&mut self, creation: Creation<'_>) {
        match creation {
            Creation::Succeeded => self.outcome.succeeded += 1,
            Creation::Unknown => self.outcome.unknown += 1,
            Creation::Failed { code, reason } => {
                self.outcome.failed += 1;
                self.failures.add_key((code.into(), reason.into()));
            }
        }
    }

    fn stay(
        &mut self,
        start: Option<i64>,
        end: Option<i64>,
        updated: Option<i64>,
        state: Option<&SessionState>,
    ) -> Stay {
        let Some(start) = start else {
            return Stay::Unknown;
        };
        if let Some(end) = end {
            let Ok(lasted) = u64::try_from(end - start) else {
                self.odd.end_before_start += 1;
                return Stay::Unknown;
            };
            self.durations.push(lasted);
            return Stay::Closed(start, end);
        }
        if !matches!(state, Some(SessionState::SignedOut | SessionState::InitFail)) {
            self.without_end.open += 1;
            return Stay::Open(start);
        }
        // It is over, and its last change of state is the nearest to an end that there is.
        self.without_end.over += 1;
        match updated {
            Some(updated) if updated >= start => Stay::Closed(start, updated),
            _ => Stay::Unknown,
        }
    }

    /// The figures. Sorts what was kept.
    #[must_use]
    pub fn finish(self) -> Report {
        let SummaryOptions {
            zone,
            top,
            known_until,
        } = self.options;
        let until = self
            .latest
            .max(known_until.map(|moment| moment.timestamp_millis()));
        let horizon = until.unwrap_or_default();
        let (first, last) = self.starts.unzip();
        let local = |millis: Option<i64>| millis.and_then(|millis| zone.of_millis(millis));
        let (first_start, last_start) = (local(first), local(last));
        Report {
            sessions: self.sessions,
            time_zone: zone_name(&zone, &self.offsets),
            first_start,
            last_start,
            known_until: local(until),
            outcome: self.outcome,
            failures: self.failures.into_failures(top),
            days: self
                .days
                .into_iter()
                .map(|(day, (sessions, failed))| Day {
                    day,
                    sessions,
                    failed,
                })
                .collect(),
            states: self.states.into_counts(top),
            session_types: self.session_types.into_counts(top),
            users: self.users.into_usage(top, horizon),
            servers: self.servers.into_usage(top, horizon),
            client_types: self.client_types.into_counts(top),
            client_versions: self.client_versions.into_counts(top),
            concurrency: self.presence.into_concurrency(horizon, &zone),
            durations: durations::of(self.durations),
            without_end: self.without_end,
            odd: self.odd,
        }
    }
}

fn zone_name(zone: &Zone, offsets: &BTreeSet<i32>) -> String {
    if offsets.is_empty() {
        return offset_name(zone.offset(DateTime::UNIX_EPOCH));
    }
    let offsets = offsets.iter().copied().filter_map(FixedOffset::east_opt);
    offsets.map(offset_name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
