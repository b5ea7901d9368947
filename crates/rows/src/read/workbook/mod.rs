//! Spreadsheets.

use std::io::{Read, Seek};

use super::{Rules, Source};
use crate::{Column, Row, RowsError};

pub(super) struct Workbook<R> {
    input: R,
}
impl<R: Read + Seek + Send> Workbook<R> {
    pub(super) fn open(input: R, _rules: Rules) -> Result<Self, RowsError> {
        Ok(Self { input })
    }
}
impl<R: Read + Seek + Send> Source for Workbook<R> {
    fn columns(&self) -> &[Column] {
        &[]
    }
    fn read(&mut self, _row: &mut Row) -> Result<bool, RowsError> {
        self.input.rewind()?;
        Ok(false)
    }
}
