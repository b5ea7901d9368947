//! Why an emulator did not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

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

    /// There is no choice of this name.
    #[error("there is no choice {name:?}; there are {known}")]
    UnknownChoice {
        /// The name that was given.
        name: String,
        /// Every name, separated by commas.
        known: String,
    },

    /// A choice has no such value.
    #[error("{name} cannot be {value:?}; it can be {allowed}")]
    InvalidChoice {
        /// The choice.
        name: &'static str,
        /// The value that was given.
        value: String,
        /// Every value, separated by commas; a word in capitals stands for a number.
        allowed: String,
    },

    /// The fault script breaks a rule.
    #[error(transparent)]
    Faults(crate::FaultScriptError),

    /// The address could not be bound, for example because its port is in use.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system answered.
        source: io::Error,
    },

    /// One of the user's own sessions is not as it should be.
    #[error("{name}: line {line}: {fault}")]
    Rows {
        /// The file, or the name that was given for it.
        name: String,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong, after the name of the field if it is about one.
        fault: String,
    },

    /// The user's own sessions could not be read.
    #[error("cannot read {name}")]
    ReadRows {
        /// The file, or the name that was given for it.
        name: String,
        /// What the operating system answered.
        source: io::Error,
    },

    /// The directory of the state, or a file in it, cannot be read or written.
    #[error("cannot keep the state in {}", path.display())]
    State {
        /// The directory or the file.
        path: PathBuf,
        /// What the operating system answered.
        source: io::Error,
    },

    /// Another emulator, of this process or another one, uses the directory of the state.
    #[error("another emulator keeps its state in {}", path.display())]
    StateInUse {
        /// The directory.
        path: PathBuf,
    },

    /// The state was written by another version of the emulator.
    #[error("{}: the state has version {found}, and this emulator reads versions up to {known}", path.display())]
    StateVersion {
        /// The log.
        path: PathBuf,
        /// The version in the log.
        found: u64,
        /// The version that can be read.
        known: u64,
    },

    /// A line of the log, other than a last one that was cut off, is not what an emulator writes.
    #[error("{}: line {line} is damaged: {fault}", path.display())]
    StateDamaged {
        /// The log.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        fault: String,
    },

    /// The state belongs to an emulator with other options.
    #[error("{}: the state belongs to an emulator with another {option}: {kept}, not {given}", path.display())]
    StateOption {
        /// The log.
        path: PathBuf,
        /// The option.
        option: String,
        /// Its value in the log.
        kept: String,
        /// Its value now.
        given: String,
    },

    /// The operating system gave no random bytes for the password and the tokens.
    #[error("no random bytes from the operating system: {0}")]
    Random(String),

    /// `start` was awaited outside a tokio runtime.
    #[error("the emulator needs a tokio runtime to run in")]
    NoRuntime,
}
