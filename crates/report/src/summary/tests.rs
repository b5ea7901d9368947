use std::collections::BTreeMap;

use chrono::{FixedOffset, TimeDelta};
use proptest::prelude::*;
use session_export_model::format_timestamp;

use super::*;
use crate::Share;

mod zones;

/// What a test says about a session; times are seconds after [`BASE`].
#[derive(Clone, Debug, Default)]
struct Given {
    user: Option<&'static str>,
    start: Option<i64>,
    end: Option<i64>,
    updated: Option<i64>,
    state: Option<&'static str>,
    code: Option<&'static str>,
}

/// 2024-02-27T00:00:00Z
const BASE: i64 = 1_708_992_000;

fn written(seconds: i64) -> ServiceTime {
    let moment = DateTime::from_timestamp(BASE + seconds, 0).unwrap();
    ServiceTime::from(format_timestamp(moment).as_str())
}

impl Given {
    fn session(&self) -> SessionInfo {
        let mut session = SessionInfo::default();
        session.login_user = self.user.map(str::to_owned);
        session.start_time = self.start.map(written);
        session.end_time = self.end.map(written);
        session.last_update_status_time = self.updated.map(written);
        session.session_state = self.state.map(SessionState::from);
        session.failed_code = self.code.map(str::to_owned);
        session
    }

    fn is_over(&self) -> bool {
        matches!(self.state, Some("SignedOut" | "InitFail"))
    }

    /// From when to when it was there, in seconds.
    fn stay(&self, horizon: i64) -> Option<(i64, i64)> {
        let start = self.start?;
        let end = match self.end {
            Some(end) => end,
            None if self.is_over() => self.updated?,
            None => horizon,
        };
        (end >= start).then_some((start, end))
    }
}

fn report(given: &[Given], options: SummaryOptions) -> Report {
    let mut summary = Summary::new(options);
    for given in given {
        summary.add(&given.session());
    }
    summary.finish()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

const HOUR: i64 = 3_600;

#[test]
fn nothing_is_nothing() {
    let report = report(&[], SummaryOptions::new());
    assert_eq!(
        (report.sessions, report.concurrency.peak, report.first_start),
        (0, 0, None)
    );
    assert_eq!((report.time_zone.as_str(), report.failure_rate()), ("UTC", None));
    assert!(report.concurrency.steps.is_empty() && report.days.is_empty());
}

#[test]
fn a_day_is_of_the_zone() {
    let given = [Given {
        start: Some(20 * HOUR),
        ..Given::default()
    }];
    let china = FixedOffset::east_opt(8 * 3_600).unwrap();
    let here = report(&given, SummaryOptions::new().time_zone(china));
    assert_eq!(
        (here.days[0].day, here.time_zone.as_str()),
        (day("2024-02-28"), "UTC+08:00")
    );
    let utc = report(&given, SummaryOptions::new());
    assert_eq!(utc.days[0].day, day("2024-02-27"));
    assert_eq!(here.first_start, utc.first_start);
}

#[test]
fn open_sessions_count_until_what_is_known() {
    let given = [
        Given {
            user: Some("a"),
            start: Some(0),
            ..Given::default()
        },
        Given {
            user: Some("b"),
            start: Some(0),
            end: Some(HOUR),
            updated: Some(2 * HOUR),
            ..Given::default()
        },
    ];
    let share = |report: &Report| {
        (
            report.users.by_time[0].name.clone(),
            report.users.by_time[0].time_ms,
        )
    };
    assert_eq!(
        share(&report(&given, SummaryOptions::new())),
        ("a".to_owned(), 7_200_000)
    );
    let later = SummaryOptions::new().known_until(DateTime::from_timestamp(BASE + 5 * HOUR, 0).unwrap());
    assert_eq!(share(&report(&given, later)), ("a".to_owned(), 18_000_000));
    // What the rows know wins over an earlier end.
    let earlier = SummaryOptions::new().known_until(DateTime::UNIX_EPOCH);
    assert_eq!(share(&report(&given, earlier)), ("a".to_owned(), 7_200_000));
}

#[test]
fn one_that_begins_when_another_ends_is_alone() {
    let stay = |start, end| Given {
        start: Some(start),
        end: Some(end),
        ..Given::default()
    };
    let report = report(
        &[stay(0, 60), stay(60, 120), stay(90, 90), stay(60, 61)],
        SummaryOptions::new(),
    );
    assert_eq!(report.concurrency.peak, 2);
    assert_eq!(report.concurrency.at.unwrap().timestamp(), BASE + 60);
    assert_eq!(report.durations.sessions, 4);
}

#[test]
fn odd_rows_are_counted_and_fail_nothing() {
    let mut unreadable = SessionInfo::default();
    unreadable.start_time = Some(ServiceTime::from("yesterday"));
    unreadable.end_time = Some(ServiceTime::from("0001-01-01 00:00:00"));
    let mut empty = SessionInfo::default();
    empty.start_time = Some(ServiceTime::from(""));
    let mut extreme = SessionInfo::default();
    extreme.start_time = Some(ServiceTime::from("0002-01-01T00:00:00Z"));
    extreme.end_time = Some(ServiceTime::from("9999-12-31T23:59:59.999999999Z"));
    extreme.login_user = Some(String::new());
    let backwards = Given {
        start: Some(10),
        end: Some(0),
        ..Given::default()
    };
    let mut summary = Summary::new(SummaryOptions::new());
    for session in [&unreadable, &empty, &extreme, &backwards.session()] {
        summary.add(session);
    }
    summary.add_unreadable();
    assert_eq!(summary.sessions(), 4);
    let report = summary.finish();
    assert_eq!(
        report.odd,
        Odd {
            without_start: 2,
            end_before_start: 1,
            unreadable_rows: 1,
            unreadable_times: 1
        }
    );
    assert_eq!(
        (
            report.durations.sessions,
            report.users.missing,
            report.users.distinct
        ),
        (1, 4, 0)
    );
    assert_eq!(report.without_end, WithoutEnd::default());
    assert!(report.concurrency.steps.len() <= 250);
    assert!(!report.periods(90).is_empty());
}

#[test]
fn equal_ones_are_in_the_order_of_their_names_and_the_rest_is_summed() {
    let users = ["c", "b", "b", "a", "d", "张三"];
    let given: Vec<_> = users
        .iter()
        .map(|user| Given {
            user: Some(user),
            state: Some(user),
            start: Some(0),
            end: Some(HOUR),
            code: Some(user),
            ..Given::default()
        })
        .collect();
    let report = report(&given, SummaryOptions::new().top(2));
    let names = |shares: &[Share]| shares.iter().map(|share| share.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&report.users.by_sessions), ["b", "a"]);
    assert_eq!(
        (
            report.states.distinct,
            report.states.others,
            report.states.top[0].sessions
        ),
        (5, 3, 2)
    );
    assert_eq!((report.failures.distinct, report.failures.others), (5, 3));
    assert_eq!(report.failures.top[0].code.as_deref(), Some("b"));
}

fn any_session() -> impl Strategy<Value = Given> {
    let time = || prop::option::weighted(0.8, -200_000_i64..400_000);
    (
        prop::option::of(prop::sample::select(vec!["a", "b", "张三", "d", ""])),
        time(),
        time(),
        time(),
        prop::option::of(prop::sample::select(vec![
            "Active",
            "SignedOut",
            "InitFail",
            "Odd",
        ])),
        prop::option::of(prop::sample::select(vec!["", "WKS.00000000", "WKS.0407"])),
    )
        .prop_map(|(user, start, end, updated, state, code)| Given {
            user,
            start,
            end,
            updated,
            state,
            code,
        })
}

/// The same by the definitions, one after the other and without any thought of speed.
mod naive {
    use super::*;

    pub(super) fn horizon(given: &[Given]) -> i64 {
        let times = given
            .iter()
            .flat_map(|given| [given.start, given.end, given.updated]);
        times.flatten().max().unwrap_or_default()
    }

    /// How many were there at a moment.
    pub(super) fn at(given: &[Given], moment: i64) -> u64 {
        let horizon = horizon(given);
        given
            .iter()
            .filter_map(|given| given.stay(horizon))
            .filter(|(start, end)| (*start..*end).contains(&moment))
            .count() as u64
    }

    pub(super) fn time_of(given: &[Given], user: &str) -> u64 {
        let horizon = horizon(given);
        let stays = given
            .iter()
            .filter(|given| given.user == Some(user))
            .filter_map(|given| given.stay(horizon));
        stays.map(|(start, end)| (end - start) as u64 * 1_000).sum()
    }
}

proptest! {
    #[test]
    fn the_summary_is_what_the_definitions_say(
        given in prop::collection::vec(any_session(), 0..60),
        hours in -11_i32..=12,
    ) {
        let zone = FixedOffset::east_opt(hours * 3_600).unwrap();
        let report = report(&given, SummaryOptions::new().time_zone(zone));
        prop_assert_eq!(report.sessions, given.len() as u64);

        let mut days: BTreeMap<NaiveDate, u64> = BTreeMap::new();
        for start in given.iter().filter_map(|given| given.start) {
            let moment = DateTime::from_timestamp(BASE + start, 0).unwrap() + TimeDelta::hours(hours.into());
            *days.entry(moment.date_naive()).or_default() += 1;
        }
        let found: BTreeMap<_, _> = report.days.iter().map(|day| (day.day, day.sessions)).collect();
        prop_assert_eq!(found, days);

        let starts: Vec<i64> = given.iter().filter_map(|given| given.start).collect();
        let peak = starts.iter().map(|start| naive::at(&given, *start)).max().unwrap_or_default();
        prop_assert_eq!(report.concurrency.peak, peak);
        if peak > 0 {
            let first = starts.iter().filter(|start| naive::at(&given, **start) == peak).min().unwrap();
            prop_assert_eq!(report.concurrency.at.unwrap().timestamp(), BASE + first);
        }

        let mut lasted: Vec<u64> = given
            .iter()
            .filter_map(|given| u64::try_from(given.end? - given.start?).ok())
            .map(|seconds| seconds * 1_000)
            .collect();
        lasted.sort_unstable();
        prop_assert_eq!(report.durations.sessions, lasted.len() as u64);
        prop_assert_eq!(report.durations.histogram.iter().map(|bin| bin.sessions).sum::<u64>(), lasted.len() as u64);
        if let Some(median) = report.durations.median_ms {
            let middle = lasted.len() / 2;
            let expected = match lasted.len() % 2 {
                1 => lasted[middle] as f64,
                _ => (lasted[middle - 1] + lasted[middle]) as f64 / 2.0,
            };
            prop_assert_eq!(median, expected);
        }

        for share in &report.users.by_time {
            prop_assert_eq!(share.time_ms, naive::time_of(&given, &share.name), "{}", share.name);
        }
        prop_assert!(report.users.by_time.windows(2).all(|pair| pair[0].time_ms >= pair[1].time_ms));
        prop_assert_eq!(
            report.users.by_sessions.iter().map(|share| share.sessions).sum::<u64>() + report.users.missing,
            given.len() as u64
        );

        let open = given.iter().filter(|given| given.start.is_some() && given.end.is_none() && !given.is_over());
        prop_assert_eq!(report.without_end.open, open.count() as u64);
        let failed = given.iter().filter(|given| match given.code {
            Some("WKS.0407") => true,
            Some("WKS.00000000") => false,
            _ => given.state == Some("InitFail"),
        });
        prop_assert_eq!(report.outcome.failed, failed.count() as u64);
        let outcome = &report.outcome;
        prop_assert_eq!(outcome.failed + outcome.succeeded + outcome.unknown, report.sessions);
    }

    #[test]
    fn each_step_has_the_most_within_it(given in prop::collection::vec(any_session(), 0..40)) {
        let report = report(&given, SummaryOptions::new());
        let concurrency = &report.concurrency;
        prop_assert!(concurrency.steps.len() <= 250);
        let length = (concurrency.step_ms / 1_000) as i64;
        let starts: Vec<i64> = given.iter().filter_map(|given| given.start).collect();
        for step in &concurrency.steps {
            let from = step.from.timestamp() - BASE;
            let within = starts.iter().copied().filter(|start| (from..from + length).contains(start));
            let most = within.chain([from]).map(|moment| naive::at(&given, moment)).max();
            prop_assert_eq!(Some(step.most), most, "from {}", step.from);
        }
        let (first, last) = (concurrency.steps.first(), concurrency.steps.last());
        if let (Some(first), Some(last)) = (first, last) {
            prop_assert!(first.from <= report.first_start.unwrap() || first.most > 0);
            prop_assert!(last.most > 0);
        }
    }

    #[test]
    fn the_order_of_sessions_does_not_matter(given in prop::collection::vec(any_session(), 0..40)) {
        let mut reversed = given.clone();
        reversed.reverse();
        prop_assert_eq!(report(&given, SummaryOptions::new().top(2)), report(&reversed, SummaryOptions::new().top(2)));
    }

    #[test]
    fn no_row_panics(
        start in "\\PC{0,12}|[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:00:00(Z|[+-][01][0-9]:00)",
        end in "[0-9]{4}-[01][0-9]-[0-3][0-9] 00:00:00(Z|[+-][01][0-9]:00)",
        name in "\\PC{0,20}",
    ) {
        let mut session = SessionInfo::default();
        session.start_time = Some(ServiceTime::from(start.as_str()));
        session.end_time = Some(ServiceTime::from(end.as_str()));
        session.login_user = Some(name.clone());
        session.failed_reason = Some(name);
        let mut summary = Summary::new(SummaryOptions::new().top(0));
        summary.add(&session);
        session.end_time = None;
        summary.add(&session);
        let report = summary.finish();
        let _ = serde_json::to_string(&report).unwrap();
        let _ = report.page(&crate::PageOptions::new()).to_string();
    }
}
