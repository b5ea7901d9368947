//! Exports as spreadsheets: every cell is text, whatever it begins with.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

use super::Job;

/// How many rows fit on a sheet beside the header: a sheet has 1,048,576 rows.
pub(super) const SHEET_CAPACITY: usize = 1_048_575;

/// About as many bytes of XML need the larger form of the archive. The smaller one ends at 4 GiB.
const LARGE_SHEET: u64 = 4_000_000_000;

/// Bytes of XML around the text of a cell, at most.
const CELL: u64 = 80;

/// Writes all rows, on further sheets where the first one is full. The rows go to another temporary file first, and
/// are compressed in the end: that is how the spreadsheet is written in constant memory.
pub(super) fn write(job: &Job<'_>, capacity: usize, file: &mut File, directory: &Path) -> io::Result<()> {
    let mut workbook = Workbook::new();
    workbook.set_tempdir(directory).map_err(cause)?;
    let mut rows = job.positions().peekable();
    let (mut number, mut largest) = (1, 0);
    let list = job.rows.list().facts();
    // Without any row there still is a sheet with its header.
    loop {
        let sheet = workbook.add_worksheet_with_constant_memory().map_err(cause)?;
        let name = match number {
            1 => list.name.to_owned(),
            _ => format!("{} {number}", list.name),
        };
        sheet.set_name(name).map_err(cause)?;
        largest = write_sheet(sheet, job, &mut rows.by_ref().take(capacity))?.max(largest);
        number += 1;
        if rows.peek().is_none() {
            break;
        }
    }
    workbook.use_zip_large_file(largest > LARGE_SHEET);
    let mut file = Watched {
        file: BufWriter::with_capacity(64 * 1024, file),
        job,
    };
    workbook.save_to_writer(&mut file).map_err(cause)?;
    file.flush()
}

/// The header and some rows. Gives the size of the sheet's XML, or a little more.
fn write_sheet(
    sheet: &mut Worksheet,
    job: &Job<'_>,
    rows: &mut dyn Iterator<Item = io::Result<u32>>,
) -> io::Result<u64> {
    for (column, field) in (0_u16..).zip(job.rows.list().header()) {
        sheet.write_string(0, column, field).map_err(cause)?;
    }
    let mut size = 0;
    for (line, position) in (1_u32..).zip(rows) {
        for (column, value) in (0_u16..).zip(job.row(position?).into_iter().flatten()) {
            let Some(value) = value else { continue };
            // Each of these becomes up to five characters.
            let escaped = value
                .bytes()
                .filter(|byte| matches!(byte, b'&' | b'<' | b'>'))
                .count();
            size += CELL + (value.len() + 4 * escaped) as u64;
            sheet.write_string(line, column, value).map_err(cause)?;
        }
    }
    Ok(size)
}

/// Ends the compression of a file that nobody wants any more.
struct Watched<'a, W> {
    file: W,
    job: &'a Job<'a>,
}

impl<W: Write> Write for Watched<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !(self.job.wanted)() {
            // `Interrupted` would make the caller try again.
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        std::thread::yield_now();
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The error below, which says whether the disk is full.
fn cause(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) | XlsxError::TempFileError(_, error) => error,
        other => io::Error::other(other),
    }
}
