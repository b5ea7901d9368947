//! The running emulator.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::builder::EmulatorBuilder;
use crate::data::Dataset;
use crate::dispatch;
use crate::error::EmulatorError;
use crate::random::Secrets;
use crate::seen::SeenRequest;
use crate::{time, tokens};

/// How long [`Emulator::shutdown`] waits for answers that are being sent.
const GRACE: Duration = Duration::from_secs(5);

/// A running emulator. Dropping it stops it.
///
/// All three roles (sessions, export centre, IAM) are served at [`base_url`](Self::base_url).
pub struct Emulator {
    app: Arc<App>,
    /// Dropping it tells the server to stop.
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl Emulator {
    /// The options to start with.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    pub(crate) async fn start(builder: EmulatorBuilder) -> Result<Self, EmulatorError> {
        let runtime = Handle::try_current().map_err(|_| EmulatorError::NoRuntime)?;
        let EmulatorBuilder {
            options,
            sessions,
            seed,
            days,
            listen,
            clock,
            password,
        } = builder;
        let failed = |source| EmulatorError::Listen {
            address: listen,
            source,
        };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let base_url = format!("http://{}", listener.local_addr().map_err(failed)?);
        let secrets = Secrets::new()?;
        let data = Dataset::generate(seed, sessions, days, time::midnight(clock()), &options.project_id);
        let app = Arc::new(App {
            password: password.unwrap_or_else(|| secrets.password()),
            options,
            clock,
            base_url,
            secrets,
            data,
            tokens: tokens::Tokens::default(),
            tasks: crate::tasks::Tasks::default(),
            seen: crate::seen::SeenLog::default(),
        });

        // Small answers go out at once. A connection that refuses the option still works, only slower.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let router = Router::new()
            .fallback(dispatch::handle)
            .with_state(Arc::clone(&app));
        let (stop, stopped) = oneshot::channel::<()>();
        let server = runtime.spawn(async move {
            let stopped = async move { drop(stopped.await) };
            // It only ends when told to, and then without an error.
            drop(
                axum::serve(listener, router)
                    .with_graceful_shutdown(stopped)
                    .await,
            );
        });
        Ok(Self {
            app,
            stop: Some(stop),
            server,
        })
    }

    /// The base URL of all three roles, such as `http://127.0.0.1:41234`, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.app.base_url.clone()
    }

    /// The id of the only project.
    #[must_use]
    pub fn project_id(&self) -> &str {
        &self.app.options.project_id
    }

    /// The region, which is also the name of the only project: `emulator-1`.
    #[must_use]
    pub fn region(&self) -> &'static str {
        App::REGION
    }

    /// The name of the only user.
    #[must_use]
    pub fn user_name(&self) -> &str {
        &self.app.options.user_name
    }

    /// The user's password. It protects nothing but made-up data on this machine.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.app.password
    }

    /// The name of the account (domain) that the user belongs to.
    #[must_use]
    pub fn domain_name(&self) -> &str {
        &self.app.options.domain_name
    }

    /// The requests that arrived, oldest first; at most the last 10,000.
    #[must_use]
    pub fn requests_seen(&self) -> Vec<SeenRequest> {
        self.app.seen.to_vec()
    }

    /// Makes every token that was issued so far invalid: the next use of one is answered with 401.
    pub fn revoke_tokens(&self) {
        self.app.tokens.revoke();
    }

    /// Serves until `until` resolves, then shuts down.
    ///
    /// # Cancel safety
    /// Dropping the future drops the emulator, which stops it.
    pub async fn serve_until(self, until: impl Future<Output = ()>) {
        until.await;
        self.shutdown().await;
    }

    /// Stops listening, closes idle connections, and lets answers that are being sent finish for up to 5 seconds.
    /// A connection that is still busy then ends when its client lets go of it.
    ///
    /// # Cancel safety
    /// Dropping the future does not take the stop back; only the waiting ends.
    pub async fn shutdown(mut self) {
        drop(self.stop.take());
        if tokio::time::timeout(GRACE, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Idle connections are closed, and no new ones are accepted. Answers that are being sent are finished.
        drop(self.stop.take());
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("base_url", &self.app.base_url)
            .field("options", &self.app.options)
            .finish_non_exhaustive()
    }
}
