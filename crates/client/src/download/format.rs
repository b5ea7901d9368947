//! What kind of file it is, by its first bytes.

use std::fmt;

/// How many bytes are looked at.
pub(super) const PREFIX: usize = 4096;

/// The format of a file, recognised by content. What session exports are is not documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileFormat {
    /// An Office Open XML workbook.
    Xlsx,
    /// An Excel 97–2003 workbook.
    Xls,
    /// A zip archive of something else.
    Zip,
    /// Text with commas, semicolons or tabs.
    Csv,
    /// Anything else.
    Unknown,
}

impl FileFormat {
    /// The format as text that will not change, which is also the usual suffix: `xlsx`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Xls => "xls",
            Self::Zip => "zip",
            Self::Csv => "csv",
            Self::Unknown => "unknown",
        }
    }

    /// The format of a file that starts with these bytes.
    pub(super) fn of(prefix: &[u8]) -> Self {
        let holds = |part: &[u8]| prefix.windows(part.len()).any(|window| window == part);
        if prefix.starts_with(b"PK\x03\x04") {
            if holds(b"[Content_Types].xml") || holds(b"xl/") {
                Self::Xlsx
            } else {
                Self::Zip
            }
        } else if prefix.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
            Self::Xls
        } else if is_table(prefix) {
            Self::Csv
        } else {
            Self::Unknown
        }
    }
}

/// Text whose first line has a separator. Any encoding that keeps ASCII: UTF-8, GB18030.
fn is_table(prefix: &[u8]) -> bool {
    let is_text = prefix
        .iter()
        .all(|byte| *byte >= b' ' || matches!(byte, b'\t' | b'\r' | b'\n'));
    let first_line = prefix.split(|byte| *byte == b'\n').next().unwrap_or_default();
    is_text && first_line.iter().any(|byte| matches!(byte, b',' | b';' | b'\t'))
}

impl fmt::Display for FileFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_content() {
        for (prefix, format) in [
            (
                &b"PK\x03\x04\x14\0\0\0\x08\0[Content_Types].xml"[..],
                FileFormat::Xlsx,
            ),
            (b"PK\x03\x04\x14\0\0\0\x08\0xl/workbook.xml", FileFormat::Xlsx),
            (b"PK\x03\x04\x14\0\0\0\x08\0readme.txt", FileFormat::Zip),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", FileFormat::Xls),
            (
                b"\xef\xbb\xbfid,login_user\r\n1,\xe5\xbc\xa0\r\n",
                FileFormat::Csv,
            ),
            (b"\xd3\xc3\xbb\xa7,\xd7\xb4\xcc\xac\n", FileFormat::Csv),
            (b"hello", FileFormat::Unknown),
            (b"a,\0b", FileFormat::Unknown),
            (b"", FileFormat::Unknown),
        ] {
            assert_eq!(FileFormat::of(prefix), format, "{prefix:?}");
        }
    }
}
