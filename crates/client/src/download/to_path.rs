//! A download into a file that is either whole or absent.

use std::io::{self, Seek};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::interruption::{Attempts, Interruption};
use super::partial::PartialFile;
use super::target::{Target, temporary};
use super::to_writer::copy;
use super::{Download, DownloadStream, FileFormat, FileReceipt, Receipt};
use crate::deadline::Phase;
use crate::observe::{download_span, observed};
use crate::{Error, ErrorKind};

impl Download {
    /// Downloads into the file `path`, which appears whole or not at all.
    ///
    /// The bytes go into a temporary file beside it (`.session-export-….part`), with `std::fs` between two frames, on the
    /// thread that polls; then it is synced to disk and renamed, and the directory is synced. A body that breaks off is
    /// continued where the server allows it, else begun again, three times at most; see [`Download`].
    ///
    /// A file that is already there is left alone unless [`overwrite`](Self::overwrite) was allowed. Then its permission
    /// bits stay, but its owner becomes who runs this, and its other hard links keep the old content. A symbolic link
    /// stays, and what it leads to is replaced, or made. A directory, a pipe and a device are refused.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Sink`](crate::ErrorKind::Sink) when the file cannot be made (before anything is sent), written or
    /// renamed; else as [`into_stream`](Self::into_stream) and [`DownloadStream::next`](super::DownloadStream::next).
    /// Nothing stays behind, unless [`keep_partial`](Self::keep_partial) was asked for.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the exchange and removes the temporary file.
    pub async fn to_path(&self, path: impl AsRef<Path> + Send) -> Result<FileReceipt, Error> {
        let path = path.as_ref();
        let target = Target::of(path, self.overwrite)?;
        let receipt = self.to_target(target).await?;
        Ok(FileReceipt::new(path.to_owned(), receipt))
    }

    /// Downloads into `directory`, under the server's name for the file, made safe; without one, under the task's id and
    /// the suffix of its format.
    ///
    /// Otherwise as [`to_path`](Self::to_path), but a symbolic link of that name is replaced itself: a name that the
    /// server chose never leads out of the directory.
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
        let inside = |name: &Path| Target::inside(directory, name, self.overwrite);
        if let Some(name) = &self.file_name {
            let target = inside(name.as_ref())?;
            let path = target.path().to_owned();
            let receipt = self.to_target(target).await?;
            return Ok(FileReceipt::new(path, receipt));
        }
        let part = self.part(directory, || temporary(directory, None))?;
        let is_free = |stream: &DownloadStream| match stream.file_name() {
            Some(name) => inside(name.as_ref()).map(drop),
            None => Ok(()),
        };
        let (part, receipt) = self.fill(part, &is_free).await?;
        let target = match &receipt.file_name {
            Some(name) => inside(name.as_ref())?,
            None => inside(&fallback_name(self.task_id.as_str(), receipt.format))?,
        };
        let path = target.path().to_owned();
        target.receive(part)?;
        Ok(FileReceipt::new(path, receipt))
    }

    async fn to_target(&self, target: Target) -> Result<Receipt, Error> {
        let part = self.part(target.directory(), || target.temporary())?;
        let (part, receipt) = self.fill(part, &|_| Ok(())).await?;
        target.receive(part)?;
        Ok(receipt)
    }

    /// The temporary file: the one that an earlier attempt left, or a new one.
    fn part(
        &self,
        directory: &Path,
        new: impl FnOnce() -> Result<NamedTempFile, Error>,
    ) -> Result<Part, Error> {
        let Some(partial) = &self.partial else {
            return new().map(Part::new);
        };
        if partial.task_id != self.task_id {
            let problem = format!(
                "the partial file belongs to task {}, the download to {}",
                partial.task_id, self.task_id
            );
            return Err(Error::configuration(problem));
        }
        let directory = if directory.as_os_str().is_empty() {
            Path::new(".")
        } else {
            directory
        };
        match partial.adopt(directory)? {
            Some(file) => Ok(Part {
                file,
                partial: Some(partial.clone()),
            }),
            None => new().map(Part::new),
        }
    }

    /// Receives the whole file, in as many attempts as it takes and is allowed. `check` is asked at the head of each.
    async fn fill(
        &self,
        part: Part,
        check: &(dyn Fn(&DownloadStream) -> Result<(), Error> + Sync),
    ) -> Result<(NamedTempFile, Receipt), Error> {
        observed(download_span(&self.task_id), self.attempts_at_whole(part, check)).await
    }

    async fn attempts_at_whole(
        &self,
        mut part: Part,
        check: &(dyn Fn(&DownloadStream) -> Result<(), Error> + Sync),
    ) -> Result<(NamedTempFile, Receipt), Error> {
        let _timer = self.client.time(Phase::Download);
        let mut attempts = Attempts::new();
        loop {
            // What an earlier attempt left is no attempt at the whole file.
            let may = self.resume || part.partial.is_some();
            let interruption = match self.attempt(&mut part, &mut attempts, check).await {
                Ok(receipt) => {
                    attempts.succeeded(&self.client);
                    return Ok((part.file, receipt));
                }
                Err(interruption) => interruption,
            };
            match attempts.after(self, interruption, may).await {
                Ok(()) => part.clear()?,
                Err(error) => return Err(part.give_up(error, self.keep_partial && attempts.ranges())),
            }
        }
    }

    async fn attempt(
        &self,
        part: &mut Part,
        attempts: &mut Attempts,
        check: &(dyn Fn(&DownloadStream) -> Result<(), Error> + Sync),
    ) -> Result<Receipt, Interruption> {
        let start = match part.partial.take() {
            Some(partial) => match partial.start(part.file.as_file_mut(), self.digest)? {
                Some(start) => Some(start),
                None => {
                    part.clear()?;
                    None
                }
            },
            None => None,
        };
        let mut stream = match start {
            Some(start) => DownloadStream::rest(self, start),
            None => attempts.begin(self).await?,
        };
        check(&stream)?;
        let copied = copy(&mut stream, part.file.as_file_mut()).await;
        if copied.is_err() {
            part.partial = PartialFile::of(&stream, self, part.file.path());
        }
        copied
    }
}

/// The temporary file, and what of it could be continued.
struct Part {
    file: NamedTempFile,
    partial: Option<PartialFile>,
}

impl Part {
    fn new(file: NamedTempFile) -> Self {
        Self { file, partial: None }
    }

    /// Forgets what has been written.
    fn clear(&mut self) -> Result<(), Error> {
        self.partial = None;
        let file = self.file.as_file_mut();
        file.set_len(0)
            .and_then(|()| file.rewind())
            .map_err(|error| Error::sink("write", error))
    }

    /// Removes the file, or leaves it to be continued where that was asked for and may help.
    fn give_up(self, error: Error, keep: bool) -> Error {
        // What cannot be written, is too large or is refused for good will not be continued.
        let may_help = error.is_transient()
            || error.is_deadline()
            || error.is_unauthenticated()
            // The rest may come another way than what could not be trusted, or not be carried.
            || matches!(error.kind(), ErrorKind::Transport { .. });
        let Some(partial) = self.partial.filter(|_| keep && may_help) else {
            return error;
        };
        match keep_file(self.file) {
            Ok(()) => error.with_partial(partial),
            Err(_) => error,
        }
    }
}

/// Makes the bytes durable and leaves the file where it is. When that fails, it is removed: the disk may be full.
fn keep_file(file: NamedTempFile) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.keep().map(drop).map_err(|error| error.error)
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
