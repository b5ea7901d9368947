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

use crate::app::{AccessKey, App};
use crate::builder::EmulatorBuilder;
use crate::dispatch;
use crate::error::EmulatorError;
use crate::keys::Keys;
use crate::metadata::MetadataSessions;
use crate::random::Secrets;
use crate::seen::{SeenLog, SeenRequest};
use crate::tenancy::{self, Identity, Population, Tenancy};
use crate::time;
use crate::tokens::Tokens;

/// How long [`Emulator::shutdown`] waits for answers that are being sent.
const GRACE: Duration = Duration::from_secs(5);

/// A running emulator. Dropping it stops it.
///
/// All roles (sessions, export centre, IAM, instance metadata) are served at [`base_url`](Self::base_url).
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
            access_key,
            passcode,
        } = builder;
        let failed = |source| EmulatorError::Listen {
            address: listen,
            source,
        };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let base_url = format!("http://{}", listener.local_addr().map_err(failed)?);
        let secrets = Secrets::new()?;
        let population = Population {
            seed,
            sessions,
            days,
            anchor: time::midnight(clock()),
            password: password.unwrap_or_else(|| secrets.password()),
            passcode,
        };
        let tenancy = Tenancy::populate(&options, population);
        let access_key = access_key.unwrap_or_else(|| AccessKey {
            id: secrets.access_key_id(),
            secret: secrets.secret_access_key(),
        });
        let keys = Keys::default();
        let identity = Identity {
            user: Arc::clone(&tenancy.user),
            agency: None,
        };
        keys.add_permanent(&access_key.id, &access_key.secret, identity);
        let app = Arc::new(App {
            options,
            clock,
            base_url,
            secrets,
            tenancy,
            tokens: Tokens::default(),
            keys,
            metadata_sessions: MetadataSessions::default(),
            access_key,
            seen: SeenLog::default(),
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

    /// The base URL of all roles, such as `http://127.0.0.1:41234`, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.app.base_url.clone()
    }

    /// The id of the main project.
    #[must_use]
    pub fn project_id(&self) -> &str {
        &self.app.tenancy.project.id
    }

    /// The region, which is also the name of the main project: `emulator-1`.
    #[must_use]
    pub fn region(&self) -> &'static str {
        tenancy::REGION
    }

    /// The id of the sub-project, which has at most 100 sessions of its own.
    #[must_use]
    pub fn sub_project_id(&self) -> &str {
        &self.app.tenancy.sub_project.id
    }

    /// The name of the sub-project: `emulator-1_sub`.
    #[must_use]
    pub fn sub_project_name(&self) -> &str {
        &self.app.tenancy.sub_project.name
    }

    /// The name of the only user.
    #[must_use]
    pub fn user_name(&self) -> &str {
        &self.app.tenancy.user.name
    }

    /// The id of the only user.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.app.tenancy.user.id
    }

    /// The user's password. It protects nothing but made-up data on this machine.
    #[must_use]
    pub fn password(&self) -> &str {
        self.app.tenancy.password()
    }

    /// The passcode of the user's second factor, if the user [needs one](EmulatorBuilder::totp_passcode).
    #[must_use]
    pub fn totp_passcode(&self) -> Option<&str> {
        self.app.tenancy.passcode()
    }

    /// The id (AK) of the user's permanent access key. It signs for all projects of the user's account.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.app.access_key.id
    }

    /// The secret (SK) of the user's permanent access key. It protects nothing but made-up data on this machine.
    #[must_use]
    pub fn secret_access_key(&self) -> &str {
        &self.app.access_key.secret
    }

    /// The name of the account (domain) that the user belongs to.
    #[must_use]
    pub fn domain_name(&self) -> &str {
        &self.app.tenancy.user.account.name
    }

    /// The id of the account (domain) that the user belongs to.
    #[must_use]
    pub fn domain_id(&self) -> &str {
        &self.app.tenancy.user.account.id
    }

    /// The name of the agency that the user may assume.
    #[must_use]
    pub fn agency_name(&self) -> &str {
        &self.app.tenancy.agency.name
    }

    /// The name of the account that delegates by the agency: `emulator-agency-domain`.
    #[must_use]
    pub fn agency_domain_name(&self) -> &str {
        &self.app.tenancy.agency.account.name
    }

    /// The id of the account that delegates by the agency.
    #[must_use]
    pub fn agency_domain_id(&self) -> &str {
        &self.app.tenancy.agency.account.id
    }

    /// The id of the delegating account's project. It is named like the region and has at most 100 sessions of its
    /// own.
    #[must_use]
    pub fn agency_project_id(&self) -> &str {
        &self.app.tenancy.agency_project.id
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

    /// Makes every temporary access key that was issued so far unknown, those of the instance metadata too. The user's
    /// permanent key stays.
    pub fn revoke_keys(&self) {
        self.app.keys.revoke_temporary();
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
