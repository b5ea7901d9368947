//! Faults of the group *cancel*.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_trait::async_trait;
use bytes::Bytes;
use http_body::{Body, Frame};
use session_export_transport::{
    Delivery, Request, Response, ResponseBody, Transport, TransportError, TransportErrorKind as Kind,
};
use session_export_transport_reqwest::ReqwestTransport;

use super::faulty::{Broken, good};

pub(crate) fn all() -> Vec<Broken> {
    vec![
        Broken::made(
            "sends-in-a-task",
            &[
                "cancel.head",
                "cancel.sending",
                "cancel.no-late-request",
                "cancel.http2",
            ],
            |setup| {
                Ok(Detached {
                    good: Arc::new(good(setup)?),
                })
            },
        ),
        Broken::after(
            "reads-dropped-bodies",
            &["cancel.body", "cancel.http2"],
            |response| {
                Ok(response.map(|body| {
                    ResponseBody::new(Thorough {
                        body: Some(body),
                        at_end: false,
                    })
                }))
            },
        ),
    ]
}

/// The task goes on when its handle is dropped.
#[derive(Debug)]
struct Detached {
    good: Arc<ReqwestTransport>,
}

#[async_trait]
impl Transport for Detached {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let good = Arc::clone(&self.good);
        tokio::spawn(async move { good.send(request).await })
            .await
            .unwrap_or_else(|panic| {
                Err(TransportError::new(Kind::Other, Delivery::Unknown).with_source(panic))
            })
    }
}

/// Reads on when it is dropped, to keep the connection.
struct Thorough {
    body: Option<ResponseBody>,
    at_end: bool,
}

impl Body for Thorough {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let event = Pin::new(body).poll_frame(cx);
        if matches!(event, Poll::Ready(None | Some(Err(_)))) {
            self.at_end = true;
        }
        event
    }
}

impl Drop for Thorough {
    fn drop(&mut self) {
        if let (false, Some(mut body), Ok(runtime)) = (
            self.at_end,
            self.body.take(),
            tokio::runtime::Handle::try_current(),
        ) {
            runtime.spawn(async move { while let Some(Ok(_)) = body.frame().await {} });
        }
    }
}
