//! Request targets: where the two transports differ.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use session_export_transport::{Delivery, TransportErrorKind};
use session_export_transport_hyper::HyperTransport;
use session_export_transport_reqwest::ReqwestTransport;
use support::authority::authority;
use support::{Connection, Server, answer, failure, get, read, send, step, trap};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// What a URL parser changes, or might.
const RAW: [&str; 9] = [
    "/a/../b",
    "/./a//b/..",
    "/%2e%2E/x",
    "/?user='",
    "/'\"{}[]",
    "/|?|[]^{}\\",
    "/caf%c3%A9",
    "/caf\u{e9}?\u{e9}",
    "/?",
];

#[tokio::test]
async fn hyper_puts_any_target_on_the_wire() {
    let server = Server::start(RAW.map(|_| answer(OK)).into());
    let proxy = Server::start(RAW.map(|_| answer(OK)).into());
    for (through, host) in [
        (HyperTransport::builder(), server.address.to_string()),
        (
            HyperTransport::builder().proxy(&format!("http://{}", proxy.address)),
            "service.invalid".to_owned(),
        ),
    ] {
        for target in RAW {
            let transport = through.clone().build().unwrap();
            let mut request = get("http://host.test/");
            *request.uri_mut() = http::Uri::builder()
                .scheme("http")
                .authority(host.as_str())
                .path_and_query(target)
                .build()
                .unwrap();
            read(send(&transport, request).await.unwrap()).await;
        }
    }
    let targets = |seen: Vec<String>| {
        seen.iter()
            .map(|request| {
                // The server reads bytes as Latin-1.
                let target = request.split(' ').nth(1).unwrap().chars();
                String::from_utf8(target.map(|byte| byte as u8).collect()).unwrap()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(targets(server.finish()), RAW);
    let absolute = RAW.map(|target| format!("http://service.invalid{target}"));
    assert_eq!(targets(proxy.finish()), absolute);
}

#[tokio::test]
async fn reqwest_refuses_a_target_that_it_would_change() {
    let nobody = trap();
    let address = nobody.local_addr().unwrap();
    let transport = ReqwestTransport::new().unwrap();
    for url in [
        format!("http://{address}/a/../b?query"),
        format!("http://{address}/?query='"),
        format!("http://0x7f.1:{}/", address.port()),
    ] {
        let (kind, delivery, text) = failure(send(&transport, get(&url)).await);
        assert_eq!(
            (kind, delivery),
            (TransportErrorKind::Unsupported, Delivery::NotSent),
            "{text}"
        );
    }
    support::assert_no_visitor(&nobody);
}

#[tokio::test]
async fn hyper_asked_for_http_2_does_not_fall_back() {
    let (ca, config) = authority("localhost", &["http/1.1"]);
    let server = Server::start_tls(
        config,
        vec![step(|connection: &mut Connection| {
            assert!(connection.read_to_end().is_empty());
        })],
    );
    let transport = HyperTransport::builder().ca_pem(ca).build().unwrap();
    let mut request = get(&format!("https://localhost:{}/?query", server.address.port()));
    *request.version_mut() = http::Version::HTTP_2;
    let (kind, delivery, text) = failure(send(&transport, request).await);
    assert_eq!(
        (kind, delivery),
        (TransportErrorKind::Unsupported, Delivery::NotSent),
        "{text}"
    );
    drop(transport);
    server.finish_beside().await;
}
