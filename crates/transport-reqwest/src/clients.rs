//! One reqwest client per Tokio runtime.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{Handle, Id};

use crate::BuildTransportError;
use crate::build_error::Reason;
use crate::tls::Tls;

pub(crate) struct Settings {
    pub(crate) tls: Tls,
    pub(crate) proxy: Option<reqwest::Proxy>,
    pub(crate) connect_limit: Duration,
    pub(crate) pool_idle_limit: Duration,
}

/// Hands out the client of the runtime that asks.
///
/// A pooled connection is driven by the runtime that opened it. Used from another one it would hang whenever its own
/// runtime is not running, so a client, with its pool, belongs to one runtime. Only the latest is kept: nobody says
/// when a runtime is gone.
pub(crate) struct Clients {
    settings: Settings,
    latest: Mutex<Option<(Id, reqwest::Client)>>,
}

/// Why there is no client for the caller.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoClient {
    #[error("not called from within a Tokio runtime, which reqwest needs")]
    NoRuntime,
    #[error(transparent)]
    Build(#[from] Reason),
}

impl Clients {
    pub(crate) fn new(settings: Settings) -> Result<Self, BuildTransportError> {
        // Built once without a use, so that a setting reqwest rejects is an error here and not at the first request.
        build(&settings)?;
        Ok(Self {
            settings,
            latest: Mutex::new(None),
        })
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn for_this_runtime(&self) -> Result<reqwest::Client, NoClient> {
        let runtime = Handle::try_current().map_err(|_| NoClient::NoRuntime)?.id();
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((id, client)) = &*latest
            && *id == runtime
        {
            return Ok(client.clone());
        }
        let client = build(&self.settings)?;
        *latest = Some((runtime, client.clone()));
        Ok(client)
    }
}

fn build(settings: &Settings) -> Result<reqwest::Client, Reason> {
    let mut builder = reqwest::Client::builder()
        // First: it forgets the environment's proxies, and any set before.
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // By default a request that HTTP/2 says was not processed is sent again.
        .retry(reqwest::retry::never())
        .connect_timeout(settings.connect_limit)
        .pool_idle_timeout(settings.pool_idle_limit)
        .tls_backend_preconfigured(settings.tls.config.clone());
    if let Some(proxy) = &settings.proxy {
        builder = builder.proxy(proxy.clone());
    }
    builder
        .build()
        .map_err(|error| Reason::Client(error.without_url()))
}
