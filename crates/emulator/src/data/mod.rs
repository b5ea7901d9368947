//! The sessions, made up or the user's own, and their 30 fields as text.

mod directory;
mod generate;
mod given;
mod made;
mod names;
mod outages;
mod read;
mod select;
mod source;

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

pub(crate) use given::Given;
pub(crate) use select::{Criteria, Name, Selection};
pub use source::{RowFormat, RowSource};

use crate::lists::List;
use directory::Directory;
use made::{IdKey, Made, Session};

/// The fields of a session in the order of the API definition; also the header row of an export.
pub(crate) const FIELDS: [&str; 30] = [
    "id",
    "session_stamp",
    "os_session_id",
    "protocol_type",
    "login_user",
    "session_type",
    "app_server_group_id",
    "app_server_group_name",
    "pre_conn_time",
    "start_time",
    "end_time",
    "status_continue_time",
    "machine_sid",
    "machine_name",
    "session_state",
    "app_name",
    "client_mac",
    "client_name",
    "client_ip",
    "public_ip",
    "client_version",
    "client_type",
    "agent_version",
    "vm_ip",
    "failed_reason",
    "failed_code",
    "last_update_status_time",
    "tenant_id",
    "primary_server_group_id",
    "secondary_server_group_id",
];

/// The fields of one session. An absent field is absent in JSON and an empty cell in a file.
pub(crate) type Row<'a> = [Option<Cow<'a, str>>; FIELDS.len()];

/// `failed_code` of a session that was created.
const SUCCESS_CODE: &str = "WKS.00000000";

/// The states that the API page names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Active,
    Disconnected,
    AppcInit,
    SignedOut,
    InitFail,
}

impl State {
    pub(crate) const ALL: [Self; 5] = [
        Self::Active,
        Self::Disconnected,
        Self::AppcInit,
        Self::SignedOut,
        Self::InitFail,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Disconnected => "Disconnected",
            Self::AppcInit => "AppcInit",
            Self::SignedOut => "SignedOut",
            Self::InitFail => "InitFail",
        }
    }
}

/// All sessions of a project, newest start first. They never change, so that a [`Selection`] stays what it is.
#[derive(Debug)]
pub(crate) enum Dataset {
    Made(Made),
    Given(Given),
}

impl Dataset {
    /// Made-up sessions that start in the `days` days before `anchor`.
    pub(crate) fn generate(
        seed: u64,
        count: usize,
        days: u32,
        anchor: DateTime<Utc>,
        project_id: &str,
    ) -> Self {
        Self::Made(Made::generate(seed, count, days, anchor, project_id))
    }

    /// The 30 fields of the session at a position, in the order of [`FIELDS`].
    pub(crate) fn row(&self, position: u32) -> Option<Row<'_>> {
        match self {
            Self::Made(made) => made.row(position as usize),
            Self::Given(given) => given.row(position as usize),
        }
    }

    /// The cells that a list has of the session at a position, in the order of its header.
    pub(crate) fn cells(&self, list: List, position: u32) -> Option<Vec<Option<Cow<'_, str>>>> {
        let session = self.row(position)?;
        Some(match list.facts().columns {
            None => session.into(),
            Some(columns) => columns.iter().map(|column| column.cell(&session)).collect(),
        })
    }

    /// What other sessions have another one of: 32 hexadecimal digits. Made-up sessions follow from a few numbers, so
    /// that a look at some of them shows whether they are still made up in the same way.
    pub(crate) fn fingerprint(&self) -> String {
        const LOOKS: usize = 64;
        let (count, looks) = match self {
            Self::Made(made) => (made.sessions.len(), LOOKS),
            Self::Given(given) => (given.len(), usize::MAX),
        };
        let step = (count / looks).max(1);
        let mut hasher = Sha256::new();
        hasher.update((count as u64).to_le_bytes());
        for position in (0..count).step_by(step) {
            // The data has at most two million sessions.
            let row = self.row(u32::try_from(position).unwrap_or(u32::MAX));
            for field in row.into_iter().flatten() {
                // Neither an absent field nor the end of one can be taken for something else.
                let length = field.as_ref().map_or(u64::MAX, |field| field.len() as u64);
                hasher.update(length.to_le_bytes());
                hasher.update(field.as_deref().unwrap_or_default());
            }
        }
        let digest = hasher.finalize();
        digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// A session as the JSON object of `ListSessions`.
    pub(crate) fn json(&self, position: u32) -> Option<Value> {
        let fields = FIELDS.iter().zip(self.row(position)?);
        let present =
            fields.filter_map(|(name, value)| Some(((*name).to_owned(), Value::String(value?.into_owned()))));
        Some(Value::Object(present.collect::<Map<_, _>>()))
    }
}

#[cfg(test)]
mod tests;
