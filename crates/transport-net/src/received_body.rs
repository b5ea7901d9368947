//! A response's body, which ends only when it is whole.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Version;
use http_body::{Body, Frame, SizeHint};
use session_export_transport::{Delivery, TransportError, TransportErrorKind};

/// A body of hyper's, or of what stands on it, as the transport trait wants it.
///
/// hyper ends an HTTP/2 body without an error when its stream is reset with `NO_ERROR` or `CANCEL`, although only
/// `END_STREAM` means that it is whole. Without an announced length, a file that was cut short would look complete.
#[derive(Debug)]
pub struct ReceivedBody<B, F> {
    body: B,
    broken: F,
    /// Whether the end has to be checked: HTTP/1 has no end that is not one.
    multiplexed: bool,
}

impl<B, F> ReceivedBody<B, F>
where
    B: Body<Data = Bytes> + Unpin,
    F: Fn(&B::Error) -> TransportError,
{
    /// A body that came over this version of HTTP; `broken` tells the trait's error for one of the body's.
    pub fn new(body: B, version: Version, broken: F) -> Self {
        Self {
            body,
            broken,
            multiplexed: version > Version::HTTP_11,
        }
    }
}

impl<B, F> Body for ReceivedBody<B, F>
where
    B: Body<Data = Bytes> + Unpin,
    F: Fn(&B::Error) -> TransportError + Unpin,
{
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        Poll::Ready(match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
            Some(Ok(frame)) => Some(Ok(frame)),
            Some(Err(error)) => Some(Err((self.broken)(&error))),
            None if self.multiplexed && !self.body.is_end_stream() => {
                // Said once; a body that has failed is not asked again.
                self.multiplexed = false;
                Some(Err(TransportError::new(
                    TransportErrorKind::BodyIncomplete,
                    Delivery::Unknown,
                )))
            }
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
