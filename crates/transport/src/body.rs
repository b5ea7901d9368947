//! Bodies: a request's is in memory, a response's is streamed.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};

use crate::{Delivery, TransportError, TransportErrorKind};

/// The body of a request: bytes in memory, so that every request can be hashed, signed and sent again.
///
/// `Debug` shows only the length: a body may hold a password.
#[derive(Clone, Default)]
pub struct RequestBody {
    bytes: Bytes,
}

impl RequestBody {
    /// A body without a byte.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The bytes that will be sent.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes themselves; cheap, they are reference-counted.
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }
}

impl<T: Into<Bytes>> From<T> for RequestBody {
    fn from(bytes: T) -> Self {
        Self { bytes: bytes.into() }
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestBody({} bytes)", self.bytes.len())
    }
}

/// How many bytes a frame of a request has at most. A connection that was handed a whole large body at once would go on
/// sending it after its exchange was given up.
const FRAME: usize = 16 << 10;

/// Yields its bytes in frames of at most 16 KiB, then ends. A clone made before that still holds them all.
impl Body for RequestBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.bytes.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.bytes.len().min(FRAME);
        Poll::Ready(Some(Ok(Frame::data(self.bytes.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len() as u64)
    }
}

/// The body of a response: a stream of frames that can fail on the way.
///
/// A body that ends before its announced length yields an error, never a clean end.
///
/// # Cancel safety
///
/// Dropping it before its end closes the connection (HTTP/1) or resets the stream (HTTP/2).
pub struct ResponseBody {
    inner: Inner,
}

type Boxed = Pin<Box<dyn Body<Data = Bytes, Error = TransportError> + Send>>;

enum Inner {
    InMemory(Bytes),
    Streamed(Boxed),
}

impl ResponseBody {
    /// Wraps a body that arrives over time.
    pub fn new<B>(body: B) -> Self
    where
        B: Body<Data = Bytes, Error = TransportError> + Send + 'static,
    {
        Self {
            inner: Inner::Streamed(Box::pin(body)),
        }
    }

    /// A body without a byte.
    pub fn empty() -> Self {
        Self::from(Bytes::new())
    }

    /// The next frame, or `None` at the end. Needed by every reader that is not a `Body` combinator.
    ///
    /// # Errors
    ///
    /// The [`TransportError`] of the frame.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no frame is lost.
    pub async fn frame(&mut self) -> Option<Result<Frame<Bytes>, TransportError>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_frame(cx)).await
    }

    /// Reads the whole body into memory, if it has at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// The body's own [`TransportError`], or one of kind
    /// [`BodyTooLarge`](crate::TransportErrorKind::BodyTooLarge).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the body.
    pub async fn read_to_end(mut self, limit: usize) -> Result<Bytes, TransportError> {
        let too_large = || TransportError::new(TransportErrorKind::BodyTooLarge, Delivery::Unknown);
        let mut whole = BytesMut::new();
        while let Some(frame) = self.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            if data.len() > limit - whole.len() {
                return Err(too_large());
            }
            if whole.is_empty() && self.is_end_stream() {
                return Ok(data);
            }
            whole.extend_from_slice(&data);
        }
        Ok(whole.freeze())
    }
}

/// A body that is already here: for tests, recorders and caches.
impl<T: Into<Bytes>> From<T> for ResponseBody {
    fn from(bytes: T) -> Self {
        Self {
            inner: Inner::InMemory(bytes.into()),
        }
    }
}

impl Default for ResponseBody {
    fn default() -> Self {
        Self::empty()
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.inner {
            Inner::InMemory(bytes) => write!(f, "ResponseBody({} bytes)", bytes.len()),
            Inner::Streamed(body) => write!(f, "ResponseBody(streamed, {:?})", body.size_hint()),
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        match &mut self.inner {
            Inner::InMemory(bytes) if bytes.is_empty() => Poll::Ready(None),
            Inner::InMemory(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Inner::Streamed(body) => body.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::InMemory(bytes) => bytes.is_empty(),
            Inner::Streamed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::InMemory(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Inner::Streamed(body) => body.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_request_body_is_replayable_through_its_clones() {
        let body = RequestBody::from("{}");
        for _ in 0..2 {
            let sent = body.clone().collect().await.unwrap().to_bytes();
            assert_eq!(sent, "{}");
        }
        assert_eq!(body.as_bytes(), b"{}");
    }

    #[tokio::test]
    async fn a_large_request_body_comes_in_frames() {
        let whole: Bytes = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut body = RequestBody::from(whole.clone());
        assert_eq!(body.size_hint().exact(), Some(400_000));
        let mut sent = Vec::new();
        while let Some(frame) = body.frame().await {
            let data = frame.unwrap().into_data().unwrap();
            assert!(data.len() <= 16 << 10);
            sent.extend_from_slice(&data);
        }
        assert_eq!(sent, whole);
    }

    #[tokio::test]
    async fn an_in_memory_response_body_yields_its_bytes_once() {
        let body = ResponseBody::from("abc");
        assert_eq!(body.size_hint().exact(), Some(3));
        assert_eq!(body.collect().await.unwrap().to_bytes(), "abc");
        assert!(ResponseBody::empty().is_end_stream());
    }

    #[tokio::test]
    async fn a_whole_body_is_read_up_to_the_limit() {
        let body = || {
            let frames = ["ab", "cd"].map(|part| Ok(Frame::data(Bytes::from(part))));
            ResponseBody::new(http_body_util::StreamBody::new(futures_util::stream::iter(
                frames,
            )))
        };
        assert_eq!(body().read_to_end(4).await.unwrap(), "abcd");
        assert_eq!(
            body().read_to_end(3).await.unwrap_err().kind(),
            TransportErrorKind::BodyTooLarge
        );
        assert_eq!(
            ResponseBody::from("abcd")
                .read_to_end(3)
                .await
                .unwrap_err()
                .kind(),
            TransportErrorKind::BodyTooLarge
        );
        assert_eq!(ResponseBody::empty().read_to_end(0).await.unwrap(), "");
    }

    #[test]
    fn debug_shows_no_content() {
        assert_eq!(
            format!("{:?}", RequestBody::from("secret")),
            "RequestBody(6 bytes)"
        );
        assert_eq!(
            format!("{:?}", ResponseBody::from("secret")),
            "ResponseBody(6 bytes)"
        );
    }
}
