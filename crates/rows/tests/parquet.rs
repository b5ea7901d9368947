//! Parquet, read back by the reader of the same library (`.ci/rows.py` has others').

#![cfg(feature = "parquet")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bytes::Bytes;
use parquet::basic::{LogicalType, TimeUnit};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field as Value;
use proptest::prelude::*;
use session_export_rows::{Field, Row, RowWriter};

/// A text for every row and column, of which many are absent.
fn table() -> impl Strategy<Value = Vec<Vec<Option<String>>>> {
    let row = proptest::collection::vec(proptest::option::of(any::<String>()), Field::ALL.len() + 1);
    proptest::collection::vec(row, 0..8)
}

fn rows_of(table: &[Vec<Option<String>>]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (number, texts) in table.iter().enumerate() {
        let mut row = Row::new();
        for (field, text) in Field::ALL.iter().zip(texts) {
            let time = format!("2024-02-27T03:47:51.{:03}Z", number % 1000);
            let text = text.as_deref().unwrap_or_default();
            let text = if field.is_time() && !text.is_empty() {
                &time
            } else {
                text
            };
            row.set(*field, text).unwrap();
        }
        row.set_other("其他", texts[Field::ALL.len()].as_deref().unwrap_or_default());
        rows.push(row);
    }
    rows
}

fn read(bytes: Vec<u8>) -> Vec<Row> {
    let reader = SerializedFileReader::new(Bytes::from(bytes)).unwrap();
    let mut rows = Vec::new();
    for record in reader.get_row_iter(None).unwrap() {
        let mut row = Row::new();
        for (name, value) in record.unwrap().get_column_iter() {
            let text = match value {
                Value::Null => continue,
                Value::Str(text) => text.clone(),
                Value::TimestampMillis(millis) => chrono::DateTime::from_timestamp_millis(*millis)
                    .unwrap()
                    .to_rfc3339(),
                other => format!("unexpected {other:?}"),
            };
            match Field::named(name) {
                Some(field) => row.set(field, &text).unwrap(),
                None => row.set_other(name.as_str(), &text),
            }
        }
        rows.push(row);
    }
    rows
}

fn write(rows: &[Row]) -> Vec<u8> {
    let mut writer = RowWriter::parquet(Vec::new(), &["其他"]).unwrap();
    for row in rows {
        writer.write(row).unwrap();
    }
    writer.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn it_is_read_back(table in table()) {
        let rows = rows_of(&table);
        prop_assert_eq!(read(write(&rows)), rows);
    }
}

#[test]
fn groups_are_bounded_and_columns_typed() {
    let mut row = Row::new();
    row.set(Field::LoginUser, &"x".repeat(100_000)).unwrap();
    let rows: Vec<Row> = (0..200).map(|_| row.clone()).collect();
    let bytes = write(&rows);
    let reader = SerializedFileReader::new(Bytes::from(bytes.clone())).unwrap();
    let metadata = reader.metadata();
    // 20 MB of text in groups of 8 MiB.
    assert_eq!(metadata.num_row_groups(), 3);
    let columns = metadata.file_metadata().schema_descr();
    assert_eq!(columns.num_columns(), 31);
    let start = columns.column(
        Field::ALL
            .iter()
            .position(|field| *field == Field::StartTime)
            .unwrap(),
    );
    assert_eq!(
        start.logical_type_ref(),
        Some(&LogicalType::timestamp(true, TimeUnit::MILLIS))
    );
    assert_eq!(columns.column(4).logical_type_ref(), Some(&LogicalType::String));
    assert_eq!(read(bytes), rows);
}
