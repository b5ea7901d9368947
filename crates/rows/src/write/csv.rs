//! csv, as RFC 4180 has it.

use std::io::Write;

use super::{Blocks, Others};
use crate::{Field, Row, RowsError};

/// What the file begins with, so that spreadsheet programs take it for UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Details of csv.
///
/// The default is what programs read best: no mark, and cells exactly as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct CsvOptions {
    mark: bool,
    escape_formulas: bool,
}

impl CsvOptions {
    /// Begins the file with a byte order mark. Spreadsheet programs then read names that are not ASCII correctly; some
    /// other programs take it for a part of the first header.
    pub fn byte_order_mark(mut self, mark: bool) -> Self {
        self.mark = mark;
        self
    }

    /// Puts an apostrophe before a cell that a spreadsheet program would take for a formula: one that begins with `=`, `+`,
    /// `-`, `@`, a tab, a carriage return, or a full-width form of the signs.
    ///
    /// The names of clients and machines come from outside, so a cell may be an attack on whoever opens the file. The
    /// apostrophe changes the value for every other program (`-5` becomes `'-5`) and is not taken off again when the file
    /// is read. That is why it is off by default: turn it on for a file that people will open, not for one that is read
    /// by programs.
    pub fn escape_formulas(mut self, escape: bool) -> Self {
        self.escape_formulas = escape;
        self
    }
}

pub(super) struct Writer<W> {
    blocks: Blocks<W>,
    others: Others,
    options: CsvOptions,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W, others: &[&str], options: CsvOptions) -> Result<Self, RowsError> {
        let mut writer = Self {
            blocks: Blocks::new(out),
            others: Others::new(others)?,
            options,
        };
        if writer.options.mark {
            writer.blocks.held.extend_from_slice(MARK);
        }
        for field in Field::ALL {
            writer.cell(field.name());
        }
        for name in others {
            writer.cell(name);
        }
        writer.end_row()?;
        Ok(writer)
    }

    pub(super) fn write(&mut self, row: &Row) -> Result<(), RowsError> {
        let mut others = Vec::new();
        self.others.place(row, &mut others)?;
        for field in Field::ALL {
            self.cell(row.get(*field).unwrap_or_default());
        }
        for text in others {
            self.cell(text);
        }
        self.end_row()
    }

    pub(super) fn finish(self) -> Result<W, RowsError> {
        self.blocks.finish()
    }

    /// A cell and a comma, which the end of the row replaces.
    fn cell(&mut self, text: &str) {
        let held = &mut self.blocks.held;
        let guard = self.options.escape_formulas && is_formula(text);
        if guard || needs_quotes(text) {
            held.push(b'"');
            if guard {
                held.push(b'\'');
            }
            for byte in text.bytes() {
                if byte == b'"' {
                    held.push(b'"');
                }
                held.push(byte);
            }
            held.push(b'"');
        } else {
            held.extend_from_slice(text.as_bytes());
        }
        held.push(b',');
    }

    fn end_row(&mut self) -> Result<(), RowsError> {
        self.blocks.held.pop();
        self.blocks.held.extend_from_slice(b"\r\n");
        self.blocks.pass_on()
    }
}

fn needs_quotes(text: &str) -> bool {
    text.bytes()
        .any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'))
}

fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
}
