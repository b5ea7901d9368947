//! Faults at the end of a body, and what an error says.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame};
use session_export_transport::{Delivery, Response, ResponseBody, TransportError, TransportErrorKind};

/// A frame, an error, or the end.
pub(crate) type Event = Option<Result<Frame<Bytes>, TransportError>>;

/// The response with every event of its body going through `map`.
pub(crate) fn through<F>(response: Response, map: F) -> Response
where
    F: FnMut(Event) -> Event + Send + Unpin + 'static,
{
    response.map(|body| ResponseBody::new(Through { body, map }))
}

struct Through<F> {
    body: ResponseBody,
    map: F,
}

impl<F: FnMut(Event) -> Event + Unpin> Body for Through<F> {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Event> {
        let event = ready!(Pin::new(&mut self.body).poll_frame(cx));
        Poll::Ready((self.map)(event))
    }
}

/// The response with a body that takes each error whose texts hold `words` for its end.
pub(crate) fn ending_at(response: Response, words: &'static str) -> Response {
    through(response, move |event| {
        event.filter(|item| !matches!(item, Err(error) if says(error, words)))
    })
}

/// Whether the error or one of its sources says this.
pub(crate) fn says(error: &TransportError, words: &str) -> bool {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(cause) = next {
        if cause.to_string().contains(words) {
            return true;
        }
        next = cause.source();
    }
    false
}

pub(crate) fn error(kind: TransportErrorKind, delivery: Delivery) -> TransportError {
    TransportError::new(kind, delivery)
}
