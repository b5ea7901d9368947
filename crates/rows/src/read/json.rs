//! JSON: a document with `items`, an array, or objects one behind the other.

mod cells;
mod elements;

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom};

use serde::de::DeserializeSeed;

use self::cells::Cells;
use self::elements::Elements;
use super::{Rules, Source};
use crate::columns::{Taken, too_many};
use crate::error::{COLUMNS, NAMES};
use crate::{Column, Row, RowsError, RowsErrorKind};

/// How a file is begun again.
type Rewind<R> = fn(&mut R) -> io::Result<()>;

pub(super) fn rewind<R: Seek>(input: &mut R) -> io::Result<()> {
    input.seek(SeekFrom::Start(0)).map(drop)
}

pub(super) struct Objects<R> {
    elements: Option<Elements<R>>,
    keys: Keys,
    rewind: Option<Rewind<R>>,
    /// Whether the whole file was looked through for its columns.
    is_known: bool,
    rules: Rules,
}

/// The keys that were seen, each a column.
struct Keys {
    columns: Vec<Column>,
    places: HashMap<Box<str>, usize>,
    taken: Taken,
    /// Of all of them together.
    length: usize,
}

impl Keys {
    /// The column of a key, which is a new one when it is seen for the first time.
    fn column(&mut self, key: &str, rules: &Rules) -> Result<&Column, RowsError> {
        let place = match self.places.get(key) {
            Some(place) => *place,
            None => {
                let place = self.columns.len();
                if too_many(place + 1, &rules.limits) {
                    return Err(RowsError::too_large(COLUMNS, rules.limits.columns));
                }
                self.length += key.len();
                if self.length > rules.limits.row_bytes {
                    return Err(RowsError::too_large(NAMES, rules.limits.row_bytes));
                }
                let column = rules.naming.column(key, place + 1, &mut self.taken);
                self.columns.push(column);
                self.places.insert(key.into(), place);
                place
            }
        };
        Ok(&self.columns[place])
    }
}

impl<R: Read + Send> Objects<R> {
    pub(super) fn open(input: R, rules: Rules, rewind: Option<Rewind<R>>) -> Result<Self, RowsError> {
        Ok(Self {
            elements: Some(Elements::open(input, rules.limits.row_bytes)?),
            keys: Keys {
                columns: Vec::new(),
                places: HashMap::new(),
                taken: Taken::default(),
                length: 0,
            },
            rewind,
            is_known: false,
            rules,
        })
    }

    /// The next object into `row`, or only its keys.
    fn next(&mut self, row: Option<&mut Row>) -> Result<bool, RowsError> {
        let Some(elements) = &mut self.elements else {
            return Ok(false);
        };
        let Some(object) = elements.next()? else {
            self.is_known = true;
            return Ok(false);
        };
        let number = object.number;
        let mut cells = Cells::new(&mut self.keys, &self.rules, number, row);
        let mut input = serde_json::Deserializer::from_slice(object.text);
        match cells.deserialize(&mut input).and_then(|()| input.end()) {
            Ok(()) => Ok(true),
            Err(error) => Err(cells
                .take_error()
                .unwrap_or_else(|| RowsError::damaged(error.to_string()).of_row(None, number))),
        }
    }
}

impl<R: Read + Send> Source for Objects<R> {
    fn columns(&self) -> &[Column] {
        &self.keys.columns
    }

    fn find_columns(&mut self) -> Result<(), RowsError> {
        if self.is_known {
            return Ok(());
        }
        let Some(rewind) = self.rewind else {
            return Err(RowsError::new(RowsErrorKind::NotSeekable));
        };
        let begun = self.elements.as_ref().map_or(0, Elements::number);
        loop {
            match self.next(None) {
                Ok(true) => {}
                Ok(false) => break,
                // It comes again when the row is read.
                Err(error) if error.concerns_one_row() => {}
                Err(error) => return Err(error),
            }
        }
        if let Some(elements) = self.elements.take() {
            let mut input = elements.into_inner();
            rewind(&mut input)?;
            let mut elements = Elements::open(input, self.rules.limits.row_bytes)?;
            // To where it was.
            while elements.number() < begun && elements.next()?.is_some() {}
            self.elements = Some(elements);
        }
        Ok(())
    }

    fn read(&mut self, row: &mut Row) -> Result<bool, RowsError> {
        self.next(Some(row))
    }
}
