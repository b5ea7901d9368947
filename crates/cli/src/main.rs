//! `session-export`: export user sessions from Huawei Cloud Workspace.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program has an environment, a clock and a terminal; its libraries do not"
)]

mod args;
mod commands;
mod configuration;
mod connection;
mod credentials;
mod environment;
mod exported_file;
mod failure;
mod go_on;
mod limit;
mod logging;
mod login;
mod no_proxy;
mod overview;
mod prepared;
mod progress;
mod reading;
mod settings;
mod shown;
mod signals;
mod style;
mod suggest;
mod table;
mod time_flags;
mod transport;

use std::process::ExitCode;
use std::time::Duration;

use clap::FromArgMatches;

use crate::args::{Cli, Command};
use crate::failure::Failure;
use crate::go_on::GoOn;
use crate::prepared::Prepared;
use crate::progress::Progress;
use crate::settings::Key;

/// How long an emulator has to delete the file of an export that it is still writing. It needs some milliseconds, and on a machine that
/// is busy with something else perhaps seconds.
const UNDO: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let mut program = args::command();
    let parsed = program.try_get_matches_from_mut(std::env::args_os());
    let parsed = parsed.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (mut cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return failure::usage(&error),
    };
    if cli.command.prints_json() {
        cli.json = Some(true);
    }
    let progress = Progress::new(cli.quiet);
    logging::start(cli.verbose, &progress);
    let prepared = match Prepared::of(&cli, environment::of_process()) {
        Ok(prepared) => prepared,
        Err(failure) => return failure.report(cli.json.unwrap_or_default()),
    };
    let json = prepared.settings.is_on(Key::Json);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::io("start", &error).report(json),
    };
    let name = document_name(&matches);
    let keeps_sigterm = matches!(cli.command, Command::Emulator(_));
    let has_emulator = keeps_sigterm || prepared.settings.emulator;
    let outcome = runtime.block_on(async {
        tokio::select! {
            // In this order, so that signals are listened for before anything is said or done.
            biased;
            stop = signals::stop(keeps_sigterm) => Err(Failure::stopped(stop)),
            outcome = commands::run(cli, name, prepared, &progress) => outcome,
            () = progress.animate() => Ok(()),
        }
    });
    progress.rests();
    // A reader that has stopped reading, or a file that cannot be opened, does not hold the program up.
    runtime.shutdown_timeout(match has_emulator && !progress.is_printing() {
        true => UNDO,
        false => Duration::ZERO,
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // A document behind another one's first half would help nobody, and the reader may not even take it.
        Err(failure) => failure
            .leaving(progress.left(), &GoOn::new(&program, &matches))
            .report(json && !progress.is_printing()),
    }
}

/// What the documents of a command are called: `export`, `config-show`.
fn document_name(matches: &clap::ArgMatches) -> String {
    let mut words = Vec::new();
    let mut given = matches;
    while let Some((word, below)) = given.subcommand() {
        words.push(word);
        given = below;
    }
    words.join("-")
}
