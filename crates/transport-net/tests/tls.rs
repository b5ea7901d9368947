//! TLS with a private authority.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use session_export_transport::{Delivery, TransportErrorKind};
use support::authority::{Authority, authority};
use support::{
    Connection, Server, Step, Subject, answer, failure, from_parent, get, read, run_child, send, step,
    through_both,
};

through_both! {
    a_given_authority_is_trusted,
    an_unknown_authority_is_not,
    a_certificate_for_another_name_is_not,
    a_server_that_does_not_speak_tls,
    a_client_certificate_is_shown_where_it_is_demanded,
    without_a_client_certificate_a_server_that_demands_one_refuses,
    a_handshake_that_is_cut_off_is_a_failed_connection,
    https_goes_through_the_tunnel_of_a_proxy,
    #[ignore = "run by a_machine_without_authorities, in a process of its own"]
    child_without_authorities,
    ;
    a_machine_without_authorities,
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn url(server: &Server) -> String {
    format!("https://localhost:{}/v1?query=s3cret", server.address.port())
}

/// A server that gets no further than the handshake.
fn handshake_only() -> Vec<Step> {
    vec![step(Connection::try_read)]
}

async fn a_given_authority_is_trusted<T: Subject>() {
    let (ca, config) = authority("localhost", &["http/1.1"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &ca).unwrap();
    let server = Server::start_tls(config, vec![answer(OK), answer(OK)]);
    for builder in [
        T::builder().ca_pem(ca),
        // A second, unrelated authority does not take the first one's place.
        T::builder()
            .ca_file(file.path())
            .ca_pem(authority("elsewhere.test", &[]).0),
    ] {
        let response = builder.build().unwrap().send(get(&url(&server))).await.unwrap();
        assert_eq!(read(response).await, "ok");
    }
    assert!(server.finish()[0].starts_with("GET /v1?query=s3cret HTTP/1.1\r\n"));
}

async fn an_unknown_authority_is_not<T: Subject>() {
    let (_, config) = authority("localhost", &[]);
    let server = Server::start_tls(config, handshake_only());
    let transport = T::builder()
        .ca_pem(authority("elsewhere.test", &[]).0)
        .build()
        .unwrap();
    let (kind, delivery, text) = failure(transport.send(get(&url(&server))).await);
    assert_eq!((kind, delivery), (TransportErrorKind::Tls, Delivery::NotSent));
    assert!(text.contains("UnknownIssuer"), "{text}");
    assert!(server.finish().is_empty());
}

async fn a_certificate_for_another_name_is_not<T: Subject>() {
    let (ca, config) = authority("elsewhere.test", &[]);
    let server = Server::start_tls(config, handshake_only());
    let transport = T::builder().ca_pem(ca).build().unwrap();
    let (kind, delivery, text) = failure(transport.send(get(&url(&server))).await);
    assert_eq!((kind, delivery), (TransportErrorKind::Tls, Delivery::NotSent));
    assert!(text.contains("not valid for name"), "{text}");
    server.finish();
}

async fn a_server_that_does_not_speak_tls<T: Subject>() {
    let server = Server::start(vec![step(|connection| {
        connection.read_exact(5);
        connection.write(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        connection.read_to_end();
    })]);
    let (kind, delivery, text) = failure(T::new().send(get(&url(&server))).await);
    assert_eq!(
        (kind, delivery),
        (TransportErrorKind::Tls, Delivery::NotSent),
        "{text}"
    );
    server.finish();
}

async fn a_client_certificate_is_shown_where_it_is_demanded<T: Subject>() {
    let authority = Authority::new("private");
    let (certificate, key) = authority.client("caller");
    let files = [&certificate, &key].map(|pem| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), pem).unwrap();
        file
    });
    let config = authority.server_demanding_clients("localhost", &["http/1.1"]);
    let server = Server::start_tls(config, vec![answer(OK), answer(OK)]);
    for builder in [
        T::builder().client_cert_pem(certificate, key.clone()),
        T::builder().client_cert_files(files[0].path(), files[1].path()),
    ] {
        assert!(!format!("{builder:?}").contains(&key[40..60]));
        let transport = builder.ca_pem(authority.pem()).build().unwrap();
        let response = send(&transport, get(&url(&server))).await.unwrap();
        assert_eq!(read(response).await, "ok");
    }
    assert_eq!(server.finish().len(), 2);
}

async fn without_a_client_certificate_a_server_that_demands_one_refuses<T: Subject>() {
    let authority = Authority::new("private");
    let config = authority.server_demanding_clients("localhost", &["http/1.1"]);
    let server = Server::start_tls(config, vec![step(Connection::try_read_and_drain)]);
    let transport = T::builder().ca_pem(authority.pem()).build().unwrap();
    let (kind, delivery, text) = failure(send(&transport, get(&url(&server))).await);
    // In TLS 1.3 a client may write before the server has said that it wants to see more; whether it did is a race.
    assert_eq!(kind, TransportErrorKind::Tls, "{text}");
    assert!(
        delivery == Delivery::Unknown || Some(delivery) == T::LOST_UNSENT,
        "{text}"
    );
    assert!(text.contains("CertificateRequired"), "{text}");
    assert!(server.finish_beside().await.is_empty());
}

async fn a_handshake_that_is_cut_off_is_a_failed_connection<T: Subject>() {
    let server = Server::start(vec![step(|connection| {
        connection.read_exact(5);
    })]);
    let (kind, delivery, text) = failure(send(&T::new(), get(&url(&server))).await);
    assert_eq!(
        (kind, delivery),
        (TransportErrorKind::Connect, Delivery::NotSent),
        "{text}"
    );
    server.finish();
}

async fn https_goes_through_the_tunnel_of_a_proxy<T: Subject>() {
    let (ca, config) = authority("service.invalid", &["http/1.1"]);
    let proxy = Server::start(vec![step(|connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 Connection established\r\n\r\n");
        connection.start_tls(config);
        connection.read_request();
        connection.write(OK.as_bytes());
    })]);
    let proxy_url = format!("http://user:s3cret@{}", proxy.address);
    let transport = T::builder().ca_pem(ca).proxy(&proxy_url).build().unwrap();
    let response = transport
        .send(get("https://service.invalid/v1?query"))
        .await
        .unwrap();
    assert_eq!(read(response).await, "ok");
    assert_eq!(
        proxy.finish(),
        [
            "CONNECT service.invalid:443 HTTP/1.1\r\nHost: service.invalid:443\r\n\
             Proxy-Authorization: Basic dXNlcjpzM2NyZXQ=\r\n\r\n",
            "GET /v1?query HTTP/1.1\r\naccept: application/json\r\nhost: service.invalid\r\n\r\n",
        ]
    );
}

fn a_machine_without_authorities<T: Subject>() {
    let (_, config) = authority("localhost", &[]);
    let plain = Server::start(vec![answer(OK)]);
    let tls = Server::start_tls(config, handshake_only());
    run_child::<T>(
        "child_without_authorities",
        &[
            ("SSL_CERT_FILE", "no/such/file"),
            ("SSL_CERT_DIR", "no/such/directory"),
            ("PLAIN_URL", &plain.url("/")),
            ("TLS_URL", &url(&tls)),
        ],
    );
    assert_eq!((plain.finish().len(), tls.finish().len()), (1, 0));
}

async fn child_without_authorities<T: Subject>() {
    let transport = T::new();
    assert_eq!(
        read(transport.send(get(&from_parent("PLAIN_URL"))).await.unwrap()).await,
        "ok"
    );
    let (kind, delivery, text) = failure(transport.send(get(&from_parent("TLS_URL"))).await);
    assert_eq!((kind, delivery), (TransportErrorKind::Tls, Delivery::NotSent));
    assert!(text.contains("no certificate authority is trusted"), "{text}");
}
