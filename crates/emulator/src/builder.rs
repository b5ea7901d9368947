//! The options of an emulator.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::app::AccessKey;
use crate::emulator::Emulator;
use crate::error::EmulatorError;
use crate::options::{ClockFn, ExportFormat, ExportOutcome, MetadataTokens, Options};
use crate::{tenancy, time};

/// More sessions than this are taken for a slip: they would fill the memory of a small machine.
const MAX_SESSIONS: usize = 2_000_000;

const MAX_DAYS: u32 = 3_650;

/// The upper bound of every span of time, and of a token's life.
const MAX_SPAN: Duration = Duration::from_secs(MAX_DAYS as u64 * 86_400);

/// Builds an [`Emulator`]; every option has a default.
///
/// Setters accept anything. [`start`](Self::start) reports a value outside its bounds.
#[must_use = "a builder does nothing until it is started"]
pub struct EmulatorBuilder {
    pub(crate) options: Options,
    pub(crate) sessions: usize,
    pub(crate) seed: u64,
    pub(crate) days: u32,
    pub(crate) listen: SocketAddr,
    pub(crate) clock: ClockFn,
    pub(crate) password: Option<String>,
    pub(crate) access_key: Option<AccessKey>,
    pub(crate) passcode: Option<String>,
}

impl Default for EmulatorBuilder {
    fn default() -> Self {
        Self {
            options: Options {
                export_delay: Duration::from_millis(1_500),
                export_format: ExportFormat::default(),
                export_outcome: ExportOutcome::default(),
                retention: Duration::from_secs(7 * 86_400),
                token_ttl: Duration::from_secs(86_400),
                project_id: "e3b1a7c05d9f4826b0c4d18f7a6e2359".to_owned(),
                user_name: "emulator-user".to_owned(),
                domain_name: "emulator-domain".to_owned(),
                agency: "emulator-agency".to_owned(),
                key_ttl: None,
                password_attempts: 5,
                password_lock: Duration::from_secs(900),
                metadata_tokens: MetadataTokens::default(),
            },
            sessions: 2_000,
            seed: 1,
            days: 60,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock: Arc::new(time::system_now),
            password: None,
            access_key: None,
            passcode: None,
        }
    }
}

impl EmulatorBuilder {
    /// How many sessions there are: 0 to 2,000,000. Default: 2,000.
    pub fn sessions(self, sessions: usize) -> Self {
        Self { sessions, ..self }
    }

    /// The seed of the data. The same seed, number of sessions, number of days and current day (in UTC) give the
    /// same sessions, apart from `tenant_id`, which is the project id. Default: 1.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// How many days before 00:00 UTC of the current day the sessions are spread over: 1 to 3,650. Default: 60.
    pub fn days(self, days: u32) -> Self {
        Self { days, ..self }
    }

    /// How long an export task stays `CREATING`, on the emulator's clock; at most 3,650 days.
    /// Default: 1,500 milliseconds.
    pub fn export_delay(mut self, delay: Duration) -> Self {
        self.options.export_delay = delay;
        self
    }

    /// The file that exports produce. Default: [`ExportFormat::Xlsx`].
    pub fn export_format(mut self, format: ExportFormat) -> Self {
        self.options.export_format = format;
        self
    }

    /// What becomes of export tasks. Default: [`ExportOutcome::Success`].
    pub fn export_outcome(mut self, outcome: ExportOutcome) -> Self {
        self.options.export_outcome = outcome;
        self
    }

    /// How long the file of a successful task can be downloaded, on the emulator's clock; at most 3,650 days. The
    /// real service's retention is unknown. Default: 7 days.
    pub fn retention(mut self, retention: Duration) -> Self {
        self.options.retention = retention;
        self
    }

    /// How long a token is valid, on the emulator's clock; at most 3,650 days. Default: 24 hours.
    pub fn token_ttl(mut self, ttl: Duration) -> Self {
        self.options.token_ttl = ttl;
        self
    }

    /// Where to listen: a loopback address; port 0 takes a free one. Default: `127.0.0.1:0`.
    pub fn listen(self, address: SocketAddr) -> Self {
        Self {
            listen: address,
            ..self
        }
    }

    /// The clock of tokens, keys, signatures, locks, tasks and `Date` headers, read once for each request. Nothing in
    /// the emulator waits for it, so a test may move it at will. The sessions keep the day on which the emulator was
    /// started. Default: the system's clock.
    pub fn clock(self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self {
            clock: Arc::new(clock),
            ..self
        }
    }

    /// The id of the main project: 1 to 128 ASCII letters, digits, `-` and `_`. Default: a made-up id.
    pub fn project_id(mut self, project_id: impl Into<String>) -> Self {
        self.options.project_id = project_id.into();
        self
    }

    /// The name of the only user. Default: `emulator-user`.
    pub fn user_name(mut self, user_name: impl Into<String>) -> Self {
        self.options.user_name = user_name.into();
        self
    }

    /// The user's password. Default: another random one at each start.
    pub fn password(self, password: impl Into<String>) -> Self {
        Self {
            password: Some(password.into()),
            ..self
        }
    }

    /// The name of the account (domain) that the user belongs to. Default: `emulator-domain`.
    pub fn domain_name(mut self, domain_name: impl Into<String>) -> Self {
        self.options.domain_name = domain_name.into();
        self
    }

    /// The user's permanent access key: an id of 1 to 128 ASCII letters, digits, `-` and `_`, and a secret of at
    /// least one character. Default: another random one at each start.
    pub fn access_key(self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        let (id, secret) = (id.into(), secret.into());
        Self {
            access_key: Some(AccessKey { id, secret }),
            ..self
        }
    }

    /// The passcode of the user's second factor, at least one character. It stays the same all the time. A user with
    /// one is refused with 401 when the password comes alone. Default: none, and a log-in with one is refused.
    pub fn totp_passcode(self, passcode: impl Into<String>) -> Self {
        Self {
            passcode: Some(passcode.into()),
            ..self
        }
    }

    /// The name of the agency by which another account, `emulator-agency-domain`, trusts the user's account.
    /// Default: `emulator-agency`.
    pub fn agency(mut self, name: impl Into<String>) -> Self {
        self.options.agency = name.into();
        self
    }

    /// The longest life of temporary access keys, on the emulator's clock; at most 3,650 days. A shorter one that is
    /// asked for stays as it is. Default: no bound of its own, so that a key lives as long as was asked for, and one
    /// of the instance metadata for 24 hours.
    pub fn key_ttl(mut self, ttl: Duration) -> Self {
        self.options.key_ttl = Some(ttl);
        self
    }

    /// How many wrong passwords or passcodes in a row lock the user; 0 is without a limit. Default: 5.
    pub fn password_attempts(mut self, attempts: u32) -> Self {
        self.options.password_attempts = attempts;
        self
    }

    /// How long the user stays locked, on the emulator's clock; at most 3,650 days. Default: 15 minutes.
    pub fn password_lock(mut self, span: Duration) -> Self {
        self.options.password_lock = span;
        self
    }

    /// Whether the instance metadata has tokens of its own. Default: [`MetadataTokens::Optional`].
    pub fn metadata_tokens(mut self, tokens: MetadataTokens) -> Self {
        self.options.metadata_tokens = tokens;
        self
    }

    /// Generates the sessions, starts to listen, and serves in tasks of the calling tokio runtime, which needs its
    /// I/O and time drivers.
    ///
    /// # Errors
    /// [`EmulatorError`] when an option is outside its bounds, the address is not a loopback address or cannot be
    /// bound, there are no random bytes, or no tokio runtime is running.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind: nothing is served before it is ready.
    pub async fn start(self) -> Result<Emulator, EmulatorError> {
        self.check()?;
        Emulator::start(self).await
    }

    fn check(&self) -> Result<(), EmulatorError> {
        const NOT_EMPTY: &str = "at least one character";
        const SPAN: &str = "at most 3,650 days";
        let options = &self.options;
        let is_id = |text: &str| {
            (1..=128).contains(&text.len())
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        if !self.listen.ip().is_loopback() {
            return Err(EmulatorError::NotLoopback(self.listen));
        }
        let short = |span: Duration| span <= MAX_SPAN;
        let other_projects = [tenancy::SUB_PROJECT_ID, tenancy::AGENCY_PROJECT_ID];
        let key_fits = |key: &AccessKey| is_id(&key.id) && !key.secret.is_empty();
        let rules = [
            ("sessions", self.sessions <= MAX_SESSIONS, "at most 2,000,000"),
            ("days", (1..=MAX_DAYS).contains(&self.days), "from 1 to 3,650"),
            ("export_delay", short(options.export_delay), SPAN),
            ("retention", short(options.retention), SPAN),
            ("token_ttl", short(options.token_ttl), SPAN),
            ("key_ttl", options.key_ttl.is_none_or(short), SPAN),
            ("password_lock", short(options.password_lock), SPAN),
            (
                "project_id",
                is_id(&options.project_id),
                "1 to 128 ASCII letters, digits, - and _",
            ),
            (
                "project_id",
                !other_projects.contains(&options.project_id.as_str()),
                "another one than those of the emulator's other projects",
            ),
            ("user_name", !options.user_name.is_empty(), NOT_EMPTY),
            ("password", self.password.as_deref() != Some(""), NOT_EMPTY),
            ("domain_name", !options.domain_name.is_empty(), NOT_EMPTY),
            (
                "domain_name",
                options.domain_name != tenancy::AGENCY_DOMAIN_NAME,
                "another one than that of the delegating account",
            ),
            ("agency", !options.agency.is_empty(), NOT_EMPTY),
            ("totp_passcode", self.passcode.as_deref() != Some(""), NOT_EMPTY),
            (
                "access_key",
                self.access_key.as_ref().is_none_or(key_fits),
                "an id of 1 to 128 ASCII letters, digits, - and _, and a secret of at least one character",
            ),
        ];
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((option, _, allowed)) => Err(EmulatorError::InvalidOption { option, allowed }),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for EmulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorBuilder")
            .field("options", &self.options)
            .field("sessions", &self.sessions)
            .field("seed", &self.seed)
            .field("days", &self.days)
            .field("listen", &self.listen)
            .field("password", &self.password.as_ref().map(|_| "[redacted]"))
            .field("access_key", &self.access_key.as_ref().map(|key| &key.id))
            .field("passcode", &self.passcode.as_ref().map(|_| "[redacted]"))
            .finish_non_exhaustive()
    }
}
