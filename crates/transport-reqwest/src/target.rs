//! From a request to reqwest's, without changing what was signed.

use http::Uri;
use http::uri::Scheme;
use session_export_transport::Request;

/// Why a request cannot be carried. The texts hold no part of the URL.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unsupported {
    #[error(transparent)]
    Kind(#[from] session_export_transport_net::Unsupported),
    #[error("the URL is not valid: {0}")]
    Url(String),
    #[error("URL normalisation would change the request target")]
    Target,
    #[error("URL normalisation would change the host or port")]
    Host,
}

/// A body of this many bytes goes out as one piece anyway.
const SMALL: usize = 16 << 10;

pub(crate) fn to_reqwest(request: Request) -> Result<reqwest::Request, Unsupported> {
    session_export_transport_net::check(&request)?;
    let (head, body) = request.into_parts();
    let url = to_url(&head.uri)?;
    let mut request = reqwest::Request::new(head.method, url);
    *request.version_mut() = head.version;
    *request.headers_mut() = head.headers;
    *request.body_mut() = Some(if body.as_bytes().len() <= SMALL {
        body.into_bytes().into()
    } else {
        // In frames, so that a connection that is given up stops between two.
        reqwest::Body::wrap(body)
    });
    Ok(request)
}

/// The same URL in reqwest's type, which normalises: `/a/../b` becomes `/b`. A signature covers what was given, so a
/// URL that would change is refused.
fn to_url(uri: &Uri) -> Result<reqwest::Url, Unsupported> {
    // The parser's errors are fixed texts; none of them quotes the URL.
    let url = reqwest::Url::parse(&uri.to_string()).map_err(|error| Unsupported::Url(error.to_string()))?;

    // What reqwest itself will make of the URL when it sends.
    let sent: Uri = url.as_str().parse().map_err(|_| Unsupported::Target)?;
    if sent.path_and_query() != uri.path_and_query() {
        return Err(Unsupported::Target);
    }
    // Case does not matter in a host, but `0x7f.1` becoming `127.0.0.1` would be another `Host` header.
    let host = |uri: &Uri| uri.host().unwrap_or_default().to_ascii_lowercase();
    let default_port = if uri.scheme() == Some(&Scheme::HTTPS) {
        443
    } else {
        80
    };
    let port = |uri: &Uri| uri.port_u16().unwrap_or(default_port);
    if host(&sent) != host(uri) || port(&sent) != port(uri) {
        return Err(Unsupported::Host);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(uri: &str) -> Result<String, Unsupported> {
        to_url(&uri.parse().unwrap()).map(String::from)
    }

    #[test]
    fn a_normal_url_passes_unchanged() {
        for uri in [
            "https://host.test/",
            "https://host.test/?",
            "http://127.0.0.1:8080/a%2Fb/%7Ec?x=1&y=%20&z=a+b&n='",
            "http://[::1]:8080/v1/-._~!$&()*+,;=:@",
        ] {
            // An apostrophe stays in a path only; in a query normalisation encodes it.
            let expected = if uri.ends_with('\'') {
                Err(Unsupported::Target)
            } else {
                Ok(uri.to_owned())
            };
            assert_eq!(check(uri), expected);
        }
        assert_eq!(check("http://host.test").as_deref(), Ok("http://host.test/"));
        assert_eq!(
            check("https://HOST.test:443/x").as_deref(),
            Ok("https://host.test/x")
        );
    }

    #[test]
    fn a_target_that_would_change_is_refused() {
        for uri in [
            "http://h/a/../b",
            "http://h/./a",
            "http://h/%2e/a",
            "http://h/a?b='",
            "http://h/a\\b",
            "http://h/|\"",
        ] {
            if let Ok(uri) = uri.parse() {
                assert_eq!(to_url(&uri).unwrap_err(), Unsupported::Target, "{uri}");
            }
        }
    }

    #[test]
    fn a_host_that_would_change_is_refused() {
        assert_eq!(check("http://0x7f.1/"), Err(Unsupported::Host));
    }

    #[test]
    fn what_no_transport_carries_is_refused() {
        let mut request = Request::default();
        *request.uri_mut() = "http://us:pw@h/".parse().unwrap();
        let refused = session_export_transport_net::Unsupported::Credentials;
        assert_eq!(to_reqwest(request).unwrap_err(), Unsupported::Kind(refused));
    }
}
