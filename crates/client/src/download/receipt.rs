//! What was received.

use std::fmt;
use std::path::PathBuf;

use super::{FileFormat, FileName};

/// What a download was, once it is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// How many bytes.
    pub bytes: u64,
    /// Their SHA-256, unless it was switched off.
    pub sha256: Option<Sha256Digest>,
    /// The server's name for the file, made safe.
    pub file_name: Option<FileName>,
    /// The format, recognised by content.
    pub format: FileFormat,
}

/// A download that is now a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileReceipt {
    /// Where it is.
    pub path: PathBuf,
    /// How many bytes.
    pub bytes: u64,
    /// Their SHA-256, unless it was switched off.
    pub sha256: Option<Sha256Digest>,
    /// The server's name for the file, made safe.
    pub file_name: Option<FileName>,
    /// The format, recognised by content.
    pub format: FileFormat,
}

impl FileReceipt {
    /// What it says apart from the path.
    pub fn receipt(&self) -> Receipt {
        Receipt {
            bytes: self.bytes,
            sha256: self.sha256,
            file_name: self.file_name.clone(),
            format: self.format,
        }
    }

    pub(super) fn new(path: PathBuf, receipt: Receipt) -> Self {
        let Receipt {
            bytes,
            sha256,
            file_name,
            format,
        } = receipt;
        Self {
            path,
            bytes,
            sha256,
            file_name,
            format,
        }
    }
}

/// A SHA-256. `Display` is 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256Digest(pub(super) [u8; 32]);

impl Sha256Digest {
    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
