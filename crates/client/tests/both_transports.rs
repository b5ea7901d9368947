//! The two bundled transports are the same to the service: the same requests, the same files.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use proptest::prelude::*;
use session_export::{
    BaseUrl, Client, Endpoint, HyperTransport, Request, RequestBody, ReqwestTransport, SessionFilter,
    StaticToken, Token, TokenAuthenticator, Transport, WaitPolicy,
};
use session_export_testkit::server::{Connection, Received, Server};

/// Headers by which the two may be told apart: none.
const COMPARED: [&str; 6] = [
    "x-auth-token",
    "content-type",
    "content-length",
    "accept",
    "user-agent",
    "host",
];

fn transports() -> [(&'static str, Arc<dyn Transport>); 2] {
    [
        ("reqwest", Arc::new(ReqwestTransport::new().unwrap())),
        ("hyper", Arc::new(HyperTransport::builder().build().unwrap())),
    ]
}

/// Answers an export: a submit, looks of which the second finds the file, a download.
async fn service(mut connection: Connection) {
    let mut looks = 0;
    while let Some(request) = connection.request().await {
        let (kind, body) = if request.method == "POST" {
            ("application/json", r#"{"task_id":"2b31ed520"}"#.to_owned())
        } else if request.target.ends_with("/download") {
            ("text/csv", "id,login_user\r\n1,张三\r\n".repeat(500))
        } else {
            looks += 1;
            let status = if looks == 1 { "CREATING" } else { "SUCCESS" };
            let task = format!(r#"{{"task_id":"2b31ed520","status":"{status}","file_name":"x.csv"}}"#);
            (
                "application/json",
                format!(r#"{{"count":1,"export_tasks":[{task}]}}"#),
            )
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        connection.write(format!("{head}{body}")).await;
    }
}

/// An export with all filters; what the service saw, and the file.
async fn export(transport: Arc<dyn Transport>) -> (Vec<Received>, Vec<u8>) {
    let server = Server::plain(service).await;
    let base: BaseUrl = format!("http://{}", server.address()).parse().unwrap();
    let endpoint = Endpoint::builder()
        .sessions(base.clone())
        .export_centre(base)
        .build()
        .unwrap();
    let token = StaticToken::new(Token::new("MIItoken").unwrap());
    let client = Client::builder(endpoint, "a4da8115".parse().unwrap())
        .transport(transport)
        .authenticator(TokenAuthenticator::new(token))
        .build()
        .unwrap();
    let filter = SessionFilter::builder()
        .user_name("张 三's")
        .begin("2024-02-27T03:47:51.182Z")
        .end("2024-03-01T11:47:51+08:00")
        .machine_name("APS-测试&<1>")
        .states(["Active", "Disconnected"])
        .created_successfully(true)
        .build()
        .unwrap();
    let task = client.export_sessions(filter).submit().await.unwrap();
    let ready = task
        .wait(WaitPolicy::default().first_pause(std::time::Duration::from_millis(1)))
        .await
        .unwrap();
    let mut file = Vec::new();
    ready.download().to_writer(&mut file).await.unwrap();
    (server.requests(), file)
}

#[tokio::test]
async fn an_export_is_the_same_through_both() {
    let [(_, reqwest), (_, hyper)] = transports();
    let (by_reqwest, file_of_reqwest) = export(reqwest).await;
    let (by_hyper, file_of_hyper) = export(hyper).await;
    assert_eq!(by_reqwest.len(), 4);
    assert_eq!(by_reqwest.len(), by_hyper.len());
    for (one, other) in by_reqwest.iter().zip(&by_hyper) {
        assert_eq!(
            (&one.method, &one.target, &one.body),
            (&other.method, &other.target, &other.body)
        );
        for name in COMPARED {
            let (one, other) = (one.values(name), other.values(name));
            // The two servers listen on different ports.
            assert!(
                one == other || name == "host" && one.len() == other.len(),
                "{name}: {one:?} {other:?}"
            );
        }
        let names = |request: &Received| {
            let mut names: Vec<_> = request
                .headers
                .iter()
                .map(|(name, _)| name.to_ascii_lowercase())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(one), names(other));
    }
    assert!(file_of_reqwest.len() > 10_000);
    assert_eq!(file_of_reqwest, file_of_hyper);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_url_the_client_can_build_stands_on_the_wire_unchanged(
        segments in proptest::collection::vec("\\PC{1,12}", 1..4)
            .prop_filter("the model refuses these", |all| all.iter().all(|s| s != "." && s != "..")),
        values in proptest::collection::vec("\\PC{0,12}", 0..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = Server::plain(|connection| {
                connection.answer_all("HTTP/1.1 204 No Content\r\n\r\n")
            })
            .await;
            let base: BaseUrl = format!("http://{}", server.address()).parse().unwrap();
            let url = base.url(&segments, values.iter().map(|value| ("user_name", value)));
            for (name, transport) in transports() {
                let mut request = Request::new(RequestBody::empty());
                *request.uri_mut() = url.clone();
                transport.send(request).await.unwrap();
                let seen = server.requests().pop().unwrap();
                assert_eq!(seen.target, url.path_and_query().unwrap().as_str(), "{name}");
            }
            assert_eq!(server.requests().len(), 2);
        });
    }
}
