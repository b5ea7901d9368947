//! Whatever comes in: an answer or an error, never a panic, and an end.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use proptest::prelude::*;
use rust_xlsxwriter::Workbook;
use session_export_rows::{Limits, ReadOptions};

use common::open;

/// Reads to the end, whatever it is. A reader that never ended would give more rows than there are bytes.
fn exhaust(bytes: &[u8]) {
    let limits = Limits::default().row_bytes(1 << 20).shared_bytes(1 << 20);
    let options = ReadOptions::new().limits(limits);
    if let Ok(mut rows) = options.read(std::io::Cursor::new(bytes)) {
        let _ = rows.columns();
        let most = bytes.len().saturating_mul(1100) + 1;
        assert!(rows.by_ref().take(most).count() < most);
        assert!(rows.next().is_none());
    }
    if let Ok(rows) = options.read_stream(bytes) {
        rows.for_each(drop);
    }
}

const HEADERS: &[&[u8]] = &[
    b"login_user,start_time\n",
    b"\xff\xfel\0o\0g\0i\0n\0_\0u\0s\0e\0r\0\n\0",
    b"[{\"login_user\":",
    b"{\"count\":1,\"items\":[{\"login_user\":\"a\"}",
];

fn spreadsheet() -> Vec<u8> {
    let mut book = Workbook::new();
    for _ in 0..2 {
        let sheet = book.add_worksheet();
        for column in 0..3 {
            sheet
                .write_string(0, column, ["login_user", "start_time", "x"][usize::from(column)])
                .unwrap();
            sheet.write_string(1, column, "2024-02-27 03:47:51").unwrap();
            sheet.write_number(2, column, 45349.5).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn bytes(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        exhaust(&bytes);
    }

    #[test]
    fn bytes_behind_a_header(
        header in proptest::sample::select(HEADERS),
        bytes in proptest::collection::vec(any::<u8>(), 0..500),
    ) {
        exhaust(&[header, &bytes].concat());
    }

    #[test]
    fn text_behind_a_header(text in "[\\PC\n\",;{}\\[\\]:]*") {
        exhaust(format!("login_user,start_time\n{text}").as_bytes());
        exhaust(format!("[{{\"login_user\":{text}").as_bytes());
    }

    #[test]
    fn a_spreadsheet_with_other_bytes(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = spreadsheet();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        exhaust(&bytes);
    }

    #[test]
    fn a_spreadsheet_that_breaks_off(end in any::<prop::sample::Index>()) {
        let bytes = spreadsheet();
        let end = end.index(bytes.len());
        exhaust(&bytes[..end]);
        prop_assert!(open(&bytes[..end]).is_err());
    }
}
