//! The signature against a second implementation, which shares nothing with the first but the hash function.
//!
//! It is naive on purpose: it works from what a call means, not from the URL that it becomes.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use futures_util::FutureExt;
use http::{HeaderName, HeaderValue, Method};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use session_export_auth::{AccessKey, AccessKeyAuthenticator, Authenticate, PlainHttp, StaticAccessKey};
use session_export_transport::{BaseUrl, Request, RequestBody};
use sha2::{Digest, Sha256};

/// A call, as its caller thinks of it.
#[derive(Clone, Debug)]
struct Call {
    method: &'static str,
    /// The base URL, and the host and the path prefix that it stands for.
    base: (&'static str, &'static str, &'static str),
    segments: Vec<String>,
    pairs: Vec<(String, String)>,
    host: Option<String>,
    headers: Vec<(&'static str, String)>,
    body_hash: Option<String>,
    body: Vec<u8>,
    project_id: Option<String>,
    id: String,
    secret: String,
    security_token: Option<String>,
    at: DateTime<Utc>,
}

const SIGNED: [&str; 4] = ["X-Tag", "x-other", "CONTENT-type", "X-Forwarded-For"];
const UNSIGNED: [&str; 7] = [
    "User-Agent",
    "accept",
    "Accept-Encoding",
    "X-Auth-Token",
    "X_Skip",
    "x-s_kip",
    "te",
];

fn calls() -> impl Strategy<Value = Call> {
    let header = prop_oneof![select(&SIGNED[..]), select(&UNSIGNED[..])];
    let value = "[ \t]{0,2}[ -~\u{a1}-\u{ff}]{0,8}[ \t]{0,2}";
    let name = prop_oneof!["[ab]", "\\PC{0,4}"];
    let base = select(vec![
        ("https://a.example.com", "a.example.com", ""),
        ("http://127.0.0.1:81/p.q", "127.0.0.1:81", "/p.q"),
        ("https://[::1]:8443", "[::1]:8443", ""),
    ]);
    let segment = "\\PC{1,8}".prop_filter("a base URL takes none of these", |text| {
        text != "." && text != ".."
    });
    let target = (
        select(vec!["GET", "POST", "DELETE", "patch"]),
        base,
        vec(segment, 0..4),
        vec((name, "\\PC{0,6}"), 0..5),
    );
    let rest = (
        option::of("[a-z.]{1,8}(:[1-9]{1,4})?"),
        vec((header, value), 0..6),
        option::of("UNSIGNED-PAYLOAD|[0-9a-f]{64}"),
        vec(any::<u8>(), 0..100),
        option::of(select(vec!["p1".to_owned(), "项目".to_owned()])),
    );
    let key = (
        "[!-+\\--~]{1,20}",
        "[!-~]{1,100}",
        option::of("[!-~]{1,40}"),
        0..4_000_000_000_i64,
    );
    (target, rest, key).prop_map(|(target, rest, key)| Call {
        method: target.0,
        base: target.1,
        segments: target.2,
        pairs: target.3,
        host: rest.0,
        headers: rest.1,
        body_hash: rest.2,
        body: rest.3,
        project_id: rest.4,
        id: key.0,
        secret: key.1,
        security_token: key.2,
        at: DateTime::from_timestamp(key.3, 0).unwrap(),
    })
}

impl Call {
    fn request(&self) -> Request {
        let base: BaseUrl = self.base.0.parse().unwrap();
        let pairs = self.pairs.iter().map(|(name, value)| (name.as_str(), value));
        let mut request = Request::new(RequestBody::from(self.body.clone()));
        *request.method_mut() = Method::from_bytes(self.method.as_bytes()).unwrap();
        *request.uri_mut() = base.url(&self.segments, pairs);
        let mut add = |name: &str, value: &str| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            request.headers_mut().append(name, value);
        };
        self.headers.iter().for_each(|(name, value)| add(name, value));
        self.host.iter().for_each(|host| add("Host", host));
        self.body_hash
            .iter()
            .for_each(|hash| add("X-Sdk-Content-Sha256", hash));
        request
    }

    fn authenticator(&self) -> AccessKeyAuthenticator<StaticAccessKey> {
        let mut key = AccessKey::new(&self.id, self.secret.as_str()).unwrap();
        if let Some(token) = &self.security_token {
            key = key.with_security_token(token.as_str()).unwrap();
        }
        let provider = StaticAccessKey::new(key);
        match &self.project_id {
            Some(id) => AccessKeyAuthenticator::for_project(provider, id.parse().unwrap()),
            None => AccessKeyAuthenticator::for_account(provider),
        }
    }

    fn signed(&self) -> Request {
        let mut request = self.request();
        sign(&self.authenticator(), &mut request, self.at);
        request
    }

    fn signature(&self) -> String {
        let value = authorization(&self.signed());
        value.rsplit_once("Signature=").unwrap().1.to_owned()
    }
}

fn sign(authenticator: &impl Authenticate, request: &mut Request, at: DateTime<Utc>) {
    authenticator
        .authenticate(request, at)
        .now_or_never()
        .unwrap()
        .unwrap();
}

fn authorization(request: &Request) -> String {
    request.headers()["authorization"].to_str().unwrap().to_owned()
}

/// The value of `Authorization`, by the letter of the guide.
fn naive(call: &Call) -> String {
    let at = call.at;
    let date = format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    );

    let mut path = call.base.2.to_owned();
    for segment in &call.segments {
        path = path + "/" + segment;
    }
    if !path.ends_with('/') {
        path += "/";
    }
    let path: Vec<String> = path.split('/').map(encode).collect();

    let mut pairs = call.pairs.clone();
    pairs.sort();
    let query: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();

    let mut headers = BTreeMap::<String, Vec<String>>::new();
    let mut add = |name: &str, value: &str| {
        let values = headers.entry(name.to_lowercase()).or_default();
        values.push(value.trim_matches([' ', '\t']).to_owned());
        values.sort();
    };
    for (name, value) in call.headers.iter().filter(|(name, _)| SIGNED.contains(name)) {
        add(name, value);
    }
    add("host", call.host.as_deref().unwrap_or(call.base.1));
    add("x-sdk-date", &date);
    call.project_id.iter().for_each(|id| add("x-project-id", id));
    call.security_token
        .iter()
        .for_each(|token| add("x-security-token", token));
    call.body_hash
        .iter()
        .for_each(|hash| add("x-sdk-content-sha256", hash));
    let lines: String = headers
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| format!("{name}:{value}\n")))
        .collect();
    let names: Vec<&str> = headers.keys().map(String::as_str).collect();
    let names = names.join(";");

    let body_hash = call.body_hash.clone().unwrap_or_else(|| hex(&sha256(&call.body)));
    let canonical = [
        call.method.to_uppercase(),
        path.join("/"),
        query.join("&"),
        lines,
        names.clone(),
        body_hash,
    ]
    .join("\n");
    let string_to_sign = format!("SDK-HMAC-SHA256\n{date}\n{}", hex(&sha256(canonical.as_bytes())));
    let signature = hex(&hmac(call.secret.as_bytes(), string_to_sign.as_bytes()));
    format!(
        "SDK-HMAC-SHA256 Access={}, SignedHeaders={names}, Signature={signature}",
        call.id
    )
}

fn encode(text: impl AsRef<str>) -> String {
    let bytes = text.as_ref().bytes();
    bytes
        .map(|byte| match char::from(byte) {
            plain @ ('A'..='Z' | 'a'..='z' | '0'..='9' | '-' | '_' | '.' | '~') => plain.to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 2104: `H(K XOR opad, H(K XOR ipad, text))`.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = if key.len() > 64 { sha256(key) } else { key.to_vec() };
    block.resize(64, 0);
    let pad = |with: u8| block.iter().map(move |byte| byte ^ with).collect::<Vec<u8>>();
    let inner = sha256(&[pad(0x36), text.to_vec()].concat());
    sha256(&[pad(0x5c), inner].concat())
}

/// Every text of a call that its signature covers and that is not empty.
fn signed_texts(call: &mut Call) -> Vec<&mut String> {
    let mut texts: Vec<&mut String> = call.segments.iter_mut().collect();
    texts.extend(call.pairs.iter_mut().flat_map(|(name, value)| [name, value]));
    let headers = call.headers.iter_mut().filter(|(name, _)| SIGNED.contains(name));
    texts.extend(headers.map(|(_, value)| value));
    texts.extend(
        [
            &mut call.host,
            &mut call.body_hash,
            &mut call.project_id,
            &mut call.security_token,
        ]
        .into_iter()
        .flatten(),
    );
    texts.push(&mut call.secret);
    texts.retain(|text| !text.is_empty());
    texts
}

/// Puts another character into the place of the one at `place`.
fn change(text: &mut String, place: &Index) {
    let mut chars: Vec<char> = text.chars().collect();
    let one = &mut chars[place.index(text.chars().count())];
    *one = if *one == 'b' { 'c' } else { 'b' };
    *text = chars.into_iter().collect();
}

proptest! {
    #[test]
    fn a_naive_signer_agrees(call in calls()) {
        prop_assert_eq!(authorization(&call.signed()), naive(&call));
    }

    #[test]
    fn the_order_of_pairs_and_of_headers_means_nothing(
        (call, pairs, headers) in calls().prop_flat_map(|call| {
            let pairs = Just(call.pairs.clone()).prop_shuffle();
            let headers = Just(call.headers.clone()).prop_shuffle();
            (Just(call), pairs, headers)
        }),
    ) {
        let shuffled = Call { pairs, headers, ..call.clone() };
        prop_assert_eq!(authorization(&shuffled.signed()), authorization(&call.signed()));
    }

    #[test]
    fn a_change_of_a_signed_text_changes_the_signature(call in calls(), which in any::<Index>(), place in any::<Index>()) {
        let mut changed = call.clone();
        let mut texts = signed_texts(&mut changed);
        let which = which.index(texts.len());
        change(texts[which], &place);
        prop_assert_ne!(changed.signature(), call.signature());
    }

    #[test]
    fn a_change_of_the_method_the_time_or_the_body_changes_it_too(call in calls(), place in any::<Index>(), bit in 0..8_u8) {
        let mut changed = call.clone();
        changed.method = if call.method == "GET" { "PUT" } else { "GET" };
        prop_assert_ne!(changed.signature(), call.signature());
        let later = Call { at: call.at + TimeDelta::seconds(1), ..call.clone() };
        prop_assert_ne!(later.signature(), call.signature());
        if !call.body.is_empty() {
            let mut changed = call.clone();
            changed.body[place.index(call.body.len())] ^= 1 << bit;
            // A hash that the request names stands for whatever the body is.
            prop_assert_eq!(changed.signature() == call.signature(), call.body_hash.is_some());
        }
    }

    #[test]
    fn what_a_proxy_may_change_is_not_signed(call in calls()) {
        let mut bare = call.clone();
        bare.headers.retain(|(name, _)| SIGNED.contains(name));
        prop_assert_eq!(authorization(&bare.signed()), authorization(&call.signed()));
    }

    #[test]
    fn signing_twice_is_signing_once(call in calls(), seconds in 0..1_000_i64) {
        let authenticator = call.authenticator();
        let once = call.signed();
        let mut twice = call.request();
        sign(&authenticator, &mut twice, call.at - TimeDelta::seconds(seconds));
        sign(&authenticator, &mut twice, call.at);
        prop_assert_eq!(twice.headers(), once.headers());
        prop_assert_eq!((twice.method(), twice.uri()), (once.method(), once.uri()));
        prop_assert_eq!(twice.body().as_bytes(), once.body().as_bytes());
    }

    #[test]
    fn any_target_that_parses_can_be_signed(
        target in prop_oneof![
            "\\PC{0,30}",
            "(https?://)?[a-z0-9:@.\\[\\]-]{0,8}/?[%/.0-9a-fé~;+']{0,12}(\\?[%&=0-9a-fé+;/?']{0,16})?",
            "/[^\\x00-\\x20]{0,20}",
        ],
        value in vec(prop_oneof![Just(b'\t'), 0x20..=0x7e_u8, 0x80..=0xff_u8], 0..12),
    ) {
        if let Ok(uri) = target.parse() {
            let key = StaticAccessKey::new(AccessKey::new("AKEXAMPLE", "SKsecret").unwrap());
            let authenticator = AccessKeyAuthenticator::for_account(key).plain_http(PlainHttp::Allowed);
            let mut request = Request::new(RequestBody::empty());
            *request.uri_mut() = uri;
            request.headers_mut().insert("x-tag", HeaderValue::from_bytes(&value).unwrap());
            sign(&authenticator, &mut request, DateTime::UNIX_EPOCH);
            let once = authorization(&request);
            sign(&authenticator, &mut request, DateTime::UNIX_EPOCH);
            prop_assert_eq!(authorization(&request), once);
        }
    }
}
