//! A server that answers the calls with fixed replies, in as little time as it can.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;

use crate::{Failure, wire};

/// What a file consists of.
const BLOCK: usize = 256 << 10;

/// Fixed replies, and what is done with requests.
#[derive(Debug)]
pub struct Server<F> {
    listener: TcpListener,
    replies: Arc<Replies>,
    observe: F,
}

#[derive(Debug)]
struct Replies {
    /// How many tasks there are; each has an id of its own.
    tasks: AtomicU64,
    list: Vec<u8>,
    block: Vec<u8>,
    /// Submits are answered once this many wait for it.
    gate: Option<Barrier>,
}

impl<F: Fn(&[u8]) + Clone + Send + 'static> Server<F> {
    /// Listens on a free port of this machine. With `hold`, submits are answered in groups of so many, once the whole
    /// group has come. `observe` is shown the bytes of every request.
    ///
    /// # Errors
    ///
    /// When there is no port.
    pub async fn bind(hold: Option<usize>, observe: F) -> Result<Self, Failure> {
        Ok(Self {
            listener: TcpListener::bind("127.0.0.1:0").await?,
            replies: Arc::new(Replies {
                tasks: AtomicU64::new(0),
                list: reply(&wire::listed()),
                block: (0..BLOCK).map(|at| (at * at / 7) as u8).collect(),
                gate: hold.map(Barrier::new),
            }),
            observe,
        })
    }

    /// Its base URL.
    ///
    /// # Errors
    ///
    /// When the socket has no address.
    pub fn base(&self) -> Result<String, Failure> {
        Ok(format!("http://{}", self.listener.local_addr()?))
    }

    /// Serves for ever.
    ///
    /// # Errors
    ///
    /// When a connection cannot be accepted.
    pub async fn run(self) -> Result<(), Failure> {
        loop {
            let (stream, _) = self.listener.accept().await?;
            stream.set_nodelay(true)?;
            // A client that goes away is no failure.
            drop(tokio::spawn(serve(
                stream,
                Arc::clone(&self.replies),
                self.observe.clone(),
            )));
        }
    }
}

async fn serve(
    mut stream: TcpStream,
    replies: Arc<Replies>,
    observe: impl Fn(&[u8]) + Send + 'static,
) -> Result<(), Failure> {
    let mut received = BytesMut::with_capacity(8 << 10);
    loop {
        match length(&received) {
            Some(length) if received.len() >= length => {
                observe(&received[..length]);
                let target = target(&received)?;
                answer(&mut stream, &replies, &target).await?;
                received.advance(length);
            }
            _ if stream.read_buf(&mut received).await? == 0 => return Ok(()),
            _ => {}
        }
    }
}

async fn answer(stream: &mut TcpStream, replies: &Replies, target: &str) -> Result<(), Failure> {
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    if path.ends_with("/export") {
        if let Some(gate) = &replies.gate {
            gate.wait().await;
        }
        let number = replies.tasks.fetch_add(1, Ordering::Relaxed);
        stream.write_all(&reply(&wire::submitted(number))).await?;
    } else if path.ends_with("/list-sessions") {
        stream.write_all(&replies.list).await?;
    } else if let Some(task) = path.strip_suffix("/download") {
        let size = task.rsplit_once(wire::READY).map(|(_, size)| size.parse());
        send_file(stream, &replies.block, size.ok_or("a file without a size")??).await?;
    } else if let Some((_, id)) = target.split_once("task_id=") {
        let id = id.split_once('&').map_or(id, |(id, _)| id);
        let status = if id.starts_with(wire::READY) {
            "SUCCESS"
        } else {
            "CREATING"
        };
        stream.write_all(&reply(&wire::polled(id, status))).await?;
    } else {
        return Err(format!("nobody answers {target:?}").into());
    }
    Ok(())
}

async fn send_file(stream: &mut TcpStream, block: &[u8], mut size: usize) -> Result<(), Failure> {
    stream
        .write_all(head("application/octet-stream", size).as_bytes())
        .await?;
    while size > 0 {
        let part = size.min(block.len());
        stream.write_all(&block[..part]).await?;
        size -= part;
    }
    Ok(())
}

/// The head of a reply: what nginx sends, and a request id.
fn head(kind: &str, length: usize) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Tue, 27 Feb 2024 03:47:51 GMT\r\nContent-Type: {kind}\r\n\
         Content-Length: {length}\r\nConnection: keep-alive\r\nX-Request-Id: 6f3c1f0e6d5a4b7f8e9d0c1b2a394857\r\n\r\n"
    )
}

fn reply(body: &str) -> Vec<u8> {
    let mut reply = head("application/json", body.len());
    reply.push_str(body);
    reply.into_bytes()
}

/// How long the request is with which these bytes begin, once its head is whole.
fn length(received: &[u8]) -> Option<usize> {
    let head = received.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&received[..head]).ok()?;
    let body = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    Some(head + body.unwrap_or_default())
}

fn target(request: &[u8]) -> Result<String, Failure> {
    let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let target = std::str::from_utf8(line)?.split(' ').nth(1);
    Ok(target.ok_or("a request without a target")?.to_owned())
}
