//! A request that meets an HTTP/2 connection at its end has an outcome, and one that was taken has its response.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, and waits in real time"
)]

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::Uri;
use session_export_testkit::server::{Authority, Certificate, Connection, Gate, Server};
use session_export_transport::{Request, RequestBody, Transport};
use session_export_transport_hyper::HyperTransport;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional, sink};
use tokio::net::{TcpListener, TcpStream};

/// While the transport kept a sender for each request, one of these turns in some thousand left a request without an outcome.
const TURNS: usize = 2000;
const TASKS: usize = 16;
/// Far more than an outcome takes on a busy machine, and less than what is unused may stay in the pool.
const PATIENCE: Duration = Duration::from_secs(20);
const MOMENT: Duration = Duration::from_millis(50);
const IDLE_LIMIT: Duration = Duration::from_secs(60);

/// HEADERS on stream 1, end of headers: `:status: 200` is entry 8 of the static table. Its body does not end.
const OK_BEGUN: &[u8] = b"\0\0\x01\x01\x04\0\0\0\x01\x88";
/// The same, and end of stream.
const OK: &[u8] = b"\0\0\x01\x01\x05\0\0\0\x01\x88";
/// GOAWAY: stream 1 was the last one, `NO_ERROR`.
const GOAWAY: &[u8] = b"\0\0\x08\x07\0\0\0\0\0\0\0\0\x01\0\0\0\0";

/// Speaks enough HTTP/2 to see the head of one request.
async fn first_request(connection: Connection) -> io::Result<impl AsyncRead + AsyncWrite + Unpin> {
    const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
    const HEADERS: u8 = 1;
    let mut stream = connection.into_stream();
    stream.write_all(SETTINGS).await?;
    stream.flush().await?;
    stream.read_exact(&mut [0; 24]).await?;
    loop {
        let mut frame = [0; 9];
        stream.read_exact(&mut frame).await?;
        let [_, high, low, kind, ..] = frame;
        let length = usize::from(u16::from_be_bytes([high, low]));
        stream.read_exact(&mut vec![0; length]).await?;
        if kind == HEADERS {
            return Ok(stream);
        }
    }
}

/// Answers, and reads until the client closes.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, frames: &[u8]) -> io::Result<()> {
    stream.write_all(frames).await?;
    stream.flush().await?;
    tokio::io::copy(&mut stream, &mut sink()).await.map(drop)
}

async fn start<S, F>(authority: &Authority, script: S) -> Server
where
    S: Fn(Connection) -> F + Send + Sync + 'static,
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let config = authority.server(Certificate::Good, &["h2"]);
    // A peer that has closed is no concern of a script.
    let script = move |connection| {
        let running = script(connection);
        async move { drop(running.await) }
    };
    Server::tls(config, script).await
}

fn transport(authority: &Authority, idle_limit: Duration) -> Arc<HyperTransport> {
    let builder = HyperTransport::builder()
        .ca_pem(authority.pem())
        .pool_idle_limit(idle_limit);
    Arc::new(builder.build().unwrap())
}

fn get(url: &Uri) -> Request {
    let mut request = Request::new(RequestBody::empty());
    *request.uri_mut() = url.clone();
    request
}

/// A way to `server` that lets one connection through each time `door` is opened, and closes the others: they need no handshake.
async fn behind_door(server: &Server, door: Arc<AtomicBool>) -> Uri {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let behind = server.address();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            if door.swap(false, Ordering::SeqCst) {
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(behind).await?;
                    near.set_nodelay(true)?;
                    far.set_nodelay(true)?;
                    copy_bidirectional(&mut near, &mut far).await
                });
            }
        }
    });
    format!("https://localhost:{port}/").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_that_meets_a_closing_connection_has_an_outcome() {
    let authority = Authority::new();
    // The connection stands while the body does, so that it is a request that finds out, while others are on their way.
    let server = start(&authority, |connection| async {
        let stream = first_request(connection).await?;
        answer(stream, &[OK_BEGUN, GOAWAY].concat()).await
    })
    .await;
    let door = Arc::new(AtomicBool::new(false));
    let url = behind_door(&server, Arc::clone(&door)).await;
    let transport = transport(&authority, IDLE_LIMIT);
    let (mut opened, mut failed) = (0, 0);
    for turn in 0..TURNS {
        door.store(true, Ordering::SeqCst);
        let open = transport.send(get(&url)).await;
        opened += u32::from(open.is_ok());
        let requests: Vec<_> = (0..TASKS)
            .map(|task| {
                let (transport, request) = (Arc::clone(&transport), get(&url));
                tokio::spawn(async move {
                    // Now sooner, now later.
                    for _ in 0..(turn * 7 + task * 13) % 200 {
                        std::hint::spin_loop();
                    }
                    // Which one depends on who was faster.
                    tokio::time::timeout(PATIENCE, transport.send(request))
                        .await
                        .map(|outcome| outcome.is_err())
                })
            })
            .collect();
        for request in requests {
            let outcome = request.await.unwrap();
            failed +=
                u32::from(outcome.unwrap_or_else(|_| panic!("a request of turn {turn} has no outcome")));
        }
        drop(open);
    }
    // Connections did open, and did close under requests.
    assert!(opened > 0 && failed > 0, "{opened} opened, {failed} failed");
}

#[tokio::test]
async fn a_response_may_come_after_the_pool_let_go_of_its_connection() {
    let authority = Authority::new();
    let (taken, later) = (Gate::new(), Gate::new());
    let server = start(&authority, {
        let (taken, later) = (taken.clone(), later.clone());
        move |connection| {
            let (taken, later) = (taken.clone(), later.clone());
            async move {
                let is_first = connection.number() == 0;
                let stream = first_request(connection).await?;
                taken.open();
                if is_first {
                    later.passed().await;
                }
                answer(stream, OK).await
            }
        }
    })
    .await;
    // Nothing stays.
    let transport = transport(&authority, Duration::ZERO);
    let request = get(&server.url("/"));
    let waiting = tokio::spawn({
        let transport = Arc::clone(&transport);
        async move { transport.send(request).await }
    });
    tokio::time::timeout(PATIENCE, taken.passed()).await.unwrap();
    // Another connection is opened once the pool has no longer the first one, where nothing is answered now.
    while server.connections() == 1 {
        let _ = tokio::time::timeout(MOMENT, transport.send(get(&server.url("/")))).await;
    }
    later.open();
    let first = tokio::time::timeout(PATIENCE, waiting).await;
    assert_eq!(first.unwrap().unwrap().unwrap().status(), 200);
}
