//! Rustdoc's JSON of the crates that are published.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use rustdoc_types::{Crate, FORMAT_VERSION};
use serde::Deserialize;

use crate::cargo::{self, Metadata};

/// Set for the `rustdoc` that cargo starts, which is this program: the path of the real one.
const RUSTDOC: &str = "XTASK_RUSTDOC";

/// The documentation of each published library, by the name of its crate (with `_`).
pub(super) type Docs = BTreeMap<String, Crate>;

/// Documents the workspace once, as `just doc` does, but as JSON.
pub(super) fn build(metadata: &Metadata) -> Result<Docs, String> {
    let program = env::current_exe().map_err(|error| format!("the path of this program: {error}"))?;
    let cargo = cargo::program();
    let real = env_var("RUSTDOC").unwrap_or_else(|| beside(&cargo));
    // JSON is unstable. The compiler's switch for that is set for `rustdoc` only: build scripts look at it too, and would
    // rebuild half of the dependencies in another way.
    let arguments = [
        "doc",
        "--quiet",
        "--workspace",
        "--lib",
        "--all-features",
        "--no-deps",
    ];
    let output = Command::new(&cargo)
        .args(arguments)
        .env("RUSTDOC", program)
        .env(RUSTDOC, real)
        .env("RUSTDOCFLAGS", "-Z unstable-options --output-format json")
        .env_remove("CARGO_ENCODED_RUSTDOCFLAGS")
        .output()
        .map_err(|error| format!("cargo {}: {error}", arguments.join(" ")))?;
    if !output.status.success() {
        return Err(format!(
            "cargo {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        ));
    }
    let directory = Path::new(&metadata.target_directory).join("doc");
    metadata
        .published_libraries()
        .map(|package| {
            let name = package.name.replace('-', "_");
            let docs = read(&directory.join(format!("{name}.json")))?;
            Ok((name, docs))
        })
        .collect()
}

/// What this program does when cargo takes it for `rustdoc`, if it does.
pub(crate) fn as_rustdoc() -> Option<ExitCode> {
    let real = env_var(RUSTDOC)?;
    let status = Command::new(&real)
        .args(env::args_os().skip(1))
        .env("RUSTC_BOOTSTRAP", "1")
        .status();
    Some(match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

#[allow(clippy::disallowed_methods, reason = "a program may read its environment")]
fn env_var(name: &str) -> Option<OsString> {
    env::var_os(name)
}

/// The `rustdoc` of the same toolchain as this cargo.
fn beside(cargo: &OsString) -> OsString {
    let name = format!("rustdoc{}", env::consts::EXE_SUFFIX);
    let path: PathBuf = Path::new(cargo).with_file_name(name);
    path.into_os_string()
}

fn read(path: &Path) -> Result<Crate, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    parse(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Looks at the version first: another format may not even parse.
fn parse(text: &str) -> Result<Crate, String> {
    #[derive(Deserialize)]
    struct Format {
        format_version: u32,
    }
    let Format { format_version } = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if format_version != FORMAT_VERSION {
        return Err(format!(
            "this toolchain writes version {format_version} of rustdoc's JSON, and this program reads {FORMAT_VERSION}: use the \
             toolchain that CONTRIBUTING.md names, or set `rustdoc-types` in Cargo.toml to \"0.{format_version}\""
        ));
    }
    serde_json::from_str(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_format_is_named_with_what_to_do() {
        let error = parse(r#"{"root": 0, "format_version": 3, "index": "something else"}"#).unwrap_err();
        assert!(
            error.contains("version 3") && error.contains("rustdoc-types` in Cargo.toml to \"0.3\""),
            "{error}"
        );
        assert!(parse("").is_err());
    }
}
