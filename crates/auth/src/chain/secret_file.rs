//! A small text file that may hold secrets.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::error::Problem;

/// Far more than any settings; a larger file is not what it was taken for.
const MOST_BYTES: u64 = 1 << 20;

/// The file's text, in memory that is overwritten when it is dropped.
pub(super) struct SecretFile {
    bytes: Zeroizing<Vec<u8>>,
    /// What is wrong with its permissions.
    pub(super) warning: Option<String>,
}

impl SecretFile {
    /// Reads a file, blocking; `None` when there is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Problem> {
        // Looked at before it is opened: opening a named pipe would wait for somebody to write into it.
        let about = match fs::metadata(path) {
            Ok(about) => about,
            // A home such as /dev/null has no files.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(unreadable(error.kind())),
        };
        if about.is_dir() {
            return Err(Problem::malformed("it is a directory, not a file"));
        }
        if !about.is_file() {
            return Err(Problem::malformed("it is not a regular file"));
        }
        if about.len() > MOST_BYTES {
            return Err(Problem::malformed("it is larger than 1 MiB"));
        }
        let mut file = File::open(path).map_err(|error| unreadable(error.kind()))?;
        // The buffer has its size from the start: one that grows leaves copies behind.
        let mut bytes = Zeroizing::new(vec![0; about.len() as usize + 1]);
        let mut filled = 0;
        loop {
            match file.read(&mut bytes[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(error.kind())),
            }
        }
        if filled == bytes.len() {
            return Err(Problem::malformed("it changed while it was read; try again"));
        }
        bytes.truncate(filled);
        Ok(Some(Self {
            bytes,
            warning: open_to_others(&about),
        }))
    }

    /// Its text, without a byte order mark.
    pub(super) fn text(&self) -> Result<&str, Problem> {
        if self.bytes.starts_with(&[0xff, 0xfe]) || self.bytes.starts_with(&[0xfe, 0xff]) {
            return Err(Problem::malformed("it is UTF-16; save it as UTF-8"));
        }
        let text = std::str::from_utf8(&self.bytes)
            .map_err(|_| Problem::malformed("it is not valid UTF-8; save it as UTF-8"))?;
        Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
    }
}

fn unreadable(kind: ErrorKind) -> Problem {
    Problem::malformed(format!("it cannot be read: {kind}"))
}

#[cfg(unix)]
fn open_to_others(about: &fs::Metadata) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = about.permissions().mode() & 0o777;
    let what = match (mode & 0o044 != 0, mode & 0o022 != 0) {
        (true, true) => "read and change it",
        (true, false) => "read it",
        (false, true) => "change it",
        (false, false) => return None,
    };
    Some(format!(
        "other users can {what} (its mode is {mode:03o}); close it with chmod 600"
    ))
}

/// Elsewhere permissions are not a number that could be judged.
#[cfg(not(unix))]
fn open_to_others(_about: &fs::Metadata) -> Option<String> {
    None
}
