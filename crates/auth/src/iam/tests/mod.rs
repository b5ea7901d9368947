//! What goes to IAM, byte for byte, and what is made of its answers.

mod agency;
mod password;
mod projects;
mod temporary_key;

use session_export_transport::test_util::MockTransport;
use session_export_transport::{Response, ResponseBody};

use super::*;
use crate::StaticToken;

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

/// An IAM that expects one request, which `check` looks at, and gives one answer.
fn iam_once(
    check: impl Fn(&Request) + Send + 'static,
    answer: impl Fn() -> Response + Send + 'static,
) -> Iam {
    let mut transport = MockTransport::new();
    transport.expect_send().times(1).returning(move |request| {
        check(&request);
        Ok(answer())
    });
    Iam::new(transport, "https://iam.example.com".parse().unwrap())
}

fn body(request: &Request) -> &str {
    std::str::from_utf8(request.body().as_bytes()).unwrap()
}

fn held(token: &str) -> StaticToken {
    StaticToken::new(Token::new(token).unwrap())
}
