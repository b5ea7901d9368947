//! The canonical request: what a signature is about. The rules are those of the guide to API request signing.
//!
//! Everything works on bytes. A path or header that is not UTF-8 gets a signature of its own like any other.

use http::{HeaderMap, Uri};

use crate::request;

/// How much of a canonical request goes into an answer, in bytes.
const SHOWN_LIMIT: usize = 2_048;

/// Headers whose values are left out where a canonical request is shown.
const SECRET_HEADERS: [&str; 6] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "x-auth-token",
    "x-security-token",
    "x-subject-token",
];

/// A canonical request in its parts.
#[derive(Debug)]
pub(super) struct CanonicalRequest<'a> {
    method: &'a str,
    path: String,
    query: String,
    /// Names and trimmed values.
    headers: Vec<(&'a str, &'a [u8])>,
}

/// A signed header that is not there exactly once; the text goes into the answer.
pub(super) type Fault = &'static str;

impl<'a> CanonicalRequest<'a> {
    /// What the request has under the names that were signed.
    pub(super) fn new(
        method: &'a str,
        uri: &'a Uri,
        headers: &'a HeaderMap,
        signed: &[&'a str],
    ) -> Result<Self, Fault> {
        let value = |name: &'a str| {
            let value =
                request::single(headers, name).map_err(|_| "a signed header is given more than once")?;
            match (value, uri.authority()) {
                (Some(value), _) => Ok((name, value.as_bytes().trim_ascii())),
                (None, Some(authority)) if name == "host" => Ok((name, authority.as_str().as_bytes())),
                _ => Err("a signed header is not found"),
            }
        };
        Ok(Self {
            method,
            path: path(uri.path()),
            query: query(uri.query().unwrap_or_default()),
            headers: signed.iter().map(|name| value(name)).collect::<Result<_, _>>()?,
        })
    }

    /// The bytes whose hash is signed.
    pub(super) fn bytes(&self, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [self.method, &self.path, &self.query] {
            bytes.extend_from_slice(part.as_bytes());
            bytes.push(b'\n');
        }
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(b':');
            bytes.extend_from_slice(value);
            bytes.push(b'\n');
        }
        bytes.push(b'\n');
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        bytes.extend_from_slice(names.join(";").as_bytes());
        bytes.push(b'\n');
        bytes.extend_from_slice(payload);
        bytes
    }

    /// The request on one line as the gateway shows it, with `|` for line ends, without secrets, and cut.
    pub(super) fn shown(&self, payload: &[u8]) -> String {
        let headers = self.headers.iter().map(|(name, value)| {
            let secret = SECRET_HEADERS.contains(name);
            (*name, if secret { b"[redacted]" as &[u8] } else { *value })
        });
        let shown = CanonicalRequest {
            method: self.method,
            path: self.path.clone(),
            query: self.query.clone(),
            headers: headers.collect(),
        };
        let mut bytes = shown.bytes(payload);
        bytes.truncate(SHOWN_LIMIT);
        String::from_utf8_lossy(&bytes).replace('\n', "|")
    }
}

/// Decodes the path, encodes each segment, and ends it in a slash.
pub(super) fn path(path: &str) -> String {
    let decoded = decode(path.as_bytes(), false);
    let segments: Vec<String> = decoded.split(|byte| *byte == b'/').map(encode).collect();
    let mut path = segments.join("/");
    if !path.ends_with('/') {
        path.push('/');
    }
    path
}

/// Decodes names and values, sorts the pairs, and encodes them again.
pub(super) fn query(query: &str) -> String {
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name.as_bytes(), true), decode(value.as_bytes(), true))
        })
        .collect();
    pairs.sort();
    let encoded = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    encoded.collect::<Vec<_>>().join("&")
}

/// Encodes everything but `A-Z a-z 0-9 - _ . ~`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            text.push('%');
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    text
}

/// Decodes `%XX`. What is no encoding stays as it is, so that it is signed like any other text.
fn decode(text: &[u8], plus_is_blank: bool) -> Vec<u8> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match (first, tail) {
            (b'%', [high, low, after @ ..]) => {
                if let (Some(high), Some(low)) = (digit(*high), digit(*low)) {
                    decoded.push(high << 4 | low);
                    rest = after;
                } else {
                    decoded.push(b'%');
                }
            }
            (b'+', _) if plus_is_blank => decoded.push(b' '),
            _ => decoded.push(*first),
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_are_encoded_once_and_end_in_a_slash() {
        for (wire, canonical) in [
            ("/", "/"),
            ("/v3/projects", "/v3/projects/"),
            ("/v3/projects/", "/v3/projects/"),
            ("/a%20b%2Bc~d%E5%BC%A0", "/a%20b%2Bc~d%E5%BC%A0/"),
            ("/a+b'c", "/a%2Bb%27c/"),
            ("/a%2fb", "/a/b/"),
            ("/a%252Fb", "/a%252Fb/"),
            ("/%ff%", "/%FF%25/"),
            ("/%zz%4", "/%25zz%254/"),
        ] {
            assert_eq!(path(wire), canonical, "{wire}");
        }
    }

    #[test]
    fn queries_are_sorted_before_they_are_encoded() {
        for (wire, canonical) in [
            ("", ""),
            ("&&", ""),
            ("b&a=1", "a=1&b="),
            ("a=2&a=10&a=", "a=&a=10&a=2"),
            ("a~=1&a=2", "a=2&a~=1"),
            ("%5B=1&z=1&A=1", "A=1&%5B=1&z=1"),
            ("a=b=c&d=e+f%2B", "a=b%3Dc&d=e%20f%2B"),
            ("x=%zz&%=", "%25=&x=%25zz"),
        ] {
            assert_eq!(query(wire), canonical, "{wire}");
        }
    }

    proptest! {
        #[test]
        fn canonical_forms_are_safe_and_stable(text in "\\PC*|[%0-9a-f+&=/;~]{0,60}") {
            let once = path(&text);
            prop_assert!(once.bytes().all(|byte| byte.is_ascii_graphic()));
            // A second pass changes nothing, unless a percent sign was decoded from one that was encoded itself.
            if !once.contains("%25") {
                prop_assert_eq!(path(&once), once);
            }
            let once = query(&text);
            prop_assert!(once.bytes().all(|byte| byte.is_ascii_graphic()));
            if !once.contains("%25") {
                prop_assert_eq!(query(&once), once);
            }
        }

        #[test]
        fn what_was_encoded_is_canonical(bytes in any::<Vec<u8>>()) {
            let encoded = encode(&bytes);
            prop_assert_eq!(decode(encoded.as_bytes(), true), bytes);
            prop_assert_eq!(query(&format!("k={encoded}")), format!("k={encoded}"));
        }
    }
}
