//! From a downloaded file to another one.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ReadingArgs;
use crate::time_flags::Zone;

#[derive(Args, Debug)]
pub(crate) struct ConvertArgs {
    /// The file: xlsx, csv or JSON, told by its content
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,

    /// The new file; its name ends with .csv, .jsonl or .parquet; - is standard output, with --format
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,

    /// What to write, whatever the new file is called
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) format: Option<RowsFormat>,

    /// Replace a file that is already there; what a link leads to is replaced, not the link
    #[arg(long, help_heading = "Output")]
    pub(crate) force: bool,

    /// Begin csv with a byte order mark, so that spreadsheet programs take it for UTF-8
    #[arg(long, help_heading = "Output")]
    pub(crate) bom: bool,

    /// Put an apostrophe before csv cells that a spreadsheet program would take for a formula; changes these cells
    #[arg(long, help_heading = "Output")]
    pub(crate) escape_formulas: bool,

    #[command(flatten)]
    pub(crate) reading: ReadingArgs,

    /// What times without a zone mean: UTC, local, or an offset like +08:00 [default: UTC]
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true, help_heading = "Input")]
    pub(crate) time_zone: Option<Zone>,

    /// Read times without a zone as UTC, which is the default here, or with false as local time
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true", conflicts_with = "time_zone", help_heading = "Input")]
    pub(crate) utc: Option<bool>,

    /// Leave rows out that cannot be read, and say which, instead of ending at the first one
    #[arg(long, help_heading = "Input")]
    pub(crate) skip_bad_rows: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowsFormat {
    Csv,
    Jsonl,
    Parquet,
}
