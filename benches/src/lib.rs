//! What the libraries cost, against the floor under them: the same calls made with the HTTP stacks alone.
//!
//! `docs/performance.md` says how to read the table that the program `perf` of this crate prints.

#![allow(
    clippy::disallowed_methods,
    reason = "a private crate that measures time and drives connections by itself"
)]

pub mod cases;
pub mod floor;
pub mod hashes;
pub mod ours;
pub mod runs;
pub mod server;
pub mod usage;
pub mod wire;

/// Whatever ends a run of a benchmark program.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
