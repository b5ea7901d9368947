//! Amounts as people read them.

use std::time::Duration;

/// `999 B`, `1.0 KiB`, `27.4 MiB`.
#[allow(clippy::cast_precision_loss, reason = "one decimal is shown")]
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1_024.0;
    let mut unit = 0;
    // What would be shown as 1024.0 is the next unit's 1.0.
    while value >= 1_023.95 && unit + 1 < UNITS.len() {
        value /= 1_024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// Whole seconds: `9 s`, `2 min 05 s`, `1 h 02 min`.
pub(crate) fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
    }
}

/// What is left of a pause: never less than was said.
pub(crate) fn time_left(left: Duration) -> String {
    time(left + Duration::from_millis(999))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_never_has_four_digits_before_its_point() {
        for (count, text) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_024, "1.0 KiB"),
            (1_048_575, "1.0 MiB"),
            (28_731_310, "27.4 MiB"),
            (5 << 30, "5.0 GiB"),
            (u64::MAX, "16384.0 PiB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn times_are_whole_and_what_is_left_is_rounded_up() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min 00 s"),
            (125, "2 min 05 s"),
            (3_600, "1 h 00 min"),
            (3_725, "1 h 02 min"),
        ] {
            assert_eq!(time(Duration::from_secs(seconds)), text);
        }
        assert_eq!(time_left(Duration::from_millis(1_001)), "2 s");
        assert_eq!(time_left(Duration::from_secs(2)), "2 s");
        assert_eq!(time_left(Duration::ZERO), "0 s");
    }
}
