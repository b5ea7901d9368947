//! Both sides of every comparison put the same bytes on the wire, and the hashes are those of a real signature.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test"
)]

use std::sync::{Arc, Mutex};

use session_export_benches::cases::{Carrier, Operation};
use session_export_benches::floor::{Connection, Floor, Hyper, Reqwest};
use session_export_benches::ours::Ours;
use session_export_benches::server::Server;
use session_export_benches::{hashes, wire};

/// Requests as they came.
#[derive(Clone, Default)]
struct Received(Arc<Mutex<Vec<String>>>);

impl Received {
    /// Starts a server that keeps what it is sent.
    async fn serve(&self) -> String {
        let kept = self.clone();
        let keep = move |request: &[u8]| {
            let request = String::from_utf8(request.to_vec()).unwrap();
            kept.0.lock().unwrap().push(request);
        };
        let server = Server::bind(None, keep).await.unwrap();
        let base = server.base().unwrap();
        tokio::spawn(server.run());
        base
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[tokio::test]
async fn ours_and_the_floor_send_the_same_bytes() {
    let received = Received::default();
    let base = received.serve().await;
    for operation in [Operation::Submit, Operation::Poll, Operation::List] {
        for carrier in [Carrier::Hyper, Carrier::Reqwest] {
            let ours = Ours::new(carrier, operation, &base).unwrap();
            for _ in 0..2 {
                ours.call(operation).await.unwrap();
                match carrier {
                    Carrier::Hyper => {
                        let floor = Floor::new(Hyper::new().unwrap(), &base).unwrap();
                        floor.call(operation).await.unwrap();
                    }
                    _ => {
                        let floor = Floor::new(Reqwest::new().unwrap(), &base).unwrap();
                        floor.call(operation).await.unwrap();
                    }
                }
            }
            let requests = received.take();
            assert_eq!(requests.len(), 4, "{carrier} {operation}");
            assert!(requests[0].contains("x-auth-token: MIIg"), "{}", requests[0]);
            for request in &requests {
                assert_eq!(request, &requests[0], "{carrier} {operation}");
            }
        }
        // The connection's floor sends as much, though it says `Host` in another place.
        let floor = Floor::new(Connection::new(&base).await.unwrap(), &base).unwrap();
        floor.call(operation).await.unwrap();
        let hyper = Floor::new(Hyper::new().unwrap(), &base).unwrap();
        hyper.call(operation).await.unwrap();
        let lines: Vec<_> = received
            .take()
            .iter()
            .map(|request| {
                let mut lines: Vec<_> = request.lines().map(str::to_owned).collect();
                lines.sort();
                lines
            })
            .collect();
        assert_eq!(lines[0], lines[1], "{operation}");
    }
}

#[tokio::test]
async fn the_hashes_are_those_of_a_real_signature() {
    let received = Received::default();
    let base = received.serve().await;
    for carrier in [Carrier::Hyper, Carrier::Reqwest] {
        let ours = Ours::new(carrier, Operation::SubmitSigned, &base).unwrap();
        ours.call(Operation::SubmitSigned).await.unwrap();
        let request = received.take().pop().unwrap();
        let header = |name: &str| {
            let mut values = request
                .lines()
                .filter_map(|line| line.strip_prefix(&format!("{name}: ")));
            values
                .next()
                .unwrap_or_else(|| panic!("no {name} in {request}"))
                .to_owned()
        };
        let date = header("x-sdk-date");
        let canonical = hashes::canonical_request(&header("host"), &date);
        let body = request.split_once("\r\n\r\n").unwrap().1;
        assert_eq!(body, wire::SUBMIT);
        let signature = hashes::signature(wire::SECRET_KEY, &canonical, &date, body.as_bytes());
        let authorization = header("authorization");
        assert!(
            authorization.ends_with(&format!("Signature={signature}")),
            "{authorization}"
        );
    }
}
