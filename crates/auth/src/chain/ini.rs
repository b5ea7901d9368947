//! The format of the profile file.
//!
//! A parser of our own: the error of a general one shows the line that is wrong, and that line may be a secret; and
//! people need the line's number.

use std::fmt;

/// The sections of a file, in its order. Names and values point into its text.
#[derive(Debug, Default)]
pub(super) struct Ini<'a> {
    pub(super) sections: Vec<Section<'a>>,
}

pub(super) struct Section<'a> {
    pub(super) name: &'a str,
    line: usize,
    pub(super) entries: Vec<Entry<'a>>,
}

pub(super) struct Entry<'a> {
    pub(super) key: &'a str,
    pub(super) value: &'a str,
    /// Counted from one.
    pub(super) line: usize,
}

/// What is wrong with a line; never the line itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IniError {
    line: usize,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    SectionEnd,
    SectionTwice(usize),
    NoSection,
    Neither,
    NoKey,
    KeyTwice(usize),
    Quotes,
}

impl<'a> Ini<'a> {
    /// Reads sections and `key = value` lines. Blanks around keys and values do not count, lines that begin with `#` or
    /// `;` are comments, and everything after the first `=` is the value: no interpolation, no continued lines.
    pub(super) fn parse(text: &'a str) -> Result<Self, IniError> {
        let mut ini = Self::default();
        for (index, line) in text.lines().enumerate() {
            let at = index + 1;
            let wrong = |what| IniError { line: at, what };
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(rest) = line.strip_prefix('[') {
                let name = section_name(rest).ok_or(wrong(What::SectionEnd))?;
                if let Some(first) = ini.section(name) {
                    return Err(wrong(What::SectionTwice(first.line)));
                }
                ini.sections.push(Section {
                    name,
                    line: at,
                    entries: Vec::new(),
                });
                continue;
            }
            let (key, value) = line.split_once('=').ok_or(wrong(What::Neither))?;
            let (key, value) = (key.trim(), value.trim());
            let section = ini.sections.last_mut().ok_or(wrong(What::NoSection))?;
            if key.is_empty() {
                return Err(wrong(What::NoKey));
            }
            let same = |entry: &&Entry<'_>| entry.key.eq_ignore_ascii_case(key);
            if let Some(first) = section.entries.iter().find(same) {
                return Err(wrong(What::KeyTwice(first.line)));
            }
            // The official SDKs would take the quotes for a part of the value, and fail later.
            if value.len() > 1 && value.starts_with(['"', '\'']) && value.ends_with(['"', '\'']) {
                return Err(wrong(What::Quotes));
            }
            section.entries.push(Entry { key, value, line: at });
        }
        Ok(ini)
    }

    pub(super) fn section(&self, name: &str) -> Option<&Section<'a>> {
        self.sections.iter().find(|section| section.name == name)
    }
}

/// What stands before the `]`, if nothing but a comment follows it.
fn section_name(rest: &str) -> Option<&str> {
    let (name, after) = rest.split_once(']')?;
    let (name, after) = (name.trim(), after.trim_start());
    (!name.is_empty() && (after.is_empty() || after.starts_with(['#', ';']))).then_some(name)
}

impl fmt::Display for IniError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match self.what {
            What::SectionEnd => f.write_str("this section's name does not end with ]"),
            What::SectionTwice(first) => write!(f, "this section is already on line {first}"),
            What::NoSection => f.write_str("a key before the first section; put [basic] above it"),
            What::Neither => f.write_str("neither [section] nor key = value"),
            What::NoKey => f.write_str("no key before the ="),
            What::KeyTwice(first) => write!(f, "this key is already on line {first}"),
            What::Quotes => f.write_str("the value is in quotes; remove them"),
        }
    }
}

impl fmt::Debug for Section<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Section")
            .field("name", &self.name)
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
