//! What a log adds up to, and the short log that says the same.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::Deserialize;

use super::event::{
    Event, FileRecord, GrantRecord, Header, KeyRecord, MetadataRecord, TaskRecord, UserRecord, VERSION,
};
use crate::app::AccessKey;
use crate::remembered::CAPACITY;

/// The state at the end of a log.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// By id.
    pub(crate) users: BTreeMap<String, UserRecord>,
    /// How many exports each project has accepted.
    pub(crate) exports: BTreeMap<String, u64>,
    tasks: HashMap<String, TaskRecord>,
    /// In the order of submission; some may be deleted.
    order: Vec<String>,
    pub(crate) tokens: VecDeque<GrantRecord>,
    pub(crate) keys: VecDeque<KeyRecord>,
    pub(crate) metadata_tokens: VecDeque<MetadataRecord>,
}

/// Why a log cannot be read.
#[derive(Debug, PartialEq)]
pub(super) enum Unreadable {
    /// It has another version.
    Version(u64),
    /// A line, counted from 1, is not what it should be.
    Line(usize, String),
}

impl Kept {
    /// Reads a log. A last line that is cut off was never acknowledged, and is left out.
    pub(super) fn read(log: &[u8]) -> Result<(Header, Self), Unreadable> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u64,
        }
        let mut lines = log.split(|byte| *byte == b'\n').enumerate();
        let first = lines.next().map_or(&[][..], |(_, line)| line);
        let fault = |number: usize, error: &serde_json::Error| Unreadable::Line(number + 1, fault(error));
        let Versioned { version } = serde_json::from_slice(first).map_err(|error| fault(0, &error))?;
        if !(1..=VERSION).contains(&version) {
            return Err(Unreadable::Version(version));
        }
        let header = serde_json::from_slice(first).map_err(|error| fault(0, &error))?;
        let mut kept = Self::default();
        let mut lines = lines.peekable();
        while let Some((number, line)) = lines.next() {
            let is_cut = lines.peek().is_none();
            match serde_json::from_slice(line) {
                Ok(event) => kept.apply(event),
                Err(_) if is_cut => {}
                Err(error) => return Err(fault(number, &error)),
            }
        }
        Ok((header, kept))
    }

    /// Events about tasks that are deleted are about nothing: they may come late.
    fn apply(&mut self, event: Event) {
        match event {
            Event::User(user) => drop(self.users.insert(user.user_id.clone(), user)),
            Event::Accepted { project_id, exports } => self.count(project_id, exports),
            Event::Task(task) => {
                self.count(task.project_id.clone(), task.exports);
                self.order.push(task.task_id.clone());
                self.tasks.insert(task.task_id.clone(), *task);
            }
            Event::Fate { task_id, fate } => self.change(&task_id, |task| task.fate = Some(fate)),
            // A file that was on its way when it was no longer needed does not bring itself back.
            Event::File { task_id, file } => self.change(&task_id, |task| {
                if task.file != Some(FileRecord::Gone) {
                    task.file = Some(file);
                }
            }),
            Event::Downloaded { task_id } => self.change(&task_id, |task| task.is_download = true),
            Event::Deleted { task_ids } => task_ids.iter().for_each(|id| drop(self.tasks.remove(id))),
            Event::Token(token) => remember(&mut self.tokens, token),
            Event::TokensRevoked => self.tokens.clear(),
            Event::Key(key) => remember(&mut self.keys, key),
            Event::KeysRevoked => self.keys.clear(),
            Event::MetadataToken(token) => remember(&mut self.metadata_tokens, token),
        }
    }

    fn count(&mut self, project_id: String, exports: u64) {
        let counted = self.exports.entry(project_id).or_default();
        *counted = exports.max(*counted);
    }

    fn change(&mut self, id: &str, change: impl FnOnce(&mut TaskRecord)) {
        if let Some(task) = self.tasks.get_mut(id) {
            change(task);
        }
    }

    /// The password and the permanent key of a user.
    pub(crate) fn credentials(&self, user_id: &str) -> Option<(String, AccessKey)> {
        let user = self.users.get(user_id)?;
        let key = AccessKey {
            id: user.access_key.clone(),
            secret: user.secret_key.clone(),
        };
        Some((user.password.clone(), key))
    }

    /// The tasks in the order of their submission.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = &TaskRecord> {
        self.order.iter().filter_map(|id| self.tasks.get(id))
    }

    /// Takes back that files were written which are not there any more: they are written anew.
    pub(super) fn miss(&mut self, is_there: impl Fn(&TaskRecord, u64) -> bool) {
        for task in self.tasks.values_mut() {
            if let Some(FileRecord::Written { bytes, .. }) = task.file
                && !is_there(task, bytes)
            {
                task.file = None;
            }
        }
    }

    /// The shortest log that adds up to this.
    pub(super) fn events(&self) -> impl Iterator<Item = Event> {
        let users = self.users.values().cloned().map(Event::User);
        let exports = self.exports.iter().map(|(project_id, exports)| Event::Accepted {
            project_id: project_id.clone(),
            exports: *exports,
        });
        users
            .chain(exports)
            .chain(self.tasks().cloned().map(Box::new).map(Event::Task))
            .chain(self.tokens.iter().cloned().map(Event::Token))
            .chain(self.keys.iter().cloned().map(Event::Key))
            .chain(self.metadata_tokens.iter().cloned().map(Event::MetadataToken))
    }
}

/// Without what stands there, which may be a secret.
fn fault(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Data => "it has not the fields of an event".to_owned(),
        _ => format!("it is not JSON, from column {} on", error.column()),
    }
}

/// As many as a running emulator remembers.
fn remember<T>(entries: &mut VecDeque<T>, entry: T) {
    if entries.len() == CAPACITY {
        entries.pop_front();
    }
    entries.push_back(entry);
}
