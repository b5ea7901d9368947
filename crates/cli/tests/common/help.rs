//! The program's commands and their examples, read from its own help: a new command is part of every test that walks them.

use super::Running;
use super::program;

/// One example of a command.
#[derive(Clone, Debug)]
pub(crate) struct Example {
    /// The command it stands at; empty for the program itself.
    pub(crate) command: String,
    /// Its line, as a shell takes it.
    pub(crate) line: String,
}

pub(crate) fn help(command: &str) -> String {
    let mut args: Vec<_> = command.split_whitespace().collect();
    args.push("--help");
    let mut command = program(&args);
    // Not as wide as somebody's terminal.
    command.env("COLUMNS", "100");
    Running::start(command).finish().expect(0).out()
}

/// Every command by its words, as in `config show`, without those that only have others below them.
pub(crate) fn commands() -> Vec<String> {
    let mut commands = Vec::new();
    for name in listed("") {
        let below = listed(&name);
        match below.is_empty() {
            true => commands.push(name),
            false => commands.extend(below.iter().map(|below| format!("{name} {below}"))),
        }
    }
    assert!(commands.len() >= 10, "{commands:?}");
    commands
}

/// The commands that have others below them; the program itself has no words.
pub(crate) fn groups() -> Vec<String> {
    let mut groups = listed("");
    groups.retain(|name| !listed(name).is_empty());
    groups.insert(0, String::new());
    groups
}

/// What the help of a command lists as commands below it.
fn listed(command: &str) -> Vec<String> {
    let help = help(command);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = listed
        .take_while(|line| !line.trim().is_empty())
        // A description that goes on in a second line is further to the right.
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// The examples in the help of a command.
pub(crate) fn examples(command: &str) -> Vec<Example> {
    let help = help(command);
    let mut examples: Vec<Example> = Vec::new();
    let mut goes_on = false;
    for line in help.lines().skip_while(|line| *line != "Examples:").skip(1) {
        if line.is_empty() {
            break;
        }
        let text = line.trim();
        let part = text.trim_end_matches('\\').trim_end();
        if goes_on {
            let last = examples.last_mut().expect("the example that goes on");
            last.line.push(' ');
            last.line.push_str(part);
        } else if let Some(first) = part.strip_prefix("$ ") {
            examples.push(Example {
                command: command.to_owned(),
                line: first.to_owned(),
            });
        } else {
            assert!(text.starts_with("# "), "{command}: {line:?} is no example");
        }
        goes_on = text.ends_with('\\');
    }
    examples
}
