//! A server on loopback that reads a request byte by byte and answers with whatever bytes a test gives it.

use std::io::ErrorKind;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct RawServer {
    listener: TcpListener,
    /// The same socket, asked without a reactor between.
    watched: std::net::TcpListener,
}

impl RawServer {
    pub(crate) fn start() -> Self {
        let watched = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        watched.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(watched.try_clone().unwrap()).unwrap();
        Self { listener, watched }
    }

    pub(crate) fn address(&self) -> String {
        self.listener.local_addr().unwrap().to_string()
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Takes one connection and reads one request from it.
    pub(crate) async fn read_request(&self) -> (TcpStream, String) {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            bytes.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        bytes.extend(body);
        (stream, String::from_utf8(bytes).unwrap())
    }

    /// Takes one connection, reads one request from it, writes `response` and closes. Gives the request.
    pub(crate) async fn answer(&self, response: impl AsRef<[u8]>) -> String {
        let (mut stream, request) = self.read_request().await;
        stream.write_all(response.as_ref()).await.unwrap();
        stream.shutdown().await.unwrap();
        request
    }

    /// Nobody has connected, apart from those who were taken.
    pub(crate) fn assert_no_visitor(&self) {
        let visitor = self.watched.accept();
        assert_eq!(
            visitor.unwrap_err().kind(),
            ErrorKind::WouldBlock,
            "somebody connected"
        );
    }
}
