//! Requests that no bundled transport carries.

use http::uri::Scheme;
use http::{Method, Version};
use session_export_transport::Request;

/// Why a request cannot be carried. The texts hold no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsupported {
    /// The request's target is not an absolute URL.
    #[error("the URL has no scheme or no host")]
    Relative,
    /// Neither http nor https.
    #[error("the URL's scheme is neither http nor https")]
    Scheme,
    /// `https://user:password@host`: nobody would see them.
    #[error("the URL holds a user name or password, which would not be sent")]
    Credentials,
    /// `https://host:99999`.
    #[error("the URL's port is not a number from 1 to 65535")]
    Port,
    /// A tunnel is no exchange.
    #[error("method CONNECT is not supported")]
    Connect,
    /// HTTP/0.9 or HTTP/3.
    #[error("the request asks for an HTTP version other than 1.0, 1.1 or 2")]
    Version,
    /// Which protocol is spoken is settled by TLS.
    #[error("the request asks for HTTP/2 without TLS")]
    PlainHttp2,
}

/// Says whether the bundled transports carry this kind of request.
///
/// ```
/// use session_export_transport::{Request, RequestBody};
/// use session_export_transport_net::{Unsupported, check};
///
/// let mut request = Request::new(RequestBody::empty());
/// *request.uri_mut() = "https://user:password@host.test/".parse()?;
/// assert_eq!(check(&request), Err(Unsupported::Credentials));
/// # Ok::<(), http::uri::InvalidUri>(())
/// ```
///
/// # Errors
///
/// The first thing that is in the way.
pub fn check(request: &Request) -> Result<(), Unsupported> {
    if request.method() == Method::CONNECT {
        return Err(Unsupported::Connect);
    }
    if ![Version::HTTP_10, Version::HTTP_11, Version::HTTP_2].contains(&request.version()) {
        return Err(Unsupported::Version);
    }
    let uri = request.uri();
    let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
        return Err(Unsupported::Relative);
    };
    if *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS {
        return Err(Unsupported::Scheme);
    }
    if *scheme == Scheme::HTTP && request.version() == Version::HTTP_2 {
        return Err(Unsupported::PlainHttp2);
    }
    if is_plain(authority.as_str()) {
        return Ok(());
    }
    if authority.as_str().contains('@') {
        return Err(Unsupported::Credentials);
    }
    if authority.host().is_empty() {
        return Err(Unsupported::Relative);
    }
    let port = &authority.as_str()[authority.host().len()..];
    if !port.is_empty() && authority.port_u16().is_none_or(|port| port == 0) {
        return Err(Unsupported::Port);
    }
    Ok(())
}

/// Whether an authority is a name, and perhaps a port: nothing is wrong with it, and nearly all are like that.
fn is_plain(authority: &str) -> bool {
    let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    !host.is_empty()
        && host.bytes().all(is_name)
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && port.parse::<u16>().is_ok_and(|port| port != 0)
}

#[cfg(test)]
mod tests {
    use session_export_transport::RequestBody;

    use super::*;

    fn of(method: Method, version: Version, uri: &str) -> Result<(), Unsupported> {
        let mut request = Request::new(RequestBody::empty());
        *request.method_mut() = method;
        *request.version_mut() = version;
        *request.uri_mut() = uri.parse().unwrap();
        check(&request)
    }

    #[test]
    fn what_is_carried_and_what_is_not() {
        let get = |uri| of(Method::GET, Version::HTTP_11, uri);
        for uri in [
            "http://h/a/../b?c='",
            "https://[::1]:8443/",
            "HTTPS://H",
            "http://h?x",
        ] {
            assert_eq!(get(uri), Ok(()), "{uri}");
        }
        assert_eq!(get("http://us:pw@h/"), Err(Unsupported::Credentials));
        assert_eq!(get("ftp://h/"), Err(Unsupported::Scheme));
        assert_eq!(get("/relative"), Err(Unsupported::Relative));
        assert_eq!(get("h:80"), Err(Unsupported::Relative));
        assert_eq!(get("http://h:99999/"), Err(Unsupported::Port));
        assert_eq!(get("http://h:0/"), Err(Unsupported::Port));
        assert_eq!(
            of(Method::CONNECT, Version::HTTP_11, "h:80"),
            Err(Unsupported::Connect)
        );
        assert_eq!(
            of(Method::GET, Version::HTTP_3, "https://h/"),
            Err(Unsupported::Version)
        );
        assert_eq!(
            of(Method::GET, Version::HTTP_2, "http://h/"),
            Err(Unsupported::PlainHttp2)
        );
        assert_eq!(of(Method::GET, Version::HTTP_2, "https://h/"), Ok(()));
    }
}
