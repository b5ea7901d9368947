//! The start of a file, kept for a later attempt.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use session_export_model::TaskId;
use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempPath};

use super::format::PREFIX;
use super::ranges::is_strong;
use super::stream::Start;
use super::{Download, DownloadStream, Sha256Digest};
use crate::Error;
use crate::directory::parent;

/// The start of a file that [`Download::keep_partial`] left, and what is needed to go on with it:
/// [`Download::continue_from`], in this process or, because it can be written down, in a later one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PartialFile {
    /// Of which task.
    pub task_id: TaskId,
    /// Where it is: beside the target. In JSON it is a text, or an object where the system allows names that are none.
    #[serde(with = "crate::written_path")]
    pub path: PathBuf,
    /// How many bytes of it are on disk.
    pub bytes: u64,
    /// How many bytes the whole file has, if the server said so.
    pub total: Option<u64>,
    /// The strong entity tag of the file.
    pub etag: String,
    /// The SHA-256 of these bytes, unless it was switched off; `Display` of [`Sha256Digest`].
    pub sha256: Option<String>,
}

impl PartialFile {
    /// What a stream that broke off has left in `path`; nothing if it could not be continued.
    pub(super) fn of(stream: &DownloadStream, download: &Download, path: &Path) -> Option<Self> {
        let (etag, bytes, total) = stream.kept()?;
        (bytes > 0).then(|| Self {
            task_id: download.task_id.clone(),
            path: path.to_owned(),
            bytes,
            total,
            etag: etag.to_owned(),
            sha256: stream.digest().map(|digest| digest.to_string()),
        })
    }

    /// Takes the file over, to be removed when it is dropped; `None` when it is no longer there. `target` is the
    /// directory that it must be in, because a file can be renamed only where it is.
    pub(super) fn adopt(&self, target: &Path) -> Result<Option<NamedTempFile>, Error> {
        let refused = |error| Error::sink("continue", error);
        let is_file = match self.path.symlink_metadata() {
            Ok(metadata) => metadata.is_file(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refused(error)),
        };
        let same = |one: &Path, other: &Path| Ok(fs::canonicalize(one)? == fs::canonicalize(other)?);
        if !is_file || !same(parent(&self.path), target).map_err(refused)? {
            let problem = "what is to be continued is no file beside the target";
            return Err(refused(io::Error::new(io::ErrorKind::InvalidInput, problem)));
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&self.path)
            .map_err(refused)?;
        let path = TempPath::try_from_path(&self.path).map_err(refused)?;
        Ok(Some(NamedTempFile::from_parts(file, path)))
    }

    /// Reads what is there and prepares to go on after it; `None` when it is not what was left, and then the file has to
    /// be begun again.
    pub(super) fn start(&self, file: &mut File, digest: bool) -> Result<Option<Start>, Error> {
        let failed = |error| Error::sink("continue", error);
        if !is_strong(&self.etag) || self.bytes == 0 || self.total.is_some_and(|total| self.bytes >= total) {
            return Ok(None);
        }
        // What was written after the bytes that were made durable is not trusted.
        if file.metadata().map_err(failed)?.len() < self.bytes {
            return Ok(None);
        }
        file.set_len(self.bytes).map_err(failed)?;
        file.rewind().map_err(failed)?;
        let (mut hasher, mut prefix) = (Sha256::new(), Vec::new());
        let mut buffer = vec![0; 64 << 10];
        let mut read = 0;
        loop {
            let count = match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(failed(error)),
            };
            let bytes = &buffer[..count];
            hasher.update(bytes);
            let wanted = PREFIX.saturating_sub(prefix.len()).min(count);
            prefix.extend_from_slice(&bytes[..wanted]);
            read += count as u64;
        }
        let found = Sha256Digest(hasher.clone().finalize().into()).to_string();
        if read != self.bytes || self.sha256.as_ref().is_some_and(|sha256| *sha256 != found) {
            return Ok(None);
        }
        Ok(Some(Start {
            tag: self.etag.clone(),
            bytes: self.bytes,
            total: self.total,
            hasher: digest.then_some(hasher),
            prefix,
        }))
    }
}
