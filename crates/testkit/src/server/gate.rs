//! Order between a script and a test.

use tokio::sync::watch;

/// Closed at first; once opened it stays open. Clones are the same gate.
#[derive(Clone, Debug)]
pub struct Gate {
    state: watch::Sender<bool>,
}

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        Self {
            state: watch::Sender::new(false),
        }
    }

    /// Lets everybody through, now and later.
    pub fn open(&self) {
        self.state.send_replace(true);
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        *self.state.borrow()
    }

    /// Waits until it is open.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn passed(&self) {
        // Fails only when every sender is gone, and this is one.
        let _ = self.state.subscribe().wait_for(|open| *open).await;
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}
