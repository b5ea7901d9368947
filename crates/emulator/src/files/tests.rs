use std::fs;
use std::ops::Bound;

use calamine::{Data, Reader, Xlsx, open_workbook};

use super::*;
use crate::data::{Criteria, FIELDS, RowFormat, RowSource};
use crate::time;

fn made(count: usize) -> Dataset {
    Dataset::generate(1, count, 60, time::from_millis(1_700_000_000_000), "p")
}

fn everything(data: &Dataset) -> Selection {
    data.select(&Criteria::window(time::from_millis(0), Bound::Unbounded))
}

fn job<'a>(data: &'a Dataset, rows: &'a Selection) -> Job<'a> {
    Job {
        data,
        rows,
        wanted: &|| true,
    }
}

#[test]
fn rows_beyond_a_sheet_continue_on_the_next() {
    let data = made(25);
    let rows = everything(&data);
    for (capacity, names) in [
        (25, vec!["sessions"]),
        (24, vec!["sessions", "sessions 2"]),
        (10, vec!["sessions", "sessions 2", "sessions 3"]),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let mut file = NamedTempFile::new().unwrap();
        xlsx::write(&job(&data, &rows), capacity, file.as_file_mut(), directory.path()).unwrap();
        let mut book: Xlsx<_> = open_workbook(file.path()).unwrap();
        assert_eq!(book.sheet_names(), names);
        let mut ids = Vec::new();
        for name in names {
            let sheet = book.worksheet_range(name).unwrap();
            assert_eq!(sheet.rows().next().unwrap()[0].to_string(), "id");
            ids.extend(sheet.rows().skip(1).map(|row| row[0].to_string()));
        }
        let expected: Vec<String> = (0..25)
            .map(|position| data.row(position).unwrap()[0].clone().unwrap().into_owned())
            .collect();
        assert_eq!(ids, expected);
        // The temporary files of the sheets are gone.
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
    }
}

#[test]
fn a_file_without_sessions_has_its_header() {
    let (data, directory) = (made(0), tempfile::tempdir().unwrap());
    let rows = everything(&data);
    let path = job(&data, &rows)
        .write(ExportFormat::Csv, directory.path())
        .unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), FIELDS.join(",") + "\r\n");
    let path = job(&data, &rows)
        .write(ExportFormat::Xlsx, directory.path())
        .unwrap();
    let mut book: Xlsx<_> = open_workbook(&path).unwrap();
    assert_eq!(book.worksheet_range("sessions").unwrap().get_size(), (1, 30));
}

#[test]
fn cells_are_text_whatever_they_begin_with() {
    let odd = [
        "=1+1", "+49 30", "-5", "@SUM(A1)", "001", "1e5", "TRUE", "_x0041_", " a\tb ", "<&>\"'",
    ];
    let lines: String = odd
        .iter()
        .map(|text| {
            let row = serde_json::json!({ "start_time": "2024-02-27T03:47:51Z", "login_user": text });
            format!("{row}\n")
        })
        .collect();
    let source = RowSource::reader("odd", RowFormat::JsonLines, io::Cursor::new(lines));
    let (data, directory) = (source.read().unwrap(), tempfile::tempdir().unwrap());
    let rows = everything(&data);
    let path = job(&data, &rows)
        .write(ExportFormat::Xlsx, directory.path())
        .unwrap();
    let mut book: Xlsx<_> = open_workbook(&path).unwrap();
    let sheet = book.worksheet_range("sessions").unwrap();
    let cells: Vec<&Data> = sheet.rows().skip(1).map(|row| &row[4]).collect();
    assert!(
        cells.iter().all(|cell| matches!(cell, Data::String(_))),
        "{cells:?}"
    );
    let read: Vec<String> = cells.iter().map(ToString::to_string).collect();
    assert_eq!(read, odd);
    let path = job(&data, &rows)
        .write(ExportFormat::Csv, directory.path())
        .unwrap();
    let mut reader = ::csv::Reader::from_path(&path).unwrap();
    let read: Vec<String> = reader.records().map(|row| row.unwrap()[4].to_owned()).collect();
    assert_eq!(read, odd);
}

#[test]
fn what_nobody_wants_is_not_written_to_the_end() {
    let (data, directory) = (made(2_000), tempfile::tempdir().unwrap());
    let rows = everything(&data);
    for format in [ExportFormat::Xlsx, ExportFormat::Csv] {
        for looks in [0, 3] {
            let count = std::sync::atomic::AtomicUsize::new(0);
            let job = Job {
                data: &data,
                rows: &rows,
                wanted: &|| count.fetch_add(1, Ordering::Relaxed) < looks,
            };
            let error = job.write(format, directory.path()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
            assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
        }
    }
}

#[test]
fn a_file_that_was_discarded_does_not_come_back() {
    let file = ExportFile::new(1);
    file.discard();
    file.set(FileState::Failed("x".to_owned(), time::from_millis(0)));
    assert!(matches!(file.state(), FileState::Gone));
}
