//! How a file of rows is read.

use clap::{Args, ValueEnum};

#[derive(Args, Debug)]
pub(crate) struct ReadingArgs {
    /// Which header means which field, as `My header=login_user`, or a file with a line like that for each; repeatable
    #[arg(long, value_name = "FILE|HEADER=FIELD", help_heading = "Input")]
    pub(crate) columns: Vec<String>,

    /// The encoding of csv
    #[arg(long, value_name = "ENCODING", default_value = "auto", help_heading = "Input")]
    pub(crate) encoding: Encoding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Encoding {
    /// By a mark at the beginning, else UTF-8 or GB18030, as the text looks
    Auto,
    #[value(name = "utf-8")]
    Utf8,
    Gb18030,
    #[value(name = "utf-16")]
    Utf16,
}
