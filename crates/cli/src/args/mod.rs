//! The command line.

mod commands;
mod connection;
mod convert;
mod emulator;
mod examples;
mod export_filter;
mod filter;
mod given;
mod list;
mod reading;
mod shell;
mod summary;

use std::time::Duration;

use clap::{CommandFactory, Parser};

pub(crate) use commands::{
    Command, ConfigCommand, ConfigInitArgs, ConfigShowArgs, DeleteArgs, DownloadArgs, ExportArgs, Format,
    OutputArgs, ResumeArgs, SessionsArgs, SubmitArgs, TasksArgs, TokenArgs, WaitArgs,
};
pub(crate) use connection::ConnectionArgs;
pub(crate) use convert::{ConvertArgs, RowsFormat};
pub(crate) use emulator::EmulatorArgs;
pub(crate) use export_filter::ExportFilterArgs;
pub(crate) use filter::FilterArgs;
pub(crate) use list::{ListArgs, ListFormat};
pub(crate) use reading::{Encoding, ReadingArgs};
pub(crate) use shell::{CompletionsArgs, ManArgs};
pub(crate) use summary::{PageLanguage, SummaryArgs};

use crate::suggest::with_known_values;

/// Export user sessions from Huawei Cloud Workspace: who used what, when, and whether it worked.
///
/// Try it without an account: `session-export export --emulator --last 7d -o sessions.xlsx`.
#[derive(Debug, Parser)]
#[command(name = "session-export", version, max_term_width = 110, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// One JSON document on standard output, everything else on standard error
    #[arg(long, global = true, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Output")]
    pub(crate) json: Option<bool>,

    /// The profile of the configuration file [env: SESSION_EXPORT_PROFILE; default: its default_profile]
    #[arg(long, global = true, value_name = "NAME", help_heading = "Configuration")]
    pub(crate) profile: Option<String>,

    /// Give up after this time, whatever is under way: 30s, 5m, 1h
    #[arg(long, global = true, value_name = "TIME", value_parser = humantime::parse_duration, help_heading = "Limits")]
    pub(crate) timeout: Option<Duration>,

    /// Nothing but errors on standard error
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Output"
    )]
    pub(crate) quiet: bool,

    /// Tell what is sent and what comes back; twice: everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Output")]
    pub(crate) verbose: u8,
}

/// The definition of the whole command line, with what the derived one cannot say: examples, and values to complete.
pub(crate) fn command() -> clap::Command {
    with_known_values(examples::shown(Cli::command()))
}

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    anything else: refused by the service, failed inside it, not understood, not written
  2    bad usage, configuration, filter or journal; nothing was sent
  3    not authenticated
  4    not permitted
  5    throttled, unavailable, or not sent; after a lost answer: no task was created, it is safe to submit again
  6    the task failed, expired, or is gone
  7    the outcome of a submit is unknown: a task may exist, and could not be told from others
  8    not ready in time: a deadline passed, or the file is still being made; it can be waited for again
  130  interrupted (129 when hung up, 143 when terminated)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        command().debug_assert();
    }
}
