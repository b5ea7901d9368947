//! Measures and prints: `perf` everything, `perf budgets` only what has a budget, and fails where one is exceeded.

mod budgets;
mod callgrind;
mod comparisons;
mod counts;
mod programs;

use std::io::{Write, stdout};
use std::process::ExitCode;

use session_export_benches::Failure;

use crate::budgets::Budgets;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            // Nobody is left to tell where even this fails.
            let _ = writeln!(std::io::stderr(), "perf: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every budget is kept.
fn run() -> Result<bool, Failure> {
    let out = &mut stdout().lock();
    callgrind::check()?;
    let everything = match std::env::args().nth(1).as_deref() {
        None => true,
        Some("budgets") => false,
        Some(other) => {
            return Err(format!("{other:?} is nothing to measure; give budgets, or nothing").into());
        }
    };
    let budgets = Budgets::read()?;
    let measured = counts::count_all(out)?;
    let mut kept = true;
    writeln!(out)?;
    for call in &measured {
        for excess in budgets.check(call)? {
            kept = false;
            writeln!(out, "{excess}")?;
        }
    }
    if kept {
        writeln!(out, "Every budget of benches/budgets.toml is kept.")?;
    }
    if everything {
        comparisons::print_all(out)?;
    }
    Ok(kept)
}
