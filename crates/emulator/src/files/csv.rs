//! Exports as comma-separated values: RFC 4180, UTF-8 without a byte order mark.

use std::fs::File;
use std::io;

use super::Job;

pub(super) fn write(job: &Job<'_>, file: &mut File) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .buffer_capacity(64 * 1024)
        .from_writer(file);
    writer.write_record(job.rows.list().header()).map_err(cause)?;
    for position in job.positions() {
        if let Some(row) = job.row(position?) {
            let cells = row.iter().map(|value| value.as_deref().unwrap_or_default());
            writer.write_record(cells).map_err(cause)?;
        }
    }
    writer.flush()
}

/// The error below, which says whether the disk is full.
fn cause(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
