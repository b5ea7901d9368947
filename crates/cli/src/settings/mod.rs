//! What counts: flags, variables, the profile and defaults, each over the next.

mod layers;
mod table;
mod value;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use session_export::{BaseUrl, Environment, ProjectId, Region};

use crate::time_flags::Zone;

pub(crate) use layers::{Flags, is_of_region};
pub(crate) use table::Key;
pub(crate) use value::{Kind, Value, holds_password};

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag(&'static str),
    /// The program's own variable, or one of another tool that was asked for by name.
    Variable(String),
    /// A variable of another tool. For a region, a project or an endpoint the library has rules of its own for these,
    /// and applies them.
    OtherTool(String),
    Profile {
        name: String,
        line: usize,
    },
    Default,
}

impl Origin {
    /// One word for a document.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Flag(_) => "flag",
            Self::Variable(_) | Self::OtherTool(_) => "environment",
            Self::Profile { .. } => "profile",
            Self::Default => "default",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => f.write_str(flag),
            Self::Variable(name) | Self::OtherTool(name) => f.write_str(name),
            Self::Profile { name, line } => write!(f, "profile {name}, line {line}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

/// Every setting that has a value, and what is beside them.
#[derive(Debug)]
pub(crate) struct Settings {
    all: BTreeMap<Key, Setting>,
    /// What stands aside, and why.
    pub(crate) notes: Vec<String>,
    pub(crate) environment: Environment,
    /// `--emulator`: only ever a flag.
    pub(crate) emulator: bool,
    /// `--allow-http`: only ever a flag, so that nobody leaves it switched on.
    pub(crate) allow_http: bool,
}

impl Settings {
    /// A setting, whoever gives it.
    pub(crate) fn get(&self, key: Key) -> Option<&Setting> {
        self.all.get(&key)
    }

    /// A setting, unless it is a variable of another tool, for which the library has rules of its own.
    pub(crate) fn given(&self, key: Key) -> Option<&Setting> {
        self.get(key)
            .filter(|setting| !matches!(setting.origin, Origin::OtherTool(_)))
    }

    /// Whether a profile, and nothing above it, gives a setting.
    pub(crate) fn is_of_profile(&self, key: Key) -> bool {
        self.get(key)
            .is_some_and(|setting| matches!(setting.origin, Origin::Profile { .. }))
    }

    pub(crate) fn text(&self, key: Key) -> Option<&str> {
        match &self.given(key)?.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn url(&self, key: Key) -> Option<&BaseUrl> {
        match &self.given(key)?.value {
            Value::Url(base) => Some(base),
            _ => None,
        }
    }

    pub(crate) fn path(&self, key: Key) -> Option<&Path> {
        match &self.given(key)?.value {
            Value::Path(path) => Some(path),
            _ => None,
        }
    }

    pub(crate) fn region(&self) -> Option<&Region> {
        match &self.given(Key::Region)?.value {
            Value::Region(region) => Some(region),
            _ => None,
        }
    }

    pub(crate) fn project_id(&self) -> Option<&ProjectId> {
        match &self.given(Key::ProjectId)?.value {
            Value::ProjectId(id) => Some(id),
            _ => None,
        }
    }

    /// The zone of dates, and of times without a zone, that a person writes.
    pub(crate) fn zone(&self) -> Zone {
        match self.is_on(Key::Utc) {
            true => Zone::Utc,
            false => Zone::Local,
        }
    }

    pub(crate) fn is_on(&self, key: Key) -> bool {
        matches!(
            self.get(key),
            Some(Setting {
                value: Value::Bool(true),
                ..
            })
        )
    }

    pub(crate) fn number(&self, key: Key) -> Option<u64> {
        match self.get(key)?.value {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    pub(crate) fn time(&self, key: Key) -> Option<Duration> {
        match self.get(key)?.value {
            Value::Time(time) => Some(time),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
