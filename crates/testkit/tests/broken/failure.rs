//! Faults of the group *failure*.

use http::Uri;
use http::uri::Scheme;
use session_export_transport::{
    Delivery, Response, ResponseBody, Transport, TransportError, TransportErrorKind as Kind,
};

use super::bodies::{error, says};
use super::faulty::{Broken, good};
use super::insecure;
use super::mini::Fault;

pub(crate) fn all() -> Vec<Broken> {
    [connecting(), certificates(), exchanges()]
        .into_iter()
        .flatten()
        .collect()
}

fn connecting() -> Vec<Broken> {
    vec![
        relabelling(
            "calls-a-refusal-unknown",
            &["failure.refused", "proxy.wrong-password", "proxy.unreachable"],
            |failure| failure.kind() == Kind::Connect,
            |failure| error(failure.kind(), Delivery::Unknown),
        ),
        relabelling(
            "has-no-word-for-a-refusal",
            &["failure.refused-kind"],
            |failure| failure.kind() == Kind::Connect,
            |failure| error(Kind::Other, failure.delivery()),
        ),
        relabelling(
            "calls-an-unknown-name-unknown",
            &["failure.dns"],
            |failure| failure.kind() == Kind::Resolve,
            |failure| error(failure.kind(), Delivery::Unknown),
        ),
        relabelling(
            "has-no-word-for-an-unknown-name",
            &["failure.dns-kind"],
            |failure| failure.kind() == Kind::Resolve,
            |failure| error(Kind::Connect, failure.delivery()),
        ),
        Broken::made("has-no-connect-limit", &["failure.connect-limit"], |setup| {
            let mut setup = setup.clone();
            setup.connect_limit = None;
            good(&setup)
        }),
        Broken::before("takes-ftp-for-http", &["failure.unsupported-scheme"], |request| {
            if request.uri().scheme_str() == Some("ftp") {
                with_scheme(request.uri_mut(), Scheme::HTTP);
            }
        }),
    ]
}

fn certificates() -> Vec<Broken> {
    vec![
        trusting(
            "takes-any-name",
            &["failure.tls-wrong-name", "failure.tls-kind"],
            "not valid for name",
        ),
        trusting(
            "takes-expired-certificates",
            &["failure.tls-expired", "failure.tls-kind"],
            "expired",
        ),
        trusting(
            "trusts-everybody",
            &["failure.tls-unknown-authority", "failure.tls-kind"],
            // Both authorities of the clause have the same name.
            "BadSignature",
        ),
        relabelling(
            "has-no-word-for-tls",
            &["failure.tls-kind"],
            |failure| failure.kind() == Kind::Tls,
            |failure| error(Kind::Connect, failure.delivery()),
        ),
        Broken::new(
            "falls-back-to-plain-http",
            &["failure.plain-server"],
            |good, request| {
                Box::pin(async move {
                    let mut again = request.clone();
                    match good.send(request).await {
                        Err(failure) if says(&failure, "corrupt message") => {
                            with_scheme(again.uri_mut(), Scheme::HTTP);
                            good.send(again).await
                        }
                        other => other,
                    }
                })
            },
        ),
    ]
}

fn exchanges() -> Vec<Broken> {
    vec![
        relabelling(
            "calls-a-reset-not-sent",
            &[
                "failure.reset-before-head",
                "failure.reset-mid-head",
                "failure.closed-while-sending",
            ],
            |failure| {
                failure.kind() == Kind::Closed
                    && (says(failure, "reset by peer") || says(failure, "Broken pipe"))
            },
            |failure| error(failure.kind(), Delivery::NotSent),
        ),
        relabelling(
            "calls-a-close-not-sent",
            &["failure.close-mid-head", "failure.close-without-response"],
            |failure| failure.kind() == Kind::Closed && says(failure, "message completed"),
            |failure| error(failure.kind(), Delivery::NotSent),
        ),
        Broken::mini(
            "makes-do-with-half-a-head",
            &["failure.close-mid-head"],
            Fault::TakesHalfAHead,
        ),
        Broken::new(
            "calls-half-a-request-not-sent",
            &["failure.closed-while-sending"],
            |good, request| {
                Box::pin(async move {
                    let large = request.body().as_bytes().len() > 1 << 20;
                    good.send(request).await.map_err(|failure| match large {
                        true => error(failure.kind(), Delivery::NotSent),
                        false => failure,
                    })
                })
            },
        ),
        Broken::new("speaks-http-0.9", &["failure.garbage"], |good, request| {
            Box::pin(async move {
                match good.send(request).await {
                    Err(failure) if failure.kind() == Kind::Protocol && says(&failure, "version") => {
                        Ok(Response::new(ResponseBody::from("the garbage")))
                    }
                    other => other,
                }
            })
        }),
        Broken::mini(
            "reads-any-head",
            &["failure.huge-head"],
            Fault::ReadsHeadsWithoutEnd,
        ),
    ]
}

/// A transport that says something else of some failures.
fn relabelling(
    name: &'static str,
    caught_by: &[&'static str],
    which: fn(&TransportError) -> bool,
    instead: fn(&TransportError) -> TransportError,
) -> Broken {
    Broken::new(name, caught_by, move |good, request| {
        Box::pin(async move {
            good.send(request).await.map_err(|failure| {
                if which(&failure) {
                    instead(&failure)
                } else {
                    failure
                }
            })
        })
    })
}

/// A transport that ignores one complaint about certificates.
fn trusting(name: &'static str, caught_by: &[&'static str], complaint: &'static str) -> Broken {
    Broken::new(name, caught_by, move |good, request| {
        Box::pin(async move {
            match good.send(request.clone()).await {
                Err(failure) if failure.kind() == Kind::Tls && says(&failure, complaint) => {
                    insecure::send(&request).await.map_err(|_| failure)
                }
                other => other,
            }
        })
    })
}

fn with_scheme(uri: &mut Uri, scheme: Scheme) {
    let mut parts = std::mem::take(uri).into_parts();
    parts.scheme = Some(scheme);
    *uri = Uri::from_parts(parts).unwrap_or_default();
}
