//! The emulator over real loopback sockets, seen through a client that only knows HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "helpers of tests fail a test by panicking, and wait for sockets in real time"
)]

mod agencies;
mod centre;
mod choices;
mod export;
mod http;
mod iam;
mod keys;
mod large;
mod lifecycle;
mod list;
mod locks;
mod metadata;
mod projects;
mod protocol;
mod rig;
mod select;
mod sign;
mod signatures;
mod state;
mod tenants;
mod tokens;
