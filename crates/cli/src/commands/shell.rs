//! `completions` and `man`: what a shell and a packager need.

use std::io::Write;

use clap_complete::Shell;
use serde_json::json;

use super::Context;
use crate::args::{self, CompletionsArgs, ManArgs};
use crate::failure::Failure;
use crate::shown::shown;

pub(super) async fn completions(context: &Context<'_>, args: CompletionsArgs) -> Result<(), Failure> {
    if context.json {
        return Err(Failure::usage(
            "a script for a shell is no JSON document; leave --json out",
        ));
    }
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut args::command(), "session-export", &mut script);
    if args.shell == Shell::Bash {
        script = with_one_name(&script);
    }
    context
        .print(Failure::output, move |out| out.write_all(&script))
        .await
}

/// clap_complete 4.6 calls a program with a hyphen by two names in its script for bash, which then completes no flag of any
/// command. The test with bash tells when this is no longer needed.
fn with_one_name(script: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(script)
        .replace("session__subcmd__export", "session__export")
        .into_bytes()
}

/// A page for the program and one for each command, as `man` finds them.
pub(super) async fn man(context: &Context<'_>, args: ManArgs) -> Result<(), Failure> {
    let directory = &args.directory;
    let failed = |error| Failure::io(&format!("write into {}", shown(directory)), &error);
    std::fs::create_dir_all(directory).map_err(failed)?;
    clap_mangen::generate_to(args::command(), directory).map_err(failed)?;
    context
        .result(
            &json!({"directory": directory.to_string_lossy()}),
            format!("the pages are in {}", shown(directory)),
        )
        .await
}
