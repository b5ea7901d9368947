//! One session of a file.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use session_export_model::{SessionInfo, parse_timestamp};

use crate::{Field, RowsError, time};

/// One session, with what the file has beyond the 30 fields.
///
/// A field is there or absent; an empty text is the same as an absent one. Times are read when the row is: they are in
/// UTC with three fractional digits and `Z`, whatever form and zone the file has, and the service's *never*
/// (`0001-01-01 00:00:00`) is absent. Equality is of fields and other columns, not of where the row came from.
///
/// ```
/// use session_export_rows::{Field, Row};
///
/// let mut row = Row::new();
/// row.set(Field::LoginUser, "user005")?;
/// row.set(Field::StartTime, "2024-02-27 11:47:51+08:00")?;
/// row.set_other("Kostenstelle", "4711");
///
/// assert_eq!(row.get(Field::StartTime), Some("2024-02-27T03:47:51.000Z"));
/// assert_eq!(row.get(Field::EndTime), None);
/// assert_eq!(row.session().login_user.as_deref(), Some("user005"));
/// assert_eq!(row.others().collect::<Vec<_>>(), [("Kostenstelle", "4711")]);
/// # Ok::<(), session_export_rows::RowsError>(())
/// ```
#[derive(Clone)]
pub struct Row {
    /// All texts, one behind the other, so that a row that is used again asks for no memory.
    text: String,
    fields: [Span; Field::COUNT],
    others: Vec<Other>,
    number: u64,
    sheet: Option<Arc<str>>,
}

/// Where a text is; an empty one is absent.
#[derive(Clone, Copy, Default)]
struct Span {
    start: usize,
    end: usize,
}

#[derive(Clone)]
struct Other {
    name: Arc<str>,
    span: Span,
}

impl Span {
    fn is_empty(self) -> bool {
        self.start == self.end
    }

    fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

impl Row {
    /// A row without anything.
    pub fn new() -> Self {
        Self {
            text: String::new(),
            fields: [Span::default(); Field::COUNT],
            others: Vec::new(),
            number: 0,
            sheet: None,
        }
    }

    /// A field's text.
    pub fn get(&self, field: Field) -> Option<&str> {
        self.text_of(self.fields[field.index()])
    }

    /// The moment of a field that holds one.
    pub fn time(&self, field: Field) -> Option<DateTime<Utc>> {
        if !field.is_time() {
            return None;
        }
        parse_timestamp(self.get(field)?).ok()
    }

    /// The columns that are not understood and have a text, in the order of the file.
    pub fn others(&self) -> impl Iterator<Item = (&str, &str)> {
        self.shared_others().map(|(name, text)| (&**name, text))
    }

    /// The text of a column that is not understood.
    pub fn other(&self, name: &str) -> Option<&str> {
        self.others()
            .find(|(other, _)| *other == name)
            .map(|(_, text)| text)
    }

    /// The number of the row in its file or sheet, from 1 and counting the header, as a spreadsheet program shows it. In a
    /// JSON file, the number of the object. 0 if the row is of no file.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The sheet, if the row is of a spreadsheet.
    pub fn sheet(&self) -> Option<&str> {
        self.sheet.as_deref()
    }

    /// The 30 fields in the type of the API.
    pub fn session(&self) -> SessionInfo {
        let mut session = SessionInfo::default();
        for field in Field::ALL {
            if let Some(text) = self.get(*field) {
                field.set_in(&mut session, text);
            }
        }
        session
    }

    /// Sets a field; an empty text makes it absent. A time without a zone is taken for UTC.
    ///
    /// # Errors
    ///
    /// [`RowsErrorKind::NotATime`](crate::RowsErrorKind::NotATime) if the field is a time and the text is not; the field
    /// keeps what it had.
    pub fn set(&mut self, field: Field, text: &str) -> Result<(), RowsError> {
        self.set_in_zone(field, text, &time::Zone::default())
            .map_err(|time::NotATime| RowsError::not_a_time(field.name(), text))
    }

    /// Sets a column that is no field; an empty text removes it. A name that [`Columns`](crate::Columns) understands is
    /// read back as that field another time.
    pub fn set_other(&mut self, name: impl Into<Arc<str>>, text: &str) {
        let name = name.into();
        self.others.retain(|other| other.name != name);
        self.push_other(&name, text);
    }

    pub(crate) fn set_in_zone(
        &mut self,
        field: Field,
        text: &str,
        zone: &time::Zone,
    ) -> Result<(), time::NotATime> {
        let start = self.text.len();
        if field.is_time() {
            time::push(&mut self.text, text, zone)?;
        } else {
            self.text.push_str(text);
        }
        self.fields[field.index()] = self.span_from(start);
        Ok(())
    }

    /// Adds a column that is not there yet.
    pub(crate) fn push_other(&mut self, name: &Arc<str>, text: &str) {
        if text.is_empty() {
            return;
        }
        let start = self.text.len();
        self.text.push_str(text);
        let span = self.span_from(start);
        self.others.push(Other {
            name: Arc::clone(name),
            span,
        });
    }

    /// Forgets everything, and says where the next content is from.
    pub(crate) fn begin(&mut self, sheet: Option<&Arc<str>>, number: u64) {
        self.text.clear();
        self.fields = [Span::default(); Field::COUNT];
        self.others.clear();
        self.number = number;
        if self.sheet.as_ref() != sheet {
            self.sheet = sheet.cloned();
        }
    }

    pub(crate) fn shared_others(&self) -> impl Iterator<Item = (&Arc<str>, &str)> {
        self.others
            .iter()
            .filter_map(|other| Some((&other.name, self.text_of(other.span)?)))
    }

    fn span_from(&self, start: usize) -> Span {
        Span {
            start,
            end: self.text.len(),
        }
    }

    fn text_of(&self, span: Span) -> Option<&str> {
        if span.is_empty() {
            return None;
        }
        self.text.get(span.range())
    }
}

impl Default for Row {
    fn default() -> Self {
        Self::new()
    }
}

/// A session as `ListSessions` answers it.
///
/// # Errors
///
/// [`RowsErrorKind::NotATime`](crate::RowsErrorKind::NotATime) for the first of its times that is none.
impl TryFrom<&SessionInfo> for Row {
    type Error = RowsError;

    fn try_from(session: &SessionInfo) -> Result<Self, RowsError> {
        let mut row = Self::new();
        for field in Field::ALL {
            if let Some(text) = field.of(session) {
                row.set(*field, text)?;
            }
        }
        Ok(row)
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        Field::ALL
            .iter()
            .all(|field| self.get(*field) == other.get(*field))
            && self.others.len() == other.others.len()
            && self.others().all(|(name, text)| other.other(name) == Some(text))
    }
}

impl Eq for Row {}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = Field::ALL
            .iter()
            .filter_map(|field| Some((field.name(), self.get(*field)?)));
        f.debug_map().entries(fields).entries(self.others()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_absent() {
        let mut row = Row::new();
        row.set(Field::FailedCode, "").unwrap();
        row.set(Field::EndTime, "").unwrap();
        row.set(Field::PreConnTime, "0001-01-01 00:00:00").unwrap();
        row.set_other("note", "");
        assert_eq!(row, Row::new());
        assert_eq!(row.session(), SessionInfo::default());
    }

    #[test]
    fn a_later_value_replaces_an_earlier_one() {
        let mut row = Row::new();
        for text in ["long before", "x"] {
            row.set(Field::AppName, text).unwrap();
            row.set_other("note", text);
        }
        assert_eq!(
            (row.get(Field::AppName), row.other("note")),
            (Some("x"), Some("x"))
        );
        assert_eq!(row.others().count(), 1);
        row.set(Field::StartTime, "2024-02-27T03:47:51Z").unwrap();
        let error = row.set(Field::StartTime, "yesterday").unwrap_err();
        assert!(error.to_string().contains("\"yesterday\""), "{error}");
        assert_eq!(row.get(Field::StartTime), Some("2024-02-27T03:47:51.000Z"));
        assert_eq!(row.time(Field::AppName), None);
    }

    #[test]
    fn a_session_goes_in_and_comes_out() {
        let json = r#"{"id":"1","login_user":"张三","session_state":"Odd","session_type":"2","start_time":"2024-02-27T03:47:51.182Z"}"#;
        let session: SessionInfo = serde_json::from_str(json).unwrap();
        assert_eq!(Row::try_from(&session).unwrap().session(), session);
        let odd: SessionInfo = serde_json::from_str(r#"{"end_time":"soon"}"#).unwrap();
        assert_eq!(Row::try_from(&odd).unwrap_err().column(), Some("end_time"));
    }
}
