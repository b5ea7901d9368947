//! One connection, in the hands of a script.

use std::fmt;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::{Log, Received};

/// A head larger than this is no test's.
const MOST_HEAD_BYTES: usize = 1 << 20;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {
    fn socket(&self) -> &TcpStream;
}

impl Stream for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Stream for TlsStream<TcpStream> {
    fn socket(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// One connection, in the hands of a script. Dropping it closes it.
pub struct Connection {
    stream: Box<dyn Stream>,
    protocol: Option<Vec<u8>>,
    buffer: Vec<u8>,
    number: usize,
    log: Log,
}

impl Connection {
    /// Does the handshake, if there is one; `None` when it fails.
    pub(super) async fn accept(
        socket: TcpStream,
        acceptor: Option<TlsAcceptor>,
        number: usize,
        log: Log,
    ) -> Option<Self> {
        socket.set_nodelay(true).ok()?;
        let (stream, protocol): (Box<dyn Stream>, _) = match acceptor {
            None => (Box::new(socket), None),
            Some(acceptor) => {
                let stream = acceptor.accept(socket).await.ok()?;
                let protocol = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
                (Box::new(stream), protocol)
            }
        };
        Some(Self {
            stream,
            protocol,
            buffer: Vec::new(),
            number,
            log,
        })
    }

    /// Its number, from 0, in the order in which connections were accepted.
    pub fn number(&self) -> usize {
        self.number
    }

    /// What ALPN agreed on.
    pub fn protocol(&self) -> Option<&[u8]> {
        self.protocol.as_deref()
    }

    /// Reads a whole request and records it; `None` when the peer closes before its end.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may lose a request of which a part was read: read on with [`rest`](Self::rest) at most.
    pub async fn request(&mut self) -> Option<Received> {
        let mut request = self.head().await?;
        if request.is_chunked() {
            request.body = self.chunks().await?;
        } else if let Some(length) = request.content_length() {
            self.fill(length).await?;
            request.body = self.buffer.drain(..length).collect();
        }
        self.log.record(&request);
        Some(request)
    }

    /// Reads a request's head only, and records nothing; `None` when the peer closes before its end.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: what was read stays for the next call.
    pub async fn head(&mut self) -> Option<Received> {
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            if self.buffer.len() > MOST_HEAD_BYTES {
                return None;
            }
            self.read_more().await?;
        };
        let head: Vec<u8> = self.buffer.drain(..end).collect();
        Received::parse(self.number, &head[..end - 2])
    }

    /// Answers one request after the other with `response` until the peer closes.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection, perhaps in the middle of an answer.
    pub async fn answer_all(mut self, response: impl AsRef<[u8]>) {
        while self.request().await.is_some() {
            self.write(response.as_ref()).await;
        }
    }

    /// Writes bytes and flushes them. A peer that has closed is no concern of a script.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may leave a part of the bytes written; write nothing after it.
    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref()).await;
        let _ = self.stream.flush().await;
    }

    /// Writes bytes; `false` when the peer no longer takes them.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may leave a part of the bytes written; write nothing after it.
    pub async fn try_write(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok() && self.stream.flush().await.is_ok()
    }

    /// Closes its own direction and stays able to read.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may leave the direction open; calling it again closes it.
    pub async fn finish(&mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// Closes with a reset instead of an orderly end.
    pub fn reset(self) {
        let _ = SockRef::from(self.stream.socket()).set_linger(Some(Duration::ZERO));
    }

    /// Waits until the peer closes or resets; whatever it sends until then is thrown away.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses what was thrown away so far, and nothing else.
    pub async fn closed(&mut self) {
        self.buffer.clear();
        while self.read_more().await.is_some() {
            self.buffer.clear();
        }
    }

    /// Reads until the peer closes or resets, and returns what no request was read from.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: what was read stays for the next call.
    pub async fn rest(&mut self) -> Vec<u8> {
        while self.read_more().await.is_some() {}
        std::mem::take(&mut self.buffer)
    }

    /// Lets the peer send only a little ahead of what is read.
    pub fn take_little_at_once(&self) {
        let _ = SockRef::from(self.stream.socket()).set_recv_buffer_size(256 << 10);
    }

    /// The raw stream, for another protocol. What was read ahead is lost.
    pub fn into_stream(self) -> impl AsyncRead + AsyncWrite + Send + Unpin + 'static {
        self.stream
    }

    async fn chunks(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line_end = loop {
                match self.buffer.windows(2).position(|window| window == b"\r\n") {
                    Some(at) => break at,
                    None => self.read_more().await?,
                }
            };
            let line: Vec<u8> = self.buffer.drain(..line_end + 2).collect();
            let size = usize::from_str_radix(std::str::from_utf8(&line[..line_end]).ok()?.trim(), 16).ok()?;
            self.fill(size + 2).await?;
            body.extend(self.buffer.drain(..size));
            self.buffer.drain(..2);
            if size == 0 {
                return Some(body);
            }
        }
    }

    async fn fill(&mut self, bytes: usize) -> Option<()> {
        while self.buffer.len() < bytes {
            self.read_more().await?;
        }
        Some(())
    }

    async fn read_more(&mut self) -> Option<()> {
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(()),
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}
