//! A file of the caller's own that appears whole or not at all.

use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::target::Target;
use crate::Error;

/// A file that appears whole under its name, or not at all, as a download's does.
///
/// It is written beside its target, and [`commit`](Self::commit) gives it its name. Dropped before that, it is removed. A
/// link at the target is followed and stays; a file that is replaced keeps its permission bits; a device, a pipe and a
/// directory are refused. Writes go straight to the file: write in blocks.
///
/// ```
/// use std::io::Write;
///
/// use session_export::WholeFile;
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("sessions.csv");
/// let mut file = WholeFile::create(&path, false)?;
/// file.write_all(b"id,login_user\r\n")?;
/// assert!(!path.exists());
/// file.commit()?;
/// assert!(path.exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct WholeFile {
    target: Target,
    part: NamedTempFile,
}

impl WholeFile {
    /// Begins a file that is to be at `path`, and replaces what is there if `overwrite` is set.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Sink`](crate::ErrorKind::Sink) if nothing can be there, or something is that may not be replaced.
    pub fn create(path: impl AsRef<Path>, overwrite: bool) -> Result<Self, Error> {
        let target = Target::of(path.as_ref(), overwrite)?;
        let part = target.temporary()?;
        Ok(Self { target, part })
    }

    /// Makes the bytes durable and gives the file its name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Sink`](crate::ErrorKind::Sink) if that fails; nothing of the file is left then. A file that has come
    /// to the target since `create` is not replaced unless `overwrite` was set.
    pub fn commit(self) -> Result<(), Error> {
        self.target.receive(self.part)
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.part.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.part.flush()
    }
}
