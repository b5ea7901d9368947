use std::str::FromStr;

use http::{HeaderName, HeaderValue, Request};
use proptest::prelude::*;
use serde_json::Value;

use super::*;

const VECTORS: &str = include_str!("../../tests/data/signing-vectors.json");

/// The vectors of algorithms that the emulator does not check, with the reason.
fn skipped(name: &str) -> Option<&'static str> {
    name.starts_with("v11-")
        .then_some("V11-HMAC-SHA256 needs a service name that the clients of these services never set")
}

fn vectors() -> Vec<Value> {
    let document: Value = serde_json::from_str(VECTORS).unwrap();
    document["vectors"].as_array().unwrap().clone()
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap_or_default()
}

fn request(vector: &Value) -> (Parts, Vec<u8>) {
    let (mut head, ()) = Request::builder()
        .method(text(vector, "method"))
        .uri(text(vector, "uri"))
        .body(())
        .unwrap()
        .into_parts();
    for (name, value) in vector["headers"].as_object().unwrap() {
        let value = HeaderValue::from_str(value.as_str().unwrap()).unwrap();
        head.headers.append(HeaderName::from_str(name).unwrap(), value);
    }
    (head, text(vector, "body").as_bytes().to_vec())
}

#[test]
fn the_golden_vectors_are_accepted() {
    let mut checked = 0;
    for vector in vectors() {
        let name = text(&vector, "name");
        let (head, body) = request(&vector);
        if let Some(reason) = skipped(name) {
            println!("skipped {name}: {reason}");
            assert!(Signed::read(&head, &body).is_err(), "{name}");
            continue;
        }
        let signed = Signed::read(&head, &body).unwrap();
        let canonical = text(&vector, "canonical_request");
        let computed: Vec<_> = signed
            .payloads
            .iter()
            .map(|payload| String::from_utf8(signed.canonical.bytes(payload)).unwrap())
            .collect();
        assert!(
            computed.iter().any(|computed| computed == canonical),
            "{name}: {computed:#?}"
        );
        assert_eq!(signed.access, text(&vector, "access_key"), "{name}");
        assert_eq!(time::basic(signed.at), text(&vector, "x_sdk_date"), "{name}");
        assert_eq!(hex(&signed.signature), text(&vector, "signature"), "{name}");
        let secret = text(&vector, "secret_key");
        assert!(signed.is_proved_by(secret.as_bytes()), "{name}");
        assert!(!signed.is_proved_by(&secret.as_bytes()[1..]), "{name}");
        checked += 1;
    }
    assert_eq!(checked, 17);
}

#[test]
fn a_vector_that_was_changed_is_not_proved() {
    let vectors = vectors();
    let vector = vectors
        .iter()
        .find(|vector| text(vector, "name") == "post-export-sessions-json")
        .unwrap();
    let secret = text(vector, "secret_key").as_bytes();
    let proved =
        |head: &Parts, body: &[u8]| Signed::read(head, body).is_ok_and(|signed| signed.is_proved_by(secret));
    let (head, body) = request(vector);
    assert!(proved(&head, &body));
    assert!(!proved(&head, &body[1..]));
    type Change = fn(&mut Parts);
    let changes: [Change; 3] = [
        |head| head.method = http::Method::PUT,
        |head| head.uri = format!("{}?a", head.uri).parse().unwrap(),
        |head| head.uri = format!("{}/a", head.uri).parse().unwrap(),
    ];
    for (number, change) in changes.iter().enumerate() {
        let (mut head, body) = request(vector);
        change(&mut head);
        assert!(!proved(&head, &body), "change {number}");
    }
    for (name, value) in [
        ("content-type", "text/plain"),
        ("host", "elsewhere"),
        ("x-sdk-date", "20240227T034752Z"),
        ("x-sdk-content-sha256", "UNSIGNED-PAYLOAD"),
    ] {
        let (mut head, body) = request(vector);
        head.headers.insert(name, HeaderValue::from_static(value));
        assert!(!proved(&head, &body), "{name}");
    }
    let (mut head, body) = request(vector);
    head.headers.insert("accept", HeaderValue::from_static("*/*"));
    assert!(proved(&head, &body), "a header that is not signed may change");
}

#[test]
fn values_are_trimmed_and_secrets_are_not_shown() {
    let mut headers = http::HeaderMap::new();
    headers.insert("x-custom", HeaderValue::from_static(" \t padded  value "));
    headers.insert("x-security-token", HeaderValue::from_static("planted"));
    headers.insert("x-bytes", HeaderValue::from_bytes(b"\xff\xfe").unwrap());
    let uri = "/%ff?b=2&a=1".parse().unwrap();
    let signed = ["x-bytes", "x-custom", "x-security-token"];
    let canonical = CanonicalRequest::new("GET", &uri, &headers, &signed).unwrap();
    let bytes = canonical.bytes(b"hash");
    let expected: &[u8] = b"GET\n/%FF/\na=1&b=2\nx-bytes:\xff\xfe\nx-custom:padded  value\n\
        x-security-token:planted\n\nx-bytes;x-custom;x-security-token\nhash";
    assert_eq!(bytes, expected);
    let shown = canonical.shown(b"hash");
    assert!(shown.starts_with("GET|/%FF/|a=1&b=2|x-bytes:\u{fffd}\u{fffd}|x-custom:padded  value|"));
    assert!(shown.contains("x-security-token:[redacted]||x-bytes;") && !shown.contains("planted"));

    headers.insert("x-custom", HeaderValue::try_from("é".repeat(60_000)).unwrap());
    let canonical = CanonicalRequest::new("GET", &uri, &headers, &signed).unwrap();
    assert!(canonical.shown(b"hash").len() < 2_100);
}

#[test]
fn the_host_of_an_absolute_target_stands_in_for_the_header() {
    let uri = "http://elsewhere:81/v3/projects".parse().unwrap();
    let headers = http::HeaderMap::new();
    let canonical = CanonicalRequest::new("GET", &uri, &headers, &["host"]).unwrap();
    assert!(
        canonical
            .bytes(b"")
            .starts_with(b"GET\n/v3/projects/\n\nhost:elsewhere:81\n")
    );
    let uri = "/v3/projects".parse().unwrap();
    assert!(CanonicalRequest::new("GET", &uri, &headers, &["host"]).is_err());
}

proptest! {
    #[test]
    fn no_request_makes_it_panic(
        target in "/[!-~]{0,40}",
        name in "[a-z-]{1,12}",
        value in proptest::collection::vec(prop_oneof![Just(9_u8), 32_u8..=126, 128_u8..=255], 0..40),
        authorization in "SDK-HMAC-SHA256 Access=[A-Z]{0,3}, SignedHeaders=(x-sdk-date|[a-z;-]{0,20}), Signature=[0-9a-f]{60,64}",
        date in "[0-9TZ]{14,17}|20240227T034751Z",
        body in any::<Vec<u8>>(),
    ) {
        let Ok(uri) = target.parse::<http::Uri>() else { return Ok(()) };
        let (mut head, ()) = Request::builder().uri(uri).body(()).unwrap().into_parts();
        let value = HeaderValue::from_bytes(&value).unwrap();
        head.headers.append(HeaderName::from_str(&name).unwrap(), value);
        head.headers.append("authorization", HeaderValue::try_from(authorization).unwrap());
        head.headers.append("x-sdk-date", HeaderValue::try_from(date).unwrap());
        if let Ok(signed) = Signed::read(&head, &body) {
            prop_assert!(!signed.is_proved_by(b"secret"));
            let _ = signed.canonical.shown(&signed.payloads[0]);
        }
    }
}
