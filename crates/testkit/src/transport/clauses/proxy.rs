//! An HTTP proxy between the transport and its server.

use tokio::net::TcpStream;

use super::super::clause::{Clause, ensure};
use super::super::context::{Context, get, post, whole};
use super::super::{Capability, Finding, Setup};
use super::verdict::{Nobody, OK, not_sent};
use crate::server::{Authority, Certificate, Server};

pub(super) const PASSWORD: &str = "proxy-secret";
/// `kit:proxy-secret`, as basic authentication writes it.
pub(super) const CREDENTIALS: &str = "a2l0OnByb3h5LXNlY3JldA==";

pub(super) const CLAUSES: &[Clause] = &[
    Clause::must(
        "proxy.plain",
        "A request for an http URL goes to the proxy with the whole URL as its target, and with the proxy's user name \
         and password in proxy-authorization. Any other form makes the proxy answer for itself, and without credentials \
         most corporate proxies let nothing through.",
        |context| Box::pin(plain(context)),
    )
    .of(Capability::Proxy),
    Clause::must(
        "proxy.tunnel",
        "A request for an https URL goes through a tunnel: CONNECT with host and port and the proxy's credentials, then \
         TLS with the server. The proxy sees no header of the request, so no token, and the server sees no \
         proxy-authorization.",
        |context| Box::pin(tunnel(context)),
    )
    .of(Capability::Proxy),
    Clause::must(
        "proxy.wrong-password",
        "A proxy that refuses its credentials (407): for https the tunnel does not come about, an error with delivery \
         NotSent, for nothing reached the service. For http the 407 is the response. Taking the proxy's answer for the \
         service's would have the client renew a token that was never seen.",
        |context| Box::pin(wrong_password(context)),
    )
    .of(Capability::Proxy),
    Clause::must(
        "proxy.unreachable",
        "A proxy that cannot be reached is an error with delivery NotSent, and the server is not asked directly. Where a \
         proxy is prescribed, a request past it is a breach, and it carries a token.",
        |context| Box::pin(unreachable(context)),
    )
    .of(Capability::Proxy),
    Clause::must(
        "proxy.not-for-others",
        "A proxy is used by the transport that it was set for and by no other of the same process. A platform talks to \
         several clouds at a time, and one tenant's proxy is no place for the tokens of another.",
        |context| Box::pin(not_for_others(context)),
    )
    .of(Capability::Proxy),
];

fn through(proxy: &str) -> Setup {
    Setup {
        proxy: Some(format!("http://kit:{PASSWORD}@{proxy}")),
        ..Setup::default()
    }
}

fn basic() -> String {
    format!("Basic {CREDENTIALS}")
}

async fn plain(context: &Context) -> Result<(), Finding> {
    let proxy = Server::plain(|connection| connection.answer_all(OK)).await;
    let transport = context.transport(&through(&proxy.address().to_string()))?;
    let url = "http://origin.test/v1/sessions?limit=1";
    let response = context
        .soon("a response", transport.send(post(url.parse()?, "{}")))
        .await??;
    whole(response).await?;
    let requests = proxy.requests();
    let [request] = requests.as_slice() else {
        return Err(Finding::new(format!("the proxy saw {} requests", requests.len())));
    };
    ensure!(
        request.target == url,
        "the proxy was asked for {}",
        request.target
    );
    ensure!(
        request.value("host") == Some("origin.test"),
        "the host header is {:?}",
        request.value("host")
    );
    ensure!(
        request.value("proxy-authorization") == Some(&basic()),
        "proxy-authorization is {:?}",
        request.value("proxy-authorization")
    );
    Ok(())
}

/// A proxy that lets every tunnel through.
async fn tunnels() -> Server {
    Server::plain(|mut connection| async move {
        let Some(request) = connection.request().await else {
            return;
        };
        let Ok(mut server) = TcpStream::connect(&request.target).await else {
            return;
        };
        connection.write("HTTP/1.1 200 Connected\r\n\r\n").await;
        let mut client = connection.into_stream();
        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
    })
    .await
}

async fn tunnel(context: &Context) -> Result<(), Finding> {
    let authority = Authority::new();
    let config = authority.server(Certificate::Good, &[]);
    let origin = Server::tls(config, |connection| connection.answer_all(OK)).await;
    let proxy = tunnels().await;
    let transport = context.transport(&Setup {
        ca_pem: Some(authority.pem().to_owned()),
        ..through(&proxy.address().to_string())
    })?;
    let mut request = get(origin.url("/v2/tasks?limit=1"));
    request
        .headers_mut()
        .insert("x-auth-token", http::HeaderValue::from_static("token"));
    let response = context.soon("a response", transport.send(request)).await??;
    let body = whole(response).await?;
    ensure!(body == "ok", "the body came as {body:?}");

    let (connects, requests) = (proxy.requests(), origin.requests());
    let ([connect], [request]) = (connects.as_slice(), requests.as_slice()) else {
        return Err(Finding::new(format!(
            "the proxy saw {} requests, the server {}",
            connects.len(),
            requests.len()
        )));
    };
    let target = format!("localhost:{}", origin.address().port());
    ensure!(
        connect.method == "CONNECT" && connect.target == target,
        "the proxy was asked for {} {}",
        connect.method,
        connect.target
    );
    ensure!(
        connect.value("proxy-authorization") == Some(&basic()),
        "proxy-authorization is {:?}",
        connect.value("proxy-authorization")
    );
    ensure!(
        connect.values("x-auth-token").is_empty(),
        "the proxy was shown the token"
    );
    ensure!(
        request.target == "/v2/tasks?limit=1",
        "the server was asked for {}",
        request.target
    );
    ensure!(
        request.values("proxy-authorization").is_empty(),
        "the server was shown the proxy's credentials"
    );
    Ok(())
}

async fn wrong_password(context: &Context) -> Result<(), Finding> {
    let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"kit\"\r\n\
                   content-length: 0\r\n\r\n";
    let proxy = Server::plain(move |connection| connection.answer_all(refusal)).await;
    let transport = context.transport(&through(&proxy.address().to_string()))?;
    let https = post("https://origin.test/".parse()?, "{}");
    let outcome = context.soon("the error of a refused tunnel", transport.send(https));
    not_sent(outcome.await?, "a refused tunnel")?;
    let http = post("http://origin.test/".parse()?, "{}");
    let response = context
        .soon("the proxy's response", transport.send(http))
        .await??;
    ensure!(
        response.status() == 407,
        "the proxy's 407 came as {}",
        response.status()
    );
    Ok(())
}

async fn unreachable(context: &Context) -> Result<(), Finding> {
    let authority = Authority::new();
    let config = authority.server(Certificate::Good, &[]);
    let plain = Server::plain(|connection| connection.answer_all(OK)).await;
    let tls = Server::tls(config, |connection| connection.answer_all(OK)).await;
    let nobody = Nobody::new()?;
    let transport = context.transport(&Setup {
        ca_pem: Some(authority.pem().to_owned()),
        ..through(&nobody.address().to_string())
    })?;
    for server in [plain, tls] {
        let outcome = context.soon(
            "the error of the proxy",
            transport.send(post(server.url("/"), "{}")),
        );
        not_sent(outcome.await?, "a proxy that nobody answers for")?;
        ensure!(server.connections() == 0, "the server was asked past the proxy");
    }
    Ok(())
}

async fn not_for_others(context: &Context) -> Result<(), Finding> {
    let proxy = Server::plain(|connection| connection.answer_all(OK)).await;
    let server = Server::plain(|connection| connection.answer_all(OK)).await;
    let with_proxy = context.transport(&through(&proxy.address().to_string()))?;
    let without = context.plain()?;
    let url = "http://origin.test/".parse()?;
    whole(
        context
            .soon("the proxy's response", with_proxy.send(get(url)))
            .await??,
    )
    .await?;
    let response = context
        .soon("a response", without.send(get(server.url("/"))))
        .await??;
    whole(response).await?;
    ensure!(
        proxy.requests().len() == 1 && server.requests().len() == 1,
        "the proxy saw {} requests and the server {}, for one each",
        proxy.requests().len(),
        server.requests().len()
    );
    Ok(())
}
