//! What came of reading a file.

use super::error::Problem;
use super::report::{Outcome, Source};
use super::settings::Settings;

/// A file that was read, or the reason why it cannot be used.
pub(super) struct FileSource {
    pub(super) source: Source,
    /// It is another tool's, and nobody asked for it: its problems are told, and the chain goes on.
    pub(super) leftover: bool,
    /// What is wrong with its permissions.
    pub(super) warning: Option<String>,
    pub(super) content: Content,
}

pub(super) enum Content {
    /// Settings, and what is worth telling about them.
    Settings(Settings, Vec<String>),
    /// Nothing for us; the chain goes on.
    Unusable(Outcome),
    /// The chain must not go on, unless the file is a leftover.
    Problem(Problem),
}

impl FileSource {
    pub(super) fn settings(source: Source, settings: Settings, notes: Vec<String>) -> Self {
        Self::new(source, Content::Settings(settings, notes))
    }

    pub(super) fn unusable(source: Source, outcome: Outcome) -> Self {
        Self::new(source, Content::Unusable(outcome))
    }

    pub(super) fn problem(source: Source, problem: Problem) -> Self {
        Self::new(source, Content::Problem(problem))
    }

    fn new(source: Source, content: Content) -> Self {
        Self {
            source,
            leftover: false,
            warning: None,
            content,
        }
    }
}
