//! Times as text: every form that a client is known to send, and the forms that the services answer with.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Utc};

/// The emulator's clock when none is injected.
pub(crate) fn system_now() -> DateTime<Utc> {
    SystemTime::now().into()
}

/// 00:00 UTC of the day of `now`.
pub(crate) fn midnight(now: DateTime<Utc>) -> DateTime<Utc> {
    now.date_naive().and_time(NaiveTime::MIN).and_utc()
}

/// `at + delay`, or the last representable moment.
pub(crate) fn later(at: DateTime<Utc>, delay: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(delay)
        .ok()
        .and_then(|delta| at.checked_add_signed(delta))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// `2022-03-07T10:40:43.858Z`
pub(crate) fn millis(at: DateTime<Utc>) -> String {
    // Several times as fast as a pattern, which a million rows feel.
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// `2022-03-07T10:40:43.858+0000`, what a Java pattern with a zone gives.
pub(crate) fn millis_with_zone(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

/// `2020-01-04T09:05:22.701000Z`
pub(crate) fn micros(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// `2024-03-13T03:12:47Z`
pub(crate) fn seconds(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The form of HTTP's `Date` header.
pub(crate) fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// `20240227T034751Z`, the form of `X-Sdk-Date`.
pub(crate) fn basic(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// Reads the form of `X-Sdk-Date`, and nothing else.
pub(crate) fn parse_basic(text: &[u8]) -> Option<DateTime<Utc>> {
    let [date @ .., b'T', h1, h2, m1, m2, s1, s2, b'Z'] = text else {
        return None;
    };
    let [year @ .., n1, n2, d1, d2] = date else {
        return None;
    };
    if year.len() != 4 {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(number(year)?).ok()?,
        number(&[*n1, *n2])?,
        number(&[*d1, *d2])?,
    )?;
    let time = NaiveTime::from_hms_opt(number(&[*h1, *h2])?, number(&[*m1, *m2])?, number(&[*s1, *s2])?)?;
    Some(date.and_time(time).and_utc())
}

/// Milliseconds since 1970 as a time. Generated data never leaves the representable range.
pub(crate) fn from_millis(at: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at).unwrap_or_default()
}

/// A time as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    /// The moment; in UTC where nothing is said.
    pub(crate) at: DateTime<Utc>,
    pub(crate) has_zone: bool,
    pub(crate) has_blank: bool,
}

/// Reads `YYYY-MM-DD`, `T` or a blank, `HH:MM:SS`, 0 to 9 fractional digits, and `Z`, an offset or nothing (UTC).
pub(crate) fn parse(text: &str) -> Option<Written> {
    let bytes = text.as_bytes();
    let (fixed, rest) = (bytes.get(..19)?, bytes.get(19..)?);
    let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    if separators.iter().any(|(at, wanted)| fixed[*at] != *wanted) || !matches!(fixed[10], b'T' | b't' | b' ')
    {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(number(&fixed[0..4])?).ok()?,
        number(&fixed[5..7])?,
        number(&fixed[8..10])?,
    )?;
    let (nanos, zone) = fraction(rest)?;
    let time = NaiveTime::from_hms_nano_opt(
        number(&fixed[11..13])?,
        number(&fixed[14..16])?,
        number(&fixed[17..19])?,
        nanos,
    )?;
    let local = date.and_time(time);
    Some(Written {
        at: local.checked_sub_signed(offset(zone)?)?.and_utc(),
        has_zone: !zone.is_empty(),
        has_blank: fixed[10] == b' ',
    })
}

/// A number of at most nine ASCII digits.
fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 9 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(
        digits
            .iter()
            .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')),
    )
}

/// Nanoseconds, and what follows the fraction.
fn fraction(rest: &[u8]) -> Option<(u32, &[u8])> {
    let Some(rest) = rest.strip_prefix(b".") else {
        return Some((0, rest));
    };
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, zone) = rest.split_at(count);
    let scale = 10_u32.pow(9_u32.checked_sub(u32::try_from(count).ok()?)?);
    Some((number(digits)? * scale, zone))
}

fn offset(zone: &[u8]) -> Option<TimeDelta> {
    let (sign, digits) = match zone {
        [] | [b'Z' | b'z'] => return Some(TimeDelta::zero()),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits {
        [h1, h2, b':', m1, m2] | [h1, h2, m1, m2] => (number(&[*h1, *h2])?, number(&[*m1, *m2])?),
        _ => return None,
    };
    let in_range = hours < 24 && minutes < 60;
    in_range.then(|| TimeDelta::minutes(sign * i64::from(hours * 60 + minutes)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_of_the_sdks_is_read() {
        for (text, expected) in [
            ("2024-02-27T03:47:51.182Z", "2024-02-27T03:47:51.182000Z"),
            ("2024-02-27T03:47:51Z", "2024-02-27T03:47:51.000000Z"),
            ("2024-02-27T03:47:51.182000+00:00", "2024-02-27T03:47:51.182000Z"),
            ("2024-03-01T11:47:51+08:00", "2024-03-01T03:47:51.000000Z"),
            ("2024-03-01T11:47:51-0330", "2024-03-01T15:17:51.000000Z"),
            ("2024-02-27T03:47:51.182000", "2024-02-27T03:47:51.182000Z"),
            ("2024-02-27 03:47:51", "2024-02-27T03:47:51.000000Z"),
            ("2024-02-29t00:00:00.123456789z", "2024-02-29T00:00:00.123456Z"),
        ] {
            let written = parse(text).map(|written| micros(written.at));
            assert_eq!(written.as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "2024-02-27",
            "2024-02-27T03:47",
            "2024-02-30T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-02-27T24:00:00Z",
            "2024-02-27T23:59:60Z",
            "2024-02-27T03:47:51.Z",
            "2024-02-27T03:47:51.1234567890Z",
            "2024-02-27T03:47:51 Z",
            "2024-02-27T03:47:51+8",
            "2024-02-27T03:47:51+24:00",
            "2024-02-27T03:47. 51.182Z",
            "+024-02-27T03:47:51Z",
            "2024-02-27T03:47:51Z ",
            "２０２４-02-27T03:47:51Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn signing_dates_have_one_form() {
        let read = |text: &str| parse_basic(text.as_bytes()).map(micros);
        assert_eq!(
            read("20240227T034751Z").as_deref(),
            Some("2024-02-27T03:47:51.000000Z")
        );
        for text in [
            "",
            "Z",
            "T000000Z",
            "20240230T000000Z",
            "20240227T034760Z",
            "20240227T240000Z",
            "20240227T034751z",
            "20240227T034751",
            "2024-02-27T03:47:51Z",
            "020240227T034751Z",
            "2024022７T034751Z",
            "+0240227T034751Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn signing_dates_never_panic_and_are_read_back(text in any::<Vec<u8>>(), at in 0_i64..250_000_000_000) {
            let _ = parse_basic(&text);
            let at = from_millis(at * 1_000);
            prop_assert_eq!(parse_basic(basic(at).as_bytes()), Some(at));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}|[-0-9T:.+Z ]{15,36}") {
            let _ = parse(&text);
        }

        #[test]
        fn what_is_written_is_read_back(at in -62_000_000_000_000_i64..250_000_000_000_000) {
            let at = from_millis(at);
            for text in [millis(at), micros(at)] {
                prop_assert_eq!(parse(&text).map(|written| written.at), Some(at));
            }
        }
    }
}
