//! The file of a task, received in constant memory.

mod file_name;
mod format;
mod open;
mod receipt;
mod stream;
mod to_path;
mod to_writer;

use session_export_model::TaskId;

pub use file_name::FileName;
pub use format::FileFormat;
pub use receipt::{FileReceipt, Receipt, Sha256Digest};
pub use stream::DownloadStream;

use crate::{Client, Error};

/// A download that has not been started yet.
///
/// Three ways to receive: [`to_path`](Self::to_path) for a file that is either whole or absent,
/// [`to_writer`](Self::to_writer) for any `std::io::Write`, [`into_stream`](Self::into_stream) for everything else.
/// Whichever it is, memory does not grow with the file, and a body that breaks off is an error.
#[derive(Debug)]
#[must_use]
pub struct Download {
    client: Client,
    task_id: TaskId,
    file_name: Option<FileName>,
    most_bytes: Option<u64>,
    digest: bool,
    unknown_length: bool,
    overwrite: bool,
}

impl Download {
    pub(crate) fn new(client: Client, task_id: TaskId, file_name: Option<FileName>) -> Self {
        Self {
            client,
            task_id,
            file_name,
            most_bytes: None,
            digest: true,
            unknown_length: false,
            overwrite: false,
        }
    }

    /// Gives up when the file has more bytes than this. No cap by default.
    pub fn most_bytes(mut self, bytes: u64) -> Self {
        self.most_bytes = Some(bytes);
        self
    }

    /// Whether to compute SHA-256 on the way; on by default.
    pub fn digest(mut self, on: bool) -> Self {
        self.digest = on;
        self
    }

    /// Whether to take a body that says neither how long it is nor that it is chunked. Over HTTP/1 such a body ends when
    /// the connection does, so that one that broke off looks whole; it is refused by default.
    pub fn allow_unknown_length(mut self, allow: bool) -> Self {
        self.unknown_length = allow;
        self
    }

    /// Whether [`to_path`](Self::to_path) and [`to_directory`](Self::to_directory) may replace a file; off by default.
    pub fn overwrite(mut self, allow: bool) -> Self {
        self.overwrite = allow;
        self
    }

    /// Starts the download and gives its bytes as a stream.
    ///
    /// # Errors
    ///
    /// Whatever the call ends with; [`ErrorKind::Decode`](crate::ErrorKind::Decode) when what comes is no file: a page,
    /// an unknown length, a content encoding.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the exchange. The service may count the file as downloaded.
    pub async fn into_stream(self) -> Result<DownloadStream, Error> {
        open::open(&self).await
    }
}
