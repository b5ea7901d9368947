//! Which sessions.

use std::time::Duration;

use clap::Args;
use session_export::{AddressFilter, SessionFilter, SessionFilterBuilder, SessionOperation};

use crate::failure::Failure;
use crate::settings::{Flags, Key, Settings};
use crate::suggest;
use crate::time_flags::{Window, WindowFlags, Zone};

/// The filter flags. They are only collected here; the model judges them together.
#[derive(Args, Debug)]
#[command(next_help_heading = "Filter")]
pub(crate) struct FilterArgs {
    /// Only this user's sessions
    #[arg(long, value_name = "NAME")]
    user_name: Option<String>,

    /// Sessions that started within this time until now: 12h, 7d, 2w
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, conflicts_with_all = ["begin", "end"])]
    last: Option<Duration>,

    /// Sessions that started then or later: 2024-02-27, 2024-02-27T03:47:51Z
    #[arg(long, value_name = "TIME")]
    begin: Option<String>,

    /// Sessions that started then or earlier; a date includes its whole day
    #[arg(long, value_name = "TIME")]
    end: Option<String>,

    /// Read dates, and times without a zone, as UTC instead of local time; show times in UTC
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) utc: Option<bool>,

    /// Only sessions of this app server group
    #[arg(long, value_name = "ID")]
    app_server_group_id: Option<String>,

    /// Only sessions on the server with this IP address
    #[arg(long, value_name = "IP")]
    vm_ip: Option<String>,

    /// Only sessions whose client came from this IP address
    #[arg(long, value_name = "IP")]
    public_ip: Option<String>,

    /// Only sessions on the server with this name
    #[arg(long, value_name = "NAME")]
    machine_name: Option<String>,

    /// Only sessions in these states: Active, Disconnected, AppcInit, SignedOut, InitFail
    #[arg(long, value_name = "STATE,…", value_delimiter = ',')]
    state: Vec<String>,

    /// Only sessions that were created successfully
    #[arg(long, conflicts_with = "failed")]
    success: bool,

    /// Only sessions that could not be created
    #[arg(long)]
    failed: bool,
}

impl FilterArgs {
    /// The texts that are given, by the name of their field on the wire.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let texts = [
            ("user_name", &self.user_name),
            ("app_server_group_id", &self.app_server_group_id),
            ("vm_ip", &self.vm_ip),
            ("public_ip", &self.public_ip),
            ("machine_name", &self.machine_name),
        ];
        let given = texts.into_iter();
        given.filter_map(|(name, text)| Some((name, text.as_deref()?)))
    }

    /// The names of the other flags that are given and of no list but that of sessions.
    pub(super) fn switches(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let switches = [
            ("state", !self.state.is_empty()),
            ("success", self.success),
            ("failed", self.failed),
        ];
        let given = switches.into_iter().filter(|(_, is_given)| *is_given);
        given.map(|(name, _)| (name, ""))
    }

    /// What can come from elsewhere than from flags.
    pub(super) fn give(&self, flags: &mut Flags) {
        flags.time(Key::Last, self.last);
        flags.switch(Key::Utc, self.utc);
    }

    /// The filter, and what was sent of its window.
    pub(crate) fn build(
        self,
        settings: &Settings,
        operation: SessionOperation,
    ) -> Result<SessionFilter, Failure> {
        self.build_in(settings.zone(), settings, operation)
    }

    /// The window, with dates of that zone.
    pub(super) fn window(
        &self,
        zone: Zone,
        settings: &Settings,
        operation: SessionOperation,
    ) -> Result<Window, Failure> {
        // A window that is given takes the place of the usual one.
        let has_window = self.begin.is_some() || self.end.is_some();
        let flags = WindowFlags {
            last: settings.time(Key::Last).filter(|_| !has_window),
            begin: self.begin.clone(),
            end: self.end.clone(),
            zone,
        };
        flags.resolve(operation)
    }

    /// The filter, with dates of that zone.
    pub(crate) fn build_in(
        self,
        zone: Zone,
        settings: &Settings,
        operation: SessionOperation,
    ) -> Result<SessionFilter, Failure> {
        let window = self.window(zone, settings, operation)?;
        let mut filter = SessionFilter::builder();
        let set = |filter: SessionFilterBuilder,
                   value: Option<String>,
                   to: fn(SessionFilterBuilder, String) -> _| {
            match value {
                Some(value) => to(filter, value),
                None => filter,
            }
        };
        filter = set(filter, self.user_name, SessionFilterBuilder::user_name);
        filter = set(
            filter,
            self.app_server_group_id,
            SessionFilterBuilder::app_server_group_id,
        );
        filter = set(filter, self.vm_ip, |filter, ip| {
            filter.vm_ip(AddressFilter::from(ip))
        });
        filter = set(filter, self.public_ip, |filter, ip| {
            filter.public_ip(AddressFilter::from(ip))
        });
        filter = set(filter, self.machine_name, SessionFilterBuilder::machine_name);
        let Window { begin, end } = window;
        if let Some(begin) = begin {
            filter = filter.begin(begin);
        }
        if let Some(end) = end {
            filter = filter.end(end);
        }
        filter = filter.states(self.state.iter().map(|state| state.trim()));
        if self.success || self.failed {
            filter = filter.created_successfully(self.success);
        }
        filter.build_for(operation).map_err(|violations| {
            let meant = self
                .state
                .iter()
                .filter_map(|state| suggest::meant(state.trim(), suggest::states()));
            Failure::invalid_filter(&violations).suggesting(meant)
        })
    }
}
