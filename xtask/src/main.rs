//! Checks of this repository that cargo has no word for.
//!
//! `cargo run -p xtask -- walls` checks who depends on whom.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for a terminal"
)]

mod cargo;
mod walls;

use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("walls") => walls(),
        _ => {
            eprintln!("usage: cargo run -p xtask -- walls");
            ExitCode::from(2)
        }
    }
}

fn walls() -> ExitCode {
    match walls::check() {
        Ok(walls) => {
            for wall in &walls {
                println!("{wall}");
            }
            if walls.iter().all(walls::Wall::stands) {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("the walls could not be checked: {error}");
            ExitCode::FAILURE
        }
    }
}
