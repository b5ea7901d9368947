//! Which error stands for which failure, and what it must not show.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use std::time::Duration;

use session_export_transport::{Delivery, RequestBody, TransportErrorKind};
use support::{Server, Subject, answer, failure, get, send, step, through_both, trap};

through_both! {
    a_refused_connection,
    an_unknown_host,
    the_connect_limit_covers_the_tls_handshake,
    a_connection_that_closes_before_the_head_is_whole,
    a_connection_that_is_reset,
    garbage,
    a_head_that_never_ends,
}

async fn exchange<T: Subject>(response: &str) -> (TransportErrorKind, Delivery, String) {
    let server = Server::start(vec![answer(response)]);
    let mut request = get(&server.url("/path?query=s3cret"));
    request
        .headers_mut()
        .insert("x-auth-token", "token".parse().unwrap());
    let result = failure(T::new().send(request).await);
    assert_eq!(server.finish().len(), 1);
    result
}

async fn a_refused_connection<T: Subject>() {
    let address = trap().local_addr().unwrap();
    let request = get(&format!("http://{address}/?query=s3cret"));
    let (kind, delivery, text) = failure(T::new().send(request).await);
    assert_eq!((kind, delivery), (TransportErrorKind::Connect, Delivery::NotSent));
    assert!(text.contains("refused"), "{text}");
}

async fn an_unknown_host<T: Subject>() {
    let request = get("http://does-not-exist.invalid/?query=s3cret");
    let (kind, delivery, text) = failure(T::new().send(request).await);
    assert_eq!(
        (kind, delivery),
        (TransportErrorKind::Resolve, Delivery::NotSent),
        "{text}"
    );
}

async fn the_connect_limit_covers_the_tls_handshake<T: Subject>() {
    // The kernel completes the connection; nobody ever answers on it.
    let silent = trap();
    let transport = T::builder()
        .connect_limit(Duration::from_millis(50))
        .build()
        .unwrap();
    let request = get(&format!("https://{}/?query=s3cret", silent.local_addr().unwrap()));
    let (kind, delivery, text) = failure(send(&transport, request).await);
    assert_eq!(
        (kind, delivery),
        (TransportErrorKind::ConnectTimeout, Delivery::NotSent),
        "{text}"
    );
}

async fn a_connection_that_closes_before_the_head_is_whole<T: Subject>() {
    for response in ["", "HTTP/1.1 200 OK\r\nx-to"] {
        let (kind, delivery, text) = exchange::<T>(response).await;
        assert_eq!(
            (kind, delivery),
            (TransportErrorKind::Closed, Delivery::Unknown),
            "{text}"
        );
    }
}

async fn a_connection_that_is_reset<T: Subject>() {
    // Closing with unread bytes makes the kernel send a reset.
    let server = Server::start(vec![step(|connection| {
        connection.read_exact(1);
    })]);
    let body = RequestBody::from("s3cret".repeat(1 << 20));
    let request = http::Request::post(server.url("/?query=s3cret"))
        .body(body)
        .unwrap();
    let (kind, delivery, text) = failure(T::new().send(request).await);
    assert_eq!(
        (kind, delivery),
        (TransportErrorKind::Closed, Delivery::Unknown),
        "{text}"
    );
    server.finish();
}

async fn garbage<T: Subject>() {
    for response in [
        "SSH-2.0-token\r\n",
        "HTTP/1.1 2x0 token\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon token\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: token\r\n\r\n",
    ] {
        let (kind, delivery, text) = exchange::<T>(response).await;
        assert_eq!(
            (kind, delivery),
            (TransportErrorKind::Protocol, Delivery::Unknown),
            "{text}"
        );
    }
}

async fn a_head_that_never_ends<T: Subject>() {
    let (kind, delivery, text) =
        exchange::<T>(&format!("HTTP/1.1 200 OK\r\nx: {}", "token".repeat(200_000))).await;
    assert_eq!(
        (kind, delivery),
        (TransportErrorKind::Protocol, Delivery::Unknown),
        "{text}"
    );
}
