//! A new connection: connected, and its protocol settled.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use http::Uri;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::{http1, http2};
use hyper::rt::Executor;
use hyper_util::client::legacy::connect::Connection;
use hyper_util::rt::TokioTimer;
use session_export_transport::{Request, RequestBody};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::connector::{Connector, Stream};
use crate::failure::{ExchangeFailure, Unsent};

/// What can be sent on.
pub(crate) enum Opened {
    Http1(Http1),
    /// It carries nothing before its other half is driven.
    Http2(Http2, Http2Connection),
}

pub(crate) type Http2 = http2::SendRequest<RequestBody>;
pub(crate) type Http2Connection = http2::Connection<Stream, RequestBody, OnRuntime>;

/// Spawns on the runtime that the connections belong to, also where something else polls a request or a body.
#[derive(Clone)]
pub(crate) struct OnRuntime(pub(crate) Handle);

impl<F> Executor<F> for OnRuntime
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, task: F) {
        // A runtime that was shut down drops it, and is no reason to fail: its connections are closed.
        drop(self.0.spawn(task));
    }
}

/// A response, or the request if nothing of it was written.
type Outcome = Result<http::Response<Incoming>, TrySendError<Request>>;

/// An HTTP/1 connection.
pub(crate) struct Http1 {
    sender: http1::SendRequest<RequestBody>,
    /// Ready once the connection is gone, with what broke it if something did.
    gone: oneshot::Receiver<hyper::Error>,
}

impl Http1 {
    /// Hands a request over, once; [`outcome`](Self::outcome) waits for what comes of it.
    pub(crate) fn hand_over(&mut self, request: Request) -> impl Future<Output = Outcome> + use<> {
        self.sender.try_send_request(request)
    }

    /// What becomes of a request that was handed over.
    ///
    /// A connection that ends at that moment may leave it where nobody looks any longer: hyper's queue holds what came between the
    /// connection's last look and its end until the last sender is dropped, and that is ours. So the end of the connection is waited
    /// for as well. It has answered or failed whatever it took by then, so what is still open was never taken.
    pub(crate) async fn outcome(
        &mut self,
        mut response: Pin<&mut impl Future<Output = Outcome>>,
    ) -> Result<http::Response<Incoming>, ExchangeFailure> {
        poll_fn(|cx| {
            if let Poll::Ready(outcome) = response.as_mut().poll(cx) {
                return Poll::Ready(outcome.map_err(not_sent));
            }
            if Pin::new(&mut self.gone).poll(cx).is_pending() {
                return Poll::Pending;
            }
            Poll::Ready(match response.as_mut().poll(cx) {
                Poll::Ready(outcome) => outcome.map_err(not_sent),
                Poll::Pending => Err(Unsent::Forgotten.into()),
            })
        })
        .await
    }

    /// Whether it can carry a request now.
    pub(crate) fn is_ready(&self) -> bool {
        self.sender.is_ready()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Waits until it can carry another request. False if it never will.
    pub(crate) async fn ready(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }
}

/// hyper gives a request back only if it had not begun to write it.
pub(crate) fn not_sent(mut error: TrySendError<Request>) -> ExchangeFailure {
    match error.take_message() {
        Some(_) => ExchangeFailure::Unsent(Unsent::Returned(error.into_error())),
        None => ExchangeFailure::Sent(error.into_error()),
    }
}

pub(crate) async fn open(connector: &Connector, runtime: &OnRuntime, uri: Uri) -> Result<Opened, Unsent> {
    let stream = connector.connect(uri).await.map_err(Unsent::Connect)?;
    match stream.connected().is_negotiated_h2() {
        true => http2(stream, runtime).await,
        false => http1(stream, runtime).await,
    }
    .map_err(Unsent::Handshake)
}

async fn http1(stream: Stream, runtime: &OnRuntime) -> Result<Opened, hyper::Error> {
    let (mut sender, connection) = http1::Builder::new().handshake(stream).await?;
    let (tell, gone) = oneshot::channel();
    runtime.execute(async move {
        // The connection is dropped before anybody is told.
        if let Err(error) = connection.await {
            let _ = tell.send(error);
        }
    });
    match sender.ready().await {
        Ok(()) => Ok(Opened::Http1(Http1 { sender, gone })),
        // What broke the connection says more than that it is closed: a server that did not accept the certificate.
        Err(closed) => Err(gone.await.unwrap_or(closed)),
    }
}

async fn http2(stream: Stream, runtime: &OnRuntime) -> Result<Opened, hyper::Error> {
    let mut builder = http2::Builder::new(runtime.clone());
    let (sender, connection) = builder.timer(TokioTimer::new()).handshake(stream).await?;
    Ok(Opened::Http2(sender, connection))
}
