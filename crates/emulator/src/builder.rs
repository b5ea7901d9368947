//! The options of an emulator.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::app::AccessKey;
use crate::choices::{Choices, Setting};
use crate::data::RowSource;
use crate::emulator::Emulator;
use crate::error::EmulatorError;
use crate::faults::FaultScript;
use crate::options::{ClockFn, ExportFormat, ExportOutcome, MetadataTokens, Options};
use crate::projects::ProjectSpec;
use crate::{bounds, time};

/// Builds an [`Emulator`]; every option has a default.
///
/// Setters accept anything. [`start`](Self::start) reports a value outside its bounds.
#[must_use = "a builder does nothing until it is started"]
pub struct EmulatorBuilder {
    pub(crate) options: Options,
    pub(crate) sessions: usize,
    pub(crate) seed: u64,
    pub(crate) days: u32,
    pub(crate) rows: Option<RowSource>,
    pub(crate) export_dir: Option<PathBuf>,
    pub(crate) state_dir: Option<PathBuf>,
    pub(crate) listen: SocketAddr,
    pub(crate) clock: ClockFn,
    pub(crate) password: Option<String>,
    pub(crate) access_key: Option<AccessKey>,
    pub(crate) passcode: Option<String>,
    pub(crate) faults: FaultScript,
    pub(crate) admin: Option<SocketAddr>,
    pub(crate) projects: Vec<ProjectSpec>,
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
                choices: Choices::default(),
            },
            sessions: 2_000,
            seed: 1,
            days: 60,
            rows: None,
            export_dir: None,
            state_dir: None,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock: Arc::new(time::system_now),
            password: None,
            access_key: None,
            passcode: None,
            faults: FaultScript::new(),
            admin: None,
            projects: Vec::new(),
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

    /// Sessions of your own in place of the made-up ones of the main project: see [`RowSource`]. The seed and the number
    /// of sessions then count for the other projects only, and nothing depends on the current day. Default: made-up
    /// sessions.
    pub fn rows(self, source: RowSource) -> Self {
        Self {
            rows: Some(source),
            ..self
        }
    }

    /// The directory for the files of exports, which have to fit there, with about 2.5 kB for each session of the
    /// spreadsheet that is being written. They are deleted with their tasks, when these expire, and when the emulator
    /// stops without a [`state_dir`](Self::state_dir). Default: the system's directory for temporary files, or a part of
    /// the `state_dir`, with which there cannot be another one.
    pub fn export_dir(self, directory: impl Into<PathBuf>) -> Self {
        Self {
            export_dir: Some(directory.into()),
            ..self
        }
    }

    /// A directory that keeps export tasks, their files, tokens, temporary keys, and the user's password and key over
    /// a restart; it is made unless it is there. See the [crate's page](crate#state) for what is kept and what the
    /// next start must have in common with this one. Default: none, and everything is forgotten with the emulator.
    ///
    /// ```
    /// use session_export_emulator::Emulator;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// # let directory = directory.path().join("state");
    /// let emulator = Emulator::builder().state_dir(&directory).start().await?;
    /// let password = emulator.password().to_owned();
    /// emulator.shutdown().await;
    ///
    /// let emulator = Emulator::builder().state_dir(&directory).start().await?;
    /// assert_eq!(emulator.password(), password);
    /// # Ok(())
    /// # }
    /// ```
    pub fn state_dir(self, directory: impl Into<PathBuf>) -> Self {
        Self {
            state_dir: Some(directory.into()),
            ..self
        }
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

    /// The name of the main user. Default: `emulator-user`.
    pub fn user_name(mut self, user_name: impl Into<String>) -> Self {
        self.options.user_name = user_name.into();
        self
    }

    /// The user's password. Default: that of the [state](Self::state_dir), or else another random one at each start.
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
    /// least one character. Default: that of the [state](Self::state_dir), or else another random one at each start.
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

    /// Adds a project with sessions, export tasks and users of its own beside those that are always there.
    pub fn project(mut self, project: ProjectSpec) -> Self {
        self.projects.push(project);
        self
    }

    /// Answers a question that the published pages leave open. Each enum of the [choices](crate::choices()) is one
    /// question, and its default is the answer that counts otherwise; the last answer to a question counts.
    ///
    /// ```
    /// use session_export_emulator::{DownloadFraming, Emulator, ThirtyDays};
    ///
    /// let builder = Emulator::builder()
    ///     .choose(ThirtyDays::Age)
    ///     .choose(DownloadFraming::Chunked);
    /// ```
    pub fn choose(mut self, setting: impl Into<Setting>) -> Self {
        setting.into().apply(&mut self.options);
        self
    }

    /// Answers an open question by names, as the program's command line does. [`choices`](crate::choices()) lists
    /// them.
    ///
    /// ```
    /// # use session_export_emulator::{Emulator, EmulatorError};
    /// let builder = Emulator::builder().choice("thirty-days", "age")?;
    /// # Ok::<(), EmulatorError>(())
    /// ```
    ///
    /// # Errors
    /// [`EmulatorError::UnknownChoice`] lists the names, [`EmulatorError::InvalidChoice`] the allowed values.
    pub fn choice(self, name: &str, value: &str) -> Result<Self, EmulatorError> {
        Ok(self.choose(Setting::parse(name, value)?))
    }

    /// Generates the sessions, starts to listen, and serves in tasks of the calling tokio runtime, which needs its
    /// I/O and time drivers.
    ///
    /// # Errors
    /// [`EmulatorError`] when an option is outside its bounds, rows cannot be read, the address is not a loopback address or cannot be
    /// bound, there are no random bytes, or no tokio runtime is running; and when the directory of the state cannot be
    /// written, is used by another emulator, is damaged, or belongs to one with other options or of another version.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind but a [`state_dir`](Self::state_dir), which may stay locked for a
    /// moment: nothing is served before it is ready.
    pub async fn start(self) -> Result<Emulator, EmulatorError> {
        bounds::check(&self)?;
        Emulator::start(self).await
    }
}

impl fmt::Debug for EmulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorBuilder")
            .field("options", &self.options)
            .field("sessions", &self.sessions)
            .field("seed", &self.seed)
            .field("days", &self.days)
            .field("rows", &self.rows)
            .field("state_dir", &self.state_dir)
            .field("listen", &self.listen)
            .field("password", &self.password.as_ref().map(|_| "[redacted]"))
            .field("access_key", &self.access_key.as_ref().map(|key| &key.id))
            .field("projects", &self.projects)
            .field("passcode", &self.passcode.as_ref().map(|_| "[redacted]"))
            .finish_non_exhaustive()
    }
}
