//! The bytes of a request.

use std::sync::Arc;

use http::header::{HOST, HeaderName, HeaderValue};
use http::{Method, Uri};
use session_export_transport::{Request, Transport};
use tokio::sync::mpsc;

use super::super::clause::{Clause, ensure};
use super::super::context::{Context, exchange, get, post};
use super::super::{Capability, Finding};
use crate::server::{Received, Server};

pub(super) const CLAUSES: &[Clause] = &[
    Clause::must(
        "request.target",
        "The request target goes on the wire byte for byte as the URI has it: encoded characters stay encoded and in the \
         case of their hex digits, an unreserved `~` stays bare, an empty value keeps its `=`, and a query of 4 KiB is \
         whole. The signature of a request covers its target; one changed byte and the service answers 401, or exports \
         the sessions of another user name than was asked for.",
        |context| Box::pin(target(context)),
    ),
    Clause::must(
        "request.raw-target",
        "Any target that a URI can hold goes out as it is, also one that URL normalisation would change: dot segments, \
         empty segments, quotes and bars. Whoever signs a target that an own endpoint or a gateway prescribes needs \
         exactly that target; a transport that cannot do this must refuse such a target, never rewrite it.",
        |context| Box::pin(raw_target(context)),
    )
    .of(Capability::RawTargets),
    Clause::must(
        "request.method-and-body",
        "The method and every byte of the body arrive, under exactly one Content-Length and without Transfer-Encoding. \
         The body is in memory and its length known; gateways in front of the service refuse chunked requests with 411, \
         and a body that was re-encoded no longer matches the hash in its signature.",
        |context| Box::pin(method_and_body(context)),
    ),
    Clause::must(
        "request.empty-body",
        "A request without a body sends none: no byte after its head, no Transfer-Encoding, and a Content-Length that is \
         absent or 0. A stray byte would be taken for the beginning of the next request on the connection, and a GET \
         that announces a body is refused by some gateways.",
        |context| Box::pin(empty_body(context)),
    ),
    Clause::must(
        "request.large-body",
        "A body of 8 MiB arrives whole at a server that reads more slowly than the transport writes. A transport that \
         takes a short write for a whole one cuts the request, and the service sees another filter than was asked for, \
         or waits for the rest until it gives up.",
        |context| Box::pin(large_body(context)),
    ),
    Clause::must(
        "request.header-values",
        "Header values arrive byte for byte: several blanks in a row, commas, quotes, tabs, the bytes 0x80 to 0xff, no \
         byte at all, and a token of 32 KiB. Tokens of IAM are that long, and signed headers are covered by the \
         signature; a value that was trimmed inside, re-encoded or cut is answered with 401.",
        |context| Box::pin(header_values(context)),
    ),
    Clause::must(
        "request.duplicate-headers",
        "A header that is given several times arrives as often, in its order, and not joined into one. The signature \
         counts the values one by one, and a transport that keeps only the last drops what the caller said first.",
        |context| Box::pin(duplicate_headers(context)),
    ),
    Clause::must(
        "request.host",
        "There is exactly one Host header: the URI's host and port, or the caller's own value if there is one. The \
         signature covers Host; behind a private endpoint the caller names the public one, and a second or replaced \
         Host makes a gateway refuse the request or hand it, token included, to another service.",
        |context| Box::pin(host(context)),
    ),
];

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
const OK_AND_CLOSE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

async fn answering() -> Server {
    Server::plain(|connection| connection.answer_all(OK)).await
}

/// Sends a request and returns it as the server saw it.
async fn seen(
    context: &Context,
    transport: &Arc<dyn Transport>,
    server: &Server,
    request: Request,
) -> Result<Received, Finding> {
    let before = server.requests().len();
    exchange(context, transport, request).await?;
    match &server.requests()[before..] {
        [one] => Ok(one.clone()),
        several => Err(Finding::new(format!(
            "the server saw {} requests where one was sent",
            several.len()
        ))),
    }
}

async fn target(context: &Context) -> Result<(), Finding> {
    let server = answering().await;
    let transport = context.plain()?;
    let long = format!("/tasks?marker={}", "%E4%BC%9A-~.".repeat(350));
    for target in [
        "/",
        "/v2/%E4%BC%9A%E8%AF%9D%201.xlsx",
        "/a%2Fb%2fc/%7E~",
        "/-._~/x!$&()*,;=:@",
        "/tasks?limit=10&offset=0",
        "/tasks?user_name=&file_name=a%2Bb%20c%26d%3De",
        "/tasks?flag",
        "/tasks?",
        "/tasks/",
        &long,
    ] {
        let received = seen(context, &transport, &server, get(server.url(target))).await?;
        ensure!(
            received.target == target,
            "the target {target} arrived as {}",
            received.target
        );
    }
    let received = seen(context, &transport, &server, get(server.url(""))).await?;
    ensure!(
        received.target == "/",
        "a URI without a path arrived as {:?} instead of /",
        received.target
    );
    Ok(())
}

async fn raw_target(context: &Context) -> Result<(), Finding> {
    let server = answering().await;
    let transport = context.plain()?;
    let wanted = [
        "/a/../b//c?x='|y",
        "/a/../b//c?x='y",
        "/./a/.",
        "/a/%2e%2e/b",
        "//a",
        "/'\"|{}",
        "/?\"{}|^`\\",
    ];
    let mut tried = 0;
    for target in wanted {
        // As far as a URI can hold it.
        let Ok(uri) = format!("http://{}{target}", server.address()).parse::<Uri>() else {
            continue;
        };
        let received = seen(context, &transport, &server, get(uri)).await?;
        ensure!(
            received.target == target,
            "the target {target} arrived as {}",
            received.target
        );
        tried += 1;
    }
    ensure!(tried > 0, "the kit has no raw target that a URI can hold");
    Ok(())
}

async fn method_and_body(context: &Context) -> Result<(), Finding> {
    let server = answering().await;
    let transport = context.plain()?;
    let every_byte: Vec<u8> = (0..=255).cycle().take(1024).collect();
    for (method, body) in [
        (Method::POST, every_byte.clone()),
        (Method::PUT, b"{\"limit\":10}".to_vec()),
        (Method::PATCH, vec![b'\n']),
    ] {
        let mut request = post(server.url("/export"), body.clone());
        *request.method_mut() = method.clone();
        let received = seen(context, &transport, &server, request).await?;
        ensure!(
            received.method == method.as_str(),
            "{method} arrived as {}",
            received.method
        );
        ensure!(
            received.values("transfer-encoding").is_empty(),
            "a body of known length was sent with transfer-encoding"
        );
        let length = body.len().to_string();
        let lengths = received.values("content-length");
        ensure!(
            lengths == [length.as_bytes()],
            "a body of {length} bytes was sent with {} content-length headers, or a wrong one",
            lengths.len()
        );
        ensure!(
            received.body == body,
            "the body of the {method} arrived changed: {} bytes instead of {length}",
            received.body.len()
        );
    }
    Ok(())
}

async fn empty_body(context: &Context) -> Result<(), Finding> {
    let (rest, mut rests) = mpsc::unbounded_channel();
    let server = Server::plain(move |mut connection| {
        let rest = rest.clone();
        async move {
            if connection.request().await.is_some() {
                connection.write(OK_AND_CLOSE).await;
                connection.finish().await;
                let _ = rest.send(connection.rest().await);
            }
        }
    })
    .await;
    let reusable = answering().await;
    let transport = context.plain()?;
    for method in [
        Method::GET,
        Method::HEAD,
        Method::DELETE,
        Method::POST,
        Method::PUT,
    ] {
        let mut request = get(server.url("/tasks"));
        *request.method_mut() = method.clone();
        let received = seen(context, &transport, &server, request).await?;
        ensure!(
            received.method == method.as_str(),
            "{method} arrived as {}",
            received.method
        );
        ensure!(
            received.values("transfer-encoding").is_empty(),
            "a {method} without a body was sent with transfer-encoding"
        );
        ensure!(
            matches!(received.values("content-length").as_slice(), [] | [b"0"]),
            "a {method} without a body was sent with a content-length other than 0"
        );
        let rest = context.soon("the end of the connection", rests.recv()).await?;
        ensure!(
            rest.is_none_or(|rest| rest.is_empty()),
            "bytes followed the head of a {method} without a body"
        );
        for method in [method, Method::GET] {
            let mut request = get(reusable.url("/tasks"));
            *request.method_mut() = method.clone();
            let received = seen(context, &transport, &reusable, request).await?;
            ensure!(
                received.method == method.as_str(),
                "{method} arrived as {} on a connection that was used before",
                received.method
            );
        }
    }
    Ok(())
}

async fn large_body(context: &Context) -> Result<(), Finding> {
    let server = Server::plain(|connection| {
        connection.take_little_at_once();
        connection.answer_all(OK)
    })
    .await;
    let body: Vec<u8> = (0..8 << 20).map(|at: u32| (at >> 9) as u8 ^ at as u8).collect();
    let request = post(server.url("/large"), body.clone());
    let received = seen(context, &context.plain()?, &server, request).await?;
    ensure!(
        received.body.len() == body.len(),
        "{} of {} bytes arrived",
        received.body.len(),
        body.len()
    );
    ensure!(received.body == body, "8 MiB arrived, but changed");
    Ok(())
}

async fn header_values(context: &Context) -> Result<(), Finding> {
    let server = answering().await;
    let mut request = get(server.url("/headers"));
    let values = [
        ("x-blanks", b"a  b   c".to_vec()),
        ("x-tab", b"a\tb".to_vec()),
        ("x-list", b"a, b;q=0.1,,c".to_vec()),
        ("x-quotes", br#""quoted, \"text\"" and 'more'"#.to_vec()),
        ("x-bytes", (0x80..=0xff).collect()),
        ("x-utf8", "会话".as_bytes().to_vec()),
        ("x-empty", Vec::new()),
        ("x-auth-token", b"MIIF+/=-".repeat(4096)),
    ];
    for (name, value) in &values {
        request
            .headers_mut()
            .insert(HeaderName::from_static(name), HeaderValue::from_bytes(value)?);
    }
    let received = seen(context, &context.plain()?, &server, request).await?;
    for (name, value) in values {
        let arrived = received.values(name);
        ensure!(
            arrived == [value.as_slice()],
            "the header {name} of {} bytes arrived {} times, with {:?} bytes",
            value.len(),
            arrived.len(),
            arrived.iter().map(|value| value.len()).collect::<Vec<_>>()
        );
    }
    Ok(())
}

async fn duplicate_headers(context: &Context) -> Result<(), Finding> {
    let server = answering().await;
    let mut request = get(server.url("/headers"));
    for value in ["second", "first", "second"] {
        request
            .headers_mut()
            .append("x-tag", HeaderValue::from_static(value));
    }
    let received = seen(context, &context.plain()?, &server, request).await?;
    let arrived = received.values("x-tag");
    ensure!(
        arrived == [b"second".as_slice(), b"first", b"second"],
        "three values of one header arrived as {:?}",
        arrived
            .iter()
            .map(|value| String::from_utf8_lossy(value))
            .collect::<Vec<_>>()
    );
    Ok(())
}

async fn host(context: &Context) -> Result<(), Finding> {
    let server = answering().await;
    let transport = context.plain()?;
    let own = server.address().to_string();
    for (given, expected) in [
        (None, own.as_str()),
        (Some("workspace.example"), "workspace.example"),
    ] {
        let mut request = get(server.url("/host"));
        if let Some(given) = given {
            request
                .headers_mut()
                .insert(HOST, HeaderValue::from_static(given));
        }
        let received = seen(context, &transport, &server, request).await?;
        let arrived = received.values("host");
        ensure!(
            arrived == [expected.as_bytes()],
            "host should be {expected} and was {:?}",
            arrived
                .iter()
                .map(|value| String::from_utf8_lossy(value))
                .collect::<Vec<_>>()
        );
    }
    Ok(())
}
