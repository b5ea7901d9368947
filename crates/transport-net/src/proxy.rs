//! The proxy's URL, checked without ever being shown.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Uri};
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use crate::build_error::Reason;

/// An HTTP proxy: where it is, and what it is shown.
#[derive(Clone)]
pub struct Proxy {
    uri: Uri,
    authorization: Option<HeaderValue>,
}

impl Proxy {
    /// Its URL, without user and password.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The value of `proxy-authorization`, marked sensitive, if its URL has credentials.
    pub fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// Reads `http://[user[:password]@]host[:port]`.
    pub(crate) fn parse(url: &str) -> Result<Self, Reason> {
        let scheme = "http://";
        let rest = match url.get(..scheme.len()) {
            Some(start) if start.eq_ignore_ascii_case(scheme) => &url[scheme.len()..],
            _ => return Err(Reason::ProxyUrl("it must start with http://")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#']) {
            return Err(Reason::ProxyUrl(
                "nothing may follow host and port, and /, ? and # are percent-encoded in user and password",
            ));
        }
        let (user, address) = match rest.rsplit_once('@') {
            Some((user, address)) => (Some(user), address),
            None => (None, rest),
        };
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(authority(address)?);
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
        Ok(Self {
            uri: Uri::from_parts(parts).map_err(|_| Reason::ProxyUrl("its host is not valid"))?,
            authorization: user.map(basic).transpose()?,
        })
    }
}

/// Shows where it is, and whether it has credentials.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("uri", &self.uri)
            .field("credentials", &self.authorization.is_some())
            .finish()
    }
}

fn authority(address: &str) -> Result<Authority, Reason> {
    let authority: Authority = address
        .parse()
        .map_err(|_| Reason::ProxyUrl("its host is not valid"))?;
    let port = &address[authority.host().len()..];
    if authority.host().is_empty() {
        Err(Reason::ProxyUrl("it has no host"))
    } else if !port.is_empty() && authority.port_u16().is_none_or(|port| port == 0) {
        Err(Reason::ProxyUrl("its port is not a number from 1 to 65535"))
    } else {
        Ok(authority)
    }
}

/// `user[:password]`, percent-encoded, as a header.
fn basic(credentials: &str) -> Result<HeaderValue, Reason> {
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    let user: Vec<u8> = percent_decode_str(user).collect();
    if user.contains(&b':') {
        return Err(Reason::ProxyUrl(
            "its user holds a colon, which basic credentials cannot carry",
        ));
    }
    let mut pair = Zeroizing::new(user);
    pair.push(b':');
    pair.extend(percent_decode_str(password));
    let text = Zeroizing::new(format!("Basic {}", STANDARD.encode(&*pair)));
    let mut value =
        HeaderValue::from_str(&text).map_err(|_| Reason::ProxyUrl("its user and password are not valid"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_http_with_and_without_credentials() {
        for (url, address, credentials) in [
            ("http://proxy", "http://proxy/", None),
            ("HTTP://proxy:3128/", "http://proxy:3128/", None),
            (
                "http://us%40er:p%3Ass@[::1]:8080",
                "http://[::1]:8080/",
                Some("us@er:p:ss"),
            ),
            ("http://user@proxy", "http://proxy/", Some("user:")),
            ("http://u:a@b:c@proxy:1", "http://proxy:1/", Some("u:a@b:c")),
            ("http://u:caf%C3%A9@proxy", "http://proxy/", Some("u:café")),
        ] {
            let proxy = Proxy::parse(url).unwrap();
            assert_eq!(proxy.uri(), address);
            let expected = credentials.map(|pair| format!("Basic {}", STANDARD.encode(pair)));
            let given = proxy.authorization();
            assert_eq!(given.map(|value| value.to_str().unwrap()), expected.as_deref());
            assert!(given.is_none_or(HeaderValue::is_sensitive));
        }
    }

    #[test]
    fn says_what_is_wrong_without_showing_the_url() {
        for (url, what) in [
            ("socks5://user:hunter2@proxy:1080", "http://"),
            ("hunter2:3128", "http://"),
            ("/hunter2", "http://"),
            ("https://user:hunter2@proxy", "http://"),
            ("http://user:hunter2@proxy/path", "nothing may follow"),
            ("http://user:hunter2@proxy?query", "nothing may follow"),
            ("http://user:hun/ter2@proxy", "nothing may follow"),
            ("http://user:hunter2@proxy:99999", "port"),
            ("http://user:hunter2@proxy:", "port"),
            ("http://user:hunter2@proxy:0", "port"),
            ("http://user:hunter2@", "host"),
            ("http://user:hunter2@pro xy", "host"),
            ("http://a%3Ab:hunter2@proxy", "colon"),
        ] {
            let error = Proxy::parse(url).unwrap_err();
            assert!(error.to_string().contains(what), "{url}: {error}");
            assert!(
                !format!("{error} {error:?}").contains("hunter2"),
                "{url}: {error:?}"
            );
        }
    }

    #[test]
    fn debug_shows_no_credentials() {
        let proxy = Proxy::parse("http://user:hunter2@proxy:1").unwrap();
        assert_eq!(
            format!("{proxy:?}"),
            "Proxy { uri: http://proxy:1/, credentials: true }"
        );
    }
}
