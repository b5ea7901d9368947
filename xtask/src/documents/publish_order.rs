//! In which order crates are published.

use crate::cargo::{Metadata, Package};

/// Each after those that it needs in the registry: optional and build dependencies too, and the dev-dependencies that have a version.
pub(super) fn list(metadata: &Metadata) -> Result<String, String> {
    let mut left: Vec<&Package> = metadata
        .packages
        .iter()
        .filter(|package| package.is_published())
        .collect();
    left.sort_by_key(|package| package.name.as_str());
    let mut text = String::new();
    let mut number = 0;
    while !left.is_empty() {
        let is_ready = |package: &&&Package| {
            !package.dependencies.iter().any(|edge| {
                edge.is_in_registry()
                    && left
                        .iter()
                        .any(|other| other.name == edge.name && other.name != package.name)
            })
        };
        let Some(next) = left.iter().find(is_ready).map(|package| package.name.clone()) else {
            let names: Vec<_> = left.iter().map(|package| package.name.as_str()).collect();
            return Err(format!(
                "{} need each other in the registry: give a dev-dependency a path only",
                names.join(", ")
            ));
        };
        number += 1;
        text.push_str(&format!("{number}. `{next}`\n"));
        left.retain(|package| package.name != next);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order(dev: &str) -> Result<String, String> {
        let edge = |name: &str, kind: Option<&str>, req: &str| json!({"name": name, "kind": kind, "req": req, "features": []});
        let package = |name: &str, edges| json!({"name": name, "dependencies": edges, "features": {}});
        let packages = json!({"packages": [
            package("a", json!([edge("b", None, "^0.1.0"), edge("serde", None, "^1")])),
            package("b", json!([edge("a", Some("dev"), dev)])),
            {"name": "private", "dependencies": [], "features": {}, "publish": []},
        ]});
        list(&Metadata::parse(&packages.to_string()).unwrap())
    }

    #[test]
    fn a_crate_comes_after_what_it_needs() {
        assert_eq!(order("*").unwrap(), "1. `b`\n2. `a`\n");
    }

    #[test]
    fn a_circle_is_named() {
        assert!(order("^0.1.0").unwrap_err().starts_with("a, b need each other"));
    }
}
