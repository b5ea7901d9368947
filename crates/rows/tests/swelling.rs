//! Small files that ask for much: what they cost is bounded, or they are refused. Without the bounds, what is read here
//! takes minutes or gigabytes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::io::{Cursor, Write};

use common::{error, open};
use session_export_rows::{CsvOptions, Field, Limits, ReadOptions, Row, RowWriter, RowsErrorKind};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A spreadsheet of these sheets, of which several may be one part, by its number.
fn spreadsheet(sheets: &[usize], parts: &[String], shared: &str) -> Vec<u8> {
    let relation = |id: &str, kind: &str, target: &str| {
        format!("<Relationship Id=\"{id}\" Type=\"http://x/{kind}\" Target=\"{target}\"/>")
    };
    let book = relation("r", "officeDocument", "xl/workbook.xml");
    let mut relations = relation("t", "sharedStrings", "shared.xml");
    let mut list = String::new();
    for (number, part) in sheets.iter().enumerate() {
        relations.push_str(&relation(
            &format!("s{number}"),
            "worksheet",
            &format!("{part}.xml"),
        ));
        list.push_str(&format!("<sheet name=\"sheet {number}\" r:id=\"s{number}\"/>"));
    }
    let mut all = vec![
        (
            "_rels/.rels".to_owned(),
            format!("<Relationships>{book}</Relationships>"),
        ),
        (
            "xl/_rels/workbook.xml.rels".to_owned(),
            format!("<Relationships>{relations}</Relationships>"),
        ),
        (
            "xl/workbook.xml".to_owned(),
            format!("<workbook><sheets>{list}</sheets></workbook>"),
        ),
        ("xl/shared.xml".to_owned(), format!("<sst>{shared}</sst>")),
    ];
    let part = |(number, text): (usize, &String)| (format!("xl/{number}.xml"), text.clone());
    all.extend(parts.iter().enumerate().map(part));
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in all {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn text(text: &str) -> String {
    format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

fn sheet(rows: &[String]) -> String {
    let rows: String = rows.iter().map(|cells| format!("<row>{cells}</row>")).collect();
    format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")
}

/// A sheet of one session, whose `columns` other headers are all equal.
fn equal_headers(columns: usize, header: &str) -> String {
    sheet(&[
        text("login_user") + &text(header).repeat(columns - 1),
        text("somebody"),
    ])
}

#[track_caller]
fn is_too_large(bytes: &[u8], options: &ReadOptions, what: &str) {
    assert!(bytes.len() < 1 << 20, "{}", bytes.len());
    let error = error(options, bytes);
    assert!(
        matches!(error.kind(), RowsErrorKind::TooLarge { what: found, .. } if *found == what),
        "{error}"
    );
}

/// As many columns as are allowed.
const MOST: usize = 16_384;

#[test]
fn as_many_equal_headers_as_are_allowed_have_names_of_their_own() {
    for (header, last) in [("x", "x (16383)"), ("login_user", "login_user (16384)")] {
        let csv = format!("login_user{}\nsomebody\n", format!(",{header}").repeat(MOST - 1));
        let xlsx = spreadsheet(&[0], &[equal_headers(MOST, header)], "");
        for bytes in [csv.as_bytes(), &xlsx] {
            let mut rows = open(bytes).unwrap();
            let columns = rows.columns().unwrap();
            assert_eq!((columns.len(), columns[MOST - 1].name()), (MOST, last));
            let others = rows.others().unwrap();
            assert_eq!(others.len(), MOST - 1);
            let mut writer = RowWriter::csv(Vec::new(), &others, CsvOptions::default()).unwrap();
            let row = rows.next().unwrap().unwrap();
            assert_eq!(row.get(Field::LoginUser), Some("somebody"));
            writer.write(&row).unwrap();
            writer.finish().unwrap();
            assert!(rows.next().is_none());
        }
    }
}

#[test]
fn the_columns_of_all_sheets_count_together() {
    let numbers: Vec<usize> = (0..82).collect();
    let parts = |count: usize| vec![equal_headers(200, "x"); count];
    let fits = spreadsheet(&numbers[..81], &parts(81), "");
    let mut rows = open(&fits).unwrap();
    assert_eq!(rows.columns().unwrap().len(), 200);
    assert_eq!(rows.count(), 81);

    let options = ReadOptions::new();
    let columns = "the number of columns";
    is_too_large(&spreadsheet(&numbers, &parts(82), ""), &options, columns);
    // Those without a session are kept as well, and those without anything have to be looked at.
    let few = ReadOptions::new().limits(Limits::default().columns(10));
    let notes = sheet(&[text("note").repeat(4)]);
    let notes = [equal_headers(3, "x"), notes.clone(), notes];
    is_too_large(&spreadsheet(&[0, 1, 2], &notes, ""), &few, columns);
    let mut empty = vec![sheet(&[]); 11];
    empty[0] = equal_headers(1, "");
    is_too_large(&spreadsheet(&numbers[..11], &empty, ""), &few, columns);
    let fits = spreadsheet(&numbers[..10], &empty[..10], "");
    assert_eq!(few.read(Cursor::new(&fits)).unwrap().count(), 1);
}

#[test]
fn the_names_of_columns_are_no_longer_than_a_row() {
    let (cell, names) = (1_000, "the length of all names of columns");
    let options = ReadOptions::new().limits(Limits::default().cell_bytes(cell).row_bytes(10 * cell));
    let long = "x".repeat(cell);
    let parts = vec![equal_headers(5, &long); 3];
    assert!(
        options
            .read(Cursor::new(spreadsheet(&[0, 1], &parts, "")))
            .is_ok()
    );
    is_too_large(&spreadsheet(&[0, 1, 2], &parts, ""), &options, names);
    let objects = (0..11)
        .map(|number| format!("{{\"{number}{long}\":1}}\n"))
        .collect::<String>();
    is_too_large(objects.as_bytes(), &options, names);
}

#[test]
fn one_part_is_one_sheet() {
    let mut sheets: Vec<usize> = vec![0; 4_000];
    let bytes = spreadsheet(&sheets, &[equal_headers(200, "x")], "");
    assert!(bytes.len() < 64 << 10, "{}", bytes.len());
    let found = error(&ReadOptions::new(), &bytes);
    assert_eq!(
        (found.kind(), found.sheet()),
        (
            &RowsErrorKind::Damaged("another sheet is the same part".to_owned()),
            Some("sheet 1")
        )
    );
    sheets.truncate(1);
    assert!(open(&spreadsheet(&sheets, &[equal_headers(200, "x")], "")).is_ok());
}

#[test]
fn a_shared_text_counts_wherever_it_stands() {
    let long = "x".repeat(1 << 20);
    let shared = format!("<si><t>{long}</t></si><si><t>{long}x</t></si>");
    let named = |number: usize| format!("<c t=\"s\"><v>{number}</v></c>");
    let header = text("login_user") + &text("x").repeat(16_000);
    for (rows, what) in [
        (
            [text("login_user") + &named(0).repeat(16_000), text("a")],
            "a row",
        ),
        ([header.clone(), named(0).repeat(16_000)], "a row"),
        ([text("login_user") + &named(1), text("a")], "a cell"),
        ([header, named(1)], "a cell"),
    ] {
        let bytes = spreadsheet(&[0], &[sheet(&rows)], &shared);
        is_too_large(&bytes, &ReadOptions::new(), what);
    }
    let fits = sheet(&[text("login_user") + &text("x").repeat(7), named(0).repeat(8)]);
    let rows: Vec<Row> = open(&spreadsheet(&[0], &[fits], &shared))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(rows[0].other("x (7)").map(str::len), Some(1 << 20));
}

#[test]
fn elements_in_elements_have_an_end() {
    let name = "x".repeat(1_000);
    for hostile in ["<a>".repeat(300), format!("<{name}></{name}>")] {
        let row = text("login_user");
        let part = format!("<worksheet>{hostile}<sheetData><row>{row}</row></sheetData></worksheet>");
        let found = error(&ReadOptions::new(), &spreadsheet(&[0], &[part], ""));
        assert!(matches!(found.kind(), RowsErrorKind::Damaged(_)), "{found}");
    }
    // Elements beside each other are many in every sheet, also where they end without having begun.
    let part = format!(
        "<worksheet>{}{}<sheetData><row>{}</row><row>{}</row></sheetData></worksheet>",
        "<a></a>".repeat(1_000),
        "</a>".repeat(1_000),
        text("login_user"),
        text("a")
    );
    assert_eq!(open(&spreadsheet(&[0], &[part], "")).unwrap().count(), 1);
}
