//! The programs that are measured: built beside this one, run in processes of their own.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde::Deserialize;
use session_export_benches::Failure;

/// Where a program of this crate is.
pub(crate) fn path(name: &str) -> Result<PathBuf, Failure> {
    let path = std::env::current_exe()?.with_file_name(name);
    match path.exists() {
        true => Ok(path),
        false => Err(format!("{} is missing; `just perf` builds it", path.display()).into()),
    }
}

/// The server in a process of its own, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    pub(crate) base: String,
}

impl Server {
    /// With `hold`, submits are answered in groups of so many.
    pub(crate) fn start(hold: Option<usize>) -> Result<Self, Failure> {
        let mut command = Command::new(path("server")?);
        command.args(hold.map(|hold| hold.to_string()));
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let mut base = String::new();
        let output = process.stdout.take().ok_or("the server has no output")?;
        BufReader::new(output).read_line(&mut base)?;
        let base = base.trim().to_owned();
        Ok(Self { process, base })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a program says about its run.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Spent {
    pub(crate) cpu_us: u64,
    pub(crate) wall_us: u64,
    pub(crate) peak_kib: u64,
}

/// Runs a program that prints what it spent.
pub(crate) fn run(name: &str, arguments: &[String]) -> Result<Spent, Failure> {
    let output = Command::new(path(name)?)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("{name} {} failed", arguments.join(" ")).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
