//! How far this machine's clock is from a server's.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use crate::parse_http_date;

/// How far this machine's clock is from a server's, where that is far enough for a signature to be refused.
///
/// The gateway refuses a signature whose time is more than 15 minutes from its own (API Request Signing Guide). A `Date`
/// header has whole seconds and was written a moment ago, so two seconds less than that count too.
///
/// `Display`: `this machine's clock is 20 min 1 s ahead of the server's`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSkew(TimeDelta);

impl ClockSkew {
    /// The skew of a clock that showed `ours` when the server wrote `date`, the value of its `Date` header; none when
    /// they are near enough, or when the header cannot be read.
    pub fn between(ours: DateTime<Utc>, date: &str) -> Option<Self> {
        let skew = ours - parse_http_date(date)?;
        (skew.abs() >= TimeDelta::minutes(15) - TimeDelta::seconds(2)).then_some(Self(skew))
    }

    /// By how much this machine's clock is ahead; negative when it is behind.
    pub fn ahead(self) -> TimeDelta {
        self.0
    }
}

impl fmt::Display for ClockSkew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let apart = self.0.abs();
        write!(
            f,
            "this machine's clock is {} min {} s {} the server's",
            apart.num_minutes(),
            apart.num_seconds() % 60,
            if self.0 < TimeDelta::zero() {
                "behind"
            } else {
                "ahead of"
            }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_be_the_reason_is_a_skew() {
        let ours = "2024-02-27T03:47:51.182Z".parse().unwrap();
        for (date, expected) in [
            (
                "Tue, 27 Feb 2024 03:27:50 GMT",
                Some("this machine's clock is 20 min 1 s ahead of the server's"),
            ),
            (
                "Tue, 27 Feb 2024 04:47:56 GMT",
                Some("this machine's clock is 60 min 4 s behind the server's"),
            ),
            (
                "Tue, 27 Feb 2024 03:32:53 GMT",
                Some("this machine's clock is 14 min 58 s ahead of the server's"),
            ),
            ("Tue, 27 Feb 2024 03:32:54 GMT", None),
            ("Tue, 27 Feb 2024 04:02:40 GMT", None),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some("this machine's clock is ")),
            ("31 Dec 262142 23:59:59 GMT", None),
            ("yesterday", None),
        ] {
            let skew = ClockSkew::between(ours, date).map(|skew| skew.to_string());
            match expected {
                Some(expected) => assert!(skew.as_deref().unwrap().starts_with(expected), "{skew:?}"),
                None => assert_eq!(skew, None, "{date}"),
            }
        }
    }
}
