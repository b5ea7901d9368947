//! Reads the user's own sessions from CSV and from JSON Lines.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use serde_json::Value;

use super::FIELDS;
use super::given::{GivenRow, START_TIME};
use crate::time;

/// The longest row in bytes.
const ROW_LIMIT: usize = 65_535;

/// The longest field in characters. A cell of a spreadsheet takes 32,767.
const FIELD_LIMIT: usize = 4_096;

/// As many as there may be made-up sessions.
const MOST_ROWS: usize = 2_000_000;

/// How much the CSV reader may take at once beyond a row.
const BUFFER: usize = 16 * 1024;

/// Why rows could not be read.
#[derive(Debug)]
pub(super) enum Fault {
    Io(io::Error),
    /// The line counts from 1. The text names the field.
    Row {
        line: u64,
        fault: String,
    },
}

type Fields<'a> = [Option<Cow<'a, str>>; FIELDS.len()];

/// Reads comma-separated values whose first line is a header.
pub(super) fn csv(reader: impl Read) -> Result<Vec<GivenRow>, Fault> {
    // A quotation mark that is never closed must not take the rest of a large file into memory.
    let taken = Rc::new(Cell::new(0));
    let mut reader = csv::ReaderBuilder::new()
        .buffer_capacity(BUFFER)
        .has_headers(false)
        .from_reader(Bounded {
            reader,
            taken: Rc::clone(&taken),
        });
    let mut record = csv::StringRecord::new();
    if !reader
        .read_record(&mut record)
        .map_err(|error| csv_fault(error, 0))?
    {
        return Err(row_fault(
            1,
            "the file is empty: the first line must name the fields",
        ));
    }
    let mut columns = Vec::with_capacity(record.len());
    for name in &record {
        let field = FIELDS
            .iter()
            .position(|field| *field == name)
            .ok_or_else(|| row_fault(1, format!("{}: SessionInfo has no such field", shown(name))))?;
        if columns.contains(&field) {
            return Err(row_fault(1, format!("{name}: the column is there twice")));
        }
        columns.push(field);
    }
    let (mut rows, mut line) = (Vec::new(), 1);
    loop {
        taken.set(0);
        if !reader
            .read_record(&mut record)
            .map_err(|error| csv_fault(error, line))?
        {
            return Ok(rows);
        }
        line = record.position().map_or(line, csv::Position::line);
        let mut fields: Fields<'_> = [const { None }; FIELDS.len()];
        for (field, value) in columns.iter().zip(&record) {
            if !value.is_empty() {
                fields[*field] = Some(Cow::Borrowed(value));
            }
        }
        push(&mut rows, line, &fields)?;
    }
}

/// Reads a JSON object from each line; blank lines are passed over.
pub(super) fn json_lines(reader: impl Read) -> Result<Vec<GivenRow>, Fault> {
    let mut reader = BufReader::new(reader);
    let mut rows = Vec::new();
    let mut bytes = Vec::new();
    // With the line feed, and room for the one byte that shows that a line is too long.
    let most = ROW_LIMIT as u64 + 2;
    for line in 1.. {
        bytes.clear();
        let count = reader
            .by_ref()
            .take(most)
            .read_until(b'\n', &mut bytes)
            .map_err(Fault::Io)?;
        if count == 0 {
            break;
        }
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        if bytes.len() > ROW_LIMIT {
            return Err(row_fault(line, TOO_LONG));
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        let Ok(value) = serde_json::from_slice::<Value>(&bytes) else {
            return Err(row_fault(line, "not a JSON value on one line"));
        };
        let Value::Object(object) = value else {
            return Err(row_fault(line, "not a JSON object"));
        };
        let mut fields: Fields<'_> = [const { None }; FIELDS.len()];
        for (name, value) in object {
            let field = FIELDS
                .iter()
                .position(|field| *field == name)
                .ok_or_else(|| row_fault(line, format!("{}: SessionInfo has no such field", shown(&name))))?;
            fields[field] = match value {
                Value::Null => None,
                Value::String(text) => Some(Cow::Owned(text)),
                _ => return Err(row_fault(line, format!("{name}: must be a string"))),
            };
        }
        push(&mut rows, line, &fields)?;
    }
    Ok(rows)
}

const TOO_LONG: &str = "the row has more than 65,535 bytes";

fn push(rows: &mut Vec<GivenRow>, line: u64, fields: &Fields<'_>) -> Result<(), Fault> {
    if rows.len() == MOST_ROWS {
        return Err(row_fault(line, "there are more than 2,000,000 rows"));
    }
    for (name, value) in FIELDS.iter().zip(fields) {
        let Some(value) = value else { continue };
        if value.len() > FIELD_LIMIT && value.chars().count() > FIELD_LIMIT {
            return Err(row_fault(line, format!("{name}: has more than 4,096 characters")));
        }
        // Spreadsheets cannot hold them.
        if value
            .chars()
            .any(|character| character.is_control() && !matches!(character, '\t' | '\n'))
        {
            return Err(row_fault(line, format!("{name}: has a control character")));
        }
    }
    let start = fields[START_TIME]
        .as_deref()
        .filter(|start| !start.is_empty())
        .ok_or_else(|| row_fault(line, "start_time: is missing"))?;
    let started = time::parse(start).map(|written| written.at).ok_or_else(|| {
        row_fault(
            line,
            "start_time: must be a time such as 2024-02-27T03:47:51.182Z",
        )
    })?;
    let row = GivenRow::new(started, fields).ok_or_else(|| row_fault(line, TOO_LONG))?;
    rows.push(row);
    Ok(())
}

/// What a file says in place of a name, in a form that fits a message.
fn shown(name: &str) -> String {
    let start: String = name.chars().take(40).collect();
    format!("{start:?}")
}

fn row_fault(line: u64, fault: impl Into<String>) -> Fault {
    Fault::Row {
        line,
        fault: fault.into(),
    }
}

/// `before` is the line of the row before, for errors that know no line.
fn csv_fault(error: csv::Error, before: u64) -> Fault {
    let line = error.position().map_or(before + 1, csv::Position::line);
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.get_ref().is_some_and(|inner| inner.is::<TooLong>()) => {
            row_fault(line, TOO_LONG)
        }
        csv::ErrorKind::Io(error) => Fault::Io(error),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => row_fault(
            line,
            format!("has {len} values, and the header has {expected_len} names"),
        ),
        csv::ErrorKind::Utf8 { .. } => row_fault(line, "is not UTF-8"),
        _ => row_fault(line, "is not comma-separated values"),
    }
}

/// Stops reading when too much was taken for one row.
struct Bounded<R> {
    reader: R,
    /// Bytes since it was last set to 0, which happens after each row.
    taken: Rc<Cell<usize>>,
}

#[derive(Debug, thiserror::Error)]
#[error("the row is too long")]
struct TooLong;

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken.get() > ROW_LIMIT + BUFFER {
            return Err(io::Error::other(TooLong));
        }
        let count = self.reader.read(buffer)?;
        self.taken.set(self.taken.get() + count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
