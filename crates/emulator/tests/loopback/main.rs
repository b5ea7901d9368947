//! The emulator over real loopback sockets, seen through a client that only knows HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "helpers of tests fail a test by panicking, and wait for sockets in real time"
)]

mod centre;
mod export;
mod http;
mod iam;
mod lifecycle;
mod list;
mod protocol;
mod rig;
