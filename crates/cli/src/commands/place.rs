//! Whether a file can be made where a command was told to make one: found out before there is anything to put into it.

use std::io::ErrorKind;
use std::path::Path;

use crate::failure::Failure;
use crate::shown::shown;

/// What a command says of its file.
pub(super) struct NewFile<'a> {
    /// What names its path: `-o`.
    pub(super) flag: &'a str,
    /// What sends the bytes to standard output instead, where the command can do that: `-o -`.
    pub(super) printed_by: Option<&'a str>,
    /// Whether a file that is there is replaced.
    pub(super) force: bool,
    /// Whether a document names the path.
    pub(super) json: bool,
}

impl NewFile<'_> {
    /// Refuses a path that is not that of a file, or whose file is not to be replaced.
    pub(super) fn check(&self, path: &Path) -> Result<(), Failure> {
        self.check_name(path)?;
        if path.is_dir() {
            return Err(Failure::usage(format!(
                "{} is a directory; name a file in it",
                shown(path)
            )));
        }
        // Nothing can be whole or absent there; the shell can send a stream to it.
        if path.metadata().is_ok_and(|there| !there.is_file()) {
            let mut message = format!("{} is a device, a pipe or a socket, not a file", shown(path));
            if let Some(printed_by) = self.printed_by {
                message += &format!("; to send the bytes there, use `{printed_by} > {}`", shown(path));
            }
            return Err(Failure::usage(message));
        }
        let there = path.symlink_metadata();
        if let Err(error) = &there
            && error.kind() == ErrorKind::InvalidFilename
        {
            return Err(Failure::io(&format!("create {}", shown(path)), error));
        }
        if !self.force && there.is_ok() {
            return Err(Failure::usage(format!(
                "{} is already there; use --force to replace it",
                shown(path)
            )));
        }
        let names_a_directory = path
            .as_os_str()
            .to_string_lossy()
            .ends_with(std::path::is_separator);
        let parent = parent(path);
        let absent = match names_a_directory {
            true => path,
            false if parent.is_dir() => return Ok(()),
            false => parent,
        };
        Err(Failure::usage(format!(
            "{} is not a directory; make it first",
            shown(absent)
        )))
    }

    /// Refuses a path that a document could not name.
    pub(super) fn check_name(&self, path: &Path) -> Result<(), Failure> {
        if self.json && path.to_str().is_none() {
            return Err(Failure::usage(format!(
                "with --json the path of {} must be valid UTF-8, because the document names it",
                self.flag
            )));
        }
        Ok(())
    }
}

/// The directory that a file is in.
pub(super) fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}
