//! Which format it is, by how a file begins.

use crate::{RowsError, RowsErrorKind};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RowFormat {
    /// A spreadsheet of Excel 2007 or later.
    Xlsx,
    /// Values between commas, semicolons or tabs.
    Csv,
    /// A document with `items`, an array, or one object a line.
    Json,
}

impl RowFormat {
    /// `xlsx`, `csv` or `json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// Beginnings of what cannot be read, and what to do about it.
const OTHERS: &[(&[u8], &str)] = &[
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old spreadsheet (xls) or one with a password; save it as xlsx without one",
    ),
    (b"PK\x05\x06", "an empty archive, not a spreadsheet"),
    (
        b"PAR1",
        "Parquet, which is written but not read; read it with what reads Parquet",
    ),
    (b"\x1f\x8b", "compressed with gzip; unpack it first"),
    (b"%PDF", "a PDF, not a list of sessions"),
    (b"<!DOCTYPE", "a page of HTML, not a list of sessions"),
    (b"<html", "a page of HTML, not a list of sessions"),
];

pub(super) fn of(beginning: &[u8]) -> Result<RowFormat, RowsError> {
    if beginning.starts_with(b"PK\x03\x04") {
        return Ok(RowFormat::Xlsx);
    }
    let refused = |what| Err(RowsError::new(RowsErrorKind::Format(what)));
    if let Some((_, what)) = OTHERS.iter().find(|(sign, _)| beginning.starts_with(sign)) {
        return refused(what);
    }
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
    let Some(first) = text.iter().find(|byte| !byte.is_ascii_whitespace()) else {
        return refused("empty; a list of sessions has a header at least");
    };
    if matches!(first, b'{' | b'[') {
        return Ok(RowFormat::Json);
    }
    // UTF-16 has zeros, and begins with a mark. A header has none; a cell may.
    let is_utf16 = beginning.starts_with(b"\xff\xfe") || beginning.starts_with(b"\xfe\xff");
    let mut header = text.split(|byte| *byte == b'\n');
    if !is_utf16 && header.next().is_some_and(|line| line.contains(&0)) {
        return refused("neither a spreadsheet nor text; it may be damaged, or another kind of file");
    }
    Ok(RowFormat::Csv)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_tell() {
        for (beginning, expected) in [
            (&b"PK\x03\x04x"[..], Some(RowFormat::Xlsx)),
            (b"a,b", Some(RowFormat::Csv)),
            (b"\xef\xbb\xbf {", Some(RowFormat::Json)),
            (b"\n[", Some(RowFormat::Json)),
            (b"\xff\xfea\0", Some(RowFormat::Csv)),
            (b"PAR1", None),
            (b"a\0b", None),
            (b"a\n\0b", Some(RowFormat::Csv)),
            (b" \r\n", None),
            (b"", None),
        ] {
            assert_eq!(of(beginning).ok(), expected, "{beginning:?}");
        }
    }
}
