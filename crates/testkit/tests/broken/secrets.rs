//! Faults of the group *secrets*.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use session_export_testkit::transport::Setup;
use session_export_transport::{Request, Response, Transport, TransportError};
use session_export_transport_reqwest::ReqwestTransport;

use super::bodies::{says, through};
use super::faulty::{Broken, good};

pub(crate) fn all() -> Vec<Broken> {
    vec![
        telling("tells-the-url", |request| request.uri().to_string()),
        telling("tells-the-headers", |request| {
            format!("{:?}", request.headers().get("x-trace"))
        }),
        telling("tells-the-body", |request| {
            String::from_utf8_lossy(request.body().as_bytes()).into_owned()
        }),
        Broken::new(
            "quotes-http2-errors",
            &["secrets.http2-errors"],
            |good, request| {
                Box::pin(async move {
                    let quoted = request.headers().get("x-trace").cloned();
                    good.send(request).await.map_err(|failure| {
                        if says(&failure, "HTTP/2: ") {
                            failure.with_source(format!("{quoted:?}"))
                        } else {
                            failure
                        }
                    })
                })
            },
        ),
        Broken::after("quotes-the-body", &["secrets.body-errors"], |response| {
            let mut last = String::new();
            Ok(through(response, move |event| {
                if let Some(Ok(frame)) = &event
                    && let Some(data) = frame.data_ref()
                {
                    last = String::from_utf8_lossy(data).into_owned();
                }
                event.map(|item| item.map_err(|failure| failure.with_source(format!("after {last}"))))
            }))
        }),
        Broken::made("remembers-its-requests", &["secrets.debug"], |setup| {
            Ok(Remembering {
                good: good(setup)?,
                last: Mutex::default(),
            })
        }),
        Broken::made("shows-its-proxy", &["secrets.debug-proxy"], |setup| {
            Ok(Open {
                good: good(setup)?,
                shown: setup.proxy.clone(),
            })
        }),
        Broken::made("shows-its-key", &["secrets.debug-key"], |setup: &Setup| {
            let key = setup.identity.as_ref().map(|identity| identity.key_pem.clone());
            Ok(Open {
                good: good(setup)?,
                shown: key,
            })
        }),
    ]
}

/// A transport whose errors say this of the request.
fn telling(name: &'static str, what: fn(&Request) -> String) -> Broken {
    Broken::new(
        name,
        &["secrets.errors", "secrets.http2-errors"],
        move |good, request| {
            Box::pin(async move {
                let text = what(&request);
                good.send(request).await.map_err(|failure| {
                    TransportError::new(failure.kind(), failure.delivery()).with_source(text)
                })
            })
        },
    )
}

#[derive(Debug)]
struct Remembering {
    good: ReqwestTransport,
    last: Mutex<Option<http::HeaderMap>>,
}

#[async_trait]
impl Transport for Remembering {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(request.headers().clone());
        self.good.send(request).await
    }
}

struct Open {
    good: ReqwestTransport,
    shown: Option<String>,
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open").field("shown", &self.shown).finish()
    }
}

#[async_trait]
impl Transport for Open {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.good.send(request).await
    }
}
