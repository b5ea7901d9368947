//! Typed rows out of an exported list of sessions, and the same rows into other files.
//!
//! ```
//! use std::io::Cursor;
//!
//! use session_export_rows::{CsvOptions, Field, ReadOptions, RowWriter};
//!
//! let file = "login_user;start_time;Kostenstelle\r\nuser005;2024-02-27 03:47:51;4711\r\n";
//! let mut rows = ReadOptions::new().read(Cursor::new(file))?;
//! let others: Vec<String> = rows.others()?;
//! let mut writer = RowWriter::csv(Vec::new(), &others, CsvOptions::default())?;
//! for row in &mut rows {
//!     let row = row?;
//!     assert_eq!(row.get(Field::LoginUser), Some("user005"));
//!     writer.write(&row)?;
//! }
//! let csv = String::from_utf8(writer.finish()?).unwrap();
//! assert!(csv.contains("2024-02-27T03:47:51.000Z"));
//! # Ok::<(), session_export_rows::RowsError>(())
//! ```
//!
//! # What is read
//!
//! The format is told by the content, never by a file's name:
//!
//! - **xlsx**: all sheets, each with a header of its own. Numbers become text as a person would write them, dates become
//!   times, a sheet without any text is skipped. Memory holds the shared texts and one row.
//! - **csv**: `,`, `;` or tab, told from the header; UTF-8, GB18030 (which has GBK and GB2312 in it) or UTF-16 with a mark.
//!   Memory holds one row.
//! - **JSON**: the document of `session-export sessions --json`, an array of objects, or one object a line. Numbers and
//!   truth values become text. Memory holds one row.
//!
//! Columns that are not understood are kept, by name ([`Row::others`]). [`Limits`] bounds what a file can ask for.
//!
//! **What an export of the service looks like is not documented**: neither its format nor its headers, nor the zone of its
//! times. [`Columns`] has the names that are known, and takes others; [`ReadOptions::time_zone`] has the zone, UTC by
//! default.
//!
//! # What is written
//!
//! csv, JSON Lines, and Parquet with the feature `parquet`: always all 30 fields under their names in the API, then the
//! other columns, so that every file has the same columns in the same order. Memory holds one row, or for Parquet a group
//! of rows of about 8 MiB.
//!
//! Nothing here is asynchronous, starts a thread or reads a clock.

mod columns;
mod error;
mod field;
mod limits;
mod read;
mod row;
mod time;
mod write;

pub use columns::{Column, Columns};
pub use error::{RowsError, RowsErrorKind};
pub use field::Field;
pub use limits::Limits;
pub use read::{ReadOptions, RowFormat, Rows, TextEncoding};
pub use row::Row;
pub use write::{CsvOptions, RowWriter};
