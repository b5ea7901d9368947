//! Connections that are open and not in use, by origin, and how a request gets one.
//!
//! hyper-util's own client does this too, at the cost of two boxed futures, a race and several clones of its settings for
//! each request; what it costs and what was given up is in `docs/adr/0019-the-hyper-transport-has-its-own-pool.md`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use http::Uri;
use http::uri::{Authority, Scheme};
use hyper::rt::{Executor, Timer};
use hyper_util::rt::TokioTimer;
use tokio::runtime::Handle;

use crate::connection::{Http1, Http2, Http2Connection, OnRuntime, Opened, open};
use crate::connector::Connector;
use crate::failure::Unsent;

/// The connections of one runtime.
pub(crate) struct Pool {
    connector: Connector,
    idle_limit: Duration,
    runtime: OnRuntime,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// A client talks to two or three.
    origins: Vec<Origin>,
    /// Whether somebody closes connections whose time has come.
    is_watched: bool,
}

/// A scheme, a host and a port, and the connections to it.
struct Origin {
    scheme: Scheme,
    authority: Authority,
    /// The one that was used last is the last one.
    idle: Vec<Idle>,
    /// One carries every request.
    shared: Option<Shared>,
}

struct Idle {
    connection: Http1,
    since: Instant,
}

struct Shared {
    sender: Http2,
    since: Instant,
}

/// A connection that a request can be sent on.
pub(crate) enum Taken {
    Http1 { connection: Http1, place: Place },
    Http2(Http2),
}

/// Where an HTTP/1 connection goes once its response is read.
pub(crate) struct Place {
    pool: Arc<Pool>,
    scheme: Scheme,
    authority: Authority,
}

impl Pool {
    /// The pool of the current runtime.
    pub(crate) fn new(connector: Connector, idle_limit: Duration) -> Self {
        Self {
            connector,
            idle_limit,
            runtime: OnRuntime(Handle::current()),
            state: Mutex::default(),
        }
    }

    /// A connection for a request to `uri`, which names a scheme and a host: one that is not in use, or a new one.
    pub(crate) async fn take(self: &Arc<Self>, uri: &Uri) -> Result<Taken, Unsent> {
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(Unsent::NoOrigin);
        };
        if let Some(taken) = self.take_idle(scheme, authority) {
            return Ok(taken);
        }
        // Boxed: it is large, and most requests find a connection.
        match Box::pin(open(&self.connector, &self.runtime, uri.clone())).await? {
            Opened::Http1(connection) => {
                let place = self.place(scheme, authority);
                Ok(Taken::Http1 { connection, place })
            }
            Opened::Http2(sender, connection) => {
                Ok(Taken::Http2(self.share(scheme, authority, sender, connection)))
            }
        }
    }

    fn take_idle(self: &Arc<Self>, scheme: &Scheme, authority: &Authority) -> Option<Taken> {
        let mut state = self.lock();
        let origin = state.find(scheme, authority)?;
        if let Some(shared) = origin.shared.take_if(|shared| shared.sender.is_closed()) {
            drop(shared);
        }
        if let Some(shared) = &mut origin.shared {
            shared.since = now();
            return Some(Taken::Http2(shared.sender.clone()));
        }
        while let Some(idle) = origin.idle.pop() {
            // One that is not ready has been closed by its server.
            if idle.connection.is_ready() && idle.since.elapsed() < self.idle_limit {
                let place = self.place(scheme, authority);
                let connection = idle.connection;
                return Some(Taken::Http1 { connection, place });
            }
        }
        None
    }

    fn place(self: &Arc<Self>, scheme: &Scheme, authority: &Authority) -> Place {
        Place {
            pool: Arc::clone(self),
            scheme: scheme.clone(),
            authority: authority.clone(),
        }
    }

    /// Keeps an HTTP/2 connection for further requests; where another request was faster, its connection is used.
    fn share(
        self: &Arc<Self>,
        scheme: &Scheme,
        authority: &Authority,
        sender: Http2,
        connection: Http2Connection,
    ) -> Http2 {
        let mut state = self.lock();
        let shared = &mut state.find_or_add(scheme, authority).shared;
        if let Some(faster) = shared.as_ref().filter(|faster| !faster.sender.is_closed()) {
            return faster.sender.clone();
        }
        *shared = Some(Shared {
            sender: sender.clone(),
            since: now(),
        });
        self.watch(&mut state);
        drop(state);
        self.runtime.execute(drive(Arc::downgrade(self), connection));
        sender
    }

    /// Lets go of the senders whose connection has ended: a request that came too late for it is given back only then.
    fn forget_closed(&self) {
        for origin in &mut self.lock().origins {
            origin.shared.take_if(|shared| shared.sender.is_closed());
        }
    }

    fn put(self: &Arc<Self>, place: &Place, connection: Http1) {
        let mut state = self.lock();
        let origin = state.find_or_add(&place.scheme, &place.authority);
        origin.idle.push(Idle {
            connection,
            since: now(),
        });
        self.watch(&mut state);
    }

    /// Sees to it that what stays unused is closed, also where no further request comes.
    fn watch(self: &Arc<Self>, state: &mut State) {
        if !std::mem::replace(&mut state.is_watched, true) {
            let (pool, limit) = (Arc::downgrade(self), self.idle_limit);
            self.runtime.execute(close_unused(pool, limit));
        }
    }

    /// Closes what was unused for too long; how long until the next one is, if there is any.
    fn sweep(&self) -> Option<Duration> {
        let mut state = self.lock();
        let limit = self.idle_limit;
        let is_kept = |since: Instant, is_closed: bool| !is_closed && since.elapsed() < limit;
        for origin in &mut state.origins {
            origin
                .idle
                .retain(|idle| is_kept(idle.since, idle.connection.is_closed()));
            let shared = &mut origin.shared;
            shared.take_if(|shared| !is_kept(shared.since, shared.sender.is_closed()));
        }
        state
            .origins
            .retain(|origin| !origin.idle.is_empty() || origin.shared.is_some());
        let idle = state
            .origins
            .iter()
            .flat_map(|origin| &origin.idle)
            .map(|idle| idle.since);
        let shared = state
            .origins
            .iter()
            .filter_map(|origin| origin.shared.as_ref())
            .map(|shared| shared.since);
        let next = idle
            .chain(shared)
            .min()
            .map(|since| limit.saturating_sub(since.elapsed()));
        state.is_watched = next.is_some();
        next
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drives an HTTP/2 connection. Its requests are told by themselves how it ends.
async fn drive(pool: Weak<Pool>, connection: Http2Connection) {
    // Dropped here, and so closed for senders.
    let _ = connection.await;
    if let Some(pool) = pool.upgrade() {
        pool.forget_closed();
    }
}

/// Ends with the pool, or when there is nothing to close.
async fn close_unused(pool: Weak<Pool>, mut pause: Duration) {
    loop {
        TokioTimer::new().sleep(pause).await;
        let Some(next) = pool.upgrade().and_then(|pool| pool.sweep()) else {
            return;
        };
        // A moment later than the one that is due, so that it is due.
        pause = next + Duration::from_millis(1);
    }
}

impl Place {
    /// Whether a proxy reads what is sent here.
    pub(crate) fn ends_at_proxy(&self) -> bool {
        self.pool.connector.ends_at_proxy(&self.scheme)
    }

    /// Gives the connection back, now or as soon as it can carry another request; one that is closed is forgotten.
    pub(crate) fn give_back(self, mut connection: Http1) {
        if connection.is_closed() {
            return;
        }
        if connection.is_ready() {
            self.pool.put(&self, connection);
            return;
        }
        let pool = Arc::clone(&self.pool);
        pool.runtime.execute(async move {
            if connection.ready().await {
                self.pool.put(&self, connection);
            }
        });
    }
}

impl State {
    fn find(&mut self, scheme: &Scheme, authority: &Authority) -> Option<&mut Origin> {
        // As text first, which is what it nearly always is; hosts differ in case at most.
        let is_same = |origin: &Origin| {
            origin.scheme == *scheme
                && (origin.authority.as_str() == authority.as_str() || origin.authority == *authority)
        };
        self.origins.iter_mut().find(|origin| is_same(origin))
    }

    fn find_or_add(&mut self, scheme: &Scheme, authority: &Authority) -> &mut Origin {
        if self.find(scheme, authority).is_none() {
            self.origins.push(Origin {
                scheme: scheme.clone(),
                authority: authority.clone(),
                idle: Vec::new(),
                shared: None,
            });
        }
        self.find(scheme, authority).expect("it was added")
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "how long a connection is unused belongs to a transport"
)]
fn now() -> Instant {
    Instant::now()
}
