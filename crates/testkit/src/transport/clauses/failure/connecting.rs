//! Failures before anything of the request was sent.

use std::time::Duration;

use http::Uri;
use rustls::ServerConfig;
use session_export_transport::{TransportError, TransportErrorKind};

use super::super::verdict::{Nobody, OK, not_sent};
use crate::server::{Authority, Certificate, Connection, Server};
use crate::transport::clause::{Clause, ensure};
use crate::transport::context::{Context, get, post};
use crate::transport::{Capability, Finding, Setup};

pub(crate) const CLAUSES: &[Clause] = &[
    Clause::must(
        "failure.refused",
        "A refused connection is an error with delivery NotSent. The caller may then submit again at once; with \
         Unknown it would have to look for an export that nobody ever asked for.",
        |context| Box::pin(refused(context)),
    ),
    Clause::should(
        "failure.refused-kind",
        "The error of a refused connection is of kind Connect. It is what tells an operator to look at the address or \
         the firewall instead of at certificates or at the service.",
        |context| Box::pin(refused_kind(context)),
    ),
    Clause::must(
        "failure.dns",
        "A host name that does not resolve is an error with delivery NotSent. Name servers fail for moments at a \
         time, and a submit that never left the machine must stay safe to repeat.",
        |context| Box::pin(dns(context)),
    ),
    Clause::should(
        "failure.dns-kind",
        "The error of a name that does not resolve is of kind Resolve. A region with a typing error in it shows up as \
         a name that does not exist, and an operator who reads of a connection looks in the wrong place.",
        |context| Box::pin(dns_kind(context)),
    ),
    Clause::must(
        "failure.tls-wrong-name",
        "A certificate for another name ends the exchange with delivery NotSent, and the server reads no request. \
         Whoever can answer for the host with any valid certificate would otherwise get the token.",
        |context| Box::pin(tls_wrong_name(context)),
    )
    .of(Capability::Tls),
    Clause::must(
        "failure.tls-expired",
        "An expired certificate ends the exchange with delivery NotSent, and the server reads no request. The keys of \
         old certificates are the ones that leak, and what they would be shown is the token.",
        |context| Box::pin(tls_expired(context)),
    )
    .of(Capability::Tls),
    Clause::must(
        "failure.tls-unknown-authority",
        "A certificate of an authority that is not trusted ends the exchange with delivery NotSent, and the server \
         reads no request. A transport that trusts everybody hands tokens and session lists to anyone on the way.",
        |context| Box::pin(tls_unknown_authority(context)),
    )
    .of(Capability::Tls),
    Clause::should(
        "failure.tls-kind",
        "The error of a certificate that is not accepted is of kind Tls. Behind a proxy that re-signs TLS the remedy \
         is a certificate authority to trust, and only the kind leads there.",
        |context| Box::pin(tls_kind(context)),
    )
    .of(Capability::Tls),
    Clause::must(
        "failure.plain-server",
        "An https request to a server that does not speak TLS is an error with delivery NotSent. Falling back to plain \
         http would send the token in the clear to whoever blocks port 443.",
        |context| Box::pin(plain_server(context)),
    )
    .of(Capability::Tls),
    Clause::must(
        "failure.connect-limit",
        "When connecting takes longer than its limit, the TLS handshake included, the exchange ends with delivery \
         NotSent. The limits above the transport begin with the request; without this one a gateway that accepts and \
         stays silent holds a submit for minutes, and then nobody knows whether it was made.",
        |context| Box::pin(connect_limit(context)),
    )
    .of(Capability::ConnectLimit),
    Clause::must(
        "failure.unsupported-scheme",
        "A URL whose scheme the transport does not speak is an error with delivery NotSent, and no connection is made. \
         Taking it for http would send a token over whatever the mistake in the configuration happens to name.",
        |context| Box::pin(unsupported_scheme(context)),
    ),
];

async fn refused(context: &Context) -> Result<(), Finding> {
    let nobody = Nobody::new()?;
    let transport = context.plain()?;
    for request in [get(nobody.url("/")?), post(nobody.url("/")?, "{}")] {
        let outcome = context.soon("the error of a refused connection", transport.send(request));
        not_sent(outcome.await?, "a refused connection")?;
    }
    Ok(())
}

async fn refused_kind(context: &Context) -> Result<(), Finding> {
    let nobody = Nobody::new()?;
    let outcome = context.plain()?.send(get(nobody.url("/")?)).await;
    of_kind(outcome.err(), TransportErrorKind::Connect, "a refused connection")
}

fn of_kind(error: Option<TransportError>, kind: TransportErrorKind, what: &str) -> Result<(), Finding> {
    let Some(error) = error else {
        return Err(Finding::new(format!("{what} gave a response")));
    };
    ensure!(
        error.kind() == kind,
        "{what} is of kind {:?}, not {kind:?}: {error:?}",
        error.kind()
    );
    Ok(())
}

/// A name that is reserved for not existing.
fn no_such_host() -> Uri {
    Uri::from_static("http://no-such-host.invalid/")
}

async fn dns(context: &Context) -> Result<(), Finding> {
    let outcome = context.plain()?.send(post(no_such_host(), "{}")).await;
    not_sent(outcome, "a name that does not exist").map(drop)
}

async fn dns_kind(context: &Context) -> Result<(), Finding> {
    let outcome = context.plain()?.send(get(no_such_host())).await;
    of_kind(
        outcome.err(),
        TransportErrorKind::Resolve,
        "a name that does not exist",
    )
}

async fn tls_wrong_name(context: &Context) -> Result<(), Finding> {
    let authority = Authority::new();
    let config = authority.server(Certificate::WrongName, &[]);
    untrusted(context, config, &authority, "a certificate for another name")
        .await
        .map(drop)
}

async fn tls_expired(context: &Context) -> Result<(), Finding> {
    let authority = Authority::new();
    let config = authority.server(Certificate::Expired, &[]);
    untrusted(context, config, &authority, "an expired certificate")
        .await
        .map(drop)
}

async fn tls_unknown_authority(context: &Context) -> Result<(), Finding> {
    let config = Authority::new().server(Certificate::Good, &[]);
    let what = "a certificate of an unknown authority";
    untrusted(context, config, &Authority::new(), what)
        .await
        .map(drop)
}

async fn tls_kind(context: &Context) -> Result<(), Finding> {
    let (authority, other) = (Authority::new(), Authority::new());
    for (config, what) in [
        (
            authority.server(Certificate::WrongName, &[]),
            "a certificate for another name",
        ),
        (
            authority.server(Certificate::Expired, &[]),
            "an expired certificate",
        ),
        (
            other.server(Certificate::Good, &[]),
            "a certificate of an unknown authority",
        ),
    ] {
        let server = Server::tls(config, |connection| connection.answer_all(OK)).await;
        let transport = context.transport(&Setup::trusting(authority.pem()))?;
        let outcome = context.soon("the error of TLS", transport.send(get(server.url("/"))));
        of_kind(outcome.await?.err(), TransportErrorKind::Tls, what)?;
    }
    Ok(())
}

async fn untrusted(
    context: &Context,
    config: ServerConfig,
    trusted: &Authority,
    what: &str,
) -> Result<TransportError, Finding> {
    let server = Server::tls(config, |connection| connection.answer_all(OK)).await;
    let transport = context.transport(&Setup::trusting(trusted.pem()))?;
    let outcome = context.soon("the error of TLS", transport.send(post(server.url("/"), "{}")));
    let error = not_sent(outcome.await?, what)?;
    ensure!(
        server.requests().is_empty(),
        "{what}: the server read the request all the same"
    );
    Ok(error)
}

async fn plain_server(context: &Context) -> Result<(), Finding> {
    // What a web server says to a handshake that it takes for a request.
    let refuses = |mut connection: Connection| async move {
        connection
            .write("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .await;
        connection.closed().await;
    };
    let server = Server::plain(refuses).await;
    let url = format!("https://localhost:{}/", server.address().port()).parse()?;
    let transport = context.transport(&Setup::trusting(Authority::new().pem()))?;
    let outcome = context.soon("the error of TLS", transport.send(post(url, "{}")));
    not_sent(outcome.await?, "https to a server without TLS").map(drop)
}

async fn connect_limit(context: &Context) -> Result<(), Finding> {
    let silent = Server::plain(|mut connection| async move { connection.closed().await }).await;
    let url = format!("https://localhost:{}/", silent.address().port()).parse()?;
    let transport = context.transport(&Setup {
        connect_limit: Some(Duration::from_millis(300)),
        ..Setup::trusting(Authority::new().pem())
    })?;
    let outcome = context.soon("the end of the connect limit", transport.send(post(url, "{}")));
    not_sent(outcome.await?, "a handshake without an end").map(drop)
}

async fn unsupported_scheme(context: &Context) -> Result<(), Finding> {
    let server = Server::plain(|connection| connection.answer_all(OK)).await;
    let url: Uri = format!("ftp://{}/", server.address()).parse()?;
    let transport = context.plain()?;
    let outcome = context.soon("the error of an unknown scheme", transport.send(get(url)));
    not_sent(outcome.await?, "an ftp URL")?;
    ensure!(server.connections() == 0, "a connection was made for an ftp URL");
    Ok(())
}
