//! The window of a query: its two times, what they may be, and which sessions start in it.

use std::ops::Bound;

use chrono::{DateTime, Months, TimeDelta, Utc};

use super::FilterFault;
use crate::choices::{
    BlankInTime, Choices, DefaultWindow, EqualTimes, HalfWindow, ReversedWindow, ThirtyDays,
    ThirtyDaysBoundary, WindowEnds, ZonelessTime,
};
use crate::lists::List;
use crate::time;

/// What the 30 days of an export are.
const THIRTY_DAYS: TimeDelta = TimeDelta::days(30);

/// The longest text that `ListSessions` takes for a time.
const LIST_TIME_LIMIT: usize = 32;

/// The times between which a session starts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) begin: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
    ends: WindowEnds,
}

impl Window {
    pub(super) fn for_export<'a>(
        list: List,
        text: impl Fn(&str) -> Result<Option<&'a str>, String>,
        now: DateTime<Utc>,
        choices: &Choices,
    ) -> Result<Self, FilterFault> {
        let fields = list.facts();
        let begin = moment(text(fields.begin)?, fields.begin, choices)?;
        let end = moment(text(fields.end)?, fields.end, choices)?;
        let (begin, end) = match (begin, end) {
            (Some(begin), Some(end)) => (begin, end),
            (None, None) => (month_before(now, choices), now),
            (Some(begin), None) if choices.half_window == HalfWindow::Open => {
                let end = begin.checked_add_signed(THIRTY_DAYS).unwrap_or(now);
                (begin, end.min(now).max(begin))
            }
            (None, Some(end)) if choices.half_window == HalfWindow::Open => {
                (end.checked_sub_signed(THIRTY_DAYS).unwrap_or(end), end)
            }
            _ => {
                return Err(about_window(format!(
                    "{} and {} must both be present or both be absent.",
                    fields.begin, fields.end
                )));
            }
        };
        let mut window = Self::ordered(list, begin, end, choices)?;
        let beyond = |span: TimeDelta| match choices.thirty_days_boundary {
            ThirtyDaysBoundary::Passes => span > THIRTY_DAYS,
            ThirtyDaysBoundary::Refused => span >= THIRTY_DAYS,
        };
        // Without times nothing was asked for that could be too much.
        let asked = text(fields.begin)?.is_some() || text(fields.end)?.is_some();
        match choices.thirty_days {
            ThirtyDays::Length if asked && beyond(end.signed_duration_since(begin)) => {
                Err(about_window(format!(
                    "{} and {} must be at most 30 days apart.",
                    fields.begin, fields.end
                )))
            }
            ThirtyDays::Age if asked && beyond(now.signed_duration_since(begin)) => Err(about_window(
                format!("{} must be within the last 30 days.", fields.begin),
            )),
            ThirtyDays::Length | ThirtyDays::Age => Ok(window),
            ThirtyDays::Cut => {
                window.begin = begin.max(now.checked_sub_signed(THIRTY_DAYS).unwrap_or(begin));
                Ok(window)
            }
        }
    }

    pub(super) fn for_list<'a>(
        text: impl Fn(&str) -> Result<Option<&'a str>, String>,
        choices: &Choices,
    ) -> Result<Self, FilterFault> {
        let required = |field: &str| {
            let value = text(field)?;
            if value.is_some_and(|value| super::length(value, choices) > LIST_TIME_LIMIT) {
                return Err(format!("{field} must have at most {LIST_TIME_LIMIT} characters."));
            }
            moment(value, field, choices)?.ok_or_else(|| format!("{field} is required."))
        };
        let list = List::Sessions;
        let (begin, end) = (required(list.facts().begin)?, required(list.facts().end)?);
        Self::ordered(list, begin, end, choices)
    }

    fn ordered(
        list: List,
        begin: DateTime<Utc>,
        end: DateTime<Utc>,
        choices: &Choices,
    ) -> Result<Self, FilterFault> {
        let fields = list.facts();
        if begin > end && choices.reversed_window == ReversedWindow::Refused {
            return Err(about_window(format!(
                "{} must not be after {}.",
                fields.begin, fields.end
            )));
        }
        if begin == end && choices.equal_times == EqualTimes::Refused {
            return Err(about_window(format!(
                "{} must be before {}.",
                fields.begin, fields.end
            )));
        }
        Ok(Self {
            begin,
            end,
            ends: choices.window_ends,
        })
    }

    /// The last moment, or the first one that does not belong to the window.
    pub(super) fn end(&self) -> Bound<DateTime<Utc>> {
        match self.ends {
            WindowEnds::Closed => Bound::Included(self.end),
            WindowEnds::HalfOpen => Bound::Excluded(self.end),
        }
    }
}

fn month_before(now: DateTime<Utc>, choices: &Choices) -> DateTime<Utc> {
    let before = match choices.default_window {
        DefaultWindow::Days => now.checked_sub_signed(THIRTY_DAYS),
        DefaultWindow::Month => now.checked_sub_months(Months::new(1)),
    };
    before.unwrap_or(DateTime::<Utc>::MIN_UTC)
}

/// The moment that a text is.
pub(super) fn moment(
    text: Option<&str>,
    field: &str,
    choices: &Choices,
) -> Result<Option<DateTime<Utc>>, String> {
    let fault = || format!("{field} must be a time such as 2024-02-27T03:47:51.182Z.");
    let Some(text) = text else {
        return Ok(None);
    };
    let written = time::parse(text).ok_or_else(fault)?;
    if choices.blank_in_time == BlankInTime::Refused && written.has_blank {
        return Err(fault());
    }
    match (written.has_zone, choices.zoneless_time) {
        (true, _) | (false, ZonelessTime::Utc) => Ok(Some(written.at)),
        (false, ZonelessTime::Refused) => Err(fault()),
        (false, ZonelessTime::China) => {
            let at = written.at.checked_sub_signed(TimeDelta::hours(8));
            at.map(Some).ok_or_else(fault)
        }
    }
}

fn about_window(text: String) -> FilterFault {
    FilterFault {
        text,
        about_window: true,
    }
}
