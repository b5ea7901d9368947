//! Starting a download, and telling a file from everything else that can come back with 200.

use std::collections::VecDeque;

use bytes::Bytes;
use http::header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, Version};

use super::{Download, DownloadStream, FileName};
use crate::deadline::Phase;
use crate::operation::{Call, Operation, Reply, service_failure};
use crate::{Error, ErrorKind};

/// An error body that came with 200 is looked for in a body that starts like JSON, up to here.
const MOST_JSON_BYTES: usize = 64 << 10;

pub(super) async fn open(download: &Download) -> Result<DownloadStream, Error> {
    let client = &download.client;
    let timer = client.time(Phase::Download);
    let path = [
        "v2",
        client.project_id().as_str(),
        "export-tasks",
        download.task_id.as_str(),
        "download",
    ];
    let uri = client.endpoint().export_centre().url(path, [("", ""); 0]);
    let reply = Call::get(Operation::Download, uri).send(client).await?;
    let length = framing(&reply, download.unknown_length)?;
    check_head(&reply.headers)?;
    let (status, headers) = (reply.status, reply.headers);
    let file_name = download.file_name.clone().or_else(|| {
        headers
            .get(CONTENT_DISPOSITION)
            .and_then(|value| FileName::from_disposition(value.as_bytes()))
    });
    let mut stream = DownloadStream::new(client.clone(), reply.body, length, file_name, download, timer);

    let first = first_bytes(&mut stream).await?;
    if starts_with_page(&first) {
        return Err(not_a_file("the body: it is an HTML page"));
    }
    let mut held = VecDeque::from([first]);
    if held[0].trim_ascii_start().starts_with(b"{") {
        let mut bytes = held[0].to_vec();
        while bytes.len() < MOST_JSON_BYTES {
            let Some(more) = stream.next().await.transpose()? else {
                break;
            };
            bytes.extend_from_slice(&more);
            held.push_back(more);
        }
        let failure = service_failure(status, &headers, &bytes);
        if failure.code.is_some() {
            return Err(Error::new(Operation::Download, ErrorKind::Service(failure)));
        }
    }
    stream.put_back(held);
    Ok(stream)
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

/// The first bytes that are not none; an empty body has none.
async fn first_bytes(stream: &mut DownloadStream) -> Result<Bytes, Error> {
    Ok(stream.next().await.transpose()?.unwrap_or_default())
}

fn starts_with_page(bytes: &[u8]) -> bool {
    let text = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .trim_ascii_start();
    let starts_with = |tag: &[u8]| {
        text.get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag))
    };
    starts_with(b"<!doctype html") || starts_with(b"<html")
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
    use super::starts_with_page;

    #[test]
    fn a_page_is_told_from_a_spreadsheet_in_xml() {
        assert!(starts_with_page(b"\xef\xbb\xbf \r\n<!DOCTYPE html><title>"));
        assert!(starts_with_page(b"<HTML>"));
        assert!(!starts_with_page(b"<?xml version=\"1.0\"?><Workbook>"));
        assert!(!starts_with_page(b"PK\x03\x04"));
        assert!(!starts_with_page(b""));
    }
}
