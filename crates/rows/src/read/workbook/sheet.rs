//! The rows of a sheet, as they stand.

use std::io::Read;
use std::str;

use quick_xml::events::{BytesStart, Event};

use super::part::Part;
use super::xml::{Xml, push_reference, unescape_from};
use crate::error::{CELL, COLUMNS, ROW};
use crate::{Limits, RowsError};

/// A sheet that is being read, and its last row.
pub(super) struct Sheet<R> {
    xml: Xml<R>,
    number: u64,
    cells: Vec<Cell>,
    text: String,
    has_ended: bool,
}

/// A cell that is not empty.
#[derive(Clone, Copy)]
pub(super) struct Cell {
    /// From 0.
    pub(super) column: usize,
    pub(super) content: Content,
    start: usize,
    end: usize,
}

/// What a cell's text is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Text,
    /// The number of a shared text.
    Shared,
    /// A number, and that of its style.
    Number(usize),
    Truth,
    Error,
}

/// Where in a cell the reader is.
#[derive(Default)]
struct Position {
    in_cell: bool,
    in_inline: bool,
    in_reading: bool,
    collects: bool,
}

impl<R: Read> Sheet<R> {
    pub(super) fn new(part: Part<R>, limits: &Limits) -> Self {
        Self {
            xml: Xml::long(part, limits.row_bytes),
            number: 0,
            cells: Vec::new(),
            text: String::new(),
            has_ended: false,
        }
    }

    /// The number of the last row, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = (Cell, &str)> {
        let text = |cell: &Cell| self.text.get(cell.start..cell.end).unwrap_or_default();
        self.cells.iter().map(move |cell| (*cell, text(cell)))
    }

    /// Gives the input back without reading on.
    pub(super) fn into_inner(self) -> R {
        self.xml.into_inner()
    }

    /// Gives the input back after the end of the part.
    pub(super) fn finish(self) -> Result<R, RowsError> {
        self.xml.finish()
    }

    /// Reads on to the end of the next row that has a cell.
    pub(super) fn next_row(&mut self, limits: &Limits) -> Result<bool, RowsError> {
        self.cells.clear();
        self.text.clear();
        if self.has_ended {
            return Ok(false);
        }
        let mut at = Position::default();
        let mut cell = Cell {
            column: 0,
            content: Content::Number(0),
            start: 0,
            end: 0,
        };
        let mut next_column = 0;
        loop {
            let event = self.xml.next()?;
            match event {
                Event::Start(element) => match element.local_name().as_ref() {
                    "c" => {
                        cell = begin(&element, next_column, self.text.len(), limits)?;
                        next_column = cell.column + 1;
                        at.in_cell = true;
                    }
                    "v" => at.collects = at.in_cell,
                    "t" => at.collects = at.in_inline && !at.in_reading,
                    "is" => at.in_inline = at.in_cell,
                    "rPh" => at.in_reading = true,
                    "row" => {
                        self.number = row_number(&element).unwrap_or(self.number + 1);
                        next_column = 0;
                    }
                    _ => {}
                },
                Event::Empty(element) => match element.local_name().as_ref() {
                    "c" => next_column = begin(&element, next_column, 0, limits)?.column + 1,
                    "row" => self.number = row_number(&element).unwrap_or(self.number + 1),
                    "sheetData" => {
                        self.has_ended = true;
                        return Ok(false);
                    }
                    _ => {}
                },
                Event::Text(text) if at.collects => self.text.push_str(&text.xml10_content()),
                Event::CData(text) if at.collects => self.text.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) if at.collects => push_reference(&mut self.text, &reference),
                Event::End(element) => match element.local_name().as_ref() {
                    "v" | "t" => at.collects = false,
                    "is" => at.in_inline = false,
                    "rPh" => at.in_reading = false,
                    "c" => {
                        if cell.content == Content::Text {
                            unescape_from(&mut self.text, cell.start);
                        }
                        cell.end = self.text.len();
                        if cell.start < cell.end {
                            self.cells.push(cell);
                        }
                        at = Position::default();
                    }
                    "row" if !self.cells.is_empty() => return Ok(true),
                    "sheetData" => {
                        self.has_ended = true;
                        return Ok(false);
                    }
                    _ => {}
                },
                Event::Eof => return Err(RowsError::damaged("the sheet breaks off")),
                _ => {}
            }
            if self.text.len() > limits.row_bytes {
                return Err(RowsError::too_large(ROW, limits.row_bytes));
            }
            // Cells are dropped only with their row, and repeated ones would go on for ever.
            if at.in_cell && self.text.len() - cell.start > limits.cell_bytes {
                return Err(RowsError::too_large(CELL, limits.cell_bytes));
            }
            if self.cells.len() > limits.columns {
                return Err(RowsError::too_large(COLUMNS, limits.columns));
            }
        }
    }
}

/// The cell that an element begins, and where.
fn begin(element: &BytesStart<'_>, next: usize, start: usize, limits: &Limits) -> Result<Cell, RowsError> {
    let (mut column, mut style) = (next, 0);
    let mut content = None;
    for attribute in element.attributes().with_checks(false).flatten() {
        match attribute.key.as_ref() {
            "r" => column = column_of(&attribute.value).unwrap_or(next),
            "s" => style = attribute.value.parse().unwrap_or(0),
            "t" => {
                content = match &*attribute.value {
                    "s" => Some(Content::Shared),
                    "b" => Some(Content::Truth),
                    "e" => Some(Content::Error),
                    "n" => None,
                    // Texts in place, results of formulas, and dates as ISO 8601 has them.
                    _ => Some(Content::Text),
                }
            }
            _ => {}
        }
    }
    if column >= limits.columns {
        return Err(RowsError::too_large(COLUMNS, limits.columns));
    }
    Ok(Cell {
        column,
        content: content.unwrap_or(Content::Number(style)),
        start,
        end: start,
    })
}

fn row_number(element: &BytesStart<'_>) -> Option<u64> {
    let mut attributes = element.attributes();
    let attribute = attributes
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.as_ref() == "r");
    attribute?.value.parse().ok()
}

/// `C7` is in the column 2.
fn column_of(reference: &str) -> Option<usize> {
    let mut column = 0_usize;
    for byte in reference.bytes().take_while(u8::is_ascii_alphabetic) {
        let digit = usize::from(byte.to_ascii_uppercase() - b'A') + 1;
        column = column.checked_mul(26)?.checked_add(digit)?;
    }
    column.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_name_columns() {
        for (reference, column) in [
            ("A1", Some(0)),
            ("Z9", Some(25)),
            ("AA1", Some(26)),
            ("XFD1", Some(16_383)),
            ("1", None),
        ] {
            assert_eq!(column_of(reference), column, "{reference}");
        }
        assert_eq!(column_of(&"Z".repeat(40)), None);
    }
}
