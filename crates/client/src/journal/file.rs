//! A journal in a file: one export, one JSON object a line.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use session_export_model::{ExportFilter, TaskRef};

use super::line::{Entry, Unread, filter_of};
use super::{JournalRefusal, SubmitIntent, SubmitJournal};
use crate::directory::sync_parent;
use crate::{Ambiguity, Error, ErrorKind, JournalProblem, PartialFile, Reconciliation, Sha256Digest};

/// A journal is a few lines; more than this is no journal.
const MOST_BYTES: u64 = 1 << 20;

/// A journal in a file, for one export: JSON Lines that people can read, each durable before it counts.
///
/// It is created where nothing was, is locked against a second process for as long as it lives, and holds no secret: the
/// project, the filter, the task, what became of it, and a note of its owner's.
///
/// ```no_run
/// use std::sync::Arc;
/// use session_export::{Client, FileJournal, JournalState, SessionFilter};
///
/// # async fn example(client: Client, filter: SessionFilter) -> Result<(), session_export::Error> {
/// let journal = Arc::new(FileJournal::create("export.journal", &"sessions.xlsx")?);
/// let task = client.export_sessions(filter).journal(Arc::clone(&journal)).submit().await?;
/// # drop(journal);
///
/// // Another process, after a crash:
/// let journal = FileJournal::open("export.journal")?;
/// match journal.state() {
///     JournalState::Intended(intent) => { /* Client::reconcile before anything else */ }
///     JournalState::Submitted(task) => { /* Client::resume */ }
///     _ => {}
/// }
/// # Ok(())
/// # }
/// ```
///
/// Files are written with `std::fs` on the calling thread. The lock is advisory (`flock`) on unix.
#[derive(Debug)]
pub struct FileJournal {
    path: PathBuf,
    was_torn: bool,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    file: File,
    /// How long the file is in whole lines.
    length: u64,
    /// A line may be there in part, and could not be taken back: nothing may come after it.
    is_broken: bool,
    note: serde_json::Value,
    filter: Option<ExportFilter>,
    partial: Option<PartialFile>,
    state: JournalState,
}

/// Where the export of a journal stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum JournalState {
    /// Nothing has been sent.
    #[default]
    Empty,
    /// A submit was about to be sent, and nothing is known of it: a task may exist.
    /// [`SubmitIntent::ambiguity`] makes of it what [`Client::reconcile`](crate::Client::reconcile) takes.
    Intended(SubmitIntent),
    /// A submit's answer was lost: a task may exist.
    Ambiguous(Ambiguity),
    /// A submit certainly created no task: it was refused, it was not sent, or its answer was lost and it was found out
    /// that there is none.
    NotCreated,
    /// There is a task, whose file may or may not be ready.
    Submitted(TaskRef),
    /// The task's file can be downloaded.
    Ready(TaskRef),
    /// The file is here.
    #[non_exhaustive]
    Downloaded {
        /// The task.
        task: TaskRef,
        /// Where the file was put.
        path: PathBuf,
        /// How many bytes.
        bytes: u64,
        /// Their SHA-256, in hexadecimal digits.
        sha256: Option<String>,
    },
}

impl FileJournal {
    /// Starts a journal in a new file, with a note for whoever opens it: it must serialise to JSON, and hold no secret.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Journal`](crate::ErrorKind::Journal) with [`JournalProblem::AlreadyThere`] when there is such a
    /// file, which is left alone, or what writing it ends with.
    pub fn create(path: impl AsRef<Path>, note: &impl Serialize) -> Result<Self, Error> {
        Self::create_locked(path.as_ref(), note, lock)
    }

    /// `lock` is an argument for a test: a file system without locks is at hand for none.
    fn create_locked(
        path: &Path,
        note: &impl Serialize,
        lock: impl FnOnce(&File, &Path) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let note = serde_json::to_value(note)
            .map_err(|_| Error::configuration("the note of a journal cannot be written as JSON"))?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(path)
            .map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => Error::journal(path, JournalProblem::AlreadyThere),
                _ => Error::journal_io(path, "create", &error),
            })?;
        let locked = lock(&file, path);
        let journal = Self {
            path: path.to_owned(),
            was_torn: false,
            inner: Mutex::new(Inner {
                file,
                length: 0,
                is_broken: false,
                note: note.clone(),
                filter: None,
                partial: None,
                state: JournalState::Empty,
            }),
        };
        let started = locked
            .and_then(|()| journal.write(Entry::Created { note }))
            .and_then(|()| {
                sync_parent(path).map_err(|error| Error::journal_io(path, "make durable", &error))
            });
        match started {
            Ok(()) => Ok(journal),
            Err(error) => {
                // It says nothing yet, and it would only be in the way of the next try. Who has the lock has the file.
                if !is_locked(&error) {
                    let _ = std::fs::remove_file(path);
                }
                Err(error)
            }
        }
    }

    /// Goes on with a journal. A last line that a crash cut short does not count, and is removed;
    /// [`was_torn`](Self::was_torn) says so.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Journal`](crate::ErrorKind::Journal) with the [`JournalProblem`]: another process has it, its version
    /// is not known, a line is not understood, or what reading it ends with.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let failed = |action| move |error: io::Error| Error::journal_io(path, action, &error);
        // A pipe would not end, and a device has no lines.
        let metadata = std::fs::metadata(path).map_err(failed("open"))?;
        if !metadata.is_file() || metadata.len() > MOST_BYTES {
            return Err(Error::journal(path, JournalProblem::Corrupt { line: 1 }));
        }
        let file = OpenOptions::new().read(true).write(true).open(path);
        let mut file = file.map_err(failed("open"))?;
        lock(&file, path)?;
        let mut bytes = Vec::new();
        Read::by_ref(&mut file)
            .take(MOST_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(failed("read"))?;
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |last| last + 1);
        let mut inner = Inner {
            file,
            length: whole as u64,
            is_broken: false,
            note: serde_json::Value::Null,
            filter: None,
            partial: None,
            state: JournalState::Empty,
        };
        for (index, line) in bytes[..whole].split_inclusive(|byte| *byte == b'\n').enumerate() {
            let entry = Entry::read(line).map_err(|unread| {
                let problem = match unread {
                    Unread::Version(version) => JournalProblem::UnknownVersion { version },
                    Unread::Corrupt => JournalProblem::Corrupt { line: index + 1 },
                };
                Error::journal(path, problem)
            })?;
            inner.take(entry);
        }
        let was_torn = whole < bytes.len();
        if was_torn {
            inner.cut().map_err(failed("mend"))?;
        }
        Ok(Self {
            path: path.to_owned(),
            was_torn,
            inner: Mutex::new(inner),
        })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a crash had cut the last line short.
    pub fn was_torn(&self) -> bool {
        self.was_torn
    }

    /// Where the export stands.
    pub fn state(&self) -> JournalState {
        self.lock().state.clone()
    }

    /// What was submitted, or about to be.
    pub fn filter(&self) -> Option<ExportFilter> {
        self.lock().filter.clone()
    }

    /// What the last download has left, for [`Download::continue_from`](crate::Download::continue_from); none once the file
    /// is here.
    pub fn partial_file(&self) -> Option<PartialFile> {
        self.lock().partial.clone()
    }

    /// The note that it was created with, if it is one of this kind.
    pub fn note<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_value(self.lock().note.clone()).ok()
    }

    /// Writes down that a submit failed and certainly created no task: it was refused, or not sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Journal`](crate::ErrorKind::Journal) when it cannot be written.
    pub fn not_created(&self) -> Result<(), Error> {
        self.write(Entry::NotCreated {})
    }

    /// Writes down that a submit's answer was lost.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Journal`](crate::ErrorKind::Journal) when it cannot be written.
    pub fn ambiguous(&self, ambiguity: &Ambiguity) -> Result<(), Error> {
        self.write(Entry::Ambiguous {
            ambiguity: ambiguity.clone(),
        })
    }

    /// Writes down what was found out about it. A task that is adopted is [submitted](SubmitJournal::submitted), too.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Journal`](crate::ErrorKind::Journal) when it cannot be written.
    pub fn reconciled(&self, found: &Reconciliation) -> Result<(), Error> {
        match Entry::reconciled(found) {
            Some(entry) => self.write(entry),
            None => Ok(()),
        }
    }

    /// Writes down which task it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Journal`](crate::ErrorKind::Journal) when it cannot be written.
    pub fn adopted(&self, task: &TaskRef) -> Result<(), Error> {
        self.write(Entry::Submitted { task: task.clone() })
    }

    /// Writes down that the task's file can be downloaded.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Journal`](crate::ErrorKind::Journal) when it cannot be written.
    pub fn ready(&self, task: &TaskRef) -> Result<(), Error> {
        self.write(Entry::Ready { task: task.clone() })
    }

    /// Writes down what a download that broke off has left: [`Error::partial_file`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Journal`](crate::ErrorKind::Journal) when it cannot be written.
    pub fn interrupted(&self, task: &TaskRef, partial: &PartialFile) -> Result<(), Error> {
        self.write(Entry::Interrupted {
            task: task.clone(),
            partial: partial.clone(),
        })
    }

    /// Writes down that the file is here.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Journal`](crate::ErrorKind::Journal) when it cannot be written.
    pub fn downloaded(
        &self,
        task: &TaskRef,
        path: &Path,
        bytes: u64,
        sha256: Option<Sha256Digest>,
    ) -> Result<(), Error> {
        self.write(Entry::Downloaded {
            task: task.clone(),
            path: path.to_owned(),
            bytes,
            sha256: sha256.map(|digest| digest.to_string()),
        })
    }

    fn write(&self, entry: Entry) -> Result<(), Error> {
        let mut inner = self.lock();
        inner
            .append(&entry.to_line())
            .map_err(|error| Error::journal_io(&self.path, "write", &error))?;
        inner.take(entry);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SubmitJournal for FileJournal {
    fn about_to_submit(&self, intent: &SubmitIntent) -> Result<(), JournalRefusal> {
        Ok(self.write(Entry::intent(intent))?)
    }

    fn submitted(&self, task: &TaskRef) -> Result<(), JournalRefusal> {
        Ok(self.adopted(task)?)
    }
}

impl Inner {
    fn take(&mut self, entry: Entry) {
        self.state = entry.after(std::mem::take(&mut self.state));
        match entry {
            Entry::Created { note } => self.note = note,
            Entry::Intent {
                operation, filter, ..
            } => self.filter = filter_of(operation, &filter),
            Entry::Interrupted { partial, .. } => self.partial = Some(partial),
            Entry::Downloaded { .. } => self.partial = None,
            _ => {}
        }
    }

    /// A line is there as a whole and durable, or it is not there.
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_broken {
            return Err(io::Error::other("an earlier line could not be written"));
        }
        let written = self
            .file
            .seek(SeekFrom::Start(self.length))
            .and_then(|_| self.file.write_all(line))
            .and_then(|()| self.file.sync_all());
        match written {
            Ok(()) => self.length += line.len() as u64,
            // What is there of the line must not count, and must not stand before the next one.
            Err(_) => self.is_broken = self.cut().is_err(),
        }
        written
    }

    /// Removes what is behind the whole lines.
    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.sync_all()
    }
}

/// The standard library's own lock is younger than the oldest compiler that this is built with.
fn lock(file: &File, path: &Path) -> Result<(), Error> {
    fs4::FileExt::try_lock(file).map_err(|error| match error {
        fs4::TryLockError::WouldBlock => Error::journal(path, JournalProblem::Locked),
        fs4::TryLockError::Error(error) => Error::journal_io(path, "lock", &error),
    })
}

fn is_locked(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Journal { problem, .. } if *problem == JournalProblem::Locked)
}

#[cfg(test)]
mod tests;
