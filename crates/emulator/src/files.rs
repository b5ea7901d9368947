//! Writes sessions to a real spreadsheet or comma-separated file.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use rust_xlsxwriter::{Workbook, XlsxError};
use tempfile::{NamedTempFile, TempPath};

use crate::data::{Dataset, FIELDS};
use crate::options::ExportFormat;

/// How many sessions fit on a sheet beside the header: a sheet has 1,048,576 rows.
const SHEET_CAPACITY: usize = 1_048_575;

/// Writes the sessions at `rows` to a temporary file. Blocks, and needs memory for one row at a time.
pub(crate) fn write(data: &Dataset, rows: &[u32], format: ExportFormat) -> io::Result<TempPath> {
    let mut file = NamedTempFile::with_prefix("session-export-emulator-")?;
    match format {
        ExportFormat::Xlsx => write_xlsx(data, rows, SHEET_CAPACITY, file.path())?,
        ExportFormat::Csv => write_csv(data, rows, file.as_file_mut())?,
    }
    Ok(file.into_temp_path())
}

fn write_xlsx(data: &Dataset, rows: &[u32], sheet_capacity: usize, path: &Path) -> io::Result<()> {
    let mut workbook = Workbook::new();
    // Without any session there still is a sheet with its header.
    let sheets = rows.len().div_ceil(sheet_capacity).max(1);
    for number in 0..sheets {
        let chunk = rows.iter().skip(number * sheet_capacity).take(sheet_capacity);
        let name = if number == 0 {
            "sessions".to_owned()
        } else {
            format!("sessions {}", number + 1)
        };
        write_sheet(&mut workbook, &name, data, chunk).map_err(io::Error::other)?;
    }
    let mut file = BufWriter::new(File::create(path)?);
    workbook.save_to_writer(&mut file).map_err(io::Error::other)?;
    file.flush()
}

fn write_sheet<'a>(
    workbook: &mut Workbook,
    name: &str,
    data: &Dataset,
    rows: impl Iterator<Item = &'a u32>,
) -> Result<(), XlsxError> {
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name(name)?;
    for (column, field) in (0_u16..).zip(FIELDS) {
        sheet.write_string(0, column, field)?;
    }
    let sessions = rows.filter_map(|position| data.sessions().get(*position as usize));
    for (line, session) in (1_u32..).zip(sessions) {
        for (column, value) in (0_u16..).zip(data.row(session)) {
            if let Some(value) = value {
                sheet.write_string(line, column, value)?;
            }
        }
    }
    Ok(())
}

fn write_csv(data: &Dataset, rows: &[u32], file: &mut File) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(file);
    writer.write_record(FIELDS)?;
    for session in rows
        .iter()
        .filter_map(|position| data.sessions().get(*position as usize))
    {
        writer.write_record(
            data.row(session)
                .iter()
                .map(|value| value.as_deref().unwrap_or_default()),
        )?;
    }
    writer.flush()
}

#[cfg(test)]
mod tests {
    use calamine::{Reader, Xlsx, open_workbook};

    use super::*;
    use crate::time;

    #[test]
    fn rows_beyond_a_sheet_continue_on_the_next() {
        let data = Dataset::generate(1, 25, 60, time::from_millis(1_700_000_000_000), "p");
        let rows: Vec<u32> = (0..25).collect();
        for (capacity, names) in [
            (25, vec!["sessions"]),
            (24, vec!["sessions", "sessions 2"]),
            (10, vec!["sessions", "sessions 2", "sessions 3"]),
        ] {
            let file = NamedTempFile::new().unwrap();
            write_xlsx(&data, &rows, capacity, file.path()).unwrap();
            let mut book: Xlsx<_> = open_workbook(file.path()).unwrap();
            assert_eq!(book.sheet_names(), names);
            let mut ids = Vec::new();
            for name in names {
                let sheet = book.worksheet_range(name).unwrap();
                assert_eq!(sheet.rows().next().unwrap()[0].to_string(), "id");
                ids.extend(sheet.rows().skip(1).map(|row| row[0].to_string()));
            }
            let expected: Vec<String> = data
                .sessions()
                .iter()
                .filter_map(|session| Some(data.row(session)[0].clone()?.into_owned()))
                .collect();
            assert_eq!(ids, expected);
        }
    }

    #[test]
    fn a_file_without_sessions_has_its_header() {
        let data = Dataset::generate(1, 0, 60, time::from_millis(0), "p");
        let path = write(&data, &[], ExportFormat::Csv).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), FIELDS.join(",") + "\r\n");
        let path = write(&data, &[], ExportFormat::Xlsx).unwrap();
        let mut book: Xlsx<_> = open_workbook(&path).unwrap();
        assert_eq!(book.worksheet_range("sessions").unwrap().get_size(), (1, 30));
    }
}
