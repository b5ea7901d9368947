//! Faults of the group *never*: what is added, remembered or unpacked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, COOKIE, EXPECT, HeaderName, HeaderValue, REFERER,
    SET_COOKIE, USER_AGENT,
};
use session_export_transport::{Request, Transport};

use super::faulty::Broken;

pub(crate) fn all() -> Vec<Broken> {
    let jar: Arc<Mutex<HashMap<String, HeaderValue>>> = Arc::default();
    vec![
        Broken::new("keeps-cookies", &["never.cookie"], move |good, mut request| {
            let jar = Arc::clone(&jar);
            Box::pin(async move {
                let server = request
                    .uri()
                    .authority()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                let kept = jar
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .get(&server)
                    .cloned();
                if let Some(cookie) = kept {
                    request.headers_mut().insert(COOKIE, cookie);
                }
                let response = good.send(request).await?;
                if let Some(cookie) = response.headers().get(SET_COOKIE) {
                    jar.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(server, cookie.clone());
                }
                Ok(response)
            })
        }),
        Broken::after("says-it-unpacked", &["never.decompression"], |mut response| {
            response.headers_mut().remove(CONTENT_ENCODING);
            Ok(response)
        }),
        adding("asks-for-gzip", "never.accept-encoding", ACCEPT_ENCODING, "gzip"),
        Broken::new("answers-a-challenge", &["never.credentials"], |good, request| {
            Box::pin(async move {
                let response = good.send(request.clone()).await?;
                if response.status() != 401 {
                    return Ok(response);
                }
                let basic = HeaderValue::from_static("Basic bmV0OnJj");
                good.send(having(request, AUTHORIZATION, basic)).await
            })
        }),
        adding(
            "has-a-user-agent-of-its-own",
            "never.user-agent",
            USER_AGENT,
            "transport/1.0",
        ),
        adding("expects-a-100", "never.expect-continue", EXPECT, "100-continue"),
        adding(
            "names-a-referer",
            "never.referer",
            REFERER,
            "http://before.example/",
        ),
    ]
}

fn having(mut request: Request, name: HeaderName, value: HeaderValue) -> Request {
    request.headers_mut().insert(name, value);
    request
}

fn adding(name: &'static str, caught_by: &'static str, header: HeaderName, value: &'static str) -> Broken {
    Broken::before(name, &[caught_by], move |request| {
        request
            .headers_mut()
            .insert(header.clone(), HeaderValue::from_static(value));
    })
}
