//! Days of zones whose clocks are changed.

use chrono::{LocalResult, NaiveDateTime};

use super::*;

/// A zone whose clocks are an hour further from one moment to another.
#[derive(Clone, Debug)]
struct Summer(DateTime<Utc>, DateTime<Utc>);

impl TimeZone for Summer {
    type Offset = FixedOffset;

    fn from_offset(_: &FixedOffset) -> Self {
        Self(DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH)
    }

    fn offset_from_local_date(&self, _: &NaiveDate) -> LocalResult<FixedOffset> {
        LocalResult::None
    }

    fn offset_from_local_datetime(&self, _: &NaiveDateTime) -> LocalResult<FixedOffset> {
        LocalResult::None
    }

    fn offset_from_utc_date(&self, date: &NaiveDate) -> FixedOffset {
        self.offset_from_utc_datetime(&date.and_time(chrono::NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> FixedOffset {
        let is_summer = (self.0..self.1).contains(&utc.and_utc());
        let hours = if is_summer { 2 } else { 1 };
        FixedOffset::east_opt(hours * 3_600).unwrap()
    }
}

#[test]
fn a_day_may_have_23_hours() {
    let change = DateTime::from_timestamp(BASE + HOUR, 0).unwrap();
    // Midnight is at 23:00 UTC of the day before; the next one comes after 23 hours.
    let starts = [-HOUR - 1, -HOUR, 22 * HOUR - 1, 22 * HOUR];
    let given = starts.map(|start| Given {
        start: Some(start),
        ..Given::default()
    });
    let report = report(
        &given,
        SummaryOptions::new().time_zone(Summer(change, DateTime::<Utc>::MAX_UTC)),
    );
    let days: Vec<_> = report.days.iter().map(|day| (day.day, day.sessions)).collect();
    assert_eq!(
        days,
        [
            (day("2024-02-26"), 1),
            (day("2024-02-27"), 2),
            (day("2024-02-28"), 1)
        ]
    );
    assert_eq!(report.time_zone, "UTC+01:00, UTC+02:00");
}

#[test]
fn every_offset_of_the_year_is_named() {
    let moment = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let summer = Summer(moment("2024-03-31T01:00:00Z"), moment("2024-10-27T01:00:00Z"));
    let zone_of = |starts: &[&str]| {
        let given = starts.iter().map(|start| Given {
            start: Some(moment(start).timestamp() - BASE),
            ..Given::default()
        });
        let given: Vec<_> = given.collect();
        report(&given, SummaryOptions::new().time_zone(summer.clone())).time_zone
    };
    let (january, july, december) = (
        "2024-01-15T08:00:00Z",
        "2024-07-15T08:00:00Z",
        "2024-12-15T08:00:00Z",
    );
    let both = "UTC+01:00, UTC+02:00";
    assert_eq!(zone_of(&[january, july, december]), both);
    // In whatever order they come.
    assert_eq!(zone_of(&[july, december]), both);
    assert_eq!(zone_of(&[december, july, january]), both);
    assert_eq!(zone_of(&[july]), "UTC+02:00");
    assert_eq!(zone_of(&[january, december]), "UTC+01:00");
    assert_eq!(zone_of(&[]), "UTC+01:00");
}
