//! Where the user's own sessions come from.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::read;
use super::{Dataset, Given};
use crate::error::EmulatorError;

/// How the user's own sessions are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowFormat {
    /// Comma-separated values as in RFC 4180, in UTF-8. The first line names the fields of `SessionInfo`, some or all
    /// of them in any order; an empty value is an absent field.
    Csv,
    /// One JSON object on each line, with fields of `SessionInfo`, which are strings; `null` is an absent field.
    JsonLines,
}

/// The user's own sessions, for [`EmulatorBuilder::rows`](crate::EmulatorBuilder::rows).
///
/// ```
/// use session_export_emulator::{Emulator, RowFormat, RowSource};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let rows = "login_user,start_time\n张三,2024-02-27T03:47:51.182Z\n";
/// let source = RowSource::reader("rows", RowFormat::Csv, rows.as_bytes());
/// let emulator = Emulator::builder().rows(source).start().await?;
/// # emulator.shutdown().await;
/// # Ok(())
/// # }
/// ```
///
/// The file is read when the emulator starts. Every session has a `start_time`, in any form that the filters accept;
/// all other fields may be absent. A field has at most 4,096 characters and no control characters except tabs and
/// line feeds, a row at most 65,535 bytes, a file at most 2,000,000 rows. An unknown field is an error, and errors name
/// the file, the line and the field. Memory is needed for the texts and about 100 bytes for each row.
pub struct RowSource {
    /// What errors call it.
    name: String,
    origin: Origin,
}

enum Origin {
    /// The ending of the name tells the format.
    Path(PathBuf),
    Reader(RowFormat, Box<dyn Read + Send>),
}

impl RowSource {
    /// A file: `.csv`, or JSON Lines in `.jsonl` or `.ndjson`.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self {
            name: path.display().to_string(),
            origin: Origin::Path(path),
        }
    }

    /// Anything else that can be read. Errors call it `name`.
    pub fn reader(name: impl Into<String>, format: RowFormat, reader: impl Read + Send + 'static) -> Self {
        Self {
            name: name.into(),
            origin: Origin::Reader(format, Box::new(reader)),
        }
    }

    /// Reads all rows. Blocks.
    pub(crate) fn read(self) -> Result<Dataset, EmulatorError> {
        let failed = |source| EmulatorError::ReadRows {
            name: self.name.clone(),
            source,
        };
        let (format, reader) = match self.origin {
            Origin::Reader(format, reader) => (format, reader),
            Origin::Path(path) => {
                let format = format(&path).ok_or_else(|| EmulatorError::Rows {
                    name: self.name.clone(),
                    line: 0,
                    fault: "the name of the file must end in .csv, .jsonl or .ndjson".to_owned(),
                })?;
                let reader: Box<dyn Read + Send> = Box::new(File::open(path).map_err(failed)?);
                (format, reader)
            }
        };
        let rows = match format {
            RowFormat::Csv => read::csv(reader),
            RowFormat::JsonLines => read::json_lines(reader),
        };
        match rows {
            Ok(rows) => Ok(Dataset::Given(Given::new(rows))),
            Err(read::Fault::Io(source)) => Err(failed(source)),
            Err(read::Fault::Row { line, fault }) => Err(EmulatorError::Rows {
                name: self.name,
                line,
                fault,
            }),
        }
    }
}

fn format(path: &Path) -> Option<RowFormat> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "csv" => Some(RowFormat::Csv),
        "jsonl" | "ndjson" => Some(RowFormat::JsonLines),
        _ => None,
    }
}

impl fmt::Debug for RowSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowSource")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
