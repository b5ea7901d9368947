//! Input that does not go on for ever between two points.

use std::io::{self, BufRead, Read};

use crate::RowsError;

/// Gives an error once more than so many bytes were taken since the last [`reset`](Self::reset).
#[derive(Debug)]
pub(super) struct Bounded<R> {
    inner: R,
    what: &'static str,
    limit: usize,
    left: usize,
}

impl<R> Bounded<R> {
    pub(super) fn new(inner: R, what: &'static str, limit: usize) -> Self {
        Self {
            inner,
            what,
            limit,
            left: limit,
        }
    }

    pub(super) fn reset(&mut self) {
        self.left = self.limit;
    }

    pub(super) fn into_inner(self) -> R {
        self.inner
    }

    fn check(&self) -> io::Result<()> {
        if self.left == 0 {
            return Err(RowsError::too_large(self.what, self.limit).into());
        }
        Ok(())
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        let room = buffer.len().min(self.left);
        let read = self.inner.read(&mut buffer[..room])?;
        self.left -= read;
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.check()?;
        let left = self.left;
        let bytes = self.inner.fill_buf()?;
        Ok(&bytes[..bytes.len().min(left)])
    }

    fn consume(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount);
        self.inner.consume(amount);
    }
}
