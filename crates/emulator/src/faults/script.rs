//! The script: which calls go wrong. What goes wrong is in [`kind`](super::kind).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::FaultScriptError;
use super::kind::Kind;
use crate::lists::List;

/// The longest script as JSON, in bytes. The library's scripts are held to it too.
pub(crate) const SCRIPT_LIMIT: usize = 1024 * 1024;

/// The most faults of a script: each call is compared with all of them.
const FAULTS_LIMIT: usize = 1_000;

/// What goes wrong, and when: a list of [`Fault`]s and the seed of their probabilities.
///
/// ```
/// use session_export_emulator::{Cut, Fault, FaultOperation, FaultScript};
///
/// let script = FaultScript::new()
///     .seed(7)
///     .with(Fault::close(Cut::BeforeHead).on(FaultOperation::ExportSessions).nth(1))
///     .with(Fault::status(502).on(FaultOperation::ListExportTasks).probability(0.3));
/// let same = FaultScript::from_json(&script.to_json())?;
/// assert_eq!(script, same);
/// # Ok::<(), session_export_emulator::FaultScriptError>(())
/// ```
///
/// Of several faults that fit a call, the first one of the list happens. `docs/emulator-faults.md` describes the JSON
/// form and shows what a client sees of each fault.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultScript {
    #[serde(default)]
    pub(super) seed: u64,
    #[serde(default)]
    pub(super) faults: Vec<Fault>,
}

impl FaultScript {
    /// A script without a fault.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The seed of the faults that have a probability and no seed of their own. Default: 0.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Adds a fault behind those that are there.
    #[must_use]
    pub fn with(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// [`FaultScriptError`] names the entry and the field that is wrong, unknown or outside its bounds.
    pub fn from_json(text: &str) -> Result<Self, FaultScriptError> {
        if text.len() > SCRIPT_LIMIT {
            return Err(FaultScriptError::new("", "the script has more than 1 MiB"));
        }
        refuse_lists(text)?;
        let mut reader = serde_json::Deserializer::from_str(text);
        let script: Self = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            FaultScriptError::new(if path == "." { "" } else { &path }, error.inner())
        })?;
        reader.end().map_err(|error| FaultScriptError::new("", error))?;
        script.check()?;
        Ok(script)
    }

    /// The JSON form.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Every part of a script has a form in JSON, so that nothing can fail here.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Whether everything is within its bounds.
    pub(crate) fn check(&self) -> Result<(), FaultScriptError> {
        if self.faults.len() > FAULTS_LIMIT {
            return Err(FaultScriptError::new(
                "faults",
                "there are more than 1,000 faults",
            ));
        }
        for (index, fault) in self.faults.iter().enumerate() {
            fault.check().map_err(|(field, rule)| {
                let name = fault.name.as_deref().unwrap_or_default();
                FaultScriptError::new(&format!("faults[{index}].{field}"), rule).of(name)
            })?;
        }
        if self.to_json().len() > SCRIPT_LIMIT {
            return Err(FaultScriptError::new("", "the script has more than 1 MiB"));
        }
        Ok(())
    }
}

/// Refuses lists where objects belong. `serde` would take their elements for the fields in their order, which nobody
/// means.
fn refuse_lists(text: &str) -> Result<(), FaultScriptError> {
    // What is no JSON is told with more words by the reader proper.
    let script: Value = serde_json::from_str(text).unwrap_or_else(|_| Value::Object(Map::new()));
    let object = |field: &str, value: Option<&Value>| match value {
        Some(Value::Array(_)) => Err(FaultScriptError::new(field, "must be an object")),
        _ => Ok(()),
    };
    object("", Some(&script))?;
    let entries = script.get("faults").and_then(Value::as_array);
    for (index, entry) in entries.into_iter().flatten().enumerate() {
        let field = format!("faults[{index}]");
        object(&field, Some(entry))?;
        object(&format!("{field}.calls"), entry.get("calls"))?;
        object(&format!("{field}.fault"), entry.get("fault"))?;
        for (kind, fields) in entry
            .get("fault")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            object(&format!("{field}.fault.{kind}"), Some(fields))?;
        }
    }
    Ok(())
}

/// The operations that a fault can be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FaultOperation {
    /// Every call, also one that the emulator knows no operation for.
    #[default]
    Any,
    /// `POST /v3/auth/tokens`
    CreateToken,
    /// `GET /v3/auth/tokens`
    DescribeToken,
    /// `GET /v3/projects`
    ListProjects,
    /// `POST /v3.0/OS-CREDENTIAL/securitytokens`
    CreateTemporaryKey,
    /// Both operations of the instance metadata.
    Metadata,
    /// `GET /v1/{project_id}/session/list-sessions`
    ListSessions,
    /// `POST /v1/{project_id}/session/list-sessions/export`
    ExportSessions,
    /// `POST /v1/{project_id}/session/app-connection/export`
    ExportAppConnections,
    /// `POST /v1/{project_id}/session/user-connection/export`
    ExportUserConnections,
    /// `GET /v2/{project_id}/export-tasks`
    ListExportTasks,
    /// `GET /v2/{project_id}/export-tasks/{task_id}/download`
    DownloadExportFile,
    /// `POST /v2/{project_id}/export-tasks/batch-delete`
    DeleteExportTasks,
    /// The address that a download is redirected to, where that is the choice.
    FetchFile,
}

impl FaultOperation {
    /// Whether it creates a task.
    pub(crate) fn submits(self) -> bool {
        List::ALL.iter().any(|list| list.facts().operation == self)
    }

    /// The name in scripts and in the journal.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::CreateToken => "create_token",
            Self::DescribeToken => "describe_token",
            Self::ListProjects => "list_projects",
            Self::CreateTemporaryKey => "create_temporary_key",
            Self::Metadata => "metadata",
            Self::ListSessions => "list_sessions",
            Self::ExportSessions => "export_sessions",
            Self::ExportAppConnections => "export_app_connections",
            Self::ExportUserConnections => "export_user_connections",
            Self::ListExportTasks => "list_export_tasks",
            Self::DownloadExportFile => "download_export_file",
            Self::DeleteExportTasks => "delete_export_tasks",
            Self::FetchFile => "fetch_file",
        }
    }
}

/// Which of the calls that a fault is for, counted from 1 since the script was set. Without a field: all of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Calls {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) nth: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) every: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) probability: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seed: Option<u64>,
}

/// One thing that goes wrong, and the calls to which it happens.
///
/// It is made by the function that is named like the fault, and is for every call until [`on`](Self::on) and the other
/// methods narrow it down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) operation: FaultOperation,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) project: Option<String>,
    #[serde(default)]
    pub(super) calls: Calls,
    #[serde(default)]
    pub(super) per_project: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) carried_out: Option<bool>,
    pub(super) fault: Kind,
}

/// Narrows a fault down.
impl Fault {
    pub(super) fn of(fault: Kind) -> Self {
        Self {
            name: None,
            operation: FaultOperation::Any,
            project: None,
            calls: Calls::default(),
            per_project: false,
            carried_out: None,
            fault,
        }
    }

    /// A name for the journal and for errors: 1 to 64 characters. Default: none.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The operation whose calls are meant and counted. Default: [`FaultOperation::Any`].
    #[must_use]
    pub fn on(mut self, operation: FaultOperation) -> Self {
        self.operation = operation;
        self
    }

    /// Means and counts only calls whose path names this project. Default: calls of all projects and of none.
    #[must_use]
    pub fn in_project(mut self, project_id: impl Into<String>) -> Self {
        self.project = Some(project_id.into());
        self
    }

    /// Counts the calls of each project by themselves, so that each has its own first call and its own probabilities.
    /// Calls without a project count together.
    #[must_use]
    pub fn per_project(mut self) -> Self {
        self.per_project = true;
        self
    }

    /// Only the call of this number, from 1.
    #[must_use]
    pub fn nth(mut self, call: u64) -> Self {
        self.calls.nth = Some(call);
        self
    }

    /// Only calls from this number on, from 1.
    #[must_use]
    pub fn starting_at(mut self, call: u64) -> Self {
        self.calls.from = Some(call);
        self
    }

    /// Only calls up to this number, itself among them.
    #[must_use]
    pub fn until(mut self, call: u64) -> Self {
        self.calls.to = Some(call);
        self
    }

    /// Only every `n`-th call: `n`, `2n`, `3n` and so on.
    #[must_use]
    pub fn every(mut self, n: u64) -> Self {
        self.calls.every = Some(n);
        self
    }

    /// Each call with this probability, from 0 to 1. Whether it happens depends on the seed, on the fault's place in
    /// the script and on the number of the call, and on nothing else; with [`per_project`](Self::per_project) also on
    /// the project.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.calls.probability = Some(probability);
        self
    }

    /// The seed of the probability. Default: the script's.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.calls.seed = Some(seed);
        self
    }

    /// Whether the operation is carried out although the client is told something else, or nothing. Default: yes for
    /// faults on the wire, no for those that put another answer in its place.
    #[must_use]
    pub fn carried_out(mut self, carried_out: bool) -> Self {
        self.carried_out = Some(carried_out);
        self
    }

    pub(super) fn is_carried_out(&self) -> bool {
        self.carried_out.unwrap_or_else(|| !self.fault.replaces_answer())
    }

    /// The first field that breaks a rule, and the rule.
    fn check(&self) -> Result<(), (String, String)> {
        let fail = |field: &str, rule: &str| Err((field.to_owned(), rule.to_owned()));
        if self
            .name
            .as_ref()
            .is_some_and(|name| !(1..=64).contains(&name.chars().count()))
        {
            return fail("name", "must have 1 to 64 characters");
        }
        if self
            .project
            .as_ref()
            .is_some_and(|id| !(1..=128).contains(&id.len()))
        {
            return fail("project", "must have 1 to 128 bytes");
        }
        self.calls.check()?;
        if let Err((field, rule)) = self.fault.check() {
            return Err((format!("fault.{}.{field}", self.fault.name()), rule.to_owned()));
        }
        if matches!(self.fault, Kind::Task { .. } | Kind::TaskId { .. }) && !self.operation.submits() {
            let submits = List::ALL.iter().map(|list| list.facts().operation.name());
            let submits = submits.collect::<Vec<_>>().join(" or ");
            return fail("operation", &format!("must be {submits} for this fault"));
        }
        if self.carried_out == Some(false) && self.fault.needs_answer() {
            return fail("carried_out", "must be true: the fault needs the real answer");
        }
        Ok(())
    }
}

impl Calls {
    fn check(&self) -> Result<(), (String, String)> {
        let fail = |field: &str, rule: &str| Err((format!("calls.{field}"), rule.to_owned()));
        for (field, value) in [
            ("nth", self.nth),
            ("from", self.from),
            ("to", self.to),
            ("every", self.every),
        ] {
            if value == Some(0) {
                return fail(field, "must be at least 1");
            }
        }
        if self.to.is_some_and(|to| to < self.from.unwrap_or(1)) {
            return fail("to", "must not be below from");
        }
        let windowed = self.from.is_some() || self.to.is_some();
        if self.nth.is_some() && (windowed || self.every.is_some() || self.probability.is_some()) {
            return fail("nth", "stands alone");
        }
        if self.every.is_some() && self.probability.is_some() {
            return fail("every", "does not go with probability");
        }
        if self.probability.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
            return fail("probability", "must be from 0 to 1");
        }
        if self.seed.is_some() && self.probability.is_none() {
            return fail("seed", "goes with probability");
        }
        Ok(())
    }
}
