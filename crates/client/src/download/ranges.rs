//! Whether a file can be continued, and whether what comes is what follows (RFC 9110, sections 8.8.3, 13.1.5, 14 and
//! 15.3.7).
//!
//! That the service knows ranges is not documented. So no download begins with one, and of one that breaks off the rest
//! is asked for only if the head named a strong validator: then a server which knows nothing of ranges, or whose file
//! has changed, answers with the whole file.

use http::header::{
    ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap,
};
use http::{HeaderName, StatusCode};

use crate::operation::Reply;

/// The strong entity tag that a head names; none when it also says that there are no ranges.
///
/// `Last-Modified` is left out: it is strong only by comparison with the server's clock (section 8.8.2.2), and only to
/// the second. A tag without a character is left out, too: it tells nothing apart.
pub(super) fn validator(headers: &HeaderMap) -> Option<String> {
    let refuses = headers
        .get_all(ACCEPT_RANGES)
        .iter()
        .any(|value| value.as_bytes().eq_ignore_ascii_case(b"none"));
    let tag = only(headers, ETAG)?;
    (!refuses && is_strong(tag)).then(|| tag.to_owned())
}

/// Whether text is a strong entity tag: quoted, without `W/`, and of visible ASCII.
pub(super) fn is_strong(tag: &str) -> bool {
    tag.strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .is_some_and(|inside| {
            !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"')
        })
}

/// What came for `Range: bytes=N-` with `If-Range`.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// What follows, up to the byte before `ends`.
    Part { ends: u64, total: u64 },
    /// The file from its start: the server knows no ranges, or the file has changed.
    Whole,
    /// Neither.
    Lie(&'static str),
}

/// Judges the answer to a request for everything from byte `at` of the file `tag`, which has `total` bytes if that is
/// known.
pub(super) fn judge(reply: &Reply, at: u64, total: Option<u64>, tag: &str) -> Answer {
    match reply.status {
        StatusCode::OK => Answer::Whole,
        StatusCode::PARTIAL_CONTENT => part(&reply.headers, at, total, tag).unwrap_or_else(Answer::Lie),
        _ => Answer::Lie("it could not be continued, the status is neither 200 nor 206"),
    }
}

fn part(headers: &HeaderMap, at: u64, total: Option<u64>, tag: &str) -> Result<Answer, &'static str> {
    let starts_with = |name: HeaderName, start: &[u8]| {
        headers
            .get(name)
            .is_some_and(|value| value.as_bytes().to_ascii_lowercase().starts_with(start))
    };
    if starts_with(CONTENT_TYPE, b"multipart/byteranges") {
        return Err("it could not be continued, several ranges came for one");
    }
    if headers.contains_key(CONTENT_ENCODING) && !starts_with(CONTENT_ENCODING, b"identity") {
        return Err("it could not be continued, the rest is encoded");
    }
    // A 206 names the tag that a 200 would have had, so that nothing is put together of two files.
    if only(headers, ETAG) != Some(tag) {
        return Err("it could not be continued, the rest is of another file");
    }
    let range = only(headers, CONTENT_RANGE).and_then(ContentRange::parse);
    let Some(ContentRange { first, last, of }) = range else {
        return Err("it could not be continued, the rest does not say where it begins");
    };
    if first != at {
        return Err("it could not be continued, the rest begins elsewhere");
    }
    let total = match (of, total) {
        (Some(of), Some(total)) if of != total => {
            return Err("it could not be continued, the file has another length now");
        }
        (Some(total), _) | (None, Some(total)) => total,
        (None, None) => return Err("it could not be continued, nobody knows where it ends"),
    };
    if last < first || last >= total {
        return Err("it could not be continued, the rest ends where it cannot");
    }
    let length = headers
        .get(CONTENT_LENGTH)
        .map(|value| value.to_str().ok().and_then(digits));
    if length.is_some_and(|length| length != Some(last - first + 1)) {
        return Err("it could not be continued, the rest has two lengths");
    }
    Ok(Answer::Part {
        ends: last + 1,
        total,
    })
}

/// `bytes 0-4/5`, `bytes 0-4/*`.
struct ContentRange {
    first: u64,
    last: u64,
    of: Option<u64>,
}

impl ContentRange {
    fn parse(text: &str) -> Option<Self> {
        let (unit, rest) = text.trim().split_once(' ')?;
        let (range, of) = rest.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let of = match of {
            "*" => None,
            of => Some(digits(of)?),
        };
        unit.eq_ignore_ascii_case("bytes").then_some(Self {
            first: digits(first)?,
            last: digits(last)?,
            of,
        })
    }
}

/// A number of digits alone; `parse` would take a sign.
fn digits(text: &str) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// A header's value if it stands there once and is ASCII.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        let mut map = HeaderMap::new();
        pairs.for_each(|(name, value)| {
            map.append(name, value);
        });
        map
    }

    #[test]
    fn only_a_strong_tag_validates() {
        for (pairs, expected) in [
            (&[("etag", r#""a-1""#)][..], Some(r#""a-1""#)),
            (&[("etag", r#""a""#), ("accept-ranges", "bytes")], Some(r#""a""#)),
            (&[("etag", r#""a""#), ("accept-ranges", "None")], None),
            (&[("etag", r#"W/"a""#)], None),
            (&[("etag", r#""""#)], None),
            (&[("etag", r#"""#)], None),
            (&[("etag", "a")], None),
            (&[("etag", r#""a"b""#)], None),
            (&[("etag", r#""a b""#)], None),
            (&[("etag", r#""a""#), ("etag", r#""b""#)], None),
            (&[("last-modified", "Tue, 27 Feb 2024 03:47:51 GMT")], None),
            (&[], None),
        ] {
            assert_eq!(validator(&headers(pairs)).as_deref(), expected, "{pairs:?}");
        }
    }

    #[test]
    fn a_part_is_what_follows_or_a_lie() {
        let judged = |range: &str, total| {
            let pairs = [("etag", r#""a""#), ("content-range", range)];
            part(&headers(&pairs), 4, total, r#""a""#).ok()
        };
        let whole = Some(Answer::Part { ends: 10, total: 10 });
        for (range, total, expected) in [
            ("bytes 4-9/10", Some(10), &whole),
            ("BYTES 4-9/10", None, &whole),
            ("bytes 4-9/*", Some(10), &whole),
            (
                "bytes 4-6/10",
                Some(10),
                &Some(Answer::Part { ends: 7, total: 10 }),
            ),
            ("bytes 4-9/*", None, &None),
            ("bytes 4-9/11", Some(10), &None),
            ("bytes 3-9/10", Some(10), &None),
            ("bytes 5-9/10", Some(10), &None),
            ("bytes 4-10/10", Some(10), &None),
            ("bytes 4-3/10", Some(10), &None),
            ("bytes */10", Some(10), &None),
            ("bytes 4-9", Some(10), &None),
            ("bytes +4-9/10", Some(10), &None),
            ("bytes 4-/10", Some(10), &None),
            ("bytes 4-18446744073709551616/10", Some(10), &None),
            ("bytes 4-18446744073709551615/*", Some(10), &None),
            ("rows 4-9/10", Some(10), &None),
            ("", Some(10), &None),
        ] {
            assert_eq!(&judged(range, total), expected, "{range} {total:?}");
        }
        let range = ("content-range", "bytes 4-9/10");
        for (pairs, good) in [
            (&[range, ("etag", r#""a""#), ("content-length", "6")][..], true),
            (&[range, ("etag", r#""a""#), ("content-length", "7")], false),
            (&[range, ("etag", r#""a""#), ("content-length", "x")], false),
            (&[range, ("etag", r#""b""#)], false),
            (&[range, ("etag", r#"W/"a""#)], false),
            (&[range], false),
            (&[range, range, ("etag", r#""a""#)], false),
            (&[range, ("etag", r#""a""#), ("content-encoding", "gzip")], false),
            (
                &[
                    range,
                    ("etag", r#""a""#),
                    ("content-type", "Multipart/ByteRanges; boundary=x"),
                ],
                false,
            ),
        ] {
            assert_eq!(
                part(&headers(pairs), 4, Some(10), r#""a""#).is_ok(),
                good,
                "{pairs:?}"
            );
        }
    }
}
