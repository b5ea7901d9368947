//! A client small enough to trust: one request, one connection, bytes in and bytes out.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) version: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The message of an error in any shape.
    pub(crate) fn message(&self) -> String {
        let body = self.json();
        let message = body["error_msg"].as_str().or(body["error"]["message"].as_str());
        message
            .unwrap_or_else(|| panic!("no message: {self:?}"))
            .to_owned()
    }

    /// The status and the message of IAM's body under `/v3/`, whose parts agree with each other.
    pub(crate) fn identity_error(&self) -> (u16, String) {
        let error = self.json()["error"].take();
        assert_eq!(error["code"], self.status);
        assert!(
            error["title"].is_string() && error["message"].is_string(),
            "{error}"
        );
        (self.status, self.message())
    }

    /// The status and the error code of a WKS, IAM or gateway body, and that the answer has its request id.
    pub(crate) fn error(&self) -> (u16, String) {
        let body = self.json();
        let message = self.message();
        // The gateway's messages have no documented bound, and may hold a canonical request.
        let limit = if body["error_code"].as_str().unwrap().starts_with("APIGW.") {
            4_096
        } else {
            512
        };
        assert!((2..=limit).contains(&message.len()), "{message}");
        assert_eq!(self.header("x-request-id").map(str::len), Some(32));
        if let Some(id) = body.get("request_id") {
            assert_eq!(id.as_str(), self.header("x-request-id"));
        }
        (self.status, body["error_code"].as_str().unwrap().to_owned())
    }
}

pub(crate) async fn send(
    base_url: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Reply {
    let host = base_url.strip_prefix("http://").unwrap();
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    send_bytes(base_url, &[head.as_bytes(), body].concat()).await
}

/// Sends the bytes as they are. They must ask for the connection to be closed.
pub(crate) async fn send_bytes(base_url: &str, request: &[u8]) -> Reply {
    let host = base_url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Reply {
    let end = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .expect("a whole head");
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap().split(' ');
    let version = first.next().unwrap().to_owned();
    let status = first.next().unwrap().parse().unwrap();
    let headers: Vec<_> = lines
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let reply = Reply {
        version,
        status,
        headers,
        body: bytes[end + 4..].to_vec(),
    };
    if let Some(length) = reply.header("content-length") {
        assert_eq!(
            length.parse(),
            Ok(reply.body.len()),
            "Content-Length and body differ"
        );
    }
    reply
}

/// Percent-encodes a value for a query.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
