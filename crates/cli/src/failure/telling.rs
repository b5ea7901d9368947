//! Telling a failure: to a person on standard error, to a script on standard output and by the exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::{Value, json};
use session_export::format_timestamp;

use super::{Failure, LeftBehind, exit};
use crate::go_on::GoOn;
use crate::progress::Left;
use crate::style;

impl Failure {
    /// Asks whether something else was meant.
    pub(crate) fn suggesting<'a>(mut self, meant: impl IntoIterator<Item = &'a str>) -> Self {
        let meant: Vec<_> = meant.into_iter().collect();
        if !meant.is_empty() {
            self.hint = Some(format!("did you mean {}?", meant.join(",")));
        }
        self
    }

    /// Says what becomes of the task that the failure leaves behind.
    pub(crate) fn leaving(mut self, left: Left, go_on: &GoOn) -> Self {
        match left {
            Left::Task(_) | Left::PerhapsTask(_) if !go_on.is_possible() => {}
            Left::Task(id) if self.exit_code != exit::TASK => {
                self.left = Some(Box::new(LeftBehind {
                    lines: go_on.with_task(&id),
                    task_id: Some(id),
                }));
            }
            Left::PerhapsTask(since) => {
                self.message = format!(
                    "{} during a submit: a task may exist since {}",
                    self.message,
                    format_timestamp(since)
                )
                .into();
                self.hint = Some("find out before you submit again:".to_owned());
                self.left = Some(Box::new(LeftBehind {
                    lines: vec![go_on.with_perhaps_a_task()],
                    task_id: None,
                }));
            }
            Left::Task(_) | Left::Nothing => {}
        }
        self
    }

    /// Tells standard error, and with `--json` standard output.
    pub(crate) fn report(&self, json: bool) -> ExitCode {
        // What there is to say stands on standard output already, or nobody reads it any more.
        if self.message.is_empty() {
            return ExitCode::from(self.exit_code);
        }
        // Whether anybody reads it or not, the exit code is the same.
        let _ = self.tell(&mut anstream::stderr().lock());
        if json {
            let _ = writeln!(io::stdout(), "{}", self.document());
        }
        ExitCode::from(self.exit_code)
    }

    fn tell(&self, out: &mut impl Write) -> io::Result<()> {
        let (error, hint) = (style::ERROR, style::HINT);
        writeln!(out, "{error}error:{error:#} {}", self.message)?;
        for detail in &self.details {
            writeln!(out, "  {detail}")?;
        }
        if let Some(text) = &self.hint {
            writeln!(out, "{hint}hint:{hint:#} {text}")?;
        }
        let Some(left) = &self.left else {
            return Ok(());
        };
        if let Some(task_id) = &left.task_id {
            writeln!(
                out,
                "{hint}hint:{hint:#} task {task_id} goes on without this program. To go on with it:"
            )?;
        }
        for line in &left.lines {
            writeln!(out, "  {line}")?;
        }
        Ok(())
    }

    fn document(&self) -> Value {
        let answer = self.answer.as_ref();
        let message = self.whole_message();
        let mut document = json!({"schema": "session-export/error/v1", "error": {
            "kind": self.kind,
            "status": answer.map(|answer| answer.status),
            "code": answer.and_then(|answer| answer.code.as_deref()),
            "message": message,
            "request_id": answer.and_then(|answer| answer.request_id.as_deref()),
        }});
        if let Some(task_id) = self.left.as_ref().and_then(|left| left.task_id.as_ref()) {
            document["task_id"] = task_id.as_str().into();
        }
        if let Some(reconciliation) = &self.reconciliation {
            document["reconciliation"] = Value::clone(reconciliation);
        }
        document
    }
}

/// What clap has to say; help and version are no failures.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    // A closed standard output leaves nobody to tell.
    let _ = error.print();
    if !error.use_stderr() {
        return ExitCode::SUCCESS;
    }
    if asks_for_json(std::env::args_os().map(|argument| argument.to_string_lossy().into_owned())) {
        let text = error.to_string();
        // Up to the blank line before the usage: what is missing, or what would do, stands on lines of its own.
        let lines: Vec<_> = text
            .lines()
            .take_while(|line| !line.is_empty())
            .map(str::trim)
            .collect();
        let message = lines.join(" ");
        let message = message.trim_start_matches("error: ");
        let _ = writeln!(io::stdout(), "{}", Failure::usage(message).document());
    }
    ExitCode::from(exit::USAGE)
}

/// Whether a command line that could not be understood asks for a document all the same.
fn asks_for_json(arguments: impl Iterator<Item = String>) -> bool {
    let mut before = String::new();
    for argument in arguments {
        if argument == "--json" || argument == "--output=json" || (before == "--output" && argument == "json")
        {
            return true;
        }
        before = argument;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_the_five_fields() {
        let document = Failure::usage("no").document();
        let fields: Vec<_> = document["error"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(fields, ["code", "kind", "message", "request_id", "status"]);
        assert_eq!(document["schema"], "session-export/error/v1");
    }

    #[test]
    fn each_way_to_ask_for_json_is_understood() {
        let asks = |line: &str| asks_for_json(line.split(' ').map(str::to_owned));
        assert!(asks("tasks --json --x") && asks("tasks --output json --x") && asks("tasks --output=json"));
        assert!(!asks("export --output json.csv") && !asks("tasks --output csv json") && !asks("json"));
    }
}
