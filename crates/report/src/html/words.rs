//! Everything that the page says, in both languages.

use std::fmt;

use super::escape::Whole;
use crate::quantities::Units;

/// The same in two languages, of which the page shows one.
#[derive(Clone, Debug)]
pub(super) struct Both {
    english: String,
    chinese: String,
}

pub(super) fn both(english: impl Into<String>, chinese: impl Into<String>) -> Both {
    Both {
        english: english.into(),
        chinese: chinese.into(),
    }
}

impl Both {
    pub(super) fn english(&self) -> &str {
        &self.english
    }

    pub(super) fn chinese(&self) -> &str {
        &self.chinese
    }

    /// [`plain`](Self::plain), escaped.
    pub(super) fn escaped(&self) -> String {
        Whole(&self.plain()).to_string()
    }

    /// In one line, for where only text can stand.
    pub(super) fn plain(&self) -> String {
        if self.english == self.chinese {
            return self.english.clone();
        }
        format!("{} · {}", self.english, self.chinese)
    }
}

impl fmt::Display for Both {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (english, chinese) = (Whole(&self.english), Whole(&self.chinese));
        if self.english == self.chinese {
            return write!(f, "{english}");
        }
        write!(
            f,
            "<span class=\"en\" lang=\"en\">{english}</span><span class=\"zh\" lang=\"zh\">{chinese}</span>"
        )
    }
}

pub(super) fn length(millis: f64) -> Both {
    both(Units::ENGLISH.length(millis), Units::CHINESE.length(millis))
}

/// What a state means, by the API page.
pub(super) fn state(name: &str) -> Option<Both> {
    Some(match name {
        "Active" => both("in use", "使用中"),
        "Disconnected" => both("still logged in", "仍保持登录"),
        "AppcInit" => both("initialising", "初始化中"),
        "SignedOut" => both("logged off", "已注销"),
        "InitFail" => both("could not start", "初始化失败"),
        _ => return None,
    })
}

pub(super) fn session_type(name: &str) -> Option<Both> {
    Some(match name {
        "1" => both("shared desktop", "共享桌面"),
        "2" => both("application", "应用"),
        _ => return None,
    })
}

/// What the numbers mean: a term and its definition.
pub(super) fn definitions() -> Vec<(Both, Both)> {
    vec![
        (
            both("Day", "日期"),
            both(
                "A session belongs to the day on which it started, in the time zone named at the top.",
                "会话按开始时间归入当天，时区见页首。",
            ),
        ),
        (
            both("Failed", "失败"),
            both(
                "The session could not be created: its code of failure is neither empty nor WKS.00000000; without a code, its reason is neither empty nor “success”; without both, its state is InitFail. Sessions with none of these say nothing, and are not in the rate.",
                "会话未能创建：失败码非空且不是 WKS.00000000；没有失败码时，失败原因非空且不是 “success”；两者都没有时，状态为 InitFail。都没有说明的会话不计入失败率。",
            ),
        ),
        (
            both("Duration", "时长"),
            both(
                "From start to end, of sessions that have both. Half of them lasted no longer than the median, 95 of 100 no longer than the 95th percentile; between two sessions the value is interpolated.",
                "有开始和结束时间的会话，从开始到结束。一半的会话不超过中位数，95% 不超过第 95 百分位数；落在两次会话之间时取插值。",
            ),
        ),
        (
            both("At once", "同时在线"),
            both(
                "Sessions that have started and not ended. One without an end is open and counts until the latest moment that is known; if its state says that it is over, until its last change. Sessions that started before the first one here are not in the list, so the beginning is too low.",
                "已开始且未结束的会话。没有结束时间的会话视为进行中，计到已知的最后时刻；若其状态表明已结束，则计到状态最后更新时间。更早开始的会话不在列表中，因此最初一段偏低。",
            ),
        ),
        (
            both("Hours", "小时"),
            both(
                "The sum of the durations, open sessions included up to the latest moment that is known.",
                "时长之和，进行中的会话计到已知的最后时刻。",
            ),
        ),
    ]
}
