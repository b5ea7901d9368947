//! What a submit puts on the wire, byte for byte, seen by a bare socket.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use common::{PROJECT, RawServer, TOKEN, guarded, no_filter, socket_client};
use session_export::{ErrorKind, SessionFilter, SessionOperation, SessionState, ViolationCode};

const ACCEPTED: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 18\r\n\r\n{\"task_id\":\"t-1\"} ";

/// Submits `filter` and gives the request as the server saw it.
async fn request_of(filter: SessionFilter) -> String {
    let server = RawServer::start();
    let client = socket_client(&server.base());
    let submit = client.export_sessions(filter).submit();
    let (task, request) = guarded(async { tokio::join!(submit, server.answer(ACCEPTED)) }).await;
    assert_eq!(task.unwrap().task_id().as_str(), "t-1");
    server.assert_no_visitor();
    request.replace(&server.address(), "HOST")
}

fn all_nine() -> SessionFilter {
    SessionFilter::builder()
        .created_successfully(true)
        .states([SessionState::Active, SessionState::Disconnected])
        .machine_name("APS-测试&<1>\"\\")
        .public_ip("203.0.113.9")
        .vm_ip("10.0.0.1")
        .app_server_group_id("e75fef51-bbb7-489c-b4bd-63e0587faa41")
        .end("2024-03-01T11:47:51+08:00")
        .begin("2024-02-27T03:47:51.182999Z")
        .user_name("user005")
        .build()
        .unwrap()
}

#[tokio::test]
async fn all_nine_filters_go_out_in_the_order_of_the_page() {
    let request = request_of(all_nine()).await;
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(
        body,
        concat!(
            r#"{"user_name":"user005","query_begin_time":"2024-02-27T03:47:51.182Z","#,
            r#""query_end_time":"2024-03-01T03:47:51.000Z","#,
            r#""app_server_group_id":"e75fef51-bbb7-489c-b4bd-63e0587faa41","vm_ip":"10.0.0.1","#,
            r#""public_ip":"203.0.113.9","machine_name":"APS-测试&<1>\"\\","#,
            r#""session_state":"Active,Disconnected","is_success":"true"}"#
        )
    );
}

#[tokio::test]
async fn the_head_holds_seven_lines_and_no_more() {
    let request = request_of(all_nine()).await;
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let (request_line, headers) = head.split_once("\r\n").unwrap();
    assert_eq!(
        request_line,
        format!("POST /v1/{PROJECT}/session/list-sessions/export HTTP/1.1")
    );
    let mut headers: Vec<_> = headers.split("\r\n").map(str::to_owned).collect();
    headers.sort();
    assert_eq!(
        headers,
        [
            "accept: application/json".to_owned(),
            format!("content-length: {}", body.len()),
            "content-type: application/json".to_owned(),
            "host: HOST".to_owned(),
            concat!("user-agent: session-export/", env!("CARGO_PKG_VERSION")).to_owned(),
            format!("x-auth-token: {TOKEN}"),
        ]
    );
}

#[tokio::test]
async fn each_field_goes_out_by_itself() {
    let builder = SessionFilter::builder;
    for (filter, body) in [
        (builder(), "{}"),
        (builder().user_name(" 张 三 "), r#"{"user_name":" 张 三 "}"#),
        (
            builder().app_server_group_id("g"),
            r#"{"app_server_group_id":"g"}"#,
        ),
        (builder().vm_ip("2001:DB8::1"), r#"{"vm_ip":"2001:db8::1"}"#),
        (builder().public_ip("10.0.0.1"), r#"{"public_ip":"10.0.0.1"}"#),
        (builder().machine_name("m"), r#"{"machine_name":"m"}"#),
        (builder().state("InitFail"), r#"{"session_state":"InitFail"}"#),
        (builder().created_successfully(false), r#"{"is_success":"false"}"#),
        (
            builder().begin("2024-02-27 03:47:51").end("2024-02-27T03:47:51Z"),
            r#"{"query_begin_time":"2024-02-27T03:47:51.000Z","query_end_time":"2024-02-27T03:47:51.000Z"}"#,
        ),
    ] {
        let request = request_of(filter.build().unwrap()).await;
        assert!(request.ends_with(&format!("\r\n\r\n{body}")), "{request}");
        assert!(
            request.contains(&format!("content-length: {}\r\n", body.len())),
            "{request}"
        );
    }
}

#[tokio::test]
async fn the_program_stands_before_the_library_in_the_user_agent() {
    let server = RawServer::start();
    let client = session_export::Client::builder(common::endpoint(&server.base()), PROJECT.parse().unwrap())
        .transport(common::transport())
        .authenticator(common::static_token())
        .user_agent("reports/2.1")
        .build()
        .unwrap();
    let submit = client.export_sessions(no_filter()).submit();
    let (task, request) = guarded(async { tokio::join!(submit, server.answer(ACCEPTED)) }).await;
    task.unwrap();
    let line = concat!(
        "\r\nuser-agent: reports/2.1 session-export/",
        env!("CARGO_PKG_VERSION"),
        "\r\n"
    );
    assert!(request.contains(line), "{request}");
}

#[tokio::test]
async fn a_filter_that_only_a_list_allows_opens_no_connection() {
    let server = RawServer::start();
    let client = socket_client(&server.base());
    let sixty_days = SessionFilter::builder()
        .begin("2024-01-01T00:00:00Z")
        .end("2024-03-01T00:00:00Z")
        .build_for(SessionOperation::List)
        .unwrap();
    let error = guarded(client.export_sessions(sixty_days).submit())
        .await
        .unwrap_err();
    let ErrorKind::InvalidRequest(violations) = error.kind() else {
        panic!("{error:?}");
    };
    let codes: Vec<_> = violations.iter().map(session_export::Violation::code).collect();
    assert_eq!(codes, [ViolationCode::WindowTooLong]);
    assert!(error.nothing_was_sent());
    assert!(
        error.to_string().starts_with(
            "export_sessions: not sent, the request is not valid: query_begin_time: 2024-01-01T"
        ),
        "{error}"
    );
    server.assert_no_visitor();
}

#[tokio::test]
async fn a_list_without_a_window_opens_no_connection() {
    let server = RawServer::start();
    let client = socket_client(&server.base());
    let error = guarded(client.list_sessions(no_filter()).page(0))
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidRequest(_)), "{error:?}");
    let mut stream = client.list_sessions(no_filter()).stream();
    let error = guarded(stream.next()).await.unwrap().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidRequest(_)), "{error:?}");
    server.assert_no_visitor();
}
