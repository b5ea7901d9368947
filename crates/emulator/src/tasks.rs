//! Export tasks: which sessions each covers, and the status that follows from the time.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::choices::{FileName, TaskTimes};
use crate::data::{Criteria, Selection};
use crate::faults::Fate;
use crate::files::{ExportFile, FileState};
use crate::options::{ExportFormat, ExportOutcome, Options};
use crate::state::{Event, FileRecord, Store, TaskRecord};
use crate::time;

/// How many tasks are remembered; the oldest one is forgotten for a new one.
const CAPACITY: usize = 10_000;

/// The status of a task at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Creating,
    Success,
    Fail,
    Expired,
}

impl Status {
    pub(crate) const ALL: [Self; 4] = [Self::Creating, Self::Success, Self::Fail, Self::Expired];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Success => "SUCCESS",
            Self::Fail => "FAIL",
            Self::Expired => "EXPIRED",
        }
    }
}

/// One export. Its rows are chosen when it is submitted.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) file_name: String,
    pub(crate) format: ExportFormat,
    pub(crate) rows: Selection,
    /// The file, which goes away with the task.
    pub(crate) file: ExportFile,
    created: DateTime<Utc>,
    downloaded: AtomicBool,
    /// What a fault makes of the task.
    fate: OnceLock<Fate>,
    /// Where it is written down what becomes of the task.
    store: Store,
}

impl Task {
    pub(crate) fn new(
        id: String,
        options: &Options,
        rows: Selection,
        created: DateTime<Utc>,
        store: Store,
    ) -> Self {
        let (format, at) = (options.export_format, created.format("%Y%m%d%H%M%S"));
        let list = rows.list().facts();
        let stem = match options.choices.file_name {
            FileName::Timestamp => format!("{}_{at}_{}", list.name, id.get(..8).unwrap_or(&id)),
            FileName::Fixed => list.name.to_owned(),
            FileName::Chinese => format!("{}_{at}", list.chinese_name),
        };
        let file_name = format!("{stem}.{}", format.extension());
        let (file, downloaded) = (ExportFile::new(rows.len()), AtomicBool::new(false));
        Self {
            id,
            file_name,
            format,
            rows,
            file,
            created,
            downloaded,
            fate: OnceLock::new(),
            store,
        }
    }

    /// A task of the time before the emulator was started.
    pub(crate) fn restored(record: &TaskRecord, rows: Selection, file: ExportFile, store: Store) -> Self {
        Self {
            id: record.task_id.clone(),
            file_name: record.file_name.clone(),
            format: record.format,
            rows,
            file,
            created: record.create_time,
            downloaded: AtomicBool::new(record.is_download),
            fate: record.fate.map(OnceLock::from).unwrap_or_default(),
            store,
        }
    }

    /// The task as the log has it when it is submitted.
    fn record(&self, project_id: &str, criteria: &Criteria, exports: u64) -> TaskRecord {
        TaskRecord {
            project_id: project_id.to_owned(),
            task_id: self.id.clone(),
            file_name: self.file_name.clone(),
            format: self.format,
            create_time: self.created,
            filter: criteria.into(),
            sessions: self.rows.len(),
            exports,
            fate: None,
            file: None,
            is_download: false,
        }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn created(&self) -> DateTime<Utc> {
        self.created
    }

    /// The status is a function of the time, so that a test which moves the clock sees it at once. Only a large export
    /// may take longer, and any file may fail to be written.
    pub(crate) fn status(&self, options: &Options, now: DateTime<Utc>) -> Status {
        let ended = self.ended(options);
        if now < ended {
            return Status::Creating;
        }
        match self.fate.get() {
            Some(Fate::Hangs) => return Status::Creating,
            Some(Fate::Fails) => return Status::Fail,
            Some(Fate::Expires) => return Status::Expired,
            _ => {}
        }
        match options.export_outcome {
            ExportOutcome::Fail => Status::Fail,
            ExportOutcome::Expired => Status::Expired,
            ExportOutcome::Success if matches!(self.file.state(), FileState::Failed(..)) => Status::Fail,
            ExportOutcome::Success if matches!(self.file.state(), FileState::Gone) => Status::Expired,
            ExportOutcome::Success
                if self.file.is_large() && matches!(self.file.state(), FileState::Awaited) =>
            {
                Status::Creating
            }
            ExportOutcome::Success if now >= time::later(ended, options.retention) => Status::Expired,
            ExportOutcome::Success => Status::Success,
        }
    }

    fn ended(&self, options: &Options) -> DateTime<Utc> {
        let ended = time::later(self.created, options.export_delay);
        match self.file.state() {
            FileState::Written(_, at) | FileState::Failed(_, at) if self.file.is_large() => ended.max(at),
            _ => ended,
        }
    }

    /// Decides what becomes of the task, once.
    pub(crate) fn set_fate(&self, fate: Fate) {
        self.fate.get_or_init(|| {
            let task_id = self.id.clone();
            self.store.note(|| Event::Fate { task_id, fate });
            fate
        });
    }

    pub(crate) fn fate(&self) -> Option<Fate> {
        self.fate.get().copied()
    }

    /// Whether lists and downloads know the task.
    pub(crate) fn is_listed(&self, options: &Options, now: DateTime<Utc>) -> bool {
        match self.fate.get() {
            Some(Fate::Invisible) => false,
            Some(Fate::Vanishes) => now < self.ended(options),
            _ => true,
        }
    }

    /// The status as lists show it.
    fn shown(&self, status: Status) -> &'static str {
        if status != Status::Creating && self.fate() == Some(Fate::UnknownStatus) {
            return "ARCHIVED";
        }
        status.name()
    }

    pub(crate) fn is_downloaded(&self) -> bool {
        self.downloaded.load(Ordering::Relaxed)
    }

    pub(crate) fn mark_downloaded(&self) {
        if !self.downloaded.swap(true, Ordering::Relaxed) {
            let task_id = self.id.clone();
            self.store.note(|| Event::Downloaded { task_id });
        }
    }

    /// The task as an item of `ListExportTasks`.
    pub(crate) fn json(&self, options: &Options, now: DateTime<Utc>) -> Value {
        let status = self.status(options, now);
        let written = match options.choices.task_times {
            TaskTimes::Letter => time::millis,
            TaskTimes::Zone => time::millis_with_zone,
        };
        let mut item = Map::from_iter([
            ("task_id".to_owned(), json!(self.id)),
            ("file_name".to_owned(), json!(self.file_name)),
            ("status".to_owned(), json!(self.shown(status))),
            ("create_time".to_owned(), json!(written(self.created))),
            ("is_download".to_owned(), json!(self.is_downloaded())),
        ]);
        if status != Status::Creating {
            item.insert("end_time".to_owned(), json!(written(self.ended(options))));
        }
        if status == Status::Fail {
            let reason = match self.file.state() {
                FileState::Failed(reason, _) => reason,
                _ => "The export failed because the emulator was told so.".to_owned(),
            };
            item.insert("fail_reason".to_owned(), json!(reason));
            item.insert("error_code".to_owned(), json!("WKS.00211401"));
        }
        Value::Object(item)
    }
}

/// All tasks in the order of their submission.
#[derive(Default)]
pub(crate) struct Tasks(Mutex<VecDeque<Arc<Task>>>, AtomicU64);

impl Tasks {
    /// Counts an export that was accepted and whose task is never seen.
    pub(crate) fn count(&self, project_id: &str, store: &Store) -> io::Result<()> {
        let _tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let exports = self.created() + 1;
        store.record(|| Event::Accepted {
            project_id: project_id.to_owned(),
            exports,
        })?;
        self.restore_count(exports);
        Ok(())
    }

    pub(crate) fn restore_count(&self, exports: u64) {
        self.1.store(exports, Ordering::Relaxed);
    }

    /// How many exports were accepted, those that are forgotten or deleted too.
    pub(crate) fn created(&self) -> u64 {
        self.1.load(Ordering::Relaxed)
    }

    /// Takes a task in and counts it, or neither if that cannot be written down.
    pub(crate) fn add(&self, task: Task, project_id: &str, criteria: &Criteria) -> io::Result<Arc<Task>> {
        let task = Arc::new(task);
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let exports = self.created() + 1;
        let record = || Event::Task(Box::new(task.record(project_id, criteria, exports)));
        task.store.record(record)?;
        self.restore_count(exports);
        if tasks.len() == CAPACITY
            && let Some(oldest) = tasks.pop_front()
        {
            let task_ids = vec![oldest.id.clone()];
            task.store.note(|| Event::Deleted { task_ids });
            oldest.file.discard();
        }
        tasks.push_back(Arc::clone(&task));
        Ok(task)
    }

    /// Takes a task of the time before the emulator was started in.
    pub(crate) fn restore(&self, task: Arc<Task>) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.push_back(task);
    }

    /// Deletes the files of tasks that have expired.
    pub(crate) fn sweep(&self, options: &Options, now: DateTime<Utc>) {
        for task in self.to_vec() {
            if task.status(options, now) == Status::Expired && !matches!(task.file.state(), FileState::Gone) {
                let (task_id, file) = (task.id.clone(), FileRecord::Gone);
                task.store.note(|| Event::File { task_id, file });
                task.file.discard();
            }
        }
    }

    pub(crate) fn find(&self, id: &str) -> Option<Arc<Task>> {
        let tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.iter().find(|task| task.id == id).cloned()
    }

    pub(crate) fn to_vec(&self) -> Vec<Arc<Task>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }

    /// Forgets the given tasks, or none if that cannot be written down; ids that no task has are ignored.
    pub(crate) fn delete(&self, ids: &[&str], store: &Store) -> io::Result<()> {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tasks.iter().filter(|task| ids.contains(&task.id.as_str()));
        let task_ids: Vec<String> = known.map(|task| task.id.clone()).collect();
        if !task_ids.is_empty() {
            store.record(|| Event::Deleted { task_ids })?;
        }
        tasks.retain(|task| {
            let kept = !ids.contains(&task.id.as_str());
            if !kept {
                task.file.discard();
            }
            kept
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_task_is_forgotten_for_a_new_one() {
        let options = crate::EmulatorBuilder::default().options;
        let tasks = Tasks::default();
        let criteria = Criteria::window(time::from_millis(0), std::ops::Bound::Unbounded);
        for number in 0..=CAPACITY {
            let id = number.to_string();
            let (rows, at) = (Selection::empty(), time::from_millis(0));
            let task = Task::new(id, &options, rows, at, Store::default());
            tasks.add(task, "p", &criteria).unwrap();
        }
        assert!(tasks.find("0").is_none());
        assert!(tasks.find("1").is_some());
        assert_eq!(tasks.to_vec().len(), CAPACITY);
    }
}
