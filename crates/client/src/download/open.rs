//! Starting a download, and telling a file from everything else that can come back with 200.

use std::collections::VecDeque;

use bytes::Bytes;
use http::header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, StatusCode, Version};
use session_export_model::TaskId;

use super::interruption::{Attempts, Interruption};
use super::stream::check_size;
use super::{Download, DownloadStream, FileName};
use crate::deadline::Phase;
use crate::operation::{Call, Operation, Reply, service_failure};
use crate::{Client, Error, ErrorKind};

/// Enough to know a page by, also behind a mark and blanks, and however the body is cut into frames.
const MOST_SNIFFED_BYTES: usize = 64;
/// An error body that came with 200 is looked for in a body that starts like JSON, up to here.
const MOST_JSON_BYTES: usize = 64 << 10;

/// The request for a whole file.
pub(super) fn call(client: &Client, task_id: &TaskId) -> Call {
    let path = [
        "v2",
        client.project_id().as_str(),
        "export-tasks",
        task_id.as_str(),
        "download",
    ];
    let uri = client.endpoint().export_centre().url(path, [("", ""); 0]);
    Call::get(Operation::Download, uri)
}

pub(super) async fn ask(download: &Download) -> Result<Reply, Error> {
    call(&download.client, &download.task_id)
        .send(&download.client)
        .await
}

/// Opens a stream. Until it is handed over, an attempt that breaks off can be followed by another.
pub(super) async fn open(download: &Download) -> Result<DownloadStream, Error> {
    let timer = download.client.time(Phase::Download);
    let mut attempts = Attempts::new();
    loop {
        match attempts.begin(download).await {
            Ok(stream) => return Ok(stream.timed(timer)),
            Err(interruption) => attempts.after(download, interruption, download.resume).await?,
        }
    }
}

/// Begins a file with the answer to a request for all of it.
pub(super) async fn begin(
    download: &Download,
    reply: Reply,
    ranges: bool,
) -> Result<DownloadStream, Interruption> {
    if reply.status != StatusCode::OK {
        // A 204 or 206 is a success, but not a whole file.
        let path = format!("the status: {} is no whole file", reply.status.as_u16());
        return Err(not_a_file(&path).into());
    }
    check_head(&reply.headers)?;
    let length = framing(&reply, download.unknown_length)?;
    check_size(download.max_bytes, 0, length)?;
    let (status, headers, secrets) = (reply.status, reply.headers, reply.secrets);
    let mut stream = DownloadStream::new(download, reply.body, &headers, length, ranges);
    stream.tell_progress();

    let (mut held, mut start) = (VecDeque::new(), Vec::new());
    read_ahead(&mut stream, &mut held, &mut start, |start| {
        judge(start) == Start::Open && start.len() < MOST_SNIFFED_BYTES
    })
    .await?;
    match judge(&start) {
        Start::Page => return Err(not_a_file("the body: it is an HTML page").into()),
        Start::Json => {
            read_ahead(&mut stream, &mut held, &mut start, |start| {
                start.len() < MOST_JSON_BYTES
            })
            .await?;
            let failure = service_failure(status, &headers, &start, &secrets);
            if failure.code.is_some() {
                return Err(Error::new(Operation::Download, ErrorKind::Service(failure)).into());
            }
        }
        Start::File | Start::Open => {}
    }
    stream.put_back(held);
    Ok(stream)
}

/// The name in a head, made safe.
pub(super) fn name_in(headers: &HeaderMap) -> Option<FileName> {
    FileName::from_disposition(headers.get(CONTENT_DISPOSITION)?.as_bytes())
}

/// The announced length; an error when the end of the body could not be told from a broken connection.
fn framing(reply: &Reply, unknown_length: bool) -> Result<Option<u64>, Error> {
    let length = match reply.headers.get(CONTENT_LENGTH) {
        Some(value) => {
            let length = value.to_str().ok().and_then(|text| text.trim().parse().ok());
            Some(length.ok_or_else(|| not_a_file("the header content-length: it is no number"))?)
        }
        None => None,
    };
    let chunked = reply
        .headers
        .get(TRANSFER_ENCODING)
        .is_some_and(|value| value.as_bytes().to_ascii_lowercase().ends_with(b"chunked"));
    let framed_by_protocol = reply.version > Version::HTTP_11;
    if length.is_none() && !chunked && !framed_by_protocol && !unknown_length {
        return Err(not_a_file(
            "the headers: the body's length is unknown, so a file that broke off would look whole; allow it explicitly",
        ));
    }
    Ok(length)
}

fn check_head(headers: &HeaderMap) -> Result<(), Error> {
    let value = |name: HeaderName| {
        headers
            .get(name)
            .map(|value| value.as_bytes().to_ascii_lowercase())
    };
    // Nothing asked for an encoding, and nothing here undoes one: the bytes would not be the file's.
    if value(CONTENT_ENCODING).is_some_and(|encoding| encoding != b"identity") {
        return Err(not_a_file(
            "the header content-encoding: the body is encoded, though nothing asked for that",
        ));
    }
    if value(CONTENT_TYPE).is_some_and(|kind| kind.starts_with(b"text/html")) {
        return Err(not_a_file("the header content-type: it is an HTML page"));
    }
    Ok(())
}

/// Reads for as long as `wanted` says, or until the body ends. The frames are held to be delivered later.
async fn read_ahead(
    stream: &mut DownloadStream,
    held: &mut VecDeque<Bytes>,
    start: &mut Vec<u8>,
    wanted: impl Fn(&[u8]) -> bool,
) -> Result<(), Interruption> {
    while wanted(start)
        && let Some(bytes) = stream.step().await.transpose()?
    {
        start.extend_from_slice(&bytes);
        held.push_back(bytes);
    }
    Ok(())
}

/// What a body is, by its first bytes.
#[derive(Debug, PartialEq)]
enum Start {
    Page,
    Json,
    File,
    /// Too few bytes to tell.
    Open,
}

fn judge(start: &[u8]) -> Start {
    let text = start
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(start)
        .trim_ascii_start();
    let mut open = text.is_empty();
    for tag in [&b"<!doctype html"[..], b"<html"] {
        let length = text.len().min(tag.len());
        if text[..length].eq_ignore_ascii_case(&tag[..length]) {
            if length == tag.len() {
                return Start::Page;
            }
            open = true;
        }
    }
    match text.first() {
        Some(b'{') => Start::Json,
        _ if open => Start::Open,
        _ => Start::File,
    }
}

fn not_a_file(path: &str) -> Error {
    Error::new(
        Operation::Download,
        ErrorKind::Decode {
            path: path.to_owned(),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::{Start, judge};

    #[test]
    fn a_page_is_told_from_a_spreadsheet_in_xml_as_early_as_can_be() {
        for (start, expected) in [
            (&b"\xef\xbb\xbf \r\n<!DOCTYPE html><title>"[..], Start::Page),
            (b"<HTML>", Start::Page),
            (b"<?xml version=\"1.0\"?><Workbook>", Start::File),
            (b"PK\x03\x04", Start::File),
            (b"a", Start::File),
            (b" {", Start::Json),
            (b"", Start::Open),
            (b"\xef\xbb\xbf\r\n", Start::Open),
            (b"<", Start::Open),
            (b"<!docTYPE", Start::Open),
            (b"<!docTYPES", Start::File),
        ] {
            assert_eq!(judge(start), expected, "{start:?}");
        }
    }
}
