//! Faults of the group *response*.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderValue};
use http_body::{Body, Frame};
use session_export_transport::{
    Delivery, ResponseBody, Transport, TransportError, TransportErrorKind as Kind,
};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::faulty::Broken;
use super::mini::Fault;

type Item = Result<Frame<Bytes>, TransportError>;

pub(crate) fn all() -> Vec<Broken> {
    [bytes(), over_time()].into_iter().flatten().collect()
}

fn bytes() -> Vec<Broken> {
    vec![
        Broken::after("404-is-an-error", &["response.any-status"], |response| {
            if response.status() == 404 {
                return Err(TransportError::new(Kind::Other, Delivery::Unknown));
            }
            Ok(response)
        }),
        Broken::after(
            "drops-values-that-are-not-utf8",
            &["response.header-values"],
            |mut response| {
                for value in response.headers_mut().values_mut() {
                    if std::str::from_utf8(value.as_bytes()).is_err() {
                        *value = HeaderValue::from_static("");
                    }
                }
                Ok(response)
            },
        ),
        Broken::after(
            "keeps-one-value-per-name",
            &["response.duplicate-headers", "never.cookie"],
            |mut response| {
                let last: http::HeaderMap = response
                    .headers()
                    .keys()
                    .filter_map(|name| {
                        Some((
                            name.clone(),
                            response.headers().get_all(name).iter().next_back()?.clone(),
                        ))
                    })
                    .collect();
                *response.headers_mut() = last;
                Ok(response)
            },
        ),
        Broken::after("refuses-large-headers", &["response.large-header"], |response| {
            if response.headers().values().any(|value| value.len() > 16 << 10) {
                return Err(TransportError::new(Kind::Protocol, Delivery::Unknown));
            }
            Ok(response)
        }),
        Broken::mini(
            "takes-a-100-for-the-response",
            &["response.informational"],
            Fault::TakesInformational,
        ),
        Broken::after(
            "waits-for-the-body-of-a-304",
            &["response.no-content"],
            |response| {
                let announced = response
                    .headers()
                    .get(CONTENT_LENGTH)
                    .is_some_and(|length| length != "0");
                if matches!(response.status().as_u16(), 204 | 304) && announced {
                    let error = TransportError::new(Kind::BodyIncomplete, Delivery::Unknown);
                    return Ok(response.map(|_| ResponseBody::new(Queue::from([Err(error)]))));
                }
                Ok(response)
            },
        ),
        Broken::after(
            "hides-the-length",
            &["response.content-length", "never.decompression"],
            |mut response| {
                response.headers_mut().remove(CONTENT_LENGTH);
                Ok(response)
            },
        ),
        Broken::after(
            "takes-a-body-for-text",
            &["response.content-length", "never.decompression"],
            |response| {
                Ok(response.map(|body| {
                    ResponseBody::new(Mapped {
                        body,
                        map: |frame: Frame<Bytes>| {
                            Ok(frame.map_data(|data| String::from_utf8_lossy(&data).into_owned().into()))
                        },
                    })
                }))
            },
        ),
        Broken::after("fails-on-trailers", &["response.chunked"], |response| {
            Ok(response.map(|body| {
                ResponseBody::new(Mapped {
                    body,
                    map: |frame: Frame<Bytes>| {
                        if frame.is_trailers() {
                            return Err(TransportError::new(Kind::BodyIncomplete, Delivery::Unknown));
                        }
                        Ok(frame)
                    },
                })
            }))
        }),
        Broken::after("calls-1.0-1.1", &["response.version"], |mut response| {
            if response.version() == http::Version::HTTP_10 {
                *response.version_mut() = http::Version::HTTP_11;
            }
            Ok(response)
        }),
    ]
}

fn over_time() -> Vec<Broken> {
    vec![
        Broken::before("never-reuses", &["response.reuse"], |request| {
            request
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }),
        Broken::new(
            "waits-for-the-first-byte",
            &["response.head-first", "cancel.http2"],
            |good, request| {
                Box::pin(async move {
                    let (head, mut body) = good.send(request).await?.into_parts();
                    let first = body.frame().await;
                    let body = ResponseBody::new(Queue {
                        first: first.into_iter().collect(),
                        rest: Some(body),
                    });
                    Ok(http::Response::from_parts(head, body))
                })
            },
        ),
        Broken::after("is-one-frame-late", &["response.streamed"], |response| {
            Ok(response.map(|body| ResponseBody::new(Late { body, held: None })))
        }),
        Broken::after(
            "reads-ahead-without-end",
            &["response.backpressure"],
            |response| {
                Ok(response.map(|mut body| {
                    let (frames, received) = mpsc::unbounded_channel();
                    let task = tokio::spawn(async move {
                        while let Some(frame) = body.frame().await {
                            if frames.send(frame).is_err() {
                                break;
                            }
                        }
                    });
                    ResponseBody::new(Ahead {
                        received,
                        task: task.abort_handle(),
                    })
                }))
            },
        ),
    ]
}

/// Some frames, then perhaps a body.
struct Queue {
    first: VecDeque<Item>,
    rest: Option<ResponseBody>,
}

impl<const N: usize> From<[Item; N]> for Queue {
    fn from(first: [Item; N]) -> Self {
        Self {
            first: first.into(),
            rest: None,
        }
    }
}

impl Body for Queue {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        match (self.first.pop_front(), &mut self.rest) {
            (Some(first), _) => Poll::Ready(Some(first)),
            (None, Some(rest)) => Pin::new(rest).poll_frame(cx),
            (None, None) => Poll::Ready(None),
        }
    }
}

/// Every frame goes through a function.
struct Mapped<F> {
    body: ResponseBody,
    map: F,
}

impl<F: Fn(Frame<Bytes>) -> Item + Unpin> Body for Mapped<F> {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        Poll::Ready(frame.map(|frame| (self.map)(frame?)))
    }
}

/// Hands a frame on once the next one is there.
struct Late {
    body: ResponseBody,
    held: Option<Item>,
}

impl Body for Late {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        loop {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(next) => {
                    if let Some(held) = self.held.replace(next) {
                        return Poll::Ready(Some(held));
                    }
                }
                None => return Poll::Ready(self.held.take()),
            }
        }
    }
}

/// What a task has read.
struct Ahead {
    received: mpsc::UnboundedReceiver<Item>,
    task: AbortHandle,
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Body for Ahead {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        self.received.poll_recv(cx)
    }
}
