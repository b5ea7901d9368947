//! Standard error: lines that stay, and below them one that changes.

use std::io::{self, Write};
use std::time::Instant;

use super::status::{Glyphs, Status};

/// What standard error is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    /// Errors only.
    Quiet,
    /// Lines that stay: it is a file, a pipe, or a terminal that cannot do more.
    Lines,
    /// A terminal.
    Terminal(Glyphs),
}

/// Writes to `W` as its mode says. Nobody may be listening, as in `2>&1 | head`: that stops nothing.
#[derive(Debug)]
pub(crate) struct Screen<W> {
    out: W,
    mode: Mode,
    status: Option<Status>,
    /// What goes on after a pause.
    paused: Option<Status>,
    is_drawn: bool,
    frame: usize,
}

impl<W: Write> Screen<W> {
    pub(crate) fn new(out: W, mode: Mode) -> Self {
        Self {
            out,
            mode,
            status: None,
            paused: None,
            is_drawn: false,
            frame: 0,
        }
    }

    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    /// A line that stays, above the one that changes.
    pub(crate) fn say(&mut self, line: &str) {
        if !matches!(self.mode, Mode::Quiet) {
            self.erase();
            let _ = writeln!(self.out, "{line}");
        }
    }

    /// Bytes of somebody else, whole lines, that stay.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.erase();
        self.out.write_all(bytes)
    }

    /// From now on this is going on.
    pub(crate) fn set(&mut self, status: Status) {
        if matches!(self.status, Some(Status::Pausing { .. })) && !matches!(status, Status::Pausing { .. }) {
            self.paused = None;
        }
        if matches!(status, Status::Pausing { .. }) && !matches!(self.status, Some(Status::Pausing { .. })) {
            self.paused = self.status.take();
        }
        self.status = Some(status);
    }

    pub(crate) fn status(&mut self) -> Option<&mut Status> {
        self.status.as_mut()
    }

    /// Nothing is going on any more that needs a line.
    pub(crate) fn clear(&mut self) {
        (self.status, self.paused) = (None, None);
        self.erase();
    }

    /// Draws the line that changes.
    pub(crate) fn draw(&mut self, now: Instant, width: usize) {
        let Mode::Terminal(glyphs) = self.mode else { return };
        if self.status.as_ref().is_some_and(|status| status.is_over(now)) {
            self.status = self.paused.take();
        }
        // The last cell stays free: some terminals go to the next line when it is written.
        let width = width.saturating_sub(1);
        let line = self
            .status
            .as_ref()
            .and_then(|status| status.line(now, self.frame, width, glyphs));
        match line {
            Some(line) => {
                self.frame += 1;
                self.is_drawn = true;
                // In one write, so that it never shows half.
                let _ = self.out.write_all(format!("\r{line}\x1b[K").as_bytes());
                let _ = self.out.flush();
            }
            None => self.erase(),
        }
    }

    fn erase(&mut self) {
        if self.is_drawn {
            self.is_drawn = false;
            let _ = self.out.write_all(b"\r\x1b[K");
            let _ = self.out.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn screen(mode: Mode) -> Screen<Vec<u8>> {
        Screen::new(Vec::new(), mode)
    }

    fn waiting(now: Instant) -> Status {
        Status::Waiting {
            what: "CREATING".to_owned(),
            since: now,
            looks: 1,
        }
    }

    /// What a terminal shows in the end: the lines that stay, and the one that changes.
    fn shown(screen: &Screen<Vec<u8>>) -> Vec<String> {
        let text = String::from_utf8(screen.out.clone()).unwrap();
        let mut lines = vec![String::new()];
        let mut rest = text.as_str();
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("\r\x1b[K") {
                lines.last_mut().unwrap().clear();
                rest = after;
                continue;
            }
            if let Some(after) = rest.strip_prefix("\x1b[K") {
                rest = after;
                continue;
            }
            match c {
                '\n' => lines.push(String::new()),
                '\r' => lines.last_mut().unwrap().clear(),
                c => lines.last_mut().unwrap().push(c),
            }
            rest = &rest[c.len_utf8()..];
        }
        lines
    }

    #[test]
    fn a_line_that_stays_is_put_above_the_one_that_changes() {
        let now = Instant::now();
        let mut screen = screen(Mode::Terminal(Glyphs::ASCII));
        screen.set(waiting(now));
        screen.draw(now, 80);
        screen.say("a note");
        screen.draw(now, 80);
        assert_eq!(shown(&screen), ["a note", "/ waiting: CREATING , 0 s , 1 look"]);
        screen.write(b"a log line\n").unwrap();
        assert_eq!(shown(&screen), ["a note", "a log line", ""]);
        screen.draw(now, 80);
        screen.clear();
        screen.draw(now, 80);
        assert_eq!(shown(&screen), ["a note", "a log line", ""]);
        assert!(screen.out.ends_with(b"\r\x1b[K"), "the line is clean in the end");
    }

    #[test]
    fn elsewhere_nothing_changes_and_quiet_is_quiet() {
        let now = Instant::now();
        for (mode, expected) in [(Mode::Lines, &b"a note\n"[..]), (Mode::Quiet, b"")] {
            let mut screen = screen(mode);
            screen.set(waiting(now));
            screen.draw(now, 80);
            screen.say("a note");
            screen.draw(now, 80);
            screen.clear();
            assert_eq!(screen.out, expected, "{mode:?}");
        }
    }

    #[test]
    fn after_a_pause_what_was_before_it_goes_on() {
        let now = Instant::now();
        let pause = |seconds| Status::Pausing {
            why: "throttled".to_owned(),
            until: now + Duration::from_secs(seconds),
        };
        let mut screen = screen(Mode::Terminal(Glyphs::ASCII));
        screen.set(waiting(now));
        screen.set(pause(5));
        screen.set(pause(50));
        screen.draw(now, 80);
        assert_eq!(shown(&screen), ["| throttled , 50 s left"]);
        screen.draw(now + Duration::from_secs(50), 80);
        assert_eq!(shown(&screen), ["/ waiting: CREATING , 50 s , 1 look"]);
        screen.set(pause(90));
        screen.set(waiting(now));
        screen.draw(now, 80);
        assert_eq!(shown(&screen), ["- waiting: CREATING , 0 s , 1 look"]);
    }
}
