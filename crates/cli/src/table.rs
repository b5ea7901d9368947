//! Rows for people, in columns.

use std::io::{self, IsTerminal, Write};

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use crate::shown::{cut, printable};
use crate::style;

/// A text in a style.
pub(crate) struct Cell<'a> {
    text: &'a str,
    style: Style,
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        (text, Style::new()).into()
    }
}

impl<'a> From<(&'a str, Style)> for Cell<'a> {
    fn from((text, style): (&'a str, Style)) -> Self {
        Self { text, style }
    }
}

/// Columns of fixed width, so that rows can be written as they come.
pub(crate) struct Table<const N: usize> {
    widths: [usize; N],
    is_styled: bool,
    /// Cells in a line, if it is shown where a longer one would break.
    line_width: Option<usize>,
}

impl<const N: usize> Table<N> {
    /// Columns with these widths in terminal cells; the last one may be wider.
    pub(crate) fn new(widths: [usize; N]) -> Self {
        Self {
            widths,
            is_styled: false,
            line_width: None,
        }
    }

    /// As standard output shows it: painted where colours are shown, and on a terminal no wider than that, so that a row
    /// is a line. Whoever wants all of every value asks for CSV or JSON.
    pub(crate) fn on_standard_output(mut self) -> Self {
        self.is_styled = style::on_standard_output();
        if io::stdout().is_terminal() {
            let width = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0.into());
            self.line_width = width;
        }
        self
    }

    /// Writes the row of names above the columns.
    pub(crate) fn header(&self, out: &mut impl Write, names: [&str; N]) -> io::Result<()> {
        self.row(out, names.map(|name| (name, style::HEADER)))
    }

    /// Writes a row of texts, or of texts and styles. A cell that is too wide is cut and marked with `…`; control
    /// characters, which a server could use to write over the screen, become `·`.
    pub(crate) fn row<'a>(&self, out: &mut impl Write, cells: [impl Into<Cell<'a>>; N]) -> io::Result<()> {
        let mut line = String::new();
        let mut room = self.line_width.unwrap_or(usize::MAX);
        for (index, (cell, width)) in cells.into_iter().zip(self.widths).enumerate() {
            let Cell { text, style } = cell.into();
            let cell = printable(text);
            if room == 0 {
                break;
            }
            let cell = match index + 1 == N {
                true if cell.width() <= room => cell,
                true => fitted(&cell, room),
                false => fitted(&cell, width.min(room)),
            };
            room = room.saturating_sub(cell.width() + 2);
            // Only the text is painted, so that a blank at the end can still go.
            let text = cell.trim_end();
            match self.is_styled && style != Style::new() && !text.is_empty() {
                true => line.push_str(&format!("{style}{text}{style:#}")),
                false => line.push_str(text),
            }
            line.push_str(&cell[text.len()..]);
            line.push_str("  ");
        }
        writeln!(out, "{}", line.trim_end())
    }
}

/// A text that takes exactly so many cells of a terminal.
pub(crate) fn fitted(cell: &str, width: usize) -> String {
    if cell.width() <= width {
        return format!("{cell}{}", " ".repeat(width - cell.width()));
    }
    let cut = cut(cell, width, '…');
    let rest = width - cut.width();
    format!("{cut}{}", " ".repeat(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_change_no_column() {
        let row = |is_styled| {
            let mut out = Vec::new();
            let mut table = Table::new([8, 4, 0]);
            table.is_styled = is_styled;
            let red = style::BAD;
            table.header(&mut out, ["STATUS", "", "NAME"]).unwrap();
            table
                .row(&mut out, [("FAIL", red), ("", red), ("x", Style::new())])
                .unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(row(false), "STATUS          NAME\nFAIL            x\n");
        let painted = row(true);
        assert!(painted.contains("\x1b[31mFAIL\x1b[0m      "), "{painted:?}");
        let plain = painted
            .replace("\x1b[31m", "")
            .replace("\x1b[1m", "")
            .replace("\x1b[0m", "");
        assert_eq!(plain, row(false));
    }

    #[test]
    fn on_a_narrow_terminal_a_row_is_still_a_line() {
        let mut table = Table::new([6, 4, 3]);
        for (width, expected) in [
            (80, "abcdef  wxyz  the last one\n"),
            (20, "abcdef  wxyz  the l…\n"),
            (14, "abcdef  wxyz\n"),
            (10, "abcdef  w…\n"),
            (3, "ab…\n"),
            (1, "…\n"),
        ] {
            table.line_width = Some(width);
            let mut out = Vec::new();
            table.row(&mut out, ["abcdef", "wxyz", "the last one"]).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn columns_line_up_whatever_is_in_them() {
        let table = Table::new([6, 4, 3]);
        let mut out = Vec::new();
        table.row(&mut out, ["张三", "ab", "x"]).unwrap();
        table
            .row(&mut out, ["verylong", "\u{1b}[2J", "longer \u{202e}than three"])
            .unwrap();
        table.row(&mut out, ["会话会话", "", ""]).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "张三    ab    x\nveryl…  ·[2J  longer ·than three\n会话…\n"
        );
    }
}
