//! Faults of the group *request*.

use http::header::{CONTENT_TYPE, HOST, HeaderValue};
use session_export_transport::{Request, RequestBody};

use super::faulty::{Broken, good};
use super::mini::Fault;

pub(crate) fn all() -> Vec<Broken> {
    vec![
        Broken::made("reqwest-without-a-fault", &[], good),
        Broken::mini("mini-without-a-fault", &[], Fault::None),
        Broken::before("decodes-slashes", &["request.target"], decode_slashes),
        Broken::mini(
            "normalises-targets",
            &["request.raw-target"],
            Fault::NormalisesTargets,
        ),
        Broken::mini("sends-chunks", &["request.method-and-body"], Fault::SendsChunks),
        Broken::before("changes-line-ends", &["request.method-and-body"], |request| {
            if request.body().as_bytes() == b"\n" {
                *request.body_mut() = RequestBody::from("\r\n");
            }
        }),
        Broken::mini(
            "sends-stray-bytes",
            &["request.empty-body"],
            Fault::SendsStrayBytes,
        ),
        Broken::before("sends-null-for-nothing", &["request.empty-body"], |request| {
            if request.body().as_bytes().is_empty() && request.method() == http::Method::DELETE {
                *request.body_mut() = RequestBody::from("null");
            }
        }),
        Broken::before(
            "spoils-the-end-of-large-bodies",
            &["request.large-body"],
            |request| {
                let mut body = request.body().as_bytes().to_vec();
                if let Some(byte) = body.get_mut(4 << 20) {
                    *byte ^= 1;
                    *request.body_mut() = RequestBody::from(body);
                }
            },
        ),
        Broken::before("collapses-blanks", &["request.header-values"], |request| {
            replace_values(request, |text| text.replace("  ", " ").replace("  ", " "));
        }),
        Broken::before("joins-headers", &["request.duplicate-headers"], |request| {
            let tags: Vec<_> = request
                .headers()
                .get_all("x-tag")
                .iter()
                .map(HeaderValue::as_bytes)
                .collect();
            if let Ok(joined) = HeaderValue::from_bytes(&tags.join(&b", "[..]))
                && tags.len() > 1
            {
                request.headers_mut().insert("x-tag", joined);
            }
        }),
        Broken::before("adds-a-second-host", &["request.host"], |request| {
            let own = request
                .uri()
                .authority()
                .and_then(|authority| authority.as_str().parse().ok());
            if let Some(own) = own {
                request.headers_mut().append(HOST, own);
            }
        }),
    ]
}

fn decode_slashes(request: &mut Request) {
    let decoded = request.uri().to_string().replace("%2F", "/").replace("%2f", "/");
    if let Ok(uri) = decoded.parse() {
        *request.uri_mut() = uri;
    }
}

fn replace_values(request: &mut Request, replace: impl Fn(&str) -> String) {
    for (name, value) in request.headers_mut() {
        if name != CONTENT_TYPE
            && let Some(replaced) = value
                .to_str()
                .ok()
                .and_then(|text| HeaderValue::from_str(&replace(text)).ok())
        {
            *value = replaced;
        }
    }
}
