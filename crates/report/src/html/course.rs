//! How many sessions there were at once, over time.

use std::fmt::{self, Formatter, Write};

use super::card::{Figure, table};
use super::columns::grid;
use super::scale::{Frame, Scale, label_stride};
use super::words::both;
use crate::figures::{Concurrency, Report, Step};
use crate::quantities::{grouped, length};

const LABEL_WIDTH: f64 = 68.0;
/// A day with fewer steps than this is too short for the hours to be named instead of the days.
const HOURS_WITHIN: i64 = 48;

pub(super) fn write(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let concurrency = &report.concurrency;
    let Some(at) = concurrency.at else {
        return Ok(());
    };
    let (peak, when) = (grouped(concurrency.peak), at.format("%Y-%m-%d %H:%M"));
    let step = concurrency.step_ms as f64;
    let figure = Figure {
        id: "course",
        title: both("Sessions at once", "同时在线会话数"),
        about: both(
            format!(
                "At most {peak}, first on {when}. Each step is the most within {}.",
                length(step)
            ),
            format!(
                "最多 {peak}，首次出现于 {when}。每一格取 {}内的最大值。",
                super::words::length(step).chinese()
            ),
        ),
        frame: Frame::WIDE,
    };
    figure.write(
        f,
        |_| Ok(()),
        |f| draw(concurrency, f),
        |f| {
            let head = [both("From", "起"), both("At most", "最多")];
            let rows = concurrency.steps.iter().map(|step| {
                [
                    step.from.format("%Y-%m-%d %H:%M:%S").to_string(),
                    grouped(step.most),
                ]
            });
            table(f, &head, rows)
        },
    )
}

fn draw(concurrency: &Concurrency, f: &mut Formatter<'_>) -> fmt::Result {
    let frame = Frame::WIDE;
    let steps = &concurrency.steps;
    let scale = Scale::new(frame, concurrency.peak);
    grid(&scale, frame, f)?;
    let slot = frame.inner_width() / steps.len() as f64;
    let x = |index: usize| frame.left + slot * index as f64;
    let mut line = String::new();
    for (index, step) in steps.iter().enumerate() {
        let y = if step.most == 0 {
            frame.floor()
        } else {
            scale.y(step.most)
        };
        let command = if index == 0 {
            format!("M{:.1} {y:.1}", x(0))
        } else {
            format!("V{y:.1}")
        };
        write!(line, "{command}H{:.1}", x(index + 1))?;
    }
    let floor = frame.floor();
    write!(
        f,
        "<path class=\"area\" d=\"{line}V{floor:.1}H{:.1}Z\"/><path class=\"line\" d=\"{line}\"/>",
        x(0)
    )?;
    labels(steps, f, x)?;
    mark_peak(concurrency, &scale, slot, f)
}

/// Days, where one begins; hours where there are only a few days.
fn labels(steps: &[Step], f: &mut Formatter<'_>, x: impl Fn(usize) -> f64) -> fmt::Result {
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else {
        return Ok(());
    };
    let by_hour = (last.from - first.from).num_hours() <= HOURS_WITHIN;
    let by_year = (last.from - first.from).num_days() > 360;
    let form = match (by_hour, by_year) {
        (true, _) => "%H:%M",
        (_, true) => "%Y-%m-%d",
        _ => "%m-%d",
    };
    let key = |step: &Step| {
        step.from
            .format(if by_hour { "%d %H" } else { "%Y-%m-%d" })
            .to_string()
    };
    let mut marks = Vec::new();
    let mut before = None;
    for (index, step) in steps.iter().enumerate() {
        let now = key(step);
        // The first day may have begun before the first step.
        if before.as_ref() != Some(&now)
            && (index > 0 || step.from.format("%H:%M").to_string() == "00:00" || by_hour)
        {
            marks.push((index, step));
        }
        before = Some(now);
    }
    let room = (Frame::WIDE.inner_width() / LABEL_WIDTH) as usize;
    let (y, right) = (Frame::WIDE.floor() + 17.0, Frame::WIDE.width - Frame::WIDE.right);
    for (index, step) in marks.iter().step_by(label_stride(marks.len(), room)) {
        let at = x(*index);
        // At the right end there is no room for half a label.
        let anchor = if at > right - 28.0 { " end" } else { "" };
        write!(
            f,
            "<text class=\"x{anchor}\" x=\"{at:.1}\" y=\"{y:.1}\">{}</text>",
            step.from.format(form)
        )?;
    }
    Ok(())
}

fn mark_peak(concurrency: &Concurrency, scale: &Scale, slot: f64, f: &mut Formatter<'_>) -> fmt::Result {
    let Some(index) = concurrency
        .steps
        .iter()
        .position(|step| step.most == concurrency.peak)
    else {
        return Ok(());
    };
    let x = Frame::WIDE.left + slot * (index as f64 + 0.5);
    let y = scale.y(concurrency.peak);
    write!(
        f,
        "<circle class=\"peak\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\"/>"
    )
}
