//! What errors and `Debug` must not show.

use std::error::Error as StdError;
use std::fmt::Write;
use std::future::Future;
use std::io;

use http::{HeaderValue, Uri};
use session_export_transport::{Request, TransportError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::clause::{Clause, ensure};
use super::super::context::{Context, post};
use super::super::{Capability, Finding, Setup};
use super::proxy::{CREDENTIALS, PASSWORD};
use super::verdict::{Nobody, read};
use crate::server::{Authority, Certificate, Connection, Server};

pub(super) const CLAUSES: &[Clause] = &[
    Clause::must(
        "secrets.errors",
        "Whatever fails, neither the error nor any of its sources shows a header's value, the query or the body of the \
         request, in Display or in Debug, not even when the server quotes them. Errors go into logs and tickets, and a \
         token there is a token in the hands of everyone who reads them.",
        |context| Box::pin(errors(context)),
    ),
    Clause::must(
        "secrets.http2-errors",
        "The same holds when a server ends an HTTP/2 connection with a text for the debugger (the debug data of GOAWAY) \
         and quotes the request in it. Libraries like to show that text; gateways put there what they choke on.",
        |context| Box::pin(http2_errors(context)),
    )
    .of(Capability::Http2),
    Clause::must(
        "secrets.body-errors",
        "The error of a response's body shows nothing of the request and nothing of what the server sent. The body of an \
         export is who worked when and from where; a line of it does not belong in a log.",
        |context| Box::pin(body_errors(context)),
    ),
    Clause::must(
        "secrets.debug",
        "The Debug output of a transport that was used shows nothing of its requests. Whoever embeds the client derives \
         Debug and logs the result; what a transport remembers of an exchange would be logged with it.",
        |context| Box::pin(debug(context)),
    ),
    Clause::must(
        "secrets.debug-proxy",
        "The Debug output of a transport does not show the password of its proxy, neither as text nor as the header that \
         is made of it. It is often the password of a person's account.",
        |context| Box::pin(debug_proxy(context)),
    )
    .of(Capability::Proxy),
    Clause::must(
        "secrets.debug-key",
        "The Debug output of a transport does not show the private key of its client certificate. Whoever reads it in a \
         log is the client from then on.",
        |context| Box::pin(debug_key(context)),
    )
    .of(Capability::ClientCertificates),
];

const HEADER: &str = "planted-in-a-header";
const QUERY: &str = "planted-in-the-query";
const BODY: &str = "planted-in-the-body";
const ANSWER: &str = "planted-in-the-answer";

/// A request with a secret wherever one may be.
fn planted(url: &Uri) -> Result<Request, Finding> {
    let separator = if url.query().is_some() { '&' } else { '?' };
    let url = format!("{url}{separator}q={QUERY}").parse()?;
    let mut request = post(url, format!("{{\"password\":\"{BODY}\"}}"));
    let mut token = HeaderValue::from_static(HEADER);
    token.set_sensitive(true);
    request.headers_mut().insert("x-auth-token", token);
    request
        .headers_mut()
        .insert("x-trace", HeaderValue::from_static(HEADER));
    Ok(request)
}

/// Everything that an error shows, by itself and through its sources.
fn shown(error: &TransportError) -> String {
    let mut text = String::new();
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = next {
        let _ = writeln!(text, "{error}\n{error:?}\n{error:#?}");
        next = error.source();
    }
    text
}

fn nothing_of(secrets: &[&str], text: &str, what: &str) -> Result<(), Finding> {
    for secret in secrets {
        ensure!(!text.contains(secret), "{what} shows what is {secret}: {text}");
    }
    Ok(())
}

const PLANTED: &[&str] = &[HEADER, QUERY, BODY, ANSWER];

async fn errors(context: &Context) -> Result<(), Finding> {
    let nobody = Nobody::new()?;
    for url in [
        nobody.url("/")?,
        Uri::from_static("http://no-such-host.invalid/"),
        Uri::from_static("ftp://127.0.0.1/"),
        format!("https://{}/", nobody.address()).parse()?,
    ] {
        let what = format!("the error of {url}");
        silent(context, &url, &what).await?;
    }
    // Cut off, in the middle of a head, and garbage that quotes the request.
    for answer in [
        String::new(),
        format!("HTTP/1.1 200 OK\r\nx-a: {ANSWER}\r\nx-b: {HEADER}"),
        format!("{HEADER} {QUERY} {BODY} {ANSWER}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\n{HEADER} {BODY}: \u{0}{QUERY}\r\n{ANSWER}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ncontent-length: {BODY}\r\n\r\n"),
        format!("HTTP/1.1 {HEADER}\r\n\r\n"),
    ] {
        let what = format!("the error of the answer {answer:?}");
        let server = answering(answer, |connection| async { drop(connection) }).await;
        silent(context, &server.url("/"), &what).await?;
    }
    let server = answering(String::new(), |connection| async { connection.reset() }).await;
    silent(context, &server.url("/"), "the error of a reset").await?;
    // Where there is no TLS on either side, this is an error of another kind: all the same.
    let server = answering_at_once(format!("{HEADER} {QUERY} {BODY}\r\n")).await;
    let url = format!("https://localhost:{}/", server.address().port()).parse()?;
    silent(context, &url, "the error of TLS").await
}

/// Demands an error that shows nothing. A response is for the clauses of the group *failure* to find.
async fn silent(context: &Context, url: &Uri, what: &str) -> Result<(), Finding> {
    let outcome = context.plain()?.send(planted(url)?).await;
    match outcome {
        Ok(_) => Ok(()),
        Err(error) => nothing_of(PLANTED, &shown(&error), what),
    }
}

async fn answering<E, F>(answer: String, end: E) -> Server
where
    E: Fn(Connection) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    Server::plain(move |mut connection| {
        let (answer, end) = (answer.clone(), end.clone());
        async move {
            connection.request().await;
            connection.write(answer).await;
            end(connection).await;
        }
    })
    .await
}

async fn answering_at_once(answer: String) -> Server {
    Server::plain(move |mut connection| {
        let answer = answer.clone();
        async move {
            connection.write(answer).await;
            connection.closed().await;
        }
    })
    .await
}

async fn http2_errors(context: &Context) -> Result<(), Finding> {
    let authority = Authority::new();
    let config = authority.server(Certificate::Good, &["h2"]);
    let server = Server::tls(config, |connection| async move {
        let _ = quote_in_goaway(connection).await;
    })
    .await;
    let transport = context.transport(&Setup::trusting(authority.pem()))?;
    let outcome = context.soon("an error", transport.send(planted(&server.url("/"))?));
    match outcome.await? {
        Ok(response) => Err(Finding::new(format!(
            "GOAWAY gave a response, {}",
            response.status()
        ))),
        Err(error) => nothing_of(PLANTED, &shown(&error), "the error of GOAWAY"),
    }
}

/// Waits for the request's head, then ends the connection with a text that quotes it.
async fn quote_in_goaway(connection: Connection) -> io::Result<()> {
    const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
    const HEADERS: u8 = 1;
    let mut stream = connection.into_stream();
    stream.write_all(SETTINGS).await?;
    stream.flush().await?;
    stream.read_exact(&mut [0; 24]).await?;
    loop {
        let mut frame = [0; 9];
        stream.read_exact(&mut frame).await?;
        let [a, b, c, kind, ..] = frame;
        let mut payload = vec![0; usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c)];
        stream.read_exact(&mut payload).await?;
        if kind == HEADERS {
            break;
        }
    }
    let quoted = PLANTED.join(" ");
    let length = 8 + u8::try_from(quoted.len()).unwrap_or_default();
    // GOAWAY: no stream was processed, INTERNAL_ERROR.
    let goaway = [0, 0, length, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
    stream.write_all(&[&goaway, quoted.as_bytes()].concat()).await?;
    stream.flush().await?;
    tokio::io::copy(&mut stream, &mut tokio::io::sink())
        .await
        .map(drop)
}

async fn body_errors(context: &Context) -> Result<(), Finding> {
    for rest in [
        format!("content-length: 1000\r\n\r\n{ANSWER}"),
        format!("transfer-encoding: chunked\r\n\r\n15\r\n{ANSWER}\r\n"),
        format!("transfer-encoding: chunked\r\n\r\n15\r\n{ANSWER}\r\n{ANSWER}\r\n"),
        format!("transfer-encoding: chunked\r\n\r\n2\r\n{ANSWER}\r\n"),
        format!("transfer-encoding: chunked\r\n\r\n0\r\n{ANSWER}\r\n\r\n"),
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\nx-answer: {ANSWER}\r\n{rest}");
        let server = answering(answer, |connection| async { drop(connection) }).await;
        let transport = context.plain()?;
        let response = context
            .soon("a response", transport.send(planted(&server.url("/"))?))
            .await??;
        if let Some(error) = context.soon("the end of the body", read(response)).await?.error {
            nothing_of(PLANTED, &shown(&error), "the error of a body")?;
        }
    }
    Ok(())
}

async fn debug(context: &Context) -> Result<(), Finding> {
    let answer = format!("HTTP/1.1 200 OK\r\nx-answer: {ANSWER}\r\ncontent-length: 21\r\n\r\n{ANSWER}");
    let server = Server::plain(move |connection| connection.answer_all(answer.clone())).await;
    let transport = context.plain()?;
    let response = context
        .soon("a response", transport.send(planted(&server.url("/"))?))
        .await??;
    let text = format!("{transport:?}\n{transport:#?}\n{:?}", response.body());
    nothing_of(PLANTED, &text, "Debug during an exchange")?;
    read(response).await;
    let text = format!("{transport:?}\n{transport:#?}");
    nothing_of(PLANTED, &text, "Debug after an exchange")
}

async fn debug_proxy(context: &Context) -> Result<(), Finding> {
    let transport = context.transport(&Setup {
        proxy: Some(format!("http://kit:{PASSWORD}@127.0.0.1:9")),
        ..Setup::default()
    })?;
    let text = format!("{transport:?}\n{transport:#?}");
    nothing_of(&[PASSWORD, CREDENTIALS], &text, "Debug")
}

async fn debug_key(context: &Context) -> Result<(), Finding> {
    let identity = Authority::new().client();
    // A line from the middle of the PEM, and the word above it.
    let line = identity
        .key_pem
        .lines()
        .nth(1)
        .unwrap_or("PRIVATE KEY")
        .to_owned();
    let transport = context.transport(&Setup {
        identity: Some(identity),
        ..Setup::default()
    })?;
    let text = format!("{transport:?}\n{transport:#?}");
    nothing_of(&["PRIVATE KEY", &line], &text, "Debug")
}
