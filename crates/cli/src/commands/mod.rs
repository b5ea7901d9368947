//! What each command does.

mod config;
mod convert;
mod delete;
mod doctor;
mod download;
mod emulator;
mod export;
mod input;
mod leftovers;
mod obtain;
mod place;
mod reconcile;
mod resume;
mod rows;
mod sessions;
mod shell;
mod submit;
mod summary;
mod tasks;
mod token;
mod wait;

use std::io::{self, StdoutLock, Write};
use std::time::Duration;

use serde_json::Value;
use session_export::{TaskId, Window, format_timestamp};

use crate::args::{Cli, Command, ConnectionArgs};
use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::limit::Limit;
use crate::prepared::Prepared;
use crate::progress::Progress;
use crate::settings::{Key, Settings};

/// What was found is written also when the time is over: a reader who reads takes milliseconds.
const TO_WRITE: Duration = Duration::from_secs(1);

/// What every command needs to know.
struct Context<'a> {
    json: bool,
    /// The command's name, by which its documents are known.
    name: String,
    limit: Limit,
    progress: &'a Progress,
    settings: Settings,
    configuration: Configuration,
}

/// Runs the command, which is called by this name. Dropping the future interrupts it.
pub(crate) async fn run(
    cli: Cli,
    name: String,
    prepared: Prepared,
    progress: &Progress,
) -> Result<(), Failure> {
    let Prepared {
        configuration,
        settings,
        broken,
    } = prepared;
    let context = Context {
        json: settings.is_on(Key::Json),
        name,
        limit: Limit::starting(settings.time(Key::Timeout)),
        progress,
        settings,
        configuration,
    };
    let command = match (cli.command, broken) {
        // What is wrong is its business to tell.
        (Command::Doctor(_), Some(failure)) => return doctor::run(&context, Some(failure)).await,
        (_, Some(failure)) => return Err(failure),
        (command, None) => command,
    };
    if let Some(warning) = &context.configuration.warning {
        progress.say(format!("warning: {warning}"));
    }
    match command {
        Command::Export(args) => export::run(&context, *args).await,
        Command::Resume(args) => resume::run(&context, *args).await,
        Command::Submit(args) => submit::run(&context, *args).await,
        Command::Tasks(args) => tasks::run(&context, args).await,
        Command::Wait(args) => wait::run(&context, args).await,
        Command::Download(args) => download::run(&context, args).await,
        Command::Delete(args) => delete::run(&context, args).await,
        Command::Sessions(args) => sessions::run(&context, *args).await,
        Command::Convert(args) => convert::run(&context, args).await,
        Command::Summary(args) => summary::run(&context, *args).await,
        Command::Token(args) => token::run(&context, args).await,
        Command::Doctor(_) => doctor::run(&context, None).await,
        Command::Config(command) => config::run(&context, command, cli.profile).await,
        Command::Emulator(args) => emulator::run(&context, *args).await,
        Command::Completions(args) => shell::completions(&context, args).await,
        Command::Man(args) => shell::man(&context, args).await,
    }
}

impl Context<'_> {
    /// The result: a JSON document, or the line for people.
    async fn result(&self, document: &Value, line: impl AsRef<str>) -> Result<(), Failure> {
        let text = self.text(document, line);
        self.print(Failure::output, move |out| writeln!(out, "{text}"))
            .await
    }

    fn text(&self, document: &Value, line: impl AsRef<str>) -> String {
        if !self.json {
            return line.as_ref().to_owned();
        }
        let mut document = document.clone();
        document["schema"] = self.schema().into();
        document.to_string()
    }

    /// The name and the version of what the document holds; docs/json.md.
    fn schema(&self) -> String {
        format!("session-export/{}/v1", self.name)
    }

    /// Writes to standard output, on a thread of its own: however long a reader takes, signals and the deadline are
    /// heard.
    async fn print(
        &self,
        failed: fn(&io::Error) -> Failure,
        write: impl FnOnce(&mut StdoutLock<'static>) -> io::Result<()> + Send + 'static,
    ) -> Result<(), Failure> {
        self.progress.rests();
        self.progress.set_printing(true);
        let written = tokio::task::spawn_blocking(move || {
            let mut out = io::stdout().lock();
            write(&mut out)?;
            out.flush()
        });
        let writing = "writing to standard output";
        let written = self.limit.over_or(TO_WRITE, writing, written).await?;
        self.progress.set_printing(false);
        written
            .unwrap_or_else(|panicked| Err(io::Error::other(panicked)))
            .map_err(|error| failed(&error))
    }

    /// Says which window is used, in the words of the flags, so that another command can use the same.
    fn say_window(&self, window: Option<Window>) {
        match window {
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

/// Refuses `--emulator` for a command that needs a task: an emulator that starts now has none.
fn needs_tasks(connection: &ConnectionArgs) -> Result<(), Failure> {
    if connection.emulator {
        return Err(Failure::usage(
            "--emulator starts an emulator that ends with this command and knows no task of another one; run \
             `session-export emulator` by itself and give its endpoints",
        ));
    }
    Ok(())
}
