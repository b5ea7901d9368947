//! A good transport with a fault put in front of it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;
use session_export_testkit::transport::{Capability, Setup, Suite};
use session_export_transport::{Request, Response, Transport, TransportError};
use session_export_transport_reqwest::ReqwestTransport;

use super::mini::{Fault, Mini};

/// A broken transport, and the clauses that must catch it, in the kit's order.
pub(crate) struct Broken {
    pub(crate) name: &'static str,
    pub(crate) caught_by: Vec<&'static str>,
    suite: Box<dyn Fn() -> Suite + Send + Sync>,
}

/// What a fault returns.
pub(crate) type Outcome<'a> = Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + 'a>>;

impl Broken {
    /// A good transport whose requests go through `fault`.
    pub(crate) fn new<F>(name: &'static str, caught_by: &[&'static str], fault: F) -> Self
    where
        F: for<'a> Fn(&'a ReqwestTransport, Request) -> Outcome<'a> + Clone + Send + Sync + 'static,
    {
        Self::made(name, caught_by, move |setup| {
            Ok(Faulty {
                good: good(setup)?,
                fault: fault.clone(),
            })
        })
    }

    /// A transport that is built wrongly.
    pub(crate) fn made<T, M>(name: &'static str, caught_by: &[&'static str], make: M) -> Self
    where
        T: Transport,
        M: Fn(&Setup) -> Result<T, Box<dyn std::error::Error + Send + Sync>> + Clone + Send + Sync + 'static,
    {
        // reqwest refuses targets that URL normalisation would change.
        let suite = Box::new(move || {
            Suite::new(name, make.clone())
                .declare_all()
                .without(Capability::RawTargets)
        });
        Self {
            name,
            caught_by: caught_by.to_vec(),
            suite,
        }
    }

    /// A good transport whose requests are changed by `fault`.
    pub(crate) fn before(
        name: &'static str,
        caught_by: &[&'static str],
        fault: impl Fn(&mut Request) + Clone + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, caught_by, move |good, mut request| {
            fault(&mut request);
            good.send(request)
        })
    }

    /// A good transport whose responses go through `fault`.
    pub(crate) fn after(
        name: &'static str,
        caught_by: &[&'static str],
        fault: impl Fn(Response) -> Result<Response, TransportError> + Clone + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, caught_by, move |good, request| {
            let fault = fault.clone();
            Box::pin(async move { fault(good.send(request).await?) })
        })
    }

    /// The transport that sees every byte.
    pub(crate) fn mini(name: &'static str, caught_by: &[&'static str], fault: Fault) -> Self {
        let suite = Box::new(move || {
            Suite::new(name, move |_| Ok::<_, std::io::Error>(Mini::new(fault)))
                .declare(Capability::RawTargets)
                .declare(Capability::Streaming)
        });
        Self {
            name,
            caught_by: caught_by.to_vec(),
            suite,
        }
    }

    pub(crate) fn suite(&self) -> Suite {
        (self.suite)()
    }
}

/// A transport without a fault.
pub(crate) fn good(setup: &Setup) -> Result<ReqwestTransport, Box<dyn std::error::Error + Send + Sync>> {
    let mut builder = ReqwestTransport::builder();
    if let Some(pem) = &setup.ca_pem {
        builder = builder.ca_pem(pem.as_bytes());
    }
    if let Some(identity) = &setup.identity {
        builder = builder.client_cert_pem(identity.certificate_pem.as_bytes(), identity.key_pem.as_bytes());
    }
    if let Some(proxy) = &setup.proxy {
        builder = builder.proxy(proxy);
    }
    if let Some(limit) = setup.connect_limit {
        builder = builder.connect_limit(limit);
    }
    Ok(builder.build()?)
}

struct Faulty<F> {
    good: ReqwestTransport,
    fault: F,
}

impl<F> fmt::Debug for Faulty<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faulty")
            .field("good", &self.good)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl<F> Transport for Faulty<F>
where
    F: for<'a> Fn(&'a ReqwestTransport, Request) -> Outcome<'a> + Send + Sync + 'static,
{
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        (self.fault)(&self.good, request).await
    }
}
