//! Faults of the group *never*.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use session_export_testkit::transport::Setup;
use session_export_transport::{Request, Response, Transport, TransportError};
use session_export_transport_reqwest::ReqwestTransport;

use super::faulty::{Broken, good};

pub(crate) fn all() -> Vec<Broken> {
    vec![
        Broken::new("follows-redirects", &["never.redirect"], |good, request| {
            Box::pin(async move {
                let mut again = request.clone();
                let response = good.send(request).await?;
                match response
                    .headers()
                    .get("location")
                    .and_then(|value| value.to_str().ok()?.parse().ok())
                {
                    Some(location) if response.status().is_redirection() => {
                        *again.uri_mut() = location;
                        good.send(again).await
                    }
                    _ => Ok(response),
                }
            })
        }),
        Broken::made(
            "asks-the-environment-for-a-proxy",
            &["never.environment-proxy"],
            |setup| {
                let mut setup: Setup = setup.clone();
                setup.proxy = setup.proxy.or_else(|| std::env::var("HTTP_PROXY").ok());
                good(&setup) as Result<ReqwestTransport, _>
            },
        ),
        Broken::new(
            "sends-again-after-a-close",
            &[
                "never.twice-after-close",
                "never.twice-on-stale-connection",
                "http2.refused-stream",
                "http2.goaway",
            ],
            |good, request| {
                Box::pin(async move {
                    match good.send(request.clone()).await {
                        Err(_) => good.send(request).await,
                        answered => answered,
                    }
                })
            },
        ),
        Broken::made(
            "sends-again-when-a-connection-was-stale",
            &["never.twice-on-stale-connection"],
            |setup| {
                Ok(Again {
                    good: good(setup)?,
                    used: AtomicBool::new(false),
                })
            },
        ),
        Broken::new(
            "sends-again-after-a-503",
            &["never.twice-on-503"],
            |good, request| {
                Box::pin(async move {
                    let response = good.send(request.clone()).await?;
                    if response.status() == 503 && response.headers().contains_key("retry-after") {
                        return good.send(request).await;
                    }
                    Ok(response)
                })
            },
        ),
    ]
}

/// Sends again what fails, but not the first request.
#[derive(Debug)]
struct Again {
    good: ReqwestTransport,
    used: AtomicBool,
}

#[async_trait]
impl Transport for Again {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let used = self.used.swap(true, Ordering::SeqCst);
        match self.good.send(request.clone()).await {
            Err(_) if used => self.good.send(request).await,
            first => first,
        }
    }
}
