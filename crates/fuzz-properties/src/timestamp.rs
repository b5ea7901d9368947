//! Times.

use chrono::DateTime;
use session_export_model::{format_timestamp, parse_timestamp};

use crate::input::text;

const DAY: i128 = 86_400_000_000_000;
const SECOND: i128 = 1_000_000_000;

/// `parse_timestamp` agrees with a second reader of the same grammar, and what was read can be written and read again.
///
/// # Panics
///
/// When that does not hold.
pub fn timestamp(data: &[u8]) {
    let text = text(data);
    let parsed = parse_timestamp(&text).ok();
    let expected = nanos(&text);
    let found =
        parsed.map(|time| i128::from(time.timestamp()) * SECOND + i128::from(time.timestamp_subsec_nanos()));
    assert_eq!(found, expected, "{text:?}");
    if let Some(time) = parsed {
        let written = format_timestamp(time);
        assert_eq!(written.len(), 24, "{written}");
        let again = parse_timestamp(&written).expect("what was written can be read");
        assert_eq!(again.timestamp_millis(), time.timestamp_millis(), "{written}");
        assert_eq!(format_timestamp(again), written);
    }

    if let Some(bytes) = data.first_chunk::<8>() {
        let (first, last) = (-62_167_219_200_000_i64, 253_402_300_799_999);
        let millis = first + i64::from_le_bytes(*bytes).rem_euclid(last - first + 1);
        let time = DateTime::from_timestamp_millis(millis).expect("a year of four digits");
        assert_eq!(parse_timestamp(&format_timestamp(time)), Ok(time));
    }
}

/// The grammar of `parse_timestamp`, read once more and with its own calendar: nanoseconds since 1970, of the years
/// 0000 to 9999 of UTC.
pub(crate) fn nanos(text: &str) -> Option<i128> {
    let rest = text;
    let (year, rest) = number(rest, 4)?;
    let (month, rest) = number(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = number(rest.strip_prefix('-')?, 2)?;
    let (hour, rest) = number(rest.strip_prefix(['T', 't', ' '])?, 2)?;
    let (minute, rest) = number(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = number(rest.strip_prefix(':')?, 2)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        None => (0, rest),
        Some(rest) => {
            let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            if length == 0 || length > 9 {
                return None;
            }
            let (value, zone) = number(rest, length)?;
            (value * 10_i128.pow(9 - u32::try_from(length).ok()?), zone)
        }
    };
    let offset = if zone.is_empty() || zone.eq_ignore_ascii_case("z") {
        0
    } else {
        let sign = match zone.as_bytes()[0] {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let (hours, rest) = number(&zone[1..], 2)?;
        let (minutes, rest) = number(rest.strip_prefix(':').unwrap_or(rest), 2)?;
        if !rest.is_empty() || hours > 23 || minutes > 59 {
            return None;
        }
        sign * (hours * 60 + minutes) * 60 * SECOND
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, 28 + i128::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::try_from(month).ok()?.checked_sub(1)?;
    if day < 1 || day > *lengths.get(before)? || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // 719,528 days are from the first of the year 0 to 1970.
    let leap_years = if year == 0 {
        0
    } else {
        (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 + 1
    };
    let days = year * 365 + leap_years + lengths[..before].iter().sum::<i128>() + day - 1 - 719_528;
    let local = days * DAY + ((hour * 60 + minute) * 60 + second) * SECOND + fraction;
    let utc = local - offset;
    (-719_528 * DAY..2_932_897 * DAY).contains(&utc).then_some(utc)
}

/// Exactly so many ASCII digits, and what is behind them.
fn number(text: &str, length: usize) -> Option<(i128, &str)> {
    let digits = text.get(..length)?;
    let all = digits.bytes().all(|byte| byte.is_ascii_digit());
    Some((digits.parse().ok().filter(|_| all)?, &text[length..]))
}
