//! The reqwest client, set up to do nothing on its own initiative.

use session_export_transport_net::{BuildTransportError, Settings};

pub(crate) fn build(settings: &Settings) -> Result<reqwest::Client, BuildTransportError> {
    let mut builder = reqwest::Client::builder()
        // First: it forgets the environment's proxies, and any set before.
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // By default a request that HTTP/2 says was not processed is sent again.
        .retry(reqwest::retry::never())
        .connect_timeout(settings.connect_limit)
        .pool_idle_timeout(settings.pool_idle_limit)
        // reqwest leaves a configuration that it did not make as it is, ALPN included.
        .tls_backend_preconfigured((**settings.tls.config()).clone());
    if let Some(proxy) = &settings.proxy {
        let mut all = reqwest::Proxy::all(proxy.uri().to_string()).map_err(setup)?;
        if let Some(authorization) = proxy.authorization() {
            all = all.custom_http_auth(authorization.clone());
        }
        builder = builder.proxy(all);
    }
    builder.build().map_err(setup)
}

fn setup(error: reqwest::Error) -> BuildTransportError {
    BuildTransportError::stack(error.without_url())
}
