//! Faults of the group *body*.

use http::Version;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use session_export_transport::{
    Delivery, Response, ResponseBody, Transport, TransportError, TransportErrorKind as Kind,
};

use super::bodies::{ending_at, error, says, through};
use super::faulty::Broken;

pub(crate) fn all() -> Vec<Broken> {
    vec![
        Broken::after(
            "does-not-count",
            &["body.short", "body.error-kind"],
            |response| {
                Ok(match response.headers().contains_key(CONTENT_LENGTH) {
                    true => through(response, |event| {
                        event.filter(|item| !matches!(item, Err(failure) if !says(failure, "reset")))
                    }),
                    false => response,
                })
            },
        ),
        Broken::after("takes-a-reset-for-the-end", &["body.reset"], |response| {
            Ok(ending_at(response, "reset by peer"))
        }),
        Broken::after(
            "takes-a-broken-chunk-for-the-last",
            &["body.broken-chunk"],
            |response| Ok(ending_at(response, "nvalid chunk size")),
        ),
        Broken::after(
            "needs-no-last-chunk",
            &["body.missing-last-chunk", "body.error-kind"],
            |response| {
                Ok(match is_chunked(&response) {
                    true => ending_at(response, "EOF"),
                    false => response,
                })
            },
        ),
        Broken::after("demands-a-length", &["body.close-delimited"], |response| {
            let by_close = response.version() == Version::HTTP_11
                && response.status() == 200
                && !response.headers().contains_key(CONTENT_LENGTH)
                && !is_chunked(&response);
            Ok(match by_close {
                true => through(response, |event| event.or_else(|| Some(Err(broken_off())))),
                false => response,
            })
        }),
        Broken::new(
            "hands-on-only-whole-bodies",
            &["body.data-before-error"],
            |good, request| {
                Box::pin(async move {
                    let response = good.send(request).await?;
                    if response
                        .headers()
                        .get(CONTENT_LENGTH)
                        .is_none_or(|length| length.len() > 3)
                    {
                        return Ok(response);
                    }
                    let (head, body) = response.into_parts();
                    let body = match body.read_to_end(usize::MAX).await {
                        Ok(whole) => ResponseBody::from(whole),
                        Err(failure) => {
                            let mut failure = Some(failure);
                            through(Response::new(ResponseBody::empty()), move |_| {
                                failure.take().map(Err)
                            })
                            .into_body()
                        }
                    };
                    Ok(Response::from_parts(head, body))
                })
            },
        ),
        Broken::after("has-no-word-for-half-a-body", &["body.error-kind"], |response| {
            Ok(through(response, |event| {
                event.map(|item| item.map_err(|_| error(Kind::Closed, Delivery::Unknown)))
            }))
        }),
        Broken::after("waits-for-a-first-chunk", &["body.empty"], |response| {
            let mut nothing_yet = is_chunked(&response);
            Ok(through(response, move |event| match event {
                None if nothing_yet => Some(Err(broken_off())),
                other => {
                    nothing_yet = false;
                    other
                }
            }))
        }),
    ]
}

fn is_chunked(response: &Response) -> bool {
    response.headers().contains_key(TRANSFER_ENCODING)
}

fn broken_off() -> TransportError {
    error(Kind::BodyIncomplete, Delivery::Unknown)
}
