//! What each command does.

mod delete;
mod download;
mod emulator;
mod export;
mod sessions;
mod submit;
mod tasks;
mod token;
mod wait;

use std::io::{self, Write};

use serde_json::Value;
use session_export::{SessionFilter, TaskId, format_timestamp};

use crate::args::{Cli, Command};
use crate::failure::Failure;
use crate::progress::Progress;

/// What every command needs to know.
struct Context<'a> {
    json: bool,
    timeout: Option<std::time::Duration>,
    progress: &'a Progress,
}

/// Runs the command. Dropping the future interrupts it.
pub(crate) async fn run(cli: Cli, progress: &Progress) -> Result<(), Failure> {
    let context = Context {
        json: cli.json,
        timeout: cli.timeout,
        progress,
    };
    match cli.command {
        Command::Export(args) => export::run(&context, *args).await,
        Command::Submit(args) => submit::run(&context, *args).await,
        Command::Tasks(args) => tasks::run(&context, args).await,
        Command::Wait(args) => wait::run(&context, args).await,
        Command::Download(args) => download::run(&context, args).await,
        Command::Delete(args) => delete::run(&context, args).await,
        Command::Sessions(args) => sessions::run(&context, *args).await,
        Command::Token(args) => token::run(&context, args).await,
        Command::Emulator(args) => emulator::run(&context, args).await,
    }
}

impl Context<'_> {
    /// The result: a JSON document, or the line for people.
    fn result(&self, document: &Value, line: impl AsRef<str>) -> Result<(), Failure> {
        let text = if self.json {
            document.to_string()
        } else {
            line.as_ref().to_owned()
        };
        writeln!(io::stdout(), "{text}").map_err(|error| Failure::io("write to standard output", &error))
    }

    /// Says which window is used, in the words of the flags, so that another command can use the same.
    fn say_window(&self, filter: &SessionFilter) {
        match filter.window() {
            Some(window) => self.progress.say(format!(
                "window: --begin {} --end {}",
                format_timestamp(window.begin()),
                format_timestamp(window.end())
            )),
            None => self
                .progress
                .say("window: none given, so the service takes about the last month"),
        }
    }
}

fn task_id(text: &str) -> Result<TaskId, Failure> {
    text.parse()
        .map_err(|violation| Failure::usage(format!("{violation}")))
}
