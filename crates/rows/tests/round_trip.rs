//! What is written is what is read back, in every format.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::collections::BTreeMap;

use chrono::DateTime;
use proptest::prelude::*;
use session_export_rows::{Columns, CsvOptions, Field, Row, RowWriter, RowsErrorKind};
use session_export_rows::{ReadOptions, RowFormat};

use common::{open, read};

/// Times that the one form of rows can have.
fn time() -> impl Strategy<Value = String> {
    (-62_100_000_000_000_i64..253_402_300_799_999)
        .prop_map(|millis| DateTime::from_timestamp_millis(millis).unwrap().to_rfc3339())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => any::<String>(),
        1 => "[ \t\r\n,;\"'=+@\u{feff}\u{2028}-]{0,6}",
        1 => "0{1,3}[0-9]{1,4}(\\.0)?",
        1 => Just("😀\u{1F468}\u{200D}\u{1F469}张三".to_owned()),
    ]
}

fn row(others: Vec<String>) -> impl Strategy<Value = Row> {
    let fields = proptest::collection::vec(proptest::option::of((text(), time())), Field::ALL.len());
    let values = proptest::collection::vec(proptest::option::of(text()), others.len());
    (fields, values).prop_map(move |(fields, values)| {
        let mut row = Row::new();
        for (field, value) in Field::ALL.iter().zip(fields) {
            if let Some((text, time)) = value {
                row.set(*field, if field.is_time() { &time } else { &text })
                    .unwrap();
            }
        }
        for (name, value) in others.iter().zip(values) {
            row.set_other(name.as_str(), &value.unwrap_or_default());
        }
        row
    })
}

/// Names as headers have them: not blank at the ends, not known, and each once.
fn others() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("\\PC{1,9}", 0..4).prop_map(|names| {
        let known = Columns::known();
        let mut kept: Vec<String> = Vec::new();
        for name in names {
            let name = name.trim().to_owned();
            if !name.is_empty() && known.field(&name).is_none() && !kept.contains(&name) {
                kept.push(name);
            }
        }
        kept
    })
}

fn table() -> impl Strategy<Value = (Vec<String>, Vec<Row>)> {
    others().prop_flat_map(|names| {
        let rows = proptest::collection::vec(row(names.clone()), 0..6);
        (Just(names), rows)
    })
}

fn written(mut writer: RowWriter<Vec<u8>>, rows: &[Row]) -> Vec<u8> {
    for row in rows {
        writer.write(row).unwrap();
    }
    writer.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn csv_is_read_back((names, rows) in table(), mark in any::<bool>()) {
        let options = CsvOptions::default().byte_order_mark(mark);
        let bytes = written(RowWriter::csv(Vec::new(), &names, options).unwrap(), &rows);
        let mut reader = open(&bytes).unwrap();
        prop_assert_eq!(reader.format(), RowFormat::Csv);
        prop_assert_eq!(reader.others().unwrap(), names);
        let back: Vec<Row> = reader.map(Result::unwrap).collect();
        prop_assert_eq!(back, rows);
    }

    #[test]
    fn json_lines_are_read_back((_, rows) in table()) {
        let bytes = written(RowWriter::json_lines(Vec::new()), &rows);
        if rows.is_empty() {
            prop_assert!(bytes.is_empty());
        } else {
            prop_assert_eq!(read(&bytes).unwrap(), rows);
        }
    }

    #[test]
    fn a_session_list_is_read_back((_, rows) in table()) {
        let sessions: Vec<_> = rows.iter().map(Row::session).collect();
        let document = serde_json::json!({ "count": sessions.len(), "items": sessions });
        let back: Vec<_> = read(document.to_string().as_bytes()).unwrap().iter().map(Row::session).collect();
        prop_assert_eq!(back, sessions);
    }

    #[test]
    fn a_spreadsheet_is_read_back((names, rows) in table()) {
        let bytes = spreadsheet(&names, &rows);
        let back = read(&bytes).unwrap();
        // A row without a cell is no row of a spreadsheet.
        let rows: Vec<Row> = rows.into_iter().filter(|row| *row != Row::new()).collect();
        prop_assert_eq!(back, rows);
    }
}

/// By a library of another make.
fn spreadsheet(names: &[String], rows: &[Row]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let fields = Field::ALL.iter().map(|field| field.name());
    for (column, header) in (0_u16..).zip(fields.chain(names.iter().map(String::as_str))) {
        sheet.write_string(0, column, header).unwrap();
    }
    for (line, row) in (1_u32..).zip(rows) {
        let fields = Field::ALL.iter().map(|field| row.get(*field));
        let values = fields.chain(names.iter().map(|name| row.other(name)));
        for (column, value) in (0_u16..).zip(values) {
            if let Some(value) = value {
                sheet.write_string(line, column, value).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn a_column_that_the_writer_was_not_told_of_is_refused_and_not_lost() {
    let mut row = Row::new();
    row.set_other("note", "x");
    let mut writer = RowWriter::csv(Vec::new(), &["other"], CsvOptions::default()).unwrap();
    let error = writer.write(&row).unwrap_err();
    assert_eq!(error.kind(), &RowsErrorKind::UnexpectedColumn);
    assert_eq!((error.column(), error.value()), (Some("note"), Some("x")));
    writer.write(&Row::new()).unwrap();
    assert_eq!(read(&writer.finish().unwrap()).unwrap(), [Row::new()]);
    for names in [&["id"][..], &["a", "a"]] {
        let error = RowWriter::csv(Vec::new(), names, CsvOptions::default()).unwrap_err();
        assert_eq!(error.kind(), &RowsErrorKind::DuplicateColumn);
    }
}

#[test]
fn formulas_are_escaped_only_when_asked() {
    let mut row = Row::new();
    row.set(Field::ClientName, "=cmd|' /C calc'!A0").unwrap();
    row.set(Field::AppName, "a=b").unwrap();
    for (escape, expected) in [(false, "=cmd|' /C calc'!A0"), (true, "'=cmd|' /C calc'!A0")] {
        let options = CsvOptions::default().escape_formulas(escape);
        let mut writer = RowWriter::csv(Vec::new(), &[""; 0], options).unwrap();
        writer.write(&row).unwrap();
        let back = read(&writer.finish().unwrap()).unwrap();
        assert_eq!(back[0].get(Field::ClientName), Some(expected));
        assert_eq!(back[0].get(Field::AppName), Some("a=b"));
    }
}

#[test]
fn another_reader_of_csv_sees_the_same() {
    let mut row = Row::new();
    row.set(Field::LoginUser, "a \"b\", c\r\nd").unwrap();
    let mut writer = RowWriter::csv(Vec::new(), &["note"], CsvOptions::default()).unwrap();
    writer.write(&row).unwrap();
    let bytes = writer.finish().unwrap();
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    let headers: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let by_name: BTreeMap<String, String> = reader.deserialize().next().unwrap().unwrap();
    assert_eq!(headers.len(), 31);
    assert_eq!(by_name["login_user"], "a \"b\", c\r\nd");
    assert_eq!(by_name["note"], "");
}

#[test]
fn a_stream_needs_no_seek() {
    let text = "login_user\tx\nuser005\t1\n";
    let mut rows = ReadOptions::new().read_stream(text.as_bytes()).unwrap();
    assert_eq!(rows.others().unwrap(), ["x"]);
    assert_eq!(rows.next().unwrap().unwrap().other("x"), Some("1"));
    assert!(rows.next().is_none());
    let mut rows = ReadOptions::new().read_stream(&b"{\"id\":\"1\"}"[..]).unwrap();
    assert_eq!(rows.columns().unwrap_err().kind(), &RowsErrorKind::NotSeekable);
    assert_eq!(rows.next().unwrap().unwrap().get(Field::Id), Some("1"));
    let error = ReadOptions::new().read_stream(&b"PK\x03\x04"[..]).unwrap_err();
    assert!(error.to_string().contains("from a file"), "{error}");
}
