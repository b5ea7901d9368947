//! What became of a submit whose answer was lost, as a failure.

use std::error::Error as _;

use serde_json::{Value, json};
use session_export::{Error, TaskId};

use super::{Answer, Failure, chain, exit};
use crate::shown::printable;

impl Failure {
    /// The answer to a submit was lost, and it is known that it created nothing.
    pub(crate) fn not_created(error: &Error) -> Self {
        let message = format!(
            "no task was created; it is safe to submit again. The submit's answer was lost: {}",
            error.source().map_or_else(String::new, chain)
        );
        let mut failure = Self::new(exit::UNAVAILABLE, "not_created", message);
        failure.answer = error.service().map(Answer::from).map(Box::new);
        failure.reconciliation = Some(Box::new(json!({"result": "none", "tasks": []})));
        failure
    }

    /// It cannot be known what became of a submit.
    pub(crate) fn still_unknown(since: &str, problem: &str) -> Self {
        let message =
            format!("the outcome of a submit is unknown, a task may exist since {since}: {problem}");
        let mut failure = Self::new(exit::AMBIGUOUS, "ambiguous", message);
        failure.hint = Some("look for it with `session-export tasks` before you submit again".to_owned());
        failure
    }

    /// There is one task that may be a lost submit's, and it cannot be told whether it is.
    pub(crate) fn not_adopted(id: &TaskId, problem: &str, tasks: Value) -> Self {
        let message = format!(
            "the outcome of a submit is unknown: task {id} may be its, and was not adopted, because {problem}"
        );
        let mut failure = Self::new(exit::AMBIGUOUS, "ambiguous", message);
        failure.hint = Some(format!(
            "look into it yourself with `session-export download {id}`; if it is not what you asked for, submit again"
        ));
        failure.reconciliation = Some(Box::new(tasks));
        failure
    }

    /// There are several tasks that may be a lost submit's.
    pub(crate) fn several(tasks: &Value) -> Self {
        let message = "the outcome of a submit is unknown: several tasks were created at that time";
        let mut failure = Self::new(exit::AMBIGUOUS, "ambiguous", message);
        let listed = tasks["tasks"].as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |task: &Value, key: &str| {
            let text = task[key].as_str().unwrap_or("unknown");
            printable(text).chars().take(64).collect::<String>()
        };
        failure.details = listed
            .iter()
            .map(|task| {
                format!(
                    "task {}, created {}",
                    text(task, "task_id"),
                    text(task, "create_time")
                )
            })
            .collect();
        failure.hint = Some(
            "look into their files with `session-export download`; one may be what you asked for".to_owned(),
        );
        failure.reconciliation = Some(Box::new(tasks.clone()));
        failure
    }

    /// A journal in which nothing was submitted.
    pub(crate) fn nothing_to_resume() -> Self {
        let message = "nothing was submitted by this journal's export; remove the journal, and export again";
        Self::new(exit::UNAVAILABLE, "nothing_to_resume", message)
    }
}
