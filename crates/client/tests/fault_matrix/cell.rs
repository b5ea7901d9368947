//! One cell of the matrix: a fault, a subject, a transport; and what has to hold whatever the fault is.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use session_export::{
    Ambiguity, AuthError, Clock, Error, ErrorKind, ExportTask, Reconciliation, TaskFailure, TransportError,
};
use session_export_emulator::FaultScript;

use crate::common::{names, seconds};
use crate::faults::{FaultCase, Group};
use crate::stage::{Carrier, Stage};
use crate::subjects::Subject;

const FILE: &str = "sessions.csv";
/// What a subject gives itself, and a last look at a task.
const DEADLINE: Duration = seconds(602);

/// Where in the matrix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) subject: Subject,
    pub(crate) fault: &'static FaultCase,
    /// Whether it happens to every call, or to the first.
    pub(crate) every: bool,
    pub(crate) carrier: Carrier,
}

/// What is shown of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// `done`, or the error.
    pub(crate) ended: String,
    /// How many requests the emulator got.
    pub(crate) requests: String,
    /// How many exports it took on.
    pub(crate) exports: u64,
    /// What is on disk.
    pub(crate) file: &'static str,
}

impl Cell {
    /// Lets it happen.
    ///
    /// # Errors
    ///
    /// Every rule that was broken, each on a line.
    pub(crate) async fn run(self) -> Result<Outcome, String> {
        let Self { subject, fault, .. } = self;
        let signed = fault.group == Group::Signed;
        let ranges = subject == Subject::DownloadInParts;
        let stage = Stage::start(self.carrier, signed, ranges, fault.hangs).await;
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(FILE);
        let (task, whole) = self.prepare(&stage).await;
        // What becomes of a task was decided when it was submitted.
        if !self.is_doomed() {
            stage.set(fault.script(subject, self.every));
        }
        let (created, began) = (stage.emulator.exports_created(), stage.clock.monotonic());
        let result = stage.run(subject.act(&stage.client, task.as_ref(), &path)).await;
        let exports = stage.emulator.exports_created() - created;

        let mut rules = Rules::default();
        let took = stage.clock.monotonic() - began;
        rules.hold(took <= DEADLINE, || format!("it took {took:?}"));
        self.check_requests(&mut rules, &stage);
        self.check_exports(&mut rules, exports, &result);
        let requests = self.requests(&mut rules, &stage);
        if let (Subject::Delete, Ok(_), Some(task)) = (subject, &result, &task) {
            stage.set(FaultScript::new());
            let look = stage.run(task.check()).await;
            let is_gone = look.is_err_and(|error| matches!(error.kind(), ErrorKind::Task(TaskFailure::Gone)));
            rules.hold(is_gone, || "the task is still there".to_owned());
        }
        let file = self.check_file(&mut rules, place.path(), result.is_ok(), whole.as_deref());
        let ended = match &result {
            Ok(_) => "done".to_owned(),
            Err(error) => {
                let told = told(subject, error);
                check_text(&mut rules, error, &told);
                told + self.reconciled(&mut rules, &stage, error, exports).await
            }
        };
        let outcome = Outcome {
            ended,
            requests,
            exports,
            file,
        };
        if rules.broken.is_empty() {
            return Ok(outcome);
        }
        Err(format!("{self}: {outcome:?}\n  {}", rules.broken.join("\n  ")))
    }

    /// Whether the fault happens before anything else does.
    fn is_doomed(self) -> bool {
        self.subject == Subject::Wait && self.fault.group == Group::Task
    }

    /// The task that the subject needs, and its file.
    async fn prepare(self, stage: &Stage) -> (Option<ExportTask>, Option<Vec<u8>>) {
        // Whoever logs in is not logged in yet; all others are, so that every cell begins alike.
        if self.subject == Subject::LogIn {
            return (None, None);
        }
        if self.is_doomed() {
            stage.set(self.fault.script(self.subject, self.every));
        }
        let task = stage.submitted().await;
        if self.is_doomed() {
            stage.emulator.clear_journal();
        }
        let whole = if self.subject.downloads() {
            let ready = stage.run(task.wait(Stage::patience())).await.unwrap();
            let mut whole = Vec::new();
            stage.run(ready.download().to_writer(&mut whole)).await.unwrap();
            Some(whole)
        } else {
            None
        };
        (self.subject.needs_a_task().then_some(task), whole)
    }

    /// A fault that did not happen, or to other calls than it was meant for, would prove nothing.
    fn check_requests(self, rules: &mut Rules, stage: &Stage) {
        if self.is_doomed() {
            return;
        }
        let meant = |operation: &str| match self.fault.group {
            Group::Submit | Group::Task => operation == "export_sessions",
            _ => ["any", operation].contains(&self.subject.faulty_operation()),
        };
        let (mut hit, mut possible) = (0, 0);
        for call in stage.journal().entries() {
            possible += usize::from(meant(call.operation()));
            hit += usize::from(call.fault().is_some());
        }
        let expected = if self.every { possible } else { 1 };
        rules.hold(possible > 0 && hit == expected, || {
            format!("the fault happened to {hit} of {possible} calls")
        });
    }

    /// What is on disk: nothing but the file, and only if the caller was told that it is there.
    fn check_file(self, rules: &mut Rules, place: &Path, done: bool, whole: Option<&[u8]>) -> &'static str {
        let is_there = done && self.subject.downloads();
        let expected: &[&str] = if is_there { &[FILE] } else { &[] };
        let found = names(place);
        rules.hold(found == expected, || format!("on disk there is {found:?}"));
        let bytes = std::fs::read(place.join(FILE)).ok();
        match bytes {
            None => "none",
            Some(bytes) if Some(&bytes[..]) == whole => "whole",
            Some(bytes) => {
                // Nothing on the wire shows these two, and the service has no checksum.
                let is_deceived = ["`shorten`", "`corrupt`"].contains(&self.fault.label);
                rules.hold(is_deceived, || format!("the file has {} bytes", bytes.len()));
                "**wrong**, and nothing shows it"
            }
        }
    }

    /// Never two exports where one was asked for, and none that the caller cannot know of.
    fn check_exports(self, rules: &mut Rules, exports: u64, result: &Result<Option<ExportTask>, Error>) {
        if !self.subject.submits() {
            rules.hold(exports == 0, || format!("nobody asked for {exports} exports"));
            return;
        }
        rules.hold(exports <= 1, || {
            format!("one export was asked for, {exports} were created")
        });
        let (fits, what) = match result {
            Ok(_) => (exports == 1, "there is a task, but no export"),
            Err(error) if error.is_ambiguous() => (true, ""),
            Err(error) if of(error) == "export_sessions" => (
                exports == 0,
                "an export was created, and the error does not say that it may have been",
            ),
            Err(_) => (exports == 1, "it went on without an export"),
        };
        rules.hold(fits, || what.to_owned());
    }

    /// What the client finds out later of a submit whose outcome is unknown, when nothing goes wrong any more.
    async fn reconciled(self, rules: &mut Rules, stage: &Stage, error: &Error, exports: u64) -> &'static str {
        let Some(ambiguity) = error.ambiguity() else {
            rules.hold(!error.is_ambiguous(), || "nothing can be found out".to_owned());
            return "";
        };
        stage.set(FaultScript::new());
        let answer = stage.run(settled(stage, ambiguity)).await;
        let (found, text) = match answer {
            Ok(Reconciliation::Nothing) => (0, "; `reconcile`: nothing"),
            Ok(Reconciliation::One(_)) => (1, "; `reconcile`: one"),
            other => panic!("{self}: {other:?}"),
        };
        rules.hold(found == exports, || {
            format!("of {exports} exports, {found} are found")
        });
        text
    }

    /// How many requests of each operation came, those of the subject's own first.
    fn requests(self, rules: &mut Rules, stage: &Stage) -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let journal = stage.journal();
        for call in journal.entries() {
            *counts.entry(call.operation()).or_default() += 1;
        }
        let own = self.subject.faulty_operation();
        let own = match self.subject {
            Subject::LogIn => "export_sessions",
            _ => own,
        };
        let mut parts = Vec::new();
        if own != "any" {
            parts.push(counts.remove(own).unwrap_or_default().to_string());
        }
        for (operation, name) in [
            ("create_token", "log-in"),
            ("create_temporary_key", "key"),
            ("export_sessions", "submit"),
            ("list_export_tasks", "look"),
            ("download_export_file", "download"),
        ] {
            if let Some(count) = counts.remove(operation) {
                parts.push(format!("{name} {count}"));
            }
        }
        rules.hold(counts.is_empty(), || format!("it also asked for {counts:?}"));
        parts.join(", ")
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (subject, label, carrier) = (self.subject, self.fault.label, self.carrier.name());
        let which = if self.every { "every" } else { "the first" };
        write!(f, "{subject:?}, {label} on {which} call, over {carrier}")
    }
}

/// The rules that were broken.
#[derive(Debug, Default)]
struct Rules {
    broken: Vec<String>,
}

impl Rules {
    fn hold(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.broken.push(what());
        }
    }
}

async fn settled(stage: &Stage, ambiguity: &Ambiguity) -> Result<Reconciliation, Error> {
    for _ in 0..10 {
        match stage.client.reconcile(ambiguity).await? {
            Reconciliation::NotYet { wait, .. } => stage.clock.sleep(wait).await,
            answer => return Ok(answer),
        }
    }
    panic!("it is never known");
}

/// An error says on one line which operation it is about, and what happened.
fn check_text(rules: &mut Rules, error: &Error, told: &str) {
    let text = error.to_string();
    let what = text
        .strip_prefix(of(error))
        .and_then(|rest| rest.strip_prefix(": "));
    let is_one_line = what.is_some_and(|what| !what.is_empty()) && !text.contains('\n');
    rules.hold(is_one_line, || format!("the error's text is {text:?}"));
    let status = error.service().map(|failure| failure.status);
    let is_named = status.is_none_or(|status| told.contains(status.as_str()));
    rules.hold(is_named, || format!("{status:?} is not named"));
}

/// The kind of an error, its text and its causes, without what differs from run to run.
fn told(subject: Subject, error: &Error) -> String {
    let (kind, operation) = (error.kind().as_str(), of(error));
    let without_operation = |error: &Error| {
        let text = error.to_string();
        let rest = text
            .strip_prefix(operation)
            .and_then(|rest| rest.strip_prefix(": "));
        rest.unwrap_or(&text).to_owned()
    };
    // The text of an ambiguous submit is always the same; its cause is not.
    let mut parts = match error.kind() {
        ErrorKind::Ambiguous { .. } => Vec::new(),
        _ => vec![without_operation(error)],
    };
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref() {
            parts.push(without_operation(error));
        } else if error.is::<AuthError>() || error.is::<TransportError>() {
            // The texts behind these are the HTTP libraries' own.
            parts.push(error.to_string());
        }
        cause = error.source();
    }
    let mut text = parts.join(": ");
    // What the service says is its own, and the id of a request another one each time.
    let refusal = error
        .source()
        .and_then(|cause| cause.downcast_ref::<AuthError>()?.refusal());
    let (message, id) = match (error.service(), refusal) {
        (Some(failure), _) => (&failure.message, &failure.request_id),
        (None, Some(refusal)) => (&refusal.message, &refusal.request_id),
        (None, None) => (&None, &None),
    };
    if let Some(message) = message {
        text = text.replace(message, "…");
    }
    if let Some(id) = id {
        text = text.replace(&format!(" (request id {id})"), "");
    }
    match subject {
        Subject::Job => format!("`{kind}` of {operation}: {text}"),
        _ => format!("`{kind}`: {text}"),
    }
}

fn of(error: &Error) -> &'static str {
    error.operation().unwrap().as_str()
}
