//! Whether a secret may travel unencrypted.

use http::Uri;
use session_export_transport::is_loopback;

use crate::{AuthError, AuthErrorKind};

/// Whether a secret may be sent over plain http.
///
/// There is no middle between the two.
#[allow(clippy::exhaustive_enums)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlainHttp {
    /// Only to this machine: `localhost`, `127.0.0.0/8`, `[::1]`. The default.
    ///
    /// It judges the URL. A transport with a proxy carries such a request off this machine all the same: give a client
    /// of a local service a transport without one.
    #[default]
    LoopbackOnly,
    /// To any host: for a service mesh that encrypts on its own.
    Allowed,
}

impl PlainHttp {
    /// Refuses a URL to which a secret must not be sent.
    pub(crate) fn check(self, uri: &Uri) -> Result<(), AuthError> {
        let safe = uri.scheme_str() == Some("https")
            || self == Self::Allowed
            || (uri.scheme_str() == Some("http") && is_loopback(uri));
        if safe {
            return Ok(());
        }
        let host = uri.host().unwrap_or_default();
        Err(AuthError::new(AuthErrorKind::PlainHttp).with_detail(format!(
            "a secret would travel unencrypted to {host:?}; use https, or allow plain http explicitly"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_be_told_a_secret_in_the_open() {
        for (url, allowed) in [
            ("https://iam.example.com/", true),
            ("http://127.0.0.1:1/", true),
            ("http://localhost/", true),
            ("http://iam.example.com/", false),
            ("http://10.0.0.1/", false),
            ("/v3/auth/tokens", false),
        ] {
            let uri: Uri = url.parse().unwrap();
            assert_eq!(PlainHttp::LoopbackOnly.check(&uri).is_ok(), allowed, "{url}");
            assert!(PlainHttp::Allowed.check(&uri).is_ok());
        }
        let error = PlainHttp::LoopbackOnly
            .check(&"http://iam.example.com/".parse().unwrap())
            .unwrap_err();
        assert!(error.to_string().contains("iam.example.com"), "{error}");
    }
}
