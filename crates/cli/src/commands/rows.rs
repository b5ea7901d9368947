//! Lists for programs: one JSON document, or CSV as RFC 4180 has it.

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};
use serde::Serialize;
use serde_json::Value;
use session_export::Field;

/// The fields of a session, in the order of the published definition.
pub(super) fn session() -> impl Iterator<Item = &'static str> {
    Field::ALL.iter().map(|field| field.name())
}

/// The fields of a task.
pub(super) const TASK: [&str; 8] = [
    "task_id",
    "status",
    "file_name",
    "create_time",
    "end_time",
    "is_download",
    "error_code",
    "fail_reason",
];

/// A header, and one line for each row: the values as they came, and an empty cell for what is absent.
pub(super) struct Csv<W: Write> {
    out: Writer<W>,
    columns: Vec<&'static str>,
}

impl<W: Write> Csv<W> {
    /// Writes the header.
    pub(super) fn new(out: W, columns: impl IntoIterator<Item = &'static str>) -> io::Result<Self> {
        let mut out = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
        let columns: Vec<_> = columns.into_iter().collect();
        out.write_record(&columns)?;
        Ok(Self { out, columns })
    }

    pub(super) fn row(&mut self, row: &impl Serialize) -> io::Result<()> {
        let row = serde_json::to_value(row)?;
        let cells = self.columns.iter().map(|column| match &row[*column] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        Ok(self.out.write_record(cells)?)
    }

    pub(super) fn finish(self) -> io::Result<W> {
        self.out
            .into_inner()
            .map_err(|error| io::Error::new(error.error().kind(), error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use session_export::{ExportTaskInfo, SessionInfo};

    use super::*;

    /// Every column is a field: a row that has them all loses none.
    fn assert_fields<T: serde::de::DeserializeOwned + Serialize>(columns: &[&str], text: &str) {
        let row: BTreeMap<_, Value> = columns
            .iter()
            .map(|name| {
                (
                    *name,
                    if *name == "is_download" {
                        true.into()
                    } else {
                        text.into()
                    },
                )
            })
            .collect();
        let row = serde_json::to_value(row).unwrap();
        let typed: T = serde_json::from_value(row.clone()).unwrap();
        assert_eq!(serde_json::to_value(typed).unwrap(), row);
    }

    #[test]
    fn the_columns_are_the_fields() {
        assert_fields::<SessionInfo>(&session().collect::<Vec<_>>(), "x");
        assert_fields::<ExportTaskInfo>(&TASK, "x");
    }

    #[test]
    fn cells_are_quoted_as_rfc_4180_has_it() {
        let rows = [
            r#"{"task_id":"a","file_name":"x, \"y\"\nz.csv","is_download":false}"#,
            r#"{"status":"FAIL","fail_reason":"会话"}"#,
        ];
        let mut csv = Csv::new(Vec::new(), TASK).unwrap();
        for row in rows {
            csv.row(&serde_json::from_str::<ExportTaskInfo>(row).unwrap())
                .unwrap();
        }
        assert_eq!(
            String::from_utf8(csv.finish().unwrap()).unwrap(),
            "task_id,status,file_name,create_time,end_time,is_download,error_code,fail_reason\r\n\
             a,,\"x, \"\"y\"\"\nz.csv\",,,false,,\r\n\
             ,FAIL,,,,,,会话\r\n"
        );
    }
}
