//! One client, and so one pool, per Tokio runtime.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use session_export_transport::{TransportError, TransportErrorKind};
use tokio::runtime::{Handle, Id};

use crate::{BuildTransportError, refused};

/// Hands out the client of the runtime that asks.
///
/// A pooled connection is driven by the runtime that opened it. Used from another one it would hang whenever its own
/// runtime is not running, so a client, with its pool, belongs to one runtime. Only the latest is kept: nobody says
/// when a runtime is gone.
pub struct PerRuntime<C> {
    latest: Mutex<Option<(Id, C)>>,
}

/// Why a transport over Tokio cannot be used where it was.
#[derive(Debug, thiserror::Error)]
#[error("not called from within a Tokio runtime, which this transport needs")]
struct NoRuntime;

impl<C: Clone> PerRuntime<C> {
    /// Nothing is built yet.
    pub fn new() -> Self {
        Self {
            latest: Mutex::new(None),
        }
    }

    /// The client of this runtime, built if another runtime had the last one.
    ///
    /// # Errors
    ///
    /// Nothing is sent in either case: kind `Unsupported` outside a runtime, `Other` when `build` fails.
    pub fn client(
        &self,
        build: impl FnOnce() -> Result<C, BuildTransportError>,
    ) -> Result<C, TransportError> {
        let runtime = Handle::try_current()
            .map_err(|_| refused(TransportErrorKind::Unsupported, NoRuntime))?
            .id();
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((id, client)) = &*latest
            && *id == runtime
        {
            return Ok(client.clone());
        }
        let client = build().map_err(|why| refused(TransportErrorKind::Other, why))?;
        *latest = Some((runtime, client.clone()));
        Ok(client)
    }
}

impl<C: Clone> Default for PerRuntime<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C> fmt::Debug for PerRuntime<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PerRuntime(..)")
    }
}
