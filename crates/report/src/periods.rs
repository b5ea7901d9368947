//! Days taken together, so that a chart of them has a bounded number of bars.

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::Report;

/// Some days in a row, with the sessions that started on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Period {
    /// The first day.
    pub first: NaiveDate,
    /// The last day, which may be the first. At the ends of a report it may lie outside of it: a week is a whole week.
    pub last: NaiveDate,
    /// How many sessions started.
    pub sessions: u64,
    /// How many of these failed.
    pub failed: u64,
}

/// How many days are taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Day,
    Week,
    Month,
    Years(i32),
}

impl Unit {
    fn first_day(self, day: NaiveDate) -> NaiveDate {
        let first = match self {
            Self::Day => Some(day),
            Self::Week => day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into())),
            Self::Month => day.with_day(1),
            Self::Years(years) => NaiveDate::from_ymd_opt(day.year() - day.year().rem_euclid(years), 1, 1),
        };
        first.unwrap_or(day)
    }

    /// The first day of the next unit, after one that begins on `first`.
    fn next(self, first: NaiveDate) -> NaiveDate {
        let next = match self {
            Self::Day => first.checked_add_days(Days::new(1)),
            Self::Week => first.checked_add_days(Days::new(7)),
            Self::Month => first.checked_add_months(Months::new(1)),
            Self::Years(years) => NaiveDate::from_ymd_opt(first.year() + years, 1, 1),
        };
        next.unwrap_or(NaiveDate::MAX)
    }

    /// The smallest unit of which so many cover the days from the first to the last.
    fn for_days(first: NaiveDate, last: NaiveDate, most: usize) -> Self {
        let most = i64::try_from(most.max(2)).unwrap_or(i64::MAX);
        let days = (last - first).num_days() + 1;
        let months = i64::from(last.year() - first.year()) * 12 + i64::from(last.month())
            - i64::from(first.month())
            + 1;
        if days <= most {
            Self::Day
        } else if days / 7 + 2 <= most {
            Self::Week
        } else if months <= most {
            Self::Month
        } else {
            let years = last.year().abs_diff(first.year()) + 1;
            // One less, because the first period may begin before the first year.
            let most = u32::try_from(most - 1).unwrap_or(u32::MAX);
            Self::Years(i32::try_from(years.div_ceil(most)).unwrap_or(i32::MAX))
        }
    }
}

impl Report {
    /// The days from the first to the last, those without a session included: at most `most` periods (and at least two are
    /// allowed) of a day, a week (from Monday), a month, or some years each, whichever is the shortest that does.
    pub fn periods(&self, most: usize) -> Vec<Period> {
        let (Some(first), Some(last)) = (self.days.first(), self.days.last()) else {
            return Vec::new();
        };
        let unit = Unit::for_days(first.day, last.day, most);
        let mut periods = Vec::new();
        let mut days = self.days.iter().peekable();
        let mut begin = unit.first_day(first.day);
        while begin <= last.day && days.peek().is_some() {
            let next = unit.next(begin);
            let mut period = Period {
                first: begin,
                last: next.pred_opt().unwrap_or(next),
                sessions: 0,
                failed: 0,
            };
            while let Some(day) = days.next_if(|day| day.day < next) {
                period.sessions += day.sessions;
                period.failed += day.failed;
            }
            periods.push(period);
            begin = next;
        }
        periods
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Day, Summary, SummaryOptions};

    fn report(days: &[(i32, u64, u64)]) -> Report {
        let mut report = Summary::new(SummaryOptions::new()).finish();
        report.days = days
            .iter()
            .map(|&(day, sessions, failed)| Day {
                day: NaiveDate::from_num_days_from_ce_opt(day).unwrap(),
                sessions,
                failed,
            })
            .collect();
        report
    }

    fn day(text: &str) -> i32 {
        text.parse::<NaiveDate>().unwrap().num_days_from_ce()
    }

    fn first_days(report: &Report, most: usize) -> Vec<String> {
        report
            .periods(most)
            .iter()
            .map(|period| period.first.to_string())
            .collect()
    }

    #[test]
    fn days_without_sessions_are_there() {
        let report = report(&[(day("2024-02-27"), 3, 1), (day("2024-03-01"), 2, 0)]);
        let expected = ["2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01"];
        assert_eq!(first_days(&report, 4), expected);
        assert_eq!(report.periods(4)[1].sessions, 0);
    }

    #[test]
    fn the_shortest_unit_that_does_is_taken() {
        let report = report(&[(day("2024-02-27"), 3, 1), (day("2024-04-30"), 2, 0)]);
        assert_eq!(report.periods(64).len(), 64);
        assert_eq!(first_days(&report, 63)[..2], ["2024-02-26", "2024-03-04"]);
        assert_eq!(first_days(&report, 5), ["2024-02-01", "2024-03-01", "2024-04-01"]);
        assert_eq!(first_days(&report, 2), ["2024-01-01"]);
        assert_eq!(report.periods(2)[0].last.to_string(), "2024-12-31");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_more_than_asked(
            days in prop::collection::btree_map(-400_i32..3_660_000, (1_u64..100, 0_u64..2), 0..40),
            most in 2_usize..200,
        ) {
            let days: Vec<_> = days.into_iter().map(|(day, (sessions, failed))| (day, sessions, failed)).collect();
            let periods = report(&days).periods(most);
            prop_assert!(periods.len() <= most, "{} of {most}", periods.len());
            let sum = |of: fn(&Period) -> u64| periods.iter().map(of).sum::<u64>();
            prop_assert_eq!(sum(|period| period.sessions), days.iter().map(|day| day.1).sum::<u64>());
            prop_assert_eq!(sum(|period| period.failed), days.iter().map(|day| day.2).sum::<u64>());
            prop_assert!(periods.windows(2).all(|pair| pair[0].last.succ_opt() == Some(pair[1].first)));
        }
    }
}
