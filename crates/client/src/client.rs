//! The client: an endpoint, a project, a credential and a transport, put together once.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use http::HeaderValue;
use session_export_auth::Authenticate;
use session_export_model::{
    AppConnectionFilter, ExportFilter, ProjectId, SessionFilter, TaskId, TaskRef, UserConnectionFilter,
};
use session_export_transport::{Clock, Sleep, Transport};

use crate::deadline::{Deadline, Phase, PhaseTimer};
use crate::export::{ExportsInFlight, InFlight};
use crate::operation::Operation;
use crate::pause::PauseListener;
use crate::reconcile::OwnTasks;
use crate::retry::{Budget, CoolDown};
use crate::{Endpoint, Error, ErrorKind, Export, ExportTask, ListSessions, RetryPolicy, Spent, SystemClock};

/// How long a response's head may take. The gateway gives up on its backend after 30 s, so a shorter limit would only
/// make more submits ambiguous.
const HEAD_LIMIT: Duration = Duration::from_secs(40);
/// How long a response's body may stand still.
const IDLE_LIMIT: Duration = Duration::from_secs(60);

/// Calls the service for one project.
///
/// A clone is cheap and shares everything. Any number of calls may be under way at once.
///
/// ```no_run
/// use session_export::{Client, Endpoint, SessionFilter, StaticToken, Token, TokenAuthenticator, WaitPolicy};
///
/// # async fn example(token: String) -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder(Endpoint::region("cn-north-4")?, "a4da8115c9d8464ead3a38309130523f".parse()?)
///     .authenticator(TokenAuthenticator::new(StaticToken::new(Token::new(token)?)))
///     .build()?;
/// let task = client.export_sessions(SessionFilter::builder().user_name("user005").build()?).submit().await?;
/// let ready = task.wait(WaitPolicy::default()).await?;
/// let file = ready.download().to_path("sessions.xlsx").await?;
/// println!("{} bytes", file.bytes);
/// # Ok(())
/// # }
/// ```
///
/// It spawns no task, starts no thread, reads no environment variable, and sees time only through its [`Clock`].
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    deadline: Option<Deadline>,
    /// The place of the export that this copy of the client was made for.
    in_flight: Option<Arc<InFlight>>,
}

struct Shared {
    endpoint: Endpoint,
    project_id: ProjectId,
    transport: Arc<dyn Transport>,
    authenticator: Arc<dyn Authenticate>,
    clock: Arc<dyn Clock>,
    head_limit: Duration,
    idle_limit: Duration,
    user_agent: HeaderValue,
    own_tasks: OwnTasks,
    retry_policy: RetryPolicy,
    retry_budget: Budget,
    cool_down: CoolDown,
    exports: Option<Arc<ExportsInFlight>>,
    calls: AtomicU64,
    pauses: PauseListener,
}

/// Collects the parts of a [`Client`].
#[derive(Debug)]
#[must_use]
pub struct ClientBuilder {
    endpoint: Endpoint,
    project_id: ProjectId,
    transport: Option<Arc<dyn Transport>>,
    authenticator: Option<Arc<dyn Authenticate>>,
    clock: Option<Arc<dyn Clock>>,
    head_limit: Duration,
    idle_limit: Duration,
    user_agent: Option<String>,
    retry_policy: RetryPolicy,
    exports_in_flight: Option<usize>,
    pub(crate) pauses: PauseListener,
}

/// Which limit ended a wait.
#[derive(Clone, Copy)]
pub(crate) enum Cut {
    /// The one of this step.
    Limit,
    /// The deadline over everything.
    Deadline,
}

impl Client {
    /// Starts a client for a project at an endpoint.
    pub fn builder(endpoint: Endpoint, project_id: ProjectId) -> ClientBuilder {
        ClientBuilder {
            endpoint,
            project_id,
            transport: None,
            authenticator: None,
            clock: None,
            head_limit: HEAD_LIMIT,
            idle_limit: IDLE_LIMIT,
            user_agent: None,
            retry_policy: RetryPolicy::default(),
            exports_in_flight: None,
            pauses: PauseListener::default(),
        }
    }

    /// The same client with a deadline, counted from now, over everything that is called through it: every call, every
    /// wait and every download together. Without one, only the limits on single responses hold.
    #[must_use]
    pub fn with_deadline(&self, budget: Duration) -> Self {
        let deadline = Deadline::start(Arc::clone(&self.shared.clock), budget);
        Self {
            shared: Arc::clone(&self.shared),
            deadline: Some(deadline),
            in_flight: self.in_flight.clone(),
        }
    }

    /// Prepares an export of the sessions that `filter` selects. Nothing is sent before
    /// [`submit`](Export::submit).
    pub fn export_sessions(&self, filter: SessionFilter) -> Export {
        self.export(filter)
    }

    /// Prepares an export of the app connections that `filter` selects: who used which application. Nothing is sent
    /// before [`submit`](Export::submit).
    pub fn export_app_connections(&self, filter: AppConnectionFilter) -> Export {
        self.export(filter)
    }

    /// Prepares an export of the user connections that `filter` selects: who logged in to which server. Nothing is sent
    /// before [`submit`](Export::submit).
    pub fn export_user_connections(&self, filter: UserConnectionFilter) -> Export {
        self.export(filter)
    }

    /// Prepares an export of whichever list the filter is of. Nothing is sent before [`submit`](Export::submit).
    pub fn export(&self, filter: impl Into<ExportFilter>) -> Export {
        Export::new(self.clone(), filter.into())
    }

    /// Prepares a list of the sessions that `filter` selects. Nothing is sent before it is read.
    pub fn list_sessions(&self, filter: SessionFilter) -> ListSessions {
        ListSessions::new(self.clone(), filter)
    }

    /// A task of this client's project that was submitted before.
    pub fn task(&self, id: TaskId) -> ExportTask {
        ExportTask::new(self.clone(), TaskRef::new(self.project_id().clone(), id, None))
    }

    /// Goes on with a task that this or another process submitted and wrote down. It then counts as this client's own:
    /// [`reconcile`](Self::reconcile) does not take it for the task of a lost submit.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when the task belongs to another project.
    pub fn resume(&self, task: TaskRef) -> Result<ExportTask, Error> {
        if task.project_id() != self.project_id() {
            return Err(Error::configuration(format!(
                "the task belongs to project {}, this client to {}; build a client for that project",
                task.project_id(),
                self.project_id()
            )));
        }
        self.own_tasks().add(task.task_id());
        Ok(ExportTask::new(self.clone(), task))
    }

    /// The project that is called for.
    pub fn project_id(&self) -> &ProjectId {
        &self.shared.project_id
    }

    /// Where the services are.
    pub fn endpoint(&self) -> &Endpoint {
        &self.shared.endpoint
    }

    pub(crate) fn transport(&self) -> &dyn Transport {
        &*self.shared.transport
    }

    pub(crate) fn authenticator(&self) -> &dyn Authenticate {
        &*self.shared.authenticator
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.clock
    }

    pub(crate) fn user_agent(&self) -> HeaderValue {
        self.shared.user_agent.clone()
    }

    pub(crate) fn head_limit(&self) -> Duration {
        self.shared.head_limit
    }

    pub(crate) fn idle_limit(&self) -> Duration {
        self.shared.idle_limit
    }

    pub(crate) fn own_tasks(&self) -> &OwnTasks {
        &self.shared.own_tasks
    }

    pub(crate) fn retry_policy(&self) -> &RetryPolicy {
        &self.shared.retry_policy
    }

    pub(crate) fn retry_budget(&self) -> &Budget {
        &self.shared.retry_budget
    }

    pub(crate) fn cool_down(&self) -> &CoolDown {
        &self.shared.cool_down
    }

    pub(crate) fn pauses(&self) -> &PauseListener {
        &self.shared.pauses
    }

    /// A seed for the pauses of one call. It keeps calls that fail in the same moment, and other processes, out of step.
    #[allow(clippy::cast_possible_truncation, reason = "a seed needs no meaning")]
    pub(crate) fn next_seed(&self) -> u64 {
        let call = self.shared.calls.fetch_add(1, Ordering::Relaxed);
        let now = self.shared.clock.monotonic().as_nanos() as u64;
        now ^ call.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    /// A copy of the client for one more export, once there is a place for it.
    pub(crate) async fn entered(&self, operation: Operation) -> Result<Self, Error> {
        let Some(exports) = &self.shared.exports else {
            return Ok(self.clone());
        };
        let place = match &self.deadline {
            None => exports.enter().await,
            Some(_) => match self.within(Duration::MAX, exports.enter()).await {
                Ok(place) => place,
                Err(_) => return Err(self.deadline_error(operation)),
            },
        };
        Ok(Self {
            in_flight: Some(Arc::new(place)),
            ..self.clone()
        })
    }

    /// Frees the place of the export that this copy of the client was made for.
    pub(crate) fn export_is_over(&self) {
        if let Some(place) = &self.in_flight {
            place.release();
        }
    }

    pub(crate) fn deadline(&self) -> Option<&Deadline> {
        self.deadline.as_ref()
    }

    /// Books time on a phase for as long as the timer lives.
    pub(crate) fn time(&self, phase: Phase) -> Option<PhaseTimer> {
        self.deadline.as_ref().map(|deadline| deadline.time(phase))
    }

    /// The error for a deadline that passed.
    pub(crate) fn deadline_error(&self, operation: Operation) -> Error {
        let spent = self
            .deadline
            .as_ref()
            .map_or_else(Spent::default, Deadline::spent);
        Error::new(operation, ErrorKind::Deadline { spent })
    }

    /// Runs `future` until it ends, `limit` passes, or the deadline does. What is cut off is dropped.
    pub(crate) async fn within<F: Future>(&self, limit: Duration, future: F) -> Result<F::Output, Cut> {
        let remaining = self.deadline.as_ref().map(Deadline::remaining);
        let (limit, cut) = match remaining {
            Some(remaining) if remaining <= limit => (remaining, Cut::Deadline),
            _ => (limit, Cut::Limit),
        };
        if limit.is_zero() {
            return Err(cut);
        }
        let mut future = pin!(future);
        // What is ready at once, as a token from the cache and the body of a short reply are, needs no timer.
        let mut sleep = None;
        poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Ok(output));
            }
            let sleep: &mut Sleep = sleep.get_or_insert_with(|| self.shared.clock.sleep(limit));
            sleep.as_mut().poll(cx).map(|()| Err(cut))
        })
        .await
    }
}

impl ClientBuilder {
    /// How requests are authenticated. Required.
    pub fn authenticator(mut self, authenticator: impl Authenticate) -> Self {
        self.authenticator = Some(Arc::new(authenticator));
        self
    }

    /// What carries the requests. By default reqwest, if the feature of that name is on.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// What tells the time and waits. By default [`SystemClock`], which needs a tokio runtime.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// How long a response's head may take, and a credential before it: 40 s by default, because the gateway gives up
    /// at 30.
    pub fn head_limit(mut self, limit: Duration) -> Self {
        self.head_limit = limit;
        self
    }

    /// How long a response's body may stand still: 60 s by default. Progress resets it; no limit covers a whole body.
    pub fn idle_limit(mut self, limit: Duration) -> Self {
        self.idle_limit = limit;
        self
    }

    /// How often calls are made again that failed. By default [`RetryPolicy::default`].
    ///
    /// All calls of the client and of its clones share a budget of 500 units, so that a service that is down is not asked
    /// several times as often: a retry costs 5, after a time-out 10, after a 429 nothing. A success gives back what its
    /// last retry cost, or 1. With an empty budget a failure is final.
    ///
    /// They also share what a 429 says: until the window that it names has passed (5 minutes at most, see
    /// [`RetryPolicy::longest_hint`]), every call waits, and then they start again one after the other, a tenth of a second
    /// apart, in the order in which they came. A call whose deadline would pass before ends at once with
    /// [`ErrorKind::HeldBack`].
    pub fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.retry_policy = policy;
        self
    }

    /// How many exports of the client and of its clones may be under way at once; by default there is no limit. Further
    /// submits wait, and go on in the order in which they came.
    ///
    /// An export has its place from before its submit until its file has arrived or its task turns out to give none
    /// (failed, expired, gone), and in any case only for as long as something of it is kept: the future of
    /// [`submit`](Export::submit), the [`ExportTask`], the `ReadyExport`, the download. **So whoever submits more
    /// exports than this before waiting for any waits for ever**, unless there is a deadline: let each export run to its end
    /// in a future of its own, or drop its task and go on later with [`Client::resume`], which takes no place.
    pub fn exports_in_flight(mut self, most: usize) -> Self {
        self.exports_in_flight = Some(most);
        self
    }

    /// Your program's name and version, put before ours in `User-Agent`.
    pub fn user_agent(mut self, product: impl Into<String>) -> Self {
        self.user_agent = Some(product.into());
        self
    }

    /// Puts the parts together. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when there is no authenticator, no transport, an unusable part, or a limit of 0.
    pub fn build(self) -> Result<Client, Error> {
        let authenticator = self.authenticator.ok_or_else(|| {
            Error::configuration(
                "the client has no authenticator; give one with ClientBuilder::authenticator",
            )
        })?;
        let exports = match self.exports_in_flight {
            Some(0) => {
                return Err(Error::configuration(
                    "a limit of 0 exports in flight would let none through; give at least 1",
                ));
            }
            limit => limit.map(ExportsInFlight::new),
        };
        let transport = match self.transport {
            Some(transport) => transport,
            None => default_transport()?,
        };
        Ok(Client {
            shared: Arc::new(Shared {
                endpoint: self.endpoint,
                project_id: self.project_id,
                transport,
                authenticator,
                clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock::new())),
                head_limit: self.head_limit,
                idle_limit: self.idle_limit,
                user_agent: user_agent(self.user_agent.as_deref())?,
                own_tasks: OwnTasks::default(),
                retry_policy: self.retry_policy,
                retry_budget: Budget::default(),
                cool_down: CoolDown::default(),
                exports: exports.map(Arc::new),
                calls: AtomicU64::new(0),
                pauses: self.pauses,
            }),
            deadline: None,
            in_flight: None,
        })
    }
}

fn user_agent(product: Option<&str>) -> Result<HeaderValue, Error> {
    const OURS: &str = concat!("session-export/", env!("CARGO_PKG_VERSION"));
    let text = match product {
        Some(product) => format!("{product} {OURS}"),
        None => OURS.to_owned(),
    };
    // `HeaderValue` lets other bytes pass, which servers and proxies treat as they like.
    let is_usable = product.is_none_or(|product| {
        !product.trim().is_empty() && product.bytes().all(|b| matches!(b, b' '..=b'~'))
    });
    HeaderValue::from_str(&text)
        .ok()
        .filter(|_| is_usable)
        .ok_or_else(|| {
            Error::configuration(format!(
                "{product:?} cannot stand in a User-Agent header; use visible ASCII"
            ))
        })
}

#[cfg(feature = "reqwest")]
fn default_transport() -> Result<Arc<dyn Transport>, Error> {
    match session_export_transport_reqwest::ReqwestTransport::builder().build() {
        Ok(transport) => Ok(Arc::new(transport)),
        Err(error) => {
            Err(Error::configuration("the reqwest transport could not be built").with_source(error))
        }
    }
}

#[cfg(not(feature = "reqwest"))]
fn default_transport() -> Result<Arc<dyn Transport>, Error> {
    Err(Error::configuration(
        "the client has no transport; give one with ClientBuilder::transport, or turn on the feature \"reqwest\"",
    ))
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.shared.endpoint)
            .field("project_id", &self.shared.project_id)
            .field("transport", &self.shared.transport)
            .field("authenticator", &self.shared.authenticator)
            .field("head_limit", &self.shared.head_limit)
            .field("idle_limit", &self.shared.idle_limit)
            .field("retry_policy", &self.shared.retry_policy)
            .finish_non_exhaustive()
    }
}
