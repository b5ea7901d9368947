//! What IAM answers to a request for a token or for a temporary access key.

use chrono::{DateTime, Utc};
use http::{HeaderValue, Response, StatusCode};
use serde_json::Value;
use session_export_auth::{
    AuthError, Iam, IamPassword, IamTemporaryKey, ProvideAccessKey, ProvideToken, StaticToken, Token,
    TokenScope,
};
use session_export_transport::ResponseBody;

use crate::input::{first_line, is_one_line, planted, shown};
use crate::one_client::{Answers, run};
use crate::timestamp::nanos;

const SECRET: &str = "MIIplantedQ1w2E3r4T5y6U7i8";
const PASSWORD: &str = "planted-Pa55word-q1w2e3";

/// A line with a status, one with what `X-Subject-Token` begins with (a `!`: there is none), and a body, in which each
/// `@` is a secret.
///
/// A token or key that comes out is the one that a second reader finds in the answer, and nothing shows its secret;
/// neither does an error.
///
/// # Panics
///
/// When that does not hold.
pub fn iam_answer(data: &[u8]) {
    let (status, rest) = first_line(data);
    let (header, body) = first_line(rest);
    if [SECRET, PASSWORD].iter().any(|secret| contains(data, secret)) {
        return;
    }
    let status = std::str::from_utf8(status)
        .ok()
        .and_then(|status| status.parse().ok())
        .and_then(|status| StatusCode::from_u16(status).ok())
        .unwrap_or(StatusCode::CREATED);
    let header = (header != b"!").then(|| HeaderValue::from_bytes(&[header, SECRET.as_bytes()].concat()));
    let header = header.and_then(Result::ok);
    // The message of a refusal is shown; what may be secret in that is the business of another property.
    let body = if status.is_success() {
        planted(body, SECRET)
    } else {
        body.to_vec()
    };
    let answers = || {
        let mut answer = Response::new(ResponseBody::from(body.clone()));
        *answer.status_mut() = status;
        if let Some(header) = &header {
            answer.headers_mut().insert("x-subject-token", header.clone());
        }
        let base = "https://iam.example.com".parse().expect("a base URL");
        Iam::new(Answers::new([answer]), base)
    };
    let value = serde_json::from_slice::<Value>(&body).unwrap_or(Value::Null);

    let scope = TokenScope::project_name("cn-north-4");
    let login = IamPassword::new(answers(), "user005", PASSWORD.to_owned(), "account-a", scope);
    match run(login.provide_token()) {
        Ok(token) => a_token_is_in_the_answer(&token, status, header.as_ref(), &value),
        Err(error) => shows_nothing(&error),
    }
    let token = Token::new(SECRET).expect("visible ASCII");
    let provider = IamTemporaryKey::new(answers(), StaticToken::new(token));
    match run(provider.provide_access_key()) {
        Ok(key) => {
            assert!(status.is_success());
            assert!(
                !format!("{key:?}").contains(SECRET) || key.id().contains(SECRET),
                "{key:?}"
            );
            if let Some(credential) = object(&value, "credential") {
                assert_eq!(
                    credential.get("access").and_then(Value::as_str).map(str::trim),
                    Some(key.id())
                );
                let secret = credential.get("secret").and_then(Value::as_str).map(str::trim);
                assert_eq!(secret, Some(key.expose_secret()));
                assert!(key.is_temporary());
                assert_eq!(key.expires_at().map(to_nanos), moment(credential));
            }
        }
        Err(error) => shows_nothing(&error),
    }
}

fn a_token_is_in_the_answer(token: &Token, status: StatusCode, header: Option<&HeaderValue>, value: &Value) {
    assert!(status.is_success());
    assert_eq!(
        Some(token.expose_secret().as_bytes()),
        header.map(HeaderValue::as_bytes)
    );
    let debug = format!("{token:?}");
    let project = token.project_id().map(|id| id.as_str());
    assert!(
        !debug.contains(SECRET) || project.is_some_and(|id| id.contains(SECRET)),
        "{debug}"
    );
    let Some(described) = object(value, "token") else {
        return;
    };
    assert_eq!(token.expires_at().map(to_nanos), moment(described));
    let named = described.get("project").filter(|project| !project.is_null());
    if named.is_none_or(Value::is_object) {
        assert_eq!(
            project,
            named.and_then(|named| named.get("id")).and_then(Value::as_str)
        );
    }
}

/// The object of this name. Arrays, which serde takes for objects whose fields stand in their order, are passed over.
fn object<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_object()?.get(name).filter(|inner| inner.is_object())
}

fn moment(described: &Value) -> Option<i128> {
    nanos(described.get("expires_at")?.as_str()?)
}

fn to_nanos(time: DateTime<Utc>) -> i128 {
    i128::from(time.timestamp()) * 1_000_000_000 + i128::from(time.timestamp_subsec_nanos())
}

fn shows_nothing(error: &AuthError) {
    let shown = shown(error);
    assert!(!shown.contains(SECRET) && !shown.contains(PASSWORD), "{shown}");
    assert!(is_one_line(&error.to_string()), "{error}");
}

fn contains(data: &[u8], text: &str) -> bool {
    data.windows(8).any(|part| text.as_bytes().starts_with(part))
}
