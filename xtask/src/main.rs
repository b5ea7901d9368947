//! Checks of this repository that cargo has no word for.
//!
//! `cargo run -p xtask -- walls` checks who depends on whom, `cargo run -p xtask -- documents` that the pages in `docs/` say
//! what the code says, `cargo run -p xtask -- public-api` that the public items are those that are recorded.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for a terminal"
)]

mod cargo;
mod documents;
mod public_api;
mod sources;
mod walls;

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = public_api::as_rustdoc() {
        return code;
    }
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["walls"] => walls(),
        ["documents"] => documents(false),
        ["documents", "--write"] => documents(true),
        ["public-api"] => public_api(false),
        ["public-api", "--write"] => public_api(true),
        _ => {
            eprintln!("usage: cargo run -p xtask -- walls | documents [--write] | public-api [--write]");
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

fn documents(write: bool) -> ExitCode {
    match documents::check(write) {
        Ok(outcome) if outcome.differences.is_empty() => {
            let done = if write { "written" } else { "as the code is" };
            println!("{} parts of the documents are {done}", outcome.compared);
            ExitCode::SUCCESS
        }
        Ok(outcome) => {
            for difference in &outcome.differences {
                eprintln!("{difference}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("the documents could not be checked: {error}");
            ExitCode::FAILURE
        }
    }
}

fn public_api(write: bool) -> ExitCode {
    match public_api::check(write) {
        Ok(outcome) => {
            for difference in &outcome.differences {
                eprintln!("{difference}");
            }
            if !outcome.differences.is_empty() {
                return ExitCode::FAILURE;
            }
            for done in &outcome.done {
                println!("{done}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("the public items could not be checked: {error}");
            ExitCode::FAILURE
        }
    }
}
