//! Spreadsheets (xlsx).

mod description;
mod part;
mod shared_texts;
mod sheet;
mod xml;

use std::collections::HashSet;
use std::io::{Read, Seek};
use std::sync::Arc;

use self::description::Description;
use self::part::Archive;
use self::shared_texts::SharedTexts;
use self::sheet::{Content, Sheet};
use super::{Rules, Source};
use crate::columns::too_many;
use crate::error::{CELL, COLUMNS, NAMES, ROW};
use crate::{Column, Limits, Row, RowsError, RowsErrorKind, time};

pub(super) struct Workbook<R> {
    archive: Archive,
    /// Lent to the sheet that is being read.
    input: Option<R>,
    open: Option<Sheet<R>>,
    sheets: std::vec::IntoIter<Described>,
    /// The sheet that is open.
    here: Described,
    columns: Vec<Column>,
    cells: Cells,
}

/// A sheet that is not empty.
#[derive(Clone)]
struct Described {
    name: Arc<str>,
    part: Arc<str>,
    columns: Vec<Column>,
}

impl Described {
    fn is_known(&self) -> bool {
        self.columns.iter().any(|column| column.field().is_some())
    }
}

/// What the headers of all sheets, which are kept, come to.
#[derive(Default)]
struct Headers {
    columns: usize,
    length: usize,
}

impl Headers {
    /// Counts one more, if that is allowed. A sheet without a header has to be looked for and counts as well.
    fn add(
        &mut self,
        header: Option<Vec<Column>>,
        limits: &Limits,
    ) -> Result<Option<Vec<Column>>, RowsError> {
        let found = header.as_deref().unwrap_or_default();
        self.columns += found.len().max(1);
        self.length += found.iter().map(|column| column.name().len()).sum::<usize>();
        if too_many(self.columns, limits) {
            return Err(RowsError::too_large(COLUMNS, limits.columns));
        }
        if self.length > limits.row_bytes {
            return Err(RowsError::too_large(NAMES, limits.row_bytes));
        }
        Ok(header)
    }
}

/// What is needed to understand a cell.
struct Cells {
    shared: SharedTexts,
    dates: Vec<bool>,
    since_1904: bool,
    rules: Rules,
}

impl<R: Read + Seek + Send> Workbook<R> {
    pub(super) fn open(input: R, rules: Rules) -> Result<Self, RowsError> {
        let (archive, input) = Archive::open(input)?;
        let (description, mut input) = Description::read(&archive, input)?;
        let mut cells = Cells {
            shared: SharedTexts::default(),
            dates: description.dates,
            since_1904: description.since_1904,
            rules,
        };
        if let Some(name) = description.shared_texts {
            (cells.shared, input) = SharedTexts::read(archive.read(&name, input)?, &cells.rules.limits)?;
        }
        let mut sheets = Vec::new();
        let mut parts = HashSet::new();
        let mut headers = Headers::default();
        let mut seen = HashSet::new();
        let mut columns: Vec<Column> = Vec::new();
        for (name, part) in description.sheets {
            let name: Arc<str> = name.into();
            // A short list of sheets could have one long part read any number of times.
            if !parts.insert(Arc::clone(&part)) {
                return Err(RowsError::damaged("another sheet is the same part").near(Some(&name), 0));
            }
            let mut sheet = Sheet::new(archive.read(&part, input)?, &cells.rules.limits);
            let found = cells
                .header(&mut sheet)
                .and_then(|found| headers.add(found, &cells.rules.limits))
                .map_err(|error| error.near(Some(&name), sheet.number()))?;
            input = sheet.into_inner();
            if let Some(found) = found {
                let sheet = Described {
                    name,
                    part,
                    columns: found,
                };
                if sheet.is_known() {
                    let new = sheet
                        .columns
                        .iter()
                        .filter(|column| seen.insert((Arc::clone(column.shared_name()), column.field())));
                    columns.extend(new.cloned());
                }
                sheets.push(sheet);
            }
        }
        if columns.is_empty() {
            return Err(RowsError::new(RowsErrorKind::NoKnownColumn));
        }
        Ok(Self {
            archive,
            input: Some(input),
            open: None,
            sheets: sheets.into_iter(),
            here: Described {
                name: "".into(),
                part: "".into(),
                columns: Vec::new(),
            },
            columns,
            cells,
        })
    }

    /// Opens the next sheet and reads its header, unless there is none.
    fn begin(&mut self) -> Result<bool, RowsError> {
        let Some(next) = self.sheets.next() else {
            return Ok(false);
        };
        if !next.is_known() {
            return Err(RowsError::new(RowsErrorKind::NoKnownColumn).of_sheet(&next.name));
        }
        let Some(input) = self.input.take() else {
            return Ok(false);
        };
        self.here = next;
        let mut sheet = Sheet::new(
            self.archive.read(&self.here.part, input)?,
            &self.cells.rules.limits,
        );
        self.cells.header(&mut sheet)?;
        self.open = Some(sheet);
        Ok(true)
    }
}

impl<R: Read + Seek + Send> Source for Workbook<R> {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn read(&mut self, row: &mut Row) -> Result<bool, RowsError> {
        loop {
            let Some(sheet) = &mut self.open else {
                if !self.begin()? {
                    return Ok(false);
                }
                continue;
            };
            let name = &self.here.name;
            let found = sheet.next_row(&self.cells.rules.limits);
            if found.map_err(|error| error.near(Some(name), sheet.number()))? {
                row.begin(Some(name), sheet.number());
                let placed = self.cells.place(sheet, &self.here.columns, row);
                return placed
                    .map(|()| true)
                    .map_err(|error| error.of_row(Some(name), sheet.number()));
            }
            if let Some(sheet) = self.open.take() {
                self.input = Some(sheet.finish().map_err(|error| error.near(Some(name), 0))?);
            }
        }
    }
}

impl Cells {
    /// The columns that the first row with a text names.
    fn header<R: Read>(&self, sheet: &mut Sheet<R>) -> Result<Option<Vec<Column>>, RowsError> {
        if !sheet.next_row(&self.rules.limits)? {
            return Ok(None);
        }
        let mut headers: Vec<&str> = Vec::new();
        let mut length = 0;
        for (cell, text) in sheet.cells() {
            if headers.len() <= cell.column {
                headers.resize(cell.column + 1, "");
            }
            headers[cell.column] = match cell.content {
                Content::Shared => self.shared(text, &mut length)?,
                _ => text,
            };
        }
        Ok(Some(self.rules.naming.of_header(headers.into_iter())))
    }

    /// The text of this number. `length` is that of all such texts of a row: a few bytes can name a long one, over and over.
    fn shared(&self, number: &str, length: &mut usize) -> Result<&str, RowsError> {
        let text = number
            .trim()
            .parse()
            .ok()
            .and_then(|number| self.shared.get(number))
            .ok_or_else(|| {
                RowsError::damaged(format!("there is no shared text {:.20}", number.escape_debug()))
            })?;
        let limits = &self.rules.limits;
        *length += text.len();
        if text.len() > limits.cell_bytes {
            return Err(RowsError::too_large(CELL, limits.cell_bytes));
        }
        if *length > limits.row_bytes {
            return Err(RowsError::too_large(ROW, limits.row_bytes));
        }
        Ok(text)
    }

    fn place<R: Read>(&self, sheet: &Sheet<R>, columns: &[Column], row: &mut Row) -> Result<(), RowsError> {
        let mut length = 0;
        for (cell, text) in sheet.cells() {
            let Some(column) = columns.get(cell.column) else {
                let name = format!("column {}", cell.column + 1);
                return Err(RowsError::new(RowsErrorKind::MoreCellsThanColumns).in_cell(&name, text));
            };
            let mut own = String::new();
            let text = match cell.content {
                Content::Text => text,
                Content::Shared => self.shared(text, &mut length)?,
                Content::Truth if text == "1" => "true",
                Content::Truth => "false",
                Content::Error => {
                    return Err(RowsError::new(RowsErrorKind::ErrorValue).in_cell(column.name(), text));
                }
                Content::Number(style) => {
                    let is_time = column.field().is_some_and(crate::Field::is_time);
                    let is_date = is_time || self.dates.get(style).copied().unwrap_or(false);
                    if is_date && self.push_date(&mut own, text).is_some() {
                        &own
                    } else if is_time {
                        return Err(RowsError::not_a_time(column.name(), text));
                    } else {
                        number(text, &mut own)
                    }
                }
            };
            match column.field() {
                Some(field) => row
                    .set_in_zone(field, text, &self.rules.zone)
                    .map_err(|_| RowsError::not_a_time(column.name(), text))?,
                None => row.push_other(column.shared_name(), text),
            }
        }
        Ok(())
    }

    fn push_date(&self, out: &mut String, number: &str) -> Option<()> {
        let wall = time::of_serial(number.trim().parse().ok()?, self.since_1904)?;
        time::push_moment(out, self.rules.zone.moment(wall)?).ok()
    }
}

/// A number as a person would write it: whole ones without a fraction, and none with an exponent that needs none.
fn number<'a>(text: &'a str, own: &'a mut String) -> &'a str {
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return text;
    }
    match text.trim().parse::<f64>() {
        Ok(value) if value.is_finite() => {
            use std::fmt::Write;
            // Writing into a text does not fail.
            let _ = write!(own, "{value}");
            own
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_do() {
        for (text, expected) in [
            ("7", "7"),
            ("-7", "-7"),
            ("7.0", "7"),
            ("1E3", "1000"),
            ("0.1", "0.1"),
            ("4.5E-2", "0.045"),
            ("007", "007"),
            ("1e999", "1e999"),
            ("x", "x"),
        ] {
            assert_eq!(number(text, &mut String::new()), expected);
        }
    }
}
