//! The answer that carries a file: its headers, its framing, and a part of it where ranges are supported.

use std::io::{self, SeekFrom};
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::BytesMut;
use futures_util::stream::try_unfold;
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE,
};
use http::{HeaderMap, HeaderValue, StatusCode, Version};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, Take};

use crate::choices::{
    Choices, ContentDisposition, ContentType, DownloadFraming, DownloadMark, DownloadRanges,
};
use crate::request;
use crate::signing::encode;
use crate::tasks::Task;

/// Bytes of a file in one frame.
const CHUNK: usize = 64 * 1024;

/// Answers with the file, as far as the request's `Range` wants it and the choice lets it.
pub(crate) async fn answer(
    choices: &Choices,
    task: Arc<Task>,
    mut file: File,
    length: u64,
    headers: &HeaderMap,
) -> io::Result<Response> {
    let tag = format!("\"{}\"", task.id);
    let part = match choices.ranges {
        DownloadRanges::Ignored => Part::Whole,
        DownloadRanges::Bytes => part(headers, &tag, length),
    };
    let (status, start, count) = match part {
        Part::Whole => (StatusCode::OK, 0, length),
        Part::Range { start, count } => (StatusCode::PARTIAL_CONTENT, start, count),
        Part::Beyond => (StatusCode::RANGE_NOT_SATISFIABLE, 0, 0),
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let head = response.headers_mut();
    if choices.ranges == DownloadRanges::Bytes {
        head.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        head.insert(ETAG, value(tag)?);
    }
    match part {
        Part::Whole => {}
        Part::Range { start, count } => {
            let range = format!("bytes {start}-{}/{length}", start + count.saturating_sub(1));
            head.insert(CONTENT_RANGE, value(range)?);
        }
        Part::Beyond => {
            head.insert(CONTENT_RANGE, value(format!("bytes */{length}"))?);
            return Ok(response);
        }
    }
    let media_type = match choices.content_type {
        ContentType::Format => Some(task.format.media_type()),
        ContentType::OctetStream => Some("application/octet-stream"),
        ContentType::Absent => None,
    };
    if let Some(media_type) = media_type {
        head.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    let disposition = match choices.content_disposition {
        ContentDisposition::Quoted => Some(format!("attachment; filename=\"{}\"", task.file_name)),
        ContentDisposition::Encoded => {
            let name = encode(task.file_name.as_bytes());
            Some(format!("attachment; filename*=UTF-8''{name}"))
        }
        ContentDisposition::Absent => None,
    };
    if let Some(disposition) = disposition {
        head.insert(CONTENT_DISPOSITION, value(disposition)?);
    }
    match choices.framing {
        DownloadFraming::Length => {
            head.insert(CONTENT_LENGTH, HeaderValue::from(count));
        }
        DownloadFraming::Chunked => {}
        // A body of unknown length ends with the connection in the older version.
        DownloadFraming::Close => *response.version_mut() = Version::HTTP_10,
    }
    if choices.mark == DownloadMark::Begin {
        task.mark_downloaded();
    }
    file.seek(SeekFrom::Start(start)).await?;
    // Only who has got the last byte of the file has downloaded it.
    let marks = choices.mark == DownloadMark::End && start + count == length;
    *response.body_mut() = stream(file.take(count), task, marks);
    Ok(response)
}

fn value(text: String) -> io::Result<HeaderValue> {
    HeaderValue::from_maybe_shared(text.into_bytes()).map_err(io::Error::other)
}

/// What is sent of a file.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    Range {
        start: u64,
        count: u64,
    },
    /// The range lies behind the end.
    Beyond,
}

/// One range of bytes. Anything else, or a range for another file, is answered with the whole, as HTTP has it.
fn part(headers: &HeaderMap, tag: &str, length: u64) -> Part {
    let of_this_file = match request::single(headers, IF_RANGE.as_str()) {
        Ok(None) => true,
        Ok(Some(value)) => value.as_bytes() == tag.as_bytes(),
        Err(_) => false,
    };
    let range = request::single(headers, RANGE.as_str()).ok().flatten();
    let range = range
        .filter(|_| of_this_file)
        .and_then(|value| value.to_str().ok());
    let Some((first, last)) = range
        .and_then(|range| range.strip_prefix("bytes="))
        .and_then(|range| range.split_once('-'))
    else {
        return Part::Whole;
    };
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<u64>().ok()).flatten()
    };
    let (start, end) = match (number(first), number(last)) {
        (Some(start), Some(end)) if start <= end => (start, end.min(length.saturating_sub(1))),
        (Some(start), None) if last.is_empty() => (start, length.saturating_sub(1)),
        (None, Some(count)) if first.is_empty() => (
            if count == 0 {
                length
            } else {
                length.saturating_sub(count)
            },
            length.saturating_sub(1),
        ),
        _ => return Part::Whole,
    };
    if start >= length {
        return Part::Beyond;
    }
    Part::Range {
        start,
        count: end - start + 1,
    }
}

/// The file in frames. Its path is held until the end: where an open file cannot be removed, a deletion of the task
/// during a download would otherwise leave the file behind.
fn stream(file: Take<File>, task: Arc<Task>, marks: bool) -> Body {
    let held = (task.file.state(), task);
    Body::from_stream(try_unfold((file, held), move |(mut file, held)| async move {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        let count = file.read_buf(&mut chunk).await?;
        if marks && file.limit() == 0 {
            held.1.mark_downloaded();
        }
        Ok::<_, io::Error>((count > 0).then(|| (chunk.freeze(), (file, held))))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_http_has_them() {
        let read = |range: &str| {
            part(
                &HeaderMap::from_iter([(RANGE, range.parse().unwrap())]),
                "\"t\"",
                10,
            )
        };
        let range = |start, count| Part::Range { start, count };
        for (text, expected) in [
            ("bytes=0-0", range(0, 1)),
            ("bytes=3-", range(3, 7)),
            ("bytes=3-99", range(3, 7)),
            ("bytes=-4", range(6, 4)),
            ("bytes=-99", range(0, 10)),
            ("bytes=10-", Part::Beyond),
            ("bytes=-0", Part::Beyond),
            ("bytes=5-4", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("rows=0-1", Part::Whole),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(part(&HeaderMap::new(), "\"t\"", 10), Part::Whole);
    }
}
