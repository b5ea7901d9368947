//! A request on a connection that its server closes at that very moment has an outcome, whoever is faster.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, and waits in real time"
)]

use std::sync::Arc;
use std::time::Duration;

use session_export_testkit::server::Server;
use session_export_transport::{Request, RequestBody, Transport};
use session_export_transport_hyper::HyperTransport;

const TASKS: usize = 8;
/// The race is lost once in some hundred thousand requests. When the transport waited for hyper alone, one run in seven failed.
const REQUESTS: usize = 2000;
/// Far more than an outcome takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_that_meets_a_closing_connection_has_an_outcome() {
    let server = Server::plain(|mut connection| async move {
        if connection.request().await.is_some() {
            connection
                .write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                .await;
        }
        // And closes, while the next request may be on its way.
    })
    .await;
    let transport = Arc::new(HyperTransport::new().unwrap());
    let url = server.url("/");
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (transport, url) = (Arc::clone(&transport), url.clone());
            tokio::spawn(async move {
                for number in 0..REQUESTS {
                    let mut request = Request::new(RequestBody::empty());
                    *request.uri_mut() = url.clone();
                    // Now sooner, now later.
                    for _ in 0..(number * 7 + task * 13) % 200 {
                        std::hint::spin_loop();
                    }
                    let outcome = tokio::time::timeout(PATIENCE, transport.send(request)).await;
                    // Which one depends on who was faster.
                    assert!(outcome.is_ok(), "request {number} of task {task} has no outcome");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}
