//! Texts of strangers in a page.

use std::fmt::{self, Write};

/// A name is shown up to here: the page has a bounded size, whatever is in the rows.
const MOST_CHARACTERS: usize = 160;

/// A text as the content of an element or the value of a quoted attribute.
///
/// Everything that markup is made of is escaped; control characters, and those that turn the direction of writing around,
/// become `�`, because they could make one name look like another.
pub(super) struct Text<'a>(pub(super) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(MOST_CHARACTERS) {
            Some((end, _)) => write!(f, "{}…", Whole(&self.0[..end])),
            None => Whole(self.0).fmt(f),
        }
    }
}

/// The same for a text of our own, which is not cut.
pub(super) struct Whole<'a>(pub(super) &'a str);

impl fmt::Display for Whole<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            '\t' | '\n' | '\r' => f.write_char(' '),
            c if c.is_control() || turns_direction(c) => f.write_char(char::REPLACEMENT_CHARACTER),
            c => f.write_char(c),
        })
    }
}

/// Embeddings, overrides, isolates and marks of the bidirectional algorithm, and what breaks lines.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn markup_becomes_text() {
        assert_eq!(
            Text("<script>alert('1 & \"2\"')</script>").to_string(),
            "&lt;script&gt;alert(&#39;1 &amp; &quot;2&quot;&#39;)&lt;/script&gt;"
        );
        assert_eq!(
            Text("a\r\nb\u{0}\u{202e}\u{1b}[2J").to_string(),
            "a  b\u{fffd}\u{fffd}\u{fffd}[2J"
        );
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        let long = "会".repeat(MOST_CHARACTERS + 1);
        assert_eq!(Text(&long).to_string().chars().count(), MOST_CHARACTERS + 1);
        let just = "会".repeat(MOST_CHARACTERS);
        assert_eq!(Text(&just).to_string(), just);
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_place(text in "\\PC{0,40}|[<>&\"'a-z/= \\x00-\\x1f]{0,60}") {
            let escaped = Text(&text).to_string();
            prop_assert!(!escaped.contains(['<', '>', '"', '\'', '\n', '\0']));
            let entities = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
            for (at, _) in escaped.match_indices('&') {
                prop_assert!(entities.iter().any(|entity| escaped[at..].starts_with(entity)));
            }
        }
    }
}
