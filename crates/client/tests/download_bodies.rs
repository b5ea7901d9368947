//! Bodies that are no whole file: cut off, too long, without an end, standing still, or something else altogether.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{
    Answer, RawServer, TASK, answer, body_of, client, clock, guarded, json, mock_transport, names, paced,
    seconds, shown, socket_client,
};
use http::Version;
use session_export::{
    Clock, Delivery, Download, Error, ErrorKind, FileReceipt, TransportError, TransportErrorKind,
};
use session_export_transport::test_util::ManualClock;

const LISTED: &str =
    r#"{"count":1,"export_tasks":[{"task_id":"2b31ed5200000000ebedb6e570000000","status":"SUCCESS"}]}"#;

/// Downloads what a bare socket sends. After a failure the directory is empty, after a success it holds the file.
async fn over_a_socket(response: &str, change: fn(Download) -> Download) -> Result<Vec<u8>, Error> {
    let server = RawServer::start();
    let client = socket_client(&server.base());
    let directory = tempfile::tempdir().unwrap();
    let list = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{LISTED}",
        LISTED.len()
    );
    let serve = async {
        server.answer(list).await;
        server.answer(response).await
    };
    let download = async {
        let ready = client.task(TASK.parse().unwrap()).ready().await.unwrap();
        change(ready.download()).to_path(directory.path().join("x")).await
    };
    let (outcome, request) = guarded(Box::pin(async { tokio::join!(download, serve) })).await;
    assert!(request.starts_with("GET /v2/"), "{request}");
    server.assert_no_visitor();
    settle(outcome, directory.path())
}

/// The same without a socket. Gives the clock, too, to tell how long it took.
fn from_a_mock(
    response: impl FnOnce(&ManualClock) -> Answer,
    change: fn(Download) -> Download,
) -> (Result<Vec<u8>, Error>, Duration) {
    let clock = clock();
    let (transport, _) = mock_transport(&clock, [json(200, LISTED), response(&clock)]);
    let directory = tempfile::tempdir().unwrap();
    let ready = clock
        .drive(client(transport, &clock).task(TASK.parse().unwrap()).ready())
        .unwrap();
    let download = change(ready.download());
    let outcome = clock.drive(download.to_path(directory.path().join("x")));
    (settle(outcome, directory.path()), clock.monotonic())
}

fn settle(outcome: Result<FileReceipt, Error>, directory: &std::path::Path) -> Result<Vec<u8>, Error> {
    match outcome {
        Ok(receipt) => {
            assert_eq!(names(directory), ["x"]);
            let bytes = std::fs::read(&receipt.path).unwrap();
            assert_eq!(receipt.bytes, bytes.len() as u64);
            Ok(bytes)
        }
        Err(error) => {
            shown(&error);
            assert!(names(directory).is_empty(), "something stayed behind");
            Err(error)
        }
    }
}

/// One attempt: what follows a body that breaks off is the subject of `download_resumed.rs`.
fn as_it_is(download: Download) -> Download {
    download.resume(false)
}

fn transport_kind(error: &Error) -> TransportErrorKind {
    match error.kind() {
        ErrorKind::Transport {
            kind,
            delivery: Delivery::Unknown,
            ..
        } => *kind,
        _ => panic!("{error:?}"),
    }
}

fn decode_path(error: &Error) -> &str {
    match error.kind() {
        ErrorKind::Decode { path, .. } => path,
        _ => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn a_body_that_is_cut_off_leaves_nothing_behind() {
    for response in [
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nplanted,b\r\n1,2\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n",
        "HTTP/1.0 200 OK\r\ncontent-length: 100\r\n\r\nplanted,b\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nid,na\r\n5\r\nme",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nid,na\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
    ] {
        let error = over_a_socket(response, as_it_is).await.unwrap_err();
        assert_eq!(
            transport_kind(&error),
            TransportErrorKind::BodyIncomplete,
            "{response}"
        );
        assert!(error.is_transient() && !error.is_ambiguous());
    }
}

#[tokio::test]
async fn a_whole_body_is_kept_whichever_way_it_is_framed() {
    for response in [
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\na,b\r\n",
        "HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\na,b\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\na,\r\n3\r\nb\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-encoding: identity\r\ncontent-length: 5\r\n\r\na,b\r\n",
    ] {
        assert_eq!(
            over_a_socket(response, as_it_is).await.unwrap(),
            b"a,b\r\n",
            "{response}"
        );
    }
    let empty = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(over_a_socket(empty, as_it_is).await.unwrap(), b"");
}

#[tokio::test]
async fn a_body_of_unknown_length_is_refused_unless_allowed() {
    for response in [
        "HTTP/1.0 200 OK\r\n\r\na,b\r\n",
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\na,b\r\n",
    ] {
        let error = over_a_socket(response, as_it_is).await.unwrap_err();
        assert!(
            decode_path(&error).contains("the body's length is unknown"),
            "{error}"
        );
        assert!(!error.is_transient());
        let allowed = |download: Download| download.allow_unknown_length(true);
        assert_eq!(over_a_socket(response, allowed).await.unwrap(), b"a,b\r\n");
    }
}

#[tokio::test]
async fn an_encoded_body_is_refused() {
    for encoding in ["gzip", "br", "identity, gzip"] {
        let response =
            format!("HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: 3\r\n\r\nabc");
        let error = over_a_socket(&response, as_it_is).await.unwrap_err();
        assert!(
            decode_path(&error).starts_with("the header content-encoding"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_page_is_no_file() {
    for (kind, body, place) in [
        ("text/html; charset=utf-8", "planted", "the header content-type"),
        ("TEXT/HTML", "planted", "the header content-type"),
        (
            "application/octet-stream",
            "\u{feff}\r\n <!DOCTYPE html><p>planted",
            "the body",
        ),
        ("text/plain", "<HTML>planted", "the body"),
    ] {
        let response = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let error = over_a_socket(&response, as_it_is).await.unwrap_err();
        assert_eq!(decode_path(&error), format!("{place}: it is an HTML page"));
    }
}

#[test]
fn a_page_in_small_pieces_is_no_file_either() {
    let response = |_: &ManualClock| {
        let frames =
            ["\u{feff}", "\r\n", "<!doc", "type ht", "ml><p>planted"].map(|piece| Ok(Bytes::from(piece)));
        Ok(answer(
            200,
            &[("transfer-encoding", "chunked")],
            body_of(frames.into()),
        ))
    };
    let error = from_a_mock(response, as_it_is).0.unwrap_err();
    assert_eq!(decode_path(&error), "the body: it is an HTML page");
}

#[test]
fn only_200_is_a_whole_file() {
    for status in [201, 202, 204, 206] {
        let response = move |_: &ManualClock| Ok(answer(status, &[("content-length", "4")], "a,b\n"));
        let error = from_a_mock(response, as_it_is).0.unwrap_err();
        assert_eq!(
            decode_path(&error),
            format!("the status: {status} is no whole file")
        );
    }
}

#[test]
fn an_announced_length_above_the_cap_is_refused_at_once() {
    let response = |_: &ManualClock| Ok(answer(200, &[("content-length", "5")], "a,b\r\n"));
    assert!(from_a_mock(response, |download| download.max_bytes(5)).0.is_ok());
    let error = from_a_mock(response, |download| download.max_bytes(4))
        .0
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "download: the file has 5 bytes, more than the 4 that are allowed"
    );
    assert!(!error.is_transient() && error.kind().as_str() == "too_large");
}

#[tokio::test]
async fn an_error_that_comes_with_200_is_the_services_error() {
    let body = r#" {"error_code":"WKS.00010032","error_msg":"Not ready.","planted":""}"#;
    let (start, end) = body.split_at(9);
    for response in [
        format!(
            "HTTP/1.1 200 OK\r\nx-request-id: id-1\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ),
        format!(
            "HTTP/1.1 200 OK\r\nx-request-id: id-1\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{start}\r\n{:x}\r\n{end}\r\n0\r\n\r\n",
            start.len(),
            end.len()
        ),
    ] {
        let error = over_a_socket(&response, as_it_is).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "download: HTTP 200 WKS.00010032: Not ready. (request id id-1)"
        );
    }
}

#[test]
fn json_without_an_error_code_is_a_file() {
    for body in [r#"{"rows":[1]}"#, "{", "{}"] {
        let response = |_: &ManualClock| Ok(answer(200, &[("transfer-encoding", "chunked")], body));
        assert_eq!(from_a_mock(response, as_it_is).0.unwrap(), body.as_bytes());
    }
    // More than is searched, in many frames: not a byte is lost or moved.
    let frames: Vec<_> = (0..3000)
        .map(|number| format!("{{\"row\":{number},\"pad\":\"{number:040}\"}}\n"))
        .collect();
    let whole = frames.concat();
    assert!(whole.len() > 100_000);
    let response = |_: &ManualClock| {
        let frames = frames
            .iter()
            .map(|frame| Ok(Bytes::from(frame.clone())))
            .collect();
        Ok(answer(200, &[("transfer-encoding", "chunked")], body_of(frames)))
    };
    assert_eq!(from_a_mock(response, as_it_is).0.unwrap(), whole.as_bytes());
}

#[test]
fn an_error_status_is_the_services_error() {
    let body = r#"{"error_code":"WKS.0202","error_msg":"No such task."}"#;
    let (outcome, _) = from_a_mock(|_| json(400, body), as_it_is);
    let error = outcome.unwrap_err();
    assert_eq!(error.to_string(), "download: HTTP 400 WKS.0202: No such task.");
    let (outcome, _) = from_a_mock(
        |_| {
            Ok(answer(
                302,
                &[("location", "https://obs.example.com/planted")],
                "",
            ))
        },
        as_it_is,
    );
    assert_eq!(outcome.unwrap_err().to_string(), "download: HTTP 302 (Found)");
}

#[test]
fn a_body_that_is_longer_or_shorter_than_announced_is_no_file() {
    let frames = || vec![Ok(Bytes::from("a,b\r\n")), Ok(Bytes::from("1,2\r\n"))];
    for (length, kind) in [
        ("9", Some(TransportErrorKind::Protocol)),
        ("4", Some(TransportErrorKind::Protocol)),
        ("10", None),
        ("11", Some(TransportErrorKind::BodyIncomplete)),
    ] {
        let response = |_: &ManualClock| Ok(answer(200, &[("content-length", length)], body_of(frames())));
        let (outcome, _) = from_a_mock(response, as_it_is);
        assert_eq!(outcome.err().as_ref().map(transport_kind), kind, "{length}");
    }
    let (outcome, _) = from_a_mock(|_| Ok(answer(200, &[("content-length", "ten")], "")), as_it_is);
    assert_eq!(
        decode_path(&outcome.unwrap_err()),
        "the header content-length: it is no number"
    );
}

#[test]
fn http_2_frames_every_body() {
    let response = |_: &ManualClock| {
        let mut response = answer(200, &[], "a,b\r\n");
        *response.version_mut() = Version::HTTP_2;
        Ok(response)
    };
    assert_eq!(from_a_mock(response, as_it_is).0.unwrap(), b"a,b\r\n");
}

#[test]
fn a_cap_on_the_bytes_holds() {
    let response = |_: &ManualClock| {
        Ok(answer(
            200,
            &[("transfer-encoding", "chunked")],
            body_of(vec![Ok("a,".into()), Ok("b".into())]),
        ))
    };
    let (outcome, _) = from_a_mock(response, |download| download.max_bytes(2));
    assert_eq!(
        outcome.unwrap_err().to_string(),
        "download: the file has more than the 2 bytes that are allowed"
    );
    let (outcome, _) = from_a_mock(response, |download| download.max_bytes(3));
    assert_eq!(outcome.unwrap(), b"a,b");
}

#[test]
fn a_body_that_breaks_off_says_how() {
    let broken = TransportError::new(TransportErrorKind::BodyIncomplete, Delivery::Unknown);
    let body = body_of(vec![Ok("planted,".into()), Err(broken)]);
    let (outcome, _) = from_a_mock(|_| Ok(answer(200, &[("content-length", "20")], body)), as_it_is);
    let error = outcome.unwrap_err();
    assert_eq!(error.to_string(), "download: no whole response");
    assert_eq!(transport_kind(&error), TransportErrorKind::BodyIncomplete);
}

#[test]
fn a_body_that_stands_still_is_given_up() {
    for (parts, took) in [
        (vec![], 60),
        (vec![(seconds(0), "a,")], 60),
        (
            vec![(seconds(59), "a,"), (seconds(59), "b\r\n"), (seconds(30), "1")],
            208,
        ),
    ] {
        let response = |clock: &ManualClock| {
            Ok(answer(
                200,
                &[("content-length", "100")],
                paced(clock, parts, false),
            ))
        };
        let (outcome, elapsed) = from_a_mock(response, as_it_is);
        assert_eq!(
            transport_kind(&outcome.unwrap_err()),
            TransportErrorKind::TimedOut
        );
        assert_eq!(elapsed, seconds(took));
    }
}

#[test]
fn a_slow_download_may_take_longer_than_any_limit() {
    let response = |clock: &ManualClock| {
        let parts = (0..100).map(|_| (seconds(59), "a,b\r\n")).collect();
        Ok(answer(
            200,
            &[("content-length", "500")],
            paced(clock, parts, true),
        ))
    };
    let (outcome, elapsed) = from_a_mock(response, as_it_is);
    assert_eq!(outcome.unwrap().len(), 500);
    assert_eq!(elapsed, seconds(5900));
}

#[test]
fn the_time_that_a_reader_takes_is_not_the_servers() {
    let clock = clock();
    let body = paced(&clock, vec![(seconds(1), "a,"), (seconds(30), "b\r\n")], false);
    let download = Ok(answer(200, &[("content-length", "9")], body));
    let (transport, _) = mock_transport(&clock, [json(200, LISTED), download]);
    let ready = clock
        .drive(client(transport, &clock).task(TASK.parse().unwrap()).ready())
        .unwrap();
    let mut stream = clock.drive(ready.download().into_stream()).unwrap();
    for part in ["a,", "b\r\n"] {
        clock.advance(seconds(3600));
        assert_eq!(clock.drive(stream.next()).unwrap().unwrap(), part);
    }
    clock.advance(seconds(3600));
    let before = clock.monotonic();
    let error = clock.drive(stream.next()).unwrap().unwrap_err();
    assert_eq!(transport_kind(&error), TransportErrorKind::TimedOut);
    assert_eq!(clock.monotonic() - before, seconds(60));
    assert!(clock.drive(stream.next()).is_none() && stream.receipt().is_none());
}
