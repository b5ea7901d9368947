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
