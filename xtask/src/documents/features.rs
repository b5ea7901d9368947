//! The features of the crates, with what their manifests say about them.

use std::fs;

use crate::cargo::{Metadata, Package};
use crate::walls;

pub(super) fn table(metadata: &Metadata) -> Result<String, String> {
    let mut text = "| crate | feature | on by default | what it adds |\n|---|---|---|---|\n".to_owned();
    for name in walls::layered() {
        let Some(package) = metadata.package(name) else {
            continue;
        };
        let manifest = fs::read_to_string(&package.manifest_path)
            .map_err(|error| format!("{}: {error}", package.manifest_path))?;
        for feature in package.features.keys().filter(|feature| *feature != "default") {
            let about = about(&manifest, feature).ok_or_else(|| {
                format!(
                    "{}: the feature `{feature}` has no line `## …` above it",
                    package.manifest_path
                )
            })?;
            let default = if is_default(package, feature) { "yes" } else { "no" };
            text.push_str(&format!("| `{name}` | `{feature}` | {default} | {about} |\n"));
        }
    }
    Ok(text)
}

fn is_default(package: &Package, feature: &str) -> bool {
    let default = package.features.get("default");
    default.is_some_and(|default| default.iter().any(|name| name == feature))
}

/// The lines `## …` right above a feature.
fn about(manifest: &str, feature: &str) -> Option<String> {
    let lines: Vec<_> = manifest.lines().collect();
    let is_it = |line: &&str| {
        let name = line.split('=').next().unwrap_or_default().trim();
        line.contains('=') && name.trim_matches('"') == feature
    };
    let features = lines.iter().position(|line| line.trim() == "[features]")?;
    let at = features + lines[features..].iter().position(is_it)?;
    let comments = lines[..at]
        .iter()
        .rev()
        .map_while(|line| line.strip_prefix("## "));
    let mut comments: Vec<_> = comments.collect();
    comments.reverse();
    (!comments.is_empty()).then(|| comments.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comment_above_a_feature_is_what_it_adds() {
        let manifest = "[features]\n## One\n## and two.\na = []\nb = []\n[dependencies]\n## No.\nc = 1\n";
        assert_eq!(about(manifest, "a").unwrap(), "One and two.");
        assert_eq!(about(manifest, "b"), None);
        assert_eq!(about("", "a"), None);
    }
}
