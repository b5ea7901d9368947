//! `--last`, `--begin` and `--end`: from what a person writes to moments.

use std::str::FromStr;
use std::time::Duration;

use chrono::{
    DateTime, FixedOffset, Local, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc,
};
use session_export::{ServiceTime, SessionOperation, TimeInput, limits, moments_of_wall_time};

use crate::failure::Failure;

/// The flags as they were given.
#[derive(Debug)]
pub(crate) struct WindowFlags {
    pub(crate) last: Option<Duration>,
    pub(crate) begin: Option<String>,
    pub(crate) end: Option<String>,
    pub(crate) zone: Zone,
}

/// The window for the model, which judges it.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) begin: Option<TimeInput>,
    pub(crate) end: Option<TimeInput>,
}

impl WindowFlags {
    /// Without a flag an export has no window (the service then takes about the last month), and a list, which needs
    /// one, has the last 30 days.
    pub(crate) fn resolve(self, operation: SessionOperation) -> Result<Window, Failure> {
        let last = match (self.last, operation) {
            (Some(last), _) => Some(
                TimeDelta::from_std(last)
                    .ok()
                    .filter(|last| *last <= TimeDelta::days(365 * 1_000))
                    .ok_or_else(|| Failure::usage("--last is longer than a thousand years"))?,
            ),
            (None, SessionOperation::List) if self.begin.is_none() && self.end.is_none() => {
                Some(limits::EXPORT_WINDOW)
            }
            _ => None,
        };
        if let Some(last) = last {
            let now = Utc::now();
            return Ok(Window {
                begin: Some((now - last).into()),
                end: Some(now.into()),
            });
        }
        let zone = self.zone;
        Ok(Window {
            begin: self.begin.map(|text| zone.read(text, Bound::Begin)),
            end: self.end.map(|text| zone.read(text, Bound::End)),
        })
    }
}

/// A millisecond, which is as fine as the service's times are, before the next day.
const END_OF_DAY: NaiveTime = NaiveTime::from_hms_milli_opt(23, 59, 59, 999).expect("a time that exists");

/// Which end of a window a text is.
#[derive(Clone, Copy)]
enum Bound {
    Begin,
    End,
}

impl Bound {
    /// Which of the moments makes the window the longest.
    fn of(self, moments: LocalResult<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        match self {
            Self::Begin => moments.earliest(),
            Self::End => moments.latest(),
        }
    }
}

/// The zone in which times are read that have none, and shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Zone {
    Local,
    Utc,
    Offset(FixedOffset),
}

impl FromStr for Zone {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_lowercase().as_str() {
            "local" => Ok(Self::Local),
            "utc" | "z" => Ok(Self::Utc),
            offset => offset
                .parse()
                .map(Self::Offset)
                .map_err(|_| "write UTC, local, or an offset like +08:00".to_owned()),
        }
    }
}

impl Zone {
    /// In which times without one are read that stand in a file: UTC, unless a flag says otherwise. A profile has no say, so
    /// that one file gives the same rows everywhere.
    pub(crate) fn of_file(time_zone: Option<Self>, utc: Option<bool>) -> Self {
        match (time_zone, utc) {
            (Some(zone), _) => zone,
            (None, Some(false)) => Self::Local,
            (None, _) => Self::Utc,
        }
    }

    /// What its clocks show at a moment.
    pub(crate) fn at(self, moment: DateTime<Utc>) -> DateTime<FixedOffset> {
        match self {
            Self::Local => moment.with_timezone(&Local).fixed_offset(),
            Self::Utc => moment.fixed_offset(),
            Self::Offset(offset) => moment.with_timezone(&offset),
        }
    }

    /// A moment for people, to the second and with its offset: `2026-11-24 15:04:05 +01:00`.
    pub(crate) fn shown(self, moment: DateTime<Utc>) -> String {
        self.at(moment).format("%Y-%m-%d %H:%M:%S %:z").to_string()
    }

    /// A time of the service for people; what cannot be read is shown as it came.
    pub(crate) fn shown_time(self, time: Option<&ServiceTime>) -> String {
        match time.map(|time| (time, time.instant())) {
            Some((_, Some(moment))) => self.shown(moment),
            Some((time, None)) => time.as_str().to_owned(),
            None => String::new(),
        }
    }

    /// A date, or a time without a zone, is read in this zone; any other text is left to the model to read or refuse.
    fn read(self, text: String, bound: Bound) -> TimeInput {
        let date = || NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok();
        let with_time = || {
            [
                "%Y-%m-%dT%H:%M:%S%.f",
                "%Y-%m-%d %H:%M:%S%.f",
                "%Y-%m-%dT%H:%M",
                "%Y-%m-%d %H:%M",
            ]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok())
        };
        let moment = match date() {
            Some(date) => self.of_date(date, bound),
            None => with_time().and_then(|naive| self.moment(naive, bound)),
        };
        match moment {
            Some(moment) => moment.into(),
            None => text.into(),
        }
    }

    /// What a date without a time is: the window has the whole day.
    fn of_date(self, date: NaiveDate, bound: Bound) -> Option<DateTime<Utc>> {
        match bound {
            Bound::Begin => {
                let begin = |date: NaiveDate| self.moment(date.and_time(NaiveTime::MIN), bound);
                // A zone that moved over the date line left a day out: what is not there begins with the next one.
                begin(date).or_else(|| begin(date.succ_opt()?))
            }
            Bound::End => self.shows(date.and_time(END_OF_DAY), bound).or_else(|| {
                // The clocks are set forward before midnight: the day ends where the next one begins.
                let next = self.moment(date.succ_opt()?.and_time(NaiveTime::MIN), Bound::Begin)?;
                next.checked_sub_signed(TimeDelta::milliseconds(1))
            }),
        }
    }

    /// Where the clocks are set back, a time happens twice: a window begins with the first and ends with the second.
    /// Where they are set forward, it does not happen: what the clocks showed an hour later is taken.
    fn moment(self, naive: NaiveDateTime, bound: Bound) -> Option<DateTime<Utc>> {
        let later = || self.shows(naive.checked_add_signed(TimeDelta::hours(1))?, bound);
        self.shows(naive, bound).or_else(later)
    }

    /// When the clocks show that.
    fn shows(self, naive: NaiveDateTime, bound: Bound) -> Option<DateTime<Utc>> {
        match self {
            Self::Utc => Some(naive.and_utc()),
            Self::Offset(offset) => offset
                .from_local_datetime(&naive)
                .single()
                .map(|moment| moment.to_utc()),
            Self::Local => bound.of(moments_of_wall_time(naive, &Local)),
        }
    }
}

#[cfg(test)]
mod tests {
    use session_export::{SessionFilter, format_timestamp};

    use super::*;

    fn window(begin: &str, end: &str, utc: bool) -> (String, String) {
        let flags = WindowFlags {
            last: None,
            begin: Some(begin.to_owned()),
            end: Some(end.to_owned()),
            zone: if utc { Zone::Utc } else { Zone::Local },
        };
        let window = flags.resolve(SessionOperation::Export).unwrap();
        let filter = SessionFilter::builder()
            .begin(window.begin.unwrap())
            .end(window.end.unwrap())
            .build()
            .unwrap();
        let window = filter.window().unwrap();
        (format_timestamp(window.begin()), format_timestamp(window.end()))
    }

    #[test]
    fn a_date_is_a_whole_day() {
        assert_eq!(
            window("2024-02-27", "2024-02-28", true),
            (
                "2024-02-27T00:00:00.000Z".to_owned(),
                "2024-02-28T23:59:59.999Z".to_owned()
            )
        );
    }

    #[test]
    fn local_time_is_the_default_and_a_zone_in_the_text_wins() {
        let local = Local
            .from_local_datetime(&"2024-02-27T00:00:00".parse().unwrap())
            .earliest()
            .unwrap()
            .to_utc();
        assert_eq!(
            window("2024-02-27", "2024-02-28", false).0,
            format_timestamp(local)
        );
        for utc in [false, true] {
            assert_eq!(
                window("2024-02-27T03:47:51.182Z", "2024-02-27 12:00:00+08:00", utc),
                (
                    "2024-02-27T03:47:51.182Z".to_owned(),
                    "2024-02-27T04:00:00.000Z".to_owned()
                )
            );
        }
        assert_eq!(
            window("2024-02-27 03:47", "2024-02-27T04:00:00.5", true).1,
            "2024-02-27T04:00:00.500Z"
        );
    }

    #[test]
    fn a_file_is_of_utc_unless_a_flag_says_otherwise() {
        let zone = |zone: Option<&str>, utc| match Zone::of_file(zone.map(|zone| zone.parse().unwrap()), utc)
        {
            Zone::Utc => "utc",
            Zone::Local => "local",
            Zone::Offset(_) => "offset",
        };
        assert_eq!((zone(None, None), zone(None, Some(true))), ("utc", "utc"));
        assert_eq!(
            (zone(None, Some(false)), zone(Some("+08:00"), None)),
            ("local", "offset")
        );
    }

    #[test]
    fn a_zone_is_utc_local_or_an_offset() {
        for (text, expected) in [
            ("+08:00", "2024-02-26T16:00:00.000Z"),
            ("-0530", "2024-02-27T05:30:00.000Z"),
            ("UTC", "2024-02-27T00:00:00.000Z"),
            ("z", "2024-02-27T00:00:00.000Z"),
        ] {
            let flags = WindowFlags {
                last: None,
                begin: Some("2024-02-27".to_owned()),
                end: None,
                zone: text.parse().unwrap(),
            };
            let begin = flags.resolve(SessionOperation::Export).unwrap().begin.unwrap();
            let filter = SessionFilter::builder()
                .begin(begin)
                .end("2024-03-01T00:00:00Z")
                .build()
                .unwrap();
            assert_eq!(
                format_timestamp(filter.window().unwrap().begin()),
                expected,
                "{text}"
            );
        }
        for text in ["", "Asia/Shanghai", "8", "+25:00"] {
            assert!(text.parse::<Zone>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_list_without_times_takes_thirty_days_and_an_export_leaves_them_out() {
        let flags = || WindowFlags {
            last: None,
            begin: None,
            end: None,
            zone: Zone::Local,
        };
        assert!(flags().resolve(SessionOperation::Export).unwrap().begin.is_none());
        let list = flags().resolve(SessionOperation::List).unwrap();
        let filter = SessionFilter::builder()
            .begin(list.begin.unwrap())
            .end(list.end.unwrap())
            .build()
            .unwrap();
        assert_eq!(filter.window().unwrap().length(), limits::EXPORT_WINDOW);
    }

    #[test]
    fn an_absurd_span_is_no_overflow() {
        let flags = WindowFlags {
            last: Some(Duration::MAX),
            begin: None,
            end: None,
            zone: Zone::Local,
        };
        assert!(flags.resolve(SessionOperation::Export).is_err());
    }
}
