//! How long an answer asks to wait.

use std::time::Duration;

use chrono::{DateTime, Datelike, TimeDelta};
use http::{HeaderValue, Response, StatusCode};
use session_export::{Ambiguity, ExportKind, RetryPolicy};
use session_export_model::{format_timestamp, parse_http_date, retry_hint};
use session_export_transport::ResponseBody;

use crate::input::{first_line, text};
use crate::one_client::{Answers, PROJECT, TASK, client, run};

/// A line for `Retry-After`, one for `Date`, and a message.
///
/// `retry_hint` agrees with a second reader, dates that are written can be read, a year that is read has four digits, a
/// client that is told to wait for as long as a number can say waits and goes on, and one that looks for the task of a
/// lost submit in a list of that `Date` ends with an answer.
///
/// # Panics
///
/// When that does not hold.
pub fn retry_after(data: &[u8]) {
    let (header, rest) = first_line(data);
    let (date, message) = first_line(rest);
    let (header, date, message) = (text(header), text(date), text(message));
    let hint = |header, message| retry_hint(header, Some(&date), message);

    let (of_header, of_message) = (hint(Some(&*header), None), hint(None, Some(&*message)));
    assert_eq!(hint(Some(&*header), Some(&*message)), of_header.max(of_message));
    assert_eq!(of_message, window(&message), "{message:?}");
    if let Some(expected) = seconds(&header).or_else(|| until(&header, &date)) {
        assert_eq!(of_header, Some(expected), "{header:?} {date:?}");
    } else if !header.contains(|c: char| c.is_ascii_alphabetic()) {
        // Only a date, whose forms are many, could still say something.
        assert_eq!(of_header, None, "{header:?}");
    }
    if let Some(bytes) = data.first_chunk::<8>() {
        dates(u64::from_le_bytes(*bytes));
    }
    for text in [&header, &date] {
        if let Some(moment) = parse_http_date(text) {
            assert!((0..=9999).contains(&moment.year()), "{text:?}");
        }
    }
    a_client_waits(&header, &date, &message);
    a_client_reconciles(&date);
}

/// Digits alone, up to what 64 bits hold.
fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    let mut value = 0_u64;
    for c in text.chars() {
        value = value.checked_mul(10)?.checked_add(u64::from(c.to_digit(10)?))?;
    }
    (!text.is_empty()).then(|| Duration::from_secs(value))
}

/// The one form of a date that servers may send (RFC 9110, 5.6.7), in seconds since 1970.
fn imf_fixdate(text: &str) -> Option<i128> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let text = text.trim();
    if text.len() != 29 || !text.is_ascii() || !text.ends_with(" GMT") {
        return None;
    }
    let month = MONTHS.find(&text[8..11]).filter(|at| at % 3 == 0)? / 3 + 1;
    let (day, year, time) = (&text[5..7], &text[12..16], &text[17..25]);
    let written = format!("{}, {day} {} {year} {time} GMT", &text[..3], &text[8..11]);
    let moment = crate::timestamp::nanos(&format!("{year}-{month:02}-{day}T{time}Z"))? / 1_000_000_000;
    let weekday = DAYS[usize::try_from(moment.div_euclid(86_400).rem_euclid(7)).ok()?];
    // A leap second is the next minute's, perhaps of another day.
    (written == text && &text[..3] == weekday && !time.ends_with("60")).then_some(moment)
}

fn until(text: &str, date: &str) -> Option<Duration> {
    let wait = imf_fixdate(text)? - imf_fixdate(date)?;
    Some(Duration::from_secs(u64::try_from(wait.max(0)).ok()?))
}

/// `time:1 minute`, `per 60 seconds`: what stands behind the last of each mark.
fn window(message: &str) -> Option<Duration> {
    let message: Vec<u8> = message.bytes().map(|byte| byte.to_ascii_lowercase()).collect();
    let behind = |mark: &[u8]| -> Option<Duration> {
        let at = (0..message.len())
            .rev()
            .find(|at| message[*at..].starts_with(mark))?;
        let rest = std::str::from_utf8(&message[at + mark.len()..])
            .ok()?
            .trim_start();
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let number: u64 = rest[..rest.len() - unit.len()].parse().ok()?;
        let unit = unit.trim_start();
        let length = if unit.starts_with("second") {
            1
        } else if unit.starts_with("minute") {
            60
        } else if unit.starts_with("hour") {
            3_600
        } else if unit.starts_with("day") {
            86_400
        } else {
            return None;
        };
        Some(Duration::from_secs(number.checked_mul(length)?))
    };
    behind(b"time:").max(behind(b"per "))
}

fn dates(bits: u64) {
    // The years 1970 to 9999.
    let last = 253_402_300_799;
    let start = i64::try_from(bits >> 24).unwrap_or_default() % last;
    let wait = i64::try_from(bits & 0xff_ffff)
        .unwrap_or_default()
        .min(last - start);
    let imf = |seconds| {
        let time = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        (time, time.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
    };
    let ((start, start_text), (_, end_text)) = (imf(start), imf(start + wait));
    assert_eq!(parse_http_date(&start_text), Some(start), "{start_text}");
    assert_eq!(
        imf_fixdate(&start_text),
        Some(i128::from(start.timestamp())),
        "{start_text}"
    );
    let expected = Duration::from_secs(wait.unsigned_abs());
    assert_eq!(
        retry_hint(Some(&end_text), Some(&start_text), None),
        Some(expected)
    );
}

/// A client that was told to follow any hint is refused with a 429, twice, then answered.
fn a_client_waits(header: &str, date: &str, message: &str) {
    let body = serde_json::json!({ "error_code": "APIGW.0308", "error_msg": message });
    let refusal = || {
        let mut refusal = Response::new(ResponseBody::from(body.to_string()));
        *refusal.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        for (name, value) in [("retry-after", header), ("date", date)] {
            if let Ok(value) = HeaderValue::from_str(value) {
                refusal.headers_mut().insert(name, value);
            }
        }
        refusal
    };
    let task = serde_json::json!({ "export_tasks": [{ "task_id": TASK, "status": "CREATING" }] });
    let answer = Response::new(ResponseBody::from(task.to_string()));
    let answers = Answers::new([refusal(), refusal(), answer]);
    let policy = RetryPolicy::default().longest_hint(Duration::MAX);
    let client = client(&answers, "MIItoken", policy);
    let task = client.task(TASK.parse().expect("an id"));
    assert!(run(task.check()).is_ok());
}

/// A client lost the answer to a submit, and both lists of tasks come with this `Date`.
fn a_client_reconciles(date: &str) {
    let Ok(date) = HeaderValue::from_str(date) else {
        return;
    };
    let began = DateTime::from_timestamp(1_709_005_671, 0).unwrap_or_default() - TimeDelta::minutes(2);
    let list = || {
        let task = serde_json::json!({ "task_id": TASK, "create_time": format_timestamp(began), "status": "SUCCESS" });
        let body = serde_json::json!({ "count": 1, "export_tasks": [task] });
        let mut list = Response::new(ResponseBody::from(body.to_string()));
        list.headers_mut().insert("date", date.clone());
        list
    };
    // Of each list a second page, which has nothing new.
    let answers = Answers::new([list(), list(), list(), list()]);
    let client = client(&answers, "MIItoken", RetryPolicy::default());
    let project = PROJECT.parse().expect("an id");
    let ambiguity = Ambiguity::new(ExportKind::Sessions, project, began, began);
    let found = run(client.reconcile(&ambiguity));
    assert!(found.is_ok(), "{found:?}");
}
