//! The file that `convert` and `summary` read.

use std::path::Path;

use session_export::{ReadOptions, Row, Rows, RowsError};

use super::Context;
use crate::failure::Failure;
use crate::shown::shown;

/// Between two looks whether somebody wants the program to stop.
const ROWS_AT_ONCE: usize = 512;
/// So many rows that are left out are told of one by one.
const TOLD: u64 = 10;

/// Its rows, read so that signals and the deadline are heard.
pub(super) struct Input<'a> {
    context: &'a Context<'a>,
    /// As it is shown.
    pub(super) name: String,
    rows: Rows<'static>,
    /// Whether a row that cannot be read is left out, instead of being the end.
    skips: bool,
    pub(super) left_out: u64,
}

impl<'a> Input<'a> {
    /// Opens the file and looks at what is in it, on a thread of its own: a pipe can keep whoever opens it waiting, and
    /// what columns a file has is sometimes known at its end only.
    pub(super) async fn open<T: Send + 'static>(
        context: &'a Context<'a>,
        path: &Path,
        options: ReadOptions,
        skips: bool,
        look: impl FnOnce(&mut Rows<'static>) -> Result<T, RowsError> + Send + 'static,
    ) -> Result<(Self, T), Failure> {
        let (name, path) = (shown(path), path.to_owned());
        let opened = tokio::task::spawn_blocking(move || {
            let mut rows = options.open(path)?;
            let found = look(&mut rows)?;
            Ok((rows, found))
        });
        let opened = context.limit.over(&format!("opening {name}"), opened).await?;
        let (rows, found) = opened
            .map_err(|panicked| Failure::io(&format!("open {name}"), &panicked.into()))?
            .map_err(|error: RowsError| Failure::unreadable(&name, &error))?;
        let input = Self {
            context,
            name,
            rows,
            skips,
            left_out: 0,
        };
        Ok((input, found))
    }

    /// Passes some rows on. False at the end.
    pub(super) async fn some(
        &mut self,
        mut pass_on: impl FnMut(&Row) -> Result<(), Failure>,
    ) -> Result<bool, Failure> {
        // Lets a signal be heard.
        tokio::task::yield_now().await;
        self.context.limit.check(&format!("reading {}", self.name))?;
        let mut row = Row::new();
        for _ in 0..ROWS_AT_ONCE {
            match self.rows.read(&mut row) {
                Ok(true) => pass_on(&row)?,
                Ok(false) => return Ok(false),
                Err(error) if self.skips && (error.concerns_one_row() || error.concerns_one_sheet()) => {
                    self.leave_out(&error);
                }
                Err(error) => return Err(Failure::unreadable(&self.name, &error)),
            }
        }
        Ok(true)
    }

    fn leave_out(&mut self, error: &RowsError) {
        self.left_out += 1;
        if self.left_out <= TOLD {
            self.context.progress.say(format!("left out: {error}"));
        } else if self.left_out == TOLD + 1 {
            self.context.progress.say("left out: and more");
        }
    }
}
