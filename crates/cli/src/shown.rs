//! Names and paths for people: on one line, and nothing in them moves the cursor.
//!
//! What somebody may want to copy is escaped ([`shown`], [`one_line`]); what only has to fit is not ([`printable`], [`cut`]).

use std::path::Path;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A path.
pub(crate) fn shown(path: &Path) -> String {
    one_line(&path.to_string_lossy())
}

/// A text with its control characters escaped, as in `a\\nb`.
pub(crate) fn one_line(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// A text in which control characters, and those that turn the direction of writing around, are `·`: as wide as they are many.
pub(crate) fn printable(text: &str) -> String {
    let is_odd = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if is_odd(c) { '·' } else { c }).collect()
}

/// A text in at most so many cells of a terminal; a longer one ends with `mark`.
pub(crate) fn cut(text: &str, width: usize, mark: char) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let (mut cut, mut used) = (String::new(), 0);
    for c in text.chars() {
        let next = c.width().unwrap_or(0);
        if used + next >= width {
            break;
        }
        cut.push(c);
        used += next;
    }
    if width > 0 {
        cut.push(mark);
    }
    cut
}
