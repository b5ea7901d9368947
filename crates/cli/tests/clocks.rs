//! Dates and times where the clocks are set back or forward.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "helpers of tests")]

mod common;

use common::server::{Server, respond_json};
use common::{Running, window};

/// The window that is used for these flags in a zone.
fn used(zone: &str, begin: &str, end: &str) -> (String, String) {
    let server = Server::start(|_| respond_json(200, r#"{"count":0,"items":[]}"#));
    let mut command = server.command(&["sessions", "--json", "--begin", begin, "--end", end]);
    command.env("TZ", zone);
    let done = Running::start(command).finish().expect(0);
    window(&done.stderr)
}

#[test]
fn a_window_takes_all_of_an_hour_that_happens_twice() {
    for (zone, begin, end, from, to) in [
        // 01:00 to 02:00 happens twice.
        (
            "America/New_York",
            "2024-11-03T01:30",
            "2024-11-03T01:30",
            "2024-11-03T05:30:00.000Z",
            "2024-11-03T06:30:00.000Z",
        ),
        (
            "America/New_York",
            "2024-11-03T01:00",
            "2024-11-03T02:00",
            "2024-11-03T05:00:00.000Z",
            "2024-11-03T07:00:00.000Z",
        ),
        (
            "America/New_York",
            "2024-11-03",
            "2024-11-03",
            "2024-11-03T04:00:00.000Z",
            "2024-11-04T04:59:59.999Z",
        ),
        // 00:00 to 01:00 does, so the day begins twice.
        (
            "America/Havana",
            "2024-11-03",
            "2024-11-03",
            "2024-11-03T04:00:00.000Z",
            "2024-11-04T04:59:59.999Z",
        ),
        // The first moment after the repeated hour happens once.
        (
            "America/Havana",
            "2024-11-03T01:00",
            "2024-11-03T01:00",
            "2024-11-03T06:00:00.000Z",
            "2024-11-03T06:00:00.000Z",
        ),
        (
            "America/Havana",
            "2024-11-02",
            "2024-11-03T00:30",
            "2024-11-02T04:00:00.000Z",
            "2024-11-03T05:30:00.000Z",
        ),
    ] {
        let expected = (from.to_owned(), to.to_owned());
        // An end that is the begin is no window, so each is asked for with another one.
        let begins = used(zone, begin, "2024-11-05T00:00:00Z").0;
        let ends = used(zone, "2024-11-01T00:00:00Z", end).1;
        assert_eq!((begins, ends), expected, "{zone} {begin} {end}");
    }
}

#[test]
fn an_hour_that_does_not_happen_is_what_the_clocks_show_then() {
    for (zone, begin, from) in [
        ("America/New_York", "2024-03-10T02:30", "2024-03-10T07:30:00.000Z"),
        ("America/Havana", "2024-03-10", "2024-03-10T05:00:00.000Z"),
    ] {
        assert_eq!(used(zone, begin, "2024-03-12T00:00:00Z").0, from, "{zone}");
    }
}

#[test]
fn a_day_that_ends_an_hour_early_has_nothing_of_the_next_one() {
    for (zone, day, to) in [
        // At 23:00 the clocks are set to 24:00.
        ("America/Nuuk", "2025-03-29", "2025-03-30T00:59:59.999Z"),
        // At 24:00 they are set back to 23:00, and forward to 01:00.
        ("America/Nuuk", "2025-10-25", "2025-10-26T01:59:59.999Z"),
        ("America/Havana", "2024-03-09", "2024-03-10T04:59:59.999Z"),
        // There is no next day.
        ("Pacific/Apia", "2011-12-29", "2011-12-30T09:59:59.999Z"),
    ] {
        assert_eq!(used(zone, "2011-11-01T00:00:00Z", day).1, to, "{zone} {day}");
    }
}

#[test]
fn a_day_that_a_zone_left_out_begins_with_the_next_one() {
    let begin = used("Pacific/Apia", "2011-12-30", "2012-01-05").0;
    assert_eq!(begin, "2011-12-30T10:00:00.000Z");
}

#[test]
fn a_date_beyond_all_calendars_is_refused() {
    for zone in ["America/New_York", "Asia/Tokyo", "UTC"] {
        for (begin, end) in [("2024-01-01", "+262142-12-31"), ("-262143-01-01", "2024-01-01")] {
            let server = Server::start(|_| respond_json(200, r#"{"count":0,"items":[]}"#));
            let begin = format!("--begin={begin}");
            let mut command = server.command(&["sessions", "--json", &begin, "--end", end]);
            command.env("TZ", zone);
            let done = Running::start(command).finish();
            done.expect(2);
        }
    }
}
