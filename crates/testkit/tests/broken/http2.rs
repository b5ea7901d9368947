//! Faults of the group *http2*.

use http::Version;
use session_export_transport::Transport;

use super::bodies::{says, through};
use super::faulty::Broken;

pub(crate) fn all() -> Vec<Broken> {
    vec![
        Broken::after("says-1.1-over-http2", &["http2.negotiated"], |mut response| {
            if response.version() == Version::HTTP_2 {
                *response.version_mut() = Version::HTTP_11;
            }
            Ok(response)
        }),
        Broken::before(
            "insists-on-http2",
            &[
                "proxy.tunnel",
                "tls.trusted-authority",
                "tls.client-certificate",
                "http2.fallback",
            ],
            |request| {
                if request.uri().scheme_str() == Some("https") {
                    *request.version_mut() = Version::HTTP_2;
                }
            },
        ),
        again(
            "sends-refused-streams-again",
            "http2.refused-stream",
            &["refused stream"],
        ),
        again(
            "sends-again-after-goaway",
            "http2.goaway",
            &["stream closed", "not a result of an error"],
        ),
        whole_when("takes-a-reset-stream-for-whole", "http2.body-reset", true),
        whole_when("takes-a-stopped-stream-for-whole", "http2.body-stopped", false),
    ]
}

/// A transport that sends once more after an error that says one of these.
fn again(name: &'static str, caught_by: &'static str, words: &'static [&'static str]) -> Broken {
    Broken::new(name, &[caught_by], move |good, request| {
        Box::pin(async move {
            match good.send(request.clone()).await {
                Err(failure) if words.iter().any(|words| says(&failure, words)) => good.send(request).await,
                outcome => outcome,
            }
        })
    })
}

/// A transport that takes streams for whole that were reset, with an error code or without.
fn whole_when(name: &'static str, caught_by: &'static str, with_code: bool) -> Broken {
    Broken::after(name, &[caught_by], move |response| {
        if response.version() != Version::HTTP_2 {
            return Ok(response);
        }
        Ok(through(response, move |event| {
            event.filter(|item| match item {
                // Only a code is worth a text.
                Err(failure) => says(failure, "HTTP/2: ") != with_code,
                Ok(_) => true,
            })
        }))
    })
}
