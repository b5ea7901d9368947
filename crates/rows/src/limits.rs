//! How much a file may ask for.

/// How large the parts of a file may be. A file is data from elsewhere: without limits a few kilobytes of an archive
/// could unfold to more than there is memory. Whatever is above a limit is an error
/// ([`TooLarge`](crate::RowsErrorKind::TooLarge)), never cut off.
///
/// Memory that reading needs: a row, the names of the columns, a few buffers of 64 KiB, and for a spreadsheet its shared
/// texts and what describes it, of which no part is longer than 16 MiB.
///
/// ```
/// use session_export_rows::Limits;
///
/// let limits = Limits::default().cell_bytes(64 << 10).columns(100);
/// # let _ = limits;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    pub(crate) cell_bytes: usize,
    pub(crate) row_bytes: usize,
    pub(crate) columns: usize,
    pub(crate) shared_bytes: usize,
}

impl Limits {
    /// The longest text of a cell, in bytes of UTF-8; 1 MiB by default. A spreadsheet's cell has 32,767 characters at
    /// most.
    #[must_use]
    pub fn cell_bytes(mut self, bytes: usize) -> Self {
        self.cell_bytes = bytes;
        self
    }

    /// The longest row with everything around its cells, in bytes as they are read; 8 MiB by default. The texts of a
    /// spreadsheet's row that are shared with others count as if they stood there. The names of the columns of a file are
    /// not longer in all.
    #[must_use]
    pub fn row_bytes(mut self, bytes: usize) -> Self {
        self.row_bytes = bytes;
        self
    }

    /// How many columns a file may have; 16,384 by default, which is as many as a sheet has. Those of a spreadsheet's
    /// sheets count together, the same one on two sheets twice, and a sheet without any counts as one.
    #[must_use]
    pub fn columns(mut self, count: usize) -> Self {
        self.columns = count;
        self
    }

    /// How many bytes of UTF-8 the shared texts of a spreadsheet may have; 256 MiB by default. They have to be kept in
    /// memory, because cells name them by number in any order.
    #[must_use]
    pub fn shared_bytes(mut self, bytes: usize) -> Self {
        self.shared_bytes = bytes;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cell_bytes: 1 << 20,
            row_bytes: 8 << 20,
            columns: 16_384,
            shared_bytes: 256 << 20,
        }
    }
}
