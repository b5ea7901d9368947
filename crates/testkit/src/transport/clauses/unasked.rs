//! What a transport never adds to a request or takes from a response.

use http::header::{HeaderName, HeaderValue};
use session_export_transport::Request;

use super::super::Finding;
use super::super::clause::{Clause, ensure};
use super::super::context::{Context, exchange, get, post};
use super::response::answering;
use crate::server::{Received, Server};

pub(super) const CLAUSES: &[Clause] = &[
    Clause::must(
        "never.cookie",
        "A cookie that a server sets is handed on like any header, and never sent by the transport itself. A session that \
         the transport keeps outlives the token of the administrator it belongs to, and ties requests of different \
         accounts, or to different load balancer targets, together behind the caller's back.",
        |context| Box::pin(cookie(context)),
    ),
    Clause::must(
        "never.decompression",
        "A body with Content-Encoding gzip, deflate or br comes back as it was sent, and so do the headers that describe \
         it. The client compares lengths and checksums with what was stored; a body that was unpacked on the way looks \
         damaged, can be a thousand times larger than the limit allows for, and an exported archive is unpacked twice.",
        |context| Box::pin(decompression(context)),
    ),
    Clause::should(
        "never.accept-encoding",
        "No Accept-Encoding is added. A header that only the transport asked for changes what the server sends: with it a \
         gateway compresses exports, their length is unknown, and the progress of a download cannot be shown.",
        |context| Box::pin(accept_encoding(context)),
    ),
    Clause::must(
        "never.credentials",
        "A 401 is returned with its challenges, whether Basic, Digest or Bearer; no credentials are added, and those of \
         the caller are neither changed nor sent twice. Credentials that a transport finds in a .netrc or remembers \
         from another request reach servers that must not have them, and hide from the client that its token expired.",
        |context| Box::pin(credentials(context)),
    ),
    Clause::should(
        "never.user-agent",
        "The caller's User-Agent is neither replaced nor added to. The service's support finds the requests of a broken \
         version by it.",
        |context| Box::pin(user_agent(context)),
    ),
    Clause::must(
        "never.expect-continue",
        "No Expect header is added, however large the body. Gateways answer it with 417, or not at all, and then a submit \
         waits for a 100 that never comes.",
        |context| Box::pin(expect_continue(context)),
    ),
    Clause::must(
        "never.referer",
        "No Referer is added, also not after a redirect was returned. It would carry the URL of the request before, with \
         the user names that are in its query, to another server and into its logs.",
        |context| Box::pin(referer(context)),
    ),
];

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn with(mut request: Request, name: &'static str, value: &'static str) -> Request {
    request
        .headers_mut()
        .insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    request
}

/// Fails if one of the requests has the header.
fn without(requests: &[Received], name: &str) -> Result<(), Finding> {
    let has_it = requests.iter().any(|request| !request.values(name).is_empty());
    ensure!(!has_it, "the transport added the header {name}");
    Ok(())
}

async fn cookie(context: &Context) -> Result<(), Finding> {
    let server = answering(
        "HTTP/1.1 200 OK\r\nset-cookie: session=1; Path=/\r\nset-cookie: b=2\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    let transport = context.plain()?;
    for _ in 0..2 {
        let response = exchange(context, &transport, get(server.url("/v2/tasks"))).await?;
        let handed_on = response.headers().get_all("set-cookie").iter().count();
        ensure!(
            handed_on == 2,
            "{handed_on} of two set-cookie headers were handed on"
        );
        exchange(context, &transport, post(server.url("/v2/tasks"), "{}")).await?;
    }
    without(&server.requests(), "cookie")
}

async fn decompression(context: &Context) -> Result<(), Finding> {
    // "hello" eight times as gzip and zlib make it, and once as brotli does.
    const GZIP: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcbH\xcd\xc9\xc9\xcf L\0\0\x11\xcc\xcc\x1a(\0\0\0";
    const DEFLATE: &[u8] = b"x\x9c\xcbH\xcd\xc9\xc9\xcf L\0\0T_\x10\xa1";
    const BROTLI: &[u8] = b"\x0b\x02\x80hello\x03";

    for (encoding, body) in [("gzip", GZIP), ("deflate", DEFLATE), ("br", BROTLI)] {
        let length = body.len().to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: {length}\r\nvary: accept-encoding\r\n\r\n"
        );
        let server = answering([head.as_bytes(), body].concat()).await;
        let transport = context.plain()?;
        let plain = get(server.url("/export"));
        let asked = with(get(server.url("/export")), "accept-encoding", "gzip, deflate, br");
        for request in [plain, asked] {
            let response = exchange(context, &transport, request).await?;
            ensure!(response.body() == body, "a body in {encoding} came back changed");
            for (name, value) in [("content-encoding", encoding), ("content-length", &length)] {
                ensure!(
                    response.headers().get(name).is_some_and(|came| came == value),
                    "the header {name} of a body in {encoding} is gone or changed"
                );
            }
        }
    }
    Ok(())
}

async fn accept_encoding(context: &Context) -> Result<(), Finding> {
    let server = answering(OK).await;
    exchange(context, &context.plain()?, get(server.url("/export"))).await?;
    without(&server.requests(), "accept-encoding")
}

async fn credentials(context: &Context) -> Result<(), Finding> {
    const OWN: &str = "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature=00";

    for challenge in [
        "Basic realm=\"export\"",
        "Digest realm=\"export\", nonce=\"7ypf\", qop=\"auth\", algorithm=MD5",
        "Bearer realm=\"export\", error=\"invalid_token\"",
    ] {
        let answer = format!(
            "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: {challenge}\r\ncontent-length: 0\r\n\r\n"
        );
        let server = answering(answer).await;
        let transport = context.plain()?;
        let own = with(get(server.url("/own")), "authorization", OWN);
        for request in [own, get(server.url("/none")), post(server.url("/none"), "{}")] {
            let response = exchange(context, &transport, request).await?;
            ensure!(
                response.status() == 401 && response.headers().contains_key("www-authenticate"),
                "a 401 with its challenge came back as {}",
                response.status()
            );
        }
        let requests = server.requests();
        ensure!(
            requests.len() == 3,
            "{} requests were sent for three calls that were answered with 401",
            requests.len()
        );
        ensure!(
            requests[0].values("authorization") == [OWN.as_bytes()],
            "the caller's authorization was changed"
        );
        without(&requests[1..], "authorization")?;
    }
    Ok(())
}

async fn user_agent(context: &Context) -> Result<(), Finding> {
    const OWN: &str = "session-export/0.1 (testkit)";

    let server = answering(OK).await;
    let request = with(get(server.url("/")), "user-agent", OWN);
    exchange(context, &context.plain()?, request).await?;
    let arrived: Vec<_> = server
        .requests()
        .iter()
        .flat_map(|request| {
            request
                .values("user-agent")
                .into_iter()
                .map(<[u8]>::to_vec)
                .collect::<Vec<_>>()
        })
        .collect();
    ensure!(
        arrived == [OWN.as_bytes()],
        "the caller's user-agent did not arrive as it was given"
    );
    Ok(())
}

async fn expect_continue(context: &Context) -> Result<(), Finding> {
    let server = answering(OK).await;
    let transport = context.plain()?;
    for body in [vec![b' '; 2], vec![b' '; 2 << 20]] {
        exchange(context, &transport, post(server.url("/"), body)).await?;
    }
    without(&server.requests(), "expect")
}

async fn referer(context: &Context) -> Result<(), Finding> {
    let server = Server::plain(|mut connection| async move {
        while let Some(request) = connection.request().await {
            if request.target == "/moved" {
                let host = request.value("host").unwrap_or_default();
                let answer = format!(
                    "HTTP/1.1 302 Found\r\nlocation: http://{host}/there\r\ncontent-length: 0\r\n\r\n"
                );
                connection.write(answer).await;
            } else {
                connection.write(OK).await;
            }
        }
    })
    .await;
    let transport = context.plain()?;
    for target in ["/tasks?user_name=somebody", "/moved", "/there"] {
        exchange(context, &transport, get(server.url(target))).await?;
    }
    without(&server.requests(), "referer")
}
