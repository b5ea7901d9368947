//! A client that notes every byte, when it came, and how the connection ended.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long a client waits for what should come at once.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a connection has to stay silent to count as kept open.
const SILENCE: Duration = Duration::from_millis(15);

/// How a connection was after the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    Open,
    Closed,
    Reset,
}

/// What came.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) bytes: Vec<u8>,
    pub(crate) after: After,
    pub(crate) first_byte: Duration,
    pub(crate) first_of_body: Duration,
    pub(crate) whole: Duration,
}

impl Came {
    fn head_end(&self) -> Option<usize> {
        let end = self.bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        self.bytes.starts_with(b"HTTP/1.1 ").then_some(end + 4)
    }

    pub(crate) fn head(&self) -> Option<&str> {
        Some(std::str::from_utf8(&self.bytes[..self.head_end()?]).unwrap())
    }

    pub(crate) fn status(&self) -> Option<u16> {
        Some(self.head()?.split(' ').nth(1).unwrap().parse().unwrap())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head()?.split("\r\n").skip(1);
        lines.find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn declared(&self) -> Option<usize> {
        Some(self.header("content-length")?.parse().unwrap())
    }

    pub(crate) fn body(&self) -> &[u8] {
        self.head_end().map_or(&[], |end| &self.bytes[end..])
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(self.body()).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    fn is_whole(&self) -> bool {
        self.head_end().is_some()
            && match self.declared() {
                Some(declared) => self.body().len() >= declared,
                None => self.status() == Some(204) || self.bytes.ends_with(b"0\r\n\r\n"),
            }
    }
}

/// One connection.
pub(crate) struct Socket {
    stream: TcpStream,
    host: String,
}

impl Socket {
    pub(crate) async fn connect(base_url: &str) -> Self {
        let host = base_url.strip_prefix("http://").unwrap().to_owned();
        let stream = TcpStream::connect(&host).await.unwrap();
        Self { stream, host }
    }

    pub(crate) fn request(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Vec<u8> {
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\n", self.host);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        [head.as_bytes(), body].concat()
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    pub(crate) async fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Came {
        let request = self.request(method, target, headers, body);
        self.write(&request).await;
        self.read().await
    }

    /// Reads and counts bytes; whether more may come.
    pub(crate) async fn read_some(&mut self, count: &mut usize) -> bool {
        let mut chunk = vec![0; 64 * 1024];
        let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut chunk)).await;
        let read = read.unwrap().unwrap_or(0);
        *count += read;
        read > 0
    }

    /// Reads one answer, or until the connection ends.
    pub(crate) async fn read(&mut self) -> Came {
        let start = Instant::now();
        let mut came = Came {
            bytes: Vec::new(),
            after: After::Open,
            first_byte: Duration::ZERO,
            first_of_body: Duration::ZERO,
            whole: Duration::ZERO,
        };
        loop {
            let limit = if came.is_whole() { SILENCE } else { PATIENCE };
            let mut chunk = vec![0; 64 * 1024];
            let count = match tokio::time::timeout(limit, self.stream.read(&mut chunk)).await {
                Err(_) if came.is_whole() => return came,
                Err(_) => panic!("nothing more comes: {came:?}"),
                Ok(Ok(0)) => {
                    came.after = After::Closed;
                    return came;
                }
                Ok(Ok(count)) => count,
                Ok(Err(error)) => {
                    assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{came:?}");
                    came.after = After::Reset;
                    return came;
                }
            };
            let at = start.elapsed();
            if came.bytes.is_empty() {
                came.first_byte = at;
            }
            let had_body = !came.body().is_empty();
            came.bytes.extend_from_slice(&chunk[..count]);
            if !had_body && !came.body().is_empty() {
                came.first_of_body = at;
            }
            came.whole = at;
        }
    }
}
