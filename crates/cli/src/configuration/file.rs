//! The configuration file: profiles, read with every problem at once.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::unknown::{self, Suspicion};
use crate::settings::{Key, Kind, Value, holds_password};
use crate::shown::one_line;

/// The largest file that is read. Hundreds of profiles fit into it.
const MOST_BYTES: u64 = 1 << 20;

/// Longest name of a profile, in characters.
const MOST_NAME: usize = 64;

/// What the file says.
#[derive(Debug, Default)]
pub(crate) struct File {
    pub(crate) default_profile: Option<String>,
    pub(crate) profiles: BTreeMap<String, Profile>,
}

/// The settings of one profile, each with the line that it stands on.
pub(crate) type Profile = BTreeMap<Key, (Value, usize)>;

/// One problem of a file. `Display` has no secret in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Counted from 1, in characters.
    line: usize,
    column: usize,
    text: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.text)
    }
}

/// Reads the text of a file of at most 1 MiB.
pub(super) fn read(path: &Path) -> std::io::Result<String> {
    let file = std::fs::File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("it is not a file"));
    }
    let mut text = String::new();
    file.take(MOST_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MOST_BYTES {
        return Err(std::io::Error::other("it is larger than 1 MiB"));
    }
    Ok(text)
}

/// Understands the text of a file. Relative paths are meant from `directory`, `~/` is `home`.
///
/// # Errors
///
/// Everything that is wrong, in the file's order.
pub(crate) fn parse(text: &str, directory: &Path, home: Option<&Path>) -> Result<File, Vec<Problem>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        text,
        directory,
        home,
        problems: Vec::new(),
        file: File::default(),
    };
    let table = DeTable::parse(text).map_err(|error| {
        // Only the parser's own words: its whole message repeats the line, which may hold a secret.
        let words = format!("this is no TOML: {}", error.message().replace('\n', ", "));
        vec![reader.problem(error.span().unwrap_or_default(), words)]
    })?;
    for (name, value) in table.get_ref() {
        reader.top(name, value);
    }
    reader.check_default(table.get_ref());
    if reader.problems.is_empty() {
        return Ok(reader.file);
    }
    reader
        .problems
        .sort_by_key(|problem| (problem.line, problem.column));
    Err(reader.problems)
}

struct Reader<'a> {
    text: &'a str,
    directory: &'a Path,
    home: Option<&'a Path>,
    problems: Vec<Problem>,
    file: File,
}

type Name<'a> = Spanned<DeString<'a>>;
type Given<'a> = Spanned<DeValue<'a>>;

impl Reader<'_> {
    fn problem(&self, span: Range<usize>, text: impl Into<String>) -> Problem {
        let (line, column) = position(self.text, span.start);
        Problem {
            line,
            column,
            text: text.into(),
        }
    }

    fn report(&mut self, span: Range<usize>, text: impl Into<String>) {
        let problem = self.problem(span, text);
        self.problems.push(problem);
    }

    fn top(&mut self, name: &Name<'_>, value: &Given<'_>) {
        match (name.get_ref().as_ref(), value.get_ref()) {
            ("default_profile", DeValue::String(profile)) => {
                self.file.default_profile = Some(profile.clone().into_owned());
            }
            ("default_profile", _) => {
                self.report(
                    value.span(),
                    "`default_profile` is a text in quotes: the name of a profile",
                );
            }
            ("profiles", DeValue::Table(profiles)) => {
                for (name, value) in profiles {
                    self.profile(name, value);
                }
            }
            ("profiles", _) => self.report(
                value.span(),
                "`profiles` is not a value: a profile begins with a line like [profiles.work]",
            ),
            (other, _) => {
                let text = match unknown::judge(other, &["default_profile", "profiles"]) {
                    Suspicion::Unknown(None) if Key::named(other).is_some() => format!(
                        "`{other}` stands outside of a profile; put it below a line like [profiles.work]"
                    ),
                    suspicion => suspicion.text(other),
                };
                self.report(name.span(), text);
            }
        }
    }

    fn profile(&mut self, name: &Name<'_>, value: &Given<'_>) {
        let text = name.get_ref().as_ref();
        if !is_name(text) {
            self.report(
                name.span(),
                format!("a profile's name has 1 to {MOST_NAME} letters, digits, `-`, `_` and `.`"),
            );
            return;
        }
        let DeValue::Table(table) = value.get_ref() else {
            let text = match unknown::judge(text, &[]) {
                // `[profiles]` with the settings directly below it.
                Suspicion::Secret => Suspicion::Secret.text(text),
                Suspicion::Unknown(_) => {
                    format!("`{text}` is no profile: a profile begins with a line like [profiles.work]")
                }
            };
            self.report(name.span(), text);
            return;
        };
        let mut profile = Profile::new();
        for (name, value) in table {
            if let Some((key, value)) = self.setting(name, value) {
                let line = position(self.text, name.span().start).0;
                profile.insert(key, (value, line));
            }
        }
        self.file.profiles.insert(text.to_owned(), profile);
    }

    fn setting(&mut self, name: &Name<'_>, value: &Given<'_>) -> Option<(Key, Value)> {
        let text = name.get_ref().as_ref();
        let Some(key) = Key::named(text) else {
            let names: Vec<_> = Key::all().map(Key::name).collect();
            self.report(name.span(), unknown::judge(text, &names).text(text));
            return None;
        };
        let kind = key.row().kind;
        let read = match (kind, value.get_ref()) {
            (Kind::Bool, DeValue::Boolean(value)) => Ok(Value::Bool(*value)),
            (Kind::Number, DeValue::Integer(number)) if number.radix() == 10 => kind.read(number.as_str()),
            (Kind::Bool | Kind::Number, _) => Err(format!("it is {}", kind.toml_type())),
            (Kind::Path, DeValue::String(path)) => self.path(path).map(Value::Path),
            (Kind::Proxy, DeValue::String(url)) if holds_password(url) => Err(format!(
                "it holds a password, and this file holds no secrets; remove it here and set {} instead",
                key.variable()
            )),
            (_, DeValue::String(text)) if text.trim().is_empty() => {
                Err("it is empty; remove the line to leave it to others".to_owned())
            }
            (_, DeValue::String(text)) => kind.read(text),
            _ => Err(format!("it is {}", kind.toml_type())),
        };
        match read {
            Ok(value) => Some((key, value)),
            Err(problem) => {
                self.report(value.span(), format!("`{key}`: {problem}"));
                None
            }
        }
    }

    fn path(&self, text: &str) -> Result<PathBuf, String> {
        if text.trim().is_empty() {
            return Err("it is empty; remove the line to leave it to others".to_owned());
        }
        match (text.strip_prefix("~/"), self.home) {
            (Some(rest), Some(home)) => Ok(home.join(rest)),
            (Some(_), None) => Err("there is no home directory for the `~` in it".to_owned()),
            (None, _) => Ok(self.directory.join(text)),
        }
    }

    fn check_default(&mut self, table: &DeTable<'_>) {
        let Some(name) = &self.file.default_profile else {
            return;
        };
        // A profile with problems is not missing.
        let is_there = table
            .get("profiles")
            .and_then(|profiles| profiles.get_ref().as_table())
            .is_some_and(|profiles| profiles.contains_key(name.as_str()));
        if let (false, Some(value)) = (is_there, table.get("default_profile")) {
            let names = self.file.names();
            let text = format!("there is no profile {:?}{names}", one_line(name));
            self.report(value.span(), text);
        }
    }
}

impl File {
    /// `; the file has a, b`, for the end of a message.
    pub(crate) fn names(&self) -> String {
        let names: Vec<_> = self.profiles.keys().map(String::as_str).collect();
        match names.as_slice() {
            [] => "; the file has no profile".to_owned(),
            names => format!("; the file has {}", names.join(", ")),
        }
    }
}

/// Whether this can be a profile's name: it stands in messages and in a shell's command line.
pub(crate) fn is_name(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text.chars().count() <= MOST_NAME && text.chars().all(is_plain)
}

/// Line and column, each from 1, of a byte.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

#[cfg(test)]
mod tests;
