//! One line of a journal's file.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use session_export_model::{ExportFilter, ExportKind, ProjectId, ServiceRules, TaskRef};

use super::{JournalState, SubmitIntent};
use crate::reconcile::time;
use crate::{Ambiguity, Candidate, PartialFile, Reconciliation};

/// The version of a line that any version of this library understands.
const VERSION: u64 = 1;

/// That of a line which says something of another list than sessions. A reader that knows only the version before would
/// take it for an export of sessions.
const VERSION_WITH_OPERATION: u64 = 2;

/// A line's JSON object: the version first, so that a reader of another one knows before it reads on.
#[derive(Debug, Serialize)]
struct Versioned<'a> {
    version: u64,
    #[serde(flatten)]
    entry: &'a Entry,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub(super) enum Entry {
    /// The journal's first line, with whatever its owner wants to find again.
    Created {
        note: Value,
    },
    /// A submit is about to be sent.
    Intent {
        project_id: ProjectId,
        #[serde(with = "time")]
        started_at: DateTime<Utc>,
        #[serde(default, skip_serializing_if = "is_of_sessions")]
        operation: ExportKind,
        filter: Value,
    },
    Submitted {
        task: TaskRef,
    },
    /// The submit's outcome is unknown.
    Ambiguous {
        ambiguity: Ambiguity,
    },
    /// The submit failed, and certainly created no task.
    NotCreated {},
    Reconciled {
        result: Found,
        tasks: Vec<TaskRef>,
    },
    Ready {
        task: TaskRef,
    },
    /// The download broke off, and its start was kept.
    Interrupted {
        task: TaskRef,
        partial: PartialFile,
    },
    Downloaded {
        task: TaskRef,
        #[serde(with = "crate::written_path")]
        path: PathBuf,
        bytes: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sha256: Option<String>,
    },
}

/// What a reconciliation found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Found {
    None,
    One,
    Several,
}

/// Why a line cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    Version(u64),
    Corrupt,
}

impl Entry {
    pub(super) fn intent(intent: &SubmitIntent) -> Self {
        Self::Intent {
            project_id: intent.project_id.clone(),
            started_at: intent.started_at,
            operation: intent.filter.kind(),
            filter: serde_json::to_value(&intent.filter).expect("a map of texts always serialises"),
        }
    }

    /// None when there is nothing to write down yet.
    pub(super) fn reconciled(found: &Reconciliation) -> Option<Self> {
        let tasks = |candidates: &[Candidate]| candidates.iter().map(|found| found.task.clone()).collect();
        let (result, tasks) = match found {
            Reconciliation::NotYet { .. } => return None,
            Reconciliation::Nothing => (Found::None, Vec::new()),
            Reconciliation::One(only) => (Found::One, tasks(std::slice::from_ref(only))),
            Reconciliation::Several(several) => (Found::Several, tasks(several)),
        };
        Some(Self::Reconciled { result, tasks })
    }

    pub(super) fn to_line(&self) -> Vec<u8> {
        let versioned = Versioned {
            version: match self {
                Self::Intent { operation, .. } if !is_of_sessions(operation) => VERSION_WITH_OPERATION,
                _ => VERSION,
            },
            entry: self,
        };
        let mut line = serde_json::to_vec(&versioned).expect("an entry is JSON");
        line.push(b'\n');
        line
    }

    pub(super) fn read(line: &[u8]) -> Result<Self, Unread> {
        let mut object: serde_json::Map<String, Value> =
            serde_json::from_slice(line).map_err(|_| Unread::Corrupt)?;
        match object.remove("version").as_ref().and_then(Value::as_u64) {
            Some(VERSION | VERSION_WITH_OPERATION) => {}
            Some(other) => return Err(Unread::Version(other)),
            None => return Err(Unread::Corrupt),
        }
        let entry: Self = serde_json::from_value(Value::Object(object)).map_err(|_| Unread::Corrupt)?;
        // A filter that cannot be read again could not be submitted again.
        if let Self::Intent {
            operation, filter, ..
        } = &entry
        {
            filter_of(*operation, filter).ok_or(Unread::Corrupt)?;
        }
        Ok(entry)
    }

    /// Where the export stands after this entry.
    pub(super) fn after(&self, state: JournalState) -> JournalState {
        match self {
            Self::Created { .. } => state,
            Self::Intent {
                project_id,
                started_at,
                operation,
                filter,
            } => match filter_of(*operation, filter) {
                Some(filter) => {
                    JournalState::Intended(SubmitIntent::new(project_id.clone(), filter, *started_at))
                }
                None => state,
            },
            Self::Submitted { task } => JournalState::Submitted(task.clone()),
            Self::Ambiguous { ambiguity } => JournalState::Ambiguous(ambiguity.clone()),
            Self::NotCreated {}
            | Self::Reconciled {
                result: Found::None, ..
            } => JournalState::NotCreated,
            // Nobody has chosen yet.
            Self::Reconciled { .. } => state,
            Self::Ready { task } | Self::Interrupted { task, .. } => JournalState::Ready(task.clone()),
            Self::Downloaded {
                task,
                path,
                bytes,
                sha256,
            } => JournalState::Downloaded {
                task: task.clone(),
                path: path.clone(),
                bytes: *bytes,
                sha256: sha256.clone(),
            },
        }
    }
}

/// The filter was checked when it was first submitted. Rules that the service has are not checked once more: whoever let
/// them through then would not get on here.
pub(super) fn filter_of(kind: ExportKind, filter: &Value) -> Option<ExportFilter> {
    ExportFilter::read(kind, ServiceRules::LetThrough, filter).ok()
}

/// What an intent is about that does not say it: the only export there was in the first version.
#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference to what a field has"
)]
fn is_of_sessions(operation: &ExportKind) -> bool {
    *operation == ExportKind::Sessions
}
