//! Through a proxy that was asked for.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use session_export_transport::{Delivery, Transport, TransportErrorKind};
use session_export_transport_reqwest::ReqwestTransport;
use support::{Server, answer, failure, get, read, trap};

fn through(server: &Server) -> ReqwestTransport {
    let builder = ReqwestTransport::builder().proxy(&format!("http://us%40er:s3cret%3A@{}", server.address));
    assert!(!format!("{builder:?}").contains("s3cret"));
    let transport = builder.build().unwrap();
    assert!(!format!("{transport:?}").contains("s3cret"));
    transport
}

#[tokio::test]
async fn a_plain_request_arrives_in_absolute_form() {
    let proxy = Server::start(vec![answer("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")]);
    let transport = through(&proxy);
    // Nobody resolves the name: that is for the proxy to do.
    let response = transport
        .send(get("http://service.invalid/v1/~?x=%20"))
        .await
        .unwrap();
    assert_eq!(read(response).await, "ok");
    // us@er:s3cret:
    assert_eq!(
        proxy.finish(),
        [
            "GET http://service.invalid/v1/~?x=%20 HTTP/1.1\r\naccept: application/json\r\n\
          proxy-authorization: Basic dXNAZXI6czNjcmV0Og==\r\nhost: service.invalid\r\n\r\n"
        ]
    );
}

#[tokio::test]
async fn a_tunnel_that_is_denied_is_a_failed_connection() {
    for status in [
        "407 Proxy Authentication Required",
        "403 Forbidden",
        "502 Bad Gateway",
        "garbage",
    ] {
        let proxy = Server::start(vec![answer(format!(
            "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n"
        ))]);
        let result = through(&proxy)
            .send(get("https://service.invalid/?query=s3cret"))
            .await;
        let (kind, delivery, text) = failure(result);
        assert_eq!(
            (kind, delivery),
            (TransportErrorKind::Connect, Delivery::NotSent),
            "{text}"
        );
        let seen = proxy.finish();
        assert!(
            seen[0].starts_with("CONNECT service.invalid:443 HTTP/1.1\r\n") && !seen[0].contains("query"),
            "{seen:?}"
        );
    }
}

#[tokio::test]
async fn a_proxy_that_cannot_be_reached() {
    let address = trap().local_addr().unwrap();
    for (proxy, expected) in [
        (format!("http://u:s3cret@{address}"), TransportErrorKind::Connect),
        (
            "http://u:s3cret@does-not-exist.invalid:1".to_owned(),
            TransportErrorKind::Resolve,
        ),
    ] {
        let transport = ReqwestTransport::builder().proxy(&proxy).build().unwrap();
        for url in ["http://service.invalid/", "https://service.invalid/"] {
            let (kind, delivery, text) = failure(transport.send(get(url)).await);
            assert_eq!((kind, delivery), (expected, Delivery::NotSent), "{url}: {text}");
        }
    }
}
