//! The one line that says what is going on, as a text that fits a terminal.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use unicode_width::UnicodeWidthStr;

use super::units::{bytes, time, time_left};
use crate::shown::{cut, printable};

/// What is going on.
#[derive(Clone, Debug)]
pub(crate) enum Status {
    /// Something that is usually over at once; it is only worth a line when it is not.
    Working { what: &'static str, since: Instant },
    /// A task's file is being made.
    Waiting {
        what: String,
        since: Instant,
        looks: u64,
    },
    /// A file arrives.
    Downloading(Transfer),
    /// A list is read page by page.
    Reading { rows: usize, total: Option<u64> },
    /// Nothing is sent until then.
    Pausing { why: String, until: Instant },
}

/// A quick answer needs no line.
const PATIENCE: Duration = Duration::from_secs(1);

/// What lines are drawn with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Glyphs {
    spinner: &'static [&'static str],
    full: &'static str,
    empty: &'static str,
    dot: &'static str,
    cut: char,
}

impl Glyphs {
    pub(crate) const UNICODE: Self = Self {
        spinner: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
        full: "━",
        empty: "─",
        dot: "·",
        cut: '…',
    };
    pub(crate) const ASCII: Self = Self {
        spinner: &["|", "/", "-", "\\"],
        full: "#",
        empty: "-",
        dot: ",",
        cut: '~',
    };
}

impl Status {
    /// The line at this moment, in at most `width` cells; none where it is not worth one yet. `frame` counts the lines
    /// that were drawn before.
    pub(crate) fn line(&self, now: Instant, frame: usize, width: usize, glyphs: Glyphs) -> Option<String> {
        let dot = glyphs.dot;
        let spinner = glyphs.spinner[frame % glyphs.spinner.len()];
        let text = match self {
            Self::Working { what, since } => {
                let elapsed = now.saturating_duration_since(*since);
                if elapsed < PATIENCE {
                    return None;
                }
                format!("{what} {dot} {}", time(elapsed))
            }
            Self::Waiting { what, since, looks } => {
                let elapsed = time(now.saturating_duration_since(*since));
                let plural = if *looks == 1 { "" } else { "s" };
                format!("waiting: {what} {dot} {elapsed} {dot} {looks} look{plural}")
            }
            Self::Downloading(transfer) => transfer.line(now, width.saturating_sub(2), glyphs),
            Self::Reading { rows, total } => match total {
                Some(total) => format!("reading: {rows} of {total} rows"),
                None => format!("reading: {rows} rows"),
            },
            Self::Pausing { why, until } => {
                let left = time_left(until.saturating_duration_since(now));
                format!("{why} {dot} {left} left")
            }
        };
        Some(cut(&printable(&format!("{spinner} {text}")), width, glyphs.cut))
    }

    /// Whether it is over by itself.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        matches!(self, Self::Pausing { until, .. } if *until <= now)
    }
}

/// How far a download has come, and how fast.
#[derive(Clone, Debug)]
pub(crate) struct Transfer {
    bytes: u64,
    total: Option<u64>,
    /// What had arrived when, over the last seconds.
    samples: VecDeque<(Instant, u64)>,
}

/// Over how long the rate is taken, and how often it is looked at.
const RATE_WINDOW: Duration = Duration::from_secs(5);
const SAMPLE_EVERY: Duration = Duration::from_millis(250);
/// Cells of a bar: a shorter one says nothing, a longer one no more.
const BAR: std::ops::RangeInclusive<usize> = 10..=30;

impl Transfer {
    pub(crate) fn new(now: Instant, bytes: u64, total: Option<u64>) -> Self {
        Self {
            bytes,
            total,
            samples: VecDeque::from([(now, bytes)]),
        }
    }

    pub(crate) fn arrived(&mut self, now: Instant, bytes: u64, total: Option<u64>) {
        if bytes < self.bytes {
            // It was begun again.
            *self = Self::new(now, bytes, total);
            return;
        }
        (self.bytes, self.total) = (bytes, total);
        let is_due = self
            .samples
            .back()
            .is_none_or(|(at, _)| now.saturating_duration_since(*at) >= SAMPLE_EVERY);
        if is_due {
            self.samples.push_back((now, bytes));
        }
        while self.samples.len() > 2
            && self
                .samples
                .front()
                .is_some_and(|(at, _)| now.saturating_duration_since(*at) > RATE_WINDOW)
        {
            self.samples.pop_front();
        }
    }

    /// Bytes a second; none before there is anything to tell it by.
    fn rate(&self, now: Instant) -> Option<u64> {
        let (at, bytes) = self.samples.front()?;
        let millis = now.saturating_duration_since(*at).as_millis();
        let more = u128::from(self.bytes - bytes);
        (millis >= SAMPLE_EVERY.as_millis() && more > 0)
            .then(|| u64::try_from(more * 1_000 / millis).unwrap_or(u64::MAX))
    }

    fn line(&self, now: Instant, width: usize, glyphs: Glyphs) -> String {
        let dot = glyphs.dot;
        let rate = self.rate(now);
        let speed = rate.map_or_else(String::new, |rate| format!(" {dot} {}/s", bytes(rate)));
        let Some(total) = self.total.filter(|total| *total > 0) else {
            return format!("downloading {dot} {}{speed}", bytes(self.bytes));
        };
        let left = match rate {
            Some(rate) if rate > 0 && self.bytes < total => {
                let seconds = (total - self.bytes).div_ceil(rate);
                format!(" {dot} {} left", time(Duration::from_secs(seconds)))
            }
            _ => String::new(),
        };
        let done = self.bytes.min(total);
        let percent = u128::from(done) * 100 / u128::from(total);
        let amounts = format!("{} of {}{speed}{left}", bytes(done), bytes(total));
        let room = width.saturating_sub("downloading  100 %  ".len() + 1 + amounts.width());
        let bar = match room.min(*BAR.end()) {
            cells if cells < *BAR.start() => String::new(),
            cells => {
                let full =
                    usize::try_from(u128::from(done) * cells as u128 / u128::from(total)).unwrap_or(cells);
                format!(
                    "{}{} ",
                    glyphs.full.repeat(full),
                    glyphs.empty.repeat(cells - full)
                )
            }
        };
        format!("downloading {bar}{percent:>3} %  {amounts}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn line(status: &Status, now: Instant, width: usize) -> String {
        let line = status.line(now, 0, width, Glyphs::UNICODE).unwrap();
        assert!(line.width() <= width, "{line:?} is wider than {width}");
        line
    }

    #[test]
    fn a_wait_says_what_how_long_and_how_often_it_looked() {
        let since = Instant::now();
        let status = Status::Waiting {
            what: "CREATING".to_owned(),
            since,
            looks: 1,
        };
        assert_eq!(
            line(&status, since + seconds(2), 79),
            "⠋ waiting: CREATING · 2 s · 1 look"
        );
        let status = Status::Waiting {
            what: "the task is not listed yet".to_owned(),
            since,
            looks: 12,
        };
        assert_eq!(
            line(&status, since + seconds(125), 79),
            "⠋ waiting: the task is not listed yet · 2 min 05 s · 12 looks"
        );
        assert_eq!(line(&status, since, 20), "⠋ waiting: the task…");
    }

    #[test]
    fn what_is_over_at_once_has_no_line() {
        let since = Instant::now();
        let status = Status::Working {
            what: "submitting",
            since,
        };
        let at = |millis| {
            let now = since + Duration::from_millis(millis);
            status.line(now, 3, 79, Glyphs::ASCII)
        };
        assert_eq!(at(999), None);
        assert_eq!(at(1_000).unwrap(), "\\ submitting , 1 s");
    }

    #[test]
    fn a_download_shows_a_bar_the_rate_and_what_is_left() {
        let start = Instant::now();
        let mut transfer = Transfer::new(start, 0, Some(100 << 20));
        for second in 1..=10 {
            transfer.arrived(start + seconds(second), second * (5 << 20), Some(100 << 20));
        }
        let status = Status::Downloading(transfer);
        assert_eq!(
            line(&status, start + seconds(10), 100),
            "⠋ downloading ━━━━━━━━━━━━━━━───────────────  50 %  50.0 MiB of 100.0 MiB · 5.0 MiB/s · 10 s left"
        );
        // The bar is the first to go, the end of the text the next.
        assert_eq!(
            line(&status, start + seconds(10), 70),
            "⠋ downloading  50 %  50.0 MiB of 100.0 MiB · 5.0 MiB/s · 10 s left"
        );
        assert_eq!(line(&status, start + seconds(10), 16), "⠋ downloading  …");
    }

    #[test]
    fn without_a_length_there_is_no_bar_and_a_stall_shows() {
        let start = Instant::now();
        let mut transfer = Transfer::new(start, 0, None);
        transfer.arrived(start + seconds(1), 1 << 20, None);
        let status = Status::Downloading(transfer.clone());
        assert_eq!(
            line(&status, start + seconds(1), 79),
            "⠋ downloading · 1.0 MiB · 1.0 MiB/s"
        );
        assert_eq!(
            line(&status, start + seconds(4), 79),
            "⠋ downloading · 1.0 MiB · 256.0 KiB/s"
        );
        transfer.arrived(start + seconds(5), 10, None);
        let again = Status::Downloading(transfer);
        assert_eq!(line(&again, start + seconds(5), 79), "⠋ downloading · 10 B");
    }

    #[test]
    fn any_state_of_a_download_fits_any_width() {
        let start = Instant::now();
        for total in [None, Some(0), Some(1), Some(u64::MAX)] {
            for arrived in [0, 1, 1 << 40, u64::MAX] {
                let mut transfer = Transfer::new(start, 0, total);
                transfer.arrived(start + seconds(1), arrived, total);
                let status = Status::Downloading(transfer);
                for width in 0..140 {
                    line(&status, start + seconds(3), width);
                }
            }
        }
    }

    #[test]
    fn a_pause_counts_down_and_ends() {
        let now = Instant::now();
        let status = Status::Pausing {
            why: "throttled: the service asks to wait 60 s".to_owned(),
            until: now + seconds(60),
        };
        assert_eq!(
            line(&status, now + seconds(18), 79),
            "⠋ throttled: the service asks to wait 60 s · 42 s left"
        );
        assert!(!status.is_over(now + seconds(59)) && status.is_over(now + seconds(60)));
    }

    #[test]
    fn nothing_of_a_server_moves_the_cursor() {
        let status = Status::Pausing {
            why: "bad\u{1b}[2J\nnews 会话".to_owned(),
            until: Instant::now(),
        };
        let text = line(&status, Instant::now(), 79);
        assert_eq!(text, "⠋ bad·[2J·news 会话 · 0 s left");
        assert_eq!(line(&status, Instant::now(), 20), "⠋ bad·[2J·news 会话…");
        assert_eq!(line(&status, Instant::now(), 19), "⠋ bad·[2J·news 会…");
    }
}
