use std::collections::{BTreeMap, BTreeSet};

use http::{HeaderMap, HeaderName, Method, Uri, header};
use serde::Deserialize;

use super::canonical::write_request;
use super::*;

/// Vectors of the file that another algorithm or another rule made.
const SKIPPED: [(&str, &str); 3] = [
    (
        "v11-derived",
        "V11-HMAC-SHA256 derives a key per region and service; these services do not ask for it",
    ),
    ("v11-derived-post-token", "V11-HMAC-SHA256 as well"),
    (
        "post-non-json-empty-body",
        "the Python signer hashes an empty body although X-Sdk-Content-Sha256 says UNSIGNED-PAYLOAD; the Go signer and \
         this one take the header at its word",
    ),
];

#[derive(Deserialize)]
struct File {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    method: String,
    url: String,
    headers: BTreeMap<String, String>,
    body: Option<String>,
    access_key_id: String,
    secret: String,
    x_sdk_date: String,
    canonical_request: String,
    canonical_request_sha256: String,
    string_to_sign: String,
    signature: String,
    authorization: String,
}

fn vectors() -> Vec<Vector> {
    let text = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/signing-vectors.json"
    ));
    serde_json::from_str::<File>(text).unwrap().vectors
}

struct Owned {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Owned {
    fn get(url: &str) -> Self {
        Self {
            method: Method::GET,
            uri: url.parse().unwrap(),
            headers: HeaderMap::new(),
            body: Vec::new(),
        }
    }

    fn header(mut self, name: &'static str, value: &'static [u8]) -> Self {
        self.headers.append(name, HeaderValue::from_bytes(value).unwrap());
        self
    }

    fn parts(&self) -> Parts<'_> {
        Parts {
            method: &self.method,
            uri: &self.uri,
            headers: &self.headers,
            body: &self.body,
        }
    }

    fn canonical_request(&self, signed: &SignedHeaders) -> String {
        let mut text = Vec::new();
        write_request(self.parts(), signed, &mut |bytes| text.extend_from_slice(bytes));
        String::from_utf8(text).unwrap()
    }

    /// The lines that come of the path and of the query.
    fn canonical_target(&self) -> (String, String) {
        let text = self.canonical_request(&SignedHeaders::of(self.parts()));
        let mut lines = text.lines().skip(1).map(str::to_owned);
        (lines.next().unwrap(), lines.next().unwrap())
    }

    /// The lines of the headers, and the names.
    fn canonical_headers(&self) -> (String, String) {
        let text = self.canonical_request(&SignedHeaders::of(self.parts()));
        // After the method, the path and the query, and before the hash.
        let block = text.splitn(4, '\n').nth(3).unwrap().rsplit_once('\n').unwrap().0;
        let (lines, names) = block.split_once("\n\n").unwrap();
        (lines.to_owned(), names.to_owned())
    }
}

impl Vector {
    fn request(&self) -> Owned {
        let headers = self.headers.iter().map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        });
        Owned {
            method: self.method.parse().unwrap(),
            uri: self.url.parse().unwrap(),
            headers: headers.collect(),
            body: self.body.clone().unwrap_or_default().into_bytes(),
        }
    }

    /// The official SDK signs every header whose name has no underscore.
    fn signed(&self) -> SignedHeaders {
        let headers = self.request().headers;
        let names = headers
            .keys()
            .filter(|name| !name.as_str().contains('_'))
            .cloned();
        SignedHeaders::new(names.chain([header::HOST]))
    }
}

#[test]
fn the_official_signer_agrees() {
    let mut checked = BTreeSet::new();
    for vector in vectors() {
        let name = vector.name.clone();
        if SKIPPED.iter().any(|(skipped, _)| *skipped == name) {
            continue;
        }
        let (request, signed) = (vector.request(), vector.signed());
        let hash = canonical_request_hash(request.parts(), &signed);
        assert_eq!(
            request.canonical_request(&signed),
            vector.canonical_request,
            "{name}"
        );
        assert_eq!(hash, vector.canonical_request_sha256, "{name}");
        assert_eq!(
            string_to_sign(&vector.x_sdk_date, &hash),
            vector.string_to_sign,
            "{name}"
        );
        assert_eq!(
            signature(&vector.secret, &vector.string_to_sign),
            vector.signature,
            "{name}"
        );
        let key = AccessKey::new(&vector.access_key_id, vector.secret).unwrap();
        let value = authorization(&key, request.parts(), &signed, &vector.x_sdk_date);
        assert!(value.is_sensitive());
        assert_eq!(value, vector.authorization, "{name}");
        checked.insert(name);
    }
    let skipped = SKIPPED.map(|(name, _)| name.to_owned());
    let accounted: BTreeSet<_> = checked.iter().cloned().chain(skipped).collect();
    let all: BTreeSet<_> = vectors().into_iter().map(|vector| vector.name).collect();
    assert_eq!(
        accounted, all,
        "every vector is either checked or skipped for a reason"
    );
    assert_eq!((checked.len(), all.len()), (16, 19));
}

#[test]
fn the_skipped_empty_body_differs_in_nothing_but_its_hash() {
    let vector = vectors()
        .into_iter()
        .find(|vector| vector.name == "post-non-json-empty-body")
        .unwrap();
    let theirs = vector.canonical_request.rsplit_once('\n').unwrap();
    let ours = vector.request().canonical_request(&vector.signed());
    assert_eq!(theirs.1, hex(&Sha256::digest("")));
    assert_eq!(ours.rsplit_once('\n').unwrap(), (theirs.0, "UNSIGNED-PAYLOAD"));
}

#[test]
fn hmac_of_rfc_4231() {
    assert_eq!(
        signature("Jefe", "what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
    // A key that is longer than a block. The RFC's is no text, so this one's result is from Python's `hmac`.
    assert_eq!(
        signature(
            &"k".repeat(131),
            "Test Using Larger Than Block-Size Key - Hash Key First"
        ),
        "70e4b005732fa7ff79392aa24fb240159b925dbc9f1398420c0f45e6763dcf14"
    );
}

#[test]
fn the_date_is_in_utc_and_in_seconds() {
    let at = "2019-11-15T11:36:55.999+08:00".parse().unwrap();
    assert_eq!(timestamp(at), "20191115T033655Z");
}

#[test]
fn the_canonical_path() {
    for (url, path) in [
        ("https://a", "/"),
        ("https://a/", "/"),
        ("https://a/v1", "/v1/"),
        ("https://a/v1/", "/v1/"),
        ("https://a//v1//.", "//v1//./"),
        ("https://a/%41%2d%5f%7e%2E", "/A-_~./"),
        ("https://a/a+b%2Bc*d'", "/a%2Bb%2Bc%2Ad%27/"),
        // What is no escape is itself.
        ("https://a/%/%4/%zz/%%41", "/%25/%254/%25zz/%25A/"),
        // Not UTF-8, and not an escape of it.
        ("https://a/%ff%C3", "/%FF%C3/"),
        ("https://a/%252F%2fb", "/%252F/b/"),
        ("https://a/%0A", "/%0A/"),
        ("https://a/é", "/%C3%A9/"),
    ] {
        assert_eq!(Owned::get(url).canonical_target().0, path, "{url}");
    }
    let mut options = Owned::get("*");
    options.method = "options".parse().unwrap();
    assert!(
        options
            .canonical_request(&SignedHeaders::of(options.parts()))
            .starts_with("OPTIONS\n%2A/\n\n\n\n")
    );
}

#[test]
fn the_canonical_query() {
    for (query, canonical) in [
        ("", ""),
        ("?", ""),
        ("?&&", ""),
        ("?b=2&a=1&a=0", "a=0&a=1&b=2"),
        ("?a", "a="),
        ("?a=&a", "a=&a="),
        ("?=", "="),
        ("?a=b=c", "a=b%3Dc"),
        ("?a=1+2%202", "a=1%2B2%202"),
        ("?%zz=%", "%25zz=%25"),
        ("?é", "%C3%A9="),
        ("?a=%ff", "a=%FF"),
        // By what they mean: encoded, `%E5` comes before `z`, and `%2F` before `-`.
        ("?%E5%BC%A0=1&z=1", "z=1&%E5%BC%A0=1"),
        ("?a=%2F&a=-", "a=-&a=%2F"),
        // By the name first: `a` is before `a!`, although `a!=` is before `a=`.
        ("?a!=1&a=2", "a=2&a%21=1"),
        ("?t=t2&t=t10&t=t1", "t=t1&t=t10&t=t2"),
    ] {
        assert_eq!(
            Owned::get(&format!("https://a/{query}")).canonical_target().1,
            canonical,
            "{query}"
        );
    }
}

#[test]
fn what_this_client_signs() {
    let request = Owned::get("https://workspace.example.com:443/?q")
        .header("x-sdk-date", b"20191115T033655Z")
        .header("content-type", b"\tapplication/json ")
        .header("x-project-id", b"p1")
        .header("x-security-token", b"st")
        .header("x-auth-token", b"MIIsecret")
        .header("x_skip", b"1")
        .header("x-s_kip", b"1")
        .header("user-agent", b"curl")
        .header("accept", b"*/*")
        .header("accept-encoding", b"gzip")
        .header("authorization", b"old");
    let (lines, names) = request.canonical_headers();
    assert_eq!(
        names,
        "content-type;host;x-project-id;x-sdk-date;x-security-token"
    );
    assert_eq!(
        lines,
        "content-type:application/json\nhost:workspace.example.com\nx-project-id:p1\n\
         x-sdk-date:20191115T033655Z\nx-security-token:st"
    );
}

#[test]
fn a_repeated_header_has_a_line_for_each_value() {
    let request = Owned::get("https://a/?q")
        .header("x-tag", b" b ")
        .header("x-tag", b"")
        .header("x-tag", b"a");
    let (lines, names) = request.canonical_headers();
    assert_eq!(
        (lines.as_str(), names.as_str()),
        ("host:a\nx-tag:\nx-tag:a\nx-tag:b", "host;x-tag")
    );
}

#[test]
fn the_host_is_the_one_on_the_wire() {
    for (url, host) in [
        ("https://a:443/?", "a"),
        ("https://a:80/?", "a:80"),
        ("http://a:80/?", "a"),
        ("http://a:443/?", "a:443"),
        ("http://127.0.0.1:08080/?", "127.0.0.1:8080"),
        ("https://[::1]/?", "[::1]"),
        ("https://[::1]:8443/?", "[::1]:8443"),
        ("https://user:password@a/?", "a"),
    ] {
        let (lines, names) = Owned::get(url).canonical_headers();
        assert_eq!(
            (lines, names),
            (format!("host:{host}"), "host".to_owned()),
            "{url}"
        );
    }
    let explicit = Owned::get("https://a:8443/?").header("host", b" b.example.com ");
    assert_eq!(explicit.canonical_headers().0, "host:b.example.com");
    // A request without a host has none to sign.
    let nowhere = Owned::get("/?");
    let text = nowhere.canonical_request(&SignedHeaders::of(nowhere.parts()));
    assert!(text.starts_with("GET\n/\n\n\n\n"), "{text}");
}

#[test]
fn header_bytes_need_not_be_text() {
    let request = Owned::get("https://a").header("x-name", b"caf\xe9");
    let mut text = Vec::new();
    write_request(
        request.parts(),
        &SignedHeaders::of(request.parts()),
        &mut |bytes| text.extend_from_slice(bytes),
    );
    assert!(text.windows(12).any(|window| window == b"x-name:caf\xe9\n"));
}

#[test]
fn a_hash_that_is_named_is_taken_at_its_word() {
    let mut request = Owned::get("https://a").header("x-sdk-content-sha256", b" UNSIGNED-PAYLOAD ");
    request.body = b"body".to_vec();
    let text = request.canonical_request(&SignedHeaders::of(request.parts()));
    assert!(
        text.ends_with("\nhost;x-sdk-content-sha256\nUNSIGNED-PAYLOAD"),
        "{text}"
    );
    request.headers.clear();
    let text = request.canonical_request(&SignedHeaders::of(request.parts()));
    assert!(
        text.ends_with("\nhost\n230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"),
        "{text}"
    );
}
