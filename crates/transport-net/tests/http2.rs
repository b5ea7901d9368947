//! HTTP/2, where a TLS server offers it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "these are tests"
)]

mod support;

use std::sync::Arc;

use session_export_transport::{Delivery, RequestBody, TransportError, TransportErrorKind};
use support::authority::authority;
use support::{Connection, Server, Subject, failure, get, read, send, step, through_both};
use tokio::sync::{Barrier, oneshot};

through_both! {
    http_2_is_spoken_where_it_is_offered,
    http_2_failures,
    a_dropped_future_resets_its_http_2_stream,
    many_streams_are_in_flight_at_once,
}

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;

fn url(server: &Server) -> String {
    format!("https://localhost:{}/v1?query=s3cret", server.address.port())
}

/// Reads one HTTP/2 frame and returns its type.
fn read_frame(connection: &mut Connection) -> u8 {
    let head = connection.read_exact(9);
    connection.read_exact((usize::from(head[1]) << 8) | usize::from(head[2]));
    head[3]
}

/// Speaks enough HTTP/2 to see the head of one request.
fn read_http2_request(connection: &mut Connection) {
    assert_eq!(connection.read_exact(24), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    connection.write(b"\0\0\0\x04\0\0\0\0\0"); // SETTINGS, empty
    while read_frame(connection) != HEADERS {}
}

async fn exchange<T: Subject>(frames: &'static [u8]) -> Result<(u16, http::Version), TransportError> {
    let (ca, config) = authority("localhost", &["h2", "http/1.1"]);
    let server = Server::start_tls(
        config,
        vec![step(|connection| {
            read_http2_request(connection);
            connection.write(frames);
            let mut rest = &connection.read_to_end()[..];
            while let [high, middle, low, kind, ..] = rest {
                assert_ne!(*kind, HEADERS, "a second request");
                rest = &rest[9 + u32::from_be_bytes([0, *high, *middle, *low]) as usize..];
            }
        })],
    );
    let transport = T::builder().ca_pem(ca).build().unwrap();
    let result = transport.send(get(&url(&server))).await;
    // Without a body that is still to be read, the connection ends with the transport.
    let result = result.map(|response| (response.status().as_u16(), response.version()));
    drop(transport);
    server.finish_beside().await;
    result
}

async fn http_2_is_spoken_where_it_is_offered<T: Subject>() {
    // HEADERS on stream 1, end of headers and stream: `:status: 200` is entry 8 of the static table.
    let response = exchange::<T>(b"\0\0\x01\x01\x05\0\0\0\x01\x88").await.unwrap();
    assert_eq!(response, (200, http::Version::HTTP_2));
}

async fn http_2_failures<T: Subject>() {
    // RST_STREAM: REFUSED_STREAM, which reqwest's default would send again.
    let refused = b"\0\0\x04\x03\0\0\0\0\x01\0\0\0\x07";
    // GOAWAY: INTERNAL_ERROR, with debug data that must not be shown.
    let going = b"\0\0\x0d\x07\0\0\0\0\0\0\0\0\0\0\0\0\x02token";
    // DATA on stream 0.
    let broken = b"\0\0\x01\0\0\0\0\0\0x";
    for (frames, expected) in [
        (&refused[..], TransportErrorKind::Closed),
        (&going[..], TransportErrorKind::Closed),
        (&broken[..], TransportErrorKind::Protocol),
    ] {
        let (kind, delivery, text) = failure(exchange::<T>(frames).await);
        assert_eq!((kind, delivery), (expected, Delivery::Unknown), "{text}");
    }
}

async fn a_dropped_future_resets_its_http_2_stream<T: Subject>() {
    let (ca, config) = authority("localhost", &["h2"]);
    let (arrived, has_arrived) = oneshot::channel();
    let (reset, was_reset) = oneshot::channel();
    let server = Server::start_tls(
        config,
        vec![step(|connection| {
            read_http2_request(connection);
            arrived.send(()).unwrap();
            while read_frame(connection) != RST_STREAM {}
            reset.send(()).unwrap();
        })],
    );
    let transport = T::builder().ca_pem(ca).build().unwrap();
    tokio::select! {
        response = transport.send(get(&url(&server))) => panic!("{response:?}"),
        _ = has_arrived => {}
    }
    was_reset.await.unwrap();
}

async fn many_streams_are_in_flight_at_once<T: Subject>() {
    const COUNT: usize = 256;
    let (ca, config) = authority("localhost", &["h2"]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/v1", listener.local_addr().unwrap().port());
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let all_are_here = Arc::new(Barrier::new(COUNT));
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let (acceptor, all_are_here) = (acceptor.clone(), Arc::clone(&all_are_here));
            tokio::spawn(async move {
                // All race to connect; when one sees HTTP/2, some of the others give up half-way.
                let Ok(tls) = acceptor.accept(tcp).await else {
                    return;
                };
                let Ok(mut connection) = h2::server::handshake(tls).await else {
                    return;
                };
                while let Some(Ok((mut request, mut respond))) = connection.accept().await {
                    let all_are_here = Arc::clone(&all_are_here);
                    tokio::spawn(async move {
                        let body = request.body_mut().data().await.unwrap().unwrap();
                        all_are_here.wait().await;
                        respond
                            .send_response(http::Response::new(()), false)
                            .unwrap()
                            .send_data(body, true)
                            .unwrap();
                    });
                }
            });
        }
    });

    let transport = Arc::new(T::builder().ca_pem(ca).build().unwrap());
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..COUNT {
        let transport = Arc::clone(&transport);
        let request = http::Request::post(&url)
            .body(RequestBody::from(number.to_string()))
            .unwrap();
        tasks.spawn(async move {
            let response = send(&transport, request).await.unwrap();
            assert_eq!(response.version(), http::Version::HTTP_2);
            assert_eq!(read(response).await, number.to_string());
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}
