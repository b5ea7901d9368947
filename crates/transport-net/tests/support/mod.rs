//! A server that does what a test tells it, connection by connection, the client's side of a test, and the two
//! transports that every case runs through.
//!
//! Nothing waits for time to pass: a read that gets nothing fails after a limit no test comes near.

#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "every test file uses its own part"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "the server is a thread of its own, beside the runtime under test"
)]

pub(crate) mod authority;

use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use http_body_util::BodyExt;
use session_export_transport::{
    Delivery, Request, RequestBody, Response, Transport, TransportError, TransportErrorKind,
};
use session_export_transport_hyper::HyperTransport;
use session_export_transport_net::{FromSettings, TransportBuilder};
use session_export_transport_reqwest::ReqwestTransport;

/// A bundled transport, and where it may differ from the other one.
pub(crate) trait Subject: Transport + FromSettings {
    /// The module of its tests.
    const NAME: &str;
    /// What it adds at the end of a request's own headers.
    const ADDS: &str;
    /// What becomes of a request that finds its pooled connection closed before a byte was written.
    const LOST_UNSENT: Option<Delivery>;

    fn builder() -> TransportBuilder<Self> {
        TransportBuilder::new()
    }

    fn new() -> Self {
        Self::builder().build().unwrap()
    }
}

impl Subject for ReqwestTransport {
    const NAME: &str = "reqwest";
    const ADDS: &str = "accept: */*\r\n";
    // It is sent on a fresh connection.
    const LOST_UNSENT: Option<Delivery> = None;
}

impl Subject for HyperTransport {
    const NAME: &str = "hyper";
    const ADDS: &str = "";
    const LOST_UNSENT: Option<Delivery> = Some(Delivery::NotSent);
}

/// Runs every case of a file through both transports; those after the semicolon bring their own runtime.
macro_rules! through_both {
    ($($(#[$note:meta])? $case:ident),* $(,)? $(; $($sync:ident),* $(,)?)?) => {
        mod reqwest {
            use session_export_transport_reqwest::ReqwestTransport;
            $(#[tokio::test] $(#[$note])? async fn $case() { super::$case::<ReqwestTransport>().await; })*
            $($(#[test] fn $sync() { super::$sync::<ReqwestTransport>(); })*)?
        }

        mod hyper {
            use session_export_transport_hyper::HyperTransport;
            $(#[tokio::test] $(#[$note])? async fn $case() { super::$case::<HyperTransport>().await; })*
            $($(#[test] fn $sync() { super::$sync::<HyperTransport>(); })*)?
        }
    };
}
pub(crate) use through_both;

pub(crate) const STUCK: Duration = Duration::from_secs(10);

/// What the server does with one connection.
pub(crate) type Step = Box<dyn FnOnce(&mut Connection) + Send>;

pub(crate) fn step(run: impl FnOnce(&mut Connection) + Send + 'static) -> Step {
    Box::new(run)
}

/// Reads one request and answers it, then closes.
pub(crate) fn answer(response: impl Into<Vec<u8>>) -> Step {
    let response = response.into();
    step(move |connection| {
        connection.read_request();
        connection.write(&response);
    })
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    listener: TcpListener,
    thread: JoinHandle<Vec<String>>,
}

impl Server {
    /// Runs one step per connection, in their order.
    pub(crate) fn start(steps: Vec<Step>) -> Self {
        Self::start_with(steps, None)
    }

    pub(crate) fn start_tls(config: rustls::ServerConfig, steps: Vec<Step>) -> Self {
        Self::start_with(steps, Some(Arc::new(config)))
    }

    fn start_with(steps: Vec<Step>, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let accepting = listener.try_clone().unwrap();
        let thread = std::thread::spawn(move || {
            let (mut seen, mut open) = (Vec::new(), Vec::new());
            for step in steps {
                let (stream, _) = accepting.accept().unwrap();
                let mut connection = Connection::new(stream);
                if let Some(tls) = &tls {
                    connection.start_tls(Arc::clone(tls));
                }
                step(&mut connection);
                seen.append(&mut connection.seen);
                if connection.stays_open {
                    open.push(connection);
                }
            }
            seen
        });
        Self {
            address,
            listener,
            thread,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Waits for the last step, makes sure that nobody came after it, and returns the requests seen.
    pub(crate) fn finish(self) -> Vec<String> {
        let seen = self.thread.join().unwrap();
        assert_no_visitor(&self.listener);
        seen
    }

    /// [`finish`](Self::finish) while the runtime under test goes on: its tasks have connections to close.
    pub(crate) async fn finish_beside(self) -> Vec<String> {
        tokio::task::spawn_blocking(|| self.finish()).await.unwrap()
    }
}

/// Takes so many connections with a request on each, and answers only then.
pub(crate) fn answer_together(count: usize, response: &'static str) -> (SocketAddr, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let mut open: Vec<_> = (0..count)
            .map(|_| Connection::new(listener.accept().unwrap().0))
            .collect();
        open.iter_mut()
            .map(Connection::read_request)
            .collect::<Vec<_>>()
            .into_iter()
            .zip(&mut open)
            .map(|(request, connection)| {
                connection.write(response.as_bytes());
                request
            })
            .collect()
    });
    (address, thread)
}

/// A listener that nobody is to connect to.
pub(crate) fn trap() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

pub(crate) fn assert_no_visitor(listener: &TcpListener) {
    listener.set_nonblocking(true).unwrap();
    assert_eq!(
        listener.accept().unwrap_err().kind(),
        ErrorKind::WouldBlock,
        "somebody connected"
    );
}

trait ReadWrite: Read + Write {}
impl<T: Read + Write> ReadWrite for T {}

pub(crate) struct Connection {
    stream: Box<dyn ReadWrite>,
    tcp: TcpStream,
    seen: Vec<String>,
    /// Whether it outlives its step, to the end of the server.
    pub(crate) stays_open: bool,
}

impl Connection {
    pub(crate) fn new(tcp: TcpStream) -> Self {
        tcp.set_read_timeout(Some(STUCK)).unwrap();
        Self {
            stream: Box::new(tcp.try_clone().unwrap()),
            tcp,
            seen: Vec::new(),
            stays_open: false,
        }
    }

    /// From here on the connection speaks TLS; the handshake happens with the first read or write.
    pub(crate) fn start_tls(&mut self, config: impl Into<Arc<rustls::ServerConfig>>) {
        let session = rustls::ServerConnection::new(config.into()).unwrap();
        let below = std::mem::replace(&mut self.stream, Box::new(std::io::Cursor::new(Vec::new())));
        self.stream = Box::new(rustls::StreamOwned::new(session, below));
    }

    /// Reads one request, with a body of its `content-length`, and returns its bytes as text.
    pub(crate) fn read_request(&mut self) -> String {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            bytes.extend(self.read_exact(1));
        }
        let head = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        bytes.extend(self.read_exact(length.map_or(0, |length| length.parse().unwrap())));
        let text = bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
        self.seen.push(text.clone());
        text
    }

    pub(crate) fn read_exact(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Reads until the peer closes or resets the connection.
    pub(crate) fn read_to_end(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let Err(error) = self.stream.read_to_end(&mut bytes) {
            assert!(
                !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
                "still open"
            );
        }
        bytes
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
        self.stream.flush().unwrap();
    }

    /// Writes until the peer takes no more for a while, or `limit` is reached, and returns how much that was.
    pub(crate) fn write_until_blocked(&mut self, limit: usize) -> usize {
        self.tcp
            .set_write_timeout(Some(Duration::from_millis(300)))
            .unwrap();
        let chunk = [b'x'; 1 << 16];
        let mut written = 0;
        while written < limit {
            match self.tcp.write(&chunk) {
                Ok(length) => written += length,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock);
                    break;
                }
            }
        }
        written
    }

    /// Closes the connection now, not only after the step.
    pub(crate) fn close(&mut self) {
        self.stream = Box::new(std::io::Cursor::new(Vec::new()));
        let _ = self.tcp.shutdown(std::net::Shutdown::Both);
    }

    /// Takes the TLS handshake as far as it goes; a client that objects is none of the server's business.
    pub(crate) fn try_read(&mut self) {
        let _ = self.stream.read(&mut [0]);
    }

    /// The same for a server that objects: what the client had sent meanwhile is taken off the wire, because closing
    /// with unread bytes would overtake the objection.
    pub(crate) fn try_read_and_drain(&mut self) {
        self.try_read();
        self.tcp.shutdown(std::net::Shutdown::Write).unwrap();
        std::io::copy(&mut self.tcp, &mut std::io::sink()).unwrap();
    }
}

pub(crate) fn get(url: &str) -> Request {
    http::Request::get(url)
        .header("accept", "application/json")
        .body(RequestBody::empty())
        .unwrap()
}

/// Sends, for tests in which a fault would wait for ever.
pub(crate) async fn send(transport: &impl Transport, request: Request) -> Result<Response, TransportError> {
    tokio::time::timeout(STUCK, transport.send(request))
        .await
        .expect("it waits for ever")
}

pub(crate) async fn read(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.into()).unwrap()
}

/// The error's parts, after a look for the words no error may show.
pub(crate) fn failure<T: std::fmt::Debug>(
    result: Result<T, TransportError>,
) -> (TransportErrorKind, Delivery, String) {
    let error = result.unwrap_err();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    let shown = format!("{text} {error:?}");
    for secret in ["s3cret", "token", "query"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    (error.kind(), error.delivery(), text)
}

/// Runs an ignored test of this file in a process of its own, whose environment can be chosen.
pub(crate) fn run_child<T: Subject>(case: &str, environment: &[(&str, &str)]) {
    let test = &format!("{}::{case}", T::NAME);
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What the parent passes to a child.
pub(crate) fn from_parent(name: &str) -> String {
    std::env::var(name).unwrap()
}
