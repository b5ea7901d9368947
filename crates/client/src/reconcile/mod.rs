//! Finding out what became of a submit whose answer was lost.

mod ambiguity;
mod own_tasks;
mod window;

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use session_export_model::{ExportTaskInfo, SortDirection, TaskQuery, TaskRef};

pub use ambiguity::Ambiguity;
pub(crate) use ambiguity::time;
pub(crate) use own_tasks::OwnTasks;
use window::{Attempt, Window};

use crate::deadline::Phase;
use crate::operation::Operation;
use crate::retry::Tries;
use crate::{Client, Error, ErrorKind};

/// How long after an attempt its task may still come: the gateway gives up on its backend after 30 s (published
/// definition, `x-apigateway-backend.timeout`).
const SETTLED: Duration = Duration::from_secs(30);
/// How soon to ask again while another submit of the same client is under way.
const IN_FLIGHT: Duration = Duration::from_secs(1);
/// The largest page of the export centre.
const PAGE: u32 = 100;
/// Up to 10,000 tasks are looked through in each of the two lists.
const MOST_PAGES: u32 = 100;

/// What became of a submit whose answer was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reconciliation {
    /// It cannot be known yet. Ask again after `wait`.
    #[non_exhaustive]
    NotYet {
        /// How long it is at least until it can be known.
        wait: Duration,
    },
    /// There is no task that could be the attempt's: it created none, and submitting again is safe.
    Nothing,
    /// There is one task that could be the attempt's. **It is still only a candidate**: the export centre is shared by all
    /// exports of a project, of sessions and of other things, and shows no filter.
    One(Candidate),
    /// There are several tasks that could be the attempt's.
    Several(Vec<Candidate>),
}

/// A task that may be the one that a lost submit created.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Candidate {
    /// What the export centre says of it.
    pub info: ExportTaskInfo,
    /// What [`Client::resume`] takes to adopt it: from then on it counts as this client's. To look at it only, use
    /// [`Client::task`] with its id.
    pub task: TaskRef,
}

impl Client {
    /// Finds out what became of a submit whose answer was lost, which [`Error::ambiguity`] names.
    ///
    /// ```no_run
    /// use session_export::{Client, ExportTask, Reconciliation, SessionFilter};
    ///
    /// # async fn example(client: Client, filter: SessionFilter) -> Result<Option<ExportTask>, session_export::Error> {
    /// let error = match client.export_sessions(filter).submit().await {
    ///     Ok(task) => return Ok(Some(task)),
    ///     Err(error) => error,
    /// };
    /// let Some(ambiguity) = error.ambiguity() else { return Err(error) };
    /// loop {
    ///     match client.reconcile(ambiguity).await? {
    ///         Reconciliation::NotYet { wait, .. } => tokio::time::sleep(wait).await,
    ///         Reconciliation::Nothing => return Ok(None), // submitting again is safe
    ///         // Whether it is ours, its file will tell.
    ///         Reconciliation::One(candidate) => return client.resume(candidate.task).map(Some),
    ///         _ => return Err(error), // a person has to choose
    ///     }
    /// }
    /// # }
    /// ```
    ///
    /// It lists the tasks that were created since the attempt began and up to 60 s after it was sent, and leaves out
    /// those that this client submitted or [resumed](Client::resume). A task whose creation time cannot be read is not
    /// left out. The order and the counts of the service are not relied on, and since it is not documented whether a
    /// list hides tasks that were downloaded, those are asked for, too.
    ///
    /// # How sure it is
    ///
    /// The window is laid by the `Date` of the list's own reply, to 2 s, so that a wrong clock of this machine does no
    /// harm; without a `Date`, by this machine's clock, to 15 minutes (the gateway accepts no signature that is further
    /// off). It needs a clock that is not set between the attempt and this call; only for an attempt of this very
    /// client, the monotonic clock is used. That no task comes later than 30 s after the attempt (when the gateway gives
    /// up) is an assumption from the published timeout, not a promise of the service.
    ///
    /// # Errors
    ///
    /// What listing ends with; [`ErrorKind::Configuration`] for an attempt of another project;
    /// [`ErrorKind::Decode`] when a task in question has no id, or there are more tasks than can be looked through.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the exchange; nothing changes.
    pub async fn reconcile(&self, ambiguity: &Ambiguity) -> Result<Reconciliation, Error> {
        if ambiguity.project_id() != self.project_id() {
            return Err(Error::configuration(format!(
                "the submit was for project {}, this client is for {}; build a client for that project",
                ambiguity.project_id(),
                self.project_id()
            )));
        }
        let _time = self.time(Phase::Other);
        let attempt = Attempt::new(self, ambiguity);
        if let Some(wait) = attempt.settles_in(SETTLED) {
            return Ok(Reconciliation::NotYet { wait });
        }
        let mut search = Search::default();
        for downloaded in [None, Some(true)] {
            self.search(&attempt, downloaded, &mut search).await?;
        }
        let mut candidates = search.candidates(self, ambiguity)?;
        // A submit that began after the window cannot have put a task into it, so this ends however many follow.
        if !candidates.is_empty() && self.own_tasks().is_in_flight_since(attempt.last_creation()) {
            return Ok(Reconciliation::NotYet { wait: IN_FLIGHT });
        }
        Ok(match candidates.pop() {
            None => Reconciliation::Nothing,
            Some(only) if candidates.is_empty() => Reconciliation::One(only),
            Some(last) => {
                candidates.push(last);
                Reconciliation::Several(candidates)
            }
        })
    }

    /// Looks through one list for tasks in the window.
    async fn search(
        &self,
        attempt: &Attempt<'_>,
        downloaded: Option<bool>,
        search: &mut Search,
    ) -> Result<(), Error> {
        let mut query = TaskQuery::new().sort(SortDirection::NewestFirst).limit(PAGE);
        if let Some(downloaded) = downloaded {
            query = query.downloaded(downloaded);
        }
        let (mut offset, mut order, mut seen) = (0_u32, Order::default(), HashSet::new());
        for _ in 0..MOST_PAGES {
            let sent = attempt.now();
            let page = self
                .dated_page_of_tasks(&query.clone().offset(offset), Tries::ByPolicy)
                .await?;
            let (count, tasks) = (page.list.count, page.list.export_tasks);
            let window = *search
                .window
                .get_or_insert_with(|| attempt.window(sent, page.exchange.date()));
            // `{}` is no list. Of the downloaded ones there may well be none.
            if count.is_none() && tasks.is_empty() && offset == 0 && downloaded.is_none() {
                return Err(not_understood("export_tasks: neither a task nor a count"));
            }
            let is_past = order.goes_on_past(&window, &tasks);
            let before = offset;
            offset = offset.saturating_add(u32::try_from(tasks.len()).unwrap_or(u32::MAX));
            let mut brought = false;
            for task in tasks {
                brought |= seen.insert(identity(&task));
                if window.may_hold(&task) {
                    search.found.push(task);
                }
            }
            // A whole page beyond the window is the end if everything so far was in order. A short one proves nothing:
            // the server's page may be smaller than what was asked for. One with nothing new is the end, unless the
            // server ignores the offset or counts more than it shows.
            if is_past {
                return Ok(());
            }
            if !brought {
                return match count {
                    Some(count) if count > before => {
                        Err(not_understood("export_tasks: more are counted than shown"))
                    }
                    _ => Ok(()),
                };
            }
        }
        Err(not_understood("export_tasks: too many tasks, in no order"))
    }
}

fn not_understood(path: &str) -> Error {
    let path = path.to_owned();
    Error::new(Operation::ListTasks, ErrorKind::Decode { path })
}

/// One without an id cannot be told from another, except by all that it says.
fn identity(task: &ExportTaskInfo) -> String {
    match &task.task_id {
        Some(id) => id.as_str().to_owned(),
        None => format!("{task:?}"),
    }
}

/// What has been found so far.
#[derive(Default)]
struct Search {
    window: Option<Window>,
    found: Vec<ExportTaskInfo>,
}

impl Search {
    fn candidates(self, client: &Client, ambiguity: &Ambiguity) -> Result<Vec<Candidate>, Error> {
        let (mut candidates, mut seen) = (Vec::new(), HashSet::new());
        for info in self.found {
            let Some(id) = info.task_id.clone() else {
                return Err(not_understood(
                    "export_tasks: a task of the time in question has no task_id",
                ));
            };
            if seen.insert(id.clone()) && !client.own_tasks().contains(&id) {
                let task = TaskRef::new(client.project_id().clone(), id, Some(ambiguity.started_at()));
                candidates.push(Candidate { info, task });
            }
        }
        candidates.sort_by_key(|candidate| created(&candidate.info));
        Ok(candidates)
    }
}

/// Whether everything has come newest first so far.
struct Order {
    holds: bool,
    last: Option<DateTime<Utc>>,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            holds: true,
            last: None,
        }
    }
}

impl Order {
    /// Whether the order holds, and this whole page is older than the window.
    fn goes_on_past(&mut self, window: &Window, tasks: &[ExportTaskInfo]) -> bool {
        let mut is_past = tasks.len() >= PAGE as usize;
        for task in tasks {
            let created = created(task);
            self.holds &= created.is_some() && (self.last.is_none() || created <= self.last);
            self.last = created;
            is_past &= created.is_some_and(|created| created < window.from);
        }
        self.holds && is_past
    }
}

fn created(task: &ExportTaskInfo) -> Option<DateTime<Utc>> {
    task.create_time.as_ref()?.instant()
}
