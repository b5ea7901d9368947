//! csv.

use std::io::{Chain, Cursor, Read};

use csv::StringRecord;

use super::bounded::Bounded;
use super::text::Decoded;
use super::{Rules, Source};
use crate::columns::too_many;
use crate::error::{CELL, COLUMNS, ROW};
use crate::{Column, Row, RowsError, RowsErrorKind};

const BUFFER: usize = 64 << 10;
/// So much text tells what stands between the values.
const LOOK: usize = 64 << 10;
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

type Text<R> = Bounded<Chain<Cursor<Vec<u8>>, Decoded<R>>>;

pub(super) struct Delimited<R> {
    reader: csv::Reader<Text<R>>,
    record: StringRecord,
    columns: Vec<Column>,
    number: u64,
    rules: Rules,
}

impl<R: Read + Send> Delimited<R> {
    pub(super) fn open(input: R, rules: Rules) -> Result<Self, RowsError> {
        let mut text = Decoded::new(input, rules.encoding);
        let mut beginning = Vec::new();
        text.by_ref().take(LOOK as u64).read_to_end(&mut beginning)?;
        let Separator { delimiter, skipped } = separator(&beginning);
        let mut rest = Cursor::new(beginning);
        rest.set_position(skipped as u64);
        // What is behind a row is read with it, up to the size of the buffer.
        let limit = rules.limits.row_bytes.saturating_add(BUFFER + LOOK);
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(BUFFER)
            .from_reader(Bounded::new(rest.chain(text), ROW, limit));
        let mut source = Self {
            reader,
            record: StringRecord::new(),
            columns: Vec::new(),
            number: 0,
            rules,
        };
        source.read_header()?;
        Ok(source)
    }

    fn read_header(&mut self) -> Result<(), RowsError> {
        let found = self.read_record()?;
        if too_many(self.record.len(), &self.rules.limits) {
            return Err(RowsError::too_large(COLUMNS, self.rules.limits.columns));
        }
        if !found {
            return Err(RowsError::new(RowsErrorKind::NoKnownColumn));
        }
        // A row that ends with a delimiter has no column behind it.
        let cells = self
            .record
            .iter()
            .rev()
            .skip_while(|cell| cell.trim().is_empty())
            .count();
        if let Some(cell) = self
            .record
            .iter()
            .find(|cell| cell.len() > self.rules.limits.cell_bytes)
        {
            let error = RowsError::too_large(CELL, self.rules.limits.cell_bytes);
            return Err(error.in_cell("", cell).near(None, self.number));
        }
        self.columns = self.rules.naming.of_header(self.record.iter().take(cells));
        if self.columns.iter().all(|column| column.field().is_none()) {
            return Err(RowsError::new(RowsErrorKind::NoKnownColumn).near(None, self.number));
        }
        Ok(())
    }

    fn read_record(&mut self) -> Result<bool, RowsError> {
        self.reader.get_mut().reset();
        let read = self.reader.read_record(&mut self.record);
        self.number += 1;
        match read {
            Ok(found) if self.record.as_slice().len() > self.rules.limits.row_bytes => {
                debug_assert!(found, "a row that is not there is not long");
                Err(RowsError::too_large(ROW, self.rules.limits.row_bytes).near(None, self.number))
            }
            Ok(found) => Ok(found),
            Err(error) => Err(self.failure(error)),
        }
    }

    fn failure(&self, error: csv::Error) -> RowsError {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => RowsError::from(error).near(None, self.number),
            csv::ErrorKind::Utf8 { err, .. } => {
                let error = RowsError::new(RowsErrorKind::Encoding("UTF-8"));
                let error = match self.columns.get(err.field()) {
                    Some(column) => error.in_column(column.name()),
                    None => error,
                };
                error.of_row(None, self.number)
            }
            other => RowsError::damaged(format!("{other:?}")).near(None, self.number),
        }
    }
}

impl<R: Read + Send> Source for Delimited<R> {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn read(&mut self, row: &mut Row) -> Result<bool, RowsError> {
        if !self.read_record()? {
            return Ok(false);
        }
        row.begin(None, self.number);
        for (place, cell) in self.record.iter().enumerate() {
            if cell.is_empty() {
                continue;
            }
            let number = self.number;
            let Some(column) = self.columns.get(place) else {
                if cell.trim().is_empty() {
                    continue;
                }
                let error = RowsError::new(RowsErrorKind::MoreCellsThanColumns);
                let name = format!("column {}", place + 1);
                return Err(error.in_cell(&name, cell).of_row(None, number));
            };
            let limit = self.rules.limits.cell_bytes;
            if cell.len() > limit {
                let error = RowsError::too_large(CELL, limit).in_cell(column.name(), cell);
                return Err(error.of_row(None, number));
            }
            match column.field() {
                Some(field) => row
                    .set_in_zone(field, cell, &self.rules.zone)
                    .map_err(|_| RowsError::not_a_time(column.name(), cell).of_row(None, number))?,
                None => row.push_other(column.shared_name(), cell),
            }
        }
        Ok(true)
    }
}

struct Separator {
    delimiter: u8,
    /// The line `sep=;`, with which a file can tell a spreadsheet program.
    skipped: usize,
}

fn separator(text: &[u8]) -> Separator {
    if let Some([delimiter, rest @ ..]) = text.strip_prefix(b"sep=") {
        let end = match rest {
            [b'\r', b'\n', ..] => Some(2),
            [b'\n', ..] => Some(1),
            _ => None,
        };
        if let Some(end) = end
            && delimiter.is_ascii()
        {
            return Separator {
                delimiter: *delimiter,
                skipped: 5 + end,
            };
        }
    }
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut is_quoted = false;
    for byte in text {
        match byte {
            b'"' => is_quoted = !is_quoted,
            // Lines without anything before the header do not count.
            b'\n' | b'\r' if !is_quoted && counts != [0; DELIMITERS.len()] => break,
            byte if !is_quoted => {
                if let Some(at) = DELIMITERS.iter().position(|delimiter| delimiter == byte) {
                    counts[at] += 1;
                }
            }
            _ => {}
        }
    }
    let mut best = 0;
    for (at, count) in counts.iter().enumerate() {
        if *count > counts[best] {
            best = at;
        }
    }
    Separator {
        delimiter: DELIMITERS[best],
        skipped: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_tells_what_is_between_values() {
        for (text, delimiter, skipped) in [
            ("a,b;c,d\n1;2;3;4;5", b',', 0),
            ("a;\"b,c,d,e\";f\n", b';', 0),
            ("a\tb\r\n1,2,3", b'\t', 0),
            ("a", b',', 0),
            ("\n\na;b\n", b';', 0),
            ("sep=|\r\na,b", b'|', 7),
            ("sep=;\na,b", b';', 6),
            ("sep=,x", b',', 0),
        ] {
            let found = separator(text.as_bytes());
            assert_eq!((found.delimiter, found.skipped), (delimiter, skipped), "{text:?}");
        }
    }
}
