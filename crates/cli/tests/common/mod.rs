//! The program as a child process, and what it talks to.
//!
//! Nothing waits for time to pass: everything that can get stuck is looked at again and again, up to a limit that no
//! test comes near.

#![allow(dead_code, reason = "every test file uses its own part")]
#![allow(
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests of a program have an environment, threads and a clock"
)]

pub(crate) mod doctor;
pub(crate) mod emulator;
pub(crate) mod help;
pub(crate) mod schema;
pub(crate) mod server;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::{NamedTempFile, TempDir};

/// Longer than anything here takes, even on a machine that is busy with something else.
pub(crate) const STUCK: Duration = Duration::from_secs(90);

/// The program, with an environment that holds nothing which could change what it does.
pub(crate) fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_session-export"));
    command.env_clear().args(args).stdin(Stdio::null());
    // CI runs these tests once over each bundled transport. A case that names its own keeps it.
    if let Ok(transport) = std::env::var("SESSION_EXPORT_TEST_TRANSPORT") {
        command.env("SESSION_EXPORT_TRANSPORT", transport);
    }
    for name in ["PATH", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    // Nobody's own credentials or settings, and no request to where a cloud server's would be. With no XDG_CONFIG_HOME the
    // configuration file is looked for below the home directory too.
    command
        .env("HOME", "/nonexistent")
        .env("SESSION_EXPORT_METADATA_ENDPOINT", "off");
    command
}

/// Runs the program to its end.
pub(crate) fn run(args: &[&str]) -> Done {
    Running::start(program(args)).finish()
}

/// Looks again and again until there is something.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < STUCK, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a process stands in a call on standard output (1) or standard error (2). Where the kernel does not tell, the call
/// has had its time.
#[cfg(target_os = "linux")]
pub(crate) fn blocked_in_a_write(id: u32, descriptor: u32) -> bool {
    match std::fs::read_to_string(format!("/proc/{id}/syscall")) {
        Ok(call) => call.split(' ').nth(1) == Some(&format!("{descriptor:#x}")),
        Err(_) => {
            std::thread::sleep(Duration::from_millis(200));
            true
        }
    }
}

/// A child whose output can be looked at while it runs.
pub(crate) struct Running {
    child: Child,
    stdout: NamedTempFile,
    stderr: NamedTempFile,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let (stdout, stderr) = (NamedTempFile::new().unwrap(), NamedTempFile::new().unwrap());
        let child = command
            .stdout(stdout.reopen().unwrap())
            .stderr(stderr.reopen().unwrap())
            .spawn()
            .unwrap();
        Self {
            child,
            stdout,
            stderr,
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn stdout(&self) -> String {
        text(self.stdout.path())
    }

    pub(crate) fn stderr(&self) -> String {
        text(self.stderr.path())
    }

    /// Waits until standard error holds a text.
    pub(crate) fn until_stderr_has(&mut self, wanted: &str) {
        until(wanted, || {
            let stderr = self.stderr();
            let found = stderr.contains(wanted);
            let ended = self.child.try_wait().unwrap();
            assert!(
                found || ended.is_none(),
                "ended with {ended:?} before {wanted:?}: {stderr}"
            );
            found.then_some(())
        });
    }

    /// Sends a signal, as a terminal or a supervisor does.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([format!("-{name}"), self.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    pub(crate) fn finish(mut self) -> Done {
        let status = until("the program's end", || self.child.try_wait().unwrap());
        Done {
            code: status.code(),
            stdout: std::fs::read(self.stdout.path()).unwrap(),
            stderr: self.stderr(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(path: &Path) -> String {
    let mut bytes = Vec::new();
    File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What a program left behind. `code` is none when a signal ended it.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Done {
    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout: {}\nstderr: {}",
            self.out(),
            self.stderr
        );
        self
    }

    /// The one document on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let out = self.out();
        assert_eq!(out.matches('\n').count(), 1, "one line: {out:?}");
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out:?}"))
    }

    /// The inside of the error document, which has exactly the promised keys. A task that is left behind is beside it,
    /// and standard error names it too.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        let document = self.json();
        assert_eq!(document["schema"], "session-export/error/v1");
        let known = keys(&document);
        let unknown = known
            .iter()
            .find(|key| !["error", "task_id", "reconciliation", "schema"].contains(key));
        assert_eq!(unknown, None, "{document}");
        if let Some(id) = document.get("task_id") {
            let hint = format!("task {} goes on", id.as_str().unwrap());
            assert!(self.stderr.contains(&hint), "{hint}: {}", self.stderr);
        } else {
            assert!(!self.stderr.contains("goes on without"), "{}", self.stderr);
        }
        let error = document["error"].clone();
        assert_eq!(keys(&error), ["code", "kind", "message", "request_id", "status"]);
        assert!(
            self.stderr
                .contains(&format!("error: {}", first_clause(&error["message"]))),
            "standard error says it too: {}",
            self.stderr
        );
        error
    }
}

/// Standard error puts the details of a message on lines of their own.
fn first_clause(message: &Value) -> &str {
    let message = message.as_str().unwrap();
    message.split(": ").next().unwrap()
}

/// The keys of an object, sorted.
#[track_caller]
pub(crate) fn keys(document: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = document
        .as_object()
        .unwrap_or_else(|| panic!("no object: {document}"))
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

pub(crate) fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The names of everything in a directory, hidden files included.
pub(crate) fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

/// The begin and the end that a command said it used.
#[track_caller]
pub(crate) fn window(stderr: &str) -> (String, String) {
    let line = stderr
        .lines()
        .find_map(|line| line.strip_prefix("window: --begin "))
        .unwrap_or_else(|| panic!("no window: {stderr}"));
    let (begin, end) = line.split_once(" --end ").unwrap();
    (begin.to_owned(), end.to_owned())
}
