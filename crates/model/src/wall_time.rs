//! From what clocks show to moments.

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeZone, Utc};

/// The moments at which the clocks of a zone show a time: one; none, where they are set forward over it; or two, the
/// earlier one first, where they are set back over it.
///
/// As [`TimeZone::from_local_datetime`], which cannot be relied on for two things: the two moments come in any order, and
/// with [`Local`](https://docs.rs/chrono/latest/chrono/offset/struct.Local.html) the first moment after the repeated hour
/// is said to be in it.
///
/// ```
/// use chrono::{FixedOffset, LocalResult, NaiveDate};
/// use session_export_model::{format_timestamp, moments_of_wall_time};
///
/// let china = FixedOffset::east_opt(8 * 3600).expect("less than a day");
/// let wall = NaiveDate::from_ymd_opt(2024, 2, 27).and_then(|date| date.and_hms_opt(11, 47, 51)).expect("a time");
/// let moments = moments_of_wall_time(wall, &china);
/// assert_eq!(moments.map(format_timestamp), LocalResult::Single("2024-02-27T03:47:51.000Z".to_owned()));
/// ```
pub fn moments_of_wall_time<Z: TimeZone>(wall: NaiveDateTime, zone: &Z) -> LocalResult<DateTime<Utc>> {
    let shows = |moment: DateTime<Z>| {
        let moment = moment.to_utc();
        // This direction has one answer, and a right one.
        (moment.with_timezone(zone).naive_local() == wall).then_some(moment)
    };
    let (one, other) = match zone.from_local_datetime(&wall) {
        LocalResult::Single(moment) => (shows(moment), None),
        LocalResult::Ambiguous(one, other) => (shows(one), shows(other)),
        LocalResult::None => (None, None),
    };
    match (one, other) {
        (Some(one), Some(other)) if one != other => LocalResult::Ambiguous(one.min(other), one.max(other)),
        (Some(moment), _) | (None, Some(moment)) => LocalResult::Single(moment),
        (None, None) => LocalResult::None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::{FixedOffset, NaiveDate, NaiveTime};
    use proptest::prelude::*;

    use super::*;

    /// Set back by an hour at 06:00 UTC and, if `reversed`, with the later moment named first. As chrono's `Local`, it
    /// says of both ends of the repeated hour that they are in it.
    #[derive(Clone, Debug)]
    struct NewYork {
        reversed: bool,
    }

    fn at(hour: u32, minute: u32, second: u32) -> NaiveDateTime {
        let day = NaiveDate::from_ymd_opt(2024, 11, 3).unwrap();
        day.and_hms_opt(hour, minute, second).unwrap()
    }

    fn hours(hours: i32) -> FixedOffset {
        FixedOffset::east_opt(hours * 3600).unwrap()
    }

    impl TimeZone for NewYork {
        type Offset = FixedOffset;

        fn from_offset(_: &FixedOffset) -> Self {
            Self { reversed: false }
        }

        fn offset_from_local_date(&self, date: &NaiveDate) -> LocalResult<FixedOffset> {
            self.offset_from_local_datetime(&date.and_time(NaiveTime::MIN))
        }

        fn offset_from_local_datetime(&self, wall: &NaiveDateTime) -> LocalResult<FixedOffset> {
            match *wall {
                before if before < at(1, 0, 0) => LocalResult::Single(hours(-4)),
                after if after > at(2, 0, 0) => LocalResult::Single(hours(-5)),
                _ if self.reversed => LocalResult::Ambiguous(hours(-5), hours(-4)),
                _ => LocalResult::Ambiguous(hours(-4), hours(-5)),
            }
        }

        fn offset_from_utc_date(&self, date: &NaiveDate) -> FixedOffset {
            self.offset_from_utc_datetime(&date.and_time(NaiveTime::MIN))
        }

        fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> FixedOffset {
            hours(if *utc < at(6, 0, 0) { -4 } else { -5 })
        }
    }

    #[test]
    fn the_first_moment_after_the_repeated_hour_happens_once() {
        for reversed in [false, true] {
            let moments = |wall| moments_of_wall_time(wall, &NewYork { reversed });
            let single = |utc: NaiveDateTime| LocalResult::Single(utc.and_utc());
            let twice = |one: NaiveDateTime, other: NaiveDateTime| {
                LocalResult::Ambiguous(one.and_utc(), other.and_utc())
            };
            assert_eq!(moments(at(0, 59, 59)), single(at(4, 59, 59)));
            assert_eq!(moments(at(1, 0, 0)), twice(at(5, 0, 0), at(6, 0, 0)));
            assert_eq!(moments(at(1, 59, 59)), twice(at(5, 59, 59), at(6, 59, 59)));
            assert_eq!(moments(at(2, 0, 0)), single(at(7, 0, 0)));
            assert_eq!(moments(at(2, 0, 1)), single(at(7, 0, 1)));
        }
    }

    proptest! {
        #[test]
        fn what_clocks_show_at_a_moment_leads_back_to_it(seconds in 0_i64..86_400, reversed in any::<bool>()) {
            let moment = at(0, 0, 0).and_utc() + chrono::TimeDelta::seconds(seconds);
            let zone = NewYork { reversed };
            let found = moments_of_wall_time(moment.with_timezone(&zone).naive_local(), &zone);
            prop_assert!([found.earliest(), found.latest()].contains(&Some(moment)));
        }
    }
}
