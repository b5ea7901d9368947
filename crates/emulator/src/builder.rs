//! The options of an emulator.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::emulator::Emulator;
use crate::error::EmulatorError;
use crate::time;

/// More sessions than this are taken for a slip: they would fill the memory of a small machine.
const MAX_SESSIONS: usize = 2_000_000;

const MAX_DAYS: u32 = 3_650;

/// The upper bound of every span of time, and of a token's life.
const MAX_SPAN: Duration = Duration::from_secs(MAX_DAYS as u64 * 86_400);

/// The file that an export produces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ExportFormat {
    /// A spreadsheet of Office Open XML.
    #[default]
    Xlsx,
    /// Comma-separated values in UTF-8 without a byte order mark; lines end in CR LF.
    Csv,
}

impl ExportFormat {
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// What becomes of export tasks once the delay has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ExportOutcome {
    /// `SUCCESS`, and `EXPIRED` after the [retention](EmulatorBuilder::retention).
    #[default]
    Success,
    /// `FAIL`, with a `fail_reason` and an `error_code`.
    Fail,
    /// `EXPIRED` at once, without a moment in which the file could be downloaded.
    Expired,
}

pub(crate) type ClockFn = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The options that operations look at.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) export_delay: Duration,
    pub(crate) export_format: ExportFormat,
    pub(crate) export_outcome: ExportOutcome,
    pub(crate) retention: Duration,
    pub(crate) token_ttl: Duration,
    pub(crate) project_id: String,
    pub(crate) user_name: String,
    pub(crate) domain_name: String,
}

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
            },
            sessions: 2_000,
            seed: 1,
            days: 60,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock: Arc::new(time::system_now),
            password: None,
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

    /// The clock of tokens, tasks and `Date` headers, read once for each request. Nothing in the emulator waits for
    /// it, so a test may move it at will. The sessions keep the day on which the emulator was started.
    /// Default: the system's clock.
    pub fn clock(self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self {
            clock: Arc::new(clock),
            ..self
        }
    }

    /// The only project: 1 to 128 ASCII letters, digits, `-` and `_`. Default: a made-up id.
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
        let rules = [
            ("sessions", self.sessions <= MAX_SESSIONS, "at most 2,000,000"),
            ("days", (1..=MAX_DAYS).contains(&self.days), "from 1 to 3,650"),
            (
                "export_delay",
                options.export_delay <= MAX_SPAN,
                "at most 3,650 days",
            ),
            ("retention", options.retention <= MAX_SPAN, "at most 3,650 days"),
            ("token_ttl", options.token_ttl <= MAX_SPAN, "at most 3,650 days"),
            (
                "project_id",
                is_id(&options.project_id),
                "1 to 128 ASCII letters, digits, - and _",
            ),
            (
                "user_name",
                !options.user_name.is_empty(),
                "at least one character",
            ),
            (
                "password",
                self.password.as_deref() != Some(""),
                "at least one character",
            ),
            (
                "domain_name",
                !options.domain_name.is_empty(),
                "at least one character",
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
            .finish_non_exhaustive()
    }
}
