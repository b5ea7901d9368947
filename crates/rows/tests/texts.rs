//! csv and JSON as they come.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use chrono::{FixedOffset, NaiveDateTime};
use encoding_rs::GB18030;
use session_export_rows::{Field, Limits, ReadOptions, Row, RowsErrorKind, TextEncoding};

use common::{error, open, read, read_with};

fn users(rows: &[Row]) -> Vec<&str> {
    rows.iter()
        .map(|row| row.get(Field::LoginUser).unwrap_or_default())
        .collect()
}

/// `encoding_rs` has no encoder of UTF-16.
fn utf_16(text: &str, big: bool) -> Vec<u8> {
    let units = text.encode_utf16();
    units
        .flat_map(|unit| {
            if big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        })
        .collect()
}

#[test]
fn every_encoding_of_one_table() {
    let text = "用户名,开始时间,备注\r\n张三,2024-02-27 03:47:51,\"多行\r\n“引用”\"\r\n李四,,𠮷\r\n";
    let (chinese, _, lossy) = GB18030.encode(text);
    assert!(!lossy);
    let auto = ReadOptions::new();
    let chosen = |encoding| ReadOptions::new().encoding(encoding);
    for (name, options, bytes) in [
        ("utf-8", &auto, text.as_bytes().to_vec()),
        ("utf-8 with a mark", &auto, format!("\u{feff}{text}").into_bytes()),
        ("gb18030", &auto, chinese.to_vec()),
        (
            "gb18030, chosen",
            &chosen(TextEncoding::Gb18030),
            chinese.to_vec(),
        ),
        (
            "gb18030 with a mark",
            &chosen(TextEncoding::Gb18030),
            [b"\x84\x31\x95\x33", &chinese[..]].concat(),
        ),
        ("utf-16le", &auto, utf_16(&format!("\u{feff}{text}"), false)),
        ("utf-16be", &auto, utf_16(&format!("\u{feff}{text}"), true)),
    ] {
        let rows = read_with(options, &bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(users(&rows), ["张三", "李四"], "{name}");
        assert_eq!(rows[0].other("备注"), Some("多行\r\n“引用”"), "{name}");
        assert_eq!(rows[1].other("备注"), Some("𠮷"), "{name}");
    }
}

#[test]
fn an_encoding_is_told_by_the_first_text_however_late_it_comes() {
    let mut text = "login_user,app_name\n".to_owned();
    for number in 0..20_000 {
        text.push_str(&format!("user{number},app\n"));
    }
    text.push_str("王五,应用\n");
    let utf8 = read(text.as_bytes()).unwrap();
    let chinese = read(&GB18030.encode(&text).0).unwrap();
    assert_eq!(users(&utf8).last(), Some(&"王五"));
    assert_eq!(utf8, chinese);
    assert_eq!(utf8.len(), 20_001);
}

#[test]
fn a_wrong_encoding_is_an_error() {
    let chinese = GB18030
        .encode("login_user,app_name\na,b\n张三,c\nd,e\n")
        .0
        .into_owned();
    let mut rows = ReadOptions::new()
        .encoding(TextEncoding::Utf8)
        .read(std::io::Cursor::new(&chinese))
        .unwrap();
    assert_eq!(rows.next().unwrap().unwrap().get(Field::LoginUser), Some("a"));
    let error = rows.next().unwrap().unwrap_err();
    assert_eq!(error.kind(), &RowsErrorKind::Encoding("UTF-8"));
    assert_eq!((error.row(), error.column()), (Some(3), Some("login_user")));
    // Only that row is lost.
    assert_eq!(rows.next().unwrap().unwrap().get(Field::LoginUser), Some("d"));
    assert!(rows.next().is_none());

    let broken = [&chinese[..], b"\xff\xff,x\n"].concat();
    let error = self::error(&ReadOptions::new(), &broken);
    assert_eq!(error.kind(), &RowsErrorKind::Encoding("gb18030"));
    assert!(!error.concerns_one_row());
}

#[test]
fn rows_of_odd_lengths() {
    let mut rows = open(b"id;login_user;;x;\n\n1\n2;b;c;d;;\n3;b;;;;e\n4;d\n").unwrap();
    let names: Vec<_> = rows
        .columns()
        .unwrap()
        .iter()
        .map(|column| column.name().to_owned())
        .collect();
    assert_eq!(names, ["id", "login_user", "column 3", "x"]);
    let first = rows.next().unwrap().unwrap();
    assert_eq!(
        (first.get(Field::Id), first.get(Field::LoginUser)),
        (Some("1"), None)
    );
    let second = rows.next().unwrap().unwrap();
    assert_eq!(
        second.others().collect::<Vec<_>>(),
        [("column 3", "c"), ("x", "d")]
    );
    let error = rows.next().unwrap().unwrap_err();
    assert_eq!(error.kind(), &RowsErrorKind::MoreCellsThanColumns);
    assert_eq!((error.column(), error.value()), (Some("column 6"), Some("e")));
    assert_eq!(rows.next().unwrap().unwrap().get(Field::Id), Some("4"));
    assert!(rows.next().is_none());
}

#[test]
fn what_is_no_list_of_sessions_is_refused() {
    for text in ["name,desktop\n1,2\n", "hello\n", "sep=;\n"] {
        assert_eq!(
            error(&ReadOptions::new(), text.as_bytes()).kind(),
            &RowsErrorKind::NoKnownColumn,
            "{text}"
        );
    }
    for bytes in [&b""[..], b"\x1f\x8b\x08", b"login_user\0", b"<!DOCTYPE html>"] {
        assert!(matches!(
            error(&ReadOptions::new(), bytes).kind(),
            RowsErrorKind::Format(_)
        ));
    }
}

/// Where clocks are set back at 3:00 on the 27th of October 2024, and forward at 2:00 on the 31st of March. As chrono's
/// `Local`, it takes the first moment after the repeated hour for one that is in it.
#[derive(Clone)]
struct Berlin;

impl chrono::TimeZone for Berlin {
    type Offset = FixedOffset;

    fn from_offset(_: &FixedOffset) -> Self {
        Self
    }

    fn offset_from_local_date(&self, date: &chrono::NaiveDate) -> chrono::LocalResult<FixedOffset> {
        self.offset_from_local_datetime(&date.and_time(chrono::NaiveTime::MIN))
    }

    fn offset_from_local_datetime(&self, wall: &NaiveDateTime) -> chrono::LocalResult<FixedOffset> {
        use chrono::LocalResult::{Ambiguous, None, Single};
        let hours = |hours: i32| FixedOffset::east_opt(hours * 3600).unwrap();
        match wall.to_string().as_str() {
            forward if ("2024-03-31 02:00:00".."2024-03-31 03:00:00").contains(&forward) => None,
            back if ("2024-10-27 02:00:00"..="2024-10-27 03:00:00").contains(&back) => {
                Ambiguous(hours(2), hours(1))
            }
            summer if ("2024-03-31 03:00:00".."2024-10-27 02:00:00").contains(&summer) => Single(hours(2)),
            _ => Single(hours(1)),
        }
    }

    fn offset_from_utc_date(&self, date: &chrono::NaiveDate) -> FixedOffset {
        self.offset_from_utc_datetime(&date.and_time(chrono::NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> FixedOffset {
        let is_summer = ("2024-03-31 01:00:00".."2024-10-27 01:00:00").contains(&utc.to_string().as_str());
        FixedOffset::east_opt(if is_summer { 7200 } else { 3600 }).unwrap()
    }
}

#[test]
fn times_that_happen_twice_or_never() {
    let options = ReadOptions::new().time_zone(Berlin);
    let text = "start_time\n2024-07-01 12:00:00\n2024-10-27 02:30:00\n2024-10-27 03:00:00\n\
                2024-03-31 02:30:00\n2024-03-31 02:30:00Z\n";
    let rows = read_with(&options, text.as_bytes()).unwrap();
    let times: Vec<_> = rows
        .iter()
        .map(|row| row.get(Field::StartTime).unwrap())
        .collect();
    assert_eq!(
        times,
        [
            "2024-07-01T10:00:00.000Z",
            "2024-10-27T00:30:00.000Z",
            "2024-10-27T02:00:00.000Z",
            "2024-03-31T01:30:00.000Z",
            "2024-03-31T02:30:00.000Z",
        ]
    );
}

#[test]
fn json_values_become_text() {
    let text = r#"{"login_user":"a","os_session_id":7,"Odd":{"b":[1,null]},"failed_code":null,"x":1.5,"y":true}
{"login_user":"b","z":"new","end_time":"0001-01-01 00:00:00"}
{"end_time":"soon"}
{"login_user":"c"} "#;
    let mut rows = open(text.as_bytes()).unwrap();
    assert_eq!(rows.others().unwrap(), ["Odd", "x", "y", "z"]);
    let first = rows.next().unwrap().unwrap();
    assert_eq!(first.get(Field::OsSessionId), Some("7"));
    assert_eq!(
        first.others().collect::<Vec<_>>(),
        [("Odd", "{\"b\":[1,null]}"), ("x", "1.5"), ("y", "true")]
    );
    assert_eq!(rows.next().unwrap().unwrap().get(Field::EndTime), None);
    let error = rows.next().unwrap().unwrap_err();
    assert_eq!(
        (error.row(), error.column(), error.value()),
        (Some(3), Some("end_time"), Some("soon"))
    );
    // The columns can be asked for again in the middle.
    assert_eq!(rows.others().unwrap().len(), 4);
    assert_eq!(rows.next().unwrap().unwrap().get(Field::LoginUser), Some("c"));
    assert!(rows.next().is_none());
}

#[test]
fn limits_hold_for_text() {
    let limits = Limits::default().cell_bytes(100).row_bytes(300_000).columns(40);
    let options = ReadOptions::new().limits(limits);
    let long = "x".repeat(101);
    let endless = format!("login_user\n\"{}", "x\n".repeat(400_000));
    for (text, what, goes_on) in [
        (format!("login_user\n{long}\n"), "a cell", true),
        (format!("{{\"login_user\":\"{long}\"}}"), "a cell", true),
        (endless, "a row", false),
        (format!("{{\"x\":\"{}", "x".repeat(400_000)), "a row", false),
        ("login_user,".repeat(41), "the number of columns", false),
        (
            (0..41).map(|number| format!("{{\"k{number}\":1}}")).collect(),
            "the number of columns",
            false,
        ),
    ] {
        let error = error(&options, text.as_bytes());
        assert!(
            matches!(error.kind(), RowsErrorKind::TooLarge { what: found, .. } if *found == what),
            "{what}: {error}"
        );
        assert_eq!(error.concerns_one_row(), goes_on, "{what}");
    }
}
