//! What is going on, told on standard error, and what is left when it is interrupted.

mod screen;
mod status;
mod units;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Stderr, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use session_export::{DownloadProgress, Pause, PauseReason, TaskId};

use self::screen::{Mode, Screen};
use self::status::{Glyphs, Status, Transfer};

/// How often the line that changes is drawn.
const FRAME: Duration = Duration::from_millis(100);
/// A shorter pause is not worth a line that stays.
const LONG_PAUSE: Duration = Duration::from_secs(5);
/// Where a terminal does not say how wide it is.
const WIDTH: usize = 80;

/// What a command that ends now leaves behind in the service.
#[derive(Clone, Debug, Default)]
pub(crate) enum Left {
    #[default]
    Nothing,
    /// A submit is under way since then, and may have created a task.
    PerhapsTask(DateTime<Utc>),
    Task(TaskId),
}

/// Tells what is going on, and remembers the task, so that an interruption can say how to go on with it. Clones share
/// everything.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    left: Mutex<Left>,
    printing: AtomicBool,
    screen: Mutex<Screen<Stderr>>,
}

impl Progress {
    /// With `quiet` nothing is told but errors, which are not told here.
    pub(crate) fn new(quiet: bool) -> Self {
        let mode = match (quiet, is_capable_terminal()) {
            (true, _) => Mode::Quiet,
            (false, false) => Mode::Lines,
            (false, true) if has_unicode() => Mode::Terminal(Glyphs::UNICODE),
            (false, true) => Mode::Terminal(Glyphs::ASCII),
        };
        Self {
            shared: Arc::new(Shared {
                left: Mutex::default(),
                printing: AtomicBool::default(),
                screen: Mutex::new(Screen::new(io::stderr(), mode)),
            }),
        }
    }

    /// One line on standard error.
    pub(crate) fn say(&self, line: impl AsRef<str>) {
        self.screen().say(line.as_ref());
    }

    /// Something that is usually over at once; a terminal is told when it is not.
    pub(crate) fn works(&self, what: &'static str) {
        let since = Instant::now();
        self.screen().set(Status::Working { what, since });
    }

    /// A task's file is being made. Whether that is shown as it goes on: if not, lines have to say so.
    pub(crate) fn waits(&self, what: &str, elapsed: Duration, looks: u64) -> bool {
        let now = Instant::now();
        let mut screen = self.screen();
        screen.set(Status::Waiting {
            what: what.to_owned(),
            since: now.checked_sub(elapsed).unwrap_or(now),
            looks,
        });
        matches!(screen.mode(), Mode::Terminal(_))
    }

    /// A list is read page by page.
    pub(crate) fn reads(&self, rows: usize, total: Option<u64>) {
        self.screen().set(Status::Reading { rows, total });
    }

    /// Whom a download tells how far it is.
    pub(crate) fn download_listener(&self) -> impl Fn(DownloadProgress) + Send + Sync + 'static {
        let progress = self.clone();
        move |download| {
            let now = Instant::now();
            let mut screen = progress.screen();
            match screen.status() {
                Some(Status::Downloading(transfer)) => transfer.arrived(now, download.bytes, download.total),
                _ => screen.set(Status::Downloading(Transfer::new(
                    now,
                    download.bytes,
                    download.total,
                ))),
            }
        }
    }

    /// Whom a client tells of its pauses.
    pub(crate) fn pause_listener(&self) -> impl Fn(&Pause) + Send + Sync + 'static {
        let progress = self.clone();
        move |pause| progress.pauses(pause)
    }

    fn pauses(&self, pause: &Pause) {
        let now = Instant::now();
        let length = units::time_left(pause.length);
        let why = match &pause.reason {
            PauseReason::Throttled => format!("throttled: the service asks to wait {length}"),
            PauseReason::TryingAgain { problem } => format!("trying again in {length}: {problem}"),
            _ => format!("waiting {length}"),
        };
        let mut screen = self.screen();
        // A terminal counts the seconds; elsewhere silence would look like the end.
        if matches!(screen.mode(), Mode::Lines) && pause.length >= LONG_PAUSE {
            screen.say(&why);
        }
        screen.set(Status::Pausing {
            why,
            until: now + pause.length,
        });
    }

    /// Nothing is going on any more: the terminal is as if there had been nothing but lines.
    pub(crate) fn rests(&self) {
        self.screen().clear();
    }

    /// Draws what changes, for ever; it is dropped when the command ends.
    pub(crate) async fn animate(&self) {
        if !matches!(self.screen().mode(), Mode::Terminal(_)) {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(FRAME).await;
            let width = terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| width.0);
            let width = width.map_or(WIDTH, usize::from);
            self.screen().draw(Instant::now(), width);
        }
    }

    /// Standard error for whoever writes whole lines, such as a log.
    pub(crate) fn writer(&self) -> Lines {
        Lines(self.clone())
    }

    /// From here on a task may exist.
    pub(crate) fn submits(&self) {
        self.works("submitting");
        self.leaves(Left::PerhapsTask(Utc::now()));
    }

    /// A task may exist since then, and is looked for.
    pub(crate) fn may_have_task(&self, since: DateTime<Utc>) {
        self.works("looking for the task of the lost submit");
        self.leaves(Left::PerhapsTask(since));
    }

    /// From here on a task exists that an interruption would leave behind.
    pub(crate) fn has_task(&self, id: &TaskId) {
        self.leaves(Left::Task(id.clone()));
    }

    /// Nothing is left behind any more: the task's file is here, or the failed submit speaks for itself.
    pub(crate) fn leaves_nothing(&self) {
        self.leaves(Left::Nothing);
    }

    fn leaves(&self, left: Left) {
        *self.shared.left.lock().unwrap_or_else(PoisonError::into_inner) = left;
    }

    pub(crate) fn left(&self) -> Left {
        let left = self.shared.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.clone()
    }

    /// Whether standard output is being written to, perhaps for as long as its reader likes.
    pub(crate) fn set_printing(&self, printing: bool) {
        self.shared.printing.store(printing, Ordering::Relaxed);
    }

    pub(crate) fn is_printing(&self) -> bool {
        self.shared.printing.load(Ordering::Relaxed)
    }

    fn screen(&self) -> MutexGuard<'_, Screen<Stderr>> {
        self.shared.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Standard error, above the line that changes.
#[derive(Debug)]
pub(crate) struct Lines(Progress);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.screen().write(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a line on standard error can be written over.
fn is_capable_terminal() -> bool {
    let variable = |name| std::env::var_os(name).unwrap_or_default();
    // The console of older Windows shows escape sequences as they are.
    let understands = if cfg!(windows) {
        !variable("WT_SESSION").is_empty()
    } else {
        variable("TERM") != "dumb"
    };
    understands && io::stderr().is_terminal()
}

/// Whether the terminal shows more than ASCII, by what the locale says.
fn has_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(std::env::var_os)
        .find(|value| !value.is_empty());
    match locale.map(OsString::into_string) {
        Some(Ok(locale)) => {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        }
        _ => cfg!(windows) || cfg!(target_os = "macos"),
    }
}
