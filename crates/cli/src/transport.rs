//! What carries the requests: which HTTP stack, which authorities, which proxy.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use session_export::{HyperTransport, Request, ReqwestTransport, Response, Transport, TransportError};

use crate::args::{Stack, TransportArgs};
use crate::environment::variable;
use crate::failure::{Failure, chain};
use crate::no_proxy::NoProxy;
use crate::progress::Progress;

/// Builds what the flags ask for. A proxy that `HTTPS_PROXY` names is used for https only, and not for the hosts of
/// `NO_PROXY`; one that `--proxy` names, for everything but plain http to this machine.
pub(crate) fn build(args: &TransportArgs, progress: &Progress) -> Result<Arc<dyn Transport>, Failure> {
    if let Some(proxy) = &args.proxy {
        if holds_password(proxy) {
            progress.say(
                "warning: other users of this machine can see the password in --proxy; HTTPS_PROXY is the better way",
            );
        }
        return Ok(Arc::new(ByHost {
            direct: one(args, None, "")?,
            proxied: one(args, Some(proxy), "--proxy")?,
            rule: Rule::Everything,
        }));
    }
    let direct = one(args, None, "")?;
    match variable(&["HTTPS_PROXY", "https_proxy"])? {
        None => Ok(direct),
        Some(proxy) => {
            let exceptions = variable(&["NO_PROXY", "no_proxy"])?.unwrap_or_default();
            let proxied = one(args, Some(&proxy), "HTTPS_PROXY")?;
            Ok(Arc::new(ByHost {
                direct,
                proxied,
                rule: Rule::HttpsExcept(NoProxy::parse(&exceptions)),
            }))
        }
    }
}

/// A transport for the emulator inside this program, which is reached without a proxy whatever the environment says.
pub(crate) fn direct(args: &TransportArgs) -> Result<Arc<dyn Transport>, Failure> {
    one(args, None, "")
}

fn one(args: &TransportArgs, proxy: Option<&str>, source: &str) -> Result<Arc<dyn Transport>, Failure> {
    macro_rules! build {
        ($transport:ty) => {{
            let mut builder = <$transport>::builder();
            if let Some(path) = &args.ca_file {
                builder = builder.ca_file(path);
            }
            if let (Some(certificate), Some(key)) = (&args.client_cert, &args.client_key) {
                builder = builder.client_cert_files(certificate, key);
            }
            if let Some(proxy) = proxy {
                builder = builder.proxy(proxy);
            }
            builder
                .build()
                .map(|transport| Arc::new(transport) as Arc<dyn Transport>)
        }};
    }
    match args.transport {
        Stack::Reqwest => build!(ReqwestTransport),
        Stack::Hyper => build!(HyperTransport),
    }
    .map_err(|error| {
        let message = chain(&error);
        Failure::usage(if source.is_empty() {
            message
        } else {
            format!("{source}: {message}")
        })
    })
}

fn holds_password(url: &str) -> bool {
    let authority = url
        .split_once("://")
        .map_or(url, |(_, rest)| rest)
        .split('/')
        .next()
        .unwrap_or_default();
    authority
        .rsplit_once('@')
        .is_some_and(|(user, _)| user.contains(':'))
}

/// Chooses by host whether a request goes through the proxy.
#[derive(Debug)]
struct ByHost {
    direct: Arc<dyn Transport>,
    proxied: Arc<dyn Transport>,
    rule: Rule,
}

/// What goes through the proxy.
#[derive(Debug)]
enum Rule {
    Everything,
    HttpsExcept(NoProxy),
}

impl Rule {
    /// Plain http to this machine never goes through a proxy: its secrets are allowed to be readable only because they
    /// do not leave the machine, and to a proxy "this machine" is another one.
    fn covers(&self, scheme: Option<&str>, host: &str) -> bool {
        let secure = scheme == Some("https");
        match self {
            Self::Everything => secure || !is_loopback(host),
            Self::HttpsExcept(exceptions) => secure && !exceptions.covers(host),
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches([']', '.']);
    bare.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

#[async_trait]
impl Transport for ByHost {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let uri = request.uri();
        if self.rule.covers(uri.scheme_str(), uri.host().unwrap_or_default()) {
            self.proxied.send(request).await
        } else {
            self.direct.send(request).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_to_this_machine_never_goes_through_a_proxy() {
        for (scheme, host, expected) in [
            ("http", "localhost", false),
            ("http", "LOCALHOST.", false),
            ("http", "127.9.9.9", false),
            ("http", "[::1]", false),
            ("http", "[::ffff:127.0.0.1]", false),
            ("https", "localhost", true),
            ("http", "localhost.example", true),
            ("http", "10.0.0.1", true),
            ("https", "10.0.0.1", true),
        ] {
            assert_eq!(
                Rule::Everything.covers(Some(scheme), host),
                expected,
                "{scheme} {host}"
            );
        }
        let rule = Rule::HttpsExcept(NoProxy::parse("a.test"));
        assert!(rule.covers(Some("https"), "b.test"));
        assert!(!rule.covers(Some("https"), "a.test") && !rule.covers(Some("http"), "b.test"));
    }

    #[test]
    fn a_password_in_a_url_is_noticed() {
        for (url, expected) in [
            ("http://user:secret@proxy:3128", true),
            ("user:secret@proxy", true),
            ("http://user@proxy:3128", false),
            ("http://proxy:3128/a@b:c", false),
        ] {
            assert_eq!(holds_password(url), expected, "{url}");
        }
    }
}
