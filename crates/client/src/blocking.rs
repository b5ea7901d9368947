//! For programs without an asynchronous runtime.

use std::fmt;
use std::future::Future;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::Error;

/// Runs the asynchronous functions of this library on the calling thread, for programs that have no runtime.
///
/// It has no copy of the interface: whatever returns a future is passed to [`run`](Self::run), one call at a time or several
/// in an `async` block.
///
/// ```no_run
/// use session_export::{Blocking, Client, SessionFilter, WaitPolicy};
///
/// # fn example(client: Client, filter: SessionFilter) -> Result<(), session_export::Error> {
/// let blocking = Blocking::new()?;
/// let task = blocking.run(client.export_sessions(filter).submit())?;
/// let ready = blocking.run(task.wait(WaitPolicy::default()))?;
/// let file = blocking.run(ready.download().to_path("sessions.xlsx"))?;
/// println!("{} bytes in {}", file.bytes, file.path.display());
/// # Ok(())
/// # }
/// ```
///
/// # Threads
///
/// It starts none: timers and connections make progress only while `run` is on the stack. A bundled transport looks up
/// names on a thread that tokio starts for it. Use one `Blocking` for all calls of a client, because kept connections belong
/// to it; several threads may call `run` at the same time.
pub struct Blocking {
    /// Taken only when it is dropped.
    runtime: Option<Runtime>,
}

impl Blocking {
    /// Makes a tokio runtime for the calling thread.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when the system has no more file descriptors for
    /// it.
    pub fn new() -> Result<Self, Error> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(|error| Error::configuration(format!("no runtime could be made: {error}")))?;
        Ok(Self {
            runtime: Some(runtime),
        })
    }

    /// Runs a future to its end, and gives its outcome. Its error is this library's, or anything that this library's can
    /// become, such as `Box<dyn std::error::Error>`.
    ///
    /// # Errors
    ///
    /// The future's own; and [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), without having begun with the
    /// future, on a thread that belongs to a tokio runtime: it would hold up everybody else there, so call the
    /// asynchronous function itself. The threads of `spawn_blocking` count, too; there, `Handle::block_on` is the way.
    pub fn run<T, E: From<Error>>(&self, future: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        if Handle::try_current().is_ok() {
            let problem =
                "`Blocking::run` was called in an asynchronous runtime: await the future there instead";
            return Err(Error::configuration(problem).into());
        }
        match &self.runtime {
            Some(runtime) => runtime.block_on(future),
            None => Err(Error::configuration("the runtime is gone").into()),
        }
    }
}

impl Drop for Blocking {
    /// A runtime that is dropped within another one panics, and one that waits for a look-up of a name holds up its owner.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Blocking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking").finish_non_exhaustive()
    }
}
