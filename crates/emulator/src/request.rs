//! What every operation reads from a request: query parameters, a bounded body, JSON.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use serde_json::{Map, Value};

use crate::choices::MediaType;
use crate::reply::Refusal;

const JSON: &str = "application/json";

/// The gateway's limit for a body, in bytes.
const BODY_LIMIT: usize = 12 * 1024 * 1024;

/// The gateway's limit for a target, in bytes.
const TARGET_LIMIT: usize = 32 * 1024;

/// The gateway's limit for the value of a header, in bytes.
const HEADER_LIMIT: usize = 32 * 1024;

/// The gateway's limit for all headers, in bytes.
const HEADERS_LIMIT: usize = 128 * 1024;

/// How much of a body that is too long is still read. A server that answers and closes while the client sends
/// makes the client see a reset instead of the answer.
const DRAIN_LIMIT: usize = 64 * 1024 * 1024;

/// Refuses a head that is longer than the gateway lets pass.
pub(crate) fn check_head(uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    let target = uri.path_and_query().map_or(0, |target| target.as_str().len());
    if target > TARGET_LIMIT {
        return Err(Refusal::target_too_long());
    }
    let long = headers.values().any(|value| value.len() > HEADER_LIMIT);
    // A colon, a blank and a line end belong to every header.
    let total: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    if long || total > HEADERS_LIMIT {
        return Err(Refusal::head_too_large());
    }
    Ok(())
}

/// Reads a whole body, or refuses it when it is longer than the gateway lets pass.
pub(crate) async fn read_body(body: Body) -> Result<Bytes, Refusal> {
    let mut frames = body.into_data_stream();
    let (mut kept, mut seen) = (BytesMut::new(), 0_usize);
    while let Some(frame) = frames.next().await {
        let frame = frame.map_err(|_| {
            Refusal::gateway(
                StatusCode::BAD_REQUEST,
                "APIGW.0201",
                "Bad request: the body could not be read",
            )
        })?;
        seen = seen.saturating_add(frame.len());
        if seen <= BODY_LIMIT {
            kept.extend_from_slice(&frame);
        } else if seen > DRAIN_LIMIT {
            break;
        } else {
            kept = BytesMut::new();
        }
    }
    if seen > BODY_LIMIT {
        let message = "Request entity too large: the body exceeds 12 MB";
        return Err(Refusal::gateway(
            StatusCode::PAYLOAD_TOO_LARGE,
            "APIGW.0201",
            message,
        ));
    }
    Ok(kept.freeze())
}

/// What a JSON body is for. The definitions declare different media types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyOf {
    Export,
    Deletion,
}

/// Refuses any media type but `application/json`, as far as the choice says so.
pub(crate) fn require_json(headers: &HeaderMap, rule: MediaType, body: BodyOf) -> Result<(), Refusal> {
    let media_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let expected = match (rule, body) {
        (MediaType::Any, _) => true,
        (MediaType::Exact, BodyOf::Export) => media_type.eq_ignore_ascii_case(JSON),
        (MediaType::Json, _) | (MediaType::Exact, BodyOf::Deletion) => essence.eq_ignore_ascii_case(JSON),
    };
    if expected {
        return Ok(());
    }
    let message = "The server does not support the media type of the request payload.";
    Err(Refusal::service(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "WKS.00000415",
        message,
    ))
}

/// A header that is there more than once.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Repeated;

/// The only value of a header. One that is given twice is refused: two servers may read different ones.
pub(crate) fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a HeaderValue>, Repeated> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Repeated);
    }
    Ok(first)
}

/// A JSON object, or `None` for anything else.
pub(crate) fn json_object(body: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    }
}

/// The decoded parameters of a query.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

/// What is wrong with a parameter: a sentence that begins with its name.
pub(crate) type QueryFault = String;

impl Query {
    /// Decodes a query string. `+` is a blank, as in forms.
    pub(crate) fn parse(query: &str) -> Result<Self, QueryFault> {
        let decode = |text: &str| {
            percent_decode(&text.replace('+', " "))
                .ok_or_else(|| "The query is not valid percent-encoded UTF-8.".to_owned())
        };
        query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Ok((decode(name)?, decode(value)?))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The value of a parameter. One that is given twice is refused: the services do not say which counts.
    pub(crate) fn get(&self, name: &str) -> Result<Option<&str>, QueryFault> {
        let mut values = self
            .0
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.as_str());
        let first = values.next();
        if values.next().is_some() {
            return Err(format!("{name} is given more than once."));
        }
        Ok(first)
    }

    /// All parameters in the order of the query.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A whole number within bounds, or `default` when the parameter is absent.
    pub(crate) fn number(&self, name: &str, default: u32, min: u32, max: u32) -> Result<usize, QueryFault> {
        let fault = || format!("{name} must be a whole number from {min} to {max}.");
        let number = match self.get(name)? {
            None => default,
            Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.parse().map_err(|_| fault())?
            }
            Some(_) => return Err(fault()),
        };
        if !(min..=max).contains(&number) {
            return Err(fault());
        }
        usize::try_from(number).map_err(|_| fault())
    }
}

/// Decodes `%XX`, or gives `None` where the encoding or the resulting UTF-8 is broken.
pub(crate) fn percent_decode(text: &str) -> Option<String> {
    let hex = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let [high, low, after @ ..] = tail else {
                return None;
            };
            decoded.push(hex(high)? << 4 | hex(low)?);
            rest = after;
        } else {
            decoded.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn queries_are_decoded() {
        let query = Query::parse("limit=10&user_name=%E5%BC%A0%20%E4%B8%89&vm_ip=&a+b=c%2Bd&&flag").unwrap();
        assert_eq!(query.get("user_name").unwrap(), Some("张 三"));
        assert_eq!(query.get("vm_ip").unwrap(), Some(""));
        assert_eq!(query.get("a b").unwrap(), Some("c+d"));
        assert_eq!(query.get("flag").unwrap(), Some(""));
        assert_eq!(query.get("absent").unwrap(), None);
        assert_eq!(query.number("limit", 1, 1, 100), Ok(10));
        assert_eq!(query.number("offset", 7, 0, 100), Ok(7));
        assert!(query.number("limit", 1, 1, 9).is_err());
        assert!(query.number("flag", 1, 1, 9).is_err());
    }

    #[test]
    fn broken_queries_are_refused() {
        for query in ["a=%", "a=%4", "a=%zz", "a=%ff", "%+1=a"] {
            assert!(Query::parse(query).is_err(), "{query}");
        }
        assert!(Query::parse("a=1&a=1").unwrap().get("a").is_err());
    }

    #[test]
    fn media_types_are_compared_without_parameters_and_case() {
        let headers = |value: &'static str| HeaderMap::from_iter([(CONTENT_TYPE, value.parse().unwrap())]);
        let require_json = |headers| require_json(&headers, MediaType::Json, BodyOf::Export);
        assert!(require_json(headers("application/json")).is_ok());
        assert!(require_json(headers("Application/JSON ;charset=utf-8")).is_ok());
        assert!(require_json(headers("application/jsonp")).is_err());
        assert!(require_json(HeaderMap::new()).is_err());
    }

    proptest! {
        #[test]
        fn decoding_never_panics(text in "\\PC*|[%0-9a-f+&=]{0,40}") {
            let _ = Query::parse(&text);
        }
    }
}
