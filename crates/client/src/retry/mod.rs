//! When a call is made again, after which pause, and when all calls are held back.

mod attempts;
mod budget;
mod classify;
mod cool_down;
mod pauses;
mod policy;

pub(crate) use attempts::{Attempts, Failed, Tries};
pub(crate) use budget::Budget;
pub(crate) use cool_down::{CoolDown, Place};
pub(crate) use pauses::{Pauses, seed_of};
pub use policy::RetryPolicy;
