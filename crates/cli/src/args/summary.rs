//! The flags of `summary`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{ConnectionArgs, FilterArgs, ReadingArgs};
use crate::time_flags::Zone;

#[derive(Args, Debug)]
pub(crate) struct SummaryArgs {
    /// The file: xlsx, csv or JSON, told by its content; without one the service is asked
    #[arg(
        value_name = "FILE",
        conflicts_with_all = [
            "user_name", "last", "begin", "end", "app_server_group_id", "vm_ip", "public_ip", "machine_name", "state",
            "success", "failed", "emulator", "region", "project_id", "endpoint", "export_endpoint", "iam_endpoint",
            "project_name", "allow_http", "credentials", "credentials_profile", "credentials_file", "exchange_token", "ca_file", "proxy",
            "client_cert", "client_key",
        ]
    )]
    pub(crate) file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) reading: ReadingArgs,

    #[command(flatten)]
    pub(crate) filter: FilterArgs,

    /// The zone of days, and of times without one in FILE, --begin and --end: UTC, local, or an offset like +08:00
    /// [default: UTC for a file, else local]
    #[arg(
        long,
        value_name = "ZONE",
        allow_hyphen_values = true,
        conflicts_with = "utc",
        help_heading = "Filter"
    )]
    pub(crate) time_zone: Option<Zone>,

    /// How many names a list has
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000), help_heading = "Output")]
    pub(crate) top: u16,

    /// Also write a page that needs nothing else: charts, both languages, light and dark
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) html: Option<PathBuf>,

    /// The language that the page shows first
    #[arg(
        long,
        value_name = "LANGUAGE",
        default_value = "en",
        requires = "html",
        help_heading = "Output"
    )]
    pub(crate) language: PageLanguage,

    /// Replace a page that is already there; what a link leads to is replaced, not the link
    #[arg(long, requires = "html", help_heading = "Output")]
    pub(crate) force: bool,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

/// A language of the page.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum PageLanguage {
    /// English
    En,
    /// Chinese
    Zh,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use crate::args::Cli;

    #[test]
    fn a_file_goes_with_no_flag_that_would_be_ignored() {
        let command = Cli::command();
        let summary = command.find_subcommand("summary").unwrap();
        // What also says something about a file, or about every command.
        let with_a_file = ["utc", "time-zone", "transport"];
        let mut tried = 0;
        for argument in summary.get_arguments() {
            let heading = argument.get_help_heading().unwrap_or_default();
            let (Some(long), true) = (
                argument.get_long(),
                ["Filter", "Connection", "Credentials", "Transport"].contains(&heading),
            ) else {
                continue;
            };
            if with_a_file.contains(&long) {
                continue;
            }
            tried += 1;
            let values = argument.get_possible_values();
            let value = values
                .first()
                .map_or("1d".to_owned(), |value| value.get_name().to_owned());
            let mut line = vec!["session-export", "summary", "sessions.csv"];
            // Some take a value behind `=` only.
            let flag = match argument.get_action().takes_values() {
                true => format!("--{long}={value}"),
                false => format!("--{long}"),
            };
            line.push(&flag);
            let refused = Cli::try_parse_from(&line).unwrap_err();
            assert!(
                refused.to_string().contains("cannot be used with"),
                "{line:?}: {refused}"
            );
        }
        assert!(tried > 20, "{tried}");
    }
}
