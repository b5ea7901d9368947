//! Why an emulator did not start.

use std::io;
use std::net::SocketAddr;

/// The reasons for which [`EmulatorBuilder::start`](crate::EmulatorBuilder::start) gives up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmulatorError {
    /// The address to listen on is not a loopback address: the emulator is no server for a network.
    #[error("the emulator listens on loopback addresses only, not on {0}")]
    NotLoopback(SocketAddr),

    /// An option of the builder has a value outside its bounds.
    #[error("{option} must be {allowed}")]
    InvalidOption {
        /// The builder's method that set the value.
        option: &'static str,
        /// What it accepts.
        allowed: &'static str,
    },

    /// The address could not be bound, for example because its port is in use.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system answered.
        source: io::Error,
    },

    /// The operating system gave no random bytes for the password and the tokens.
    #[error("no random bytes from the operating system: {0}")]
    Random(String),

    /// `start` was awaited outside a tokio runtime.
    #[error("the emulator needs a tokio runtime to run in")]
    NoRuntime,
}
