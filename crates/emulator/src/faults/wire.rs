//! The connections as the faults see them: a TCP stream that can leave out what is written to it, and be reset.
//!
//! The HTTP library writes all answers. A fault only has to know when what it wrote has been handed to the system, to
//! leave out a part of a head, and to say how the connection ends. Every one of these ends the connection with the
//! answer that it is for, so that nothing of it is left for the next request.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use bytes::Bytes;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::wire::Front;

/// Where the emulator's connections come from.
pub(crate) struct Wires(pub(crate) TcpListener);

impl Listener for Wires {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Small answers go out at once. A connection that refuses the option still works, only slower.
        drop(stream.set_nodelay(true));
        let line = Line::default();
        (Wire { stream, line }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// What a fault holds of a connection.
#[derive(Clone, Default)]
pub(crate) struct Line(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// How often everything that the HTTP library wrote has been handed to the system.
    flushes: u64,
    waiting: Option<Waker>,
    rest: Option<Rest>,
    broken: bool,
    reset: bool,
}

/// What may still be sent of an answer that is cut off in its head.
struct Rest {
    /// So many bytes of it,
    head: usize,
    /// then these.
    instead: Bytes,
}

impl Connected<IncomingStream<'_, Front>> for Line {
    fn connect_info(stream: IncomingStream<'_, Front>) -> Self {
        stream.io().stream().line.clone()
    }
}

impl Line {
    fn with<T>(&self, use_it: impl FnOnce(&mut State) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until everything that was written so far has been handed to the system: of the answer that is being
    /// sent, or of the one before it.
    pub(super) async fn flushed(&self) {
        let mut before = None;
        std::future::poll_fn(|cx| {
            self.with(|state| match before {
                None => {
                    before = Some(state.flushes);
                    state.waiting = Some(cx.waker().clone());
                    // The HTTP library flushes in the same task, but only when it is polled again.
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                Some(before) if state.flushes == before => {
                    state.waiting = Some(cx.waker().clone());
                    Poll::Pending
                }
                Some(_) => Poll::Ready(()),
            })
        })
        .await;
    }

    /// Of everything that is written from now on, only the first bytes are sent, and then these. The connection has
    /// to be ended by [`end`](Self::end) afterwards.
    pub(super) fn cut(&self, head: usize, instead: Bytes) {
        self.with(|state| state.rest = Some(Rest { head, instead }));
    }

    /// Lets the connection end once the HTTP library lets go of it, which an error of a body makes it do.
    pub(super) async fn end(&self, reset: bool) {
        self.flushed().await;
        if reset {
            // A reset overtakes what the other side has not taken in yet.
            tokio::time::sleep(READING).await;
        }
        self.with(|state| state.reset = reset);
    }

    /// Ends the connection with the next write, for an answer whose body the HTTP library does not ask for.
    pub(super) fn break_off(&self, reset: bool) {
        self.with(|state| {
            state.broken = true;
            state.reset = reset;
        });
    }
}

/// How long a client gets to read what was sent before a reset.
const READING: Duration = Duration::from_millis(20);

/// A connection.
pub(crate) struct Wire {
    stream: TcpStream,
    line: Line,
}

impl Wire {
    /// Writes as much as a cut lets through, or `None` when there is none. What it does not let through counts as
    /// written.
    fn poll_cut(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Option<Poll<io::Result<usize>>> {
        let line = self.line.clone();
        line.with(|state| {
            let rest = state.rest.as_mut()?;
            if rest.head == 0 {
                return Some(Poll::Ready(Ok(bytes.len())));
            }
            let allowed = &bytes[..bytes.len().min(rest.head)];
            let written = Pin::new(&mut self.stream).poll_write(cx, allowed);
            if let Poll::Ready(Ok(count)) = written {
                rest.head -= count;
            }
            Some(written)
        })
    }

    /// Writes what stands in the place of the answer.
    fn poll_instead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let line = self.line.clone();
        line.with(|state| {
            let Some(rest) = &mut state.rest else {
                return Poll::Ready(Ok(()));
            };
            while !rest.instead.is_empty() {
                match Pin::new(&mut self.stream).poll_write(cx, &rest.instead) {
                    Poll::Ready(Ok(count)) => drop(rest.instead.split_to(count)),
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => return Poll::Pending,
                }
            }
            Poll::Ready(Ok(()))
        })
    }

    fn check(&self) -> io::Result<()> {
        if self.line.with(|state| state.broken) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(written) = self.poll_cut(cx, bytes) {
            return written;
        }
        self.check()?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = slices.iter().find(|slice| !slice.is_empty());
        if let Some(written) = self.poll_cut(cx, first.map_or(&[], |slice| slice)) {
            return written;
        }
        self.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.poll_instead(cx) {
            Poll::Ready(Ok(())) => {}
            other => return other,
        }
        self.check()?;
        let waiting = self.line.with(|state| {
            state.flushes += 1;
            state.waiting.take()
        });
        if let Some(waiting) = waiting {
            waiting.wake();
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.line.with(|state| state.reset) {
            // Without lingering, closing the socket resets the connection.
            drop(SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)));
        }
    }
}
