//! The clauses for authenticators: a good one passes, and each broken one is caught by exactly the clauses it breaks.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use http::HeaderValue;
use session_export_auth::{
    AccessKey, AccessKeyAuthenticator, AuthError, Authenticate, ProvideAccessKey, ProvideToken, Stamp,
    StaticAccessKey, StaticToken, Token, TokenAuthenticator,
};
use session_export_testkit::auth::Suite;
use session_export_transport::{Request, is_loopback};

const SECRET: &str = "planted-secret-5f2c";

/// Gives a new token each time.
#[derive(Debug, Default)]
struct Renewing(AtomicU64);

#[async_trait]
impl ProvideToken for Renewing {
    async fn provide_token(&self) -> Result<Token, AuthError> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        Token::new(format!("{SECRET}-{number}"))
    }
}

/// Never gives one.
#[derive(Debug)]
struct Refusing;

#[async_trait]
impl ProvideToken for Refusing {
    async fn provide_token(&self) -> Result<Token, AuthError> {
        Err(AuthError::other("the vault is sealed"))
    }
}

#[async_trait]
impl ProvideAccessKey for Renewing {
    async fn provide_access_key(&self) -> Result<AccessKey, AuthError> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        AccessKey::new(format!("AK{number}"), SECRET)?.with_security_token(format!("{SECRET}-{number}"))
    }
}

#[async_trait]
impl ProvideAccessKey for Refusing {
    async fn provide_access_key(&self) -> Result<AccessKey, AuthError> {
        Err(AuthError::other("the vault is sealed"))
    }
}

#[test]
fn what_signs_keeps_every_clause() {
    let key = || AccessKey::new("AKEXAMPLE", SECRET).unwrap();
    for suite in [
        Suite::new("signing with a temporary key", || {
            AccessKeyAuthenticator::for_project(Renewing::default(), "p1".parse().unwrap())
        }),
        Suite::new("signing", move || {
            AccessKeyAuthenticator::for_account(StaticAccessKey::new(key()))
        }),
    ] {
        let card = suite
            .secret(SECRET)
            .failing(|| AccessKeyAuthenticator::for_account(Refusing))
            .check("");
        assert_eq!(card.failed(), [""; 0], "{card}");
        assert!(
            card.to_string()
                .contains("MUST: 10 passed, 0 failed, 0 opted out"),
            "{card}"
        );
    }
}

#[test]
fn what_the_library_brings_keeps_every_clause() {
    for suite in [
        Suite::new("renewing", || TokenAuthenticator::new(Renewing::default())),
        Suite::new("static", || {
            TokenAuthenticator::new(StaticToken::new(Token::new(SECRET).unwrap()))
        }),
    ] {
        let card = suite
            .secret(SECRET)
            .failing(|| TokenAuthenticator::new(Refusing))
            .check("");
        assert_eq!(card.failed(), [""; 0], "{card}");
        assert!(
            card.to_string()
                .contains("MUST: 10 passed, 0 failed, 0 opted out"),
            "{card}"
        );
    }
}

#[test]
fn without_a_failing_one_its_clauses_are_opted_out() {
    let card = Suite::new("renewing", || TokenAuthenticator::new(Renewing::default())).check("");
    assert!(
        card.passes() && card.to_string().contains("2 opted out"),
        "{card}"
    );
}

/// What a broken authenticator does wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    ChangesTheBody,
    IsNotSensitive,
    NewStampEachTime,
    AddsASecondHeader,
    AcceptsPlainHttp,
    EditsBeforeItWaits,
    DropsNewerCredentials,
    ShowsItsSecret,
    EditsAndFails,
    TellsItsSecretInErrors,
}

/// An authenticator with one fault. `fails` makes it one that cannot authenticate.
struct Broken {
    fault: Fault,
    fails: bool,
    generation: AtomicU64,
}

impl Broken {
    fn new(fault: Fault, fails: bool) -> Self {
        Self {
            fault,
            fails,
            generation: AtomicU64::new(0),
        }
    }
}

impl std::fmt::Debug for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.fault == Fault::ShowsItsSecret {
            SECRET
        } else {
            "Broken"
        })
    }
}

#[async_trait]
impl Authenticate for Broken {
    async fn authenticate(&self, request: &mut Request, _: DateTime<Utc>) -> Result<Stamp, AuthError> {
        let secure = request.uri().scheme_str() == Some("https") || is_loopback(request.uri());
        if !secure && self.fault != Fault::AcceptsPlainHttp {
            return Err(AuthError::other("plain http"));
        }
        let mut value = HeaderValue::from_static(SECRET);
        value.set_sensitive(self.fault != Fault::IsNotSensitive);
        if self.fault == Fault::EditsBeforeItWaits {
            request.headers_mut().insert("x-half", value.clone());
            tokio::task::yield_now().await;
        }
        if self.fails {
            if self.fault == Fault::EditsAndFails {
                request.headers_mut().insert("x-auth-token", value);
            }
            let text = if self.fault == Fault::TellsItsSecretInErrors {
                SECRET
            } else {
                "sealed"
            };
            return Err(AuthError::other(text));
        }
        match self.fault {
            Fault::ChangesTheBody => *request.body_mut() = "{}".into(),
            Fault::NewStampEachTime => {
                self.generation.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        }
        if self.fault == Fault::AddsASecondHeader {
            request.headers_mut().append("x-auth-token", value);
        } else {
            request.headers_mut().insert("x-auth-token", value);
        }
        Ok(Stamp::new(self.generation.load(Ordering::Relaxed)))
    }

    async fn rejected(&self, stamp: Stamp) -> bool {
        let current = self.generation.load(Ordering::Relaxed);
        if stamp == Stamp::new(current) || self.fault == Fault::DropsNewerCredentials {
            self.generation.fetch_add(1, Ordering::Relaxed);
        }
        true
    }
}

#[test]
fn each_fault_is_caught_by_the_clauses_that_name_it() {
    for (fault, caught_by) in [
        (Fault::ChangesTheBody, &["authenticate.adds-only-headers"][..]),
        (Fault::IsNotSensitive, &["authenticate.sensitive"]),
        (
            Fault::NewStampEachTime,
            &["authenticate.repeatable", "rejected.only-its-own"],
        ),
        (Fault::AddsASecondHeader, &["authenticate.replaces-its-own"]),
        (Fault::AcceptsPlainHttp, &["authenticate.plain-http"]),
        (
            Fault::EditsBeforeItWaits,
            &["authenticate.cancelled", "failure.all-or-nothing"],
        ),
        (Fault::DropsNewerCredentials, &["rejected.only-its-own"]),
        (Fault::ShowsItsSecret, &["secrets.debug"]),
        (Fault::EditsAndFails, &["failure.all-or-nothing"]),
        (Fault::TellsItsSecretInErrors, &["failure.shows-no-secret"]),
    ] {
        let card = Suite::new("broken", move || Broken::new(fault, false))
            .secret(SECRET)
            .failing(move || Broken::new(fault, true))
            .check("");
        assert_eq!(card.failed(), caught_by, "{fault:?}\n{card}");
    }
}
