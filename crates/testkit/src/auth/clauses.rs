//! What an authenticator promises.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Waker};

use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderValue, Method};
use session_export_auth::{AuthError, Authenticate};
use session_export_transport::{Request, RequestBody};

use super::suite::Make;
use crate::transport::{Finding, Level, ensure};

/// One promise of an authenticator.
pub(super) struct Clause {
    pub(super) id: &'static str,
    pub(super) level: Level,
    pub(super) text: &'static str,
    /// Whether it is about authenticators that cannot authenticate.
    pub(super) of_failing: bool,
    pub(super) check: Check,
}

type Check = for<'a> fn(&'a Subject) -> Pin<Box<dyn Future<Output = Result<(), Finding>> + Send + 'a>>;

/// What a clause has to work with.
pub(super) struct Subject {
    pub(super) make: Option<Make>,
    pub(super) secrets: Vec<String>,
}

const fn must(id: &'static str, text: &'static str, check: Check) -> Clause {
    Clause {
        id,
        level: Level::Must,
        text,
        of_failing: false,
        check,
    }
}

pub(super) const CLAUSES: &[Clause] = &[
    must(
        "authenticate.adds-only-headers",
        "Authenticating adds headers and changes nothing else: method, URL, body, version and the headers that were there \
         stay as they are. The client has checked them, and a signature of another layer may cover them.",
        |subject| Box::pin(adds_only_headers(subject)),
    ),
    must(
        "authenticate.sensitive",
        "A header whose value holds a secret is marked as sensitive, so that HTTP stacks leave it out of their logs and \
         do not put it into a compression table that all requests of a connection share, and so that the client takes it \
         out of errors: it knows a secret that a gateway repeats in error_msg by this mark alone.",
        |subject| Box::pin(sensitive(subject)),
    ),
    must(
        "authenticate.repeatable",
        "The same request can be authenticated again, one attempt after the other, with the same stamp as long as the \
         credential is the same. A retry is authenticated anew, and must not look like a new credential.",
        |subject| Box::pin(repeatable(subject)),
    ),
    must(
        "authenticate.replaces-its-own",
        "Authenticating a request that carries an older credential replaces it. Two tokens in one request are refused by \
         the gateway, or the wrong one is taken.",
        |subject| Box::pin(replaces_its_own(subject)),
    ),
    must(
        "authenticate.plain-http",
        "A request over plain http to another machine is refused, and nothing is added to it. Whoever listens on the way \
         could otherwise export in the user's name for a day.",
        |subject| Box::pin(plain_http(subject)),
    ),
    must(
        "authenticate.cancelled",
        "Dropping the future leaves the request as it was.",
        |subject| Box::pin(cancelled(subject)),
    ),
    must(
        "rejected.only-its-own",
        "A rejection drops the credential of its stamp and no newer one: a hundred calls that fail together cost one \
         renewal. If another try is worthwhile, the next stamp is another one.",
        |subject| Box::pin(only_its_own(subject)),
    ),
    must(
        "secrets.debug",
        "Debug shows no secret. Embedding programs print their configuration.",
        |subject| Box::pin(debug(subject)),
    ),
    Clause {
        of_failing: true,
        ..must(
            "failure.all-or-nothing",
            "On an error the request is as it was. A half-authenticated request that is sent by mistake counts as a failed \
             signature, and five in a row lock a key.",
            |subject| Box::pin(all_or_nothing(subject)),
        )
    },
    Clause {
        of_failing: true,
        ..must(
            "failure.shows-no-secret",
            "Neither the error's text, nor its Debug, nor any of its sources shows a secret. Errors end up in logs and in \
             tickets.",
            |subject| Box::pin(failure_shows_no_secret(subject)),
        )
    },
];

impl Subject {
    fn authenticator(&self) -> Result<Box<dyn Authenticate>, Finding> {
        let make = self
            .make
            .as_ref()
            .ok_or_else(|| Finding::new("there is nothing to check"))?;
        Ok(make())
    }

    /// Which secret stands in a text, by its number: a finding must not show it either.
    fn secret_in(&self, text: &[u8]) -> Option<usize> {
        self.secrets.iter().position(|secret| {
            text.windows(secret.len())
                .any(|window| window == secret.as_bytes())
        })
    }
}

fn at() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(19_780)
}

fn request() -> Request {
    let mut request = Request::new(RequestBody::from(r#"{"user_name":"user005"}"#));
    *request.method_mut() = Method::POST;
    *request.uri_mut() =
        http::Uri::from_static("https://workspace.example.com/v1/p/session/list-sessions/export?a=b");
    request
        .headers_mut()
        .insert("content-type", HeaderValue::from_static("application/json"));
    request
        .headers_mut()
        .insert("x-other", HeaderValue::from_static("stays"));
    request
}

/// What is wrong with a request that should be as it was.
fn difference(before: &Request, after: &Request) -> Option<&'static str> {
    if before.method() != after.method() || before.uri() != after.uri() || before.version() != after.version()
    {
        Some("method, URL or version")
    } else if before.body().as_bytes() != after.body().as_bytes() {
        Some("the body")
    } else if before.headers() != after.headers() {
        Some("the headers")
    } else {
        None
    }
}

async fn adds_only_headers(subject: &Subject) -> Result<(), Finding> {
    let (before, mut after) = (request(), request());
    subject.authenticator()?.authenticate(&mut after, at()).await?;
    ensure!(
        after.headers().len() > before.headers().len(),
        "no header was added"
    );
    for (name, value) in before.headers() {
        ensure!(
            after.headers().get(name) == Some(value),
            "the header {name} was changed"
        );
    }
    *after.headers_mut() = before.headers().clone();
    match difference(&before, &after) {
        Some(what) => Err(Finding::new(format!("{what} changed"))),
        None => Ok(()),
    }
}

async fn sensitive(subject: &Subject) -> Result<(), Finding> {
    let mut request = request();
    subject.authenticator()?.authenticate(&mut request, at()).await?;
    for (name, value) in request.headers() {
        let holds_secret = subject.secret_in(value.as_bytes()).is_some();
        ensure!(
            !holds_secret || value.is_sensitive(),
            "the header {name} holds a secret and is not marked"
        );
    }
    Ok(())
}

async fn repeatable(subject: &Subject) -> Result<(), Finding> {
    let authenticator = subject.authenticator()?;
    let (mut first, mut second) = (request(), request());
    let one = authenticator.authenticate(&mut first, at()).await?;
    let other = authenticator.authenticate(&mut second, at()).await?;
    ensure!(one == other, "the same credential has two stamps");
    Ok(())
}

async fn replaces_its_own(subject: &Subject) -> Result<(), Finding> {
    let authenticator = subject.authenticator()?;
    let mut request = request();
    authenticator.authenticate(&mut request, at()).await?;
    let once = request.headers().len();
    authenticator.authenticate(&mut request, at()).await?;
    let twice = request.headers().len();
    ensure!(
        once == twice,
        "authenticated twice, a request has {twice} headers instead of {once}"
    );
    Ok(())
}

async fn plain_http(subject: &Subject) -> Result<(), Finding> {
    for url in [
        "http://workspace.example.com/",
        "http://10.0.0.1/",
        "http://localhost.example.com/",
    ] {
        let mut request = request();
        *request.uri_mut() = http::Uri::from_static(url);
        let before = request.clone();
        let outcome = subject.authenticator()?.authenticate(&mut request, at()).await;
        ensure!(outcome.is_err(), "{url} was authenticated");
        ensure!(
            difference(&before, &request).is_none(),
            "{url} was refused, but changed"
        );
    }
    Ok(())
}

async fn cancelled(subject: &Subject) -> Result<(), Finding> {
    let authenticator = subject.authenticator()?;
    let (before, mut request) = (request(), request());
    {
        let mut future = authenticator.authenticate(&mut request, at());
        let ended = future
            .as_mut()
            .poll(&mut TaskContext::from_waker(Waker::noop()))
            .is_ready();
        if ended {
            return Ok(());
        }
    }
    ensure!(
        difference(&before, &request).is_none(),
        "a future that was dropped has changed the request"
    );
    Ok(())
}

async fn only_its_own(subject: &Subject) -> Result<(), Finding> {
    let authenticator = subject.authenticator()?;
    let old = authenticator.authenticate(&mut request(), at()).await?;
    if !authenticator.rejected(old).await {
        return Ok(());
    }
    let new = authenticator.authenticate(&mut request(), at()).await?;
    ensure!(
        new != old,
        "another try is said to be worthwhile, but the credential is the same"
    );
    for _ in 0..100 {
        authenticator.rejected(old).await;
    }
    let now = authenticator.authenticate(&mut request(), at()).await?;
    ensure!(
        now == new,
        "late rejections of an older credential cost the newer one"
    );
    Ok(())
}

async fn debug(subject: &Subject) -> Result<(), Finding> {
    let authenticator = subject.authenticator()?;
    for text in [format!("{authenticator:?}"), format!("{authenticator:#?}")] {
        shows_none(subject, &text, "before use")?;
    }
    // A credential that was fetched is held from now on.
    let _ = authenticator.authenticate(&mut request(), at()).await;
    shows_none(subject, &format!("{authenticator:?}"), "after use")
}

async fn all_or_nothing(subject: &Subject) -> Result<(), Finding> {
    let (before, mut after) = (request(), request());
    let outcome = subject.authenticator()?.authenticate(&mut after, at()).await;
    ensure!(outcome.is_err(), "the authenticator that was to fail did not");
    match difference(&before, &after) {
        Some(what) => Err(Finding::new(format!("it failed, but changed {what}"))),
        None => Ok(()),
    }
}

async fn failure_shows_no_secret(subject: &Subject) -> Result<(), Finding> {
    let Err(error) = subject.authenticator()?.authenticate(&mut request(), at()).await else {
        return Err(Finding::new("the authenticator that was to fail did not"));
    };
    shows_none(subject, &texts(&error), "in its error")
}

fn texts(error: &AuthError) -> String {
    let mut texts = format!("{error:?} {error:#?}");
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = next {
        texts.push_str(&format!(" {error}"));
        next = error.source();
    }
    texts
}

fn shows_none(subject: &Subject, text: &str, place: &str) -> Result<(), Finding> {
    match subject.secret_in(text.as_bytes()) {
        Some(number) => Err(Finding::new(format!("secret number {number} shows {place}"))),
        None => Ok(()),
    }
}
