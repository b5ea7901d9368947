//! What the log of the state says: one JSON object on a line, told apart by `event`.

use std::collections::BTreeMap;
use std::ops::Bound;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use crate::data::{Criteria, Name, State};
use crate::faults::Fate;
use crate::lists::List;
use crate::options::ExportFormat;

/// The version of the log. A later one is refused: what it means would be a guess. Version 1 knew exports of sessions
/// alone, and would take any other for one.
pub(crate) const VERSION: u64 = 2;

/// One line after the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    /// How a user signs in and signs.
    User(UserRecord),
    /// So many exports were accepted in a project, also those that are deleted or in no list.
    Accepted { project_id: String, exports: u64 },
    /// An export was submitted.
    Task(Box<TaskRecord>),
    /// What a fault makes of a task.
    Fate { task_id: String, fate: Fate },
    /// What became of the file of a task.
    File { task_id: String, file: FileRecord },
    /// A download of the file counts as one.
    Downloaded { task_id: String },
    /// Tasks were deleted, or forgotten for newer ones.
    Deleted { task_ids: Vec<String> },
    /// A token was issued.
    Token(GrantRecord),
    /// No token counts any more.
    TokensRevoked,
    /// A temporary access key was issued.
    Key(KeyRecord),
    /// No temporary key counts any more.
    KeysRevoked,
    /// A token of the instance metadata was issued.
    MetadataToken(MetadataRecord),
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) event: HeaderEvent,
    pub(crate) version: u64,
    /// The day before which the made-up sessions lie.
    #[serde(with = "moment")]
    pub(crate) anchor: DateTime<Utc>,
    /// The options that a later start has to have, too.
    pub(crate) options: BTreeMap<String, Value>,
    /// What recognizes the sessions of each project.
    pub(crate) data: BTreeMap<String, String>,
}

/// The `event` of the first line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HeaderEvent {
    Begin,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct UserRecord {
    pub(crate) user_id: String,
    pub(crate) name: String,
    pub(crate) password: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
}

/// A task, with what became of it since: a log that was just made says it here, in place of events of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TaskRecord {
    pub(crate) project_id: String,
    #[serde(deserialize_with = "task_id")]
    pub(crate) task_id: String,
    pub(crate) file_name: String,
    #[serde(with = "format")]
    pub(crate) format: ExportFormat,
    #[serde(with = "moment")]
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) filter: FilterRecord,
    /// How many sessions were selected.
    pub(crate) sessions: usize,
    /// How many exports the project had accepted with this one.
    pub(crate) exports: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fate: Option<Fate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<FileRecord>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_download: bool,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum FileRecord {
    Written {
        #[serde(with = "moment")]
        at: DateTime<Utc>,
        bytes: u64,
    },
    Failed {
        #[serde(with = "moment")]
        at: DateTime<Utc>,
        reason: String,
    },
    Gone,
}

/// The filter as it was understood when the export was submitted, whatever the options say later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FilterRecord {
    #[serde(default, skip_serializing_if = "is_of_sessions", with = "list")]
    list: List,
    #[serde(with = "moment")]
    begin: DateTime<Utc>,
    #[serde(with = "moment")]
    end: DateTime<Utc>,
    end_included: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    /// A part of the name, in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_name_part: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    app_server_group_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vm_ip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public_ip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    machine_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session_state: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is_success: Option<bool>,
    /// By the names of columns.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    cells: BTreeMap<String, String>,
}

impl From<&Criteria> for FilterRecord {
    fn from(criteria: &Criteria) -> Self {
        let (end, end_included) = match criteria.end {
            Bound::Included(end) => (end, true),
            Bound::Excluded(end) => (end, false),
            Bound::Unbounded => (DateTime::<Utc>::MAX_UTC, true),
        };
        let (user_name, user_name_part) = match criteria.user_name.clone() {
            None => (None, None),
            Some(Name::Whole(name)) => (Some(name), None),
            Some(Name::Part(part)) => (None, Some(part)),
        };
        let names = |states: &Vec<State>| states.iter().map(|state| state.name().to_owned()).collect();
        let header = criteria.list.header();
        let cell = |(at, text): &(usize, String)| Some(((*header.get(*at)?).to_owned(), text.clone()));
        Self {
            list: criteria.list,
            begin: criteria.begin,
            end,
            end_included,
            user_name,
            user_name_part,
            app_server_group_id: criteria.app_server_group_id.clone(),
            vm_ip: criteria.vm_ip.clone(),
            public_ip: criteria.public_ip.clone(),
            machine_name: criteria.machine_name.clone(),
            session_state: criteria.states.as_ref().map(names),
            is_success: criteria.success,
            cells: criteria.cells.iter().filter_map(cell).collect(),
        }
    }
}

impl FilterRecord {
    /// What the filter selects. A state that nobody knows selects nothing, as when it was submitted.
    pub(crate) fn criteria(&self) -> Criteria {
        let known = |name: &String| State::ALL.into_iter().find(|state| state.name() == name);
        let states = |names: &Vec<String>| names.iter().filter_map(known).collect();
        let header = self.list.header();
        let cell = |(name, text): (&String, &String)| {
            let at = header.iter().position(|column| column == name)?;
            Some((at, text.clone()))
        };
        Criteria {
            list: self.list,
            begin: self.begin,
            end: if self.end_included {
                Bound::Included(self.end)
            } else {
                Bound::Excluded(self.end)
            },
            user_name: match (&self.user_name, &self.user_name_part) {
                (Some(name), _) => Some(Name::Whole(name.clone())),
                (None, part) => part.clone().map(Name::Part),
            },
            app_server_group_id: self.app_server_group_id.clone(),
            vm_ip: self.vm_ip.clone(),
            public_ip: self.public_ip.clone(),
            machine_name: self.machine_name.clone(),
            states: self.session_state.as_ref().map(states),
            success: self.is_success,
            cells: self.cells.iter().filter_map(cell).collect(),
        }
    }
}

/// Who acts, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ActorRecord {
    pub(crate) user_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) agency_id: Option<String>,
    pub(crate) scope: ScopeRecord,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScopeRecord {
    Project(String),
    Domain(String),
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct GrantRecord {
    pub(crate) token: String,
    #[serde(flatten)]
    pub(crate) actor: ActorRecord,
    pub(crate) methods: Vec<String>,
    #[serde(with = "moment")]
    pub(crate) issued_at: DateTime<Utc>,
    #[serde(with = "moment")]
    pub(crate) expires_at: DateTime<Utc>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeyRecord {
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) security_token: String,
    #[serde(flatten)]
    pub(crate) actor: ActorRecord,
    #[serde(with = "moment")]
    pub(crate) expires_at: DateTime<Utc>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MetadataRecord {
    pub(crate) token: String,
    #[serde(with = "moment")]
    pub(crate) expires_at: DateTime<Utc>,
}

/// `Debug` without what they hold.
macro_rules! secret {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

secret!(UserRecord, GrantRecord, KeyRecord, MetadataRecord);

/// An id as the emulator gives them: the file is named by it, so that no other may come from a log.
fn task_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let id = String::deserialize(deserializer)?;
    if super::is_task_id(&id) {
        Ok(id)
    } else {
        Err(de::Error::custom("a task's id has 32 hexadecimal digits"))
    }
}

/// A moment to the nanosecond, in the form of RFC 3339 with a sign before a year that has not four digits.
mod moment {
    use chrono::{DateTime, SecondsFormat, Utc};
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|_| de::Error::custom(format!("{text:?} is no time")))
    }
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference to what a field has"
)]
fn is_of_sessions(list: &List) -> bool {
    *list == List::Sessions
}

/// A list by its name.
mod list {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::lists::List;

    #[allow(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference to what a field has"
    )]
    pub(super) fn serialize<S: Serializer>(list: &List, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(list.facts().name)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<List, D::Error> {
        let text = String::deserialize(deserializer)?;
        let found = List::ALL.iter().find(|list| list.facts().name == text);
        found
            .copied()
            .ok_or_else(|| de::Error::custom(format!("{text:?} is no list")))
    }
}

/// The format of a file by the ending of its name.
mod format {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::options::ExportFormat;

    #[allow(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference to what a field has"
    )]
    pub(super) fn serialize<S: Serializer>(format: &ExportFormat, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(format.extension())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ExportFormat, D::Error> {
        let text = String::deserialize(deserializer)?;
        [ExportFormat::Xlsx, ExportFormat::Csv]
            .into_iter()
            .find(|format| format.extension() == text)
            .ok_or_else(|| de::Error::custom(format!("{text:?} is no format of an export")))
    }
}
