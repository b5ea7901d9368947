//! What is going on, told on standard error, and what is left when it is interrupted.

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
        eprintln!("{}", line.as_ref());
    }

    /// From here on a task exists that an interruption would leave behind.
    pub(crate) fn has_task(&self, id: &TaskId) {
        *self.task_id.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.clone());
    }

    pub(crate) fn task_id(&self) -> Option<TaskId> {
        self.task_id
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
