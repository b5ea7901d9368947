//! Names with a bar each: tables that also can be seen.

use std::fmt::{self, Formatter};

use super::escape::Text;
use super::words::{self, Both, both};
use crate::figures::{Counts, Failures, Report, Share, Usage};
use crate::quantities::{grouped, hours, percent};

/// One name, how long its bar is, and what stands beside it.
struct Row<'a> {
    name: Name<'a>,
    value: u64,
    shown: String,
    share: String,
}

enum Name<'a> {
    /// A stranger's text, and what is known about it.
    Given(&'a str, Option<Both>),
    /// The page's own words.
    Ours(Both),
    /// A stranger's sentence and its code.
    Reason(Option<&'a str>, Option<&'a str>),
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(name, None) => write!(f, "<bdi title=\"{0}\">{0}</bdi>", Text(name)),
            Self::Given(name, Some(gloss)) => {
                write!(
                    f,
                    "<bdi>{}</bdi> <span class=\"gloss\">{gloss}</span>",
                    Text(name)
                )
            }
            Self::Ours(words) => write!(f, "<span class=\"ours\">{words}</span>"),
            Self::Reason(code, reason) => {
                match reason {
                    Some(reason) => write!(f, "<bdi class=\"reason\">{}</bdi>", Text(reason))?,
                    None => write!(
                        f,
                        "<span class=\"ours\">{}</span>",
                        both("no reason given", "未说明原因")
                    )?,
                }
                code.map_or(Ok(()), |code| write!(f, " <code>{}</code>", Text(code)))
            }
        }
    }
}

/// The longest bar is as long as there is room; the others are in proportion. What is not one name has none: next to
/// thousands of others, no name would have a bar that can be seen.
fn write_rows(f: &mut Formatter<'_>, class: &str, head: [&Both; 3], rows: &[Row<'_>]) -> fmt::Result {
    let named = rows.iter().filter(|row| !matches!(row.name, Name::Ours(_)));
    let most = named.map(|row| row.value).max().unwrap_or_default().max(1);
    write!(
        f,
        "<table class=\"bars {class}\"><colgroup><col class=\"name\"><col><col class=\"n\"><col class=\"p\"></colgroup><thead><tr><th scope=\"col\">{}</th><td></td><th scope=\"col\">{}</th>\
         <th scope=\"col\">{}</th></tr></thead><tbody>",
        head[0], head[1], head[2]
    )?;
    for row in rows {
        write!(f, "<tr><th scope=\"row\">{}</th><td class=\"bar\">", row.name)?;
        if !matches!(row.name, Name::Ours(_)) {
            bar(f, row.value, most)?;
        }
        write!(
            f,
            "</td><td class=\"n\">{}</td><td class=\"p\">{}</td></tr>",
            row.shown, row.share
        )?;
    }
    f.write_str("</tbody></table>")
}

/// Repeats the number that stands beside it.
fn bar(f: &mut Formatter<'_>, value: u64, most: u64) -> fmt::Result {
    // Whatever is not nothing can be seen.
    let width = if value == 0 {
        0.0
    } else {
        (value as f64 / most as f64 * 100.0).max(0.6)
    };
    write!(
        f,
        "<svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"back\" width=\"100\" \
         height=\"10\"/><rect class=\"ok\" width=\"{width:.1}\" height=\"10\"/></svg>"
    )
}

fn share() -> Both {
    both("Share", "占比")
}

fn begin(f: &mut Formatter<'_>, id: &str, class: &str, title: &Both) -> fmt::Result {
    write!(
        f,
        "<section class=\"card {class}\" aria-labelledby=\"{id}-title\"><h2 id=\"{id}-title\">{title}</h2>"
    )
}

fn nothing(f: &mut Formatter<'_>, words: &Both) -> fmt::Result {
    write!(f, "<p class=\"nothing\">{words}</p>")
}

/// Rows of counts, with one for the names that are not shown, and one for those without a name.
fn rows_of<'a>(counts: &'a Counts, all: u64, gloss: fn(&str) -> Option<Both>) -> Vec<Row<'a>> {
    let row = |name, value| Row {
        name,
        value,
        shown: grouped(value),
        share: percent(value, all),
    };
    let mut rows: Vec<_> = counts
        .top
        .iter()
        .map(|count| row(Name::Given(&count.name, gloss(&count.name)), count.sessions))
        .collect();
    if counts.others > 0 {
        rows.push(row(
            Name::Ours(others(counts.distinct - counts.top.len())),
            counts.others,
        ));
    }
    if counts.missing > 0 {
        rows.push(row(Name::Ours(both("not stated", "未说明")), counts.missing));
    }
    rows
}

fn others(count: usize) -> Both {
    let plural = if count == 1 { "" } else { "s" };
    let count = grouped(count as u64);
    both(format!("{count} other{plural}"), format!("其他 {count} 项"))
}

pub(super) fn states(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    begin(f, "states", "", &both("By state", "按状态"))?;
    let rows = rows_of(&report.states, report.sessions, words::state);
    write_rows(
        f,
        "",
        [&both("State", "状态"), &both("Sessions", "会话"), &share()],
        &rows,
    )?;
    f.write_str("</section>\n")
}

pub(super) fn failures(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let Failures {
        distinct,
        top,
        others: rest,
        ..
    } = &report.failures;
    begin(f, "failures", "", &both("Failures by reason", "失败原因"))?;
    if top.is_empty() && *rest == 0 {
        nothing(f, &both("No session failed.", "没有失败的会话。"))?;
        return f.write_str("</section>\n");
    }
    let failed = report.outcome.failed;
    let row = |name, value| Row {
        name,
        value,
        shown: grouped(value),
        share: percent(value, failed),
    };
    let mut rows: Vec<_> = top
        .iter()
        .map(|failure| {
            let name = Name::Reason(failure.code.as_deref(), failure.reason.as_deref());
            row(name, failure.sessions)
        })
        .collect();
    if *rest > 0 {
        rows.push(row(Name::Ours(others(distinct - top.len())), *rest));
    }
    write_rows(
        f,
        "bad stacked",
        [&both("Reason", "原因"), &both("Sessions", "会话"), &share()],
        &rows,
    )?;
    f.write_str("</section>\n")
}

pub(super) fn kinds(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    begin(f, "kinds", "", &both("Types and clients", "类型与客户端"))?;
    let sessions = both("Sessions", "会话");
    let none = |_: &str| None;
    for (title, counts, gloss) in [
        (
            both("Session type", "会话类型"),
            &report.session_types,
            words::session_type as fn(&str) -> _,
        ),
        (both("Client", "客户端类型"), &report.client_types, none),
        (
            both("Client version", "客户端版本"),
            &report.client_versions,
            none,
        ),
    ] {
        // A list that has nothing to say is left out.
        if counts.distinct > 0 {
            write!(f, "<h3>{title}</h3>")?;
            write_rows(
                f,
                "",
                [&title, &sessions, &share()],
                &rows_of(counts, report.sessions, gloss),
            )?;
        }
    }
    f.write_str("</section>\n")
}

pub(super) fn users(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let count = grouped(report.users.distinct as u64);
    let title = both(format!("Users ({count})"), format!("用户（{count}）"));
    usage(
        "users",
        &title,
        &both("User", "用户"),
        &report.users,
        report.sessions,
        f,
    )
}

pub(super) fn servers(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let count = grouped(report.servers.distinct as u64);
    let title = both(format!("Servers ({count})"), format!("服务器（{count}）"));
    usage(
        "servers",
        &title,
        &both("Server", "服务器"),
        &report.servers,
        report.sessions,
        f,
    )
}

fn usage(
    id: &str,
    title: &Both,
    head: &Both,
    usage: &Usage,
    sessions: u64,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    begin(f, id, "wide", title)?;
    if usage.distinct == 0 {
        nothing(f, &both("No session names one.", "没有会话说明。"))?;
        return f.write_str("</section>\n");
    }
    f.write_str("<div class=\"pair\"><div>")?;
    let by_sessions: Vec<_> = usage
        .by_sessions
        .iter()
        .map(|share| Row {
            name: Name::Given(&share.name, None),
            value: share.sessions,
            shown: grouped(share.sessions),
            share: percent(share.sessions, sessions),
        })
        .collect();
    write!(f, "<h3>{}</h3>", both("Most sessions", "会话最多"))?;
    write_rows(f, "", [head, &both("Sessions", "会话"), &share()], &by_sessions)?;
    f.write_str("</div><div>")?;
    let average = |share: &Share| share.time_ms / share.sessions.max(1);
    let by_time: Vec<_> = usage
        .by_time
        .iter()
        .map(|share| Row {
            name: Name::Given(&share.name, None),
            value: share.time_ms,
            shown: format!("{}&nbsp;h", hours(share.time_ms)),
            share: format!("⌀&nbsp;{}&nbsp;h", hours(average(share))),
        })
        .collect();
    write!(f, "<h3>{}</h3>", both("Most hours", "时长最多"))?;
    write_rows(
        f,
        "",
        [head, &both("Hours", "小时"), &both("Average", "平均")],
        &by_time,
    )?;
    f.write_str("</div></div></section>\n")
}
