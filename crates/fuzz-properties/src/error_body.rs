//! Bodies of errors.

use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};
use session_export::RetryPolicy;
use session_export_model::{ErrorBody, ErrorShape, one_line};
use session_export_transport::ResponseBody;

use crate::input::{is_one_line, planted, shown, text};
use crate::one_client::{Answers, TASK, client, run};

/// Longest text: 512 characters, and a sign that more was there.
const LONGEST: usize = 513;
/// The value of a header that a gateway repeats.
const HEADER_SECRET: &str = "3JsWd8Qplanted7Zt1kPx0";
/// Tokens that a server repeats; the second one begins like itself.
const TOKENS: [&str; 2] = [
    "MIIEvplantedTokenQ1w2E3r4T5y6U7i8O9p0",
    "MIIMIIMIIMIIplantedTokenQ1w2E3r4T5y6",
];

/// What an error body says is short and one line, whatever it is; its shape is the one that a second reader sees; and a
/// secret in it does not come out, neither as the value of a header that a gateway repeats, nor as the token that was
/// sent, through the client.
///
/// # Panics
///
/// When that does not hold.
pub fn error_body(data: &[u8]) {
    let body = ErrorBody::read(data);
    texts_are_fit_to_show(&body);
    agrees_with_a_second_reader(data, &body);
    let spaced = [b"\r\n\t ", data, b" \n"].concat();
    assert_eq!(ErrorBody::read(&spaced), body);
    let line = one_line(&text(data));
    assert!(is_one_line(&line) && line.chars().count() <= LONGEST);
    assert_eq!(one_line(&line), line);

    a_repeated_header_stays_secret(data);
    a_repeated_token_stays_secret(data);
}

fn texts_are_fit_to_show(body: &ErrorBody) {
    for text in [body.code(), body.message(), body.request_id()]
        .into_iter()
        .flatten()
    {
        assert!(is_one_line(text), "{text:?}");
        assert!(text.chars().count() <= LONGEST, "{text:?}");
        assert_eq!(text.trim(), text);
        assert!(!text.is_empty());
    }
}

fn agrees_with_a_second_reader(data: &[u8], body: &ErrorBody) {
    let trimmed = data.trim_ascii();
    let value = serde_json::from_slice::<Value>(trimmed).ok();
    let has = |value: Option<&Value>, names: [&str; 2]| {
        let is_text = |name| match value.and_then(|value| value.get(name)) {
            Some(Value::String(text)) => !one_line(text).is_empty(),
            Some(Value::Number(_)) => true,
            _ => false,
        };
        names.into_iter().any(is_text)
    };
    let expected = match &value {
        _ if trimmed.is_empty() => Some(ErrorShape::Empty),
        _ if trimmed[0] == b'<' => Some(ErrorShape::Markup),
        value @ Some(Value::Object(object)) => {
            if has(value.as_ref(), ["error_code", "error_msg"]) {
                Some(ErrorShape::Service)
            } else if has(
                object.get("error").filter(|inner| inner.is_object()),
                ["code", "message"],
            ) {
                Some(ErrorShape::Keystone)
            } else if has(value.as_ref(), ["errorCode", "errorMsg"]) {
                Some(ErrorShape::CamelCase)
            } else {
                None
            }
        }
        Some(Value::Array(_)) => None,
        _ => Some(ErrorShape::Unrecognised),
    };
    match expected {
        Some(shape) => assert_eq!(body.shape(), shape),
        None => assert!(matches!(
            body.shape(),
            ErrorShape::CodeMessage | ErrorShape::Unrecognised
        )),
    }
    if body.shape() == ErrorShape::Service {
        let field = |name| {
            value
                .as_ref()
                .and_then(|value| value.get(name))
                .and_then(Value::as_str)
        };
        let is_plain = |text: &str| {
            (1..=512).contains(&text.len())
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
        };
        for (found, said) in [
            (body.code(), field("error_code")),
            (body.message(), field("error_msg")),
        ] {
            if let Some(said) = said.filter(|said| is_plain(said)) {
                assert_eq!(found, Some(said));
            }
        }
    }
}

/// The input is what stands around the header.
fn a_repeated_header_stays_secret(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else {
        return;
    };
    let (before, after) = rest.split_at(rest.len() / 2);
    let (before, after) = (text(before), text(after));
    if rest
        .windows(8)
        .any(|part| HEADER_SECRET.as_bytes().starts_with(part))
    {
        return;
    }
    let name = [
        "x-security-token",
        "X-Auth-Token",
        "authorization",
        "X-SECURITY-TOKEN",
    ][usize::from(choice & 3)];
    let blank = ["", " "][usize::from(choice >> 2 & 1)];
    let end = ["|", "\n", "\r\n", ""][usize::from(choice >> 3 & 3)];
    let after = if end.is_empty() { "" } else { &after };
    let message = format!("{before}{name}:{blank}{HEADER_SECRET}{end}{after}");
    for body in [
        json!({ "error_code": "APIGW.0301", "error_msg": message, "request_id": message }),
        json!({ "error_code": message }),
        json!({ "error": { "code": 401, "message": message, "title": "Unauthorized" } }),
        json!({ "errorCode": "X", "errorMsg": message }),
        json!([{ "code": "X", "message": message }]),
    ] {
        let body = ErrorBody::read(body.to_string().as_bytes());
        texts_are_fit_to_show(&body);
        // Not even as much of it as a cut leaves.
        assert!(!format!("{body:?}").contains(&HEADER_SECRET[..8]), "{body:?}");
    }
}

/// A first byte, a status, and a body in which each `@` is the token.
fn a_repeated_token_stays_secret(data: &[u8]) {
    let Some(([choice, status, _], body)) =
        data.split_first_chunk::<3>().filter(|(_, body)| !body.is_empty())
    else {
        return;
    };
    let token = TOKENS[usize::from(choice & 1)];
    if body.windows(8).any(|part| token.as_bytes().starts_with(part)) {
        return;
    }
    let status = [400, 401, 403, 404, 200, 429, 500, 503][usize::from(status & 7)];
    let body = planted(body, token);
    let mut response = Response::new(ResponseBody::from(body.clone()));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    let id = text(&body[..body.len().min(64)]);
    if let Ok(id) = HeaderValue::from_str(&id)
        && choice & 2 != 0
    {
        response.headers_mut().insert("x-request-id", id);
    }
    let answers = Answers::new([response]);
    let task = client(&answers, token, RetryPolicy::none()).task(TASK.parse().expect("an id"));
    let Err(error) = run(task.check()) else {
        assert_eq!(status, 200, "any other is an error");
        return;
    };
    let shown = shown(&error);
    assert!(!shown.contains(token), "{shown}");
    assert!(is_one_line(&error.to_string()), "{error}");
}
