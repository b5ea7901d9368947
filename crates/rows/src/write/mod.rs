//! From rows to a file.

mod csv;
mod json_lines;
#[cfg(feature = "parquet")]
mod parquet;

use std::collections::HashSet;
use std::fmt;
use std::io::Write;

pub use self::csv::CsvOptions;
use crate::{Field, Row, RowsError, RowsErrorKind};

/// Writes rows into a file of one format.
///
/// Every file has all 30 fields under their names in the API, in the order of [`Field::ALL`](crate::Field::ALL), and then
/// the other columns that the writer was told of. An absent value is an empty cell, a null, or in JSON no key.
///
/// It writes in blocks of about 64 KiB, so `out` needs no buffer of its own. Without [`finish`](Self::finish) the file is
/// not whole: what was held back is lost, and a Parquet file cannot be read at all.
pub struct RowWriter<W: Write + Send>(Kind<W>);

enum Kind<W: Write + Send> {
    Csv(csv::Writer<W>),
    JsonLines(json_lines::Writer<W>),
    #[cfg(feature = "parquet")]
    Parquet(Box<parquet::Writer<W>>),
}

impl<W: Write + Send> RowWriter<W> {
    /// Values between commas as RFC 4180 has them, in UTF-8, with CRLF at the ends of lines. Writes the header.
    ///
    /// # Errors
    ///
    /// [`RowsErrorKind::Io`](crate::RowsErrorKind::Io) if `out` fails,
    /// [`RowsErrorKind::DuplicateColumn`](crate::RowsErrorKind::DuplicateColumn) if one of `others` has the name of a field
    /// or of another one.
    pub fn csv(out: W, others: &[impl AsRef<str>], options: CsvOptions) -> Result<Self, RowsError> {
        csv::Writer::new(out, &names(others), options).map(|writer| Self(Kind::Csv(writer)))
    }

    /// One JSON object a line, in UTF-8; other columns stand behind the fields, whichever a row has.
    pub fn json_lines(out: W) -> Self {
        Self(Kind::JsonLines(json_lines::Writer::new(out)))
    }

    /// Parquet, compressed with Snappy: times are `TIMESTAMP(MILLIS, UTC)`, everything else is `STRING`, and every column
    /// can be null. A group has up to 8 MiB of values, so that memory does not grow with the file.
    ///
    /// # Errors
    ///
    /// As [`csv`](Self::csv).
    #[cfg(feature = "parquet")]
    pub fn parquet(out: W, others: &[impl AsRef<str>]) -> Result<Self, RowsError> {
        parquet::Writer::new(out, &names(others)).map(|writer| Self(Kind::Parquet(Box::new(writer))))
    }

    /// Writes a row.
    ///
    /// # Errors
    ///
    /// [`RowsErrorKind::UnexpectedColumn`](crate::RowsErrorKind::UnexpectedColumn) if it has a column which the writer was
    /// not told of: nothing of the row is written, and the next one can be.
    /// [`RowsErrorKind::Io`](crate::RowsErrorKind::Io) if `out` fails, after which the file is lost.
    pub fn write(&mut self, row: &Row) -> Result<(), RowsError> {
        match &mut self.0 {
            Kind::Csv(writer) => writer.write(row),
            Kind::JsonLines(writer) => writer.write(row),
            #[cfg(feature = "parquet")]
            Kind::Parquet(writer) => writer.write(row),
        }
    }

    /// Ends the file, and gives `out` back after flushing it.
    ///
    /// # Errors
    ///
    /// [`RowsErrorKind::Io`](crate::RowsErrorKind::Io) if `out` fails.
    pub fn finish(self) -> Result<W, RowsError> {
        match self.0 {
            Kind::Csv(writer) => writer.finish(),
            Kind::JsonLines(writer) => writer.finish(),
            #[cfg(feature = "parquet")]
            Kind::Parquet(writer) => writer.finish(),
        }
    }
}

impl<W: Write + Send> fmt::Debug for RowWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Kind::Csv(_) => "RowWriter::csv",
            Kind::JsonLines(_) => "RowWriter::json_lines",
            #[cfg(feature = "parquet")]
            Kind::Parquet(_) => "RowWriter::parquet",
        })
    }
}

fn names(others: &[impl AsRef<str>]) -> Vec<&str> {
    others.iter().map(AsRef::as_ref).collect()
}

/// Bytes that are held back and written together.
struct Blocks<W> {
    out: W,
    held: Vec<u8>,
}

/// How many.
const BLOCK: usize = 64 << 10;

impl<W: Write> Blocks<W> {
    fn new(out: W) -> Self {
        Self {
            out,
            held: Vec::with_capacity(2 * BLOCK),
        }
    }

    /// Called between rows.
    fn pass_on(&mut self) -> Result<(), RowsError> {
        if self.held.len() >= BLOCK {
            self.out.write_all(&self.held)?;
            self.held.clear();
        }
        Ok(())
    }

    fn finish(mut self) -> Result<W, RowsError> {
        self.out.write_all(&self.held)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// The other columns that a writer was told of.
struct Others {
    names: Vec<Box<str>>,
}

impl Others {
    fn new(names: &[&str]) -> Result<Self, RowsError> {
        let mut seen: HashSet<&str> = Field::ALL.iter().map(|field| field.name()).collect();
        if let Some(name) = names.iter().find(|name| !seen.insert(name)) {
            return Err(RowsError::new(RowsErrorKind::DuplicateColumn).in_column(name));
        }
        Ok(Self {
            names: names.iter().map(|name| (*name).into()).collect(),
        })
    }

    /// The texts of a row in the order of the names, `texts` being a list that is used again.
    fn place<'r>(&self, row: &'r Row, texts: &mut Vec<&'r str>) -> Result<(), RowsError> {
        texts.clear();
        texts.resize(self.names.len(), "");
        let mut next = 0;
        for (name, text) in row.others() {
            // Rows nearly always have their columns in the order of the file.
            let ahead = self.names[next..].iter().position(|known| **known == *name);
            let at = match ahead {
                Some(ahead) => next + ahead,
                None => {
                    let Some(at) = self.names.iter().position(|known| **known == *name) else {
                        let error = RowsError::new(RowsErrorKind::UnexpectedColumn);
                        let sheet = row.sheet().map(Into::into);
                        return Err(error.in_cell(name, text).of_row(sheet.as_ref(), row.number()));
                    };
                    at
                }
            };
            texts[at] = text;
            next = (at + 1).min(self.names.len());
        }
        Ok(())
    }
}
