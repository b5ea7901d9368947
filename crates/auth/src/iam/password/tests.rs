use session_export_transport::test_util::MockTransport;
use session_export_transport::{Delivery, Response, ResponseBody, TransportError, TransportErrorKind};

use super::*;
use crate::AuthErrorKind;

const ANSWER: &str = r#"{"token":{"methods":["password"],"expires_at":"2024-02-28T03:47:51.701000Z",
    "issued_at":"2024-02-27T03:47:51.701000Z","catalog":[],"roles":[{"id":"0","name":"te_admin"}],
    "project":{"id":"a4da8115c9d8464ead3a38309130523f","name":"cn-north-4","domain":{"id":"d","name":"account-a"}},
    "user":{"id":"u","name":"user005","password_expires_at":"","domain":{"id":"d","name":"account-a"}}}}"#;

fn response(status: u16, token: Option<&str>, body: &str) -> Response {
    let mut response = Response::new(ResponseBody::from(body.to_owned()));
    *response.status_mut() = status.try_into().unwrap();
    if let Some(token) = token {
        response
            .headers_mut()
            .insert("x-subject-token", token.parse().unwrap());
    }
    response
        .headers_mut()
        .insert("x-request-id", "0f1e2d".parse().unwrap());
    response
}

fn iam(answer: impl Fn() -> Result<Response, TransportError> + Send + 'static) -> IamPassword {
    let mut transport = MockTransport::new();
    transport.expect_send().times(1).returning(move |_| answer());
    provider(
        transport,
        ProjectScope::by_name("cn-north-4"),
        "https://iam.example.com",
    )
}

fn provider(transport: MockTransport, scope: ProjectScope, url: &str) -> IamPassword {
    IamPassword::new(
        transport,
        url.parse().unwrap(),
        "user005",
        "hunter2-secret",
        "account-a",
        scope,
    )
}

#[tokio::test]
async fn the_request_is_the_documented_one() {
    for (scope, expected) in [
        (ProjectScope::by_name("cn-north-4"), r#"{"name":"cn-north-4"}"#),
        (
            ProjectScope::by_id("a4da8115".parse().unwrap()),
            r#"{"id":"a4da8115"}"#,
        ),
        (
            ProjectScope::by_name_in("cn-north-4_sub", "default"),
            r#"{"name":"cn-north-4_sub","domain":{"name":"default"}}"#,
        ),
    ] {
        let mut transport = MockTransport::new();
        transport.expect_send().times(1).returning(move |request| {
            assert_eq!(request.method(), "POST");
            assert_eq!(request.uri(), "https://iam.example.com/v3/auth/tokens?nocatalog=true");
            assert_eq!(request.headers()["content-type"], "application/json;charset=UTF-8");
            let body = std::str::from_utf8(request.body().as_bytes()).unwrap();
            assert_eq!(
                body,
                format!(
                    r#"{{"auth":{{"identity":{{"methods":["password"],"password":{{"user":{{"name":"user005","password":"hunter2-secret","domain":{{"name":"account-a"}}}}}}}},"scope":{{"project":{expected}}}}}}}"#
                )
            );
            Ok(response(201, Some("MIIanswer"), ANSWER))
        });
        let token = provider(transport, scope, "https://iam.example.com")
            .provide_token()
            .await
            .unwrap();
        assert_eq!(token.expose_secret(), "MIIanswer");
        assert_eq!(token.expires_at(), "2024-02-28T03:47:51.701Z".parse().ok());
        assert_eq!(
            token.project_id().unwrap().as_str(),
            "a4da8115c9d8464ead3a38309130523f"
        );
    }
}

#[tokio::test]
async fn an_expiry_may_have_any_number_of_digits() {
    for digits in ["", ".7", ".701", ".701000", ".701000000"] {
        let body = format!(r#"{{"token":{{"expires_at":"2024-02-28T03:47:51{digits}Z"}}}}"#);
        let token = iam(move || Ok(response(201, Some("MIIx"), &body)))
            .provide_token()
            .await
            .unwrap();
        assert_eq!(token.expires_at().unwrap().timestamp(), 1_709_092_071);
        assert_eq!(token.project_id(), None);
    }
}

#[tokio::test]
async fn a_refusal_says_what_iam_said() {
    let keystone =
        r#"{"error":{"code":401,"message":"The username or password is wrong.","title":"Unauthorized"}}"#;
    let error = iam(move || Ok(response(401, None, keystone)))
        .provide_token()
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the token was refused: HTTP 401: The username or password is wrong. (request id 0f1e2d)"
    );
    let modern = r#"{"error_code":"IAM.0012","error_msg":"Too many."}"#;
    let error = iam(move || Ok(response(429, None, modern)))
        .provide_token()
        .await
        .unwrap_err();
    assert_eq!(error.refusal().unwrap().code.as_deref(), Some("IAM.0012"));
    assert_eq!(
        error.to_string(),
        "the token was refused: HTTP 429 IAM.0012: Too many. (request id 0f1e2d)"
    );
    let html = iam(|| Ok(response(502, None, "<html>")))
        .provide_token()
        .await
        .unwrap_err();
    assert_eq!(
        html.to_string(),
        "the token was refused: HTTP 502 (request id 0f1e2d)"
    );
}

#[tokio::test]
async fn an_answer_that_is_none_is_an_error() {
    for (answer, expected) in [
        ((302, None, ""), "Refused"),
        ((201, None, ANSWER), "Reply"),
        ((200, Some("MIIx"), "<html>"), "Reply"),
        ((201, Some("MIIx"), r#"{"token":{}}"#), "Reply"),
        (
            (201, Some("MIIx"), r#"{"token":{"expires_at":"tomorrow"}}"#),
            "Reply",
        ),
        ((201, Some("MII x"), ANSWER), "InvalidCredential"),
    ] {
        let (status, token, body) = answer;
        let error = iam(move || Ok(response(status, token, body)))
            .provide_token()
            .await
            .unwrap_err();
        assert!(
            format!("{:?}", error.kind()).starts_with(expected),
            "{status} {body}: {error:?}"
        );
        assert!(!format!("{error:?} {error}").contains("MII"), "{error:?}");
    }
}

#[tokio::test]
async fn an_unreachable_iam_keeps_its_cause() {
    let refused = || {
        Err(TransportError::new(
            TransportErrorKind::Connect,
            Delivery::NotSent,
        ))
    };
    let error = iam(refused).provide_token().await.unwrap_err();
    assert_eq!(error.kind(), &AuthErrorKind::Unreachable);
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "could not connect"
    );
}

#[tokio::test]
async fn a_password_does_not_travel_in_the_open() {
    let mut transport = MockTransport::new();
    transport.expect_send().times(0);
    let scope = ProjectScope::by_name("cn-north-4");
    let error = provider(transport, scope, "http://iam.example.com")
        .provide_token()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &AuthErrorKind::PlainHttp);
}

#[test]
fn debug_shows_who_but_not_the_password() {
    let mut transport = MockTransport::new();
    transport.expect_send().times(0);
    let debug = format!(
        "{:?}",
        provider(transport, ProjectScope::by_name("x"), "https://iam.example.com")
    );
    assert!(
        debug.contains("user005") && debug.contains("iam.example.com") && !debug.contains("hunter2"),
        "{debug}"
    );
}
