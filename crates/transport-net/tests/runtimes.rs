//! A response that one runtime received, read elsewhere.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "these are tests"
)]

mod support;

use std::future::poll_fn;
use std::net::TcpListener;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use http_body::Body;
use session_export_transport::{Response, TransportError};
use support::{Connection, STUCK, Subject, get, read, send, through_both};
use tokio::runtime::{Builder, Runtime};

through_both! {
    ;
    a_body_is_read_outside_of_any_runtime,
    a_body_that_another_runtime_reads_leaves_its_connection_where_it_was,
    a_body_may_outlive_its_runtime,
}

const CONNECTIONS: usize = 8;

/// One that works while the test does something else.
fn working() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().unwrap()
}

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n";
const BODY: &[u8] = b"ok";

/// Takes so many connections with a request on each, begins to answer each and then finishes each, and waits until all are closed.
fn answer(connections: usize) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let mut open = Vec::new();
        for _ in 0..connections {
            let mut connection = Connection::new(listener.accept().unwrap().0);
            connection.read_request();
            connection.write(HEAD);
            open.push(connection);
        }
        for connection in &mut open {
            connection.write(BODY);
        }
        for connection in &mut open {
            connection.read_to_end();
        }
    });
    (url, thread)
}

/// What any other executor does.
fn wait_for<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let start = Instant::now();
    while start.elapsed() < STUCK {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::yield_now(),
        }
    }
    panic!("it waits for ever");
}

async fn read_frames(response: Response) -> Result<Vec<u8>, TransportError> {
    let (mut body, mut bytes) = (response.into_body(), Vec::new());
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        bytes.extend(frame?.into_data().unwrap());
    }
    Ok(bytes)
}

fn a_body_is_read_outside_of_any_runtime<T: Subject>() {
    let (url, server) = answer(1);
    let (transport, runtime) = (T::new(), working());
    let response = runtime.block_on(send(&transport, get(&url))).unwrap();
    assert_eq!(wait_for(read_frames(response)).unwrap(), BODY);
    drop(runtime);
    server.join().unwrap();
}

fn a_body_that_another_runtime_reads_leaves_its_connection_where_it_was<T: Subject>() {
    let (url, server) = answer(CONNECTIONS);
    let transport = T::builder()
        .pool_idle_limit(Duration::from_millis(50))
        .build()
        .unwrap();
    let (first, second) = (working(), working());
    // Each has a connection of its own, because none is whole.
    let responses: Vec<_> = (0..CONNECTIONS)
        .map(|_| first.block_on(send(&transport, get(&url))).unwrap())
        .collect();
    for response in responses {
        assert_eq!(second.block_on(read(response)), "ok");
    }
    drop(second);
    // The idle limit holds, although nobody sends again.
    server.join().expect("a connection stays open");
}

fn a_body_may_outlive_its_runtime<T: Subject>() {
    let (url, server) = answer(1);
    let (transport, runtime) = (T::new(), working());
    let response = runtime.block_on(send(&transport, get(&url))).unwrap();
    drop(runtime);
    // How much of it had come depends on who was faster; it ends.
    let _ = wait_for(read_frames(response));
    // Having ended, it may have met a server that still writes.
    let _ = server.join();
}
