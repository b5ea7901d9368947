//! Numbers for people.

/// A number with a comma after every third digit.
///
/// ```
/// assert_eq!(session_export_report::grouped(1_204_000), "1,204,000");
/// ```
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share with one decimal. What is neither nothing nor everything never looks like it.
///
/// ```
/// use session_export_report::percent;
///
/// assert_eq!(percent(1, 8), "12.5%");
/// assert_eq!((percent(1, 1_000_000), percent(999_999, 1_000_000)), ("0.1%".into(), "99.9%".into()));
/// assert_eq!(percent(0, 0), "0.0%");
/// ```
pub fn percent(part: u64, whole: u64) -> String {
    let share = if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64 * 100.0
    };
    let shown = (share * 10.0).round() / 10.0;
    let shown = match shown {
        _ if part == 0 || part >= whole => share,
        _ => shown.clamp(0.1, 99.9),
    };
    format!("{shown:.1}%")
}

/// A span of time in its two largest units: `45 s`, `12 min`, `3 h 5 min`, `4 d 2 h`. Rounded to the smaller one.
///
/// ```
/// assert_eq!(session_export_report::length(11_100_000.0), "3 h 5 min");
/// ```
pub fn length(millis: f64) -> String {
    Units::ENGLISH.length(millis)
}

/// The names of the units, each with what is between it and its number.
pub(crate) struct Units {
    second: &'static str,
    minute: &'static str,
    hour: &'static str,
    day: &'static str,
}

impl Units {
    pub(crate) const ENGLISH: Self = Self {
        second: " s",
        minute: " min",
        hour: " h",
        day: " d",
    };
    pub(crate) const CHINESE: Self = Self {
        second: " 秒",
        minute: " 分",
        hour: " 小时",
        day: " 天",
    };

    pub(crate) fn length(&self, millis: f64) -> String {
        let seconds = millis / 1_000.0;
        if seconds < 9.95 {
            let text = format!("{seconds:.1}");
            let text = text.strip_suffix(".0").unwrap_or(&text);
            return format!("{text}{}", self.second);
        }
        if seconds < 59.5 {
            return format!("{seconds:.0}{}", self.second);
        }
        let minutes = (seconds / 60.0).round() as u64;
        if minutes < 60 {
            return format!("{minutes}{}", self.minute);
        }
        if minutes < 48 * 60 {
            return two(minutes / 60, self.hour, minutes % 60, self.minute);
        }
        let hours = (seconds / 3_600.0).round() as u64;
        two(hours / 24, self.day, hours % 24, self.hour)
    }
}

fn two(large: u64, unit: &str, small: u64, small_unit: &str) -> String {
    let large = grouped(large);
    match small {
        0 => format!("{large}{unit}"),
        _ => format!("{large}{unit} {small}{small_unit}"),
    }
}

/// Hours with one decimal up to a thousand of them.
pub(crate) fn hours(millis: u64) -> String {
    let hours = millis as f64 / 3_600_000.0;
    if hours < 999.95 {
        format!("{hours:.1}")
    } else {
        grouped(hours.round() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_its_two_largest_units() {
        for (millis, expected) in [
            (0.0, "0 s"),
            (499.0, "0.5 s"),
            (9_960.0, "10 s"),
            (59_400.0, "59 s"),
            (59_600.0, "1 min"),
            (3_569_000.0, "59 min"),
            (3_599_000.0, "1 h"),
            (11_100_000.0, "3 h 5 min"),
            (172_740_000.0, "47 h 59 min"),
            (172_800_000.0, "2 d"),
            (360_000_000.0, "4 d 4 h"),
            (864e8 * 1_000.0, "1,000,000 d"),
        ] {
            assert_eq!(length(millis), expected, "{millis}");
        }
        assert_eq!(Units::CHINESE.length(11_100_000.0), "3 小时 5 分");
    }

    #[test]
    fn hours_have_a_decimal_while_it_matters() {
        assert_eq!(
            (hours(5_400_000), hours(3_600_000 * 12_345)),
            ("1.5".into(), "12,345".into())
        );
    }

    #[test]
    fn no_number_is_too_large() {
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
        assert!(length(u64::MAX as f64).ends_with('d') || length(u64::MAX as f64).ends_with('h'));
        assert_eq!(percent(u64::MAX, u64::MAX), "100.0%");
    }
}
