//! The files of exports: when they are written, how many at a time, and when they go.

mod csv;
mod xlsx;

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tempfile::NamedTempFile;
use tokio::sync::Semaphore;

use crate::data::{Dataset, Selection};
use crate::options::{ClockFn, ExportFormat};
use crate::state::{Event, FileRecord, UNFINISHED};
use crate::tasks::Task;
use crate::tenancy::Project;

/// Exports of more sessions than this are large: they are written in the background from their submission on, and stay
/// `CREATING` until the file is whole. The others are written when somebody first looks at the finished task, which
/// takes a second at most, and their status follows from the clock alone.
const SMALL: usize = 20_000;

/// How many large exports are written at a time; the others wait for their turn in the order of their submission. One
/// keeps a core busy, and the answers to other calls need the rest.
const LARGE_AT_A_TIME: usize = 1;

/// How many small exports are written at a time.
const SMALL_AT_A_TIME: usize = 4;

/// After this many rows a writer looks whether it is still wanted.
const ROWS_BETWEEN_LOOKS: usize = 256;

/// After this many rows, about a tenth of a millisecond, a writer lets other threads run: on a machine with few cores
/// an answer would otherwise wait until the system takes the core away, which is some milliseconds.
const ROWS_BETWEEN_YIELDS: usize = 2;

/// The file of one task.
#[derive(Debug)]
pub(crate) struct ExportFile {
    is_large: bool,
    state: Mutex<FileState>,
    /// Held while the file is being written.
    turn: tokio::sync::Mutex<()>,
    unwanted: AtomicBool,
}

#[derive(Debug, Clone)]
pub(crate) enum FileState {
    /// It is not written yet.
    Awaited,
    /// It is whole since that moment.
    Written(Arc<StoredFile>, DateTime<Utc>),
    /// It could not be written, for this reason.
    Failed(String, DateTime<Utc>),
    /// It was there, or was to come, and is not needed any more.
    Gone,
}

/// A whole file. Unless it is to outlive the emulator, it goes away with the last one who holds it.
#[derive(Debug)]
pub(crate) struct StoredFile {
    path: PathBuf,
    stays: AtomicBool,
}

impl StoredFile {
    /// One that goes away.
    pub(crate) fn passing(path: PathBuf) -> Self {
        let stays = AtomicBool::new(false);
        Self { path, stays }
    }

    /// One that stays until it is discarded.
    pub(crate) fn kept(path: PathBuf) -> Self {
        let stays = AtomicBool::new(true);
        Self { path, stays }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn discard(&self) {
        self.stays.store(false, Ordering::Relaxed);
    }
}

impl Drop for StoredFile {
    fn drop(&mut self) {
        if !*self.stays.get_mut() {
            // What is left behind is of no harm, and nobody can be told.
            drop(std::fs::remove_file(&self.path));
        }
    }
}

impl ExportFile {
    /// The file of so many sessions.
    pub(crate) fn new(rows: usize) -> Self {
        Self::restored(rows, FileState::Awaited)
    }

    /// The file of so many sessions, and what became of it before the emulator was started.
    pub(crate) fn restored(rows: usize, state: FileState) -> Self {
        Self {
            is_large: rows > SMALL,
            state: Mutex::new(state),
            turn: tokio::sync::Mutex::default(),
            unwanted: AtomicBool::new(false),
        }
    }

    pub(crate) fn state(&self) -> FileState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the task is `CREATING` for as long as there is no file.
    pub(crate) fn is_large(&self) -> bool {
        self.is_large
    }

    /// Deletes the file, after the last download that is under way, and stops a writer.
    pub(crate) fn discard(&self) {
        self.unwanted.store(true, Ordering::Relaxed);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let FileState::Written(file, _) = &*state {
            file.discard();
        }
        *state = FileState::Gone;
    }

    /// Only an awaited file comes or fails: one that was discarded meanwhile is dropped.
    fn set(&self, new: FileState) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let FileState::Awaited = *state {
            *state = new;
        } else if let FileState::Written(file, _) = &new {
            file.discard();
        }
    }
}

/// Writes files on threads for blocking work, so that other requests are answered meanwhile.
pub(crate) struct Writers {
    large: Semaphore,
    small: Semaphore,
    stopped: AtomicBool,
    directory: PathBuf,
    clock: ClockFn,
}

impl Writers {
    pub(crate) fn new(directory: Option<PathBuf>, clock: ClockFn) -> Self {
        Self {
            large: Semaphore::new(LARGE_AT_A_TIME),
            small: Semaphore::new(SMALL_AT_A_TIME),
            stopped: AtomicBool::new(false),
            directory: directory.unwrap_or_else(std::env::temp_dir),
            clock,
        }
    }

    /// Begins with a large export, or puts it into the queue.
    pub(crate) fn submit(self: &Arc<Self>, project: &Arc<Project>, task: &Arc<Task>) {
        if task.file.is_large {
            let (writers, project, task) = (Arc::clone(self), Arc::clone(project), Arc::clone(task));
            drop(tokio::spawn(async move { writers.write(project, task).await }));
        }
    }

    /// Writes the file of a small export that is finished otherwise, unless it is there. Large ones are not waited for.
    pub(crate) async fn settle(self: &Arc<Self>, project: &Arc<Project>, task: &Arc<Task>) {
        if !task.file.is_large && matches!(task.file.state(), FileState::Awaited) {
            let (writers, project, task) = (Arc::clone(self), Arc::clone(project), Arc::clone(task));
            // In a task of its own: a client that goes away must not make the next one begin again.
            drop(tokio::spawn(async move { writers.write(project, task).await }).await);
        }
    }

    /// Ends all writing soon, and lets nothing new begin.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.large.close();
        self.small.close();
    }

    async fn write(self: Arc<Self>, project: Arc<Project>, task: Arc<Task>) {
        let _turn = task.file.turn.lock().await;
        let lane = if task.file.is_large {
            &self.large
        } else {
            &self.small
        };
        let Ok(_permit) = lane.acquire().await else {
            return;
        };
        if !matches!(task.file.state(), FileState::Awaited) {
            return;
        }
        let (writers, writing) = (Arc::clone(&self), Arc::clone(&task));
        let written = tokio::task::spawn_blocking(move || -> io::Result<_> {
            let wanted =
                || !writers.stopped.load(Ordering::Relaxed) && !writing.file.unwanted.load(Ordering::Relaxed);
            let job = Job {
                data: &project.data,
                rows: &writing.rows,
                wanted: &wanted,
            };
            let file = job.write(writing.format, &writers.directory)?;
            let at = (writers.clock)();
            Ok((writing.store().keep(file, &writing, at)?, at))
        });
        let failure = match written.await {
            Ok(Ok((file, at))) => return task.file.set(FileState::Written(Arc::new(file), at)),
            // It was broken off, and may be begun again after the next start.
            _ if self.stopped.load(Ordering::Relaxed) => return,
            Ok(Err(error)) => reason(&error.kind().to_string()),
            // The spreadsheet's writer panics when a temporary file cannot be written.
            Err(_) => reason("the spreadsheet could not be stored"),
        };
        let at = (self.clock)();
        task.store().note(|| Event::File {
            task_id: task.id.clone(),
            file: FileRecord::Failed {
                at,
                reason: failure.clone(),
            },
        });
        task.file.set(FileState::Failed(failure, at));
    }
}

fn reason(cause: &str) -> String {
    format!("The export file could not be written: {cause}.")
}

/// What is to be written, and whether it still is.
struct Job<'a> {
    data: &'a Dataset,
    rows: &'a Selection,
    wanted: &'a (dyn Fn() -> bool + Sync),
}

impl Job<'_> {
    /// Writes to a temporary file, which is deleted unless it becomes whole. Needs memory for one row at a time.
    fn write(&self, format: ExportFormat, directory: &Path) -> io::Result<NamedTempFile> {
        let mut file = NamedTempFile::with_prefix_in(UNFINISHED, directory)?;
        match format {
            ExportFormat::Xlsx => xlsx::write(self, xlsx::SHEET_CAPACITY, file.as_file_mut(), directory)?,
            ExportFormat::Csv => csv::write(self, file.as_file_mut())?,
        }
        Ok(file)
    }

    /// The positions of the rows, with a look now and then whether they are still wanted.
    fn positions(&self) -> impl Iterator<Item = io::Result<u32>> {
        self.rows
            .positions(self.data)
            .enumerate()
            .map(|(number, position)| {
                if number % ROWS_BETWEEN_LOOKS == 0 {
                    self.look()?;
                }
                if number % ROWS_BETWEEN_YIELDS == 0 {
                    std::thread::yield_now();
                }
                Ok(position)
            })
    }

    /// The cells of the row of a session.
    fn row(&self, position: u32) -> Option<Vec<Option<Cow<'_, str>>>> {
        self.data.cells(self.rows.list(), position)
    }

    fn look(&self) -> io::Result<()> {
        if (self.wanted)() {
            Ok(())
        } else {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
}

#[cfg(test)]
mod tests;
