//! A proxy on loopback that writes down every byte of every exchange.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request and its response, as they stood on the wire.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) request: String,
    pub(crate) response: String,
}

/// Passes on what comes, and keeps it. Dropping it closes everything.
pub(crate) struct Tap {
    pub(crate) address: String,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    accepting: JoinHandle<()>,
}

impl Tap {
    /// Before the server at `upstream`, such as `127.0.0.1:41234`.
    #[allow(clippy::disallowed_methods, reason = "a server for a test")]
    pub(crate) async fn before(upstream: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let exchanges = Arc::<Mutex<Vec<_>>>::default();
        let log = Arc::clone(&exchanges);
        let accepting = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect(&upstream).await.unwrap();
                tokio::spawn(pass_on(client, server, Arc::clone(&log)));
            }
        });
        Self {
            address,
            exchanges,
            accepting,
        }
    }

    /// In the order of their ends.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap().clone()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// One exchange after the other, until somebody hangs up.
async fn pass_on(mut client: TcpStream, mut server: TcpStream, log: Arc<Mutex<Vec<Exchange>>>) {
    while let Some(request) = message(&mut client).await {
        server.write_all(&request).await.unwrap();
        let response = message(&mut server).await.expect("the emulator answers");
        let text = |bytes| String::from_utf8(bytes).expect("every message of this export is text");
        // Written down before it is passed on: whoever has the answer finds it here.
        log.lock().unwrap().push(Exchange {
            request: text(request),
            response: text(response.clone()),
        });
        if client.write_all(&response).await.is_err() {
            return;
        }
    }
}

/// A whole message of HTTP/1.1; `None` when the connection ends instead.
async fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
    if head.contains("transfer-encoding: chunked") {
        while !bytes.ends_with(b"\r\n0\r\n\r\n") {
            bytes.push(stream.read_u8().await.ok()?);
        }
        return Some(bytes);
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    bytes.extend(body);
    Some(bytes)
}
