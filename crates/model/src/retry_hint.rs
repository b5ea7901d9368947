//! How long an answer asks to wait.

use std::time::Duration;

use chrono::{DateTime, Datelike, TimeDelta, Utc};

/// The moment in an HTTP date header, such as `Date`: `Tue, 27 Feb 2024 03:47:51 GMT` (RFC 9110, 5.6.7).
///
/// None for a year of more than four digits, which no such date has: whoever computes with a server's time may then add
/// years to it, or take them off, and stays within the calendar.
pub fn parse_http_date(text: &str) -> Option<DateTime<Utc>> {
    let date = DateTime::parse_from_rfc2822(text.trim()).ok()?.to_utc();
    (0..=9999).contains(&date.year()).then_some(date)
}

/// How long an answer asks to wait before the next try.
///
/// `retry_after` is the header of this name, in seconds or as a date (RFC 9110, 10.2.3); a date is measured against
/// `date`, the answer's own `Date`, so that this machine's clock does not matter. `message` is the text of a throttling
/// answer; the gateway names its window there (`limit:10,time:1 minute`), and so does IAM (`10 times per 60 seconds`).
/// No document shows the header on this service, so both are read where they stand; the longer one counts.
///
/// ```
/// use std::time::Duration;
/// use session_export_model::retry_hint;
///
/// assert_eq!(retry_hint(Some("7"), None, None), Some(Duration::from_secs(7)));
/// let message = "The throttling threshold has been reached: policy user over ratelimit,limit:10,time:1 minute";
/// assert_eq!(retry_hint(None, None, Some(message)), Some(Duration::from_secs(60)));
/// ```
pub fn retry_hint(retry_after: Option<&str>, date: Option<&str>, message: Option<&str>) -> Option<Duration> {
    let header = retry_after.and_then(|text| header_hint(text.trim(), date));
    let window = message.and_then(window);
    header.max(window)
}

fn header_hint(text: &str, date: Option<&str>) -> Option<Duration> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().map(Duration::from_secs);
    }
    let wait = parse_http_date(text)? - parse_http_date(date?)?;
    wait.max(TimeDelta::zero()).to_std().ok()
}

/// `time:1 minute`, or `per 60 seconds`.
fn window(message: &str) -> Option<Duration> {
    let lower = message.to_ascii_lowercase();
    ["time:", "per "]
        .into_iter()
        .filter_map(|mark| {
            let (_, rest) = lower.rsplit_once(mark)?;
            let rest = rest.trim_start();
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number: u64 = rest[..digits].parse().ok()?;
            let unit = rest[digits..].trim_start();
            let seconds = [("second", 1), ("minute", 60), ("hour", 3_600), ("day", 86_400)]
                .into_iter()
                .find_map(|(name, seconds)| unit.starts_with(name).then_some(seconds))?;
            Some(Duration::from_secs(number.checked_mul(seconds)?))
        })
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Tue, 27 Feb 2024 03:47:51 GMT";

    #[test]
    fn what_a_header_says() {
        for (header, date, expected) in [
            ("0", None, Some(0)),
            (" 120 ", None, Some(120)),
            ("86400", None, Some(86_400)),
            ("31536000", None, Some(31_536_000)),
            ("99999999999999999999999", None, None),
            ("", None, None),
            ("-1", None, None),
            ("1.5", None, None),
            ("soon", Some(DATE), None),
            ("Tue, 27 Feb 2024 03:48:01 GMT", Some(DATE), Some(10)),
            ("Tue, 27 Feb 2024 03:47:00 GMT", Some(DATE), Some(0)),
            ("Tue, 27 Feb 2024 03:48:01 GMT", None, None),
            ("Tue, 27 Feb 2024 03:48:01 GMT", Some("yesterday"), None),
        ] {
            assert_eq!(
                retry_hint(Some(header), date, None),
                expected.map(Duration::from_secs),
                "{header:?}"
            );
        }
    }

    /// The calendar behind this goes on for 260,000 years, and ends with a moment that nothing can be added to.
    #[test]
    fn a_year_has_four_digits() {
        let (first, last) = ("Sat, 01 Jan 0000 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT");
        assert!(parse_http_date(first).is_some() && parse_http_date(last).is_some());
        for text in [
            "31 Dec 262142 23:59:59 GMT",
            "Sat, 01 Jan 10000 00:00:00 GMT",
            "Fri, 31 Dec 9999 23:59:59 -0001",
            "Sat, 01 Jan 0000 00:00:00 +0001",
        ] {
            assert_eq!(parse_http_date(text), None, "{text}");
            assert_eq!(retry_hint(Some(text), Some(DATE), None), None, "{text}");
            assert_eq!(retry_hint(Some(DATE), Some(text), None), None, "{text}");
        }
    }

    #[test]
    fn what_a_message_says() {
        for (message, expected) in [
            ("policy user over ratelimit,limit:10,time:1 minute", Some(60)),
            ("POLICY ip over ratelimit,limit:10,time:30 Seconds", Some(30)),
            ("Threshold: 10 times per 60 seconds", Some(60)),
            ("limit:10,time:1 fortnight", None),
            ("limit:10,time: minute", None),
            ("limit:10,time:99999999999999999999 minute", None),
            ("limit:10,time:18446744073709551615 hour", None),
            ("time:1分", None),
            ("ten per cent", None),
            ("", None),
        ] {
            assert_eq!(
                retry_hint(None, None, Some(message)),
                expected.map(Duration::from_secs),
                "{message:?}"
            );
        }
        let both = retry_hint(Some("5"), None, Some("limit:10,time:1 minute"));
        assert_eq!(both, Some(Duration::from_secs(60)));
    }
}
