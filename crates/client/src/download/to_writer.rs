//! A download into any writer.

use std::io::Write;

use super::interruption::Interruption;
use super::open::open;
use super::{Download, DownloadStream, Receipt};
use crate::observe::{download_span, observed};
use crate::{Error, ErrorKind};

impl Download {
    /// Downloads into `writer`, which is written to between two frames, on the thread that polls.
    ///
    /// What was written before an error stays written: use [`to_path`](Self::to_path) for all or nothing. A body that
    /// breaks off is continued where the server allows it, but never begun again once something was written.
    ///
    /// # Errors
    ///
    /// As [`into_stream`](Self::into_stream) and [`DownloadStream::next`], and
    /// [`ErrorKind::Sink`](crate::ErrorKind::Sink) when writing fails. [`Error::received_bytes`] says how much of the file
    /// was written when it broke off.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the exchange; the writer keeps what it has.
    pub async fn to_writer(&self, writer: &mut (impl Write + Send)) -> Result<Receipt, Error> {
        observed(download_span(&self.task_id), async {
            let mut stream = open(self).await?;
            let copied = copy(&mut stream, writer).await;
            copied.map_err(|Interruption { error, .. }| match error.kind() {
                // Part of the last piece may be written, too.
                ErrorKind::Sink { .. } => error,
                _ => error.with_received(stream.arrived()),
            })
        })
        .await
    }
}

pub(super) async fn copy(
    stream: &mut DownloadStream,
    writer: &mut (impl Write + Send),
) -> Result<Receipt, Interruption> {
    while let Some(bytes) = stream.step().await {
        writer
            .write_all(&bytes?)
            .map_err(|error| Error::sink("write", error))?;
    }
    writer.flush().map_err(|error| Error::sink("write", error))?;
    Ok(stream
        .receipt()
        .expect("a stream that ended without an error is whole"))
}
