//! Times in cells.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use session_export_model::{format_timestamp, moments_of_wall_time, parse_timestamp};

/// How long `2024-02-27T03:47:51` is.
const TO_SECONDS: usize = 19;
/// The date that stands for *never*.
const NEVER: &str = "0001-01-01";

/// A text that is no time.
#[derive(Debug)]
pub(crate) struct NotATime;

/// What times without a zone mean.
#[derive(Clone, Default)]
pub(crate) struct Zone(Option<Arc<Resolve>>);

type Resolve = dyn Fn(NaiveDateTime) -> Option<DateTime<Utc>> + Send + Sync;

impl Zone {
    /// Where clocks are set back, a time happens twice, and the first is taken. Where they are set forward, it does not
    /// happen: what they showed an hour later is taken.
    pub(crate) fn of<Z: TimeZone + Send + Sync + 'static>(zone: Z) -> Self {
        Self(Some(Arc::new(move |wall| {
            let find = |wall| moments_of_wall_time(wall, &zone).earliest();
            find(wall).or_else(|| find(wall.checked_add_signed(TimeDelta::hours(1))?))
        })))
    }

    pub(crate) fn moment(&self, wall: NaiveDateTime) -> Option<DateTime<Utc>> {
        match &self.0 {
            None => Some(wall.and_utc()),
            Some(resolve) => resolve(wall),
        }
    }

    fn is_utc(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_utc() { "Utc" } else { "other" })
    }
}

/// Adds a time in the one form that rows have, or nothing where there is none.
pub(crate) fn push(out: &mut String, text: &str, zone: &Zone) -> Result<(), NotATime> {
    let text = text.trim();
    if text.is_empty() || text.starts_with(NEVER) {
        return Ok(());
    }
    if push_plain(out, text, zone) {
        return Ok(());
    }
    let moment = read(text, zone).ok_or(NotATime)?;
    push_moment(out, moment)
}

/// Adds a moment; a year that the form has no room for is none.
pub(crate) fn push_moment(out: &mut String, moment: DateTime<Utc>) -> Result<(), NotATime> {
    if !(0..=9999).contains(&moment.year()) {
        return Err(NotATime);
    }
    let text = format_timestamp(moment);
    if !text.starts_with(NEVER) {
        out.push_str(&text);
    }
    Ok(())
}

/// The forms that need no calendar: `2024-02-27T03:47:51` or with a blank, then nothing or `.182`, then `Z` or, in UTC,
/// nothing. Nearly all times are of these.
fn push_plain(out: &mut String, text: &str, zone: &Zone) -> bool {
    let bytes = text.as_bytes();
    let Some((seconds, rest)) = bytes.split_at_checked(TO_SECONDS) else {
        return false;
    };
    let fraction = match rest {
        [] if zone.is_utc() => "000",
        [b'Z'] => "000",
        [b'.', a, b, c, b'Z'] if [a, b, c].into_iter().all(u8::is_ascii_digit) => &text[20..23],
        _ => return false,
    };
    let number = |from: usize, to: usize| {
        seconds[from..to].iter().try_fold(0_u32, |value, byte| {
            byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0'))
        })
    };
    let separated = seconds[4] == b'-'
        && seconds[7] == b'-'
        && matches!(seconds[10], b'T' | b' ')
        && seconds[13] == b':'
        && seconds[16] == b':';
    let (Some(_), Some(month), Some(day), Some(hour), Some(minute), Some(second)) = (
        number(0, 4),
        number(5, 7),
        number(8, 10),
        number(11, 13),
        number(14, 16),
        number(17, 19),
    ) else {
        return false;
    };
    // The ends of months are left to the calendar.
    let plain =
        (1..=12).contains(&month) && (1..=28).contains(&day) && hour < 24 && minute < 60 && second < 60;
    if !separated || !plain {
        return false;
    }
    out.push_str(&text[..10]);
    out.push('T');
    out.push_str(&text[11..TO_SECONDS]);
    out.push('.');
    out.push_str(fraction);
    out.push('Z');
    true
}

fn read(text: &str, zone: &Zone) -> Option<DateTime<Utc>> {
    let Ok(moment) = parse_timestamp(text) else {
        return zone.moment(wall(text)?);
    };
    let has_zone = text
        .get(TO_SECONDS..)
        .is_some_and(|rest| rest.contains(['Z', 'z', '+', '-']));
    if has_zone {
        return Some(moment);
    }
    zone.moment(moment.naive_utc())
}

/// The forms that spreadsheet programs make of times: `2024/2/27 3:47`, `2024-2-27 3:47:51.5`, or a date alone. Which of
/// day and month comes first is never guessed: the year does.
fn wall(text: &str) -> Option<NaiveDateTime> {
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, Some(time.trim())),
        None => (text, None),
    };
    let separator = if date.contains('/') { '/' } else { '-' };
    let mut parts = date.split(separator);
    let year = number(parts.next().filter(|year| year.len() == 4)?)?;
    let (month, day) = (number(parts.next()?)?, number(parts.next()?)?);
    let date = NaiveDate::from_ymd_opt(year.try_into().ok()?, month, day)?;
    if parts.next().is_some() {
        return None;
    }
    let Some(time) = time else {
        return date.and_hms_opt(0, 0, 0);
    };
    let mut parts = time.split(':');
    let (hour, minute) = (number(parts.next()?)?, number(parts.next()?)?);
    let (second, nanos) = match parts.next() {
        None => (0, 0),
        Some(second) => match second.split_once('.') {
            None => (number(second)?, 0),
            Some((second, fraction)) if (1..=9).contains(&fraction.len()) => {
                let digits = u32::try_from(fraction.len()).ok()?;
                if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
                    return None;
                }
                (
                    number(second)?,
                    fraction.parse::<u32>().ok()? * 10_u32.pow(9 - digits),
                )
            }
            Some(_) => return None,
        },
    };
    if parts.next().is_some() {
        return None;
    }
    date.and_hms_nano_opt(hour, minute, second, nanos)
}

/// Up to four digits.
fn number(text: &str) -> Option<u32> {
    let digits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// The wall time of a spreadsheet's number of days, to the millisecond. `since_1904` is the workbook's date system.
pub(crate) fn of_serial(days: f64, since_1904: bool) -> Option<NaiveDateTime> {
    // Up to the end of the year 9999, beyond which spreadsheets have no dates.
    if !(0.0..2_958_466.0).contains(&days) {
        return None;
    }
    let first = if since_1904 {
        NaiveDate::from_ymd_opt(1904, 1, 1)?
    } else if days < 60.0 {
        // The 29th of February 1900, which never was, is the number 60.
        NaiveDate::from_ymd_opt(1899, 12, 31)?
    } else {
        NaiveDate::from_ymd_opt(1899, 12, 30)?
    };
    let millis = (days * 86_400_000.0).round() as i64;
    first
        .and_hms_opt(0, 0, 0)?
        .checked_add_signed(TimeDelta::try_milliseconds(millis)?)
}

#[cfg(test)]
mod tests {
    use chrono::FixedOffset;
    use proptest::prelude::*;

    use super::*;

    fn in_zone(text: &str, zone: &Zone) -> Option<String> {
        let mut out = String::new();
        push(&mut out, text, zone).ok().map(|()| out)
    }

    fn utc(text: &str) -> Option<String> {
        in_zone(text, &Zone::default())
    }

    #[test]
    fn every_form_of_one_moment() {
        for text in [
            "2024-02-29T03:47:51.000Z",
            "2024-02-29T03:47:51Z",
            "2024-02-29 03:47:51",
            " 2024-02-29 03:47:51 ",
            "2024-02-29T11:47:51+08:00",
            "2024/2/29 3:47:51",
            "2024-2-29 03:47:51.0",
            "2024/02/29 03:47:51.0",
        ] {
            assert_eq!(utc(text).as_deref(), Some("2024-02-29T03:47:51.000Z"), "{text}");
        }
        assert_eq!(utc("2024/2/29").as_deref(), Some("2024-02-29T00:00:00.000Z"));
        assert_eq!(utc("2024/2/29 3:47").as_deref(), Some("2024-02-29T03:47:00.000Z"));
    }

    #[test]
    fn never_is_absent_and_nonsense_is_refused() {
        for text in [
            "",
            "  ",
            "0001-01-01 00:00:00",
            "0001-01-01T00:00:00Z",
            "0001/1/1",
        ] {
            assert_eq!(utc(text).as_deref(), Some(""), "{text}");
        }
        for text in [
            "x",
            "27/2/2024 3:47",
            "2024-02-30 00:00:00",
            "2023-02-29T00:00:00Z",
            "2024/2/27 25:00",
            "2024/2/27 3:47:51.",
            "2024/2/27 3:47:51.1234567890",
            "2024/2",
            "2024/2/27/1",
            "2024/2/27 3",
            "2024/2/27 3:4:5:6",
            "20240227",
            "2024-02-27T03:47:51X",
            "2024-02-2７T03:47:51Z",
            "2024/2/27 3:47:51.+12",
        ] {
            assert_eq!(utc(text), None, "{text}");
        }
    }

    #[test]
    fn a_zone_is_for_times_without_one() {
        let china = Zone::of(FixedOffset::east_opt(8 * 3600).unwrap());
        for text in [
            "2024-02-27 11:47:51",
            "2024/2/27 11:47:51",
            "2024-02-27T03:47:51Z",
        ] {
            assert_eq!(
                in_zone(text, &china).as_deref(),
                Some("2024-02-27T03:47:51.000Z"),
                "{text}"
            );
        }
    }

    #[test]
    fn serial_numbers_are_days() {
        let serial = |days, since_1904| of_serial(days, since_1904).map(|wall| wall.to_string());
        assert_eq!(serial(45349.5, false).as_deref(), Some("2024-02-27 12:00:00"));
        assert_eq!(serial(43887.5, true).as_deref(), Some("2024-02-27 12:00:00"));
        assert_eq!(serial(1.0, false).as_deref(), Some("1900-01-01 00:00:00"));
        assert_eq!(serial(61.0, false).as_deref(), Some("1900-03-01 00:00:00"));
        assert_eq!(
            serial(45_349.158_240_740_74, false).as_deref(),
            Some("2024-02-27 03:47:52")
        );
        for days in [-1.0, 3e6, f64::NAN, f64::INFINITY] {
            assert_eq!(serial(days, false), None);
        }
    }

    proptest! {
        #[test]
        fn the_short_way_and_the_long_way_agree(millis in -62_135_596_800_000_i64..253_402_300_799_999) {
            let moment = DateTime::from_timestamp_millis(millis).unwrap();
            let long = format_timestamp(moment);
            let expected = if long.starts_with(NEVER) { String::new() } else { long.clone() };
            prop_assert_eq!(utc(&long).unwrap(), expected);
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = utc(&text);
        }
    }
}
