//! What a server sees, byte for byte.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "these are tests"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use session_export_transport::{Delivery, Request, RequestBody, TransportErrorKind};
use support::{
    Server, Subject, answer, failure, from_parent, get, read, run_child, send, step, through_both, trap,
};
use tokio::sync::oneshot;

through_both! {
    a_get_has_the_headers_given_and_a_host,
    a_body_has_its_length_and_no_body_has_none,
    a_body_larger_than_any_buffer_arrives_whole,
    a_redirect_is_returned_and_not_followed,
    a_cookie_is_not_sent_back,
    a_pooled_connection_that_closed_while_idle_never_doubles_a_request,
    a_request_lost_before_a_byte_was_written_is_not_unknown,
    a_request_read_from_a_pooled_connection_is_not_sent_again,
    what_no_transport_carries_is_refused,
    many_requests_are_in_flight_at_once,
    a_connection_is_used_again,
    an_idle_connection_is_closed,
    a_host_given_is_the_host_sent,
    a_dropped_future_closes_its_connection,
    a_dropped_body_closes_its_connection,
    #[ignore = "run by the_environments_proxy_is_ignored, in a process of its own"]
    child_sends_directly,
    ;
    each_runtime_has_its_own_connections,
    outside_a_runtime_it_is_an_error_and_not_a_panic,
    the_environments_proxy_is_ignored,
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

async fn a_get_has_the_headers_given_and_a_host<T: Subject>() {
    let server = Server::start(vec![answer(OK)]);
    let transport = T::new();
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

async fn a_body_has_its_length_and_no_body_has_none<T: Subject>() {
    let server = Server::start(vec![answer(OK), answer(OK)]);
    for body in [r#"{"a":1}"#, ""] {
        let request = http::Request::post(server.url("/v1"))
            .body(RequestBody::from(body))
            .unwrap();
        read(T::new().send(request).await.unwrap()).await;
    }
    let (host, adds) = (server.address, T::ADDS);
    assert_eq!(
        server.finish(),
        [
            format!("POST /v1 HTTP/1.1\r\n{adds}host: {host}\r\ncontent-length: 7\r\n\r\n{{\"a\":1}}"),
            format!("POST /v1 HTTP/1.1\r\n{adds}host: {host}\r\n\r\n"),
        ]
    );
}

async fn a_body_larger_than_any_buffer_arrives_whole<T: Subject>() {
    let server = Server::start(vec![answer(OK)]);
    let body = "0123456789abcdef".repeat(1 << 16);
    let request = http::Request::put(server.url("/"))
        .body(RequestBody::from(body.clone()))
        .unwrap();
    read(T::new().send(request).await.unwrap()).await;
    assert!(server.finish()[0].ends_with(&format!("\r\n\r\n{body}")));
}

async fn a_redirect_is_returned_and_not_followed<T: Subject>() {
    let target = trap();
    let location = target.local_addr().unwrap();
    for status in [301, 302, 303, 307, 308] {
        let server = Server::start(vec![answer(format!(
            "HTTP/1.1 {status} Moved\r\nlocation: http://{location}/\r\ncontent-length: 0\r\n\r\n"
        ))]);
        let response = send(&T::new(), get(&server.url("/"))).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(server.finish().len(), 1);
    }
    support::assert_no_visitor(&target);
}

async fn a_cookie_is_not_sent_back<T: Subject>() {
    let server = Server::start(vec![step(|connection| {
        for _ in 0..2 {
            connection.read_request();
            connection.write(b"HTTP/1.1 200 OK\r\nset-cookie: a=b; path=/\r\ncontent-length: 0\r\n\r\n");
        }
    })]);
    let transport = T::new();
    for _ in 0..2 {
        read(transport.send(get(&server.url("/"))).await.unwrap()).await;
    }
    let seen = server.finish();
    assert!(seen.len() == 2 && !seen[1].contains("cookie"), "{seen:?}");
}

async fn a_pooled_connection_that_closed_while_idle_never_doubles_a_request<T: Subject>() {
    // Many rounds: when the client notices is a race. Before it looks for a connection, it opens a fresh one. Before it
    // wrote a byte, each transport has its own way. After that, the request is lost with the connection.
    for _ in 0..50 {
        let (closed, is_closed) = oneshot::channel();
        let first = step(|connection| {
            connection.read_request();
            connection.write(OK.as_bytes());
            connection.close();
            closed.send(()).unwrap();
        });
        let server = Server::start(vec![first, answer(OK)]);
        let transport = T::new();
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
                let (kind, delivery, text) = failure(lost);
                assert_eq!(kind, TransportErrorKind::Closed, "{text}");
                assert!(
                    delivery == Delivery::Unknown || Some(delivery) == T::LOST_UNSENT,
                    "{text}"
                );
                read(transport.send(get(&server.url("/third"))).await.unwrap()).await;
                "GET /third "
            }
        };
        let seen = server.finish();
        assert!(seen.len() == 2 && seen[1].starts_with(expected), "{seen:?}");
    }
}

async fn a_request_lost_before_a_byte_was_written_is_not_unknown<T: Subject>() {
    let signal = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let signal_address = signal.local_addr().unwrap();
    let (close, may_close) = oneshot::channel();
    let (closed, is_closed) = std::sync::mpsc::channel();
    let first = step(move |connection| {
        connection.read_request();
        connection.write(OK.as_bytes());
        may_close.blocking_recv().unwrap();
        std::net::UdpSocket::bind("127.0.0.1:0")
            .unwrap()
            .send_to(b"x", signal_address)
            .unwrap();
        connection.close();
        closed.send(()).unwrap();
    });
    let steps = match T::LOST_UNSENT {
        Some(_) => vec![first],
        None => vec![first, answer(OK)],
    };
    let server = Server::start(steps);
    let transport = T::new();
    read(send(&transport, get(&server.url("/"))).await.unwrap()).await;
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    // While this thread stands still, two events queue up: first the signal, then the end of the connection. So the
    // pool hands the connection out, and the connection sees its end before it looks for a request.
    close.send(()).unwrap();
    is_closed.recv().unwrap();
    signal.recv(&mut [0]).await.unwrap();
    let result = send(&transport, get(&server.url("/?query"))).await;
    match T::LOST_UNSENT {
        Some(expected) => {
            let (kind, delivery, text) = failure(result);
            assert_eq!((kind, delivery), (TransportErrorKind::Closed, expected), "{text}");
            assert_eq!(server.finish().len(), 1);
        }
        None => {
            assert_eq!(read(result.unwrap()).await, "ok");
            assert_eq!(server.finish().len(), 2);
        }
    }
}

async fn a_request_read_from_a_pooled_connection_is_not_sent_again<T: Subject>() {
    let server = Server::start(vec![step(|connection| {
        connection.read_request();
        connection.write(OK.as_bytes());
        connection.read_request();
    })]);
    let transport = T::new();
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

async fn what_no_transport_carries_is_refused<T: Subject>() {
    let nobody = trap();
    let address = nobody.local_addr().unwrap();
    let transport = T::new();
    let mut http2 = get(&format!("http://{address}/?query"));
    *http2.version_mut() = http::Version::HTTP_2;
    let mut connect = get(&format!("http://{address}/?query"));
    *connect.method_mut() = http::Method::CONNECT;
    for request in [
        get(&format!("http://user:s3cret@{address}/")),
        get(&format!("ftp://{address}/")),
        get("/?query"),
        http2,
        connect,
    ] {
        let (kind, delivery, text) = failure(send(&transport, request).await);
        assert_eq!(
            (kind, delivery),
            (TransportErrorKind::Unsupported, Delivery::NotSent),
            "{text}"
        );
    }
    support::assert_no_visitor(&nobody);
}

async fn many_requests_are_in_flight_at_once<T: Subject>() {
    const COUNT: usize = 256;
    let (address, server) = support::answer_together(COUNT, OK);
    let transport = Arc::new(T::new());
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..COUNT {
        let transport = Arc::clone(&transport);
        tasks.spawn(async move {
            let request = get(&format!("http://{address}/{number}"));
            read(send(&transport, request).await.unwrap()).await
        });
    }
    while let Some(text) = tasks.join_next().await {
        assert_eq!(text.unwrap(), "ok");
    }
    let seen = server.join().unwrap();
    let mut targets: Vec<_> = seen
        .iter()
        .map(|request| request.split(' ').nth(1).unwrap())
        .collect();
    targets.sort_unstable();
    targets.dedup();
    assert_eq!(targets.len(), COUNT);
}

async fn a_connection_is_used_again<T: Subject>() {
    let server = Server::start(vec![step(|connection| {
        for _ in 0..3 {
            connection.read_request();
            connection.write(OK.as_bytes());
        }
    })]);
    let transport = T::new();
    for _ in 0..3 {
        read(send(&transport, get(&server.url("/"))).await.unwrap()).await;
    }
    assert_eq!(server.finish().len(), 3);
}

async fn an_idle_connection_is_closed<T: Subject>() {
    let server = Server::start(vec![step(|connection| {
        connection.read_request();
        connection.write(OK.as_bytes());
        connection.read_to_end();
    })]);
    let transport = T::builder()
        .pool_idle_limit(Duration::from_millis(20))
        .build()
        .unwrap();
    read(send(&transport, get(&server.url("/"))).await.unwrap()).await;
    assert_eq!(server.finish_beside().await.len(), 1);
}

async fn a_host_given_is_the_host_sent<T: Subject>() {
    let server = Server::start(vec![answer(OK)]);
    let mut request = get(&server.url("/"));
    request
        .headers_mut()
        .insert("host", "other.test".parse().unwrap());
    read(send(&T::new(), request).await.unwrap()).await;
    assert_eq!(
        server.finish(),
        ["GET / HTTP/1.1\r\naccept: application/json\r\nhost: other.test\r\n\r\n"]
    );
}

async fn a_dropped_future_closes_its_connection<T: Subject>() {
    let (arrived, has_arrived) = oneshot::channel();
    let server = Server::start(vec![step(|connection| {
        connection.read_request();
        arrived.send(()).unwrap();
        connection.read_to_end();
    })]);
    let transport = T::new();
    tokio::select! {
        response = transport.send(get(&server.url("/"))) => panic!("{response:?}"),
        _ = has_arrived => {}
    }
    assert_eq!(server.finish_beside().await.len(), 1);
}

async fn a_dropped_body_closes_its_connection<T: Subject>() {
    let server = Server::start(vec![step(|connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nsome");
        connection.read_to_end();
    })]);
    let response = T::new().send(get(&server.url("/"))).await.unwrap();
    drop(response);
    assert_eq!(server.finish_beside().await.len(), 1);
}

fn each_runtime_has_its_own_connections<T: Subject>() {
    let keep_open = || {
        step(|connection| {
            connection.read_request();
            connection.write(OK.as_bytes());
            connection.stays_open = true;
        })
    };
    let server = Server::start(vec![keep_open(), keep_open(), keep_open()]);
    let transport = T::new();
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

fn outside_a_runtime_it_is_an_error_and_not_a_panic<T: Subject>() {
    let transport = T::new();
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

fn the_environments_proxy_is_ignored<T: Subject>() {
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
    run_child::<T>("child_sends_directly", &environment);
    assert_eq!(server.finish().len(), 1);
    support::assert_no_visitor(&proxy);
}

async fn child_sends_directly<T: Subject>() {
    let request: Request = get(&from_parent("SERVER_URL"));
    assert_eq!(read(send(&T::new(), request).await.unwrap()).await, "ok");
}
