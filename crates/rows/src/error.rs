//! What goes wrong with files.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

/// So much of a value stands in an error.
const SHOWN: usize = 80;

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowsErrorKind {
    /// The file could not be read or written.
    Io(io::ErrorKind),
    /// The file is of no format that this crate reads; what it looks like, and what to do.
    Format(&'static str),
    /// The file breaks the rules of its format; how. Parts before that were read.
    Damaged(String),
    /// The text is not in the encoding that it was said to be in, or that it begins with.
    Encoding(&'static str),
    /// No header of the file, or of one sheet, is known, so that it is not a list of sessions as far as one can tell.
    /// [`Columns::with`](crate::Columns::with) teaches a name.
    NoKnownColumn,
    /// The cell is no time.
    NotATime,
    /// The cell of a spreadsheet holds an error (`#N/A`, `#REF!`).
    ErrorValue,
    /// The row has more cells than the header.
    MoreCellsThanColumns,
    /// Something is larger than a limit, which is named. See [`Limits`](crate::Limits).
    TooLarge {
        /// What: a cell, a row, the number of columns, their names, the shared texts.
        what: &'static str,
        /// The limit, in bytes or columns.
        limit: usize,
    },
    /// A row to be written has a column which the writer was not told of.
    UnexpectedColumn,
    /// Two columns to be written have the same name.
    DuplicateColumn,
    /// The columns of a stream of JSON are known only at its end, and a stream cannot be read twice.
    NotSeekable,
}

/// Why a file or a row could not be read or written.
///
/// It says where (sheet, row, column) and shows the first 80 characters of the value. After an error for which
/// [`concerns_one_row`](Self::concerns_one_row) or [`concerns_one_sheet`](Self::concerns_one_sheet) holds, reading can go
/// on; after any other the reader has ended.
#[derive(Debug)]
pub struct RowsError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: RowsErrorKind,
    sheet: Option<Arc<str>>,
    row: Option<u64>,
    column: Option<Box<str>>,
    value: Option<Box<str>>,
    source: Option<io::Error>,
    lost: Lost,
}

/// How much cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    Row,
    Sheet,
    Rest,
}

impl RowsError {
    pub(crate) fn new(kind: RowsErrorKind) -> Self {
        Self(Box::new(Inner {
            kind,
            sheet: None,
            row: None,
            column: None,
            value: None,
            source: None,
            lost: Lost::Rest,
        }))
    }

    pub(crate) fn damaged(how: impl Into<String>) -> Self {
        Self::new(RowsErrorKind::Damaged(how.into()))
    }

    pub(crate) fn too_large(what: &'static str, limit: usize) -> Self {
        Self::new(RowsErrorKind::TooLarge { what, limit })
    }

    pub(crate) fn not_a_time(column: &str, value: &str) -> Self {
        Self::new(RowsErrorKind::NotATime).in_cell(column, value)
    }

    pub(crate) fn in_cell(mut self, column: &str, value: &str) -> Self {
        self.0.column = Some(column.into());
        let mut shown: String = value.chars().take(SHOWN).collect();
        if shown.len() < value.len() {
            shown.push('…');
        }
        self.0.value = Some(shown.into());
        self
    }

    pub(crate) fn in_column(mut self, column: &str) -> Self {
        self.0.column = Some(column.into());
        self
    }

    /// Says where, unless that is known. The file cannot be read on.
    pub(crate) fn near(mut self, sheet: Option<&Arc<str>>, row: u64) -> Self {
        if self.0.row.is_none() && row > 0 {
            self.0.row = Some(row);
        }
        if self.0.sheet.is_none() {
            self.0.sheet = sheet.cloned();
        }
        self
    }

    /// Only that row is lost.
    pub(crate) fn of_row(mut self, sheet: Option<&Arc<str>>, row: u64) -> Self {
        self.0.lost = Lost::Row;
        self.near(sheet, row)
    }

    /// Only that sheet is lost.
    pub(crate) fn of_sheet(mut self, sheet: &Arc<str>) -> Self {
        self.0.lost = Lost::Sheet;
        self.near(Some(sheet), 0)
    }

    /// What went wrong.
    pub fn kind(&self) -> &RowsErrorKind {
        &self.0.kind
    }

    /// The sheet, if it is about one.
    pub fn sheet(&self) -> Option<&str> {
        self.0.sheet.as_deref()
    }

    /// The number of the row, counted as [`Row::number`](crate::Row::number) does.
    pub fn row(&self) -> Option<u64> {
        self.0.row
    }

    /// The column's name.
    pub fn column(&self) -> Option<&str> {
        self.0.column.as_deref()
    }

    /// The first 80 characters of the cell.
    pub fn value(&self) -> Option<&str> {
        self.0.value.as_deref()
    }

    /// Whether only one row is lost, and the next one can be read.
    pub fn concerns_one_row(&self) -> bool {
        self.0.lost == Lost::Row
    }

    /// Whether only one sheet is lost, and the next one can be read.
    pub fn concerns_one_sheet(&self) -> bool {
        self.0.lost == Lost::Sheet
    }
}

/// What a cell is called in [`RowsErrorKind::TooLarge`].
pub(crate) const CELL: &str = "a cell";
/// What a row is called there.
pub(crate) const ROW: &str = "a row";
/// What columns are called there.
pub(crate) const COLUMNS: &str = "the number of columns";
/// What the names of columns are called there.
pub(crate) const NAMES: &str = "the length of all names of columns";

impl From<io::Error> for RowsError {
    /// An error of this crate that had to pass through a reader comes out again.
    fn from(error: io::Error) -> Self {
        let kind = error.kind();
        match error.downcast::<Self>() {
            Ok(own) => own,
            Err(error) => {
                let mut own = Self::new(RowsErrorKind::Io(kind));
                own.0.source = Some(error);
                own
            }
        }
    }
}

impl From<RowsError> for io::Error {
    fn from(error: RowsError) -> Self {
        let kind = match error.kind() {
            RowsErrorKind::Io(kind) => *kind,
            RowsErrorKind::UnexpectedColumn | RowsErrorKind::DuplicateColumn | RowsErrorKind::NotSeekable => {
                io::ErrorKind::InvalidInput
            }
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}

impl fmt::Display for RowsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(sheet) = &self.0.sheet {
            write!(f, "sheet {sheet:?}, ")?;
        }
        if let Some(row) = self.0.row {
            write!(f, "row {row}, ")?;
        }
        if let Some(column) = &self.0.column {
            write!(f, "column {column:?}, ")?;
        }
        if let Some(value) = &self.0.value {
            write!(f, "value {value:?}: ")?;
        }
        match &self.0.kind {
            RowsErrorKind::Io(_) => f.write_str("the file could not be read or written"),
            RowsErrorKind::Format(what) => f.write_str(what),
            RowsErrorKind::Damaged(how) => write!(f, "the file is damaged: {how}"),
            RowsErrorKind::Encoding(name) => {
                write!(f, "the text is not {name}; say which encoding it has")
            }
            RowsErrorKind::NoKnownColumn => f.write_str(
                "no header is known as a field of a session; say which header means which field",
            ),
            RowsErrorKind::NotATime => f.write_str(
                "not a time; forms that are read are 2024-02-27T03:47:51.182Z, 2024-02-27 11:47:51+08:00 and 2024/2/27 3:47",
            ),
            RowsErrorKind::ErrorValue => f.write_str("the cell holds an error instead of a value"),
            RowsErrorKind::MoreCellsThanColumns => f.write_str("the row has more cells than the header"),
            RowsErrorKind::TooLarge { what, limit } => {
                write!(f, "{what} is above the limit of {limit}; raise it if the file is to be trusted")
            }
            RowsErrorKind::UnexpectedColumn => {
                f.write_str("the row has a column that the writer was not told of when it was made")
            }
            RowsErrorKind::DuplicateColumn => f.write_str("two columns have this name; rename one"),
            RowsErrorKind::NotSeekable => f.write_str(
                "the columns of a stream of JSON are known only at its end; read it from a file, or name them",
            ),
        }
    }
}

impl Error for RowsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_ref().map(|error| error as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_where_and_what() {
        let sheet: Arc<str> = "sessions".into();
        let error = RowsError::not_a_time("end_time", "soon").of_row(Some(&sheet), 5);
        assert!(
            error
                .to_string()
                .starts_with("sheet \"sessions\", row 5, column \"end_time\", value \"soon\": not a time"),
            "{error}"
        );
        assert!(error.concerns_one_row() && !error.concerns_one_sheet());
        let long = RowsError::not_a_time("x", &"é".repeat(100));
        assert_eq!(long.value().unwrap().chars().count(), 81);
    }

    #[test]
    fn it_survives_a_reader() {
        let through = io::Error::from(RowsError::too_large(ROW, 7));
        let error = RowsError::from(through);
        assert_eq!(error.kind(), &RowsErrorKind::TooLarge { what: ROW, limit: 7 });
        let other = RowsError::from(io::Error::from(io::ErrorKind::NotFound));
        assert_eq!(other.kind(), &RowsErrorKind::Io(io::ErrorKind::NotFound));
        assert!(other.source().is_some());
    }
}
