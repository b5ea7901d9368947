//! Bodies that break off, and bodies that merely look like it.

use std::future::Future;

use session_export_transport::TransportErrorKind;

use super::super::Finding;
use super::super::clause::{Clause, ensure};
use super::super::context::{Context, get};
use super::verdict::{Reading, broke_off, read};
use crate::server::{Connection, Gate, Server};

pub(super) const CLAUSES: &[Clause] = &[
    Clause::must(
        "body.short",
        "A body that ends before its content-length is an error, never a clean end. The first half of an export opens \
         in every program, and nobody sees that half of the sessions are missing.",
        |context| Box::pin(short(context)),
    ),
    Clause::must(
        "body.reset",
        "A body whose connection is reset before its announced length, or its last chunk, is an error, never a clean \
         end. Gateways reset downloads that take too long, and the part that came is no export.",
        |context| Box::pin(reset(context, &[SHORT, ONE_CHUNK])),
    ),
    Clause::must(
        "body.broken-chunk",
        "A chunk whose size is not a number is an error. Taking it for the last one would end the file where a \
         gateway broke it.",
        |context| Box::pin(broken_chunk(context)),
    ),
    Clause::must(
        "body.missing-last-chunk",
        "A chunked body that is closed without its last chunk is an error, even if every chunk is whole. Only the last \
         chunk says that nothing more was to come; a service that crashes between two chunks of an export sends \
         exactly this.",
        |context| Box::pin(missing_last_chunk(context)),
    ),
    Clause::must(
        "body.close-delimited",
        "A body with neither content-length nor chunks ends with its connection, as it is, without an error. HTTP/1.1 \
         allows it, so the transport cannot know whether it is whole; the client, which refuses such an export unless \
         told otherwise, decides.",
        |context| Box::pin(close_delimited(context)),
    ),
    Clause::should(
        "body.reset-close-delimited",
        "A body with neither content-length nor chunks whose connection is reset is an error, unlike one that is \
         closed. The client refuses such a body unless told otherwise; one who allows it relies on this difference.",
        |context| Box::pin(reset(context, &[UNTIL_CLOSE])),
    ),
    Clause::should(
        "body.data-before-error",
        "What arrived before a body broke off is handed on before the error. It is what an operator sees of an answer \
         that a gateway cut, and it shows that the connection was alive until then.",
        |context| Box::pin(data_before_error(context)),
    ),
    Clause::should(
        "body.error-kind",
        "The error of a body that broke off is of kind BodyIncomplete. The client tells by it that a download may be \
         started again, which it may not after an answer that makes no sense.",
        |context| Box::pin(error_kind(context)),
    ),
    Clause::must(
        "body.empty",
        "A body without a byte ends at once, with content-length 0 as well as with nothing but the last chunk, while \
         the connection stays open. The deletion of an export is answered so; waiting for more would hang it.",
        |context| Box::pin(empty(context)),
    ),
];

const SHORT: &str = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf a row";
const ONE_CHUNK: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";

const UNTIL_CLOSE: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhalf a row";

/// Requests the answer that `script` writes, and reads its body as far as it goes.
async fn reading<S, F>(context: &Context, script: S) -> Result<Reading, Finding>
where
    S: Fn(Connection) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let server = Server::plain(script).await;
    let transport = context.plain()?;
    let response = context
        .soon("a response", transport.send(get(server.url("/file"))))
        .await??;
    context.soon("the end of the body", read(response)).await
}

/// The same for bytes after which the server closes.
async fn closing(context: &Context, bytes: &'static str) -> Result<Reading, Finding> {
    reading(context, move |mut connection| async move {
        connection.request().await;
        connection.write(bytes).await;
    })
    .await
}

async fn short(context: &Context) -> Result<(), Finding> {
    broke_off(
        closing(context, SHORT).await?,
        "a body short of its content-length",
    )?;
    let none = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n";
    broke_off(closing(context, none).await?, "a body without its only byte").map(drop)
}

async fn reset(context: &Context, answers: &[&'static str]) -> Result<(), Finding> {
    for &bytes in answers {
        // The reset waits for the head to arrive: it may overtake what was written before it.
        let arrived = Gate::new();
        let gate = arrived.clone();
        let server = Server::plain(move |mut connection| {
            let gate = gate.clone();
            async move {
                connection.request().await;
                connection.write(bytes).await;
                gate.passed().await;
                connection.reset();
            }
        })
        .await;
        let transport = context.plain()?;
        let response = context
            .soon("a response", transport.send(get(server.url("/file"))))
            .await??;
        arrived.open();
        let reading = context.soon("the end of the body", read(response)).await?;
        broke_off(reading, "a body whose connection was reset")?;
    }
    Ok(())
}

async fn broken_chunk(context: &Context) -> Result<(), Finding> {
    for rest in ["ZZZ\r\nworld\r\n0\r\n\r\n", "\r\n\r\n", "-1\r\n\r\n"] {
        let reading = reading(context, move |mut connection| async move {
            connection.request().await;
            connection.write(ONE_CHUNK).await;
            connection.write(rest).await;
            connection.closed().await;
        })
        .await?;
        broke_off(reading, "a body with a broken chunk")?;
    }
    Ok(())
}

async fn missing_last_chunk(context: &Context) -> Result<(), Finding> {
    broke_off(
        closing(context, ONE_CHUNK).await?,
        "a body without its last chunk",
    )
    .map(drop)
}

async fn close_delimited(context: &Context) -> Result<(), Finding> {
    let bytes = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nas much as there is";
    let reading = closing(context, bytes).await?;
    if let Some(error) = reading.error {
        return Err(error.into());
    }
    ensure!(
        reading.data == b"as much as there is",
        "a body that its connection ends arrived as {} bytes",
        reading.data.len()
    );
    Ok(())
}

async fn data_before_error(context: &Context) -> Result<(), Finding> {
    for (bytes, data) in [(SHORT, "half a row"), (ONE_CHUNK, "hello")] {
        let reading = closing(context, bytes).await?;
        ensure!(
            reading.data == data.as_bytes(),
            "of {} bytes before the break {} were handed on",
            data.len(),
            reading.data.len()
        );
    }
    Ok(())
}

async fn error_kind(context: &Context) -> Result<(), Finding> {
    for bytes in [SHORT, ONE_CHUNK] {
        let error = broke_off(closing(context, bytes).await?, "a body that broke off")?;
        ensure!(
            error.kind() == TransportErrorKind::BodyIncomplete,
            "a body that broke off is of kind {:?}",
            error.kind()
        );
    }
    Ok(())
}

async fn empty(context: &Context) -> Result<(), Finding> {
    for bytes in [
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        let reading = reading(context, move |mut connection| async move {
            connection.request().await;
            connection.write(bytes).await;
            connection.closed().await;
        })
        .await?;
        if let Some(error) = reading.error {
            return Err(error.into());
        }
        ensure!(
            reading.data.is_empty(),
            "{} bytes came out of an empty body",
            reading.data.len()
        );
    }
    Ok(())
}
