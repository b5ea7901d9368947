//! One export, as a careful program makes it: by the rules of `docs/ambiguity.md`, and with bounds on everything.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use session_export::{
    Ambiguity, Candidate, Client, Clock, Error, ErrorKind, ExportTask, FileReceipt, Reconciliation,
    TaskFailure, TaskId, WaitPolicy,
};

use super::service::{Service, export_of, filter_of};
use crate::common::seconds;

/// How often one export submits, where each submit before turned out to have created nothing.
const SUBMITS: usize = 4;
/// How often a list that cannot be had is asked for again.
const LISTS: usize = 6;
/// How often it is asked whether it can be known yet.
const QUESTIONS: usize = 400;
/// How long an export waits for its file: longer than any passing trouble.
const WAIT: Duration = seconds(300);
/// The deadline of those exports that have one: shorter than some trouble.
const DEADLINE: Duration = seconds(90);

/// What is done about a submit whose answer was lost. All but the first are wrong, and show that the run would notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conduct {
    /// Reconciles, submits again only if there is nothing, and in a shared project looks into the file of a candidate.
    Careful,
    /// Submits again without a look.
    Blind,
    /// Reports a failure.
    GivesUp,
    /// Takes the only candidate for its own, whoever else uses the project.
    Trusting,
}

/// What became of one export, as its own program knows it.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) number: usize,
    /// The tasks that it takes for its own.
    pub(crate) own: Vec<TaskId>,
    /// Those that it could not decide about, and names.
    pub(crate) candidates: Vec<TaskId>,
    /// When each submit began whose answer was lost, and what was found out.
    pub(crate) ambiguous: Vec<(DateTime<Utc>, Found)>,
    pub(crate) end: End,
}

#[derive(Debug)]
pub(crate) enum End {
    Done(FileReceipt),
    /// Where, and why.
    Failed(String),
    /// It says that a task of its own may exist, and which ones it could be.
    InDoubt,
}

/// What a reconciliation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Found {
    Nothing,
    /// One, which is adopted.
    Adopted,
    /// One, and its file is another export's.
    NotOurs,
    /// One, and it has no file by which to tell.
    CannotTell,
    Several,
    /// The list could not be had.
    StillUnknown,
    /// Nobody asked.
    NotAsked,
}

/// Makes an export into `target`.
pub(crate) async fn export(
    service: &Service,
    number: usize,
    alone: bool,
    conduct: Conduct,
    target: &Path,
) -> Story {
    let mut story = Story {
        number,
        own: Vec::new(),
        candidates: Vec::new(),
        ambiguous: Vec::new(),
        end: End::InDoubt,
    };
    let client = service.client(number);
    if let Some(task) = submit(service, client, alone, conduct, &mut story).await {
        story.end = match fetch(&task, target).await {
            Ok(receipt) => End::Done(receipt),
            Err((step, error)) => End::Failed(format!("{step}: {}", name(&error))),
        };
    }
    story
}

/// Gets a task, or ends the story.
async fn submit(
    service: &Service,
    client: &Client,
    alone: bool,
    conduct: Conduct,
    story: &mut Story,
) -> Option<ExportTask> {
    for _ in 0..SUBMITS {
        let export = client.export_sessions(filter_of(story.number));
        let export = match story.number % 4 {
            0 => export.deadline(DEADLINE),
            _ => export,
        };
        let error = match export.submit().await {
            Ok(task) => {
                story.own.push(task.task_id().clone());
                return Some(task);
            }
            Err(error) => error,
        };
        let Some(ambiguity) = error.ambiguity() else {
            story.end = End::Failed(format!("submit: {}", name(&error)));
            return None;
        };
        let (found, task) = match conduct {
            Conduct::Blind => (Found::NotAsked, None),
            Conduct::GivesUp => {
                story.end = End::Failed("submit: given up".to_owned());
                (Found::NotAsked, None)
            }
            Conduct::Careful | Conduct::Trusting => {
                let trusts = alone || conduct == Conduct::Trusting;
                find_out(service, client, ambiguity, trusts, story).await
            }
        };
        story.ambiguous.push((ambiguity.started_at(), found));
        match found {
            Found::Nothing => {}
            Found::NotAsked if conduct == Conduct::Blind => {}
            _ => return task,
        }
    }
    story.end = End::Failed("submit: ambiguous each time, nothing created".to_owned());
    None
}

async fn find_out(
    service: &Service,
    client: &Client,
    ambiguity: &Ambiguity,
    trusts: bool,
    story: &mut Story,
) -> (Found, Option<ExportTask>) {
    let mut failures = 0;
    for _ in 0..QUESTIONS {
        let pause = match client.reconcile(ambiguity).await {
            Ok(Reconciliation::NotYet { wait, .. }) => wait,
            Ok(Reconciliation::Nothing) => return (Found::Nothing, None),
            Ok(Reconciliation::One(candidate)) if trusts => return adopt(client, candidate, story),
            Ok(Reconciliation::One(candidate)) => {
                let id = candidate.task.task_id().clone();
                let found = match contents(client, id.clone()).await {
                    Ok(file) if export_of(&file) == Some(story.number) => {
                        return adopt(client, candidate, story);
                    }
                    Ok(_) => Found::NotOurs,
                    Err(_) => Found::CannotTell,
                };
                story.candidates.push(id);
                return (found, None);
            }
            Ok(Reconciliation::Several(candidates)) => {
                let ids = candidates
                    .into_iter()
                    .map(|candidate| candidate.task.task_id().clone());
                story.candidates.extend(ids);
                return (Found::Several, None);
            }
            Ok(other) => panic!("{other:?} is new; say here what is to be done about it"),
            // To list changes nothing, so it may be asked for again whatever it was.
            Err(_) if failures < LISTS => {
                failures += 1;
                seconds(5)
            }
            Err(_) => break,
        };
        service.clock.sleep(pause).await;
    }
    (Found::StillUnknown, None)
}

fn adopt(client: &Client, candidate: Candidate, story: &mut Story) -> (Found, Option<ExportTask>) {
    let task = client.resume(candidate.task).unwrap();
    story.own.push(task.task_id().clone());
    (Found::Adopted, Some(task))
}

/// The file of a task that may be another's.
async fn contents(client: &Client, id: TaskId) -> Result<Vec<u8>, Error> {
    let ready = client.task(id).wait(WaitPolicy::default().limit(WAIT)).await?;
    let mut file = Vec::new();
    ready.download().to_writer(&mut file).await?;
    Ok(file)
}

async fn fetch(task: &ExportTask, target: &Path) -> Result<FileReceipt, (&'static str, Error)> {
    let ready = task
        .wait(WaitPolicy::default().limit(WAIT))
        .await
        .map_err(|error| ("wait", error))?;
    ready
        .download()
        .to_path(target)
        .await
        .map_err(|error| ("download", error))
}

/// The kind of a failure, as the table has it.
pub(crate) fn name(error: &Error) -> String {
    match error.kind() {
        ErrorKind::Task(TaskFailure::Failed { .. }) => "task failed".to_owned(),
        ErrorKind::Task(TaskFailure::Expired) => "task expired".to_owned(),
        ErrorKind::Task(TaskFailure::Gone) => "task gone".to_owned(),
        ErrorKind::Service(failure) => format!("service {}", failure.status.as_u16()),
        kind => kind.as_str().to_owned(),
    }
}
