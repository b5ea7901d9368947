//! XML, one event after the other.

use std::io::{self, BufRead};
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::part::Part;
use crate::RowsError;
use crate::error::ROW;
use crate::read::bounded::Bounded;

/// The parts that only describe others are not longer than this, unpacked.
const DESCRIPTION: usize = 16 << 20;

/// So deep are elements at most, and so long their names. The reader keeps the names of those that are open, and real
/// spreadsheets have some 20 short ones.
const DEPTH: usize = 256;
const NAME: usize = 256;

pub(super) struct Xml<R> {
    reader: Reader<Bounded<Part<R>>>,
    depth: usize,
    buffer: Vec<u8>,
    /// Whether the limit is for one event, or for the whole part.
    by_event: bool,
}

impl<R: io::Read> Xml<R> {
    /// A part of any length, of which no piece is longer than `most`.
    pub(super) fn long(part: Part<R>, most: usize) -> Self {
        Self::new(Bounded::new(part, ROW, most), true)
    }

    /// A part that describes others.
    pub(super) fn short(part: Part<R>) -> Self {
        Self::new(
            Bounded::new(part, "a part that describes the spreadsheet", DESCRIPTION),
            false,
        )
    }

    fn new(input: Bounded<Part<R>>, by_event: bool) -> Self {
        let mut reader = Reader::from_reader(input);
        let config = reader.config_mut();
        // Who reads the part looks at what it needs; a missing end shows at the end of the part.
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        Self {
            reader,
            depth: 0,
            buffer: Vec::new(),
            by_event,
        }
    }

    pub(super) fn next(&mut self) -> Result<Event<'_>, RowsError> {
        self.buffer.clear();
        if self.by_event {
            self.reader.get_mut().reset();
        }
        let event = self.reader.read_event_into(&mut self.buffer).map_err(failure)?;
        match &event {
            Event::Start(element) => {
                self.depth += 1;
                if self.depth > DEPTH || element.name().as_ref().len() > NAME {
                    return Err(RowsError::damaged(
                        "its XML has elements too deep in one another, or with too long names",
                    ));
                }
            }
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        Ok(event)
    }

    /// Reads to the end of the part, so that its checksum is compared.
    pub(super) fn finish(mut self) -> Result<R, RowsError> {
        let input = self.reader.get_mut();
        loop {
            input.reset();
            let length = input.fill_buf()?.len();
            if length == 0 {
                break;
            }
            input.consume(length);
        }
        Ok(self.into_inner())
    }

    /// Gives the input back without reading on.
    pub(super) fn into_inner(self) -> R {
        self.reader.into_inner().into_inner().into_inner()
    }
}

fn failure(error: quick_xml::Error) -> RowsError {
    match error {
        quick_xml::Error::Io(error) => match Arc::try_unwrap(error) {
            Ok(error) => error.into(),
            Err(shared) => io::Error::new(shared.kind(), shared.to_string()).into(),
        },
        other => RowsError::damaged(format!("its XML: {other}")),
    }
}

/// An attribute's text, by its name without a prefix.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let attributes = element.attributes();
    attributes.flatten().find_map(|attribute| {
        let found = attribute.key.local_name().as_ref() == name;
        let text = found.then(|| {
            quick_xml::escape::unescape(&attribute.value)
                .ok()
                .map(String::from)
        });
        text.flatten()
    })
}

/// Adds what `&amp;` or `&#10;` stand for. Others, of which spreadsheets have none, stand for nothing.
pub(super) fn push_reference(out: &mut String, reference: &BytesRef<'_>) {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => out.push(character),
        _ => out.push_str(resolve_predefined_entity(reference).unwrap_or_default()),
    }
}

/// Turns `_x000D_`, in which spreadsheets write what XML cannot, into the character, from `start` on.
pub(super) fn unescape_from(text: &mut String, start: usize) {
    if !text[start..].contains("_x") {
        return;
    }
    let mut plain = String::with_capacity(text.len() - start);
    let mut rest = &text[start..];
    while let Some(at) = rest.find("_x") {
        plain.push_str(&rest[..at]);
        let code = rest
            .get(at + 2..at + 6)
            .filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let ends = rest.get(at + 6..).is_some_and(|after| after.starts_with('_'));
        let character = code
            .filter(|_| ends)
            .and_then(|code| u32::from_str_radix(code, 16).ok())
            .and_then(char::from_u32);
        match character {
            Some(character) => {
                plain.push(character);
                rest = &rest[at + 7..];
            }
            None => {
                plain.push_str("_x");
                rest = &rest[at + 2..];
            }
        }
    }
    plain.push_str(rest);
    text.replace_range(start.., &plain);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_have_is_restored() {
        for (written, expected) in [
            ("a_x000D_b", "a\rb"),
            ("_x005F_x0041_", "_x0041_"),
            ("_x00", "_x00"),
            ("_xZZZZ_", "_xZZZZ_"),
            ("_xD800_", "_xD800_"),
            ("_x0041", "_x0041"),
            ("é_xé_x0041_é", "é_xéAé"),
        ] {
            let mut text = format!("_x0042_{written}");
            unescape_from(&mut text, 7);
            assert_eq!(text, format!("_x0042_{expected}"));
        }
    }
}
