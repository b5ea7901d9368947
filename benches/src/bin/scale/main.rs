//! What grows: large files, many exports at once, many callers of one cache.
//!
//! - `scale download <ours|floor> <hyper|reqwest> <bytes> <base URL> <directory> [digest]`
//! - `scale waiting <exports>`
//! - `scale tokens <calls> <tasks>`

#![allow(
    clippy::disallowed_methods,
    reason = "a private program that measures time and starts tasks"
)]

mod download;
mod tokens;
mod waiting;

use session_export_benches::Failure;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

/// Counts allocations: instructions are counted in other programs.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["download", side, carrier, bytes, base, directory, rest @ ..] => {
            let digest = rest == ["digest"];
            download::run(
                side,
                carrier.parse()?,
                bytes.parse()?,
                base,
                directory.as_ref(),
                digest,
            )
        }
        ["waiting", exports] => waiting::run(exports.parse()?),
        ["tokens", calls, tasks] => tokens::run(calls.parse()?, tasks.parse()?),
        _ => Err("give download, waiting or tokens, and what the top of scale/main.rs says".into()),
    }
}
