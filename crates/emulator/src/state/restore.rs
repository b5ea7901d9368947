//! From what a log says to what an emulator has, and back.

use std::sync::Arc;

use super::{ActorRecord, FileRecord, GrantRecord, Kept, KeyRecord, ScopeRecord, Store, TaskRecord, path};
use crate::data::Selection;
use crate::files::{ExportFile, FileState, StoredFile};
use crate::keys::{Keys, TemporaryKey};
use crate::metadata::MetadataSessions;
use crate::tasks::Task;
use crate::tenancy::{Identity, Project, Scope, Tenancy};
use crate::tokens::{Grant, Tokens};

/// The ways to a token, as its description names them.
const METHODS: [&str; 5] = ["password", "totp", "token", "assume_role", "hw_ak_sk"];

/// What was there before the last stop, besides the tasks, which are in their projects again.
#[derive(Default)]
pub(crate) struct Restored {
    pub(crate) tokens: Tokens,
    pub(crate) keys: Keys,
    pub(crate) metadata_sessions: MetadataSessions,
    /// Tasks whose files are to be written, in the order of submission.
    pub(crate) unfinished: Vec<(Arc<Project>, Arc<Task>)>,
}

impl Restored {
    /// Puts everything where it was. Blocks while filters are applied to the sessions. What belongs to nobody any more,
    /// which the options of a start cannot bring about, is left out.
    pub(crate) fn new(kept: &Kept, store: &Store, tenancy: &Tenancy) -> Self {
        let mut restored = Self::default();
        for record in kept.tasks() {
            let Some(project) = tenancy.project(&record.project_id) else {
                continue;
            };
            let task = Arc::new(task(record, store, project));
            project.tasks.restore(Arc::clone(&task));
            if matches!(task.file.state(), FileState::Awaited) {
                restored.unfinished.push((Arc::clone(project), task));
            }
        }
        for (project_id, exports) in &kept.exports {
            if let Some(project) = tenancy.project(project_id) {
                project.tasks.restore_count(*exports);
            }
        }
        for record in &kept.tokens {
            if let Some((identity, scope)) = tenancy.actor(&record.actor) {
                let named = |method: &&'static str| record.methods.iter().any(|name| name == method);
                let grant = Grant {
                    identity,
                    scope,
                    methods: METHODS.into_iter().filter(named).collect(),
                    issued_at: record.issued_at,
                    expires_at: record.expires_at,
                };
                restored.tokens.restore(&record.token, Arc::new(grant));
            }
        }
        for record in &kept.keys {
            if let Some((identity, scope)) = tenancy.actor(&record.actor) {
                let key = TemporaryKey {
                    secret: record.secret_key.clone(),
                    security_token: record.security_token.clone(),
                    expires_at: record.expires_at,
                };
                restored.keys.restore(&record.access_key, key, identity, scope);
            }
        }
        for record in &kept.metadata_tokens {
            restored
                .metadata_sessions
                .restore(&record.token, record.expires_at);
        }
        restored
    }
}

fn task(record: &TaskRecord, store: &Store, project: &Project) -> Task {
    let state = match &record.file {
        None => FileState::Awaited,
        Some(FileRecord::Written { at, .. }) => match path(store, record) {
            Some(path) => FileState::Written(Arc::new(StoredFile::kept(path)), *at),
            None => FileState::Gone,
        },
        Some(FileRecord::Failed { at, reason }) => FileState::Failed(reason.clone(), *at),
        Some(FileRecord::Gone) => FileState::Gone,
    };
    // Only who writes the file needs to know which sessions it has.
    let rows = match state {
        FileState::Awaited => project.data.select(&record.filter.criteria()),
        _ => Selection::empty(),
    };
    Task::restored(
        record,
        rows,
        ExportFile::restored(record.sessions, state),
        store.clone(),
    )
}

impl ActorRecord {
    pub(crate) fn new(identity: &Identity, scope: &Scope) -> Self {
        Self {
            user_id: identity.user.id.clone(),
            agency_id: identity.agency.as_ref().map(|agency| agency.id.clone()),
            scope: match scope {
                Scope::Project(project) => ScopeRecord::Project(project.id.clone()),
                Scope::Account(account) => ScopeRecord::Domain(account.id.clone()),
            },
        }
    }
}

impl GrantRecord {
    pub(crate) fn new(token: &str, grant: &Grant) -> Self {
        Self {
            token: token.to_owned(),
            actor: ActorRecord::new(&grant.identity, &grant.scope),
            methods: grant.methods.iter().map(|method| (*method).to_owned()).collect(),
            issued_at: grant.issued_at,
            expires_at: grant.expires_at,
        }
    }
}

impl KeyRecord {
    pub(crate) fn new(access_key: &str, key: &TemporaryKey, identity: &Identity, scope: &Scope) -> Self {
        Self {
            access_key: access_key.to_owned(),
            secret_key: key.secret.clone(),
            security_token: key.security_token.clone(),
            actor: ActorRecord::new(identity, scope),
            expires_at: key.expires_at,
        }
    }
}
