//! What `doctor` found, for people and as a document.

use serde_json::{Value, json};

use crate::failure::Failure;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    /// It works, and something should be put right.
    Warning,
    Failed,
    /// It could not be tried, or need not be.
    Skipped,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One check.
#[derive(Debug)]
pub(super) struct Check {
    name: &'static str,
    /// What was checked, where there are several: a host.
    of: Option<String>,
    status: Status,
    text: String,
    /// What was looked at, one line each.
    details: Vec<String>,
    to_do: Option<String>,
    /// What the program ends with if this is the first check that failed.
    exit_code: u8,
}

impl Check {
    fn new(name: &'static str, status: Status, text: impl Into<String>) -> Self {
        Self {
            name,
            of: None,
            status,
            text: text.into(),
            details: Vec::new(),
            to_do: None,
            exit_code: 0,
        }
    }

    pub(super) fn ok(name: &'static str, text: impl Into<String>) -> Self {
        Self::new(name, Status::Ok, text)
    }

    pub(super) fn skipped(name: &'static str, text: impl Into<String>) -> Self {
        Self::new(name, Status::Skipped, text)
    }

    pub(super) fn warning(name: &'static str, text: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self {
            to_do: Some(to_do.into()),
            ..Self::new(name, Status::Warning, text)
        }
    }

    pub(super) fn failed(
        name: &'static str,
        text: impl Into<String>,
        to_do: impl Into<String>,
        exit_code: u8,
    ) -> Self {
        Self {
            to_do: Some(to_do.into()),
            exit_code,
            ..Self::new(name, Status::Failed, text)
        }
    }

    /// What a command would have ended with.
    pub(super) fn of_failure(name: &'static str, failure: &Failure, to_do: impl Into<String>) -> Self {
        let to_do = match failure.hint() {
            Some(hint) => hint.to_owned(),
            None => to_do.into(),
        };
        Self {
            details: failure.details().to_vec(),
            ..Self::failed(name, failure.message(), to_do, failure.exit_code())
        }
    }

    pub(super) fn of(self, what: impl Into<String>) -> Self {
        Self {
            of: Some(what.into()),
            ..self
        }
    }

    fn lines(&self) -> String {
        let of = self.of.as_ref().map_or_else(String::new, |of| format!(" {of}"));
        let mut lines = format!("{:<8} {}{of}: {}", self.status.as_str(), self.name, self.text);
        for detail in &self.details {
            lines.push_str(&format!("\n{:9}{detail}", ""));
        }
        if let Some(to_do) = &self.to_do {
            lines.push_str(&format!("\n{:9}to do: {to_do}", ""));
        }
        lines
    }

    fn document(&self) -> Value {
        json!({
            "check": self.name,
            "of": self.of,
            "status": self.status.as_str(),
            "text": self.text,
            "details": self.details,
            "to_do": self.to_do,
        })
    }
}

/// All checks, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Report {
    checks: Vec<Check>,
}

impl Report {
    pub(super) fn add(&mut self, check: Check) {
        self.checks.push(check);
    }

    /// Each of these could not be tried, for the same reason.
    pub(super) fn skip(&mut self, names: &[&'static str], why: &str) {
        for name in names {
            self.add(Check::skipped(name, why));
        }
    }

    pub(super) fn count(&self, status: Status) -> usize {
        self.checks.iter().filter(|check| check.status == status).count()
    }

    /// The code of the first check that failed.
    pub(super) fn exit_code(&self) -> u8 {
        let failed = self.checks.iter().find(|check| check.status == Status::Failed);
        failed.map_or(0, |check| check.exit_code)
    }

    pub(super) fn text(&self) -> String {
        let mut lines: Vec<_> = self.checks.iter().map(Check::lines).collect();
        lines.push(format!(
            "{} ok, {} with a warning, {} failed, {} skipped",
            self.count(Status::Ok),
            self.count(Status::Warning),
            self.count(Status::Failed),
            self.count(Status::Skipped)
        ));
        lines.join("\n")
    }

    pub(super) fn document(&self) -> Value {
        json!({
            "ok": self.count(Status::Failed) == 0,
            "checks": self.checks.iter().map(Check::document).collect::<Vec<_>>(),
        })
    }
}
