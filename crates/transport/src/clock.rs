//! The only door through which the libraries see time.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

/// A pause that ends by itself; dropping it is the way to give it up.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells the time and waits.
///
/// The libraries read no clock and set no timer but through this trait, so that an embedder can bring the timer of
/// its own runtime, and a test can let an hour pass in no time.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The wall clock, for what other machines are told or tell: signatures, expiry, the age of a task.
    fn now(&self) -> DateTime<Utc>;

    /// Time since an arbitrary but fixed moment. It never goes back; every limit and delay is measured on it.
    fn monotonic(&self) -> Duration;

    /// Completes once `duration` has passed on the monotonic clock.
    fn sleep(&self, duration: Duration) -> Sleep;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> DateTime<Utc> {
        (**self).now()
    }

    fn monotonic(&self) -> Duration {
        (**self).monotonic()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        (**self).sleep(duration)
    }
}
