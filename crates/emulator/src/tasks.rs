//! Export tasks: which sessions each covers, and the status that follows from the time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use tempfile::TempPath;
use tokio::sync::OnceCell;

use crate::options::{ExportFormat, ExportOutcome, Options};
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

/// One export. Its rows are chosen when it is submitted; the file is written when it is first downloaded.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) file_name: String,
    pub(crate) format: ExportFormat,
    /// Positions in the data.
    pub(crate) rows: Vec<u32>,
    /// The finished file, which goes away with the task.
    pub(crate) file: OnceCell<TempPath>,
    created: DateTime<Utc>,
    downloaded: AtomicBool,
}

impl Task {
    pub(crate) fn new(id: String, format: ExportFormat, rows: Vec<u32>, created: DateTime<Utc>) -> Self {
        let unique = id.get(..8).unwrap_or(&id);
        let file_name = format!(
            "sessions_{}_{unique}.{}",
            created.format("%Y%m%d%H%M%S"),
            format.extension()
        );
        let (file, downloaded) = (OnceCell::new(), AtomicBool::new(false));
        Self {
            id,
            file_name,
            format,
            rows,
            file,
            created,
            downloaded,
        }
    }

    pub(crate) fn created(&self) -> DateTime<Utc> {
        self.created
    }

    /// The status is a function of the time, so that a test which moves the clock sees it at once.
    pub(crate) fn status(&self, options: &Options, now: DateTime<Utc>) -> Status {
        let ended = self.ended(options);
        if now < ended {
            return Status::Creating;
        }
        match options.export_outcome {
            ExportOutcome::Fail => Status::Fail,
            ExportOutcome::Expired => Status::Expired,
            ExportOutcome::Success if now >= time::later(ended, options.retention) => Status::Expired,
            ExportOutcome::Success => Status::Success,
        }
    }

    fn ended(&self, options: &Options) -> DateTime<Utc> {
        time::later(self.created, options.export_delay)
    }

    pub(crate) fn is_downloaded(&self) -> bool {
        self.downloaded.load(Ordering::Relaxed)
    }

    pub(crate) fn mark_downloaded(&self) {
        self.downloaded.store(true, Ordering::Relaxed);
    }

    /// The task as an item of `ListExportTasks`.
    pub(crate) fn json(&self, options: &Options, now: DateTime<Utc>) -> Value {
        let status = self.status(options, now);
        let mut item = Map::from_iter([
            ("task_id".to_owned(), json!(self.id)),
            ("file_name".to_owned(), json!(self.file_name)),
            ("status".to_owned(), json!(status.name())),
            ("create_time".to_owned(), json!(time::millis(self.created))),
            ("is_download".to_owned(), json!(self.is_downloaded())),
        ]);
        if status != Status::Creating {
            item.insert("end_time".to_owned(), json!(time::millis(self.ended(options))));
        }
        if status == Status::Fail {
            item.insert(
                "fail_reason".to_owned(),
                json!("The export failed because the emulator was told so."),
            );
            item.insert("error_code".to_owned(), json!("WKS.00211401"));
        }
        Value::Object(item)
    }
}

/// All tasks in the order of their submission.
#[derive(Default)]
pub(crate) struct Tasks(Mutex<VecDeque<Arc<Task>>>);

impl Tasks {
    pub(crate) fn add(&self, task: Task) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tasks.len() == CAPACITY {
            tasks.pop_front();
        }
        tasks.push_back(Arc::new(task));
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

    /// Forgets the given tasks; ids that no task has are ignored.
    pub(crate) fn delete(&self, ids: &[&str]) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !ids.contains(&task.id.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_task_is_forgotten_for_a_new_one() {
        let tasks = Tasks::default();
        for number in 0..=CAPACITY {
            let id = number.to_string();
            tasks.add(Task::new(id, ExportFormat::Csv, Vec::new(), time::from_millis(0)));
        }
        assert!(tasks.find("0").is_none());
        assert!(tasks.find("1").is_some());
        assert_eq!(tasks.to_vec().len(), CAPACITY);
    }
}
