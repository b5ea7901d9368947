//! Which crate depends on which.

use std::collections::BTreeSet;

use crate::cargo::Metadata;
use crate::walls;

/// The crates from the bottom of the stack to its top, each with what it depends on. Optional edges are marked.
pub(super) fn table(metadata: &Metadata) -> String {
    let mut text = "| crate | depends on | is for |\n|---|---|---|\n".to_owned();
    for name in walls::layered() {
        let Some(package) = metadata.package(name) else {
            continue;
        };
        let edges: BTreeSet<String> = package
            .dependencies
            .iter()
            .filter(|edge| edge.kind.is_none() && metadata.package(&edge.name).is_some())
            .map(|edge| match edge.optional {
                true => format!("{} (feature)", short(&edge.name)),
                false => short(&edge.name).to_owned(),
            })
            .collect();
        let edges = match edges.is_empty() {
            true => "nothing of ours".to_owned(),
            false => edges.into_iter().collect::<Vec<_>>().join(", "),
        };
        let about = package.description.as_deref().unwrap_or_default();
        text.push_str(&format!(
            "| `{name}` | {edges} | {} |\n",
            about.trim_end_matches('.')
        ));
    }
    text
}

/// A name without what all of them begin with.
fn short(name: &str) -> &str {
    name.strip_prefix("session-export-").unwrap_or("the facade")
}
