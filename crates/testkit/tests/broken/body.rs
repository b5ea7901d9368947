//! Faults of the group *body*.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Version;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http_body::{Body, Frame};
use session_export_transport::{
    Delivery, Response, ResponseBody, TransportError, TransportErrorKind as Kind,
};

use super::bodies::{Event, ending_at, error, says, through};
use super::faulty::Broken;

pub(crate) fn all() -> Vec<Broken> {
    vec![
        Broken::after("does-not-count", &["body.short", "body.error-kind"], |response| {
            Ok(match response.headers().contains_key(CONTENT_LENGTH) {
                true => through(response, |event| {
                    event.filter(|item| !matches!(item, Err(failure) if !says(failure, "reset")))
                }),
                false => response,
            })
        }),
        Broken::after("takes-a-reset-for-the-end", &["body.reset"], |response| {
            let framed = is_chunked(&response) || response.headers().contains_key(CONTENT_LENGTH);
            Ok(match framed {
                true => ending_at(response, "reset by peer"),
                false => response,
            })
        }),
        Broken::after(
            "takes-a-reset-for-a-close",
            &["body.reset-close-delimited"],
            |response| {
                let framed = is_chunked(&response) || response.headers().contains_key(CONTENT_LENGTH);
                Ok(match framed {
                    true => response,
                    false => ending_at(response, "reset by peer"),
                })
            },
        ),
        Broken::after(
            "takes-a-broken-chunk-for-the-last",
            &["body.broken-chunk"],
            |response| Ok(ending_at(response, "nvalid chunk size")),
        ),
        Broken::after(
            "needs-no-last-chunk",
            &["body.missing-last-chunk", "body.error-kind"],
            |response| {
                Ok(match is_chunked(&response) {
                    true => ending_at(response, "EOF"),
                    false => response,
                })
            },
        ),
        Broken::after("demands-a-length", &["body.close-delimited"], |response| {
            let by_close = response.version() == Version::HTTP_11
                && response.status() == 200
                && !response.headers().contains_key(CONTENT_LENGTH)
                && !is_chunked(&response);
            Ok(match by_close {
                true => through(response, |event| event.or_else(|| Some(Err(broken_off())))),
                false => response,
            })
        }),
        Broken::after(
            "hands-on-only-whole-bodies",
            &["response.streamed", "body.data-before-error"],
            |response| {
                Ok(match response.headers().get(CONTENT_LENGTH) {
                    Some(length) if length.len() <= 3 => response.map(|body| {
                        ResponseBody::new(Gathered {
                            body,
                            whole: Vec::new(),
                        })
                    }),
                    _ => response,
                })
            },
        ),
        Broken::after("has-no-word-for-half-a-body", &["body.error-kind"], |response| {
            Ok(through(response, |event| {
                event.map(|item| item.map_err(|_| error(Kind::Closed, Delivery::Unknown)))
            }))
        }),
        Broken::after("waits-for-a-first-chunk", &["body.empty"], |response| {
            let mut nothing_yet = is_chunked(&response);
            Ok(through(response, move |event| match event {
                None if nothing_yet => Some(Err(broken_off())),
                other => {
                    nothing_yet = false;
                    other
                }
            }))
        }),
    ]
}

fn is_chunked(response: &Response) -> bool {
    response.headers().contains_key(TRANSFER_ENCODING)
}

fn broken_off() -> TransportError {
    error(Kind::BodyIncomplete, Delivery::Unknown)
}

/// Everything in one frame, or an error.
struct Gathered {
    body: ResponseBody,
    whole: Vec<u8>,
}

impl Body for Gathered {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Event> {
        loop {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let data = frame.into_data().unwrap_or_default();
                    self.whole.extend_from_slice(&data);
                }
                Some(Err(failure)) => return Poll::Ready(Some(Err(failure))),
                None if self.whole.is_empty() => return Poll::Ready(None),
                None => {
                    let whole = std::mem::take(&mut self.whole);
                    return Poll::Ready(Some(Ok(Frame::data(whole.into()))));
                }
            }
        }
    }
}
