//! The sessions: compact records, and their 30 fields as text.

mod directory;
mod generate;

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::time;

pub(crate) use directory::Directory;

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

/// `session_type` of a session with a whole desktop, and of one with a single application.
const SHARED_DESKTOP: &str = "1";
const APPLICATION: &str = "2";

/// `failed_code` and `failed_reason` of a session that was created.
const SUCCESS_CODE: &str = "WKS.00000000";
const SUCCESS_REASON: &str = "success";

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

/// One session. Times are milliseconds since 1970; the numbers are indices into the [`Directory`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    id: u128,
    number: u32,
    user: usize,
    server: usize,
    client: usize,
    public_ip: usize,
    /// `None` for a whole desktop.
    app: Option<usize>,
    state: State,
    /// `None` when the session was created.
    failure: Option<usize>,
    connecting: i64,
    started: i64,
    /// `None` while the session is open.
    ended: Option<i64>,
    updated: i64,
}

impl Session {
    pub(crate) fn started(&self) -> DateTime<Utc> {
        time::from_millis(self.started)
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    pub(crate) fn user(&self) -> usize {
        self.user
    }

    pub(crate) fn server(&self) -> usize {
        self.server
    }

    pub(crate) fn public_ip(&self) -> usize {
        self.public_ip
    }

    /// Whether the session was created: `is_success` of a filter.
    pub(crate) fn succeeded(&self) -> bool {
        self.failure.is_none()
    }
}

/// All sessions of an emulator, newest first, and the people and machines that they name.
#[derive(Debug)]
pub(crate) struct Dataset {
    directory: Directory,
    sessions: Vec<Session>,
    project_id: String,
}

impl Dataset {
    /// The sessions that start in the `days` days before `anchor`.
    pub(crate) fn generate(
        seed: u64,
        count: usize,
        days: u32,
        anchor: DateTime<Utc>,
        project_id: &str,
    ) -> Self {
        let (directory, sessions) = generate::generate(seed, count, days, anchor);
        Self {
            directory,
            sessions,
            project_id: project_id.to_owned(),
        }
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    pub(crate) fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// The 30 fields of a session, in the order of [`FIELDS`].
    pub(crate) fn row<'a>(&'a self, session: &Session) -> Row<'a> {
        let user = self.directory.user(session.user);
        let server = self.directory.server(session.server);
        let group = self.directory.group(server.group);
        let client = self.directory.client(session.client);
        let failure = session.failure.map(|failure| self.directory.failure(failure));
        let never_ran = session.state == State::InitFail;
        let lasted = (session.updated - session.started).max(0) / 1000;
        let borrowed = |text: &'a str| Some(Cow::Borrowed(text));
        let owned = |text: String| Some(Cow::Owned(text));
        [
            owned(format!("{:032x}", session.id)),
            owned(format!("{}-{user}-HDP-{}", server.sid, session.number)),
            if never_ran {
                None
            } else {
                owned((session.number % 500 + 1).to_string())
            },
            borrowed("HDP"),
            borrowed(user),
            borrowed(if session.app.is_some() {
                APPLICATION
            } else {
                SHARED_DESKTOP
            }),
            borrowed(&group.id),
            borrowed(group.name),
            owned(time::millis(time::from_millis(session.connecting))),
            owned(time::millis(session.started())),
            session
                .ended
                .map(|ended| Cow::Owned(time::millis(time::from_millis(ended)))),
            owned(lasted.to_string()),
            borrowed(&server.sid),
            borrowed(&server.name),
            borrowed(session.state.name()),
            session.app.map(|app| Cow::Borrowed(self.directory.app(app))),
            borrowed(&client.mac),
            borrowed(&client.name),
            borrowed(&client.ip),
            borrowed(self.directory.public_ip(session.public_ip)),
            borrowed(client.version),
            borrowed(client.kind),
            borrowed(server.agent_version),
            borrowed(&server.ip),
            borrowed(failure.map_or(SUCCESS_REASON, |failure| failure.reason)),
            borrowed(failure.map_or(SUCCESS_CODE, |failure| failure.code)),
            // Whole seconds, as in the sample of the API definition, so that clients meet both precisions.
            owned(time::seconds(time::from_millis(session.updated))),
            borrowed(&self.project_id),
            borrowed(&group.id),
            group.secondary.as_deref().map(Cow::Borrowed),
        ]
    }

    /// A session as the JSON object of `ListSessions`.
    pub(crate) fn json(&self, session: &Session) -> Value {
        let fields = FIELDS.iter().zip(self.row(session));
        let present =
            fields.filter_map(|(name, value)| Some(((*name).to_owned(), Value::String(value?.into_owned()))));
        Value::Object(present.collect::<Map<_, _>>())
    }
}

#[cfg(test)]
mod tests;
