//! Times as the service writes them and as it may be told them.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, TimeDelta, Timelike, Utc};

use crate::written::Written;

/// A text that is not a date and time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date and time of the form 2024-02-27T03:47:51.182Z")]
pub struct ParseTimestampError(());

/// Reads `YYYY-MM-DD`, then `T` or a blank, then `HH:MM:SS`, then 0 to 9 fractional digits, then a zone.
///
/// The zone is `Z`, `+08:00`, `+0800` or nothing, which means UTC: one or the other of the official SDKs and of the
/// service's own answers uses each of these. A leap second (`:60`) is the first moment of the next minute.
///
/// # Errors
///
/// [`ParseTimestampError`] for anything else, a date that does not exist included, and a moment that is in no year from
/// 0000 to 9999 of UTC: it could not be written in this form.
///
/// ```
/// use session_export_model::parse_timestamp;
///
/// let with_offset = parse_timestamp("2024-02-27 11:47:51.182+08:00")?;
/// assert_eq!(with_offset, parse_timestamp("2024-02-27T03:47:51.182000Z")?);
/// # Ok::<(), session_export_model::ParseTimestampError>(())
/// ```
pub fn parse_timestamp(text: &str) -> Result<DateTime<Utc>, ParseTimestampError> {
    parse(text.as_bytes()).ok_or(ParseTimestampError(()))
}

/// Writes UTC with exactly three fractional digits and `Z`: `2024-02-27T03:47:51.182Z`, the form of the API page.
///
/// Digits beyond the third are cut off, never rounded. Years outside 0000 to 9999 cannot be read back.
pub fn format_timestamp(time: DateTime<Utc>) -> String {
    written_timestamp(time).as_str().to_owned()
}

/// The same without an allocation.
pub(crate) fn written_timestamp(time: DateTime<Utc>) -> Written {
    let (date, clock) = (time.date_naive(), time.time());
    let mut text = match u32::try_from(date.year()) {
        Ok(year @ 0..=9999) => {
            let mut text = Written::new();
            text.push_number(year, 4);
            text
        }
        _ => Written::of(format_args!("{:04}", date.year())),
    };
    // chrono keeps a leap second as a nanosecond count of a billion and more; `parse_timestamp` never makes one.
    let millis = clock.nanosecond().min(999_999_999) / 1_000_000;
    for (sign, number, digits) in [
        (b'-', date.month(), 2),
        (b'-', date.day(), 2),
        (b'T', clock.hour(), 2),
        (b':', clock.minute(), 2),
        (b':', clock.second(), 2),
        (b'.', millis, 3),
    ] {
        text.push(sign);
        text.push_number(number, digits);
    }
    text.push(b'Z');
    text
}

fn parse(text: &[u8]) -> Option<DateTime<Utc>> {
    let (date_time, rest) = text.split_at_checked(19)?;
    let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    if separators.iter().any(|&(at, sign)| date_time[at] != sign)
        || !matches!(date_time[10], b'T' | b't' | b' ')
    {
        return None;
    }
    let number = |from: usize, to: usize| digits(&date_time[from..to]);
    let date = NaiveDate::from_ymd_opt(number(0, 4)? as i32, number(5, 7)?, number(8, 10)?)?;
    let (second, leap) = match number(17, 19)? {
        60 => (59, 1),
        second => (second, 0),
    };
    let (nanos, zone) = fraction(rest)?;
    let local = date.and_hms_nano_opt(number(11, 13)?, number(14, 16)?, second, nanos)?;
    let offset = offset(zone)?;
    let local = local.checked_add_signed(TimeDelta::seconds(leap))?;
    let time = local.checked_sub_offset(offset)?.and_utc();
    (0..=9999).contains(&time.year()).then_some(time)
}

/// Splits `.182+08:00` into nanoseconds and the zone.
fn fraction(rest: &[u8]) -> Option<(u32, &[u8])> {
    let Some((b'.', after)) = rest.split_first() else {
        return Some((0, rest));
    };
    let length = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&length) {
        return None;
    }
    let (fraction, zone) = after.split_at(length);
    Some((digits(fraction)? * 10_u32.pow(9 - length as u32), zone))
}

fn offset(zone: &[u8]) -> Option<FixedOffset> {
    let (east, hours, minutes) = match zone {
        [] | [b'Z' | b'z'] => return FixedOffset::east_opt(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] | [sign @ (b'+' | b'-'), h1, h2, m1, m2] => {
            (*sign == b'+', digits(&[*h1, *h2])?, digits(&[*m1, *m2])?)
        }
        _ => return None,
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = (hours * 3600 + minutes * 60) as i32;
    FixedOffset::east_opt(if east { seconds } else { -seconds })
}

/// At most nine ASCII digits as a number.
fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0_u32, |value, byte| {
        byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_that_a_peer_uses_is_the_same_moment() {
        let expected = format_timestamp(parse_timestamp("2024-02-27T03:47:51.000Z").unwrap());
        for text in [
            "2024-02-27T03:47:51Z",
            "2024-02-27t03:47:51z",
            "2024-02-27 03:47:51",
            "2024-02-27T03:47:51.0",
            "2024-02-27T03:47:51.000000000Z",
            "2024-02-27T03:47:51.000000+00:00",
            "2024-02-27T03:47:51.000+0000",
            "2024-02-27T11:47:51+08:00",
            "2024-02-26T22:17:51-05:30",
            "2024-02-27T03:46:60Z",
        ] {
            let parsed = parse_timestamp(text).unwrap_or_else(|_| panic!("{text}"));
            if text.ends_with("60Z") {
                assert_eq!(format_timestamp(parsed), "2024-02-27T03:47:00.000Z");
            } else {
                assert_eq!(format_timestamp(parsed), expected, "{text}");
            }
        }
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in [
            "",
            "2024-02-27",
            "2024-02-27T03:47",
            "2024-02-30T03:47:51Z",
            "2024-02-27T24:00:00Z",
            "2024-02-27T03:47:61Z",
            "2024-02-27T03:47:51.Z",
            "2024-02-27T03:47:51.1234567890Z",
            "2024-02-27T03:47:51+8",
            "2024-02-27T03:47:51+24:00",
            "2024-02-27T03:47:51+08:60",
            "2024-02-27T03:47. 51.182Z",
            "2024-02-27T03:47:51ZZ",
            "+024-02-27T03:47:51Z",
            "2024年02月27日 03:47:51",
            "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "9999-12-31T23:59:60Z",
        ] {
            assert!(parse_timestamp(text).is_err(), "{text}");
        }
    }

    #[test]
    fn digits_beyond_the_third_are_cut_off() {
        let time = parse_timestamp("2024-02-27T03:47:51.182999999Z").unwrap();
        assert_eq!(format_timestamp(time), "2024-02-27T03:47:51.182Z");
    }

    proptest! {
        #[test]
        fn the_form_is_the_one_of_a_formatter(seconds in -200_000_000_000_i64..300_000_000_000, nanos in 0_u32..2_000_000_000) {
            let Some(time) = DateTime::from_timestamp(seconds, nanos) else { return Ok(()) };
            let expected = format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                time.year(), time.month(), time.day(), time.hour(), time.minute(), time.second(),
                time.nanosecond().min(999_999_999) / 1_000_000
            );
            prop_assert_eq!(format_timestamp(time), expected);
        }
    }

    proptest! {
        #[test]
        fn written_and_read_back_is_the_same_millisecond(millis in -62_167_219_200_000_i64..253_402_300_800_000) {
            let time = DateTime::from_timestamp_millis(millis).unwrap();
            let text = format_timestamp(time);
            prop_assert_eq!(text.len(), 24);
            prop_assert_eq!(parse_timestamp(&text).unwrap(), time);
        }

        #[test]
        fn any_precision_and_offset_is_read(
            seconds in 0_i64..4_102_444_800,
            nanos in 0_u32..1_000_000_000,
            precision in 1_usize..=9,
            offset in -1439_i32..=1439,
            blank: bool,
            colon: bool,
        ) {
            let kept = nanos / 10_u32.pow(9 - precision as u32) * 10_u32.pow(9 - precision as u32);
            let time = DateTime::from_timestamp(seconds, kept).unwrap();
            let local = time.naive_utc() + TimeDelta::minutes(i64::from(offset));
            let fraction = &format!("{nanos:09}")[..precision];
            let sign = if offset < 0 { '-' } else { '+' };
            let (hours, minutes) = (offset.abs() / 60, offset.abs() % 60);
            let separator = if blank { ' ' } else { 'T' };
            let zone_separator = if colon { ":" } else { "" };
            let text = format!(
                "{}{separator}{}.{fraction}{sign}{hours:02}{zone_separator}{minutes:02}",
                local.format("%Y-%m-%d"), local.format("%H:%M:%S"),
            );
            prop_assert_eq!(parse_timestamp(&text).unwrap(), time, "{}", text);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}|[0-9TZ:.+ -]{0,40}") {
            let _ = parse_timestamp(&text);
        }
    }
}
