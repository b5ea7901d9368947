//! `session-export emulator` as a process of its own.

use std::process::Command;

use serde_json::Value;

use super::{Done, Running, program, until};

pub(crate) struct Emulator {
    pub(crate) process: Running,
    /// The line that it printed.
    pub(crate) line: Value,
}

impl Emulator {
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut command = program(&["emulator", "--json", "--listen", "127.0.0.1:0"]);
        command.args(args);
        let process = Running::start(command);
        let line = until("the emulator's line", || {
            let out = process.stdout();
            out.ends_with('\n').then_some(out)
        });
        let line = serde_json::from_str(&line).unwrap();
        Self { process, line }
    }

    #[track_caller]
    pub(crate) fn says(&self, key: &str) -> &str {
        self.line[key].as_str().unwrap()
    }

    /// A command against it: endpoints and project by flags, the credentials by environment.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.command_without_project(args);
        command.args(["--project-id", self.says("project_id")]);
        command
    }

    pub(crate) fn command_without_project(&self, args: &[&str]) -> Command {
        let mut command = program(args);
        for (flag, key) in [
            ("--endpoint", "endpoint"),
            ("--export-endpoint", "export_endpoint"),
            ("--iam-endpoint", "iam_endpoint"),
        ] {
            command.args([flag, self.says(key)]);
        }
        for (variable, key) in [
            ("HW_USER_NAME", "user_name"),
            ("HW_USER_PASSWORD", "password"),
            ("HW_DOMAIN_NAME", "domain_name"),
        ] {
            command.env(variable, self.says(key));
        }
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Done {
        Running::start(self.command(args)).finish()
    }

    /// Submits an export of a week and gives the task's id.
    pub(crate) fn submit(&self) -> String {
        let done = self.run(&["submit", "--json", "--last", "7d"]).expect(0);
        done.json()["task_id"].as_str().unwrap().to_owned()
    }
}
