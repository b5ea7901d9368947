//! What the programs in `src/bin` share: an emulator in the same process, and clients of it.
//!
//! Each program ends by itself, and fails if what it got is not what it should have got. `docs/embedding.md` shows their
//! middle parts; `tests/programs.rs` runs them.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use session_export::{
    BaseUrl, Client, ClientBuilder, Endpoint, Iam, IamPassword, SessionFilter, TokenAuthenticator,
    TokenScope, Transport,
};
use session_export_emulator::{Emulator, EmulatorBuilder, ExportFormat};

/// What a program ends with.
pub type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// How many sessions the emulator's main project has.
pub const SESSIONS: usize = 200;

/// A service in this process: 200 sessions, exported as csv in a moment.
pub fn emulator() -> EmulatorBuilder {
    Emulator::builder()
        .sessions(SESSIONS)
        // An export without a window has the last month.
        .days(20)
        .export_format(ExportFormat::Csv)
        .export_delay(Duration::from_millis(50))
}

/// A client of the emulator's main project that logs in as its user.
///
/// # Errors
///
/// When the emulator's ids are none, which cannot be.
pub fn client(emulator: &Emulator, transport: Arc<dyn Transport>) -> Outcome<ClientBuilder> {
    client_of_project(emulator, transport, emulator.project_id())
}

/// A client of any of the emulator's projects, with the log-in of that project's first user.
///
/// # Errors
///
/// When there is no such project, or nobody in it.
pub fn client_of_project(
    emulator: &Emulator,
    transport: Arc<dyn Transport>,
    project: &str,
) -> Outcome<ClientBuilder> {
    let access = emulator.project(project).ok_or("there is no such project")?;
    let user = access.users().first().ok_or("nobody is in the project")?;
    let base: BaseUrl = emulator.base_url().parse()?;
    let endpoint = Endpoint::builder()
        .sessions(base.clone())
        .export_centre(base.clone())
        .build()?;
    let login = IamPassword::new(
        Iam::new(Arc::clone(&transport), base),
        user.name(),
        user.password().to_owned(),
        access.domain_name(),
        TokenScope::project_id(access.id().parse()?),
    );
    Ok(Client::builder(endpoint, access.id().parse()?)
        .transport(transport)
        .authenticator(TokenAuthenticator::new(login)))
}

/// All sessions of the last thirty days that the emulator has.
///
/// # Errors
///
/// Never: it has no rule to break.
pub fn filter() -> Outcome<SessionFilter> {
    Ok(SessionFilter::builder().build()?)
}

/// How many sessions a csv file has: one for each line but the first.
pub fn sessions_in(csv: &[u8]) -> usize {
    let lines = csv.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.count().saturating_sub(1)
}

/// Fails with `what` unless it holds.
///
/// # Errors
///
/// When it does not.
pub fn check(holds: bool, what: impl Into<String>) -> Outcome {
    if holds { Ok(()) } else { Err(what.into().into()) }
}
