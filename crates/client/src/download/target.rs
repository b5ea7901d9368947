//! Where a file is to be, and how it comes there in one step.

use std::fs::{self, Metadata, Permissions};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::Error;
use crate::directory::{parent, sync_parent};

/// As many links as Linux follows.
const MOST_LINKS: u32 = 40;

/// A place for a file that was looked at, before anything is sent.
#[derive(Debug)]
pub(super) struct Target {
    path: PathBuf,
    overwrite: bool,
    /// Of the file that is replaced.
    permissions: Option<Permissions>,
}

impl Target {
    /// The file `path`. A link is followed, as a redirection of a shell and `curl -o` do: what it leads to is replaced,
    /// and the link stays.
    pub(super) fn of(path: &Path, overwrite: bool) -> Result<Self, Error> {
        // `x/` names a directory too, and `..` and the empty path name no file.
        let ends_with_separator = path
            .as_os_str()
            .as_encoded_bytes()
            .last()
            .is_some_and(|byte| std::path::is_separator(char::from(*byte)));
        if path.file_name().is_none() || ends_with_separator {
            return Err(refused(io::ErrorKind::IsADirectory.into()));
        }
        let metadata = look(path.metadata())?;
        let there = look(path.symlink_metadata())?;
        check(metadata.as_ref(), there.is_some(), overwrite)?;
        let real = match &there {
            Some(there) if there.is_symlink() => followed(path)?,
            _ => path.to_owned(),
        };
        Ok(Self {
            path: real,
            overwrite,
            permissions: metadata.map(|metadata| metadata.permissions()),
        })
    }

    /// The name `name` inside `directory`. A link is replaced itself: the server chose the name, and so it would choose
    /// which of the links in there is followed out.
    pub(super) fn inside(directory: &Path, name: &Path, overwrite: bool) -> Result<Self, Error> {
        let path = directory.join(name);
        let there = look(path.symlink_metadata())?;
        let not_a_link = there.as_ref().filter(|there| !there.is_symlink());
        check(not_a_link, there.is_some(), overwrite)?;
        let permissions = not_a_link.map(Metadata::permissions);
        Ok(Self {
            path,
            overwrite,
            permissions,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn directory(&self) -> &Path {
        parent(&self.path)
    }

    /// An empty file beside it, which is removed when it is dropped.
    pub(super) fn temporary(&self) -> Result<NamedTempFile, Error> {
        temporary(self.directory(), self.permissions.as_ref())
    }

    /// Makes the bytes durable, then gives the file its name, then makes the name durable.
    pub(super) fn receive(self, part: NamedTempFile) -> Result<(), Error> {
        let durable = match self.permissions {
            // A file that only its owner could read does not become readable by being replaced.
            Some(permissions) => part.as_file().set_permissions(plain(&permissions)),
            None => Ok(()),
        };
        durable
            .and_then(|()| part.as_file().sync_all())
            .map_err(|error| Error::sink("write", error))?;
        let kept = if self.overwrite {
            part.persist(&self.path)
        } else {
            part.persist_noclobber(&self.path)
        };
        kept.map_err(|error| Error::sink("rename", error.error))?;
        // Some file systems cannot sync a directory. The file is there and whole; only a power cut could still lose its name.
        let _ = sync_parent(&self.path);
        Ok(())
    }
}

fn refused(error: io::Error) -> Error {
    Error::sink("create", error)
}

/// What is there, or nothing. A name that is too long, a directory that may not be entered, a ring of links: all of
/// that would otherwise come out only when the whole file is here.
fn look(there: io::Result<Metadata>) -> Result<Option<Metadata>, Error> {
    match there {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(refused(error)),
    }
}

fn check(target: Option<&Metadata>, is_there: bool, overwrite: bool) -> Result<(), Error> {
    if let Some(target) = target {
        if target.is_dir() {
            return Err(refused(io::ErrorKind::IsADirectory.into()));
        }
        // Renaming over a pipe or a device would replace it instead of writing into it.
        if !target.is_file() {
            let problem = "the target is neither a file nor absent; write into it with to_writer";
            return Err(refused(io::Error::new(io::ErrorKind::InvalidInput, problem)));
        }
    }
    // A link that leads nowhere is there too.
    if is_there && !overwrite {
        return Err(refused(io::ErrorKind::AlreadyExists.into()));
    }
    Ok(())
}

/// Where a link leads, link by link: at the end there may be nothing yet.
fn followed(path: &Path) -> Result<PathBuf, Error> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            Ok(next) => path = parent(&path).join(next),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::NotFound
                ) =>
            {
                return match path.file_name() {
                    Some(_) => Ok(path),
                    None => Err(refused(io::ErrorKind::IsADirectory.into())),
                };
            }
            Err(error) => return Err(refused(error)),
        }
    }
    let problem = "the target is a ring of links";
    Err(refused(io::Error::new(io::ErrorKind::InvalidInput, problem)))
}

/// An empty file in `directory`, which is removed when it is dropped.
pub(super) fn temporary(directory: &Path, permissions: Option<&Permissions>) -> Result<NamedTempFile, Error> {
    let mut builder = Builder::new();
    builder.prefix(".session-export-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Like any file that a program makes: the user's mask decides. A temporary file's own 0600 would stay.
        builder.permissions(permissions.map_or(Permissions::from_mode(0o666), plain));
    }
    #[cfg(not(unix))]
    let _ = permissions;
    let directory = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    builder.tempfile_in(directory).map_err(refused)
}

/// Who may read, write and execute; a new file does not run as its owner because an old one did.
#[cfg(unix)]
fn plain(permissions: &Permissions) -> Permissions {
    use std::os::unix::fs::PermissionsExt;
    Permissions::from_mode(permissions.mode() & 0o777)
}

#[cfg(not(unix))]
fn plain(permissions: &Permissions) -> Permissions {
    permissions.clone()
}
