//! JSON Lines.

use std::io::Write;

use super::Blocks;
use crate::{Field, Row, RowsError};

pub(super) struct Writer<W> {
    blocks: Blocks<W>,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W) -> Self {
        Self {
            blocks: Blocks::new(out),
        }
    }

    pub(super) fn write(&mut self, row: &Row) -> Result<(), RowsError> {
        let held = &mut self.blocks.held;
        held.push(b'{');
        for field in Field::ALL {
            if let Some(text) = row.get(*field) {
                held.push(b'"');
                held.extend_from_slice(field.name().as_bytes());
                held.extend_from_slice(b"\":");
                string(held, text)?;
                held.push(b',');
            }
        }
        for (name, text) in row.others() {
            string(held, name)?;
            held.push(b':');
            string(held, text)?;
            held.push(b',');
        }
        if held.last() == Some(&b',') {
            held.pop();
        }
        held.extend_from_slice(b"}\n");
        self.blocks.pass_on()
    }

    pub(super) fn finish(self) -> Result<W, RowsError> {
        self.blocks.finish()
    }
}

fn string(out: &mut Vec<u8>, text: &str) -> Result<(), RowsError> {
    serde_json::to_writer(out, text).map_err(|error| RowsError::from(std::io::Error::from(error)))
}
