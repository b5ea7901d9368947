//! Texts that cells name by number.

use std::io::Read;

use quick_xml::events::Event;

use super::part::Part;
use super::xml::{Xml, push_reference, unescape_from};
use crate::{Limits, RowsError};

/// All of them, one behind the other.
#[derive(Default)]
pub(super) struct SharedTexts {
    text: String,
    ends: Vec<usize>,
}

impl SharedTexts {
    pub(super) fn get(&self, number: usize) -> Option<&str> {
        let end = *self.ends.get(number)?;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(start..end)
    }

    pub(super) fn read<R: Read>(part: Part<R>, limits: &Limits) -> Result<(Self, R), RowsError> {
        let mut shared = Self::default();
        let mut xml = Xml::long(part, limits.row_bytes);
        let (mut in_text, mut in_reading) = (false, false);
        let mut start = 0;
        loop {
            match xml.next()? {
                Event::Start(element) => match element.local_name().as_ref() {
                    "si" => start = shared.text.len(),
                    "t" => in_text = !in_reading,
                    // How a Chinese or Japanese text is read aloud.
                    "rPh" => in_reading = true,
                    _ => {}
                },
                Event::Empty(element) if element.local_name().as_ref() == "si" => {
                    shared.ends.push(shared.text.len());
                }
                Event::Text(text) if in_text => shared.text.push_str(&text.xml10_content()),
                Event::CData(text) if in_text => shared.text.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) if in_text => push_reference(&mut shared.text, &reference),
                Event::End(element) => match element.local_name().as_ref() {
                    "si" => {
                        unescape_from(&mut shared.text, start);
                        shared.ends.push(shared.text.len());
                    }
                    "t" => in_text = false,
                    "rPh" => in_reading = false,
                    "sst" => break,
                    _ => {}
                },
                Event::Eof => return Err(RowsError::damaged("the shared texts break off")),
                _ => {}
            }
            if shared.text.len() + size_of::<usize>() * shared.ends.len() > limits.shared_bytes {
                return Err(RowsError::too_large("the shared texts", limits.shared_bytes));
            }
        }
        Ok((shared, xml.finish()?))
    }
}
