//! Failures after the server has seen the request, or part of it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use session_export_transport::Delivery;
use tokio::io::AsyncReadExt;

use super::super::verdict::unknown;
use crate::server::{Connection, Server};
use crate::transport::Finding;
use crate::transport::clause::{Clause, ensure};
use crate::transport::context::{Context, get, post};

pub(crate) const CLAUSES: &[Clause] = &[
    Clause::must(
        "failure.reset-before-head",
        "A connection that is reset after the request was read is an error with delivery Unknown. The service may have \
         created the export before its gateway fell over; a caller that is told NotSent creates a second one.",
        |context| Box::pin(reset_before_head(context)),
    ),
    Clause::must(
        "failure.reset-mid-head",
        "A connection that is reset in the middle of a response's head is an error with delivery Unknown. The service \
         had begun to answer, so the export most likely exists.",
        |context| Box::pin(reset_mid_head(context)),
    ),
    Clause::must(
        "failure.close-mid-head",
        "A connection that is closed in the middle of a response's head is an error with delivery Unknown, never a \
         response with the headers that happened to arrive: the id of the request would be missing, or the length of \
         the body.",
        |context| Box::pin(close_mid_head(context)),
    ),
    Clause::must(
        "failure.close-without-response",
        "A connection that is closed in good order without an answer is an error with delivery Unknown. A clean end \
         looks harmless, and yet the service may have acted; calling it NotSent doubles exports.",
        |context| Box::pin(close_without_response(context)),
    ),
    Clause::must(
        "failure.closed-while-sending",
        "When the server closes before it has read the whole request, the result is an error with delivery Unknown, or \
         the response if one was sent early. Part of a request is enough for some servers to act, and a transport that \
         waits for a chance to send the rest never returns.",
        |context| Box::pin(closed_while_sending(context)),
    ),
    Clause::must(
        "failure.garbage",
        "An answer that is not HTTP is an error with delivery Unknown, not a response with the garbage as its body. \
         Something did read the request, and what it wrote must not be taken for a list of sessions.",
        |context| Box::pin(garbage(context)),
    ),
    Clause::must(
        "failure.huge-head",
        "A response head without an end is an error long before 64 MiB of it were taken. Memory is bounded for bodies \
         by whoever reads them; nobody but the transport can do it for heads, and without it one bad server takes down \
         the platform that embeds the client.",
        |context| Box::pin(huge_head(context)),
    ),
];

/// Sends one request to a server that answers with `script`, and demands an error with delivery Unknown.
async fn doubtful<S, F>(context: &Context, what: &str, script: S) -> Result<(), Finding>
where
    S: Fn(Connection) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let server = Server::plain(script).await;
    let transport = context.plain()?;
    let outcome = context.soon("an error", transport.send(post(server.url("/submit"), "{}")));
    unknown(outcome.await?, what).map(drop)
}

async fn reset_before_head(context: &Context) -> Result<(), Finding> {
    doubtful(
        context,
        "a reset after the request",
        |mut connection| async move {
            connection.request().await;
            connection.reset();
        },
    )
    .await
}

const HALF_A_HEAD: &str = "HTTP/1.1 200 OK\r\nx-request-id: 1\r\ncontent-le";

async fn reset_mid_head(context: &Context) -> Result<(), Finding> {
    doubtful(
        context,
        "a reset in the middle of a head",
        |mut connection| async move {
            connection.request().await;
            connection.write(HALF_A_HEAD).await;
            connection.reset();
        },
    )
    .await
}

async fn close_mid_head(context: &Context) -> Result<(), Finding> {
    for head in [
        HALF_A_HEAD,
        "HTTP/1.1 200 OK\r\nx-request-id: 1\r\n",
        "HTTP/1.1 20",
    ] {
        doubtful(
            context,
            "a close in the middle of a head",
            move |mut connection| async move {
                connection.request().await;
                connection.write(head).await;
            },
        )
        .await?;
    }
    Ok(())
}

async fn close_without_response(context: &Context) -> Result<(), Finding> {
    doubtful(
        context,
        "a close without a response",
        |mut connection| async move {
            connection.request().await;
        },
    )
    .await
}

async fn closed_while_sending(context: &Context) -> Result<(), Finding> {
    for answer in ["", "HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n"] {
        let server = Server::plain(move |mut connection| async move {
            connection.head().await;
            connection.write(answer).await;
            // Half of the body, then the connection is gone with the rest on its way.
            let mut half = connection.into_stream().take(8 << 20);
            let _ = tokio::io::copy(&mut half, &mut tokio::io::sink()).await;
        })
        .await;
        let request = post(server.url("/large"), vec![b' '; 16 << 20]);
        let transport = context.plain()?;
        let outcome = context.soon("the end of the exchange", transport.send(request));
        match outcome.await? {
            // A reset may overtake the answer.
            Err(error) => ensure!(
                error.delivery() == Delivery::Unknown,
                "a close while sending is {:?}",
                error.delivery()
            ),
            Ok(response) => ensure!(
                response.status() == 413 && !answer.is_empty(),
                "a close while sending gave a response, {}",
                response.status()
            ),
        }
    }
    Ok(())
}

async fn garbage(context: &Context) -> Result<(), Finding> {
    for answer in [
        "SSH-2.0-OpenSSH_9.6\r\n",
        "<html>no head at all</html>\r\n\r\n",
        "HTTP/1.1 two hundred\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
    ] {
        doubtful(
            context,
            "an answer that is not HTTP",
            move |mut connection| async move {
                connection.request().await;
                connection.write(answer).await;
            },
        )
        .await?;
    }
    Ok(())
}

async fn huge_head(context: &Context) -> Result<(), Finding> {
    const MOST_BYTES: usize = 64 << 20;
    // Very many fields, and one field without an end.
    for block in ["x-filler: 0123456789\r\n".repeat(3 << 10), "x".repeat(64 << 10)] {
        let taken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&taken);
        let server = Server::plain(move |mut connection| {
            let (block, counter) = (block.clone(), Arc::clone(&counter));
            async move {
                connection.request().await;
                connection.write("HTTP/1.1 200 OK\r\nx-filler: ").await;
                while counter.load(Ordering::SeqCst) < MOST_BYTES
                    && connection.try_write(block.as_bytes()).await
                {
                    counter.fetch_add(block.len(), Ordering::SeqCst);
                }
            }
        })
        .await;
        let transport = context.plain()?;
        let outcome = context.soon("an error", transport.send(get(server.url("/"))));
        let outcome = outcome.await?;
        let taken = taken.load(Ordering::SeqCst);
        ensure!(
            taken < MOST_BYTES,
            "{taken} bytes of a head were taken without an error"
        );
        unknown(outcome, "a head without an end")?;
    }
    Ok(())
}
