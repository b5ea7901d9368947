//! What must hold of any bytes that a parser of this workspace is given.
//!
//! Each property is a function of bytes that panics when it does not hold. `fuzz/` gives them what libFuzzer thinks of;
//! a test gives them the corpora that are checked in, so that they are compiled and run on every change. They go through
//! public doors only. `docs/fuzzing.md` says what each of them proves.
//!
//! A property panics only when the product is wrong: input that it has no use for is passed over.

mod canonical_request;
mod connection_filter;
mod content_range;
mod credentials_file;
mod error_body;
mod fault_script;
mod file_name;
mod iam_answer;
mod input;
mod journal;
mod lists;
mod one_client;
mod regions_file;
mod retry_after;
mod session_filter;
mod timestamp;

pub use canonical_request::canonical_request;
pub use connection_filter::connection_filter;
pub use content_range::content_range;
pub use credentials_file::{koocli_file, profile_file};
pub use error_body::error_body;
pub use fault_script::fault_script;
pub use file_name::file_name;
pub use iam_answer::iam_answer;
pub use journal::journal;
pub use lists::lists;
pub use regions_file::regions_file;
pub use retry_after::retry_after;
pub use session_filter::session_filter;
pub use timestamp::timestamp;

/// What must hold of some bytes.
pub type Property = fn(&[u8]);

/// All of them, by the names of their fuzz targets and corpora.
pub const PROPERTIES: &[(&str, Property)] = &[
    ("canonical_request", canonical_request),
    ("connection_filter", connection_filter),
    ("content_range", content_range),
    ("error_body", error_body),
    ("fault_script", fault_script),
    ("file_name", file_name),
    ("iam_answer", iam_answer),
    ("journal", journal),
    ("koocli_file", koocli_file),
    ("lists", lists),
    ("profile_file", profile_file),
    ("regions_file", regions_file),
    ("retry_after", retry_after),
    ("session_filter", session_filter),
    ("timestamp", timestamp),
];
