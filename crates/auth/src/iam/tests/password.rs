use session_export_transport::test_util::MockTransport;
use session_export_transport::{Delivery, Response, TransportError, TransportErrorKind};

use super::*;
use crate::{AuthErrorKind, ProvideToken};

fn iam(answer: impl Fn() -> Result<Response, TransportError> + Send + 'static) -> IamPassword {
    let mut transport = MockTransport::new();
    transport.expect_send().times(1).returning(move |_| answer());
    provider(
        transport,
        TokenScope::project_name("cn-north-4"),
        "https://iam.example.com",
    )
}

fn provider(transport: MockTransport, scope: TokenScope, url: &str) -> IamPassword {
    IamPassword::new(
        Iam::new(transport, url.parse().unwrap()),
        "user005",
        "hunter2-secret",
        "account-a",
        scope,
    )
}

fn with_iam(iam: Iam) -> IamPassword {
    let scope = TokenScope::project_name("cn-north-4");
    IamPassword::new(iam, "user005", "hunter2-secret", "account-a", scope)
}

#[tokio::test]
async fn the_request_is_the_documented_one() {
    for (scope, expected) in [
        (TokenScope::project_name("cn-north-4"), r#"{"name":"cn-north-4"}"#),
        (
            TokenScope::project_id("a4da8115".parse().unwrap()),
            r#"{"id":"a4da8115"}"#,
        ),
        (
            TokenScope::project_name_in("cn-north-4_sub", "default"),
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
        "the credential was refused: HTTP 401: The username or password is wrong. (request id 0f1e2d)"
    );
    let modern = r#"{"error_code":"IAM.0012","error_msg":"Too many."}"#;
    let error = iam(move || Ok(response(429, None, modern)))
        .provide_token()
        .await
        .unwrap_err();
    assert_eq!(error.refusal().unwrap().code.as_deref(), Some("IAM.0012"));
    assert_eq!(
        error.to_string(),
        "the credential was refused: HTTP 429 IAM.0012: Too many. (request id 0f1e2d)"
    );
    let html = iam(|| Ok(response(502, None, "<html>")))
        .provide_token()
        .await
        .unwrap_err();
    assert_eq!(
        html.to_string(),
        "the credential was refused: HTTP 502 (request id 0f1e2d)"
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
async fn what_does_not_pass_is_not_asked_for_again() {
    let untrusted = || Err(TransportError::new(TransportErrorKind::Tls, Delivery::NotSent));
    let error = iam(untrusted).provide_token().await.unwrap_err();
    assert_eq!(error.kind(), &AuthErrorKind::Unreachable);
    assert!(!error.is_transient() && error.retry_at_least().is_none());

    let endless = || Ok(response(201, Some("MIIsecret"), &" ".repeat((1 << 20) + 1)));
    let error = iam(endless).provide_token().await.unwrap_err();
    assert_eq!(error.kind(), &AuthErrorKind::Reply);
    assert!(error.to_string().contains("larger than 1 MiB"), "{error}");
    assert!(error.retry_at_least().is_none());
}

#[tokio::test]
async fn a_password_does_not_travel_in_the_open() {
    let mut transport = MockTransport::new();
    transport.expect_send().times(0);
    let scope = TokenScope::project_name("cn-north-4");
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
        provider(
            transport,
            TokenScope::project_name("x"),
            "https://iam.example.com"
        )
    );
    assert!(
        debug.contains("user005") && debug.contains("iam.example.com") && !debug.contains("hunter2"),
        "{debug}"
    );
}

#[tokio::test]
async fn the_second_factor_goes_along() {
    let check = |request: &Request| {
        assert_eq!(
            body(request),
            r#"{"auth":{"identity":{"methods":["password","totp"],"password":{"user":{"name":"user005","password":"hunter2-secret","domain":{"name":"account-a"}}},"totp":{"user":{"id":"u-17","passcode":"492817"}}},"scope":{"project":{"name":"cn-north-4"}}}}"#
        );
    };
    let iam = iam_once(check, || response(201, Some("MIIanswer"), ANSWER));
    let provider = with_iam(iam).totp("u-17", TotpPasscode::once("492817"));
    assert!(provider.can_renew());
    provider.provide_token().await.unwrap();
    // The passcode is good for one log-in: a second one is not even tried.
    assert!(!provider.can_renew());
    let error = provider.provide_token().await.unwrap_err();
    assert_eq!(error.kind(), &AuthErrorKind::InvalidCredential);
    assert!(
        error.to_string().ends_with("log in again with a new one"),
        "{error}"
    );
    let debug = format!("{provider:?}");
    assert!(debug.contains("u-17") && !debug.contains("492817"), "{debug}");
}

#[tokio::test]
async fn a_passcode_that_nobody_looked_at_is_still_good() {
    let lost = |delivery| Err(TransportError::new(TransportErrorKind::Closed, delivery));
    type Answer = Box<dyn Fn() -> Result<Response, TransportError> + Send>;
    let cases: [(Answer, bool); 7] = [
        (Box::new(|| Ok(response(503, None, ""))), true),
        (Box::new(|| Ok(response(429, None, ""))), true),
        (Box::new(move || lost(Delivery::NotSent)), true),
        // It may have been taken: used again, it would look like a guess.
        (Box::new(move || lost(Delivery::Unknown)), false),
        (Box::new(|| Ok(response(504, None, ""))), false),
        (Box::new(|| Ok(response(500, None, ""))), false),
        (Box::new(|| Ok(response(401, None, ""))), false),
    ];
    for (answer, is_good) in cases {
        let mut transport = MockTransport::new();
        transport.expect_send().times(1).returning(move |_| answer());
        let iam = Iam::new(transport, "https://iam.example.com".parse().unwrap());
        let provider = with_iam(iam).totp("u-17", TotpPasscode::once("492817"));
        let error = provider.provide_token().await.unwrap_err();
        assert_eq!(provider.can_renew(), is_good, "{error}");
    }
}

#[tokio::test]
async fn a_passcode_can_be_asked_for_each_time() {
    let mut transport = MockTransport::new();
    let mut expected = 0;
    transport.expect_send().times(2).returning(move |request| {
        expected += 1;
        assert!(body(&request).contains(&format!(r#""passcode":"00000{expected}""#)));
        Ok(response(201, Some("MIIanswer"), ANSWER))
    });
    let asked = std::sync::atomic::AtomicU8::new(0);
    let passcode = TotpPasscode::asked(move || {
        let number = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        Ok(format!("00000{number}"))
    });
    let iam = Iam::new(transport, "https://iam.example.com".parse().unwrap());
    let provider = with_iam(iam).totp("u-17", passcode);
    for _ in 0..2 {
        assert!(provider.can_renew());
        provider.provide_token().await.unwrap();
    }
}

#[tokio::test]
async fn a_throttled_log_in_says_how_long_to_wait() {
    for (status, retry_after, message, expected) in [
        (429, None, "Threshold: 10 times per 60 seconds.", Some(60)),
        (429, Some("7"), "Too many.", Some(7)),
        (503, Some("3"), "time:1 minute", Some(3)),
        (401, None, "limit:10,time:1 minute", None),
    ] {
        let answer = move || {
            let text = format!(r#"{{"error_code":"IAM.0012","error_msg":"{message}"}}"#);
            let mut response = response(status, None, &text);
            if let Some(seconds) = retry_after {
                response
                    .headers_mut()
                    .insert("retry-after", seconds.parse().unwrap());
            }
            Ok(response)
        };
        let error = iam(answer).provide_token().await.unwrap_err();
        let expected = expected.map(std::time::Duration::from_secs);
        assert_eq!(error.refusal().unwrap().retry_after, expected, "{message}");
        assert_eq!(error.is_transient(), status != 401);
    }
}
