//! A download into a file that is either whole or absent.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use super::open::open;
use super::to_writer::copy;
use super::{Download, FileFormat, FileReceipt};
use crate::Error;

impl Download {
    /// Downloads into the file `path`, which appears whole or not at all.
    ///
    /// The bytes go into a temporary file beside it, with `std::fs` between two frames, on the thread that polls; then
    /// it is synced to disk and renamed. A file that is already there is left alone unless
    /// [`overwrite`](Self::overwrite) was allowed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Sink`](crate::ErrorKind::Sink) when the file cannot be made (before anything is sent), written or
    /// renamed; else as [`into_stream`](Self::into_stream) and [`DownloadStream::next`](super::DownloadStream::next).
    /// Nothing stays behind.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the exchange and removes the temporary file.
    pub async fn to_path(&self, path: impl AsRef<Path> + Send) -> Result<FileReceipt, Error> {
        let path = path.as_ref();
        self.check_target(path)?;
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut part = temporary(directory)?;
        let mut stream = open(self).await?;
        let receipt = copy(&mut stream, part.as_file_mut()).await?;
        keep(part, path, self.overwrite)?;
        Ok(FileReceipt::new(path.to_owned(), receipt))
    }

    /// Downloads into `directory`, under the server's name for the file, made safe; without one, under the task's id and
    /// the suffix of its format.
    ///
    /// # Errors
    ///
    /// As [`to_path`](Self::to_path). Whether a file of that name is there can be known only after the download began.
    ///
    /// # Cancel safety
    ///
    /// As [`to_path`](Self::to_path).
    pub async fn to_directory(&self, directory: impl AsRef<Path> + Send) -> Result<FileReceipt, Error> {
        let directory = directory.as_ref();
        if let Some(name) = &self.file_name {
            let path = directory.join(name);
            return self.to_path(path).await;
        }
        let mut part = temporary(directory)?;
        let mut stream = open(self).await?;
        if let Some(name) = stream.file_name() {
            check_absent(&directory.join(name), self.overwrite)?;
        }
        let receipt = copy(&mut stream, part.as_file_mut()).await?;
        let path = match &receipt.file_name {
            Some(name) => directory.join(name),
            None => directory.join(fallback_name(self.task_id.as_str(), receipt.format)),
        };
        keep(part, &path, self.overwrite)?;
        Ok(FileReceipt::new(path, receipt))
    }

    /// What is wrong with a target is said before anything is sent. Useful before a submit, too.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Sink`](crate::ErrorKind::Sink) when it is a directory, or is there and must not be replaced.
    fn check_target(&self, path: &Path) -> Result<(), Error> {
        // `x/` names a directory too, and `..` and the empty path name no file.
        let ends_with_separator = path
            .as_os_str()
            .as_encoded_bytes()
            .last()
            .is_some_and(|byte| std::path::is_separator(char::from(*byte)));
        if path.file_name().is_none() || ends_with_separator || path.is_dir() {
            return Err(Error::sink("create", io::ErrorKind::IsADirectory.into()));
        }
        // Renaming over a pipe or a device would replace it instead of writing into it.
        if path.metadata().is_ok_and(|there| !there.is_file()) {
            let problem = "the target is neither a file nor absent; write into it with to_writer";
            return Err(Error::sink(
                "create",
                io::Error::new(io::ErrorKind::InvalidInput, problem),
            ));
        }
        check_absent(path, self.overwrite)
    }
}

fn check_absent(path: &Path, overwrite: bool) -> Result<(), Error> {
    // `symlink_metadata`, because a link that leads nowhere is there too.
    if !overwrite && path.symlink_metadata().is_ok() {
        return Err(Error::sink("create", io::ErrorKind::AlreadyExists.into()));
    }
    Ok(())
}

fn fallback_name(task_id: &str, format: FileFormat) -> PathBuf {
    let stem: String = task_id
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect();
    let suffix = if format == FileFormat::Unknown {
        "bin"
    } else {
        format.as_str()
    };
    format!("sessions-{stem}.{suffix}").into()
}

fn temporary(directory: &Path) -> Result<NamedTempFile, Error> {
    let mut builder = Builder::new();
    builder.prefix(".session-export-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Like any file that a program makes: the user's mask decides. A temporary file's own 0600 would stay.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let directory = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    builder
        .tempfile_in(directory)
        .map_err(|error| Error::sink("create", error))
}

/// Makes the bytes durable, then gives the file its name, then makes the name durable.
fn keep(part: NamedTempFile, path: &Path, overwrite: bool) -> Result<(), Error> {
    part.as_file()
        .sync_all()
        .map_err(|error| Error::sink("write", error))?;
    let kept = if overwrite {
        part.persist(path)
    } else {
        part.persist_noclobber(path)
    };
    kept.map_err(|error| Error::sink("rename", error.error))?;
    // Some file systems cannot sync a directory. The file is there and whole; only a power cut could still lose its name.
    let _ = sync_directory(path);
    Ok(())
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    std::fs::File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}
