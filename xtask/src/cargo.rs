//! What cargo knows about the workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::process::Command;

use serde::Deserialize;

/// The part of `cargo metadata --no-deps` that is looked at: the workspace's own packages.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    #[serde(default)]
    pub(crate) target_directory: String,
    #[serde(default)]
    pub(crate) workspace_root: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) manifest_path: String,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
    /// The registries it may go to: `None` for all, none for a private one.
    #[serde(default)]
    pub(crate) publish: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    pub(crate) kind: Vec<String>,
}

impl Package {
    pub(crate) fn is_published(&self) -> bool {
        self.publish
            .as_ref()
            .is_none_or(|registries| !registries.is_empty())
    }

    fn is_library(&self) -> bool {
        self.targets
            .iter()
            .flat_map(|target| &target.kind)
            .any(|kind| kind == "lib")
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None` for a normal one.
    pub(crate) kind: Option<String>,
    /// The version that is wanted; `*` without one.
    #[serde(default)]
    pub(crate) req: String,
    #[serde(default)]
    pub(crate) optional: bool,
    pub(crate) features: Vec<String>,
}

impl Dependency {
    /// A dev-dependency by path only is left out of a package.
    pub(crate) fn is_in_registry(&self) -> bool {
        self.kind.as_deref() != Some("dev") || self.req != "*"
    }
}

impl Metadata {
    pub(crate) fn read() -> Result<Self, String> {
        Self::parse(&run(&["metadata", "--no-deps", "--format-version", "1"])?)
    }

    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|error| format!("cargo metadata: {error}"))
    }

    pub(crate) fn published_libraries(&self) -> impl Iterator<Item = &Package> {
        let is_one = |package: &&Package| package.is_published() && package.is_library();
        self.packages.iter().filter(is_one)
    }

    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }
}

/// The normal dependencies of a package, direct and indirect, and itself: each as `name v1.2.3`.
pub(crate) fn tree(package: &str, options: &[&str]) -> Result<BTreeSet<String>, String> {
    let mut arguments = vec![
        "tree",
        "--package",
        package,
        "--edges",
        "normal",
        "--prefix",
        "none",
    ];
    arguments.extend(options);
    Ok(parse_tree(&run(&arguments)?))
}

/// Drops what follows name and version: paths, `(proc-macro)`, and the `(*)` of a repetition.
pub(crate) fn parse_tree(text: &str) -> BTreeSet<String> {
    text.lines()
        .map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
        .filter(|entry| !entry.is_empty())
        .collect()
}

/// The cargo that runs this program, whatever `PATH` says.
pub(crate) fn program() -> OsString {
    // Set by cargo for what it runs.
    #[allow(clippy::disallowed_methods, reason = "a program may read its environment")]
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn run(arguments: &[&str]) -> Result<String, String> {
    let what = format!("cargo {}", arguments.join(" "));
    let output = Command::new(program())
        .args(arguments)
        .output()
        .map_err(|error| format!("{what}: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "{what}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("{what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_counts_each_version_once() {
        let text =
            "a v1.0.0 (/somewhere)\nb v2.0.0 (proc-macro)\nc v1.0.0\nc v2.0.0\nb v2.0.0 (proc-macro) (*)\n\n";
        let entries: Vec<_> = parse_tree(text).into_iter().collect();
        assert_eq!(entries, ["a v1.0.0", "b v2.0.0", "c v1.0.0", "c v2.0.0"]);
    }
}
