//! HTTP/2, where a TLS server offers it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{Bytes, BytesMut};
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::{Request, Version};

use super::super::clause::{Clause, ensure};
use super::super::context::{Context, get, post};
use super::super::{Capability, Finding, Setup};
use super::verdict::{OK, broke_off, read, unknown};
use crate::server::{Authority, Certificate, Gate, Server};

pub(super) const CLAUSES: &[Clause] = &[
    Clause::must(
        "http2.negotiated",
        "Where a server prefers HTTP/2 in ALPN, the exchange runs over HTTP/2, bodies of both directions included, and \
         the response says so in its version. The client accepts a body of unknown length over HTTP/2 only, because \
         there the end of a stream is explicit.",
        |context| Box::pin(negotiated(context)),
    )
    .of(Capability::Http2),
    Clause::must(
        "http2.fallback",
        "Where a server offers HTTP/1.1 alone, the exchange runs over HTTP/1.1. Proxies that re-sign TLS commonly offer \
         nothing else, and behind one no session could be exported.",
        |context| Box::pin(fallback(context)),
    )
    .of(Capability::Http2),
    Clause::must(
        "http2.refused-stream",
        "A stream that the server refuses (REFUSED_STREAM) is an error, and the transport does not send the request \
         again. It may say NotSent, for HTTP/2 promises that nothing was done; whether to try again is for the client, \
         which counts attempts and looks at its deadline.",
        |context| Box::pin(refused_stream(context)),
    )
    .of(Capability::Http2),
    Clause::must(
        "http2.goaway",
        "When the server takes a request and then ends the connection (GOAWAY that names the stream as seen), the error \
         has delivery Unknown, and the server sees the request once. Every gateway that is restarted does this, and the \
         export may have been created.",
        |context| Box::pin(goaway(context)),
    )
    .of(Capability::Http2),
    Clause::must(
        "http2.body-reset",
        "A stream that is reset in the middle of a body is an error of the body, never a clean end. It is how HTTP/2 \
         says that a download broke off, and there may be no content-length to find it out otherwise.",
        |context| Box::pin(body_reset(context)),
    )
    .of(Capability::Http2),
    Clause::must(
        "http2.body-stopped",
        "A stream that is reset without an error code (NO_ERROR) before the end of its body is an error of the body all \
         the same. The code means that the server wants no more of the request; only END_STREAM means that the response \
         is whole, and a library that takes one for the other cuts exports short.",
        |context| Box::pin(body_stopped(context)),
    )
    .of(Capability::Http2),
];

/// A server that hands each request over HTTP/2 to `handle`, and closes connections that do not speak it.
pub(super) async fn server<H, F>(authority: &Authority, handle: H) -> Server
where
    H: Fn(Request<RecvStream>, SendResponse<Bytes>) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let handle = Arc::new(handle);
    let config = authority.server(Certificate::Good, &["h2", "http/1.1"]);
    Server::tls(config, move |connection| {
        let handle = Arc::clone(&handle);
        async move {
            if connection.protocol() != Some(b"h2") {
                return;
            }
            let Ok(mut connection) = h2::server::handshake(connection.into_stream()).await else {
                return;
            };
            // Accepting drives the connection: the streams are served beside it.
            let mut streams = tokio::task::JoinSet::new();
            while let Some(Ok((request, responder))) = connection.accept().await {
                streams.spawn(handle(request, responder));
            }
        }
    })
    .await
}

/// Reads a request's body and gives its window back.
async fn body_of(request: Request<RecvStream>) -> Bytes {
    let mut stream = request.into_body();
    let mut body = BytesMut::new();
    while let Some(Ok(data)) = stream.data().await {
        let _ = stream.flow_control().release_capacity(data.len());
        body.extend_from_slice(&data);
    }
    body.freeze()
}

async fn negotiated(context: &Context) -> Result<(), Finding> {
    let authority = Authority::new();
    let server = server(&authority, |request, mut responder| async move {
        let body = body_of(request).await;
        if let Ok(mut stream) = responder.send_response(http::Response::new(()), body.is_empty())
            && !body.is_empty()
        {
            let _ = stream.send_data(body, true);
        }
    })
    .await;
    let transport = context.transport(&Setup::trusting(authority.pem()))?;
    // Larger than the windows that HTTP/2 begins with.
    let large = Bytes::from(vec![b'x'; 300_000]);
    for body in [Bytes::new(), Bytes::from_static(b"{}"), large] {
        let exchange = async {
            let response = transport.send(post(server.url("/echo"), body.clone())).await?;
            let version = response.version();
            Ok::<_, Finding>((version, read(response).await))
        };
        let (version, reading) = context.soon("an exchange over HTTP/2", exchange).await??;
        ensure!(
            version == Version::HTTP_2,
            "the response says that it came over {version:?}"
        );
        if let Some(error) = reading.error {
            return Err(error.into());
        }
        ensure!(
            reading.data == body,
            "{} bytes came back as {}",
            body.len(),
            reading.data.len()
        );
    }
    Ok(())
}

async fn fallback(context: &Context) -> Result<(), Finding> {
    let authority = Authority::new();
    for protocols in [&["http/1.1"][..], &[]] {
        let config = authority.server(Certificate::Good, protocols);
        let server = Server::tls(config, |connection| connection.answer_all(OK)).await;
        let transport = context.transport(&Setup::trusting(authority.pem()))?;
        let response = context
            .soon("a response", transport.send(get(server.url("/"))))
            .await??;
        ensure!(
            response.version() == Version::HTTP_11,
            "the response says that it came over {:?}",
            response.version()
        );
        let reading = read(response).await;
        ensure!(
            reading.error.is_none() && reading.data == b"ok",
            "the body did not arrive"
        );
    }
    Ok(())
}

async fn refused_stream(context: &Context) -> Result<(), Finding> {
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let authority = Authority::new();
    let server = server(&authority, move |_, mut responder| {
        counter.fetch_add(1, Ordering::SeqCst);
        async move { responder.send_reset(Reason::REFUSED_STREAM) }
    })
    .await;
    let transport = context.transport(&Setup::trusting(authority.pem()))?;
    let outcome = context.soon("an error", transport.send(post(server.url("/"), "{}")));
    ensure!(outcome.await?.is_err(), "a refused stream gave a response");
    once(&seen)
}

fn once(seen: &AtomicUsize) -> Result<(), Finding> {
    let seen = seen.load(Ordering::SeqCst);
    ensure!(seen == 1, "the server saw {seen} requests over HTTP/2");
    Ok(())
}

async fn goaway(context: &Context) -> Result<(), Finding> {
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let authority = Authority::new();
    let config = authority.server(Certificate::Good, &["h2"]);
    let server = Server::tls(config, move |connection| {
        let counter = Arc::clone(&counter);
        async move {
            let Ok(mut connection) = h2::server::handshake(connection.into_stream()).await else {
                return;
            };
            let Some(Ok((request, _responder))) = connection.accept().await else {
                return;
            };
            counter.fetch_add(1, Ordering::SeqCst);
            connection.abrupt_shutdown(Reason::NO_ERROR);
            // Until the frame is out.
            while connection.accept().await.is_some() {}
            drop(request);
        }
    })
    .await;
    let transport = context.transport(&Setup::trusting(authority.pem()))?;
    let outcome = context.soon("an error", transport.send(post(server.url("/"), "{}")));
    let outcome = outcome.await?;
    once(&seen)?;
    unknown(outcome, "the end of a connection that had taken the request").map(drop)
}

async fn body_reset(context: &Context) -> Result<(), Finding> {
    for reason in [Reason::INTERNAL_ERROR, Reason::CANCEL] {
        reset_with(context, reason).await?;
    }
    Ok(())
}

async fn body_stopped(context: &Context) -> Result<(), Finding> {
    reset_with(context, Reason::NO_ERROR).await
}

async fn reset_with(context: &Context, reason: Reason) -> Result<(), Finding> {
    let arrived = Gate::new();
    let gate = arrived.clone();
    let authority = Authority::new();
    let server = server(&authority, move |request, mut responder| {
        let gate = gate.clone();
        async move {
            body_of(request).await;
            let Ok(mut stream) = responder.send_response(http::Response::new(()), false) else {
                return;
            };
            let _ = stream.send_data(Bytes::from_static(b"half a row"), false);
            gate.passed().await;
            stream.send_reset(reason);
        }
    })
    .await;
    let transport = context.transport(&Setup::trusting(authority.pem()))?;
    let response = context
        .soon("a response", transport.send(get(server.url("/file"))))
        .await??;
    arrived.open();
    let reading = context.soon("the end of the body", read(response)).await?;
    broke_off(reading, &format!("a body that was reset with {reason:?}")).map(drop)
}
