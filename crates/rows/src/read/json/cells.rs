//! One object's values into a row.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{Keys, Rules};
use crate::error::CELL;
use crate::{Row, RowsError};

/// Reads an object; without a row only its keys.
pub(super) struct Cells<'a> {
    keys: &'a mut Keys,
    rules: &'a Rules,
    number: u64,
    row: Option<&'a mut Row>,
    error: Option<RowsError>,
}

impl<'a> Cells<'a> {
    pub(super) fn new(keys: &'a mut Keys, rules: &'a Rules, number: u64, row: Option<&'a mut Row>) -> Self {
        Self {
            keys,
            rules,
            number,
            row,
            error: None,
        }
    }

    /// Why reading the object failed, if it was not JSON's fault.
    pub(super) fn take_error(&mut self) -> Option<RowsError> {
        self.error.take()
    }

    fn set(&mut self, key: &str, text: &str) -> Result<(), RowsError> {
        let column = self
            .keys
            .column(key, self.rules)
            .map_err(|error| error.near(None, self.number))?;
        let Some(row) = &mut self.row else {
            return Ok(());
        };
        let limit = self.rules.limits.cell_bytes;
        if text.len() > limit {
            let error = RowsError::too_large(CELL, limit).in_cell(column.name(), text);
            return Err(error.of_row(None, self.number));
        }
        match column.field() {
            Some(field) => row
                .set_in_zone(field, text, &self.rules.zone)
                .map_err(|_| RowsError::not_a_time(column.name(), text).of_row(None, self.number)),
            None => {
                row.push_other(column.shared_name(), text);
                Ok(())
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for &mut Cells<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Cells<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if let Some(row) = &mut self.row {
            row.begin(None, self.number);
        }
        while let Some(key) = map.next_key_seed(Text)? {
            let key = key.unwrap_or_default();
            let text = map.next_value_seed(Text)?;
            if let Err(error) = self.set(&key, &text.unwrap_or_default()) {
                self.error = Some(error);
                return Err(A::Error::custom("a value"));
            }
        }
        Ok(())
    }
}

/// Any value as text; null as none.
struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value.to_string().into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string().into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string().into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string().into()))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    /// What is nested stays JSON.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element::<Value>()? {
            values.push(value);
        }
        Ok(Some(Value::Array(values).to_string().into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut object = serde_json::Map::new();
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            object.insert(key, value);
        }
        Ok(Some(Value::Object(object).to_string().into()))
    }
}
