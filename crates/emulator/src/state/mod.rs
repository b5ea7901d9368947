//! The state that outlives an emulator: a directory with a log, the files of exports, and a lock.
//!
//! An event is written to the log before anybody hears of what it says, so that the process may end at any moment. The
//! file of an export gets its name when it is whole, and only then the log says so.

mod event;
mod kept;
mod log;
mod restore;
mod setup;

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use fs4::{FileExt, TryLockError};
use serde_json::Value;
use tempfile::NamedTempFile;

pub(crate) use event::{
    ActorRecord, Event, FileRecord, GrantRecord, KeyRecord, MetadataRecord, ScopeRecord, TaskRecord,
    UserRecord,
};
pub(crate) use kept::Kept;
pub(crate) use restore::Restored;
pub(crate) use setup::options;

use crate::error::EmulatorError;
use crate::files::StoredFile;
use crate::tasks::Task;
use crate::tenancy::Tenancy;
use event::{Header, VERSION};
use kept::Unreadable;
use log::Log;

/// The files in the directory.
const LOG: &str = "state.jsonl";
const NEW_LOG: &str = "state.jsonl.new";
const LOCK: &str = "lock";
const EXPORTS: &str = "exports";

/// What the names of files begin with that are being written.
pub(crate) const UNFINISHED: &str = "session-export-emulator-";

/// A directory that was locked and read, before anything in it is changed.
pub(crate) struct Opened {
    directory: PathBuf,
    lock: File,
    header: Option<Header>,
    pub(crate) kept: Kept,
}

impl Opened {
    /// Makes the directory unless it is there, locks it, and reads its log. Blocks.
    pub(crate) fn open(directory: &Path) -> Result<Self, EmulatorError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            |source| EmulatorError::State { path, source }
        };
        let exports = directory.join(EXPORTS);
        make_private(&exports).map_err(failed(&exports))?;
        let path = directory.join(LOCK);
        let lock = private().read(true).write(true).create(true).open(&path);
        let lock = lock.map_err(failed(&path))?;
        match FileExt::try_lock(&lock) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let path = directory.to_owned();
                return Err(EmulatorError::StateInUse { path });
            }
            Err(TryLockError::Error(source)) => return Err(EmulatorError::State { path, source }),
        }
        let path = directory.join(LOG);
        let (header, kept) = match fs::read(&path) {
            Ok(log) => {
                let (header, kept) = Kept::read(&log).map_err(|unreadable| match unreadable {
                    Unreadable::Version(found) => EmulatorError::StateVersion {
                        path: path.clone(),
                        found,
                        known: VERSION,
                    },
                    Unreadable::Line(line, fault) => EmulatorError::StateDamaged {
                        path: path.clone(),
                        line,
                        fault,
                    },
                })?;
                (Some(header), kept)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => (None, Kept::default()),
            Err(source) => return Err(EmulatorError::State { path, source }),
        };
        Ok(Self {
            directory: directory.to_owned(),
            lock,
            header,
            kept,
        })
    }

    /// The day of the sessions, if there is a state already.
    pub(crate) fn anchor(&self) -> Option<DateTime<Utc>> {
        self.header.as_ref().map(|header| header.anchor)
    }

    /// Refuses options that do not fit the state.
    pub(crate) fn compare(&self, options: &BTreeMap<String, Value>) -> Result<(), EmulatorError> {
        match &self.header {
            Some(header) => setup::compare_options(&self.directory.join(LOG), &header.options, options),
            None => Ok(()),
        }
    }

    /// Clears away what was not finished, writes a new log that says the same in fewer lines, and gives what it says.
    pub(crate) fn begin(
        mut self,
        options: BTreeMap<String, Value>,
        anchor: DateTime<Utc>,
        tenancy: &Tenancy,
    ) -> Result<(Store, Kept), EmulatorError> {
        let path = self.directory.join(LOG);
        let header = setup::header(options, anchor, tenancy);
        if let Some(kept) = &self.header {
            setup::compare_data(&path, kept, &header)?;
        }
        let failed = |source| EmulatorError::State {
            path: path.clone(),
            source,
        };
        let users = tenancy.users().iter().map(|user| user.record());
        self.kept.users = users.map(|user| (user.user_id.clone(), user)).collect();
        let exports = self.directory.join(EXPORTS);
        self.kept.miss(|task, bytes| {
            let found = fs::metadata(exports.join(file_name(task)));
            found.is_ok_and(|found| found.is_file() && found.len() == bytes)
        });
        self.clear(&exports).map_err(|source| EmulatorError::State {
            path: exports.clone(),
            source,
        })?;
        let log = self.write(&path, &header).map_err(failed)?;
        let disk = Disk {
            exports,
            log: Mutex::new(Some((log, self.lock))),
            failure: Mutex::default(),
        };
        Ok((Store(Some(Arc::new(disk))), self.kept))
    }

    /// Deletes files of which no task knows, and no others than the emulator's own.
    fn clear(&self, exports: &Path) -> io::Result<()> {
        let known: HashSet<String> = self
            .kept
            .tasks()
            .filter(|task| matches!(task.file, Some(FileRecord::Written { .. })))
            .map(file_name)
            .collect();
        for entry in fs::read_dir(exports)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if (name.starts_with(UNFINISHED) || is_file_name(&name)) && !known.contains(&*name) {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }

    /// The old log stays until the new one is whole.
    fn write(&self, path: &Path, header: &Header) -> io::Result<Log> {
        let new = self.directory.join(NEW_LOG);
        // One that a process left when it was killed may be readable to others.
        remove(&new)?;
        let file = private().append(true).create_new(true).open(&new)?;
        let mut writer = io::BufWriter::new(&file);
        log::write_line(&mut writer, header)?;
        for event in self.kept.events() {
            log::write_line(&mut writer, &event)?;
        }
        writer.flush()?;
        drop(writer);
        file.sync_all()?;
        fs::rename(&new, path)?;
        #[cfg(unix)]
        File::open(&self.directory)?.sync_all()?;
        Log::new(file)
    }
}

/// Where events go: to the log of a directory, or nowhere.
#[derive(Debug, Clone, Default)]
pub(crate) struct Store(Option<Arc<Disk>>);

struct Disk {
    exports: PathBuf,
    /// The log and the lock, until the emulator stops.
    log: Mutex<Option<(Log, File)>>,
    /// Why an event could not be written, the last time.
    failure: Mutex<Option<String>>,
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Disk")
            .field("exports", &self.exports)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Where the files of exports are written, if they outlive the emulator.
    pub(crate) fn exports(&self) -> Option<&Path> {
        self.0.as_ref().map(|disk| disk.exports.as_path())
    }

    /// Writes an event down. It is only made if there is a log.
    pub(crate) fn record(&self, event: impl FnOnce() -> Event) -> io::Result<()> {
        match &self.0 {
            Some(disk) => disk.with_log(|log| log.append(&event())),
            None => Ok(()),
        }
    }

    /// Writes an event down that nobody waits for. What is lost with it is said by [`failure`](Self::failure).
    pub(crate) fn note(&self, event: impl FnOnce() -> Event) {
        drop(self.record(event));
    }

    /// Gives a whole file its name for good, and says so; or makes it one that goes away with its last holder.
    pub(crate) fn keep(&self, file: NamedTempFile, task: &Task, at: DateTime<Utc>) -> io::Result<StoredFile> {
        let Some(disk) = &self.0 else {
            let (_, path) = file.keep().map_err(|error| error.error)?;
            return Ok(StoredFile::passing(path));
        };
        // Before it has a name: after a loss of power a file may otherwise be there without what is in it.
        file.as_file().sync_all()?;
        let bytes = file.as_file().metadata()?.len();
        let path = disk.exports.join(name(&task.id, task.format.extension()));
        disk.with_log(|log| {
            file.persist(&path).map_err(|error| error.error)?;
            // Without the event the file is written once more after the next start, and nothing else is lost.
            let event = Event::File {
                task_id: task.id.clone(),
                file: FileRecord::Written { at, bytes },
            };
            drop(log.append(&event));
            Ok(())
        })?;
        Ok(StoredFile::kept(path))
    }

    /// Why an event could not be written, the last time.
    pub(crate) fn failure(&self) -> Option<String> {
        let disk = self.0.as_ref()?;
        disk.failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Brings the log to the disk, which blocks for a moment, and lets another emulator have the directory. Events that come later are refused.
    pub(crate) fn close(&self) {
        if let Some(disk) = &self.0 {
            let log = disk.log.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some((log, lock)) = log {
                disk.notice(&log.sync());
                drop(lock);
            }
        }
    }
}

impl Disk {
    fn with_log<T>(&self, work: impl FnOnce(&mut Log) -> io::Result<T>) -> io::Result<T> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((log, _)) = log.as_mut() else {
            return Err(io::Error::other("the emulator has stopped"));
        };
        let done = work(log);
        self.notice(&done);
        done
    }

    fn notice<T>(&self, done: &io::Result<T>) {
        if let Err(error) = done {
            let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
            *failure = Some(error.to_string());
        }
    }
}

/// The path of a task's file.
pub(crate) fn path(store: &Store, task: &TaskRecord) -> Option<PathBuf> {
    store.exports().map(|exports| exports.join(file_name(task)))
}

fn file_name(task: &TaskRecord) -> String {
    name(&task.task_id, task.format.extension())
}

fn name(task_id: &str, extension: &str) -> String {
    format!("{task_id}.{extension}")
}

/// Whether a file may be one of a task that is deleted.
fn is_file_name(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(id, extension)| is_task_id(id) && ["xlsx", "csv"].contains(&extension))
}

fn is_task_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Removes a file that may be gone already: an emulator that was just dropped still tidies up.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// For a file that only its owner can read: it holds secrets.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn make_private(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

#[cfg(test)]
mod tests;
