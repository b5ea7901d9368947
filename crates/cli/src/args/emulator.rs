//! The flags of the emulator.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::Format;

#[derive(Args, Debug)]
#[command(next_help_heading = "Emulator")]
pub(crate) struct EmulatorArgs {
    /// Where to listen: a loopback address; port 0 takes a free one
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// How many sessions there are
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    pub(crate) sessions: usize,
    /// The seed of the sessions; the same seed gives the same sessions all day
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How long a task takes, in milliseconds
    #[arg(long, value_name = "N", default_value_t = 1_500)]
    pub(crate) export_delay_ms: u64,
    /// The format of exported files
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Xlsx)]
    pub(crate) export_format: Format,
    /// How many days the sessions are spread over
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub(crate) days: u32,
    /// Sessions of your own instead of made-up ones: a .csv or .jsonl file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sessions", "seed", "days"])]
    pub(crate) rows: Option<PathBuf>,
    /// Where exported files are kept while their tasks last [default: the system's temporary directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) export_dir: Option<PathBuf>,
    /// Keep tasks, files, tokens and keys here, so that they outlive the emulator [default: in memory]
    #[arg(long, value_name = "DIR", conflicts_with = "export_dir")]
    pub(crate) state_dir: Option<PathBuf>,
    /// Decide what the API pages leave open; --choices lists what there is
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) choice: Vec<String>,
    /// List the choices and their values, and end
    #[arg(long)]
    pub(crate) choices: bool,
    /// Do to calls what this script says; docs/emulator-faults.md has its form
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// Also listen here for the admin address: faults, journal, clock
    #[arg(long, value_name = "IP:PORT")]
    pub(crate) admin: Option<SocketAddr>,
    /// How long a token is good, in seconds
    #[arg(long, value_name = "N", default_value_t = 86_400)]
    pub(crate) token_ttl_s: u64,
}
