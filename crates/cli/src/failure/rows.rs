//! Files whose rows cannot be read.

use session_export::{RowsError, RowsErrorKind};

use super::{Failure, chain, exit};

impl Failure {
    /// A file that cannot be read, or a row of it.
    pub(crate) fn unreadable(path: &str, error: &RowsError) -> Self {
        let mut failure = Self::new(exit::OTHER, "rows", format!("{path}: {}", chain(error)));
        failure.hint = match error.kind() {
            RowsErrorKind::NoKnownColumn => Some(
                "name a header and its field, as in `--columns 'My header=login_user'`; the file must be a list of sessions"
                    .to_owned(),
            ),
            RowsErrorKind::Encoding(_) => {
                Some("say how the file is encoded, as in `--encoding gb18030`".to_owned())
            }
            _ if error.concerns_one_row() || error.concerns_one_sheet() => {
                Some("--skip-bad-rows leaves such rows out and says which".to_owned())
            }
            _ => None,
        };
        failure
    }

    /// A row that did not reach its file.
    pub(crate) fn unwritable(path: &str, error: &RowsError) -> Self {
        Self::new(
            exit::OTHER,
            "sink",
            format!("could not write {path}: {}", chain(error)),
        )
    }
}
