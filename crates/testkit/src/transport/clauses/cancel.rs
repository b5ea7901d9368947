//! Futures and bodies that are dropped before their end.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use session_export_transport::{Response, TransportError};
use tokio::io::AsyncReadExt;
use tokio_rustls::TlsAcceptor;

use super::super::clause::{Clause, ensure};
use super::super::context::{Context, get, post};
use super::super::{Capability, Finding, Setup};
use super::http2;
use crate::server::{Authority, Certificate, Gate, Server};

pub(super) const CLAUSES: &[Clause] = &[
    Clause::must(
        "cancel.head",
        "Dropping the future that waits for a response's head closes the connection. It is how every limit of the client \
         is enforced; a connection that lives on holds the server's resources, and may be given to the next request \
         with the old answer still on its way.",
        |context| Box::pin(head(context)),
    )
    .of(Capability::Cancellation),
    Clause::must(
        "cancel.body",
        "Dropping a response's body before its end closes the connection. A download that is given up would otherwise \
         go on in the background, to the last byte of an export that nobody wants.",
        |context| Box::pin(body(context)),
    )
    .of(Capability::Cancellation),
    Clause::must(
        "cancel.sending",
        "Dropping the future while the request's body is still being sent closes the connection, and the rest is not \
         sent. A submit that was given up must not be completed behind its caller's back.",
        |context| Box::pin(sending(context)),
    )
    .of(Capability::Cancellation),
    Clause::must(
        "cancel.no-late-request",
        "A future that is dropped while it connects sends nothing afterwards, and its connection is closed (tried with \
         a TLS handshake that takes its time). A caller that gave up with nothing sent may submit again; a request that \
         goes out late makes two exports of it.",
        |context| Box::pin(no_late_request(context)),
    )
    .of(Capability::Cancellation),
    Clause::must(
        "cancel.http2",
        "Over HTTP/2, dropping the future that waits for the head, or the body before its end, resets the stream. The \
         connection is shared and stays; without the reset the server goes on working and sending, and what it sends \
         uses up the window of every other stream.",
        |context| Box::pin(over_http2(context)),
    )
    .of(Capability::Http2),
];

/// Drives a request until the gate is open, then drops it.
async fn dropped_at(
    context: &Context,
    gate: &Gate,
    sending: impl Future<Output = Result<Response, TransportError>>,
) -> Result<(), Finding> {
    let first = async {
        tokio::select! {
            outcome = sending => Err(match outcome {
                Ok(response) => Finding::new(format!("a response came early, {}", response.status())),
                Err(error) => error.into(),
            }),
            () = gate.passed() => Ok(()),
        }
    };
    context.soon("the arrival of the request", first).await?
}

async fn head(context: &Context) -> Result<(), Finding> {
    let (arrived, closed) = (Gate::new(), Gate::new());
    let (arriving, closing) = (arrived.clone(), closed.clone());
    let server = Server::plain(move |mut connection| {
        let (arriving, closing) = (arriving.clone(), closing.clone());
        async move {
            connection.request().await;
            arriving.open();
            connection.closed().await;
            closing.open();
        }
    })
    .await;
    let transport = context.plain()?;
    dropped_at(context, &arrived, transport.send(post(server.url("/"), "{}"))).await?;
    context.soon("the end of the connection", closed.passed()).await
}

async fn body(context: &Context) -> Result<(), Finding> {
    let closed = Gate::new();
    let closing = closed.clone();
    let server = Server::plain(move |mut connection| {
        let closing = closing.clone();
        async move {
            connection.request().await;
            connection
                .write("HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\nthe beginning")
                .await;
            connection.closed().await;
            closing.open();
        }
    })
    .await;
    let transport = context.plain()?;
    let response = context
        .soon("a response", transport.send(get(server.url("/file"))))
        .await??;
    drop(response);
    context.soon("the end of the connection", closed.passed()).await
}

async fn sending(context: &Context) -> Result<(), Finding> {
    const LENGTH: usize = 64 << 20;
    let (stuck, dropped, closed) = (Gate::new(), Gate::new(), Gate::new());
    let received = Arc::new(AtomicUsize::new(0));
    let server = Server::plain({
        let (stuck, dropped, closed, received) = (
            stuck.clone(),
            dropped.clone(),
            closed.clone(),
            Arc::clone(&received),
        );
        move |mut connection| {
            let (stuck, dropped, closed, received) = (
                stuck.clone(),
                dropped.clone(),
                closed.clone(),
                Arc::clone(&received),
            );
            async move {
                connection.head().await;
                stuck.open();
                dropped.passed().await;
                let mut stream = connection.into_stream();
                let mut buffer = vec![0; 64 << 10];
                while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                    received.fetch_add(read, Ordering::SeqCst);
                    if received.load(Ordering::SeqCst) >= LENGTH {
                        break;
                    }
                }
                closed.open();
            }
        }
    })
    .await;
    let transport = context.plain()?;
    let request = post(server.url("/large"), vec![b' '; LENGTH]);
    dropped_at(context, &stuck, transport.send(request)).await?;
    dropped.open();
    context.soon("the end of the connection", closed.passed()).await?;
    let received = received.load(Ordering::SeqCst);
    // What was read along with the head is not counted; a buffer's worth at most.
    ensure!(
        received < LENGTH - (1 << 20),
        "all of the request was sent after it was dropped"
    );
    Ok(())
}

async fn no_late_request(context: &Context) -> Result<(), Finding> {
    let authority = Authority::new();
    let acceptor = TlsAcceptor::from(Arc::new(authority.server(Certificate::Good, &[])));
    let (connecting, dropped, over) = (Gate::new(), Gate::new(), Gate::new());
    let late = Arc::new(AtomicBool::new(false));
    let server = Server::plain({
        let (connecting, dropped, over, late) = (
            connecting.clone(),
            dropped.clone(),
            over.clone(),
            Arc::clone(&late),
        );
        move |connection| {
            let (acceptor, connecting, dropped, over, late) = (
                acceptor.clone(),
                connecting.clone(),
                dropped.clone(),
                over.clone(),
                Arc::clone(&late),
            );
            async move {
                connecting.open();
                dropped.passed().await;
                if let Ok(mut stream) = acceptor.accept(connection.into_stream()).await
                    && stream.read_u8().await.is_ok()
                {
                    late.store(true, Ordering::SeqCst);
                }
                over.open();
            }
        }
    })
    .await;
    let url = format!("https://localhost:{}/", server.address().port()).parse()?;
    let transport = context.transport(&Setup::trusting(authority.pem()))?;
    dropped_at(context, &connecting, transport.send(post(url, "{}"))).await?;
    dropped.open();
    context.soon("the end of the connection", over.passed()).await?;
    ensure!(
        !late.load(Ordering::SeqCst),
        "the request was sent after its future was dropped"
    );
    Ok(())
}

async fn over_http2(context: &Context) -> Result<(), Finding> {
    for with_head in [false, true] {
        let (arrived, reset) = (Gate::new(), Gate::new());
        let (arriving, resetting) = (arrived.clone(), reset.clone());
        let authority = Authority::new();
        let server = http2::server(&authority, move |_, mut responder| {
            let (arriving, resetting) = (arriving.clone(), resetting.clone());
            async move {
                arriving.open();
                if with_head {
                    let Ok(mut stream) = responder.send_response(http::Response::new(()), false) else {
                        return;
                    };
                    let _ = std::future::poll_fn(|cx| stream.poll_reset(cx)).await;
                } else {
                    let _ = std::future::poll_fn(|cx| responder.poll_reset(cx)).await;
                }
                resetting.open();
            }
        })
        .await;
        let transport = context.transport(&Setup::trusting(authority.pem()))?;
        let sending = transport.send(get(server.url("/")));
        if with_head {
            drop(context.soon("a response", sending).await??);
        } else {
            dropped_at(context, &arrived, sending).await?;
        }
        context.soon("the reset of the stream", reset.passed()).await?;
    }
    Ok(())
}
