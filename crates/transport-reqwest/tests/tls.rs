//! TLS with a private authority, and HTTP/2.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use session_export_transport::{Delivery, Transport, TransportError, TransportErrorKind};
use session_export_transport_reqwest::ReqwestTransport;
use support::{Connection, Server, Step, answer, failure, from_parent, get, read, run_child, step};
use tokio::sync::oneshot;

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A new authority in PEM, and the configuration of a server whose certificate it signed for `name`.
fn authority(name: &str, alpn: &[&str]) -> (String, ServerConfig) {
    let mut parameters = CertificateParams::new([]).unwrap();
    parameters
        .distinguished_name
        .push(DnType::CommonName, format!("authority of {name}"));
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let ca = parameters.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(parameters, key);

    let server_key = KeyPair::generate().unwrap();
    let server = CertificateParams::new([name.to_owned()])
        .unwrap()
        .signed_by(&server_key, &issuer)
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![server.der().clone()],
            PrivateKeyDer::Pkcs8(server_key.serialize_der().into()),
        )
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    (ca, config)
}

fn url(server: &Server) -> String {
    format!("https://localhost:{}/v1?query=s3cret", server.address.port())
}

/// A server that gets no further than the handshake.
fn handshake_only() -> Vec<Step> {
    vec![step(Connection::try_read)]
}

#[tokio::test]
async fn a_given_authority_is_trusted() {
    let (ca, config) = authority("localhost", &["http/1.1"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &ca).unwrap();
    let server = Server::start_tls(config, vec![answer(OK), answer(OK)]);
    for builder in [
        ReqwestTransport::builder().ca_pem(ca),
        // A second, unrelated authority does not take the first one's place.
        ReqwestTransport::builder()
            .ca_file(file.path())
            .ca_pem(authority("elsewhere.test", &[]).0),
    ] {
        let response = builder.build().unwrap().send(get(&url(&server))).await.unwrap();
        assert_eq!(read(response).await, "ok");
    }
    assert!(server.finish()[0].starts_with("GET /v1?query=s3cret HTTP/1.1\r\n"));
}

#[tokio::test]
async fn an_unknown_authority_is_not() {
    let (_, config) = authority("localhost", &[]);
    let server = Server::start_tls(config, handshake_only());
    let transport = ReqwestTransport::builder()
        .ca_pem(authority("elsewhere.test", &[]).0)
        .build()
        .unwrap();
    let (kind, delivery, text) = failure(transport.send(get(&url(&server))).await);
    assert_eq!((kind, delivery), (TransportErrorKind::Tls, Delivery::NotSent));
    assert!(text.contains("UnknownIssuer"), "{text}");
    assert!(server.finish().is_empty());
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not() {
    let (ca, config) = authority("elsewhere.test", &[]);
    let server = Server::start_tls(config, handshake_only());
    let transport = ReqwestTransport::builder().ca_pem(ca).build().unwrap();
    let (kind, delivery, text) = failure(transport.send(get(&url(&server))).await);
    assert_eq!((kind, delivery), (TransportErrorKind::Tls, Delivery::NotSent));
    assert!(text.contains("not valid for name"), "{text}");
    server.finish();
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls() {
    let server = Server::start(vec![step(|connection| {
        connection.read_exact(5);
        connection.write(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        connection.read_to_end();
    })]);
    let (kind, delivery, text) = failure(ReqwestTransport::new().unwrap().send(get(&url(&server))).await);
    assert_eq!(
        (kind, delivery),
        (TransportErrorKind::Tls, Delivery::NotSent),
        "{text}"
    );
    server.finish();
}

/// Reads one HTTP/2 frame and returns its type.
fn read_frame(connection: &mut Connection) -> u8 {
    let head = connection.read_exact(9);
    connection.read_exact((usize::from(head[1]) << 8) | usize::from(head[2]));
    head[3]
}

/// Speaks enough HTTP/2 to see the head of one request.
fn read_http2_request(connection: &mut Connection) {
    assert_eq!(connection.read_exact(24), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    connection.write(b"\0\0\0\x04\0\0\0\0\0"); // SETTINGS, empty
    while read_frame(connection) != HEADERS {}
}

async fn exchange_http2(frames: &'static [u8]) -> Result<(u16, http::Version), TransportError> {
    let (ca, config) = authority("localhost", &["h2", "http/1.1"]);
    let server = Server::start_tls(
        config,
        vec![step(|connection| {
            read_http2_request(connection);
            connection.write(frames);
            let mut rest = &connection.read_to_end()[..];
            while let [high, middle, low, kind, ..] = rest {
                assert_ne!(*kind, HEADERS, "a second request");
                rest = &rest[9 + u32::from_be_bytes([0, *high, *middle, *low]) as usize..];
            }
        })],
    );
    let transport = ReqwestTransport::builder().ca_pem(ca).build().unwrap();
    let result = transport.send(get(&url(&server))).await;
    // Without a body that is still to be read, the connection ends with the transport.
    let result = result.map(|response| (response.status().as_u16(), response.version()));
    drop(transport);
    server.finish_beside().await;
    result
}

#[tokio::test]
async fn http_2_is_spoken_where_it_is_offered() {
    // HEADERS on stream 1, end of headers and stream: `:status: 200` is entry 8 of the static table.
    let response = exchange_http2(b"\0\0\x01\x01\x05\0\0\0\x01\x88").await.unwrap();
    assert_eq!(response, (200, http::Version::HTTP_2));
}

#[tokio::test]
async fn http_2_failures() {
    // RST_STREAM: REFUSED_STREAM, which reqwest's default would send again.
    let refused = b"\0\0\x04\x03\0\0\0\0\x01\0\0\0\x07";
    // GOAWAY: INTERNAL_ERROR, with debug data that must not be shown.
    let going = b"\0\0\x0d\x07\0\0\0\0\0\0\0\0\0\0\0\0\x02token";
    // DATA on stream 0.
    let broken = b"\0\0\x01\0\0\0\0\0\0x";
    for (frames, expected) in [
        (&refused[..], TransportErrorKind::Closed),
        (&going[..], TransportErrorKind::Closed),
        (&broken[..], TransportErrorKind::Protocol),
    ] {
        let (kind, delivery, text) = failure(exchange_http2(frames).await);
        assert_eq!((kind, delivery), (expected, Delivery::Unknown), "{text}");
    }
}

#[tokio::test]
async fn a_dropped_future_resets_its_http_2_stream() {
    let (ca, config) = authority("localhost", &["h2"]);
    let (arrived, has_arrived) = oneshot::channel();
    let (reset, was_reset) = oneshot::channel();
    let server = Server::start_tls(
        config,
        vec![step(|connection| {
            read_http2_request(connection);
            arrived.send(()).unwrap();
            while read_frame(connection) != RST_STREAM {}
            reset.send(()).unwrap();
        })],
    );
    let transport = ReqwestTransport::builder().ca_pem(ca).build().unwrap();
    tokio::select! {
        response = transport.send(get(&url(&server))) => panic!("{response:?}"),
        _ = has_arrived => {}
    }
    was_reset.await.unwrap();
}

#[tokio::test]
async fn https_goes_through_the_tunnel_of_a_proxy() {
    let (ca, config) = authority("service.invalid", &["http/1.1"]);
    let proxy = Server::start(vec![step(|connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 Connection established\r\n\r\n");
        connection.start_tls(config);
        connection.read_request();
        connection.write(OK.as_bytes());
    })]);
    let proxy_url = format!("http://user:s3cret@{}", proxy.address);
    let transport = ReqwestTransport::builder()
        .ca_pem(ca)
        .proxy(&proxy_url)
        .build()
        .unwrap();
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

#[test]
fn a_machine_without_authorities() {
    let (_, config) = authority("localhost", &[]);
    let plain = Server::start(vec![answer(OK)]);
    let tls = Server::start_tls(config, handshake_only());
    run_child(
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

#[tokio::test]
#[ignore = "run by a_machine_without_authorities, in a process of its own"]
async fn child_without_authorities() {
    let transport = ReqwestTransport::new().unwrap();
    assert_eq!(
        read(transport.send(get(&from_parent("PLAIN_URL"))).await.unwrap()).await,
        "ok"
    );
    let (kind, delivery, text) = failure(transport.send(get(&from_parent("TLS_URL"))).await);
    assert_eq!((kind, delivery), (TransportErrorKind::Tls, Delivery::NotSent));
    assert!(text.contains("no certificate authority is trusted"), "{text}");
}
