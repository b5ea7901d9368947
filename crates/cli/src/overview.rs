//! A report for a terminal: 80 columns, bars of block characters.

use std::fmt::{self, Display, Formatter};

use anstyle::Style;
use session_export_report::{Counts, Report, Share, Usage, grouped, length, percent};
use unicode_width::UnicodeWidthStr;

use crate::shown::printable;
use crate::style;
use crate::table::fitted;

const WIDTH: usize = 80;
/// A name may take so much; a longer one is cut.
const MOST_NAME: usize = 34;
/// More days are taken together.
const MOST_PERIODS: usize = 31;
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// Shows a report.
pub(crate) struct Overview<'a> {
    report: &'a Report,
    colours: bool,
}

/// One line with a bar.
struct Line {
    name: String,
    value: u64,
    text: String,
    has_bar: bool,
}

impl Line {
    fn new(name: &str, value: u64, text: String) -> Self {
        Self {
            name: printable(name),
            value,
            text,
            has_bar: true,
        }
    }

    /// What is not one name has no bar: among many others no name would have one that can be seen.
    fn rest(name: String, value: u64, text: String) -> Self {
        Self {
            name,
            value,
            text,
            has_bar: false,
        }
    }
}

impl<'a> Overview<'a> {
    /// With colours where standard output shows them.
    pub(crate) fn new(report: &'a Report) -> Self {
        Self {
            report,
            colours: style::on_standard_output(),
        }
    }

    fn styled(&self, style: Style, text: &str) -> String {
        if self.colours && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    fn head(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let report = self.report;
        let sessions = format!("{} sessions", grouped(report.sessions));
        write!(f, "{}", self.styled(style::HEADER, &sessions))?;
        match (report.days.first(), report.days.last()) {
            (Some(first), Some(last)) => {
                writeln!(f, ", {} to {} ({})", first.day, last.day, report.time_zone)?;
            }
            _ => writeln!(f)?,
        }
        if report.sessions == 0 {
            return Ok(());
        }
        let moment = "%Y-%m-%d %H:%M";
        let (failed, told) = (
            report.outcome.failed,
            report.outcome.failed + report.outcome.succeeded,
        );
        let mut facts = vec![(
            "failed",
            format!(
                "{} of {} ({})",
                grouped(failed),
                grouped(told),
                percent(failed, told)
            ),
        )];
        let (users, servers) = (report.users.distinct as u64, report.servers.distinct as u64);
        facts.push((
            "users",
            format!("{}, on {} servers", grouped(users), grouped(servers)),
        ));
        if let Some(at) = report.concurrency.at {
            let peak = grouped(report.concurrency.peak);
            facts.push((
                "at once",
                format!("{peak} at most, first on {}", at.format(moment)),
            ));
        }
        if let (Some(median), Some(p95)) = (report.durations.median_ms, report.durations.p95_ms) {
            facts.push((
                "lasted",
                format!("{} (median), 95% within {}", length(median), length(p95)),
            ));
        }
        if let Some(until) = report.known_until.filter(|_| report.without_end.open > 0) {
            let open = grouped(report.without_end.open);
            facts.push(("open", format!("{open}, as of {}", until.format(moment))));
        }
        for (name, fact) in facts {
            writeln!(f, "  {name:<8}  {fact}")?;
        }
        self.notes(f)
    }

    /// What does not fit; nothing where everything does.
    fn notes(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (odd, without_end) = (&self.report.odd, &self.report.without_end);
        for (count, what) in [
            (odd.unreadable_rows, "rows could not be read and are not counted"),
            (odd.without_start, "have no start that can be read"),
            (odd.end_before_start, "end before they start"),
            (odd.unreadable_times, "times could not be read"),
            (without_end.over, "are over and have no end"),
            (self.report.outcome.unknown, "do not say whether they failed"),
        ] {
            if count > 0 {
                writeln!(f, "  note      {} {what}", grouped(count))?;
            }
        }
        Ok(())
    }

    fn bars(&self, f: &mut Formatter<'_>, title: &str, style: Style, lines: &[Line]) -> fmt::Result {
        if lines.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{}", self.styled(style::HEADER, title))?;
        let widest = |of: fn(&Line) -> usize| lines.iter().map(of).max().unwrap_or_default();
        let name = widest(|line| line.name.width()).min(MOST_NAME);
        let text = widest(|line| line.text.width());
        let room = WIDTH.saturating_sub(2 + name + 2 + 2 + text).max(1);
        let bars = lines.iter().filter(|line| line.has_bar);
        let most = bars.map(|line| line.value).max().unwrap_or_default().max(1);
        for line in lines {
            let bar = if line.has_bar {
                bar(line.value, most, room)
            } else {
                String::new()
            };
            let gap = " ".repeat(room - bar.width());
            let bar = self.styled(style, &bar);
            let text = format!("{}{}", " ".repeat(text - line.text.width()), line.text);
            writeln!(f, "  {}  {bar}{gap}  {text}", fitted(&line.name, name))?;
        }
        Ok(())
    }

    fn days(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let periods = self.report.periods(MOST_PERIODS);
        let is_daily = periods.iter().all(|period| period.first == period.last);
        let widest = periods
            .iter()
            .map(|period| grouped(period.failed).len())
            .max()
            .unwrap_or_default();
        let any_failed = periods.iter().any(|period| period.failed > 0);
        let lines: Vec<_> = periods
            .iter()
            .map(|period| {
                let mut text = grouped(period.sessions);
                if any_failed {
                    let failed = match period.failed {
                        0 => String::new(),
                        failed => format!("{} failed", grouped(failed)),
                    };
                    text = format!("{text}  {failed:>0$}", widest + " failed".len());
                }
                Line::new(&period.first.to_string(), period.sessions, text)
            })
            .collect();
        let is_weekly = periods
            .iter()
            .all(|period| (period.last - period.first).num_days() == 6);
        let title = match (is_daily, is_weekly) {
            (true, _) => "Sessions per day",
            (false, true) => "Sessions per week",
            (false, false) => "Sessions since",
        };
        self.bars(f, title, style::BAR, &lines)
    }

    fn counts(
        &self,
        f: &mut Formatter<'_>,
        title: &str,
        counts: &Counts,
        shown: fn(&str) -> &str,
    ) -> fmt::Result {
        let all = self.report.sessions;
        let text = |value| with_share(value, all);
        let mut lines: Vec<_> = counts
            .top
            .iter()
            .map(|count| Line::new(shown(&count.name), count.sessions, text(count.sessions)))
            .collect();
        push_others(&mut lines, counts.distinct - counts.top.len(), counts.others, all);
        if counts.missing > 0 {
            lines.push(Line::rest(
                "not stated".to_owned(),
                counts.missing,
                text(counts.missing),
            ));
        }
        self.bars(f, title, style::BAR, &lines)
    }

    fn failures(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (failures, all) = (&self.report.failures, self.report.outcome.failed);
        let mut lines: Vec<_> = failures
            .top
            .iter()
            .map(|failure| {
                let texts = [failure.code.as_deref(), failure.reason.as_deref()];
                let name = texts.into_iter().flatten().collect::<Vec<_>>().join(" ");
                let name = if name.is_empty() { "no reason given" } else { &name };
                Line::new(name, failure.sessions, with_share(failure.sessions, all))
            })
            .collect();
        push_others(
            &mut lines,
            failures.distinct - failures.top.len(),
            failures.others,
            all,
        );
        self.bars(f, "Failures by reason", style::BAD, &lines)
    }

    fn usage(&self, f: &mut Formatter<'_>, whose: &str, usage: &Usage) -> fmt::Result {
        let lines = |shares: &[Share], value: fn(&Share) -> u64, text: fn(&Share) -> String| {
            let line = |share: &Share| Line::new(&share.name, value(share), text(share));
            shares.iter().map(line).collect::<Vec<_>>()
        };
        let sessions = lines(
            &usage.by_sessions,
            |share| share.sessions,
            |share| grouped(share.sessions),
        );
        self.bars(f, &format!("{whose} with most sessions"), style::BAR, &sessions)?;
        let hours = |share: &Share| length(share.time_ms as f64);
        let time = lines(&usage.by_time, |share| share.time_ms, hours);
        self.bars(f, &format!("{whose} with most time"), style::BAR, &time)
    }

    fn durations(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let durations = &self.report.durations;
        if durations.sessions == 0 {
            return Ok(());
        }
        let lines: Vec<_> = durations
            .histogram
            .iter()
            .map(|bin| {
                let (from, to) = (length(bin.from_ms as f64), bin.to_ms.map(|to| length(to as f64)));
                let name = match to {
                    Some(to) if bin.from_ms == 0 => format!("under {to}"),
                    Some(to) => format!("{from} to {to}"),
                    None => format!("{from} or more"),
                };
                Line::new(&name, bin.sessions, with_share(bin.sessions, durations.sessions))
            })
            .collect();
        self.bars(f, "How long they lasted", style::BAR, &lines)
    }
}

/// What the service's digits mean.
fn session_type(name: &str) -> &str {
    match name {
        "1" => "1 shared desktop",
        "2" => "2 application",
        other => other,
    }
}

fn with_share(value: u64, all: u64) -> String {
    format!("{}  {:>6}", grouped(value), percent(value, all))
}

fn push_others(lines: &mut Vec<Line>, names: usize, sessions: u64, all: u64) {
    if sessions > 0 {
        let plural = if names == 1 { "" } else { "s" };
        let name = format!("{} other{plural}", grouped(names as u64));
        lines.push(Line::rest(name, sessions, with_share(sessions, all)));
    }
}

/// A bar of so many cells at most; whatever is not nothing can be seen.
fn bar(value: u64, most: u64, cells: usize) -> String {
    if value == 0 {
        return String::new();
    }
    let eighths = (value as f64 / most as f64 * cells as f64 * 8.0).round() as usize;
    let eighths = eighths.clamp(1, cells * 8);
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

impl Display for Overview<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        if self.report.sessions == 0 {
            return Ok(());
        }
        self.days(f)?;
        self.counts(f, "By state", &self.report.states, |name| name)?;
        self.failures(f)?;
        self.durations(f)?;
        self.counts(f, "By session type", &self.report.session_types, session_type)?;
        self.counts(f, "By client", &self.report.client_types, |name| name)?;
        self.usage(f, "Users", &self.report.users)?;
        self.usage(f, "Servers", &self.report.servers)
    }
}

#[cfg(test)]
mod tests {
    use session_export_report::{Summary, SummaryOptions};

    use super::*;

    fn lines(sessions: &str) -> Vec<String> {
        let mut summary = Summary::new(SummaryOptions::new());
        for line in sessions.lines() {
            summary.add(&serde_json::from_str(line).unwrap());
        }
        let report = summary.finish();
        let overview = Overview {
            report: &report,
            colours: false,
        };
        overview.to_string().lines().map(str::to_owned).collect()
    }

    #[test]
    fn every_line_fits_and_bars_end_at_one_place_whatever_the_names() {
        let name = "会".repeat(60);
        let rows = [name.as_str(), "a\\u001b[2J", "zoë", "王"].map(|name| {
            format!(
                r#"{{"login_user":"{name}","machine_name":"{name}","session_state":"{name}","failed_code":"{name}","failed_reason":"{name}","start_time":"2024-02-27T08:00:00Z","end_time":"2024-02-27T09:00:00Z"}}"#
            )
        });
        let lines = lines(&rows.join("\n"));
        for line in &lines {
            assert!(line.width() <= WIDTH, "{line}");
            assert!(!line.contains('\u{1b}'), "{line:?}");
        }
        let bars: Vec<_> = lines.iter().filter(|line| line.contains('█')).collect();
        assert!(bars.len() > 20, "{lines:#?}");
        assert!(bars.iter().all(|line| line.width() == WIDTH), "{bars:#?}");
    }

    #[test]
    fn a_bar_is_in_proportion_to_an_eighth_of_a_cell() {
        assert_eq!(bar(8, 8, 4), "████");
        assert_eq!(bar(3, 8, 4), "█▌");
        assert_eq!((bar(0, 8, 4).as_str(), bar(1, 1_000_000, 4).as_str()), ("", "▏"));
    }

    #[test]
    fn nothing_is_one_line() {
        assert_eq!(lines(""), ["0 sessions"]);
    }
}
