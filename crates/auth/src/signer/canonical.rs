//! The canonical request: the one spelling of a request that both sides hash.
//!
//! ```text
//! METHOD
//! the path, decoded and encoded again, with a slash at its end
//! the query, decoded, sorted and encoded again
//! name:value            a line for each value of each signed header
//!
//! name;name             the names of the signed headers
//! the hash of the body
//! ```
//!
//! It is made from what goes on the wire and byte by byte: a `%` that begins no escape is a `%`, and bytes need not be
//! UTF-8.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use sha2::{Digest, Sha256};

use super::hex;

/// Everything but the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// In a path slashes stay, and `%2F` becomes one: the official signer decodes a path before it looks for them.
const ESCAPED_IN_PATH: &AsciiSet = &ESCAPED.remove(b'/');

const X_SDK_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-sdk-content-sha256");

/// What a signature can cover.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

/// The names of the headers that are signed, sorted, each once. In `Authorization` they are `host;x-sdk-date`.
pub(crate) struct SignedHeaders(Vec<HeaderName>);

impl SignedHeaders {
    /// The headers of a request that this client signs: the host, `Content-Type`, and what begins with `X-`.
    ///
    /// Not the others, since a proxy may rewrite them (`User-Agent`, `Accept-Encoding`); not a name with an underscore,
    /// which the official signers leave out and some proxies drop; and not a token, which is no part of this signature.
    pub(crate) fn of(parts: Parts<'_>) -> Self {
        let names = parts.headers.keys().filter(|name| is_signed(name)).cloned();
        let host = host(parts).map(|_| header::HOST);
        Self::new(names.chain(host))
    }

    pub(super) fn new(names: impl IntoIterator<Item = HeaderName>) -> Self {
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
        names.dedup();
        Self(names)
    }

    /// Writes them as in `Authorization`.
    pub(super) fn write(&self, out: &mut impl FnMut(&str)) {
        let mut separator = "";
        for name in &self.0 {
            out(separator);
            out(name.as_str());
            separator = ";";
        }
    }
}

fn is_signed(name: &HeaderName) -> bool {
    let name = name.as_str();
    name == "content-type" || (name.starts_with("x-") && !name.contains('_') && name != "x-auth-token")
}

/// Writes the canonical request to `out`, piece by piece.
pub(super) fn write_request(parts: Parts<'_>, signed: &SignedHeaders, out: &mut impl FnMut(&[u8])) {
    match parts.method.as_str() {
        upper if upper.bytes().all(|byte| byte.is_ascii_uppercase()) => out(upper.as_bytes()),
        method => out(method.to_ascii_uppercase().as_bytes()),
    }
    out(b"\n");
    write_path(parts.uri, out);
    out(b"\n");
    write_query(parts.uri, out);
    out(b"\n");
    write_headers(parts, signed, out);
    // Each header ends its line, and so this is a blank one.
    out(b"\n");
    signed.write(&mut |text| out(text.as_bytes()));
    out(b"\n");
    write_body_hash(parts, out);
}

fn write_path(uri: &Uri, out: &mut impl FnMut(&[u8])) {
    let path: Cow<'_, [u8]> = percent_decode_str(uri.path()).into();
    write_encoded(&path, ESCAPED_IN_PATH, out);
    if !path.ends_with(b"/") {
        out(b"/");
    }
}

fn write_query(uri: &Uri, out: &mut impl FnMut(&[u8])) {
    // Sorted by what they mean: once encoded, `%E5` would come before `z`. A plus is a plus, never a blank.
    let mut pairs: Vec<[Cow<'_, [u8]>; 2]> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| [name, value].map(|text| percent_decode_str(text).into()))
        .collect();
    pairs.sort_unstable();
    let mut separator: &[u8] = b"";
    for [name, value] in &pairs {
        out(separator);
        write_encoded(name, ESCAPED, out);
        out(b"=");
        write_encoded(value, ESCAPED, out);
        separator = b"&";
    }
}

fn write_encoded(bytes: &[u8], escaped: &'static AsciiSet, out: &mut impl FnMut(&[u8])) {
    percent_encode(bytes, escaped).for_each(|piece| out(piece.as_bytes()));
}

fn write_headers(parts: Parts<'_>, signed: &SignedHeaders, out: &mut impl FnMut(&[u8])) {
    let mut line = |name: &HeaderName, value: &[u8]| {
        out(name.as_str().as_bytes());
        out(b":");
        out(value.trim_ascii());
        out(b"\n");
    };
    for name in &signed.0 {
        if *name == header::HOST
            && let Some(host) = host(parts)
        {
            line(name, &host);
            continue;
        }
        let mut values = parts.headers.get_all(name).iter().map(HeaderValue::as_bytes);
        match (values.next(), values.next()) {
            (Some(only), None) => line(name, only),
            (Some(first), Some(second)) => {
                // A line for each, in the order of the official Go signer.
                let all = [first, second].into_iter().chain(values);
                let mut all: Vec<&[u8]> = all.map(<[u8]>::trim_ascii).collect();
                all.sort_unstable();
                all.into_iter().for_each(|value| line(name, value));
            }
            (None, _) => {}
        }
    }
}

/// The `Host` that goes on the wire: the header if there is one, else what a transport makes of the URL, which is its
/// authority without a user and without the port that the scheme implies.
fn host(parts: Parts<'_>) -> Option<Cow<'_, [u8]>> {
    if let Some(host) = parts.headers.get(header::HOST) {
        return Some(host.as_bytes().into());
    }
    let authority = parts.uri.authority()?;
    let implied = match parts.uri.scheme_str() {
        Some("https") => Some(443),
        Some("http") => Some(80),
        _ => None,
    };
    let host = authority.host();
    Some(match authority.port_u16() {
        Some(port) if Some(port) != implied => format!("{host}:{port}").into_bytes().into(),
        _ => host.as_bytes().into(),
    })
}

/// A hash that the request names is taken at its word: `UNSIGNED-PAYLOAD` is one.
fn write_body_hash(parts: Parts<'_>, out: &mut impl FnMut(&[u8])) {
    match parts.headers.get(X_SDK_CONTENT_SHA256) {
        Some(hash) => out(hash.as_bytes().trim_ascii()),
        None => out(hex(&Sha256::digest(parts.body)).as_bytes()),
    }
}
