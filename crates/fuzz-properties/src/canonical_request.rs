//! Signed requests.

use std::collections::BTreeSet;

use chrono::DateTime;
use http::{HeaderMap, Method, Uri};
use session_export_auth::{AccessKey, AccessKeyAuthenticator, Authenticate, StaticAccessKey};
use session_export_transport::{Request, RequestBody};
use sha2::{Digest, Sha256};
use url::Url;

use crate::input::{first_line, head_and_body};
use crate::one_client::run;

const ID: &str = "QTWAOYTTINDUT2QVKYUC";
const SECRET: &str = "plantedQ1w2E3r4T5y6U7i8O9p0A1s2D3f4G5h6J";
const DATE: &str = "20191115T033655Z";

/// `METHOD target`, headers, an empty line and a body.
///
/// The signature is the one that a second, naive signer computes; it does not depend on the order of headers of
/// different names, on the case of escapes or on whether an unreserved character of the query is escaped; a signed request can be
/// signed again; and nothing but the four headers of a signature changes.
///
/// # Panics
///
/// When that does not hold.
pub fn canonical_request(data: &[u8]) {
    if contains(data, SECRET) {
        return;
    }
    let (line, rest) = first_line(data);
    let Some(blank) = line.iter().position(|byte| *byte == b' ') else {
        return;
    };
    let target = match line[blank + 1..].trim_ascii() {
        path @ [b'/', ..] => [b"https://service.region.example.com", path].concat(),
        whole => whole.to_vec(),
    };
    let (Ok(method), Ok(uri)) = (Method::from_bytes(&line[..blank]), Uri::try_from(target)) else {
        return;
    };
    // `http` takes some authorities that are in no URL, and no transport can call those.
    if Url::parse(&uri.to_string()).is_err() {
        return;
    }
    let (headers, body) = head_and_body(rest);
    let mut request = Request::new(RequestBody::from(body.to_vec()));
    (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) = (method, uri, headers);

    let before = request.headers().clone();
    let Some(signature) = sign(&mut request) else {
        assert_eq!(
            request.headers(),
            &before,
            "a request that is not signed stays as it was"
        );
        return;
    };
    assert_eq!(signature, naive(&request, body), "{request:?}");
    assert!(!format!("{request:?}").contains(&signature), "{request:?}");
    assert!(
        request
            .headers()
            .values()
            .all(|value| !contains(value.as_bytes(), SECRET))
    );
    let added = ["x-sdk-date", "authorization", "x-security-token", "x-project-id"];
    for name in before.keys().chain(request.headers().keys()) {
        if !added.contains(&name.as_str()) {
            let values = |headers: &HeaderMap| headers.get_all(name).iter().cloned().collect::<Vec<_>>();
            assert_eq!(values(&before), values(request.headers()));
        }
    }
    assert_eq!(sign(&mut request), Some(signature.clone()), "signed again");

    let mut reversed = HeaderMap::new();
    let names: Vec<_> = before.keys().collect();
    for name in names.into_iter().rev() {
        before.get_all(name).iter().for_each(|value| {
            reversed.append(name, value.clone());
        });
    }
    *request.headers_mut() = reversed;
    assert_eq!(
        sign(&mut request),
        Some(signature.clone()),
        "another order of headers"
    );

    if let Some(uri) = respelt(request.uri()) {
        *request.uri_mut() = uri;
        assert_eq!(
            sign(&mut request),
            Some(signature),
            "{} is spelt otherwise",
            request.uri()
        );
    }
}

/// The value of `Authorization`; none if the request is refused.
fn sign(request: &mut Request) -> Option<String> {
    let key = AccessKey::new(ID, SECRET).expect("a good key");
    let authenticator = AccessKeyAuthenticator::for_account(StaticAccessKey::new(key));
    let at = DateTime::from_timestamp(1_573_789_015, 0).expect("a moment");
    run(authenticator.authenticate(request, at)).ok()?;
    assert_eq!(request.headers()["x-sdk-date"], DATE);
    let value = request.headers().get("authorization")?;
    assert!(value.is_sensitive());
    Some(value.to_str().expect("ASCII").to_owned())
}

/// The guide's algorithm, written down once more and slowly.
fn naive(request: &Request, body: &[u8]) -> String {
    let uri = request.uri();
    let mut names = BTreeSet::from(["host".to_owned()]);
    for name in request.headers().keys().map(|name| name.as_str()) {
        if name == "content-type" || (name.starts_with("x-") && !name.contains('_') && name != "x-auth-token")
        {
            names.insert(name.to_owned());
        }
    }
    let mut lines = Vec::new();
    for name in &names {
        let mut values: Vec<Vec<u8>> = Vec::new();
        for value in request.headers().get_all(name) {
            values.push(value.as_bytes().trim_ascii().to_vec());
        }
        if name == "host" {
            values.truncate(1);
            if values.is_empty() {
                values.push(host(uri).into_bytes());
            }
        }
        values.sort();
        for value in values {
            lines.extend_from_slice(name.as_bytes());
            lines.push(b':');
            lines.extend(value);
            lines.push(b'\n');
        }
    }
    let mut path = encoded(&decoded(uri.path()), "/");
    if !path.ends_with('/') {
        path.push('/');
    }
    let mut query: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for pair in uri.query().unwrap_or("").split('&') {
        if !pair.is_empty() {
            let equals = pair.find('=').unwrap_or(pair.len());
            let value = pair.get(equals + 1..).unwrap_or("");
            query.push((decoded(&pair[..equals]), decoded(value)));
        }
    }
    query.sort();
    let query: Vec<String> = query
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name, ""), encoded(value, "")))
        .collect();
    let payload = match request.headers().get("x-sdk-content-sha256") {
        Some(declared) => declared.as_bytes().trim_ascii().to_vec(),
        None => hex(&Sha256::digest(body)).into_bytes(),
    };
    let names = names.into_iter().collect::<Vec<_>>().join(";");
    let method = request.method().as_str().to_ascii_uppercase();
    let head = format!("{method}\n{path}\n{}\n", query.join("&"));
    let canonical = [head.as_bytes(), &lines, b"\n", names.as_bytes(), b"\n", &payload].concat();
    let to_sign = format!("SDK-HMAC-SHA256\n{DATE}\n{}", hex(&Sha256::digest(canonical)));
    let signature = hex(&hmac(SECRET.as_bytes(), to_sign.as_bytes()));
    format!("SDK-HMAC-SHA256 Access={ID}, SignedHeaders={names}, Signature={signature}")
}

/// What a transport sends as `Host`.
fn host(uri: &Uri) -> String {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let host = authority.rsplit('@').next().unwrap_or("");
    let port = if uri.scheme_str() == Some("http") {
        ":80"
    } else {
        ":443"
    };
    let implied = |text: &str| text.strip_suffix(port).map(str::to_owned);
    let Some((name, number)) = host
        .rsplit_once(':')
        .filter(|(name, _)| !name.contains('[') || name.ends_with(']'))
    else {
        return host.to_owned();
    };
    match number.parse::<u16>() {
        // Leading zeros are not sent.
        Ok(number) => {
            let plain = format!("{name}:{number}");
            implied(&plain).unwrap_or(plain)
        }
        Err(_) => name.to_owned(),
    }
}

/// HMAC (RFC 2104) for keys of at most a block.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = key.to_vec();
    block.resize(64, 0);
    let pad = |with: u8| block.iter().map(|byte| byte ^ with).collect::<Vec<_>>();
    let inner = Sha256::digest([&pad(0x36), text].concat());
    Sha256::digest([&pad(0x5c), &inner[..]].concat()).to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let pair = text
            .get(at + 1..at + 3)
            .filter(|pair| pair.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match pair {
            Some(pair) if bytes[at] == b'%' => {
                decoded.push(u8::from_str_radix(pair, 16).expect("two hexadecimal digits"));
                at += 3;
            }
            _ => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    decoded
}

fn encoded(bytes: &[u8], kept: &str) -> String {
    let mut text = String::new();
    for byte in bytes {
        let c = char::from(*byte);
        if c.is_ascii_alphanumeric() || "-._~".contains(c) || kept.contains(c) {
            text.push(c);
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// The same target with every unreserved character of its query escaped, in digits of lower case.
fn respelt(uri: &Uri) -> Option<Uri> {
    let (before, query) = uri.path_and_query()?.as_str().split_once('?')?;
    let mut text = String::new();
    for c in query.chars() {
        if c.is_ascii_alphanumeric() && !query.contains('%') {
            text.push_str(&format!("%{:02x}", u32::from(c)));
        } else {
            text.push(c);
        }
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(format!("{before}?{text}").try_into().ok()?);
    Uri::from_parts(parts).ok()
}

fn contains(data: &[u8], text: &str) -> bool {
    data.windows(text.len()).any(|part| part == text.as_bytes())
}
