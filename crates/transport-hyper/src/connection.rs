//! A new connection: connected, its protocol settled, handed to the runtime.

use http::Uri;
use hyper::client::conn::{http1, http2};
use hyper::rt::Executor;
use hyper_util::client::legacy::connect::Connection;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use session_export_transport::RequestBody;
use tokio::sync::oneshot;
use tower_service::Service;

use crate::connector::Connector;
use crate::failure::Unsent;
use crate::link::Link;

/// What can be sent on.
pub(crate) enum Opened {
    Http1 {
        sender: http1::SendRequest<RequestBody>,
        to_proxy: bool,
    },
    Http2(http2::SendRequest<RequestBody>),
}

pub(crate) async fn open(mut connector: Connector, uri: Uri) -> Result<Opened, Unsent> {
    let link = connector.call(uri).await.map_err(Unsent::Connect)?;
    match link.connected().is_negotiated_h2() {
        true => http2(link).await,
        false => http1(link).await,
    }
    .map_err(Unsent::Handshake)
}

async fn http1(link: Link) -> Result<Opened, hyper::Error> {
    let to_proxy = link.to_proxy;
    let (mut sender, connection) = http1::Builder::new().handshake(link).await?;
    let (tell, told) = oneshot::channel();
    TokioExecutor::new().execute(async move {
        if let Err(error) = connection.await {
            // Nobody listens once the connection stands; its requests are told by themselves.
            let _ = tell.send(error);
        }
    });
    match sender.ready().await {
        Ok(()) => Ok(Opened::Http1 { sender, to_proxy }),
        // What broke the connection says more than that it is closed: a server that did not accept the certificate.
        Err(closed) => Err(told.await.unwrap_or(closed)),
    }
}

async fn http2(link: Link) -> Result<Opened, hyper::Error> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    let (mut sender, connection) = builder.timer(TokioTimer::new()).handshake(link).await?;
    TokioExecutor::new().execute(async move {
        // Its requests are told by themselves.
        let _ = connection.await;
    });
    sender.ready().await?;
    Ok(Opened::Http2(sender))
}
