//! Columns side by side: sessions by day, and by how long they lasted.

use std::fmt::{self, Formatter};

use super::card::{Figure, table};
use super::scale::{Frame, Scale, label_stride};
use super::words::{Both, both, length};
use crate::figures::{Bin, Report};
use crate::periods::Period;
use crate::quantities::grouped;

/// No chart has more columns.
const MOST_COLUMNS: usize = 92;
/// A label such as `02-27` takes so much.
const LABEL_WIDTH: f64 = 62.0;

pub(super) fn days(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let periods = report.periods(MOST_COLUMNS);
    let Some(busiest) = periods
        .iter()
        .max_by_key(|period| (period.sessions, std::cmp::Reverse(period.first)))
    else {
        return Ok(());
    };
    let is_daily = periods.iter().all(|period| period.first == period.last);
    let title = if is_daily {
        both("Sessions per day", "每日会话数")
    } else {
        both("Sessions over time", "会话数变化")
    };
    let (name, most) = (name_of(busiest), grouped(busiest.sessions));
    let about = both(
        format!("Most on {name}: {most}."),
        format!("最多：{name}，{most} 次。"),
    );
    let figure = Figure {
        id: "days",
        title,
        about,
        frame: Frame::WIDE,
    };
    let legend = |f: &mut Formatter<'_>| {
        write!(
            f,
            "<p class=\"legend\"><span class=\"key ok\"></span>{} <span class=\"key bad\"></span>{}</p>",
            both("created, or not said", "已创建或未说明"),
            both("failed", "失败")
        )
    };
    figure.write(
        f,
        legend,
        |f| draw_days(&periods, f),
        |f| {
            let head = [
                both("From", "起"),
                both("To", "止"),
                both("Sessions", "会话"),
                both("Failed", "失败"),
            ];
            let rows = periods.iter().map(|period| {
                [
                    period.first.to_string(),
                    period.last.to_string(),
                    grouped(period.sessions),
                    grouped(period.failed),
                ]
            });
            table(f, &head, rows)
        },
    )
}

fn name_of(period: &Period) -> String {
    if period.first == period.last {
        period.first.to_string()
    } else {
        format!("{} – {}", period.first, period.last)
    }
}

fn draw_days(periods: &[Period], f: &mut Formatter<'_>) -> fmt::Result {
    let frame = Frame::WIDE;
    let most = periods
        .iter()
        .map(|period| period.sessions)
        .max()
        .unwrap_or_default();
    let scale = Scale::new(frame, most);
    grid(&scale, frame, f)?;
    let slot = frame.inner_width() / periods.len() as f64;
    let stride = label_stride(periods.len(), (frame.inner_width() / LABEL_WIDTH) as usize);
    let is_daily = periods.iter().all(|period| period.first == period.last);
    for (index, period) in periods.iter().enumerate() {
        let left = frame.left + slot * index as f64;
        let failed = scale.height(period.failed);
        let whole = scale.height(period.sessions).max(failed);
        let words = both(
            format!(
                "{}: {} sessions, {} failed",
                name_of(period),
                grouped(period.sessions),
                grouped(period.failed)
            ),
            format!(
                "{} 次会话，{} 次失败",
                grouped(period.sessions),
                grouped(period.failed)
            ),
        );
        Column { left, slot }.write(f, frame, &words, &[("bad", failed), ("ok", whole - failed)])?;
        if index.is_multiple_of(stride) {
            let form = if is_daily { "%m-%d" } else { "%Y-%m-%d" };
            let label = period.first.format(form);
            let x = left + slot / 2.0;
            write!(
                f,
                "<text class=\"x\" x=\"{x:.1}\" y=\"{:.1}\">{label}</text>",
                frame.floor() + 17.0
            )?;
        }
    }
    Ok(())
}

pub(super) fn durations(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let durations = &report.durations;
    let (Some(median), Some(p95)) = (durations.median_ms, durations.p95_ms) else {
        return Ok(());
    };
    let (median, p95) = (length(median), length(p95));
    let about = both(
        format!(
            "Half lasted {} at most, 95 of 100 {}.",
            median.english(),
            p95.english()
        ),
        format!("一半不超过 {}，95% 不超过 {}。", median.chinese(), p95.chinese()),
    );
    let figure = Figure {
        id: "durations",
        title: both("How long sessions lasted", "会话时长分布"),
        about,
        frame: Frame::HALF,
    };
    let bins = &durations.histogram;
    figure.write(
        f,
        |_| Ok(()),
        |f| draw_bins(bins, f),
        |f| {
            let head = [both("Duration", "时长"), both("Sessions", "会话")];
            table(
                f,
                &head,
                bins.iter().map(|bin| [range(bin).plain(), grouped(bin.sessions)]),
            )
        },
    )
}

fn range(bin: &Bin) -> Both {
    let from = length(bin.from_ms as f64);
    match bin.to_ms.map(|to| length(to as f64)) {
        None => both(
            format!("{} or more", from.english()),
            format!("{}以上", from.chinese()),
        ),
        Some(to) if bin.from_ms == 0 => {
            both(format!("under {}", to.english()), format!("{}以下", to.chinese()))
        }
        Some(to) => both(
            format!("{} – {}", from.english(), to.english()),
            format!("{} – {}", from.chinese(), to.chinese()),
        ),
    }
}

/// `5m`, `2h`: short enough to stand between two columns.
fn short(millis: u64) -> String {
    match millis / 60_000 {
        minutes if minutes < 60 => format!("{minutes}m"),
        minutes => format!("{}h", minutes / 60),
    }
}

fn draw_bins(bins: &[Bin], f: &mut Formatter<'_>) -> fmt::Result {
    let frame = Frame::HALF;
    let most = bins.iter().map(|bin| bin.sessions).max().unwrap_or_default();
    let scale = Scale::new(frame, most);
    grid(&scale, frame, f)?;
    let slot = frame.inner_width() / bins.len() as f64;
    for (index, bin) in bins.iter().enumerate() {
        let left = frame.left + slot * index as f64;
        let range = range(bin);
        let count = grouped(bin.sessions);
        let words = both(
            format!("{}: {count}", range.english()),
            format!("{}：{count}", range.chinese()),
        );
        Column { left, slot }.write(f, frame, &words, &[("ok", scale.height(bin.sessions))])?;
        if let Some(to) = bin.to_ms {
            let (x, y) = (left + slot, frame.floor() + 17.0);
            write!(
                f,
                "<text class=\"x\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
                short(to)
            )?;
        }
    }
    Ok(())
}

/// The horizontal lines and their numbers.
pub(super) fn grid(scale: &Scale, frame: Frame, f: &mut Formatter<'_>) -> fmt::Result {
    let right = frame.width - frame.right;
    for tick in scale.ticks() {
        let y = if tick == 0 { frame.floor() } else { scale.y(tick) };
        let class = if tick == 0 { "axis" } else { "grid" };
        write!(
            f,
            "<line class=\"{class}\" x1=\"{:.1}\" x2=\"{right:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text class=\"y\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            frame.left,
            frame.left - 7.0,
            y + 4.0,
            compact(tick)
        )?;
    }
    Ok(())
}

/// Short enough for the side of a chart.
fn compact(number: u64) -> String {
    let part = |unit: f64, name| {
        let text = format!("{:.1}", number as f64 / unit);
        format!("{}{name}", text.strip_suffix(".0").unwrap_or(&text))
    };
    match number {
        0..10_000 => grouped(number),
        10_000..1_000_000 => part(1e3, "k"),
        1_000_000..1_000_000_000 => part(1e6, "M"),
        _ => part(1e9, "G"),
    }
}

/// The place of one column.
struct Column {
    left: f64,
    slot: f64,
}

impl Column {
    /// Parts on top of each other, from below, and an area above them that shows the same words to a pointer.
    fn write(&self, f: &mut Formatter<'_>, frame: Frame, words: &Both, parts: &[(&str, f64)]) -> fmt::Result {
        let Self { left, slot } = *self;
        let width = (slot * 0.78).min(64.0);
        let x = left + (slot - width) / 2.0;
        write!(
            f,
            "<g><title>{}</title><rect class=\"hit\" x=\"{left:.1}\" y=\"{:.1}\" width=\"{slot:.1}\" height=\"{:.1}\"/>",
            words.escaped(),
            frame.top,
            frame.floor() - frame.top
        )?;
        let mut y = frame.floor();
        for (class, height) in parts.iter().filter(|(_, height)| *height > 0.0) {
            y -= height;
            write!(
                f,
                "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
            )?;
        }
        f.write_str("</g>")
    }
}
