//! How a response comes over time.

use std::time::Duration;

use session_export_transport::ResponseBody;
use tokio::sync::mpsc;

use super::super::clause::{Clause, ensure};
use super::super::context::{Context, exchange, get};
use super::super::{Capability, Finding};
use super::response::answering;
use crate::server::{Gate, Server};

pub(super) const CLAUSES: &[Clause] = &[
    Clause::must(
        "response.head-first",
        "The head is handed on as soon as it is whole, before a byte of the body has come. The client's limit on the head \
         is 40 s; a transport that waits for the body makes a slow download look like a dead gateway, and its failure \
         like a submit of unknown outcome.",
        |context| Box::pin(head_first(context)),
    )
    .of(Capability::Streaming),
    Clause::must(
        "response.streamed",
        "Data is handed on as it arrives, not when more has come or the body is whole. The client's idle limit is reset \
         by progress that it can see; held back, a download that flows looks stalled and is given up, and a large \
         export is kept in memory instead of going to its file.",
        |context| Box::pin(streamed(context)),
    )
    .of(Capability::Streaming),
    Clause::should(
        "response.reuse",
        "Once a body has been read to its end, a later request goes over the same connection. Waiting for an export asks \
         for its state again and again; without reuse each question costs a handshake, and a gateway that limits new \
         connections begins to refuse them.",
        |context| Box::pin(reuse(context)),
    ),
    Clause::should(
        "response.backpressure",
        "A body that nobody reads stops the server: no more is read from the connection than a bounded buffer. A disk \
         that is slower than the network would otherwise fill the memory with an export of gigabytes until the program \
         is killed.",
        |context| Box::pin(backpressure(context)),
    )
    .of(Capability::Streaming),
];

/// Reads until something has come.
async fn data(context: &Context, what: &str, body: &mut ResponseBody) -> Result<Vec<u8>, Finding> {
    loop {
        let Some(frame) = context.soon(what, body.frame()).await? else {
            return Err(Finding::new(format!("the body ended before {what}")));
        };
        if let Ok(data) = frame?.into_data()
            && !data.is_empty()
        {
            return Ok(data.to_vec());
        }
    }
}

async fn head_first(context: &Context) -> Result<(), Finding> {
    for (framing, rest) in [
        ("content-length: 4", "body"),
        ("transfer-encoding: chunked", "4\r\nbody\r\n0\r\n\r\n"),
    ] {
        let gate = Gate::new();
        let server = Server::plain({
            let gate = gate.clone();
            move |mut connection| {
                let gate = gate.clone();
                async move {
                    while connection.request().await.is_some() {
                        connection
                            .write(format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n"))
                            .await;
                        gate.passed().await;
                        connection.write(rest).await;
                    }
                }
            }
        })
        .await;
        let transport = context.plain()?;
        let sent = transport.send(get(server.url("/")));
        let response = context.soon("the head, before the body,", sent).await??;
        gate.open();
        let body = response.into_body().read_to_end(usize::MAX);
        let body = context.soon("the end of the body", body).await??;
        ensure!(
            body == "body",
            "the body that came after its head is not what was sent"
        );
    }
    Ok(())
}

async fn streamed(context: &Context) -> Result<(), Finding> {
    for (framing, first, second) in [
        ("content-length: 11", "first", "second"),
        (
            "transfer-encoding: chunked",
            "5\r\nfirst\r\n",
            "6\r\nsecond\r\n0\r\n\r\n",
        ),
    ] {
        let gate = Gate::new();
        let server = Server::plain({
            let gate = gate.clone();
            move |mut connection| {
                let gate = gate.clone();
                async move {
                    while connection.request().await.is_some() {
                        connection
                            .write(format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n{first}"))
                            .await;
                        gate.passed().await;
                        connection.write(second).await;
                    }
                }
            }
        })
        .await;
        let transport = context.plain()?;
        let sent = transport.send(get(server.url("/")));
        let mut body = context.soon("a response", sent).await??.into_body();
        let mut came = Vec::new();
        while came.len() < "first".len() {
            came.extend(data(context, "the data that was sent first", &mut body).await?);
        }
        gate.open();
        let rest = context
            .soon("the end of the body", body.read_to_end(usize::MAX))
            .await??;
        came.extend(rest);
        ensure!(
            came == b"firstsecond",
            "{} bytes of a body of 11 came, or others",
            came.len()
        );
    }
    Ok(())
}

async fn reuse(context: &Context) -> Result<(), Finding> {
    const REQUESTS: usize = 8;
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nrunning",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\nrunning\r\n0\r\n\r\n",
    ] {
        let server = answering(answer).await;
        let transport = context.plain()?;
        for _ in 0..REQUESTS {
            exchange(context, &transport, get(server.url("/task"))).await?;
        }
        // A pool may learn a moment too late that a connection is free again, but not every time.
        ensure!(
            server.connections() <= REQUESTS / 2,
            "{REQUESTS} requests, one after the other, took {} connections",
            server.connections()
        );
    }
    Ok(())
}

async fn backpressure(context: &Context) -> Result<(), Finding> {
    const OFFERED: usize = 256 << 20;
    const TOO_MUCH: usize = OFFERED / 4;
    const HELD_BACK: Duration = Duration::from_millis(300);

    let (accepted, mut counts) = mpsc::unbounded_channel();
    let server = Server::plain(move |mut connection| {
        let accepted = accepted.clone();
        async move {
            if connection.request().await.is_none() {
                return;
            }
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {OFFERED}\r\n\r\n");
            connection.write(head).await;
            let piece = vec![0; 64 << 10];
            let mut count = 0;
            // Time is what shows that nothing happens any more.
            while count < TOO_MUCH
                && tokio::time::timeout(HELD_BACK, connection.try_write(&piece)).await == Ok(true)
            {
                count += piece.len();
            }
            let _ = accepted.send(count);
            connection.closed().await;
        }
    })
    .await;
    let transport = context.plain()?;
    let sent = transport.send(get(server.url("/export")));
    let response = context.soon("the head, before the body,", sent).await??;
    let count = context.soon("the server's count", counts.recv()).await?;
    ensure!(
        count.is_some_and(|count| count < TOO_MUCH),
        "{} MiB were taken from the server while nobody read the body",
        count.unwrap_or_default() >> 20
    );
    drop(response);
    Ok(())
}
