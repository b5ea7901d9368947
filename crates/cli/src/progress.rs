//! What is going on, told on standard error, and what is left when it is interrupted.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use session_export::TaskId;

/// Tells what is going on, and remembers the task, so that an interruption can say how to go on with it.
#[derive(Debug)]
pub(crate) struct Progress {
    task_id: Mutex<Option<TaskId>>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            task_id: Mutex::new(None),
        }
    }

    /// One line on standard error.
    pub(crate) fn say(&self, line: impl AsRef<str>) {
        // Nobody may be listening, as in `2>&1 | head`: that stops nothing.
        let _ = writeln!(io::stderr(), "{}", line.as_ref());
    }

    /// From here on a task exists that an interruption would leave behind.
    pub(crate) fn has_task(&self, id: &TaskId) {
        *self.task_id.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.clone());
    }

    /// The task's file is here: nothing is left behind any more.
    pub(crate) fn task_is_done(&self) {
        *self.task_id.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn task_id(&self) -> Option<TaskId> {
        self.task_id
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
