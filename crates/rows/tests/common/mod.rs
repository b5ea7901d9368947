//! Helpers of the tests.

#![allow(dead_code, reason = "every test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::Cursor;

use session_export_rows::{ReadOptions, Row, Rows, RowsError};

pub(crate) fn open(bytes: &[u8]) -> Result<Rows<'_>, RowsError> {
    ReadOptions::new().read(Cursor::new(bytes))
}

/// All rows, or the first error.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Row>, RowsError> {
    read_with(&ReadOptions::new(), bytes)
}

pub(crate) fn read_with(options: &ReadOptions, bytes: &[u8]) -> Result<Vec<Row>, RowsError> {
    options.read(Cursor::new(bytes))?.collect()
}

/// The only error of a file.
#[track_caller]
pub(crate) fn error(options: &ReadOptions, bytes: &[u8]) -> RowsError {
    read_with(options, bytes).unwrap_err()
}
