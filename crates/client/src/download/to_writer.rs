//! A download into any writer.

use std::io::Write;

use super::open::open;
use super::{Download, DownloadStream, Receipt};
use crate::Error;

impl Download {
    /// Downloads into `writer`, which is written to between two frames, on the thread that polls.
    ///
    /// What was written before an error stays written: use [`to_path`](Self::to_path) for all or nothing.
    ///
    /// # Errors
    ///
    /// As [`into_stream`](Self::into_stream) and [`DownloadStream::next`], and
    /// [`ErrorKind::Sink`](crate::ErrorKind::Sink) when writing fails.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the exchange; the writer keeps what it has.
    pub async fn to_writer(&self, writer: &mut (impl Write + Send)) -> Result<Receipt, Error> {
        let mut stream = open(self).await?;
        copy(&mut stream, writer).await
    }
}

pub(super) async fn copy(
    stream: &mut DownloadStream,
    writer: &mut (impl Write + Send),
) -> Result<Receipt, Error> {
    while let Some(bytes) = stream.next().await {
        writer
            .write_all(&bytes?)
            .map_err(|error| Error::sink("write", error))?;
    }
    writer.flush().map_err(|error| Error::sink("write", error))?;
    Ok(stream
        .receipt()
        .expect("a stream that ended without an error is whole"))
}
