//! What the tests share: a clock that stands still, clients, an emulator, and a limit on waiting.

#![allow(dead_code, reason = "every test file uses its own part")]
#![allow(unused_imports, reason = "every test file uses its own part")]

pub(crate) mod breaking;
mod mock;
mod server;
pub(crate) mod spans;

use std::error::Error as StdError;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use session_export::{
    Authenticate, Client, ClientBuilder, Endpoint, Error, Iam, IamPassword, SessionFilter, SessionOperation,
    StaticToken, Token, TokenAuthenticator, TokenScope, Transport,
};
use session_export_emulator::Emulator;
use session_export_transport::test_util::ManualClock;
use session_export_transport_hyper::HyperTransport;
use session_export_transport_reqwest::ReqwestTransport;

pub(crate) use mock::{Answer, Log, Silent, answer, body_of, broken, json, mock_transport, paced};
pub(crate) use server::RawServer;

pub(crate) const PROJECT: &str = "a4da8115c9d8464ead3a38309130523f";
pub(crate) const TASK: &str = "2b31ed5200000000ebedb6e570000000";
/// What no log, error or `Debug` output may show.
pub(crate) const TOKEN: &str = "MIIplanted-token";
pub(crate) const NOW: &str = "2024-02-27T03:47:51.182Z";

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A clock that stands at [`NOW`].
pub(crate) fn clock() -> ManualClock {
    ManualClock::new(NOW.parse().unwrap())
}

pub(crate) fn static_token() -> TokenAuthenticator<StaticToken> {
    TokenAuthenticator::new(StaticToken::new(Token::new(TOKEN).unwrap()))
}

/// The three roles at one base URL.
pub(crate) fn endpoint(base: &str) -> Endpoint {
    Endpoint::builder()
        .sessions(base.parse().unwrap())
        .export_centre(base.parse().unwrap())
        .iam(base.parse().unwrap())
        .build()
        .unwrap()
}

/// A client of the published hosts, over `transport`.
pub(crate) fn client(transport: impl Transport, clock: &ManualClock) -> Client {
    client_with(transport, clock, static_token())
}

pub(crate) fn client_with(
    transport: impl Transport,
    clock: &ManualClock,
    authenticator: impl Authenticate,
) -> Client {
    Client::builder(Endpoint::region("cn-north-4").unwrap(), PROJECT.parse().unwrap())
        .transport(transport)
        .authenticator(authenticator)
        .clock(clock.clone())
        .build()
        .unwrap()
}

/// The bundled transport that this run is about: reqwest, or what the environment names, so that CI runs the same tests
/// over both.
#[allow(
    clippy::disallowed_methods,
    reason = "a run of the tests is told by its environment what to use"
)]
pub(crate) fn transport() -> Arc<dyn Transport> {
    match std::env::var("SESSION_EXPORT_TEST_TRANSPORT").as_deref() {
        Ok("hyper") => Arc::new(HyperTransport::new().unwrap()),
        Ok("reqwest") | Err(_) => Arc::new(ReqwestTransport::new().unwrap()),
        Ok(other) => panic!("there is no transport {other:?}"),
    }
}

/// A client of `base` over real sockets, with a clock that stands still: no limit of its own can pass.
pub(crate) fn socket_client(base: &str) -> Client {
    Client::builder(endpoint(base), PROJECT.parse().unwrap())
        .transport(transport())
        .authenticator(static_token())
        .clock(clock())
        .build()
        .unwrap()
}

pub(crate) fn login(emulator: &Emulator) -> TokenAuthenticator<IamPassword> {
    TokenAuthenticator::new(IamPassword::new(
        Iam::new(transport(), emulator.base_url().parse().unwrap()),
        emulator.user_name(),
        emulator.password().to_owned(),
        emulator.domain_name(),
        TokenScope::project_name(emulator.region()),
    ))
}

/// A client that logs in to the emulator, with the default clock.
pub(crate) fn emulator_client(emulator: &Emulator) -> ClientBuilder {
    Client::builder(
        endpoint(&emulator.base_url()),
        emulator.project_id().parse().unwrap(),
    )
    .transport(transport())
    .authenticator(login(emulator))
}

pub(crate) fn no_filter() -> SessionFilter {
    SessionFilter::builder().build().unwrap()
}

/// Wide enough for everything that an emulator which starts on 2024-03-01 holds.
pub(crate) fn wide_window() -> SessionFilter {
    SessionFilter::builder()
        .begin("2023-01-01T00:00:00Z")
        .end("2025-01-01T00:00:00Z")
        .build_for(SessionOperation::List)
        .unwrap()
}

/// Ends a test that would wait for ever, after a time that no passing test comes near.
#[allow(
    clippy::disallowed_methods,
    reason = "a guard over sockets, which no manual clock moves"
)]
pub(crate) async fn guarded<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(seconds(30), future)
        .await
        .expect("it waits for ever")
}

/// The error, its causes and its `Debug`, one a line, after a look for what no error may show.
pub(crate) fn shown(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!("\n{error}"));
        cause = error.source();
    }
    text.push_str(&format!("\n{error:?}"));
    for secret in ["planted", "limit=", "offset=", "task_id=", "query_begin_time="] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    text
}

/// The names in a directory.
pub(crate) fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
