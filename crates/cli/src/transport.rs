//! What carries the requests: which HTTP stack, which authorities, which proxy.

use std::sync::Arc;

use async_trait::async_trait;
use session_export::{
    BuildTransportError, HyperTransport, Request, ReqwestTransport, Response, Transport, TransportError,
};

use crate::args::{Stack, TransportArgs};
use crate::credentials::variable;
use crate::failure::Failure;
use crate::no_proxy::NoProxy;
use crate::progress::Progress;

/// Builds what the flags ask for. A proxy that `HTTPS_PROXY` names is used for https only, and not for the hosts of
/// `NO_PROXY`; one that `--proxy` names, for everything.
pub(crate) fn build(args: &TransportArgs, progress: &Progress) -> Result<Arc<dyn Transport>, Failure> {
    if let Some(proxy) = &args.proxy {
        if holds_password(proxy) {
            progress.say(
                "warning: other users of this machine can see the password in --proxy; HTTPS_PROXY is the better way",
            );
        }
        return one(args, Some(proxy), "--proxy");
    }
    let direct = one(args, None, "")?;
    match variable(&["HTTPS_PROXY", "https_proxy"]) {
        None => Ok(direct),
        Some(proxy) => {
            let exceptions = variable(&["NO_PROXY", "no_proxy"]).unwrap_or_default();
            let proxied = one(args, Some(&proxy), "HTTPS_PROXY")?;
            Ok(Arc::new(ByHost {
                direct,
                proxied,
                exceptions: NoProxy::parse(&exceptions),
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
    .map_err(|error| refused(&error, source))
}

fn refused(error: &BuildTransportError, source: &str) -> Failure {
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        message.push_str(&format!(": {error}"));
        cause = error.source();
    }
    Failure::usage(if source.is_empty() {
        message
    } else {
        format!("{source}: {message}")
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
    exceptions: NoProxy,
}

#[async_trait]
impl Transport for ByHost {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let uri = request.uri();
        let direct =
            uri.scheme_str() != Some("https") || self.exceptions.covers(uri.host().unwrap_or_default());
        if direct {
            self.direct.send(request).await
        } else {
            self.proxied.send(request).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
