//! What the options of an emulator are made of.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::choices::Choices;

/// The file that an export produces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ExportFormat {
    /// A spreadsheet of Office Open XML.
    #[default]
    Xlsx,
    /// Comma-separated values in UTF-8 without a byte order mark; lines end in CR LF.
    Csv,
}

impl ExportFormat {
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// What becomes of export tasks once the delay has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ExportOutcome {
    /// `SUCCESS`, and `EXPIRED` after the [retention](crate::EmulatorBuilder::retention).
    #[default]
    Success,
    /// `FAIL`, with a `fail_reason` and an `error_code`.
    Fail,
    /// `EXPIRED` at once, without a moment in which the file could be downloaded.
    Expired,
}

/// Whether the instance metadata has tokens of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum MetadataTokens {
    /// Asking for a token is answered with 404, and a token sent along is not looked at.
    Absent,
    /// Keys are given with a token or without one, but not with a wrong one.
    #[default]
    Optional,
    /// Keys are given with a token only.
    Required,
}

pub(crate) type ClockFn = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The options that operations look at.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) export_delay: Duration,
    pub(crate) export_format: ExportFormat,
    pub(crate) export_outcome: ExportOutcome,
    pub(crate) retention: Duration,
    pub(crate) token_ttl: Duration,
    pub(crate) project_id: String,
    pub(crate) user_name: String,
    pub(crate) domain_name: String,
    pub(crate) agency: String,
    pub(crate) key_ttl: Option<Duration>,
    pub(crate) password_attempts: u32,
    pub(crate) password_lock: Duration,
    pub(crate) metadata_tokens: MetadataTokens,
    pub(crate) choices: Choices,
}
