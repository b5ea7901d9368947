//! What is going on, told on standard error, and what is left when it is interrupted.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use session_export::TaskId;

/// What a command that ends now leaves behind in the service.
#[derive(Clone, Debug, Default)]
pub(crate) enum Left {
    #[default]
    Nothing,
    /// A submit is under way since then, and may have created a task.
    PerhapsTask(DateTime<Utc>),
    Task(TaskId),
}

/// Tells what is going on, and remembers the task, so that an interruption can say how to go on with it.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    left: Mutex<Left>,
    printing: AtomicBool,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// One line on standard error.
    pub(crate) fn say(&self, line: impl AsRef<str>) {
        // Nobody may be listening, as in `2>&1 | head`: that stops nothing.
        let _ = writeln!(io::stderr(), "{}", line.as_ref());
    }

    /// From here on a task may exist.
    pub(crate) fn submits(&self) {
        self.leaves(Left::PerhapsTask(Utc::now()));
    }

    /// A task may exist since then, and is looked for.
    pub(crate) fn may_have_task(&self, since: DateTime<Utc>) {
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
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = left;
    }

    pub(crate) fn left(&self) -> Left {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether standard output is being written to, perhaps for as long as its reader likes.
    pub(crate) fn set_printing(&self, printing: bool) {
        self.printing.store(printing, Ordering::Relaxed);
    }

    pub(crate) fn is_printing(&self) -> bool {
        self.printing.load(Ordering::Relaxed)
    }
}
