use proptest::prelude::*;

use super::*;

fn read(body: &str) -> (ErrorShape, Option<String>, Option<String>) {
    let body = ErrorBody::read(body.as_bytes());
    (body.shape, body.code, body.message)
}

#[test]
fn every_shape_of_the_contract() {
    use ErrorShape::*;
    for (body, shape, code, message) in [
        (
            r#"{"error_code":"WKS.00211102","error_msg":"Invalid."}"#,
            Service,
            Some("WKS.00211102"),
            Some("Invalid."),
        ),
        (
            r#"{"error_msg":"decrypt token fail","error_code":"APIGW.0301","request_id":"ab"}"#,
            Service,
            Some("APIGW.0301"),
            Some("decrypt token fail"),
        ),
        (
            r#"{"error":{"code":401,"message":"Wrong password.","title":"Unauthorized"}}"#,
            Keystone,
            Some("401"),
            Some("Wrong password."),
        ),
        (
            r#"{"errorCode":"X.1","errorMsg":"no"}"#,
            CamelCase,
            Some("X.1"),
            Some("no"),
        ),
        (
            r#"{"code":"1","message":"no"}"#,
            CodeMessage,
            Some("1"),
            Some("no"),
        ),
        (
            r#"{"a":[{"b":{"code":7,"message":"deep"}}]}"#,
            CodeMessage,
            Some("7"),
            Some("deep"),
        ),
        (
            r#"[{"code":7,"message":"listed"}]"#,
            CodeMessage,
            Some("7"),
            Some("listed"),
        ),
        (r#"{"error_code":"1100"}"#, Service, Some("1100"), None),
        (r#"{"error_code":"","error_msg":""}"#, Unrecognised, None, None),
        (r#"{"error":"invalid"}"#, Unrecognised, None, None),
        ("<html><body>502 Bad Gateway</body></html>", Markup, None, None),
        ("upstream connect error", Unrecognised, None, None),
        ("\u{feff}{}", Unrecognised, None, None),
        ("", Empty, None, None),
        (" \r\n", Empty, None, None),
        ("{}", Unrecognised, None, None),
        ("null", Unrecognised, None, None),
    ] {
        let expected = (shape, code.map(str::to_owned), message.map(str::to_owned));
        assert_eq!(read(body), expected, "{body}");
    }
}

#[test]
fn the_request_id_and_the_denial_are_kept() {
    let body = ErrorBody::read(
        br#"{"error_code":"PAP5.0016","error_msg":"denied","request_id":"0f1e","encoded_authorization_message":"abc=="}"#,
    );
    assert_eq!(body.request_id(), Some("0f1e"));
    assert_eq!(body.encoded_authorization_message(), Some("abc=="));
}

#[test]
fn a_message_is_one_line_of_bounded_length() {
    let long = "长".repeat(600);
    let json = serde_json::json!({"error_code": "A\nB", "error_msg": format!("a\r\n\u{1b}[31m{long}")});
    let body = ErrorBody::read(json.to_string().as_bytes());
    assert_eq!(body.code(), Some("A B"));
    let message = body.message().unwrap();
    assert_eq!(message.chars().count(), 513);
    assert!(message.ends_with('…') && !message.chars().any(char::is_control));
}

#[test]
fn a_long_secret_that_is_taken_out_makes_room_for_what_follows() {
    let secret = "s".repeat(3_000);
    let json =
        serde_json::json!({"error_code": "A", "error_msg": format!("X-Auth-Token:{secret}|verify fail")});
    let body = ErrorBody::read(json.to_string().as_bytes());
    assert_eq!(body.message(), Some("X-Auth-Token:…|verify fail"));
}

#[test]
fn what_shows_nothing_is_no_text_and_nothing_begins_another_line() {
    let body =
        ErrorBody::read(br#"{"error_code":"\u0000 \u2028","error_msg":"\u0001a\u2028b\u2029c\u0085"}"#);
    assert_eq!((body.code(), body.message()), (None, Some("a b c")));
    assert_eq!(
        ErrorBody::read(br#"{"error_msg":"\u0000"}"#).shape(),
        ErrorShape::Unrecognised
    );
}

#[test]
fn a_code_alone_is_looked_through_for_one_with_a_message() {
    let body = ErrorBody::read(br#"{"failure":{"code":"X.1","cause":{"code":"X.2","message":"m"}}}"#);
    assert_eq!((body.code(), body.message()), (Some("X.2"), Some("m")));
    let alone = ErrorBody::read(br#"{"failure":{"code":"X.1"}}"#);
    assert_eq!(alone.shape(), ErrorShape::Unrecognised);
}

#[test]
fn a_bottomless_body_is_given_up() {
    let deep = format!("{}1{}", r#"{"a":"#.repeat(100), "}".repeat(100));
    assert_eq!(ErrorBody::read(deep.as_bytes()).shape(), ErrorShape::Unrecognised);
    let too_deep_for_json = "[".repeat(100_000);
    assert_eq!(
        ErrorBody::read(too_deep_for_json.as_bytes()).shape(),
        ErrorShape::Unrecognised
    );
}

proptest! {
    #[test]
    fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = ErrorBody::read(&body);
    }

    #[test]
    fn any_json_is_read(code in ".*", message in ".*", nested in any::<bool>()) {
        let mut json = serde_json::json!({"code": code, "message": message});
        if nested {
            json = serde_json::json!({"x": [json]});
        }
        let body = ErrorBody::read(json.to_string().as_bytes());
        prop_assert!(body.message().is_none_or(|text| !text.chars().any(char::is_control)));
    }
}

#[test]
fn a_gateway_that_repeats_a_secret_header_is_not_repeated() {
    let message = |text: &str| {
        let body = serde_json::json!({"error_code": "APIGW.0301", "error_msg": text}).to_string();
        ErrorBody::read(body.as_bytes()).message().unwrap().to_owned()
    };
    assert_eq!(
        message(
            "POST|/v1/|X-Sdk-Date:1|X-Security-Token:planted|x-security-token|hash, verify aksk signature fail"
        ),
        "POST|/v1/|X-Sdk-Date:1|X-Security-Token:…|x-security-token|hash, verify aksk signature fail"
    );
    assert_eq!(
        message("x-auth-token: planted\nauthorization:planted planted|x-auth-token:planted"),
        "x-auth-token:… authorization:…|x-auth-token:…"
    );
    for harmless in ["x-auth-token not found", "ſ x-auth-token", "authorization"] {
        assert_eq!(message(harmless), harmless);
    }
}

proptest! {
    #[test]
    fn no_secret_header_comes_through(before in "\\PC{0,40}", secret in "[a-z0-9]{20}", after in "\\PC{0,40}") {
        let text = format!("{before}X-Security-TOKEN:{secret}|{after}");
        let body = serde_json::json!({"error_code": "c", "error_msg": text}).to_string();
        let read = ErrorBody::read(body.as_bytes());
        prop_assert!(!read.message().unwrap_or_default().contains(&secret));
    }
}
