//! How lists are printed.

use clap::{Args, ValueEnum};

/// The flags of a command that prints a list.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct ListArgs {
    /// How to print the list; json is what --json prints
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = ListFormat::Table, conflicts_with = "json")]
    pub(crate) output: ListFormat,
}

/// The forms of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// Columns for people
    Table,
    /// One document, docs/json.md
    Json,
    /// RFC 4180 with a header: every field, as the service wrote it
    Csv,
}
