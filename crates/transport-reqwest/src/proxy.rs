//! The proxy's URL, checked without ever being shown.

use crate::build_error::Reason;

/// Reads `http://[user[:password]@]host[:port]`.
pub(crate) fn parse(url: &str) -> Result<reqwest::Proxy, Reason> {
    // The parser's errors are fixed texts; none of them quotes the URL.
    let parsed = reqwest::Url::parse(url).map_err(|error| Reason::ProxyUrl(error.to_string()))?;
    if parsed.scheme() != "http" {
        return Err(invalid("it must start with http://"));
    }
    if parsed.path() != "/" || parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(invalid("nothing may follow host and port"));
    }
    reqwest::Proxy::all(parsed).map_err(|_| invalid("reqwest does not accept it"))
}

fn invalid(why: &str) -> Reason {
    Reason::ProxyUrl(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_http_with_and_without_credentials() {
        for url in [
            "http://proxy",
            "http://proxy:3128/",
            "http://us%40er:p%3Ass@[::1]:8080",
        ] {
            assert!(parse(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn says_what_is_wrong_without_showing_the_url() {
        for (url, what) in [
            ("socks5://user:hunter2@proxy:1080", "http://"),
            ("hunter2:3128", "http://"),
            ("https://user:hunter2@proxy", "http://"),
            ("http://user:hunter2@proxy/path", "nothing may follow"),
            ("http://user:hunter2@proxy?query", "nothing may follow"),
            ("http://user:hunter2@proxy:99999", "invalid port"),
            ("/hunter2", "relative URL"),
        ] {
            let error = parse(url).unwrap_err();
            assert!(error.to_string().contains(what), "{url}: {error}");
            assert!(
                !format!("{error} {error:?}").contains("hunter2"),
                "{url}: {error:?}"
            );
        }
    }
}
