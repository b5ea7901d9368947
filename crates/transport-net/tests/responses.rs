//! What a caller gets.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use http_body::Body;
use http_body_util::BodyExt;
use session_export_transport::{Delivery, Response, TransportErrorKind};
use support::{Server, Subject, answer, failure, get, read, send, step, through_both};
use tokio::sync::oneshot;

through_both! {
    any_status_is_a_response,
    an_interim_response_is_skipped_and_an_empty_one_ends,
    header_values_are_kept_as_they_are,
    an_encoded_body_is_not_decoded,
    a_body_is_streamed_as_it_arrives,
    a_reader_that_stands_still_holds_the_server_back,
    trailers_and_a_close_delimited_body_are_delivered,
    a_body_that_breaks_off_is_an_error,
}

async fn exchange<T: Subject>(response: &[u8]) -> Response {
    let server = Server::start(vec![answer(response)]);
    T::new().send(get(&server.url("/?query=s3cret"))).await.unwrap()
}

async fn any_status_is_a_response<T: Subject>() {
    for status in [200, 404, 429, 500, 599] {
        let text = format!("HTTP/1.1 {status} X\r\ncontent-length: 1\r\n\r\nx");
        let response = exchange::<T>(text.as_bytes()).await;
        assert_eq!(
            (response.status().as_u16(), response.version()),
            (status, http::Version::HTTP_11)
        );
        assert!(response.extensions().is_empty());
        assert_eq!(read(response).await, "x");
    }
}

async fn an_interim_response_is_skipped_and_an_empty_one_ends<T: Subject>() {
    let response = exchange::<T>(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n").await;
    assert_eq!(response.status(), 204);
    assert_eq!(read(response).await, "");
}

async fn header_values_are_kept_as_they_are<T: Subject>() {
    let response =
        exchange::<T>(b"HTTP/1.1 200 OK\r\nx-a: 1\r\nx-b: caf\xe9\r\nx-a: 2\r\ncontent-length: 0\r\n\r\n")
            .await;
    let twice: Vec<_> = response.headers().get_all("x-a").iter().collect();
    assert_eq!(twice, ["1", "2"]);
    assert_eq!(response.headers()["x-b"].as_bytes(), b"caf\xe9");
}

async fn an_encoded_body_is_not_decoded<T: Subject>() {
    let response = exchange::<T>(
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\x08\x00",
    )
    .await;
    assert_eq!(response.headers()["content-encoding"], "gzip");
    assert_eq!(
        response.into_body().collect().await.unwrap().to_bytes(),
        &b"\x1f\x8b\x08\x00"[..]
    );
}

async fn a_body_is_streamed_as_it_arrives<T: Subject>() {
    for chunked in [true, false] {
        let (proceed, may_proceed) = oneshot::channel::<()>();
        let server = Server::start(vec![step(move |connection| {
            connection.read_request();
            connection.write(match chunked {
                true => b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n",
                false => b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\none",
            });
            // The rest comes only once the first part was read.
            may_proceed.blocking_recv().unwrap();
            connection.write(if chunked { b"3\r\ntwo\r\n0\r\n\r\n" } else { b"two" });
        })]);
        let response = T::new().send(get(&server.url("/"))).await.unwrap();
        let mut body = response.into_body();
        assert_eq!(body.size_hint().exact(), (!chunked).then_some(6));
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "one");
        proceed.send(()).unwrap();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "two");
        assert!(body.frame().await.is_none());
    }
}

async fn a_reader_that_stands_still_holds_the_server_back<T: Subject>() {
    // Far more than the buffers of both kernels take, far less than the body.
    const LIMIT: usize = 128 << 20;
    let (written, was_written) = oneshot::channel();
    let server = Server::start(vec![step(|connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n");
        written.send(connection.write_until_blocked(LIMIT)).unwrap();
    })]);
    let response = send(&T::new(), get(&server.url("/"))).await.unwrap();
    assert!(was_written.await.unwrap() < LIMIT);
    drop(response);
    server.finish_beside().await;
}

async fn trailers_and_a_close_delimited_body_are_delivered<T: Subject>() {
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n1\r\na\r\n0\r\nx-sum: 7\r\n\r\n";
    let collected = exchange::<T>(chunked).await.into_body().collect().await.unwrap();
    assert_eq!(collected.trailers().unwrap()["x-sum"], "7");
    assert_eq!(
        read(exchange::<T>(b"HTTP/1.1 200 OK\r\n\r\nuntil close").await).await,
        "until close"
    );
}

async fn a_body_that_breaks_off_is_an_error<T: Subject>() {
    for broken in [
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nshort",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort\r\ntoken-no-size\r\n",
    ] {
        let body = exchange::<T>(broken.as_bytes()).await.into_body();
        let (kind, delivery, text) = failure(body.collect().await);
        assert_eq!(
            (kind, delivery),
            (TransportErrorKind::BodyIncomplete, Delivery::Unknown)
        );
        assert!(text.contains(": "), "a cause is given: {text}");
    }
}
