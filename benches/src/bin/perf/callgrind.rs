//! Instructions and allocations, counted by valgrind's callgrind.
//!
//! A count is the difference of two runs of different length, divided by the calls that the longer one made more: what
//! a program does once, to start and to end, is not in it.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::process::{Command, Stdio};

use session_export_benches::Failure;

use crate::programs;

/// What allocates; `free` gives back.
const ALLOCATORS: [&str; 5] = ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"];

/// What one call takes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    pub(crate) instructions: f64,
    pub(crate) allocations: f64,
}

/// Whether valgrind is there.
pub(crate) fn check() -> Result<(), Failure> {
    let found = Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    match found.is_ok_and(|status| status.success()) {
        true => Ok(()),
        false => Err("valgrind is missing, which counts the instructions: apt-get install valgrind".into()),
    }
}

/// What one call of a program takes, of which the number of calls is the last argument.
pub(crate) fn per_call(program: &str, arguments: &[String], calls: Range<u32>) -> Result<Counts, Failure> {
    let short = count(program, arguments, calls.start)?;
    let long = count(program, arguments, calls.end)?;
    let more = f64::from(calls.end - calls.start);
    Ok(Counts {
        instructions: (long.instructions - short.instructions) / more,
        allocations: (long.allocations - short.allocations) / more,
    })
}

/// What a whole run of a program takes.
pub(crate) fn whole(command: &std::path::Path, arguments: &[String]) -> Result<Counts, Failure> {
    let profile = tempfile::NamedTempFile::new()?;
    let output = Command::new("valgrind")
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", profile.path().display()))
        .arg(command)
        .args(arguments)
        .stdout(Stdio::null())
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{} under valgrind failed: {said}", command.display()).into());
    }
    read(&fs::read_to_string(profile.path())?)
}

fn count(program: &str, arguments: &[String], calls: u32) -> Result<Counts, Failure> {
    let mut arguments = arguments.to_vec();
    arguments.push(calls.to_string());
    whole(&programs::path(program)?, &arguments)
}

/// Reads a profile in callgrind's format, in which a function has its name where it is first mentioned and a number
/// later.
fn read(profile: &str) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    let mut names = HashMap::new();
    let mut callee_allocates = false;
    for line in profile.lines() {
        if let Some(function) = line.strip_prefix("cfn=") {
            callee_allocates = name(function, &mut names).is_some_and(|name| ALLOCATORS.contains(&name));
        } else if let Some(function) = line.strip_prefix("fn=") {
            name(function, &mut names);
        } else if let Some(calls) = line.strip_prefix("calls=") {
            if callee_allocates {
                counts.allocations += calls.split(' ').next().unwrap_or_default().parse::<f64>()?;
            }
        } else if let Some(total) = line.strip_prefix("totals: ") {
            counts.instructions = total.trim().parse()?;
        }
    }
    match counts.instructions > 0.0 {
        true => Ok(counts),
        false => Err("the profile has no line `totals:`".into()),
    }
}

fn name<'a>(function: &'a str, names: &mut HashMap<&'a str, &'a str>) -> Option<&'a str> {
    match function.split_once(' ') {
        Some((number, name)) => {
            names.insert(number, name);
            Some(name)
        }
        None => names.get(function).copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_read_with_its_short_names() {
        let profile = "events: Ir\nfn=(1) main\n16 400\ncfn=(2) malloc\ncalls=3 20 \n16 50\ncfn=(3) free\ncalls=3 20\n\
                       16 30\nfn=(4) more\ncfn=(2)\ncalls=4 20\n17 60\ncfn=(5) realloc\ncalls=1 0\n18 9\ntotals: 549\n";
        let counts = read(profile).unwrap();
        assert_eq!((counts.instructions, counts.allocations), (549.0, 8.0));
        assert!(read("fn=(1) main\n").is_err());
    }
}
