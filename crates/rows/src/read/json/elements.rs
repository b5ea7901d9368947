//! The objects of a JSON text, cut out one by one.

use std::io::{BufRead, BufReader, Read};

use serde::de::IgnoredAny;

use crate::RowsError;
use crate::error::ROW;

const BUFFER: usize = 64 << 10;

/// Cuts objects out of a document with `items`, an array, or a sequence, without holding more than one.
pub(super) struct Elements<R> {
    input: BufReader<R>,
    object: Vec<u8>,
    most: usize,
    number: u64,
    around: Around,
}

/// What is around the objects.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    Nothing,
    Array,
    Document,
    /// The array, or the document, has ended.
    End,
}

pub(super) struct Object<'a> {
    pub(super) text: &'a [u8],
    pub(super) number: u64,
}

impl<R: Read> Elements<R> {
    pub(super) fn open(input: R, most: usize) -> Result<Self, RowsError> {
        let mut elements = Self {
            input: BufReader::with_capacity(BUFFER, input),
            object: Vec::new(),
            most,
            number: 0,
            around: Around::Nothing,
        };
        let beginning = elements.input.fill_buf()?;
        let mark = if beginning.starts_with(b"\xef\xbb\xbf") {
            3
        } else {
            0
        };
        let (around, taken) = around(&beginning[mark..]);
        elements.around = around;
        elements.input.consume(mark + taken);
        Ok(elements)
    }

    /// How many were cut out.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn into_inner(self) -> R {
        self.input.into_inner()
    }

    pub(super) fn next(&mut self) -> Result<Option<Object<'_>>, RowsError> {
        if !self.find()? {
            return Ok(None);
        }
        self.number += 1;
        self.cut().map_err(|error| error.near(None, self.number))?;
        Ok(Some(Object {
            text: &self.object,
            number: self.number,
        }))
    }

    /// Goes on to the next `{`, unless there is none.
    fn find(&mut self) -> Result<bool, RowsError> {
        let mut separators = 0;
        loop {
            let bytes = self.input.fill_buf()?;
            let Some(byte) = bytes.first().copied() else {
                return match self.around {
                    Around::Array | Around::Document => {
                        Err(RowsError::damaged("it breaks off within the list of sessions"))
                    }
                    Around::Nothing | Around::End => Ok(false),
                };
            };
            match (byte, self.around) {
                (b' ' | b'\t' | b'\r' | b'\n', _) => {}
                (b'{', Around::Nothing) => return Ok(true),
                (b'{', Around::Array | Around::Document) if separators == u8::from(self.number > 0) => {
                    return Ok(true);
                }
                (b',', Around::Array | Around::Document) if separators == 0 && self.number > 0 => {
                    separators = 1;
                }
                (b']', Around::Array) if separators == 0 => self.around = Around::End,
                (b']', Around::Document) if separators == 0 => {
                    self.input.consume(1);
                    self.around = Around::End;
                    self.end_document()?;
                    continue;
                }
                (other, _) => {
                    let shown = char::from(other).escape_default();
                    let problem = format!(
                        "{shown} after object {}, where another or the end belongs",
                        self.number
                    );
                    return Err(RowsError::damaged(problem));
                }
            }
            self.input.consume(1);
        }
    }

    /// Takes what follows the list in a document: further fields, which say nothing about sessions, and the brace.
    fn end_document(&mut self) -> Result<(), RowsError> {
        let mut rest = br#"{"items":0"#.to_vec();
        let most = self.most + rest.len();
        let mut input = (&mut self.input).take(self.most as u64 + 1);
        input.read_to_end(&mut rest)?;
        if rest.len() > most {
            return Err(RowsError::too_large(
                "what follows the list of sessions",
                self.most,
            ));
        }
        match serde_json::from_slice::<IgnoredAny>(&rest) {
            Ok(_) => Ok(()),
            Err(error) if error.is_eof() => {
                Err(RowsError::damaged("it breaks off after the list of sessions"))
            }
            Err(_) => Err(RowsError::damaged(
                "what follows the list of sessions is not the end of its document",
            )),
        }
    }

    /// Takes an object up to the brace that ends it.
    fn cut(&mut self) -> Result<(), RowsError> {
        self.object.clear();
        let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
        loop {
            let bytes = self.input.fill_buf()?;
            if bytes.is_empty() {
                return Err(RowsError::damaged("it breaks off within an object"));
            }
            let mut end = None;
            for (at, byte) in bytes.iter().enumerate() {
                if in_text {
                    match byte {
                        _ if escaped => escaped = false,
                        b'\\' => escaped = true,
                        b'"' => in_text = false,
                        _ => {}
                    }
                    continue;
                }
                match byte {
                    b'"' => in_text = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            end = Some(at + 1);
                            break;
                        }
                    }
                    _ => {}
                }
            }
            let taken = end.unwrap_or(bytes.len());
            if self.object.len() + taken > self.most {
                return Err(RowsError::too_large(ROW, self.most));
            }
            self.object.extend_from_slice(&bytes[..taken]);
            self.input.consume(taken);
            if end.is_some() {
                return Ok(());
            }
        }
    }
}

/// What is around the objects, and how long its beginning is. A document has `items`, as those of
/// `session-export sessions --json` and of the service do; before it there may be other fields that are no lists or objects.
fn around(text: &[u8]) -> (Around, usize) {
    let mut rest = Beginning { text, at: 0 };
    if rest.take(b"[") {
        return (Around::Array, rest.at);
    }
    if rest.take(b"{") {
        loop {
            if rest.take(b"\"items\"") && rest.take(b":") && rest.take(b"[") {
                return (Around::Document, rest.at);
            }
            if !(rest.take_text() && rest.take(b":") && rest.take_value() && rest.take(b",")) {
                break;
            }
        }
    }
    (Around::Nothing, 0)
}

struct Beginning<'a> {
    text: &'a [u8],
    at: usize,
}

impl Beginning<'_> {
    /// Takes a token and the blanks before it, if it is there.
    fn take(&mut self, token: &[u8]) -> bool {
        let blanks = self.text[self.at..]
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        let found = self.text[self.at + blanks..].starts_with(token);
        if found {
            self.at += blanks + token.len();
        }
        found
    }

    /// Takes a text between quotes.
    fn take_text(&mut self) -> bool {
        if !self.take(b"\"") {
            return false;
        }
        let mut escaped = false;
        for (at, byte) in self.text[self.at..].iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    self.at += at + 1;
                    return true;
                }
                _ => {}
            }
        }
        false
    }

    /// Takes a text, a number, or one of the three words.
    fn take_value(&mut self) -> bool {
        if self.take(b"null") || self.take(b"true") || self.take(b"false") || self.take_text() {
            return true;
        }
        self.take(b"");
        let is_of_number = |byte: &&u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
        let digits = self.text[self.at..].iter().take_while(is_of_number).count();
        self.at += digits;
        digits > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Result<Vec<String>, RowsError> {
        let mut elements = Elements::open(text.as_bytes(), 100)?;
        let mut found = Vec::new();
        while let Some(object) = elements.next()? {
            found.push(String::from_utf8_lossy(object.text).into_owned());
        }
        Ok(found)
    }

    #[test]
    fn objects_of_every_frame() {
        let expected = [r#"{"a":"}]\"\\"}"#, r#"{"b":[{}]}"#];
        let [one, two] = expected;
        for text in [
            format!("{one}\n{two}\n"),
            format!("\u{feff}{one}{two}"),
            format!("[{one} , {two}]\n"),
            format!("{{\"count\":2,\"items\":[{one},{two}]}}\n"),
            format!("{{ \"count\" : null , \"items\" : [ {one},{two} ] }}"),
            format!("{{\"items\":[{one},{two}]}}"),
            format!("{{\"schema\":\"a/\\\"b/v1\",\"count\":2,\"items\":[{one},{two}]}}"),
            format!("{{\"x\":-1.5e3,\"y\":true,\"items\":[{one},{two}],\"schema\":\"s\",\"z\":[{{}}]}}\n"),
        ] {
            assert_eq!(cut(&text).unwrap(), expected, "{text}");
        }
        for text in ["[]", "{\"count\":0,\"items\":[]}", "[ ]\n"] {
            assert_eq!(cut(text).unwrap(), [""; 0], "{text}");
        }
        // Rows, although they begin as a document may.
        for text in [
            "{\"count\":1}",
            "{\"schema\":\"s\",\"id\":\"items\"}",
            "{\"id\":{\"items\":[]}}",
        ] {
            assert_eq!(cut(text).unwrap(), [text]);
        }
    }

    #[test]
    fn what_breaks_off_or_has_something_between_is_damaged() {
        for text in [
            "[{}",
            "[{},",
            "{\"a\":",
            "[{} {}]",
            "[,{}]",
            "[{},]",
            "{} x",
            "[1]",
            "[{}]{}",
            "{\"items\":[{}",
            "{\"items\":[{}]",
            "{\"items\":[{}],",
            "{\"items\":[{}],}",
            "{\"items\":[{}]} x",
            "[{}]}",
        ] {
            assert!(cut(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_long_object_is_refused() {
        let text = format!("{{\"a\":\"{}\"}}", "x".repeat(100));
        let error = cut(&text).unwrap_err();
        assert!(error.to_string().starts_with("row 1, a row is above"), "{error}");
    }
}
