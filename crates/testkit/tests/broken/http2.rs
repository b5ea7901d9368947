//! Faults of the group *http2*.

use http::Version;
use session_export_transport::Transport;

use super::bodies::{ending_at, says, through};
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
            &["proxy.tunnel", "tls.trusted-authority", "tls.client-certificate", "http2.fallback"],
            |request| {
                if request.uri().scheme_str() == Some("https") {
                    *request.version_mut() = Version::HTTP_2;
                }
            },
        ),
        again("sends-refused-streams-again", "http2.refused-stream", "refused stream"),
        again("sends-again-after-goaway", "http2.goaway", "not a result of an error"),
        Broken::after("takes-a-reset-stream-for-whole", &["http2.body-reset"], |response| {
            Ok(match response.version() {
                Version::HTTP_2 => through(response, |event| {
                    event.filter(|item| {
                        !matches!(item, Err(failure) if !says(failure, "not a result of an error"))
                    })
                }),
                _ => response,
            })
        }),
        Broken::after("takes-a-stopped-stream-for-whole", &["http2.body-stopped"], |response| {
            Ok(ending_at(response, "not a result of an error"))
        }),
    ]
}

/// A transport that sends once more after an error that says this.
fn again(name: &'static str, caught_by: &'static str, words: &'static str) -> Broken {
    Broken::new(name, &[caught_by], move |good, request| {
        Box::pin(async move {
            match good.send(request.clone()).await {
                Err(failure) if says(&failure, words) => good.send(request).await,
                outcome => outcome,
            }
        })
    })
}
