//! What carries the requests: which HTTP stack, which authorities, which proxy.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use session_export::{HyperTransport, Request, ReqwestTransport, Response, Transport, TransportError};

use crate::environment::variable;
use crate::failure::{Failure, chain};
use crate::no_proxy::NoProxy;
use crate::progress::Progress;
use crate::settings::{Key, Origin, Setting, Settings, Value, holds_password};

/// Builds what the settings ask for. A proxy that `HTTPS_PROXY` names is used for https only, and not for the hosts of
/// `NO_PROXY`; one that is named for this program, for everything but plain http to this machine.
pub(crate) fn build(settings: &Settings, progress: &Progress) -> Result<Arc<dyn Transport>, Failure> {
    let direct = direct(settings)?;
    let Some(proxy) = Proxy::of(settings)? else {
        return Ok(direct);
    };
    if matches!(proxy.origin, Origin::Flag(_)) && holds_password(proxy.url) {
        progress.say(
            "warning: other users of this machine can see the password in --proxy; SESSION_EXPORT_PROXY or HTTPS_PROXY is \
             the better way",
        );
    }
    Ok(Arc::new(ByHost {
        direct,
        proxied: one(settings, Some(proxy.url), &proxy.origin.to_string())?,
        rule: proxy.rule,
    }))
}

/// The same without a proxy, for what is on this machine or beside it.
pub(crate) fn direct(settings: &Settings) -> Result<Arc<dyn Transport>, Failure> {
    one(settings, None, "")
}

/// The same without certificates of anybody's own, for plain http.
pub(crate) fn plain(settings: &Settings) -> Result<Arc<dyn Transport>, Failure> {
    built(match settings.text(Key::Transport) {
        Some("hyper") => HyperTransport::builder().build().map(shared),
        _ => ReqwestTransport::builder().build().map(shared),
    })
}

fn one(settings: &Settings, proxy: Option<&str>, source: &str) -> Result<Arc<dyn Transport>, Failure> {
    macro_rules! build {
        ($transport:ty) => {{
            let mut builder = <$transport>::builder();
            if let Some(path) = settings.path(Key::CaFile) {
                builder = builder.ca_file(path);
            }
            if let (Some(certificate), Some(key)) =
                (settings.path(Key::ClientCert), settings.path(Key::ClientKeyFile))
            {
                builder = builder.client_cert_files(certificate, key);
            }
            if let Some(proxy) = proxy {
                builder = builder.proxy(proxy);
            }
            builder.build().map(shared)
        }};
    }
    let outcome = match settings.text(Key::Transport) {
        Some("hyper") => build!(HyperTransport),
        _ => build!(ReqwestTransport),
    };
    match source {
        "" => built(outcome),
        source => built(outcome).map_err(|failure| failure.while_doing(source)),
    }
}

fn shared(transport: impl Transport) -> Arc<dyn Transport> {
    Arc::new(transport)
}

fn built(
    outcome: Result<Arc<dyn Transport>, session_export::BuildTransportError>,
) -> Result<Arc<dyn Transport>, Failure> {
    outcome.map_err(|error| Failure::usage(chain(&error)))
}

/// The proxy, where it is named, and what goes through it.
pub(crate) struct Proxy<'a> {
    url: &'a str,
    pub(crate) origin: &'a Origin,
    rule: Rule,
}

impl<'a> Proxy<'a> {
    pub(crate) fn of(settings: &'a Settings) -> Result<Option<Self>, Failure> {
        let Some(Setting {
            value: Value::Proxy(url),
            origin,
        }) = settings.get(Key::Proxy)
        else {
            // One that is no text is refused, not passed over.
            variable(&settings.environment, Key::Proxy.row().others)?;
            return Ok(None);
        };
        let rule = match origin {
            Origin::OtherTool(_) => {
                let exceptions =
                    variable(&settings.environment, &["NO_PROXY", "no_proxy"])?.unwrap_or_default();
                Rule::HttpsExcept(NoProxy::parse(&exceptions))
            }
            _ => Rule::Everything,
        };
        Ok(Some(Self { url, origin, rule }))
    }

    /// Whether requests to such a URL go through it.
    pub(crate) fn covers(&self, scheme: Option<&str>, host: &str) -> bool {
        self.rule.covers(scheme, host)
    }
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
}
