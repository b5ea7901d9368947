//! A name from a server, made safe.

use std::fmt;
use std::path::Path;

/// Longest name, in bytes: file systems take 255, and a suffix may be added.
const MOST_BYTES: usize = 200;
/// Names that Windows keeps for devices, whatever their suffix.
const DEVICES: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];

/// A file name that came from a server, made safe to use inside a directory.
///
/// The server's text is data, never a path: only what follows its last separator counts, characters that some file
/// system gives a meaning become `_`, and it is never empty, hidden, a device's name or longer than 200 bytes.
///
/// ```
/// use session_export::FileName;
///
/// assert_eq!(FileName::from_server("../../etc/cron.d/会话.xlsx").unwrap().as_str(), "会话.xlsx");
/// assert_eq!(FileName::from_server("CON").unwrap().as_str(), "_CON");
/// assert!(FileName::from_server("..").is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileName(Box<str>);

impl FileName {
    /// Makes a server's text safe; `None` when nothing of a name is left.
    pub fn from_server(text: &str) -> Option<Self> {
        let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
        let cleaned: String = last
            .chars()
            .map(|c| {
                if c.is_control() || is_invisible(c) || r#"<>:"|?*"#.contains(c) {
                    '_'
                } else {
                    c
                }
            })
            .collect();
        // A leading dot hides a file; Windows drops blanks and dots at the end.
        let trimmed = cleaned
            .trim_start_matches(['.', ' '])
            .trim_end_matches(['.', ' ']);
        if trimmed.chars().all(|c| c == '_') {
            return None;
        }
        let stem = trimmed.split('.').next().unwrap_or_default().trim_end();
        let is_device =
            DEVICES.iter().any(|device| stem.eq_ignore_ascii_case(device)) || is_numbered_port(stem);
        let name = if is_device {
            format!("_{trimmed}")
        } else {
            trimmed.to_owned()
        };
        Some(Self(shortened(&name).into()))
    }

    /// Reads the name from a `Content-Disposition` header (RFC 6266): `filename*` in UTF-8, else `filename`.
    pub(super) fn from_disposition(value: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(value);
        let parameters = parameters(&text);
        let named = |wanted: &str| {
            parameters
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
        };
        let extended = named("filename*").and_then(|(_, value)| {
            let (charset, rest) = value.split_once('\'')?;
            let (_language, encoded) = rest.split_once('\'')?;
            charset
                .eq_ignore_ascii_case("utf-8")
                .then(|| percent_decoded(encoded))?
        });
        let plain = || named("filename").map(|(_, value)| value.clone());
        extended.or_else(plain).as_deref().and_then(Self::from_server)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<Path> for FileName {
    fn as_ref(&self) -> &Path {
        Path::new(&*self.0)
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Characters that change how a name is shown: directions, joiners, the byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// `COM1` to `COM9`, `LPT1` to `LPT9`.
fn is_numbered_port(stem: &str) -> bool {
    let Some((name, number)) = stem.split_at_checked(3) else {
        return false;
    };
    (name.eq_ignore_ascii_case("COM") || name.eq_ignore_ascii_case("LPT"))
        && matches!(number.as_bytes(), [b'1'..=b'9'])
}

/// Cuts the stem, not the suffix.
fn shortened(name: &str) -> String {
    if name.len() <= MOST_BYTES {
        return name.to_owned();
    }
    let suffix = match name.rfind('.') {
        Some(at) if name.len() - at <= 16 => &name[at..],
        _ => "",
    };
    let mut end = MOST_BYTES - suffix.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{suffix}", &name[..end])
}

/// The parameters of a header, quoted strings unquoted.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => {
                escaped = true;
                continue;
            }
            '"' => {
                quoted = !quoted;
                continue;
            }
            ';' if !quoted => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    let pair = |part: String| {
        part.split_once('=')
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
    };
    parts.into_iter().skip(1).filter_map(pair).collect()
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
            bytes.push(digit(rest.next()?)? * 16 + digit(rest.next()?)?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn safe(text: &str) -> Option<String> {
        FileName::from_server(text).map(|name| name.as_str().to_owned())
    }

    #[test]
    fn a_path_is_no_name() {
        for (text, expected) in [
            ("sessions.xlsx", Some("sessions.xlsx")),
            ("用户会话 2024.xlsx", Some("用户会话 2024.xlsx")),
            ("../../x", Some("x")),
            (r"C:\Windows\x.xlsx", Some("x.xlsx")),
            ("/etc/passwd", Some("passwd")),
            (".bashrc", Some("bashrc")),
            ("a:b|c?.csv", Some("a_b_c_.csv")),
            ("con.xlsx", Some("_con.xlsx")),
            ("LPT1", Some("_LPT1")),
            ("COM0", Some("COM0")),
            ("x\u{202e}xslx.exe", Some("x_xslx.exe")),
            ("x. .", Some("x")),
            ("", None),
            (".", None),
            ("../", None),
            ("\u{0}", None),
        ] {
            assert_eq!(safe(text).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_suffix() {
        let name = safe(&format!("{}.xlsx", "会".repeat(100))).unwrap();
        assert!(name.len() <= 200 && name.ends_with("会.xlsx"), "{name}");
    }

    #[test]
    fn a_disposition_is_read() {
        for (header, expected) in [
            (r#"attachment; filename="sessions.xlsx""#, Some("sessions.xlsx")),
            ("attachment; filename=sessions.csv; size=3", Some("sessions.csv")),
            (r#"attachment; filename="a;b\".csv"; x=y"#, Some("a;b_.csv")),
            (
                "attachment; filename=\"x.xlsx\"; filename*=UTF-8''%E4%BC%9A%E8%AF%9D.xlsx",
                Some("会话.xlsx"),
            ),
            ("attachment; filename*=UTF-8''%zz; filename=x.csv", Some("x.csv")),
            ("attachment; filename*=GBK''%BB%E1; filename=x.csv", Some("x.csv")),
            ("attachment", None),
            ("attachment; filename=", None),
            ("", None),
        ] {
            let name = FileName::from_disposition(header.as_bytes());
            assert_eq!(name.as_ref().map(FileName::as_str), expected, "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_text_leads_out_of_the_directory(text in any::<String>(), header in any::<Vec<u8>>()) {
            let _ = FileName::from_disposition(&header);
            let Some(name) = FileName::from_server(&text) else { return Ok(()) };
            let path = Path::new("directory").join(&name);
            prop_assert_eq!(path.parent(), Some(Path::new("directory")));
            prop_assert_eq!(path.components().count(), 2);
            prop_assert!(name.as_str().len() <= 201 && !name.as_str().starts_with('.'));
            let again = FileName::from_server(name.as_str()).unwrap();
            prop_assert_eq!(again, name);
        }
    }
}
