//! The running emulator.

use std::fmt;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::admin::Admin;
use crate::app::{AccessKey, App};
use crate::builder::EmulatorBuilder;
use crate::error::EmulatorError;
use crate::faults::{self, Faults, Line, Wires};
use crate::files::Writers;
use crate::journal::{Log, SeenRequest};
use crate::projects::ProjectAccess;
use crate::random::Secrets;
use crate::state::{self, Kept, Opened, Restored, Store};
use crate::tenancy::{self, Identity, Population, Tenancy};
use crate::throttle::Throttle;
use crate::tickets::Tickets;
use crate::time;
use crate::wire::Front;

/// How long [`Emulator::shutdown`] waits for answers that are being sent.
const GRACE: Duration = Duration::from_secs(5);

/// A running emulator. Dropping it stops it.
///
/// All roles (sessions, export centre, IAM, instance metadata) are served at [`base_url`](Self::base_url).
pub struct Emulator {
    pub(crate) app: Arc<App>,
    pub(crate) admin: Option<Admin>,
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
        let common = state::options(&builder);
        let EmulatorBuilder {
            options,
            sessions,
            seed,
            days,
            rows,
            export_dir,
            state_dir,
            listen,
            clock,
            password,
            access_key,
            passcode,
            projects,
            faults: script,
            admin,
        } = builder;
        let faults = Arc::new(Faults::default());
        faults.set(script).map_err(EmulatorError::Faults)?;
        let clock = faults.shift(clock);
        let failed = |source| EmulatorError::Listen {
            address: listen,
            source,
        };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let base_url = format!("http://{}", listener.local_addr().map_err(failed)?);
        let secrets = Secrets::new()?;
        let today = time::midnight(clock());
        // A million sessions take a second or so, in which the threads of the runtime have other things to do.
        let populating = tokio::task::spawn_blocking(move || {
            let opened = state_dir.as_deref().map(Opened::open).transpose()?;
            let new = Kept::default();
            let (anchor, kept) = match &opened {
                Some(opened) => {
                    opened.compare(&common)?;
                    (opened.anchor().unwrap_or(today), &opened.kept)
                }
                None => (today, &new),
            };
            let (kept_password, kept_key) = kept.credentials(tenancy::USER_ID).unzip();
            let population = Population {
                seed,
                sessions,
                days,
                rows,
                anchor,
                password: password.or(kept_password).unwrap_or_else(|| secrets.password()),
                access_key: access_key
                    .or(kept_key)
                    .unwrap_or_else(|| AccessKey::random(&secrets)),
                passcode,
            };
            let mut tenancy = Tenancy::populate(&options, population)?;
            for project in projects {
                tenancy.add(project, anchor, &secrets, kept)?;
            }
            let (store, kept) = match opened {
                Some(opened) => opened.begin(common, anchor, &tenancy)?,
                None => (Store::default(), new),
            };
            let restored = Restored::new(&kept, &store, &tenancy);
            Ok((options, secrets, tenancy, store, restored))
        });
        // Only a runtime that ends breaks it off.
        let (options, secrets, tenancy, store, restored) =
            populating.await.map_err(|_| EmulatorError::NoRuntime)??;
        let Restored {
            tokens,
            keys,
            metadata_sessions,
            unfinished,
        } = restored;
        for user in tenancy.users() {
            let identity = Identity {
                user: Arc::clone(user),
                agency: None,
            };
            keys.add_permanent(&user.access_key().id, &user.access_key().secret, identity);
        }
        let directory = store.exports().map(Path::to_owned).or(export_dir);
        let writers = Arc::new(Writers::new(directory, Arc::clone(&clock)));
        let app = Arc::new(App {
            options,
            clock,
            base_url,
            secrets,
            store,
            tenancy,
            tokens,
            keys,
            metadata_sessions,
            tickets: Tickets::default(),
            throttle: Throttle::default(),
            writers,
            faults,
            journal: Log::default(),
        });

        let admin = match admin {
            Some(address) => Some(Admin::start(address, Arc::clone(&app), &runtime).await?),
            None => None,
        };
        let listener = Front {
            listener: Wires(listener),
            app: Arc::clone(&app),
        };
        let router = Router::new()
            .fallback(faults::answer)
            .with_state(Arc::clone(&app))
            .into_make_service_with_connect_info::<Line>();
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
        // Nothing that can fail comes after it: a writer holds the directory of the state.
        for (project, task) in &unfinished {
            app.writers.submit(project, task);
        }
        Ok(Self {
            app,
            admin,
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

    /// The name of the main user.
    #[must_use]
    pub fn user_name(&self) -> &str {
        &self.app.tenancy.user.name
    }

    /// The id of the main user.
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
        &self.app.tenancy.user.access_key().id
    }

    /// The secret (SK) of the user's permanent access key. It protects nothing but made-up data on this machine.
    #[must_use]
    pub fn secret_access_key(&self) -> &str {
        &self.app.tenancy.user.access_key().secret
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

    /// How to get into each project: the main one, the sub-project, the delegating account's, and those of
    /// [`EmulatorBuilder::project`] in their order.
    #[must_use]
    pub fn projects(&self) -> Vec<ProjectAccess> {
        self.app.tenancy.described().collect()
    }

    /// How to get into the project with that id, or else the first one with that name.
    #[must_use]
    pub fn project(&self, id_or_name: &str) -> Option<ProjectAccess> {
        let mut projects = self.projects();
        let found = projects
            .iter()
            .position(|project| project.id == id_or_name)
            .or_else(|| projects.iter().position(|project| project.name == id_or_name));
        found.map(|index| projects.swap_remove(index))
    }

    /// The requests that arrived, oldest first; at most the last 10,000.
    #[must_use]
    pub fn requests_seen(&self) -> Vec<SeenRequest> {
        self.app.journal.seen()
    }

    /// Makes every token that was issued so far invalid: the next use of one is answered with 401.
    pub fn revoke_tokens(&self) {
        self.app.tokens.revoke(&self.app.store);
    }

    /// Makes every temporary access key that was issued so far unknown, those of the instance metadata too. The user's
    /// permanent key stays.
    pub fn revoke_keys(&self) {
        self.app.keys.revoke_temporary(&self.app.store);
    }

    /// Why something could not be written to the [directory of the state](EmulatorBuilder::state_dir), the last time:
    /// the disk may be full. What clients ask for is then refused with 500, so that they do not rely on it; a download
    /// that counts, a fault that decides about a task, and a revocation are only lost with the emulator.
    #[must_use]
    pub fn state_failure(&self) -> Option<String> {
        self.app.store.failure()
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
    /// A connection that is still busy then ends when its client lets go of it. In the end the
    /// [state](EmulatorBuilder::state_dir) is brought to the disk, and another emulator may have its directory.
    ///
    /// # Cancel safety
    /// Dropping the future does not take the stop back; only the waiting ends.
    pub async fn shutdown(mut self) {
        drop(self.stop.take());
        self.app.faults.stop();
        if tokio::time::timeout(GRACE, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Exports that are being written end.
        self.app.writers.stop();
        // The next emulator may have the directory, whoever still holds a part of this one.
        self.app.store.close();
        // Pauses of faults end.
        self.app.faults.stop();
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
