//! Faults of the groups *proxy* and *tls*.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use async_trait::async_trait;
use http::header::{HeaderValue, PROXY_AUTHORIZATION};
use session_export_testkit::transport::Setup;
use session_export_transport::{
    Delivery, Request, Response, Transport, TransportError, TransportErrorKind as Kind,
};
use session_export_transport_reqwest::ReqwestTransport;

use super::bodies::error;
use super::faulty::{Broken, good};

pub(crate) fn all() -> Vec<Broken> {
    [proxies(), certificates()].into_iter().flatten().collect()
}

fn proxies() -> Vec<Broken> {
    vec![
        Broken::made(
            "forgets-the-proxy-password",
            &["proxy.plain", "proxy.tunnel"],
            |setup| {
                let mut setup = setup.clone();
                if let Some((_, host)) = setup.proxy.as_deref().and_then(|url| url.split_once('@')) {
                    setup.proxy = Some(format!("http://{host}"));
                }
                good(&setup)
            },
        ),
        Broken::made(
            "tells-the-server-the-proxy-password",
            &["proxy.tunnel"],
            |setup| {
                Ok(Indiscreet {
                    good: good(setup)?,
                    has_proxy: setup.proxy.is_some(),
                })
            },
        ),
        Broken::after(
            "makes-an-error-of-a-407",
            &["proxy.wrong-password"],
            |response| match response.status().as_u16() {
                407 => Err(error(Kind::Connect, Delivery::NotSent)),
                _ => Ok(response),
            },
        ),
        Broken::made("goes-past-a-dead-proxy", &["proxy.unreachable"], |setup| {
            let mut without = setup.clone();
            let direct = match without.proxy.take() {
                Some(_) => Some(good(&without)?),
                None => None,
            };
            Ok(Stubborn {
                good: good(setup)?,
                direct,
            })
        }),
        sharing(
            "shares-its-proxy",
            "proxy.not-for-others",
            |setup| setup.proxy.clone(),
            |setup, proxy| setup.proxy = Some(proxy),
        ),
    ]
}

fn certificates() -> Vec<Broken> {
    vec![
        Broken::made(
            "trusts-the-system-only",
            &[
                "cancel.http2",
                "proxy.tunnel",
                "tls.trusted-authority",
                "tls.client-certificate",
                "http2.negotiated",
                "http2.fallback",
                "http2.refused-stream",
                "http2.goaway",
                "http2.body-reset",
                "http2.body-stopped",
            ],
            |setup| {
                let mut setup = setup.clone();
                setup.ca_pem = None;
                good(&setup)
            },
        ),
        Broken::made("has-no-certificate", &["tls.client-certificate"], |setup| {
            let mut setup = setup.clone();
            setup.identity = None;
            good(&setup)
        }),
        sharing(
            "shares-its-certificate",
            "tls.no-client-certificate",
            |setup| setup.identity.clone(),
            |setup, identity| setup.identity = Some(identity),
        ),
    ]
}

/// A transport that uses a setting of any other that is still there.
fn sharing<S, G, P>(name: &'static str, caught_by: &'static str, get: G, put: P) -> Broken
where
    S: Clone + Send + Sync + 'static,
    G: Fn(&Setup) -> Option<S> + Clone + Send + Sync + 'static,
    P: Fn(&mut Setup, S) + Clone + Send + Sync + 'static,
{
    let shared: Arc<Mutex<Weak<S>>> = Arc::default();
    Broken::made(name, &[caught_by], move |setup| {
        let mut setup = setup.clone();
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let own = get(&setup).map(Arc::new);
        if let Some(own) = &own {
            *shared = Arc::downgrade(own);
        } else if let Some(other) = shared.upgrade() {
            put(&mut setup, S::clone(&other));
        }
        Ok(Holding {
            good: good(&setup)?,
            _own: own,
        })
    })
}

struct Holding<S> {
    good: ReqwestTransport,
    _own: Option<Arc<S>>,
}

impl<S> fmt::Debug for Holding<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.good.fmt(f)
    }
}

#[async_trait]
impl<S: Send + Sync + 'static> Transport for Holding<S> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.good.send(request).await
    }
}

#[derive(Debug)]
struct Indiscreet {
    good: ReqwestTransport,
    has_proxy: bool,
}

#[async_trait]
impl Transport for Indiscreet {
    async fn send(&self, mut request: Request) -> Result<Response, TransportError> {
        if self.has_proxy && request.uri().scheme_str() == Some("https") {
            let basic = HeaderValue::from_static("Basic a2l0OnByb3h5LXNlY3JldA==");
            request.headers_mut().insert(PROXY_AUTHORIZATION, basic);
        }
        self.good.send(request).await
    }
}

#[derive(Debug)]
struct Stubborn {
    good: ReqwestTransport,
    direct: Option<ReqwestTransport>,
}

#[async_trait]
impl Transport for Stubborn {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        match (self.good.send(request.clone()).await, &self.direct) {
            (Err(failure), Some(direct)) if failure.kind() == Kind::Connect => direct.send(request).await,
            (outcome, _) => outcome,
        }
    }
}
