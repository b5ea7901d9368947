//! Where a request goes: a base URL, and the only place that builds a request's target from it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986 is encoded: the alphabet of the request signature, and one that
/// URL normalisation leaves alone.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The scheme, the host and perhaps a path prefix of a service: `https://workspace.cn-north-4.myhuaweicloud.com`.
///
/// Only what URL normalisation leaves unchanged is accepted, so that every transport puts the same bytes on the wire.
///
/// ```
/// use session_export_transport::BaseUrl;
///
/// let base: BaseUrl = "https://workspace.cn-north-4.myhuaweicloud.com/".parse()?;
/// let url = base.url(["v2", "a4da8115", "export-tasks"], [("file_name", "会话 1.xlsx")]);
/// assert_eq!(
///     url.to_string(),
///     "https://workspace.cn-north-4.myhuaweicloud.com/v2/a4da8115/export-tasks?file_name=%E4%BC%9A%E8%AF%9D%201.xlsx"
/// );
/// # Ok::<(), session_export_transport::InvalidBaseUrl>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BaseUrl {
    /// Without a slash at its end.
    text: Box<str>,
}

/// A text that is not a usable base URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not a usable base URL: {problem}; write it like https://workspace.cn-north-4.myhuaweicloud.com"
)]
pub struct InvalidBaseUrl {
    text: String,
    problem: &'static str,
}

impl BaseUrl {
    /// The URL without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The URL of a path below this one, with a query.
    ///
    /// Segments, names and values are percent-encoded here, so they are given as they are. A segment must not be empty,
    /// `.` or `..`: URL normalisation would remove it. The ids of the model cannot be.
    ///
    /// # Panics
    ///
    /// Never: encoded segments and pairs are always a valid URL.
    pub fn url<'a, S, V>(
        &self,
        segments: impl IntoIterator<Item = S>,
        pairs: impl IntoIterator<Item = (&'a str, V)>,
    ) -> Uri
    where
        S: AsRef<str>,
        V: AsRef<str>,
    {
        let mut url = String::with_capacity(self.text.len() + 160);
        url.push_str(&self.text);
        for segment in segments {
            debug_assert!(
                !matches!(segment.as_ref(), "" | "." | ".."),
                "a segment that normalisation removes"
            );
            url.push('/');
            push_escaped(&mut url, segment.as_ref());
        }
        let mut separator = '?';
        for (name, value) in pairs {
            url.push(separator);
            push_escaped(&mut url, name);
            url.push('=');
            push_escaped(&mut url, value.as_ref());
            separator = '&';
        }
        Uri::from_maybe_shared(bytes::Bytes::from(url))
            .expect("a checked base and encoded parts make a valid URL")
    }
}

/// Most segments and many values have nothing to escape.
fn push_escaped(url: &mut String, text: &str) {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    if text.bytes().all(is_plain) {
        url.push_str(text);
    } else {
        url.extend(utf8_percent_encode(text, ESCAPED));
    }
}

impl std::str::FromStr for BaseUrl {
    type Err = InvalidBaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidBaseUrl> {
        match normal_form(text) {
            Ok(text) => Ok(Self { text }),
            Err(problem) => Err(InvalidBaseUrl {
                text: without_secrets(text),
                problem,
            }),
        }
    }
}

impl TryFrom<&str> for BaseUrl {
    type Error = InvalidBaseUrl;

    fn try_from(text: &str) -> Result<Self, InvalidBaseUrl> {
        text.parse()
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether a URL's host is this machine: `localhost`, `127.0.0.0/8` or `[::1]`.
pub fn is_loopback(uri: &Uri) -> bool {
    let Some(host) = uri.host() else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn normal_form(text: &str) -> Result<Box<str>, &'static str> {
    let (scheme, rest) = text.split_once("://").ok_or("it has no scheme")?;
    let default_port = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return Err("its scheme is neither https nor http"),
    };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    if authority.contains('@') {
        return Err("it names a user; credentials never belong in a URL");
    }
    if rest.contains(['?', '#']) {
        return Err("it has a query or a fragment");
    }
    let authority = authority.to_ascii_lowercase();
    let (host, port) = split_port(&authority)?;
    check_host(host)?;
    check_path(path)?;
    let mut normal = format!("{scheme}://{host}");
    if let Some(port) = port.filter(|port| *port != default_port) {
        normal.push_str(&format!(":{port}"));
    }
    normal.push_str(path.trim_end_matches('/'));
    Ok(normal.into_boxed_str())
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), &'static str> {
    let end_of_host = authority.rfind(']').map_or(0, |at| at + 1);
    match authority[end_of_host..].find(':') {
        None => Ok((authority, None)),
        Some(at) => {
            let (host, port) = authority.split_at(end_of_host + at);
            let port = port[1..]
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or("its port is not a number from 1 to 65535")?;
            Ok((host, Some(port)))
        }
    }
}

fn check_host(host: &str) -> Result<(), &'static str> {
    const PROBLEM: &str = "its host is neither a DNS name nor an IP address";
    if let Some(bare) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        // Another spelling of the same address would be rewritten by normalisation.
        return match bare.parse::<Ipv6Addr>() {
            Ok(address) if address.to_string() == bare => Ok(()),
            _ => Err("its IPv6 address is not in the canonical form"),
        };
    }
    let labels_are_fine = host.split('.').all(|label| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.starts_with("xn--")
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    });
    let looks_like_an_address = host
        .rsplit('.')
        .next()
        .is_some_and(|label| label.bytes().next().is_some_and(|byte| byte.is_ascii_digit()));
    if !labels_are_fine || (looks_like_an_address && host.parse::<Ipv4Addr>().is_err()) {
        return Err(PROBLEM);
    }
    Ok(())
}

fn check_path(path: &str) -> Result<(), &'static str> {
    let trimmed = path.trim_end_matches('/');
    let fine = trimmed.split('/').skip(1).all(|segment| {
        !matches!(segment, "" | "." | "..")
            && segment
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'))
    });
    if fine {
        Ok(())
    } else {
        Err("its path holds more than letters, digits and -._~")
    }
}

/// What an error may repeat: not a password that somebody put into the URL, and no query or fragment, which may be a token.
fn without_secrets(text: &str) -> String {
    let (before, after) = match text.find(['?', '#']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let scheme = match before.split_once("://") {
        Some((scheme, _)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            format!("{scheme}://")
        }
        _ => String::new(),
    };
    // A password may hold a question mark, and a query an `@`: nobody can tell where the host is.
    if after.contains('@') {
        return scheme + "…";
    }
    let shown = match before.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}…@{host}"),
        None => before.to_owned(),
    };
    match after.chars().next() {
        Some(sign) => format!("{shown}{sign}…"),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_normal_form() {
        for (given, normal) in [
            (
                "https://workspace.cn-north-4.myhuaweicloud.com",
                "https://workspace.cn-north-4.myhuaweicloud.com",
            ),
            (
                "https://Workspace.CN-north-4.myhuaweicloud.com:443/",
                "https://workspace.cn-north-4.myhuaweicloud.com",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:80/mesh/workspace//", "http://[::1]/mesh/workspace"),
            ("http://service_name", "http://service_name"),
        ] {
            assert_eq!(given.parse::<BaseUrl>().unwrap().as_str(), normal);
        }
    }

    #[test]
    fn what_would_be_rewritten_or_leak_is_refused() {
        for given in [
            "",
            "workspace.example.com",
            "ftp://a",
            "https://",
            "https:///v1",
            "https://a b",
            "https://a/%2e%2e/b",
            "https://a/../b",
            "https://a/b?c=d",
            "https://a/#x",
            "https://a:0",
            "https://a:65536",
            "https://a:",
            "https://0x7f.1",
            "https://127.1",
            "https://1.2.3.4.5",
            "https://[::0001]",
            "https://[::1",
            "https://例子.测试",
            "https://xn--fsq",
            "https://a..b",
            "https://a//b",
            "https://a\n",
            "http://a/'",
        ] {
            assert!(given.parse::<BaseUrl>().is_err(), "{given}");
        }
        let secret = "https://user:hunter2@a"
            .parse::<BaseUrl>()
            .unwrap_err()
            .to_string();
        assert!(
            !secret.contains("hunter2") && secret.contains("credentials never belong in a URL"),
            "{secret}"
        );
    }

    #[test]
    fn a_refusal_repeats_no_user_no_query_and_no_fragment() {
        for (given, shown) in [
            ("https://gw/?token=hunter2", "https://gw/?…"),
            ("https://gw?token=hunter2#a", "https://gw?…"),
            ("https://gw/#hunter2", "https://gw/#…"),
            ("gw?token=hunter2", "gw?…"),
            ("https://user:hunter2@gw/b?c=hunter2", "https://…@gw/b?…"),
            ("user:hunter2@gw", "…@gw"),
            ("user:hunter2://@gw", "…@gw"),
            // Which of the two it was meant to be nobody can tell.
            ("https://user:hunter2?x@gw", "https://…"),
            ("https://gw/?token=ab@hunter2", "https://…"),
            ("gw?token=ab@hunter2://", "…"),
            ("https://gw:0", "https://gw:0"),
        ] {
            let error = given.parse::<BaseUrl>().unwrap_err();
            let (display, debug) = (error.to_string(), format!("{error:?}"));
            assert!(display.starts_with(&format!("{shown:?} is not")), "{display}");
            assert!(
                !display.contains("hunter2") && !debug.contains("hunter2"),
                "{display}"
            );
        }
    }

    #[test]
    fn loopback_is_this_machine_only() {
        for (url, expected) in [
            ("http://localhost:1/", true),
            ("http://LOCALHOST/", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]/", true),
            ("http://10.0.0.1/", false),
            ("http://localhost.example.com/", false),
            ("http://[::2]/", false),
            ("/v1", false),
        ] {
            assert_eq!(is_loopback(&url.parse().unwrap()), expected, "{url}");
        }
    }

    proptest! {
        #[test]
        fn url_normalisation_changes_nothing(
            segments in proptest::collection::vec("\\PC{1,12}", 1..5)
                .prop_filter("the model refuses these", |all| all.iter().all(|s| s != "." && s != "..")),
            values in proptest::collection::vec("\\PC{0,12}", 0..4),
            base in proptest::sample::select(vec!["https://a.example.com", "http://127.0.0.1:81/p.q", "http://[::1]:8080"]),
        ) {
            let base: BaseUrl = base.parse().unwrap();
            let built = base.url(&segments, values.iter().map(|value| ("user_name", value)));
            let normalised = url::Url::parse(&built.to_string()).unwrap();
            prop_assert_eq!(normalised.as_str(), built.to_string());
            let decoded: Vec<String> = normalised.query_pairs().map(|(_, value)| value.into_owned()).collect();
            prop_assert_eq!(decoded, values);
        }

        #[test]
        fn an_accepted_base_is_in_normal_form(text in "https?://[a-z0-9.:_\\[\\]-]{1,12}(/[a-z.~%]{0,4}){0,2}") {
            if let Ok(base) = text.parse::<BaseUrl>() {
                let normalised = url::Url::parse(base.as_str()).unwrap();
                prop_assert_eq!(normalised.as_str().trim_end_matches('/'), base.as_str());
            }
        }
    }
}
