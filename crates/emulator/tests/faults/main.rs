//! Faults over real loopback sockets, seen by a client that looks at bytes and at how a connection ends.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "helpers of tests fail a test by panicking, and wait for sockets in real time"
)]

mod admin;
mod calls;
mod journal;
mod scripts;
mod socket;
mod stage;
mod table;
mod tasks;
mod wire;
