//! How far a download has come.

use std::fmt;
use std::sync::Arc;

/// How far a download has come, told to [`Download::on_progress`](super::Download::on_progress).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DownloadProgress {
    /// How many bytes of the file are here. Fewer than before when the file is begun again.
    pub bytes: u64,
    /// How many the whole file has, if the server says so.
    pub total: Option<u64>,
}

/// Whom progress is told to.
#[derive(Clone, Default)]
pub(super) struct ProgressListener(Option<Arc<Listener>>);

type Listener = dyn Fn(DownloadProgress) + Send + Sync;

impl ProgressListener {
    pub(super) fn new(listener: impl Fn(DownloadProgress) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listener)))
    }

    pub(super) fn tell(&self, bytes: u64, total: Option<u64>) {
        if let Some(listener) = &self.0 {
            listener(DownloadProgress { bytes, total });
        }
    }
}

impl fmt::Debug for ProgressListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "listening" } else { "nobody" })
    }
}
