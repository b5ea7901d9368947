//! What a transport never does on its own initiative.

use http::Uri;
use session_export_transport::Request;

use super::super::clause::{Clause, ensure};
use super::super::context::{Context, exchange, get, post, whole};
use super::super::{Finding, environment};
use crate::server::{Gate, Server};

pub(super) const CLAUSES: &[Clause] = &[
    Clause::must(
        "never.redirect",
        "A redirect is returned like any other response. Following it would carry the token in X-Auth-Token, and \
         perhaps a submit, to a host that nobody chose.",
        |context| Box::pin(redirect(context)),
    ),
    Clause::must(
        "never.environment-proxy",
        "A proxy is used only if it was configured. One that is taken from HTTP_PROXY or ALL_PROXY sends tokens through \
         a host that the embedding program knows nothing of.",
        |context| Box::pin(environment_proxy(context)),
    ),
    Clause::must(
        "never.twice-after-close",
        "When the server closes after it has read a request, the request is not sent again. The server may have acted; \
         a second submit would create a second export.",
        |context| Box::pin(twice_after_close(context)),
    ),
    Clause::must(
        "never.twice-on-stale-connection",
        "A request that went over a connection from the pool reaches the server at most once, whether the server closes \
         while the connection is idle, or after it has read the request. Pools like to send again over a fresh \
         connection; that is harmless only while no byte was written, and otherwise the second export of the same \
         sessions.",
        |context| Box::pin(twice_on_stale_connection(context)),
    ),
    Clause::must(
        "never.twice-on-503",
        "A status that invites to try again (408, 421, 425, 429, 503), also with Retry-After: 0, is returned and the \
         request sent once. The client has one budget of tries and one rule for what may be repeated; a transport with \
         a rule of its own multiplies the tries, and repeats a submit that a gateway answered for.",
        |context| Box::pin(twice_on_503(context)),
    ),
];

async fn redirect(context: &Context) -> Result<(), Finding> {
    let elsewhere =
        Server::plain(|connection| connection.answer_all("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"))
            .await;
    for status in [301, 302, 303, 307, 308] {
        let location = elsewhere.url("/stolen");
        let answer = format!("HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        let server = Server::plain(move |connection| connection.answer_all(answer.clone())).await;
        for request in [get(server.url("/first")), post(server.url("/first"), "{}")] {
            let response = context.plain()?.send(request).await?;
            ensure!(
                response.status() == status,
                "{status} came back as {}",
                response.status()
            );
            whole(response).await?;
        }
        ensure!(
            server.requests().len() == 2,
            "{} requests were sent for two calls",
            server.requests().len()
        );
    }
    ensure!(elsewhere.connections() == 0, "the redirect was followed");
    Ok(())
}

async fn environment_proxy(context: &Context) -> Result<(), Finding> {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let proxy = Server::plain(move |connection| connection.answer_all(answer)).await;
    let server = Server::plain(move |connection| connection.answer_all(answer)).await;
    let url = format!("http://{}", proxy.address());
    let names = [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ];
    let mut variables: Vec<_> = names.into_iter().map(|name| (name, url.clone())).collect();
    variables.extend([("NO_PROXY", String::new()), ("no_proxy", String::new())]);
    let request = environment::request_with(
        context.suite().to_owned(),
        server.url("/direct").to_string(),
        variables,
    );
    context.soon("the request of a second process", request).await??;
    ensure!(
        proxy.connections() == 0,
        "the request went through the proxy that the environment names"
    );
    ensure!(
        server.requests().len() == 1,
        "the server saw {} requests",
        server.requests().len()
    );
    Ok(())
}

async fn twice_after_close(context: &Context) -> Result<(), Finding> {
    let server = Server::plain(|mut connection| async move {
        connection.request().await;
    })
    .await;
    for request in [get(server.url("/once")), post(server.url("/once"), "{}")] {
        let before = server.requests().len();
        let outcome = context.plain()?.send(request).await;
        ensure!(
            outcome.is_err(),
            "a connection that was closed without an answer gave a response"
        );
        let seen = server.requests().len() - before;
        ensure!(seen == 1, "the server saw the request {seen} times");
    }
    Ok(())
}

async fn twice_on_stale_connection(context: &Context) -> Result<(), Finding> {
    for reset in [false, true] {
        for build in [|uri| get(uri), |uri| post(uri, "{}")] {
            closed_while_idle(context, reset, build).await?;
            closed_after_reading(context, reset, build).await?;
        }
    }
    Ok(())
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

async fn closed_while_idle(context: &Context, reset: bool, build: fn(Uri) -> Request) -> Result<(), Finding> {
    let (close, closed) = (Gate::new(), Gate::new());
    let server = Server::plain({
        let (close, closed) = (close.clone(), closed.clone());
        move |mut connection| {
            let (close, closed) = (close.clone(), closed.clone());
            async move {
                if connection.number() > 0 {
                    return connection.answer_all(OK).await;
                }
                connection.request().await;
                connection.write(OK).await;
                close.passed().await;
                if reset {
                    connection.reset();
                } else {
                    drop(connection);
                }
                closed.open();
            }
        }
    })
    .await;
    let transport = context.plain()?;
    exchange(context, &transport, build(server.url("/first"))).await?;
    close.open();
    context.soon("the server's close", closed.passed()).await?;
    let outcome = context
        .soon("an outcome", transport.send(build(server.url("/second"))))
        .await?;
    at_most_once(&server, outcome.is_ok())
}

async fn closed_after_reading(
    context: &Context,
    reset: bool,
    build: fn(Uri) -> Request,
) -> Result<(), Finding> {
    let server = Server::plain(move |mut connection| async move {
        while let Some(request) = connection.request().await {
            if request.target == "/second" {
                if reset {
                    connection.reset();
                }
                return;
            }
            connection.write(OK).await;
        }
    })
    .await;
    let transport = context.plain()?;
    exchange(context, &transport, build(server.url("/first"))).await?;
    let outcome = context
        .soon("an outcome", transport.send(build(server.url("/second"))))
        .await?;
    ensure!(
        outcome.is_err(),
        "a connection that was closed without an answer gave a response"
    );
    at_most_once(&server, false)
}

fn at_most_once(server: &Server, answered: bool) -> Result<(), Finding> {
    let seen = server
        .requests()
        .iter()
        .filter(|request| request.target == "/second")
        .count();
    ensure!(
        seen <= 1,
        "the server saw the second request of a connection {seen} times"
    );
    ensure!(
        seen == 1 || !answered,
        "there is a response to a request that the server never saw"
    );
    Ok(())
}

async fn twice_on_503(context: &Context) -> Result<(), Finding> {
    for status in [408, 421, 425, 429, 503] {
        for header in ["retry-after: 0", "connection: close"] {
            let answer = format!("HTTP/1.1 {status} Again\r\n{header}\r\ncontent-length: 0\r\n\r\n");
            let server = Server::plain(move |connection| connection.answer_all(answer.clone())).await;
            let transport = context.plain()?;
            for request in [get(server.url("/once")), post(server.url("/once"), "{}")] {
                let before = server.requests().len();
                exchange(context, &transport, request).await?;
                let seen = server.requests().len() - before;
                ensure!(
                    seen == 1,
                    "the server answered {status} with {header} and saw the request {seen} times"
                );
            }
        }
    }
    Ok(())
}
