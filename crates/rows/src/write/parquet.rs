//! Parquet.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

use super::Others;
use crate::{Field, Row, RowsError};

/// A group of rows is written when its values have so many bytes. Readers read a group at a time, and so does this
/// writer hold one.
const GROUP: usize = 8 << 20;
/// What a value needs besides its bytes.
const AROUND: usize = 8;
/// So many values are handed on at a time.
const BATCH: usize = 1024;

pub(super) struct Writer<W: Write + Send> {
    file: SerializedFileWriter<W>,
    others: Others,
    columns: Vec<Column>,
    held: usize,
}

/// The values of one column in the group that is being collected.
enum Column {
    Texts(Texts),
    Times { levels: Vec<i16>, millis: Vec<i64> },
}

#[derive(Default)]
struct Texts {
    /// 1 for a value, 0 for null.
    levels: Vec<i16>,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl<W: Write + Send> Writer<W> {
    pub(super) fn new(out: W, others: &[&str]) -> Result<Self, RowsError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            // Of a group, so that readers can leave groups out; those of pages cost more than they help.
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .build();
        let mut columns = Vec::new();
        let mut types = Vec::new();
        for field in Field::ALL {
            types.push(column_type(field.name(), field.is_time())?);
            columns.push(if field.is_time() {
                Column::Times {
                    levels: Vec::new(),
                    millis: Vec::new(),
                }
            } else {
                Column::Texts(Texts::default())
            });
        }
        for name in others {
            types.push(column_type(name, false)?);
            columns.push(Column::Texts(Texts::default()));
        }
        let schema = Type::group_type_builder("sessions")
            .with_fields(types)
            .build()
            .map_err(failure)?;
        Ok(Self {
            file: SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)).map_err(failure)?,
            others: Others::new(others)?,
            columns,
            held: 0,
        })
    }

    pub(super) fn write(&mut self, row: &Row) -> Result<(), RowsError> {
        let mut others = Vec::new();
        self.others.place(row, &mut others)?;
        let fields = Field::ALL.iter().map(|field| (row.get(*field), Some(*field)));
        let others = others
            .iter()
            .map(|text| (Some(*text).filter(|text| !text.is_empty()), None));
        for (column, (text, field)) in self.columns.iter_mut().zip(fields.chain(others)) {
            self.held += AROUND;
            match column {
                Column::Texts(texts) => {
                    texts.push(text);
                    self.held += text.map_or(0, str::len);
                }
                Column::Times { levels, millis } => {
                    let time = field.and_then(|field| row.time(field));
                    levels.push(i16::from(time.is_some()));
                    millis.extend(time.map(|time| time.timestamp_millis()));
                }
            }
        }
        if self.held >= GROUP {
            self.write_group()?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<W, RowsError> {
        if self.held > 0 {
            self.write_group()?;
        }
        let mut out = self.file.into_inner().map_err(failure)?;
        out.flush()?;
        Ok(out)
    }

    fn write_group(&mut self) -> Result<(), RowsError> {
        let mut group = self.file.next_row_group().map_err(failure)?;
        for column in &mut self.columns {
            let mut writer = group
                .next_column()
                .map_err(failure)?
                .ok_or_else(|| RowsError::from(io::Error::other("a column is missing in the schema")))?;
            match column {
                Column::Texts(texts) => texts.write(&mut writer)?,
                Column::Times { levels, millis } => {
                    let typed = writer.typed::<Int64Type>();
                    typed.write_batch(millis, Some(levels), None).map_err(failure)?;
                    levels.clear();
                    millis.clear();
                }
            }
            writer.close().map_err(failure)?;
        }
        group.close().map_err(failure)?;
        self.held = 0;
        Ok(())
    }
}

impl Texts {
    fn push(&mut self, text: Option<&str>) {
        self.levels.push(i16::from(text.is_some()));
        if let Some(text) = text {
            self.bytes.extend_from_slice(text.as_bytes());
            self.ends.push(self.bytes.len());
        }
    }

    fn write(&mut self, writer: &mut SerializedColumnWriter<'_>) -> Result<(), RowsError> {
        let typed = writer.typed::<ByteArrayType>();
        // One allocation, of which every value is a part.
        let bytes = bytes::Bytes::from(std::mem::take(&mut self.bytes));
        let mut values: Vec<ByteArray> = Vec::with_capacity(BATCH);
        let (mut start, mut ends) = (0, self.ends.iter());
        for levels in self.levels.chunks(BATCH) {
            let count = levels.iter().filter(|level| **level == 1).count();
            values.clear();
            for end in ends.by_ref().take(count) {
                values.push(bytes.slice(start..*end).into());
                start = *end;
            }
            typed.write_batch(&values, Some(levels), None).map_err(failure)?;
        }
        self.levels.clear();
        self.ends.clear();
        Ok(())
    }
}

fn column_type(name: &str, is_time: bool) -> Result<TypePtr, RowsError> {
    let (physical, logical) = if is_time {
        let logical = LogicalType::timestamp(true, TimeUnit::MILLIS);
        (PhysicalType::INT64, logical)
    } else {
        (PhysicalType::BYTE_ARRAY, LogicalType::String)
    };
    Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(logical))
        .build()
        .map(Arc::new)
        .map_err(failure)
}

/// The error below, which says whether the disk is full.
fn failure(error: ParquetError) -> RowsError {
    match error {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(error) => RowsError::from(*error),
            Err(cause) => RowsError::from(io::Error::other(cause)),
        },
        other => RowsError::from(io::Error::other(other)),
    }
}
