//! Rows for people, in columns.

use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns of fixed width, so that rows can be written as they come.
pub(crate) struct Table<const N: usize> {
    widths: [usize; N],
}

impl<const N: usize> Table<N> {
    /// Columns with these widths in terminal cells; the last one may be wider.
    pub(crate) fn new(widths: [usize; N]) -> Self {
        Self { widths }
    }

    /// Writes a row. A cell that is too wide is cut and marked with `…`; control characters, which a server could use
    /// to write over the screen, become `·`.
    pub(crate) fn row(&self, out: &mut impl Write, cells: [&str; N]) -> io::Result<()> {
        let mut line = String::new();
        for (index, (cell, width)) in cells.into_iter().zip(self.widths).enumerate() {
            let cell = printable(cell);
            if index + 1 == N {
                line.push_str(&cell);
            } else {
                line.push_str(&fitted(&cell, width));
                line.push_str("  ");
            }
        }
        writeln!(out, "{}", line.trim_end())
    }
}

/// A text in which nothing moves the cursor or turns the direction of writing around.
pub(crate) fn printable(text: &str) -> String {
    let is_odd = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if is_odd(c) { '·' } else { c }).collect()
}

/// A text that takes exactly so many cells of a terminal.
pub(crate) fn fitted(cell: &str, width: usize) -> String {
    if cell.width() <= width {
        return format!("{cell}{}", " ".repeat(width - cell.width()));
    }
    let mut cut = String::new();
    let mut used = 0;
    for c in cell.chars() {
        let next = c.width().unwrap_or(0);
        if used + next > width - 1 {
            break;
        }
        cut.push(c);
        used += next;
    }
    format!("{cut}…{}", " ".repeat(width - 1 - used))
}

#[cfg(test)]
mod tests {
    use super::*;

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
