//! The start of a file that an export with a journal keeps for whoever resumes it.

use std::fs;

use session_export::{Download, Error, FileJournal, TaskRef};

use super::Context;
use crate::shown::shown;

pub(super) struct Leftovers<'a> {
    pub(super) journal: &'a FileJournal,
    pub(super) task: TaskRef,
}

impl Leftovers<'_> {
    /// Goes on with what an earlier process has left, and leaves what helps the next one.
    pub(super) fn continued(&self, download: Download) -> Download {
        let download = download.keep_partial(true);
        match self.journal.partial_file() {
            Some(partial) => download.continue_from(partial),
            None => download,
        }
    }

    /// Writes down what a download that failed has left, if anything.
    pub(super) fn keep(&self, context: &Context<'_>, error: &Error) {
        let Some(partial) = error.partial_file() else {
            return;
        };
        match self.journal.interrupted(&self.task, partial) {
            Ok(()) => context.progress.say(format!(
                "the {} bytes that arrived are kept in {}; `session-export resume {}` goes on with them",
                partial.bytes,
                shown(&partial.path),
                shown(self.journal.path())
            )),
            Err(problem) => {
                // Nobody would ever come back for it.
                let _ = fs::remove_file(&partial.path);
                context.progress.say(format!(
                    "note: {}; what arrived of the file is not kept",
                    crate::failure::chain(&problem)
                ));
            }
        }
    }
}
