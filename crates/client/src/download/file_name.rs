//! A name from a server, made safe.

use std::fmt;
use std::path::Path;

/// Longest name, in bytes: file systems take 255, and a suffix may be added.
const MOST_BYTES: usize = 200;
/// Names that Windows keeps for devices, whatever their suffix.
const DEVICES: [&str; 7] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"];

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
        let trimmed = trimmed_end(cleaned.trim_start_matches(at_an_edge));
        let stem = trimmed_end(trimmed.split('.').next().unwrap_or_default());
        let is_device =
            DEVICES.iter().any(|device| stem.eq_ignore_ascii_case(device)) || is_numbered_port(stem);
        let name = if is_device {
            format!("_{trimmed}")
        } else {
            trimmed.to_owned()
        };
        let name = shortened(&name);
        // After the cut: it may have taken all that was more.
        (!name.chars().all(|c| c == '_' || c.is_whitespace())).then(|| Self(name.into()))
    }

    /// Reads the name from a `Content-Disposition` header (RFC 6266): `filename*` in UTF-8 (RFC 8187), else `filename`.
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
        // One of which nothing is left when it is made safe gives way to the other.
        let safe = |text: String| Self::from_server(&text);
        extended.and_then(safe).or_else(|| plain().and_then(safe))
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

/// Characters that change how a name is shown, or that nobody sees: what ends a line, and what Unicode lets a reader
/// ignore (`Default_Ignorable_Code_Point`: directions, joiners, fillers, variation selectors, tags).
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn at_an_edge(c: char) -> bool {
    c == '.' || c.is_whitespace()
}

fn trimmed_end(text: &str) -> &str {
    text.trim_end_matches(at_an_edge)
}

/// `COM0` to `COM9`, `LPT0` to `LPT9`; Windows reads the superscript digits of Latin-1 as digits, too.
fn is_numbered_port(stem: &str) -> bool {
    let Some((name, number)) = stem.split_at_checked(3) else {
        return false;
    };
    let mut number = number.chars();
    (name.eq_ignore_ascii_case("COM") || name.eq_ignore_ascii_case("LPT"))
        && matches!(
            (number.next(), number.next()),
            (Some('0'..='9' | '\u{b9}' | '\u{b2}' | '\u{b3}'), None)
        )
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
    // The cut may have made a dot or a blank the last character.
    format!("{}{suffix}", trimmed_end(&name[..end]))
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
            ("COM0", Some("_COM0")),
            ("com\u{b9}.txt", Some("_com\u{b9}.txt")),
            ("COM10", Some("COM10")),
            ("CON", Some("_CON")),
            ("NUL.xlsx", Some("_NUL.xlsx")),
            ("nul .tar.gz", Some("_nul .tar.gz")),
            ("NUL\u{a0}.xlsx", Some("_NUL\u{a0}.xlsx")),
            ("conin$", Some("_conin$")),
            ("CON:", Some("CON_")),
            ("console.log", Some("console.log")),
            ("x.xlsx...", Some("x.xlsx")),
            ("x.xlsx \u{3000}", Some("x.xlsx")),
            (r"..\..\x", Some("x")),
            ("..%2f..%2fx", Some("%2f..%2fx")),
            ("a\u{2066}b\u{61c}c\u{2028}d", Some("a_b_c_d")),
            (r#"a"b'c.csv"#, Some("a_b'c.csv")),
            ("x.csv:stream", Some("x.csv_stream")),
            ("x\u{202e}xslx.exe", Some("x_xslx.exe")),
            ("x. .", Some("x")),
            ("", None),
            (".", None),
            ("../", None),
            ("\u{0}", None),
            ("\u{3164}", None),
            ("_ _", None),
            ("a\u{fe0f}b\u{34f}c", Some("a_b_c")),
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
    fn a_cut_leaves_no_dot_or_blank_at_the_end() {
        for edge in ['.', ' '] {
            let text = format!("{}{edge}{}", "a".repeat(199), "b".repeat(99));
            assert_eq!(safe(&text).unwrap(), "a".repeat(199), "{edge:?}");
        }
        assert_eq!(safe(&"a".repeat(300)).unwrap().len(), 200);
        assert_eq!(
            safe(&format!("{}a", "\0".repeat(210))),
            None,
            "a cut to nothing but underscores"
        );
        assert_eq!(safe(&format!("con.{}", "b".repeat(300))).unwrap().len(), 200);
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
            ("attachment; filename*=utf-8'zh-cn'a%2Fb%5Cc.xlsx", Some("c.xlsx")),
            ("attachment; filename*=UTF-8''..; filename=x.csv", Some("x.csv")),
            (r#"attachment; filename="C:\\dir\\x.csv""#, Some("x.csv")),
            (r#"attachment; filename="..\..\x.csv""#, Some("x.csv")),
            (r#"attachment; filename="x.csv"#, Some("x.csv")),
            ("attachment; filename=x.csv; filename=y.csv", Some("x.csv")),
            ("attachment", None),
            ("attachment; filename=", None),
            ("", None),
        ] {
            let name = FileName::from_disposition(header.as_bytes());
            assert_eq!(name.as_ref().map(FileName::as_str), expected, "{header}");
        }
    }

    /// Whether Windows takes it for one file of that name: by the rules of "Naming Files, Paths, and Namespaces".
    fn is_one_component_on_windows(name: &str) -> bool {
        let stem = name.split('.').next().unwrap().trim_end().to_uppercase();
        let devices = "CON PRN AUX NUL CONIN$ CONOUT$ CLOCK$";
        let port = |kind: &str| {
            let number = stem.strip_prefix(kind).unwrap_or_default();
            ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³"].contains(&number)
        };
        !name.contains(|c: char| c < ' ' || r#"<>:"/\|?*"#.contains(c))
            && !name.ends_with(['.', ' '])
            && !devices.split(' ').any(|device| device == stem)
            && !port("COM")
            && !port("LPT")
    }

    /// Texts of the pieces that names are attacked with, besides any text at all.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            prop::sample::select(vec![
                "..", "/", "\\", ".", " ", "CON", "nul", "COM", "1", "\u{b2}", ":", "\0", "\n", "\u{202e}",
                "\u{2028}", "\u{3000}", "_", "\"", "%2f", "a", "会", ".xlsx",
            ])
            .prop_map(str::to_owned),
            (1..260_usize).prop_map(|count| "x".repeat(count)),
        ];
        prop_oneof![
            any::<String>(),
            prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn no_text_leads_out_of_the_directory(text in hostile(), header in any::<Vec<u8>>()) {
            let _ = FileName::from_disposition(&header);
            let Some(name) = FileName::from_server(&text) else { return Ok(()) };
            let path = Path::new("directory").join(&name);
            prop_assert_eq!(path.parent(), Some(Path::new("directory")));
            let mut components = Path::new(name.as_str()).components();
            prop_assert!(matches!(components.next(), Some(std::path::Component::Normal(_))));
            prop_assert!(components.next().is_none());
            prop_assert!(is_one_component_on_windows(name.as_str()), "{:?}", name);
            prop_assert!(!name.as_str().chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert!(name.as_str().len() <= 200 && !name.as_str().starts_with('.'));
            let again = FileName::from_server(name.as_str()).unwrap();
            prop_assert_eq!(again, name);
        }

        #[test]
        fn no_header_leads_out_of_the_directory(text in hostile()) {
            for header in [
                format!("attachment; filename=\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
                format!("attachment; filename={text}"),
                format!("attachment; filename*=UTF-8''{text}"),
            ] {
                if let Some(name) = FileName::from_disposition(header.as_bytes()) {
                    prop_assert!(is_one_component_on_windows(name.as_str()), "{:?}", name);
                    prop_assert_eq!(Path::new(name.as_str()).components().count(), 1);
                }
            }
        }
    }
}
