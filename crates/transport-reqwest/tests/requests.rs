//! What a server sees, byte for byte.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "these are tests")]

mod support;

use session_export_transport::{Delivery, Request, RequestBody, Transport, TransportErrorKind};
use session_export_transport_reqwest::ReqwestTransport;
use support::{Server, answer, failure, from_parent, get, read, run_child, send, step, trap};
use tokio::sync::oneshot;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

#[tokio::test]
async fn a_get_has_the_headers_given_and_a_host() {
    let server = Server::start(vec![answer(OK)]);
    let transport = ReqwestTransport::new().unwrap();
    let mut request = get(&server.url("/v2/a%2Fb/~?x=%20&y=a+b"));
    request.headers_mut().insert("x-auth-token", "t".parse().unwrap());
    request.headers_mut().append("x-twice", "1".parse().unwrap());
    request.headers_mut().append("x-twice", "2".parse().unwrap());
    request
        .headers_mut()
        .insert("x-raw", http::HeaderValue::from_bytes(b"\xff\xfe").unwrap());

    let host = server.address;
    assert_eq!(read(transport.send(request).await.unwrap()).await, "ok");
    assert_eq!(
        server.finish(),
        [format!(
            "GET /v2/a%2Fb/~?x=%20&y=a+b HTTP/1.1\r\naccept: application/json\r\nx-auth-token: t\r\n\
             x-twice: 1\r\nx-twice: 2\r\nx-raw: \u{ff}\u{fe}\r\nhost: {host}\r\n\r\n"
        )]
    );
}

#[tokio::test]
async fn a_body_has_its_length_and_no_body_has_none() {
    let server = Server::start(vec![answer(OK), answer(OK)]);
    for body in [r#"{"a":1}"#, ""] {
        let request = http::Request::post(server.url("/v1"))
            .body(RequestBody::from(body))
            .unwrap();
        read(ReqwestTransport::new().unwrap().send(request).await.unwrap()).await;
    }
    let host = server.address;
    assert_eq!(
        server.finish(),
        [
            format!(
                "POST /v1 HTTP/1.1\r\naccept: */*\r\nhost: {host}\r\ncontent-length: 7\r\n\r\n{{\"a\":1}}"
            ),
            format!("POST /v1 HTTP/1.1\r\naccept: */*\r\nhost: {host}\r\n\r\n"),
        ]
    );
}

#[tokio::test]
async fn a_body_larger_than_any_buffer_arrives_whole() {
    let server = Server::start(vec![answer(OK)]);
    let body = "0123456789abcdef".repeat(1 << 16);
    let request = http::Request::put(server.url("/"))
        .body(RequestBody::from(body.clone()))
        .unwrap();
    read(ReqwestTransport::new().unwrap().send(request).await.unwrap()).await;
    assert!(server.finish()[0].ends_with(&format!("\r\n\r\n{body}")));
}

#[tokio::test]
async fn a_redirect_is_returned_and_not_followed() {
    let target = trap();
    let location = target.local_addr().unwrap();
    for status in [301, 302, 303, 307, 308] {
        let server = Server::start(vec![answer(format!(
            "HTTP/1.1 {status} Moved\r\nlocation: http://{location}/\r\ncontent-length: 0\r\n\r\n"
        ))]);
        let response = send(&ReqwestTransport::new().unwrap(), get(&server.url("/")))
            .await
            .unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(server.finish().len(), 1);
    }
    support::assert_no_visitor(&target);
}

#[tokio::test]
async fn a_cookie_is_not_sent_back() {
    let server = Server::start(vec![step(|connection| {
        for _ in 0..2 {
            connection.read_request();
            connection.write(b"HTTP/1.1 200 OK\r\nset-cookie: a=b; path=/\r\ncontent-length: 0\r\n\r\n");
        }
    })]);
    let transport = ReqwestTransport::new().unwrap();
    for _ in 0..2 {
        read(transport.send(get(&server.url("/"))).await.unwrap()).await;
    }
    let seen = server.finish();
    assert!(seen.len() == 2 && !seen[1].contains("cookie"), "{seen:?}");
}

#[tokio::test]
async fn a_pooled_connection_that_closed_while_idle_never_doubles_a_request() {
    // Many rounds: whether the client notices before it writes is a race. If so, it takes a fresh connection. If not,
    // the request is lost with the old one and the caller is told `Unknown`.
    for _ in 0..50 {
        let (closed, is_closed) = oneshot::channel();
        let first = step(|connection| {
            connection.read_request();
            connection.write(OK.as_bytes());
            connection.close();
            closed.send(()).unwrap();
        });
        let server = Server::start(vec![first, answer(OK)]);
        let transport = ReqwestTransport::new().unwrap();
        read(transport.send(get(&server.url("/first"))).await.unwrap()).await;
        is_closed.await.unwrap();
        let post = http::Request::post(server.url("/second"))
            .body(RequestBody::from("x"))
            .unwrap();
        let expected = match transport.send(post).await {
            Ok(response) => {
                assert_eq!(read(response).await, "ok");
                "POST /second "
            }
            lost @ Err(_) => {
                let (kind, delivery, _) = failure(lost);
                assert_eq!((kind, delivery), (TransportErrorKind::Closed, Delivery::Unknown));
                read(transport.send(get(&server.url("/third"))).await.unwrap()).await;
                "GET /third "
            }
        };
        let seen = server.finish();
        assert!(seen.len() == 2 && seen[1].starts_with(expected), "{seen:?}");
    }
}

#[tokio::test]
async fn a_request_read_from_a_pooled_connection_is_not_sent_again() {
    let server = Server::start(vec![step(|connection| {
        connection.read_request();
        connection.write(OK.as_bytes());
        connection.read_request();
    })]);
    let transport = ReqwestTransport::new().unwrap();
    read(transport.send(get(&server.url("/first"))).await.unwrap()).await;
    let post = http::Request::post(server.url("/second?query=1"))
        .body(RequestBody::from("x"))
        .unwrap();
    let (kind, delivery, _) = failure(transport.send(post).await);
    assert_eq!((kind, delivery), (TransportErrorKind::Closed, Delivery::Unknown));
    let seen = server.finish();
    assert!(
        seen.len() == 2 && seen[1].starts_with("POST /second?query=1 "),
        "{seen:?}"
    );
}

#[tokio::test]
async fn what_would_arrive_changed_is_refused() {
    let nobody = trap();
    let address = nobody.local_addr().unwrap();
    let transport = ReqwestTransport::new().unwrap();
    for url in [
        format!("http://{address}/a/../b?query"),
        format!("http://{address}/?query='"),
        format!("http://user:s3cret@{address}/"),
        format!("ftp://{address}/"),
        format!("http://0x7f.1:{}/", address.port()),
    ] {
        let (kind, delivery, text) = failure(send(&transport, get(&url)).await);
        assert_eq!(
            (kind, delivery),
            (TransportErrorKind::Unsupported, Delivery::NotSent),
            "{text}"
        );
    }
    support::assert_no_visitor(&nobody);
}

#[tokio::test]
async fn a_dropped_future_closes_its_connection() {
    let (arrived, has_arrived) = oneshot::channel();
    let server = Server::start(vec![step(|connection| {
        connection.read_request();
        arrived.send(()).unwrap();
        connection.read_to_end();
    })]);
    let transport = ReqwestTransport::new().unwrap();
    tokio::select! {
        response = transport.send(get(&server.url("/"))) => panic!("{response:?}"),
        _ = has_arrived => {}
    }
    assert_eq!(server.finish_beside().await.len(), 1);
}

#[tokio::test]
async fn a_dropped_body_closes_its_connection() {
    let server = Server::start(vec![step(|connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nsome");
        connection.read_to_end();
    })]);
    let response = ReqwestTransport::new()
        .unwrap()
        .send(get(&server.url("/")))
        .await
        .unwrap();
    drop(response);
    assert_eq!(server.finish_beside().await.len(), 1);
}

#[test]
fn each_runtime_has_its_own_connections() {
    let keep_open = || {
        step(|connection| {
            connection.read_request();
            connection.write(OK.as_bytes());
            connection.stays_open = true;
        })
    };
    let server = Server::start(vec![keep_open(), keep_open(), keep_open()]);
    let transport = ReqwestTransport::new().unwrap();
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let (first, second) = (runtime(), runtime());
    // The first runtime stands still while the second one works: a shared connection would hang.
    for runtime in [&first, &second, &first] {
        let response = runtime.block_on(send(&transport, get(&server.url("/")))).unwrap();
        assert_eq!(runtime.block_on(read(response)), "ok");
    }
    assert_eq!(server.finish().len(), 3);
}

#[test]
fn outside_a_runtime_it_is_an_error_and_not_a_panic() {
    let transport = ReqwestTransport::new().unwrap();
    let mut sending = transport.send(get("http://host.test/"));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(result) = sending.as_mut().poll(&mut context) else {
        panic!("pending")
    };
    let (kind, delivery, text) = failure(result);
    assert_eq!(
        (kind, delivery),
        (TransportErrorKind::Unsupported, Delivery::NotSent)
    );
    assert!(text.contains("Tokio runtime"), "{text}");
}

#[test]
fn the_environments_proxy_is_ignored() {
    let proxy = trap();
    let server = Server::start(vec![answer(OK)]);
    let proxy_url = format!("http://{}", proxy.local_addr().unwrap());
    let names = [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ];
    let mut environment: Vec<_> = names.iter().map(|name| (*name, proxy_url.as_str())).collect();
    let url = server.url("/");
    environment.push(("SERVER_URL", &url));
    run_child("child_sends_directly", &environment);
    assert_eq!(server.finish().len(), 1);
    support::assert_no_visitor(&proxy);
}

#[tokio::test]
#[ignore = "run by the_environments_proxy_is_ignored, in a process of its own"]
async fn child_sends_directly() {
    let request: Request = get(&from_parent("SERVER_URL"));
    assert_eq!(
        read(send(&ReqwestTransport::new().unwrap(), request).await.unwrap()).await,
        "ok"
    );
}
