//! The clauses for transports, and the suite that runs them.

mod capability;
mod card;
mod clause;
mod clauses;
mod context;
mod environment;
mod setup;
mod suite;

pub use capability::Capability;
pub use card::{Card, Outcome, Row};
pub(crate) use clause::ensure;
pub use clause::{Clause, Finding, Level};
pub use clauses::all as clauses;
pub use context::Context;
pub use setup::Setup;
pub use suite::Suite;

/// Runs every clause against the transports that `make` builds, with every capability declared.
///
/// Short for [`Suite::new`], [`declare_all`](Suite::declare_all) and [`run`](Suite::run).
pub fn run<T, E, M>(make: M) -> !
where
    T: session_export_transport::Transport,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
    M: Fn(&Setup) -> Result<T, E> + Send + Sync + 'static,
{
    Suite::new(std::any::type_name::<T>(), make).declare_all().run()
}
