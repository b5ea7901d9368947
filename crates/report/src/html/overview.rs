//! What frames the charts: the head, the most important numbers, what to know about them.

use std::fmt::{self, Formatter};

use chrono::{DateTime, FixedOffset};

use super::escape::Text;
use super::words::{self, Both, both, length};
use crate::Report;
use crate::quantities::{grouped, percent};

const TO_THE_MINUTE: &str = "%Y-%m-%d %H:%M";

pub(super) fn title(report: &Report) -> Both {
    let of = match span(report) {
        Some(span) => format!(" {span}"),
        None => String::new(),
    };
    both(format!("User sessions{of}"), format!("用户会话{of}"))
}

fn span(report: &Report) -> Option<String> {
    let (first, last) = (report.days.first()?.day, report.days.last()?.day);
    Some(if first == last {
        first.to_string()
    } else {
        format!("{first} – {last}")
    })
}

pub(super) fn header(report: &Report, source: Option<&str>, f: &mut Formatter<'_>) -> fmt::Result {
    write!(
        f,
        "<header><div><h1>{}</h1><p class=\"span\">",
        both("User sessions", "用户会话")
    )?;
    match span(report) {
        Some(span) => write!(f, "{span}")?,
        None => write!(f, "{}", both("no dates", "无日期"))?,
    }
    write!(f, " <span class=\"zone\">{}</span>", Text(&report.time_zone))?;
    if let Some(source) = source {
        write!(f, " <span class=\"source\"><bdi>{}</bdi></span>", Text(source))?;
    }
    f.write_str(
        "</p></div><div class=\"switch\" aria-hidden=\"true\"><label for=\"pick-en\">English</label>\
         <label for=\"pick-zh\">中文</label></div></header>\n",
    )
}

pub(super) fn tiles(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let number = |number: u64| both(grouped(number), grouped(number));
    let none = || both("–", "–");
    let days = report.days.len() as u64;
    f.write_str("<dl class=\"tiles\">")?;
    tile(
        f,
        &both("Sessions", "会话"),
        &number(report.sessions),
        &both(
            format!("on {}", counted(days, "day")),
            format!("分布在 {} 天", grouped(days)),
        ),
    )?;
    let (failed, succeeded) = (report.outcome.failed, report.outcome.succeeded);
    let rate = match report.failure_rate() {
        Some(_) => percent(failed, failed + succeeded),
        None => "–".to_owned(),
    };
    tile(
        f,
        &both("Failed", "失败"),
        &both(rate.clone(), rate),
        &both(
            format!("{} of {}", grouped(failed), grouped(failed + succeeded)),
            format!("{} / {}", grouped(failed), grouped(failed + succeeded)),
        ),
    )?;
    let servers = report.servers.distinct as u64;
    tile(
        f,
        &both("Users", "用户"),
        &number(report.users.distinct as u64),
        &both(
            format!("on {}", counted(servers, "server")),
            format!("{} 台服务器", grouped(servers)),
        ),
    )?;
    let concurrency = &report.concurrency;
    let when = concurrency.at.map_or_else(none, |at| {
        let at = at.format(TO_THE_MINUTE).to_string();
        both(at.clone(), at)
    });
    tile(
        f,
        &both("At most at once", "同时在线峰值"),
        &number(concurrency.peak),
        &when,
    )?;
    let durations = &report.durations;
    let within = durations.p95_ms.map_or_else(none, |p95| {
        let p95 = length(p95);
        both(
            format!("95% within {}", p95.english()),
            format!("95% 在 {}内", p95.chinese()),
        )
    });
    let median = durations.median_ms.map_or_else(none, length);
    tile(f, &both("Median duration", "时长中位数"), &median, &within)?;
    let known = report.known_until.map_or_else(none, |until| {
        let until = until.format(TO_THE_MINUTE);
        both(format!("as of {until}"), format!("截至 {until}"))
    });
    tile(
        f,
        &both("Still open", "进行中"),
        &number(report.without_end.open),
        &known,
    )?;
    f.write_str("</dl>\n")
}

fn tile(f: &mut Formatter<'_>, name: &Both, value: &Both, below: &Both) -> fmt::Result {
    write!(
        f,
        "<div class=\"tile\"><dt>{name}</dt><dd class=\"value\">{value}</dd><dd class=\"below\">{below}</dd></div>"
    )
}

fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// What does not fit; nothing where everything does.
pub(super) fn notes(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let odd = &report.odd;
    let notes = [
        (
            odd.unreadable_rows,
            both("rows that could not be read: not counted", "无法读取的行：未计入"),
        ),
        (
            odd.without_start,
            both(
                "without a start that can be read: on no day, and without a duration",
                "没有可读的开始时间：不计入日期与时长",
            ),
        ),
        (
            odd.end_before_start,
            both(
                "with an end before the start: without a duration",
                "结束早于开始：不计入时长",
            ),
        ),
        (
            odd.unreadable_times,
            both("times that could not be read", "无法识别的时间"),
        ),
        (
            report.without_end.over,
            both(
                "without an end although their state says that they are over",
                "状态已结束但没有结束时间",
            ),
        ),
        (
            report.outcome.unknown,
            both("that do not say whether they failed", "未说明是否失败"),
        ),
    ];
    if notes.iter().all(|(count, _)| *count == 0) {
        return Ok(());
    }
    write!(
        f,
        "<section class=\"card wide\" aria-labelledby=\"notes-title\"><h2 id=\"notes-title\">{}</h2><ul class=\"notes\">",
        both("To be known about these sessions", "数据说明")
    )?;
    for (count, words) in notes.iter().filter(|(count, _)| *count > 0) {
        write!(f, "<li><b>{}</b> {words}</li>", grouped(*count))?;
    }
    f.write_str("</ul></section>\n")
}

pub(super) fn definitions(f: &mut Formatter<'_>) -> fmt::Result {
    write!(
        f,
        "<details class=\"definitions\"><summary>{}</summary><dl>",
        both("What the numbers mean", "指标说明")
    )?;
    for (term, definition) in words::definitions() {
        write!(f, "<dt>{term}</dt><dd>{definition}</dd>")?;
    }
    f.write_str("</dl></details>\n")
}

pub(super) fn footer(made_at: Option<DateTime<FixedOffset>>, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_str("<footer>session-export")?;
    if let Some(made_at) = made_at {
        write!(f, " · {}", made_at.format("%Y-%m-%d %H:%M %:z"))?;
    }
    f.write_str("</footer>\n")
}
