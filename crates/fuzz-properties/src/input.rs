//! Bytes taken apart in ways that a person can read and write.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write as _;

use http::{HeaderMap, HeaderName, HeaderValue};

/// Stands for a secret in an input.
pub(crate) const MARK: u8 = b'@';

/// What is before the first line break, and what is behind it.
pub(crate) fn first_line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &[]),
    }
}

/// `name: value` lines up to an empty one, and what is behind that. What is no header is passed over.
pub(crate) fn head_and_body(data: &[u8]) -> (HeaderMap, &[u8]) {
    let mut headers = HeaderMap::new();
    let mut rest = data;
    while !rest.is_empty() {
        let (line, after) = first_line(rest);
        rest = after;
        if line.is_empty() {
            break;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value)
            && headers.len() < 64
        {
            headers.append(name, value);
        }
    }
    (headers, rest)
}

/// The bytes with every [`MARK`] replaced.
pub(crate) fn planted(data: &[u8], secret: &str) -> Vec<u8> {
    let mut planted = Vec::with_capacity(data.len());
    for byte in data {
        match *byte {
            MARK => planted.extend_from_slice(secret.as_bytes()),
            other => planted.push(other),
        }
    }
    planted
}

pub(crate) fn text(data: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(data)
}

/// All that an error shows: `Display` and `Debug` of it and of its causes.
pub(crate) fn shown(error: &dyn Error) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let _ = writeln!(text, "{error}\n{error:?}");
        next = error.source();
    }
    text
}

/// Whether a text of a server's can be shown in one line of a terminal or log.
pub(crate) fn is_one_line(text: &str) -> bool {
    !text
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}
