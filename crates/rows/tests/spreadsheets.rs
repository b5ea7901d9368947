//! Spreadsheets as programs and people make them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::io::{Cursor, Write};

use calamine::{Data, Reader, Xlsx};
use chrono::FixedOffset;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use session_export_rows::{Columns, Field, Limits, ReadOptions, Row, RowsErrorKind};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use common::{error, open, read, read_with};

fn texts(rows: &[Row], field: Field) -> Vec<Option<&str>> {
    rows.iter().map(|row| row.get(field)).collect()
}

#[test]
fn dates_numbers_and_truth_values() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, header) in
        (0_u16..).zip(["用户名", "开始时间", "End Time", "OS session ID", "Seats", "When"])
    {
        sheet.write_string(0, column, header).unwrap();
    }
    let date = ExcelDateTime::parse_from_str("2024-02-27 03:47:51.182").unwrap();
    let format = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    sheet.write_string(1, 0, "张三").unwrap();
    sheet.write_datetime_with_format(1, 1, &date, &format).unwrap();
    sheet.write_number(1, 2, 45349.5).unwrap();
    sheet.write_number(1, 3, 7.0).unwrap();
    sheet.write_number(1, 4, 0.5).unwrap();
    sheet.write_datetime_with_format(1, 5, &date, &format).unwrap();
    sheet.write_string(3, 0, "late").unwrap();
    sheet.write_string(3, 2, "0001-01-01 00:00:00").unwrap();
    sheet.write_boolean(3, 4, true).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    let rows = read(&bytes).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].get(Field::LoginUser), Some("张三"));
    assert_eq!(rows[0].get(Field::StartTime), Some("2024-02-27T03:47:51.182Z"));
    assert_eq!(rows[0].get(Field::EndTime), Some("2024-02-27T12:00:00.000Z"));
    assert_eq!(rows[0].get(Field::OsSessionId), Some("7"));
    assert_eq!(
        rows[0].others().collect::<Vec<_>>(),
        [("Seats", "0.5"), ("When", "2024-02-27T03:47:51.182Z")]
    );
    assert_eq!((rows[1].number(), rows[1].sheet()), (4, Some("Sheet1")));
    assert_eq!(
        (rows[1].get(Field::EndTime), rows[1].other("Seats")),
        (None, Some("true"))
    );

    let china = ReadOptions::new().time_zone(FixedOffset::east_opt(8 * 3600).unwrap());
    let rows = read_with(&china, &bytes).unwrap();
    assert_eq!(rows[0].get(Field::EndTime), Some("2024-02-27T04:00:00.000Z"));
}

#[test]
fn every_sheet_has_a_header_of_its_own() {
    let mut book = Workbook::new();
    for (name, cells) in [
        ("one", &[["login_user", "x"], ["a", "1"]][..]),
        ("empty", &[]),
        ("notes", &[["made by", "hand"], ["on", "paper"]]),
        ("two", &[["x", "User Name"], ["2", "b"]]),
    ] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        for (line, row) in (0_u32..).zip(cells) {
            for (column, text) in (0_u16..).zip(row) {
                sheet.write_string(line, column, *text).unwrap();
            }
        }
    }
    let bytes = book.save_to_buffer().unwrap();
    let mut rows = open(&bytes).unwrap();
    let columns: Vec<_> = rows
        .columns()
        .unwrap()
        .iter()
        .map(|column| column.name().to_owned())
        .collect();
    assert_eq!(columns, ["login_user", "x", "User Name"]);
    assert_eq!(rows.others().unwrap(), ["x"]);
    let first = rows.next().unwrap().unwrap();
    assert_eq!(
        (first.get(Field::LoginUser), first.other("x")),
        (Some("a"), Some("1"))
    );
    let error = rows.next().unwrap().unwrap_err();
    assert_eq!(
        (error.kind(), error.sheet()),
        (&RowsErrorKind::NoKnownColumn, Some("notes"))
    );
    assert!(error.concerns_one_sheet());
    let second = rows.next().unwrap().unwrap();
    assert_eq!(
        (second.get(Field::LoginUser), second.other("x")),
        (Some("b"), Some("2"))
    );
    assert!(rows.next().is_none());
}

#[test]
fn an_error_names_its_cell_and_the_next_row_follows() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "login_user").unwrap();
    sheet.write_string(0, 1, "end_time").unwrap();
    sheet.write_string(1, 1, "soon").unwrap();
    sheet.write_string(2, 0, "b").unwrap();
    sheet.write_string(2, 5, "beyond").unwrap();
    sheet.write_string(3, 0, "c").unwrap();
    let bytes = book.save_to_buffer().unwrap();
    let mut rows = open(&bytes).unwrap();
    let error = rows.next().unwrap().unwrap_err();
    assert_eq!(error.kind(), &RowsErrorKind::NotATime);
    assert_eq!(
        (error.sheet(), error.row(), error.column(), error.value()),
        (Some("Sheet1"), Some(2), Some("end_time"), Some("soon"))
    );
    assert_eq!(
        rows.next().unwrap().unwrap_err().kind(),
        &RowsErrorKind::MoreCellsThanColumns
    );
    assert_eq!(rows.next().unwrap().unwrap().get(Field::LoginUser), Some("c"));
    assert!(rows.next().is_none());
}

#[test]
fn another_reader_of_spreadsheets_sees_the_same() {
    let odd = [
        "=1+1",
        "001",
        "_x0041_",
        " a\tb ",
        "<&>\"'",
        "é😀\nx",
        "a_x000D_b",
    ];
    let mut book = Workbook::new();
    // One sheet with shared texts, one with texts in place.
    for constant in [false, true] {
        let sheet = if constant {
            book.add_worksheet_with_constant_memory().unwrap()
        } else {
            book.add_worksheet()
        };
        sheet.write_string(0, 0, "login_user").unwrap();
        for (line, text) in (1_u32..).zip(odd) {
            sheet.write_string(line, 0, text).unwrap();
        }
    }
    let bytes = book.save_to_buffer().unwrap();
    let rows = read(&bytes).unwrap();
    let mut other: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(&bytes)).unwrap();
    let mut seen = Vec::new();
    for name in other.sheet_names() {
        let sheet = other.worksheet_range(&name).unwrap();
        seen.extend(sheet.rows().skip(1).map(|row| match &row[0] {
            Data::String(text) => text.clone(),
            other => format!("{other:?}"),
        }));
    }
    let ours: Vec<_> = texts(&rows, Field::LoginUser)
        .into_iter()
        .map(Option::unwrap)
        .collect();
    assert_eq!(ours, seen);
    assert_eq!(ours[..odd.len()], odd);
}

/// A spreadsheet by hand.
fn archive(sheet: &str, shared: &str) -> Vec<u8> {
    let relation = |id: &str, kind: &str, target: &str| {
        format!("<Relationship Id=\"{id}\" Type=\"http://x/{kind}\" Target=\"{target}\"/>")
    };
    let parts = [
        ("_rels/.rels", format!("<Relationships>{}</Relationships>", relation("r", "officeDocument", "xl/workbook.xml"))),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships>{}{}</Relationships>",
                relation("s", "worksheet", "/xl/worksheets/sheet1.xml"),
                relation("t", "sharedStrings", "sharedStrings.xml")
            ),
        ),
        (
            "xl/workbook.xml",
            "<x:workbook><x:workbookPr date1904=\"1\"/><x:sheets><x:sheet name=\"a&amp;b\" r:id=\"s\"/></x:sheets></x:workbook>".to_owned(),
        ),
        ("xl/worksheets/sheet1.xml", sheet.to_owned()),
        ("xl/sharedStrings.xml", shared.to_owned()),
    ];
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn sheet(cells: &str) -> String {
    format!(
        "<x:worksheet><x:sheetData><x:row><x:c t=\"inlineStr\"><x:is><x:t>login_user</x:t></x:is></x:c><x:c t=\"inlineStr\"><x:is><x:t>end_time</x:t></x:is></x:c></x:row><x:row r=\"9\">{cells}</x:row></x:sheetData></x:worksheet>"
    )
}

#[test]
fn what_other_programs_write() {
    let shared =
        "<sst><si><r><t>一</t></r><rPh><t>yi</t></rPh><r><t xml:space=\"preserve\"> b</t></r></si></sst>";
    let cells = "<x:c t=\"s\"><x:v>0</x:v></x:c><x:c><x:v>43887.5</x:v></x:c>";
    let rows = read(&archive(&sheet(cells), shared)).unwrap();
    assert_eq!(rows[0].get(Field::LoginUser), Some("一 b"));
    assert_eq!(rows[0].get(Field::EndTime), Some("2024-02-27T12:00:00.000Z"));
    assert_eq!((rows[0].sheet(), rows[0].number()), (Some("a&b"), 9));

    let formula =
        "<x:c t=\"str\"><x:f>A1</x:f><x:v>x</x:v></x:c><x:c t=\"d\"><x:v>2024-02-27T12:00:00</x:v></x:c>";
    let rows = read(&archive(&sheet(formula), shared)).unwrap();
    assert_eq!(rows[0].get(Field::LoginUser), Some("x"));
    assert_eq!(rows[0].get(Field::EndTime), Some("2024-02-27T12:00:00.000Z"));

    let failed = "<x:c t=\"e\"><x:v>#N/A</x:v></x:c>";
    let error = error(&ReadOptions::new(), &archive(&sheet(failed), shared));
    assert_eq!(
        (error.kind(), error.value()),
        (&RowsErrorKind::ErrorValue, Some("#N/A"))
    );
}

#[test]
fn an_archive_that_swells_is_refused() {
    let options = ReadOptions::new().limits(
        Limits::default()
            .cell_bytes(1 << 20)
            .row_bytes(2 << 20)
            .shared_bytes(4 << 20)
            .columns(100),
    );
    let long = "x".repeat(3 << 20);
    let many = "<x:c t=\"inlineStr\"><x:is><x:t>abc</x:t></x:is></x:c>".repeat(200);
    for (cells, shared, what) in [
        (
            format!("<x:c t=\"inlineStr\"><x:is><x:t>{long}</x:t></x:is></x:c>"),
            String::new(),
            "a row",
        ),
        (
            format!(
                "<x:c t=\"inlineStr\"><x:is><x:t>{}</x:t></x:is></x:c>",
                &long[..(1 << 20) + 1]
            ),
            String::new(),
            "a cell",
        ),
        (many, String::new(), "the number of columns"),
        (format!("<x:c t=\"{long}\"/>"), String::new(), "a row"),
        (
            String::new(),
            "<si><t>abcdefghijklmnopqrstuvwxyz</t></si>".repeat(200_000),
            "the shared texts",
        ),
        (String::new(), "<si/>".repeat(1_000_000), "the shared texts"),
    ] {
        let bytes = archive(&sheet(&cells), &format!("<sst>{shared}</sst>"));
        assert!(bytes.len() < 1 << 20, "{}", bytes.len());
        let error = error(&options, &bytes);
        assert!(
            matches!(error.kind(), RowsErrorKind::TooLarge { what: found, .. } if *found == what),
            "{what}: {error}"
        );
    }
}

#[test]
fn a_header_can_be_taught() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "工号").unwrap();
    sheet.write_string(1, 0, "7").unwrap();
    let bytes = book.save_to_buffer().unwrap();
    assert_eq!(
        error(&ReadOptions::new(), &bytes).kind(),
        &RowsErrorKind::NoKnownColumn
    );
    let options = ReadOptions::new().columns(Columns::known().with("工号", Field::LoginUser));
    assert_eq!(
        texts(&read_with(&options, &bytes).unwrap(), Field::LoginUser),
        [Some("7")]
    );
}
