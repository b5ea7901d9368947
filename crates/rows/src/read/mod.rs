//! From a file to rows.

mod bounded;
mod delimited;
mod format;
mod json;
mod text;
mod workbook;

use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use chrono::TimeZone;

use crate::columns::Naming;
use crate::{Column, Columns, Limits, Row, RowsError, RowsErrorKind, time};
pub use format::RowFormat;
pub use text::TextEncoding;

/// So many bytes tell the format.
const LOOK: usize = 8 << 10;

/// How to read.
///
/// ```no_run
/// use chrono::FixedOffset;
/// use session_export_rows::{Columns, Field, ReadOptions};
///
/// let china = FixedOffset::east_opt(8 * 3600).expect("less than a day");
/// let rows = ReadOptions::new()
///     .columns(Columns::known().with("工号", Field::LoginUser))
///     .time_zone(china)
///     .open("sessions.xlsx")?;
/// for row in rows {
///     match row {
///         Ok(row) => println!("{:?}", row.session().login_user),
///         // The next row can be read.
///         Err(error) if error.concerns_one_row() => eprintln!("{error}"),
///         Err(error) => return Err(error),
///     }
/// }
/// # Ok::<(), session_export_rows::RowsError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ReadOptions {
    columns: Columns,
    encoding: TextEncoding,
    zone: time::Zone,
    limits: Limits,
}

/// What every source needs to know.
#[derive(Clone, Debug)]
struct Rules {
    naming: Naming,
    encoding: TextEncoding,
    zone: time::Zone,
    limits: Limits,
}

impl ReadOptions {
    /// Known headers, the encoding told from the text, times without a zone in UTC, the default limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Which header means which field.
    pub fn columns(mut self, columns: Columns) -> Self {
        self.columns = columns;
        self
    }

    /// The encoding of csv. Other formats have one of their own.
    pub fn encoding(mut self, encoding: TextEncoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// What times without a zone mean, the dates of spreadsheets included. A time that happens twice, because clocks are
    /// set back, is the first of the two; one that does not happen is what the clocks show an hour later.
    pub fn time_zone<Z: TimeZone + Send + Sync + 'static>(mut self, zone: Z) -> Self {
        self.zone = time::Zone::of(zone);
        self
    }

    /// How large the file's parts may be.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), and [`RowsErrorKind::Io`] if the file cannot be opened.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Rows<'static>, RowsError> {
        self.read(File::open(path)?)
    }

    /// Reads from the beginning of `input`, wherever it stands. No buffering is needed around it.
    ///
    /// # Errors
    ///
    /// [`RowsErrorKind::Format`] if it is of no known format, [`RowsErrorKind::NoKnownColumn`] if no header of a text file
    /// is known, and whatever makes a header unreadable: `Io`, `Damaged`, `Encoding`, `TooLarge`.
    pub fn read<'a, R: Read + Seek + Send + 'a>(&self, mut input: R) -> Result<Rows<'a>, RowsError> {
        input.seek(SeekFrom::Start(0))?;
        let beginning = beginning(&mut input)?;
        input.seek(SeekFrom::Start(0))?;
        let format = format::of(&beginning)?;
        let rules = self.rules();
        let source: Box<dyn Source + 'a> = match format {
            RowFormat::Xlsx => Box::new(workbook::Workbook::open(input, rules)?),
            RowFormat::Csv => Box::new(delimited::Delimited::open(input, rules)?),
            RowFormat::Json => Box::new(json::Objects::open(input, rules, Some(json::rewind))?),
        };
        Ok(Rows::new(source, format))
    }

    /// Reads a stream that cannot be read twice, such as a pipe: csv or JSON. It is read in blocks; `input` needs no buffer.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read); a spreadsheet is [`RowsErrorKind::Format`], because its directory is at its end.
    pub fn read_stream<'a, R: Read + Send + 'a>(&self, mut input: R) -> Result<Rows<'a>, RowsError> {
        let beginning = beginning(&mut input)?;
        let format = format::of(&beginning)?;
        let input = Cursor::new(beginning).chain(input);
        let rules = self.rules();
        let source: Box<dyn Source + 'a> = match format {
            RowFormat::Csv => Box::new(delimited::Delimited::open(input, rules)?),
            RowFormat::Json => Box::new(json::Objects::open(input, rules, None)?),
            RowFormat::Xlsx => {
                return Err(RowsError::new(RowsErrorKind::Format(
                    "a spreadsheet cannot be read from a stream; read it from a file",
                )));
            }
        };
        Ok(Rows::new(source, format))
    }

    fn rules(&self) -> Rules {
        Rules {
            naming: Naming::new(self.columns.clone()),
            encoding: self.encoding,
            zone: self.zone.clone(),
            limits: self.limits.clone(),
        }
    }
}

fn beginning(input: &mut impl Read) -> Result<Vec<u8>, RowsError> {
    let mut beginning = Vec::new();
    input.take(LOOK as u64).read_to_end(&mut beginning)?;
    Ok(beginning)
}

/// One format's way to rows.
trait Source: Send {
    /// The columns that are known so far.
    fn columns(&self) -> &[Column];

    /// Makes sure that all columns are known.
    fn find_columns(&mut self) -> Result<(), RowsError> {
        Ok(())
    }

    /// The next row, unless there is none. After an error that concerns one row or one sheet, it can be called again.
    fn read(&mut self, row: &mut Row) -> Result<bool, RowsError>;
}

/// The rows of a file, one after the other.
///
/// As an iterator it gives every row a memory of its own; [`read`](Self::read) uses one row again, which is faster. Both
/// go on after an error that concerns one row or one sheet ([`RowsError::concerns_one_row`]), and end after any other.
pub struct Rows<'a> {
    source: Box<dyn Source + 'a>,
    format: RowFormat,
    has_ended: bool,
}

impl<'a> Rows<'a> {
    fn new(source: Box<dyn Source + 'a>, format: RowFormat) -> Self {
        Self {
            source,
            format,
            has_ended: false,
        }
    }

    /// What the file turned out to be.
    pub fn format(&self) -> RowFormat {
        self.format
    }

    /// The columns of the file, in its order; for a spreadsheet those of all sheets together.
    ///
    /// In JSON every object has columns of its own: the file is read to its end, once more than otherwise.
    ///
    /// # Errors
    ///
    /// [`RowsErrorKind::NotSeekable`] for a stream of JSON; for a file of JSON what makes it unreadable.
    pub fn columns(&mut self) -> Result<&[Column], RowsError> {
        self.source.find_columns()?;
        Ok(self.source.columns())
    }

    /// The names of the columns that are not understood: what a [`RowWriter`](crate::RowWriter) needs to know.
    ///
    /// # Errors
    ///
    /// As [`columns`](Self::columns).
    pub fn others(&mut self) -> Result<Vec<String>, RowsError> {
        let columns = self.columns()?.iter();
        let others = columns.filter(|column| column.field().is_none());
        // Sheets may have the same ones.
        let mut seen = HashSet::new();
        Ok(others
            .map(Column::name)
            .filter(|name| seen.insert(*name))
            .map(str::to_owned)
            .collect())
    }

    /// Reads the next row into `row`, whose old content is forgotten. False at the end of the file.
    ///
    /// # Errors
    ///
    /// Whatever makes the row or the rest of the file unreadable; what `row` holds then is unspecified.
    pub fn read(&mut self, row: &mut Row) -> Result<bool, RowsError> {
        if self.has_ended {
            return Ok(false);
        }
        let read = self.source.read(row);
        self.has_ended = match &read {
            Ok(found) => !found,
            Err(error) => !error.concerns_one_row() && !error.concerns_one_sheet(),
        };
        read
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, RowsError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut row = Row::new();
        match self.read(&mut row) {
            Ok(true) => Some(Ok(row)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

impl std::iter::FusedIterator for Rows<'_> {}

impl fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("format", &self.format)
            .field("columns", &self.source.columns())
            .field("has_ended", &self.has_ended)
            .finish()
    }
}
