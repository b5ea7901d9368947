//! The life of an export: submitted, waited for, ready.

mod in_flight;
mod ready;
mod submit;
mod task;
mod wait;
mod watch;

pub(crate) use in_flight::{ExportsInFlight, InFlight};
pub use ready::ReadyExport;
pub use submit::Export;
pub use task::{ExportTask, TaskState};
pub use wait::WaitPolicy;
pub use watch::{WaitEvent, Watch};
