//! Certificates that were given to the transport.

use super::super::clause::{Clause, ensure};
use super::super::context::{Context, get, whole};
use super::super::{Capability, Finding, Setup};
use super::verdict::OK;
use crate::server::{Authority, Certificate, Server};

pub(super) const CLAUSES: &[Clause] = &[
    Clause::must(
        "tls.trusted-authority",
        "A server whose certificate is of an authority that was given is trusted. Private clouds and proxies that re-sign \
         TLS have authorities of their own; a transport without a way to name them gets its checks switched off by \
         somebody in a hurry.",
        |context| Box::pin(trusted_authority(context)),
    )
    .of(Capability::Tls),
    Clause::must(
        "tls.client-certificate",
        "A client certificate that was given is shown to a server that demands one. Gateways in front of a service \
         identify their clients so, and without it no session is exported.",
        |context| Box::pin(client_certificate(context)),
    )
    .of(Capability::ClientCertificates),
    Clause::must(
        "tls.no-client-certificate",
        "A transport without a client certificate gets no response from a server that demands one, also when another \
         transport of the process has one. A certificate that is shared behind the scenes lets one tenant act as \
         another.",
        |context| Box::pin(no_client_certificate(context)),
    )
    .of(Capability::ClientCertificates),
];

async fn trusted_authority(context: &Context) -> Result<(), Finding> {
    let authority = Authority::new();
    let config = authority.server(Certificate::Good, &[]);
    let server = Server::tls(config, |connection| connection.answer_all(OK)).await;
    let transport = context.transport(&Setup::trusting(authority.pem()))?;
    let response = context
        .soon("a response", transport.send(get(server.url("/"))))
        .await??;
    let body = whole(response).await?;
    ensure!(body == "ok", "the body came as {body:?}");
    Ok(())
}

fn identified(authority: &Authority) -> Setup {
    Setup {
        identity: Some(authority.client()),
        ..Setup::trusting(authority.pem())
    }
}

async fn client_certificate(context: &Context) -> Result<(), Finding> {
    let authority = Authority::new();
    let config = authority.server_with_client_auth();
    let server = Server::tls(config, |connection| connection.answer_all(OK)).await;
    let transport = context.transport(&identified(&authority))?;
    let response = context
        .soon("a response", transport.send(get(server.url("/"))))
        .await??;
    let body = whole(response).await?;
    ensure!(body == "ok", "the body came as {body:?}");
    Ok(())
}

async fn no_client_certificate(context: &Context) -> Result<(), Finding> {
    let authority = Authority::new();
    let config = authority.server_with_client_auth();
    let server = Server::tls(config, |connection| connection.answer_all(OK)).await;
    let _other = context.transport(&identified(&authority))?;
    let transport = context.transport(&Setup::trusting(authority.pem()))?;
    let outcome = context.soon("an error", transport.send(get(server.url("/"))));
    // With TLS 1.3 the request may be on its way before the server says no: the delivery is either.
    ensure!(
        outcome.await?.is_err(),
        "a server that demands a certificate gave a response without one"
    );
    ensure!(
        server.requests().is_empty(),
        "the server read a request without a certificate"
    );
    Ok(())
}
