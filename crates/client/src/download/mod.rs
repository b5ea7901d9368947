//! The file of a task, received in constant memory.

mod file_name;
mod format;
mod interruption;
mod open;
mod partial;
mod progress;
mod ranges;
mod receipt;
mod stream;
mod target;
mod to_path;
mod to_writer;
mod watch;
mod whole_file;

use session_export_model::TaskId;

pub use file_name::FileName;
pub use format::FileFormat;
pub use partial::PartialFile;
pub use progress::DownloadProgress;
pub use receipt::{FileReceipt, Receipt, Sha256Digest};
pub use stream::DownloadStream;
pub use whole_file::WholeFile;

use self::progress::ProgressListener;
use crate::{Client, Error};

/// A download that has not been started yet.
///
/// Three ways to receive: [`to_path`](Self::to_path) for a file that is either whole or absent,
/// [`to_writer`](Self::to_writer) for any `std::io::Write`, [`into_stream`](Self::into_stream) for everything else.
/// Whichever it is, memory does not grow with the file, and a body that breaks off never passes as whole.
///
/// # When it breaks off
///
/// A body that is cut off, reset, or stands still for longer than the client's idle limit is followed up, because a
/// download only reads:
///
/// - If the head had a strong entity tag, the rest is asked for with `Range` and `If-Range` (RFC 9110, sections 13.1.5
///   and 14.2), after a pause of 0.5 s that doubles up to 8 s, each shortened by up to half by chance. That may happen
///   any number of times, but only five times in a row without 64 KiB of progress. The service does not document ranges,
///   so the first request never asks for one.
/// - Otherwise, or when what comes is not what follows, a path starts over: three attempts at the whole file at most. A
///   writer or a stream cannot take back what it has, and fails; [`Error::received_bytes`] says how much that is.
/// - What is received is checked to be of one file: same tag, same length, no gap, no overlap. SHA-256 covers the whole
///   file in each case.
///
/// A deadline covers all of it. [`resume(false)`](Self::resume) switches it off.
#[derive(Debug)]
#[must_use]
pub struct Download {
    client: Client,
    task_id: TaskId,
    file_name: Option<FileName>,
    max_bytes: Option<u64>,
    digest: bool,
    unknown_length: bool,
    overwrite: bool,
    resume: bool,
    keep_partial: bool,
    partial: Option<PartialFile>,
    progress: ProgressListener,
}

impl Download {
    pub(crate) fn new(client: Client, task_id: TaskId, file_name: Option<FileName>) -> Self {
        Self {
            client,
            task_id,
            file_name,
            max_bytes: None,
            digest: true,
            unknown_length: false,
            overwrite: false,
            resume: true,
            keep_partial: false,
            partial: None,
            progress: ProgressListener::default(),
        }
    }

    /// Gives up with [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) when the file has more bytes than this: at once
    /// if the server announces it, else as soon as one more arrives. No cap by default.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
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

    /// Whether a body that breaks off is continued or begun again; on by default.
    pub fn resume(mut self, on: bool) -> Self {
        self.resume = on;
        self
    }

    /// Whether [`to_path`](Self::to_path) and [`to_directory`](Self::to_directory) may leave the start of a file for a
    /// later attempt when they give up; off by default, and then nothing stays behind.
    ///
    /// It stays only if it can be continued (the server named a strong entity tag) and that may help (the network, the
    /// service, a credential or the deadline ended it, never a full disk). Then it is synced, and
    /// [`Error::partial_file`] says where it is. Whoever asks for this removes it in the end. Dropping the future still
    /// removes it.
    pub fn keep_partial(mut self, keep: bool) -> Self {
        self.keep_partial = keep;
        self
    }

    /// Goes on with what an earlier attempt left beside the same target. Not for writers and streams.
    ///
    /// The bytes that are there are read first, on the thread that polls, for the SHA-256 of the whole. If they are no
    /// longer what was left, or the server has another file now, it starts over. The partial file is taken over: unless
    /// [`keep_partial`](Self::keep_partial) says so again, it is gone afterwards, whatever the outcome. The target is
    /// checked first, and an error of that leaves it where it is.
    pub fn continue_from(mut self, partial: PartialFile) -> Self {
        self.partial = Some(partial);
        self
    }

    /// Calls `listener` as soon as the head is there, and then after each piece that arrives, on the thread that polls:
    /// it should be quick. Nobody is told by default.
    ///
    /// It is told of bytes that have arrived, which may not be on disk yet, and never that a file is whole: only an `Ok`
    /// says so.
    pub fn on_progress(mut self, listener: impl Fn(DownloadProgress) + Send + Sync + 'static) -> Self {
        self.progress = ProgressListener::new(listener);
        self
    }

    /// Starts the download and gives its bytes as a stream.
    ///
    /// # Errors
    ///
    /// Whatever the call ends with; [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) when the announced length is above
    /// the cap; [`ErrorKind::Decode`](crate::ErrorKind::Decode) when what comes is no file: a page,
    /// an unknown length, a content encoding.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the exchange. The service may count the file as downloaded.
    pub async fn into_stream(self) -> Result<DownloadStream, Error> {
        open::open(&self).await
    }
}
