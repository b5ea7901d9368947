//! The commands and their own flags.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::{
    CompletionsArgs, ConnectionArgs, ConvertArgs, EmulatorArgs, ExportFilterArgs, FilterArgs, ListArgs,
    ListFormat, ManArgs, SummaryArgs,
};

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Submit, wait and download: from a filter to a file
    Export(Box<ExportArgs>),
    /// Go on with an export whose program was killed, by its journal
    Resume(Box<ResumeArgs>),
    /// Create an export task and print its id
    Submit(Box<SubmitArgs>),
    /// List the tasks of the export centre
    Tasks(TasksArgs),
    /// Wait until a task's file can be downloaded
    Wait(WaitArgs),
    /// Download a task's file
    Download(DownloadArgs),
    /// Delete tasks and their files
    Delete(DeleteArgs),
    /// List sessions without an export
    Sessions(Box<SessionsArgs>),
    /// Turn a downloaded file into csv, JSON Lines or Parquet
    Convert(ConvertArgs),
    /// Figures over sessions, of a file or of the service: in the terminal, as JSON, as a page of HTML
    Summary(Box<SummaryArgs>),
    /// Log in and say until when the token is good; with --json print it
    Token(TokenArgs),
    /// Look for what is wrong: configuration, credentials, network, clock, permissions; creates no work
    Doctor(DoctorArgs),
    /// The configuration file: its profiles, and what counts
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Run a local stand-in for the service, for tests and first steps
    Emulator(Box<EmulatorArgs>),
    /// Print the script with which a shell completes this program's command line
    Completions(CompletionsArgs),
    /// Write the manual's pages into a directory, for packagers
    Man(ManArgs),
}

impl Command {
    /// Whether its own flags ask for what `--json` asks for.
    pub(crate) fn prints_json(&self) -> bool {
        let list = match self {
            Self::Tasks(args) => &args.list,
            Self::Sessions(args) => &args.list,
            _ => return false,
        };
        list.output == ListFormat::Json
    }
}

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) filter: ExportFilterArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) wait: WaitFlags,
    /// Delete the task once its file is here
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Output")]
    pub(crate) delete: Option<bool>,
    /// Write down each step in this new file, so that `session-export resume FILE` can go on after a crash
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "emulator",
        help_heading = "Reliability"
    )]
    pub(crate) journal: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reconcile: ReconcileFlags,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ResumeArgs {
    /// The journal that `session-export export --journal FILE` wrote
    #[arg(value_name = "FILE")]
    pub(crate) journal: PathBuf,
    /// Replace a file that is already there
    #[arg(long, help_heading = "Output")]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) wait: WaitFlags,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

#[derive(Args, Debug)]
pub(crate) struct SubmitArgs {
    #[command(flatten)]
    pub(crate) filter: ExportFilterArgs,
    #[command(flatten)]
    pub(crate) reconcile: ReconcileFlags,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

#[derive(Args, Debug)]
pub(crate) struct TasksArgs {
    /// Only tasks with this status: CREATING, SUCCESS, FAIL, EXPIRED
    #[arg(long, value_name = "STATUS")]
    pub(crate) status: Option<String>,
    /// Only tasks whose file has this name
    #[arg(long, value_name = "NAME")]
    pub(crate) file_name: Option<String>,
    /// Only tasks whose file has, or has not, been downloaded
    #[arg(long, value_name = "true|false", action = clap::ArgAction::Set)]
    pub(crate) downloaded: Option<bool>,
    /// The oldest first instead of the newest
    #[arg(long)]
    pub(crate) oldest_first: bool,
    /// How many to list: 1 to 100
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: u32,
    /// How many to skip
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) offset: u32,
    /// Show times in UTC instead of local time
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Output")]
    pub(crate) utc: Option<bool>,
    #[command(flatten)]
    pub(crate) list: ListArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

#[derive(Args, Debug)]
pub(crate) struct WaitArgs {
    /// The task's id
    #[arg(value_name = "TASK")]
    pub(crate) task: String,
    #[command(flatten)]
    pub(crate) wait: WaitFlags,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

#[derive(Args, Debug)]
pub(crate) struct DownloadArgs {
    /// The task's id
    #[arg(value_name = "TASK")]
    pub(crate) task: String,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

#[derive(Args, Debug)]
pub(crate) struct DeleteArgs {
    /// The tasks' ids, up to 200
    #[arg(value_name = "TASK", required = true)]
    pub(crate) tasks: Vec<String>,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

#[derive(Args, Debug)]
pub(crate) struct SessionsArgs {
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// At most this many sessions; all by default
    #[arg(long, value_name = "N", help_heading = "Output")]
    pub(crate) limit: Option<usize>,
    #[command(flatten)]
    pub(crate) list: ListArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

#[derive(Args, Debug)]
pub(crate) struct TokenArgs {
    /// Say where credentials were looked for and which are used; nobody logs in
    #[arg(long, conflicts_with = "check")]
    pub(crate) explain: bool,

    /// Ask IAM whose the token is, for which project, and whether it is still good
    #[arg(long)]
    pub(crate) check: bool,

    /// Show times in UTC instead of local time
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Output")]
    pub(crate) utc: Option<bool>,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

#[derive(Args, Debug)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

/// What to do with the configuration file.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say what counts: of the profile, the variables, and the flags that are given
    Show(Box<ConfigShowArgs>),
    /// Print the path of the configuration file, whether it exists or not
    Path,
    /// Write a configuration file with every setting in it, commented out
    Init(ConfigInitArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ConfigShowArgs {
    /// Say of each value where it comes from
    #[arg(long)]
    pub(crate) explain: bool,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ConfigInitArgs {
    /// Replace a file that is already there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    Xlsx,
    Csv,
}

/// Where the file goes.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// The file, or a directory for the server's name; - is standard output [default: the current directory]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace a file that is already there; what a link leads to is replaced, not the link
    #[arg(long)]
    pub(crate) force: bool,
    /// Give up when the file has more bytes than this, and keep nothing of it
    #[arg(long, value_name = "N")]
    pub(crate) max_bytes: Option<u64>,
}

/// How long to wait for a task.
#[derive(Args, Debug)]
#[command(next_help_heading = "Limits")]
pub(crate) struct WaitFlags {
    /// Give up waiting for the task after this time: 30s, 5m, 1h
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) wait_timeout: Option<Duration>,
}

/// What to do when the answer to a submit is lost.
#[derive(Args, Debug)]
#[command(next_help_heading = "Reliability")]
pub(crate) struct ReconcileFlags {
    /// When a submit's answer is lost, end at once instead of finding out what became of it
    #[arg(long)]
    pub(crate) no_reconcile: bool,
}
