//! Through a proxy that was asked for.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use std::time::Duration;

use session_export_transport::{Delivery, TransportErrorKind};
use support::authority::authority;
use support::{Server, Subject, answer, failure, get, read, send, step, through_both, trap};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

through_both! {
    a_plain_request_arrives_in_absolute_form,
    a_tunnel_that_is_denied_is_a_failed_connection,
    a_proxy_that_cannot_be_reached,
    a_proxy_that_checks_the_password,
    the_connect_limit_covers_the_tunnel,
}

fn through<T: Subject>(server: &Server) -> T {
    let builder = T::builder().proxy(&format!("http://us%40er:s3cret%3A@{}", server.address));
    assert!(!format!("{builder:?}").contains("s3cret"));
    let transport = builder.build().unwrap();
    assert!(!format!("{transport:?}").contains("s3cret"));
    transport
}

async fn a_plain_request_arrives_in_absolute_form<T: Subject>() {
    let proxy = Server::start(vec![answer("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")]);
    let transport = through::<T>(&proxy);
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

async fn a_tunnel_that_is_denied_is_a_failed_connection<T: Subject>() {
    for status in [
        "407 Proxy Authentication Required",
        "403 Forbidden",
        "502 Bad Gateway",
        "garbage",
    ] {
        let proxy = Server::start(vec![answer(format!(
            "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n"
        ))]);
        let result = through::<T>(&proxy)
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

async fn a_proxy_that_cannot_be_reached<T: Subject>() {
    let address = trap().local_addr().unwrap();
    for (proxy, expected) in [
        (format!("http://u:s3cret@{address}"), TransportErrorKind::Connect),
        (
            "http://u:s3cret@does-not-exist.invalid:1".to_owned(),
            TransportErrorKind::Resolve,
        ),
    ] {
        let transport = T::builder().proxy(&proxy).build().unwrap();
        for url in ["http://service.invalid/", "https://service.invalid/"] {
            let (kind, delivery, text) = failure(transport.send(get(url)).await);
            assert_eq!((kind, delivery), (expected, Delivery::NotSent), "{url}: {text}");
        }
    }
}

async fn a_proxy_that_checks_the_password<T: Subject>() {
    const DENIED: &str = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
    // us@er:s3cret:
    const EXPECTED: &str = "\r\nproxy-authorization: basic dxnazxi6cznjcmv0og==\r\n";
    let is_right = |request: &str| request.to_ascii_lowercase().contains(EXPECTED);
    for (password, right) in [("s3cret%3A", true), ("s3cret", false)] {
        let (ca, config) = authority("service.invalid", &["http/1.1"]);
        let plain = step(move |connection| {
            let request = connection.read_request();
            connection.write(if is_right(&request) { OK } else { DENIED }.as_bytes());
        });
        let tunnel = step(move |connection| {
            if is_right(&connection.read_request()) {
                connection.write(b"HTTP/1.1 200 Connection established\r\n\r\n");
                connection.start_tls(config);
                assert!(!is_right(&connection.read_request()), "credentials in the tunnel");
                connection.write(OK.as_bytes());
            } else {
                connection.write(DENIED.as_bytes());
            }
        });
        let proxy = Server::start(vec![plain, tunnel]);
        let transport = T::builder()
            .ca_pem(ca)
            .proxy(&format!("http://us%40er:{password}@{}", proxy.address))
            .build()
            .unwrap();
        // A plain request has the proxy's answer for a response; a tunnel that is denied is no connection.
        let response = send(&transport, get("http://service.invalid/")).await.unwrap();
        assert_eq!(response.status(), if right { 200 } else { 407 });
        read(response).await;
        let result = send(&transport, get("https://service.invalid/?query")).await;
        if right {
            assert_eq!(read(result.unwrap()).await, "ok");
        } else {
            let (kind, delivery, text) = failure(result);
            assert_eq!(
                (kind, delivery),
                (TransportErrorKind::Connect, Delivery::NotSent),
                "{text}"
            );
        }
        proxy.finish();
    }
}

async fn the_connect_limit_covers_the_tunnel<T: Subject>() {
    // The kernel completes the connection; nobody ever answers on it.
    let silent = trap();
    let transport = T::builder()
        .proxy(&format!("http://u:s3cret@{}", silent.local_addr().unwrap()))
        .connect_limit(Duration::from_millis(50))
        .build()
        .unwrap();
    let (kind, delivery, text) = failure(send(&transport, get("https://service.invalid/?query")).await);
    assert_eq!(
        (kind, delivery),
        (TransportErrorKind::ConnectTimeout, Delivery::NotSent),
        "{text}"
    );
}
