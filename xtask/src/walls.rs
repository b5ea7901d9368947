//! Who may depend on whom.

use std::collections::BTreeSet;
use std::fmt;

use crate::cargo::{Dependency, Metadata, Package, tree};

/// Every crate of the workspace, and which others it may depend on. Dev-dependencies are free.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("session-export-model", &[]),
    ("session-export-rows", &["session-export-model"]),
    ("session-export-transport", &[]),
    ("session-export-transport-net", &["session-export-transport"]),
    (
        "session-export-transport-reqwest",
        &["session-export-transport", "session-export-transport-net"],
    ),
    (
        "session-export-transport-hyper",
        &["session-export-transport", "session-export-transport-net"],
    ),
    (
        "session-export-auth",
        &["session-export-model", "session-export-transport"],
    ),
    (
        "session-export",
        &[
            "session-export-model",
            "session-export-rows",
            "session-export-transport",
            "session-export-auth",
            "session-export-transport-reqwest",
            "session-export-transport-hyper",
        ],
    ),
    (
        "session-export-testkit",
        &["session-export-transport", "session-export-auth"],
    ),
    ("session-export-report", &["session-export-model"]),
    ("session-export-emulator", &[]),
    (
        "session-export-cli",
        &[
            "session-export-model",
            "session-export-transport-reqwest",
            "session-export-transport-hyper",
            "session-export",
            "session-export-report",
            "session-export-emulator",
        ],
    ),
];

/// Private crates at the end of every chain: they may use anything, and nobody may depend on them.
const FREE: &[&str] = &[
    "session-export-benches",
    "session-export-example-embedding",
    "session-export-example-recorder",
    "session-export-example-transport-ureq",
    "session-export-fuzz-properties",
    "session-export-pages",
    "xtask",
];

/// The crates that know no HTTP stack and no runtime.
pub(crate) const NEUTRAL: &[&str] = &[
    "session-export-model",
    "session-export-rows",
    "session-export-report",
    "session-export-transport",
    "session-export-auth",
    "session-export",
];
const STACKS: &[&str] = &["reqwest", "hyper", "rustls", "tokio"];

/// The facade's clock is Tokio's timer, and nothing else of Tokio.
const CLOCK: (&str, &str, &[&str]) = ("session-export", "tokio", &["time"]);
/// Unless an embedder asks for a runtime, by this feature.
const RUNTIME: (&str, &[&str]) = ("blocking", &["tokio/net", "tokio/rt"]);

const MODEL_LIMIT: usize = 25;
const NOT_IN_THE_FACADE: &[&str] = &["reqwest", "hyper", "rustls"];

/// One rule, what was counted for it, and who breaks it.
pub(crate) struct Wall {
    name: &'static str,
    counted: String,
    breaches: Vec<String>,
}

impl Wall {
    pub(crate) fn stands(&self) -> bool {
        self.breaches.is_empty()
    }
}

impl fmt::Display for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.stands() { "ok    " } else { "BROKEN" };
        write!(f, "{mark} {}: {}", self.name, self.counted)?;
        self.breaches
            .iter()
            .try_for_each(|breach| write!(f, "\n       {breach}"))
    }
}

/// The crates of the table, from the bottom of the stack to its top.
pub(crate) fn layered() -> impl Iterator<Item = &'static str> {
    MAY_DEPEND_ON.iter().map(|(name, _)| *name)
}

pub(crate) fn check() -> Result<Vec<Wall>, String> {
    let metadata = Metadata::read()?;
    Ok(vec![
        edges(&metadata),
        stacks(&metadata),
        small_model(&tree("session-export-model", &[])?),
        bare_facade(&tree("session-export", &["--no-default-features"])?),
    ])
}

/// Edges between the workspace's crates are those of the table.
fn edges(metadata: &Metadata) -> Wall {
    let mut count = 0;
    let mut breaches = Vec::new();
    for package in &metadata.packages {
        let from = package.name.as_str();
        if FREE.contains(&from) {
            continue;
        }
        let Some((_, allowed)) = MAY_DEPEND_ON.iter().find(|(name, _)| *name == from) else {
            breaches.push(format!(
                "{from} is in no table: say in xtask/src/walls.rs which crates it may depend on"
            ));
            continue;
        };
        for dependency in package
            .dependencies
            .iter()
            .filter(|edge| edge.kind.as_deref() != Some("dev"))
        {
            let to = dependency.name.as_str();
            if metadata.package(to).is_none() {
                continue;
            }
            count += 1;
            if !allowed.contains(&to) {
                breaches.push(format!(
                    "{from} -> {to} is not allowed: move what it needs further down the stack, make it a \
                     dev-dependency, or change the design and the table in xtask/src/walls.rs"
                ));
            }
        }
    }
    let counted = format!("{count} dependencies between {} crates", metadata.packages.len());
    Wall {
        name: "crate edges",
        counted,
        breaches,
    }
}

/// The neutral crates name no HTTP stack and no runtime in their manifests.
fn stacks(metadata: &Metadata) -> Wall {
    let mut count = 0;
    let mut breaches = Vec::new();
    for package in NEUTRAL.iter().filter_map(|name| metadata.package(name)) {
        for dependency in package.dependencies.iter().filter(|edge| edge.kind.is_none()) {
            count += 1;
            if STACKS.contains(&dependency.name.as_str()) {
                breaches.extend(stack_breach(package, dependency));
            }
        }
    }
    let counted = format!("{count} direct dependencies of {} crates", NEUTRAL.len());
    Wall {
        name: "no HTTP stack or runtime",
        counted,
        breaches,
    }
}

fn stack_breach(package: &Package, dependency: &Dependency) -> Option<String> {
    let (from, to) = (package.name.as_str(), dependency.name.as_str());
    let (clock_crate, clock, features) = CLOCK;
    if (from, to) != (clock_crate, clock) {
        return Some(format!(
            "{from} -> {to} is not allowed: it belongs behind the transport trait or `Clock`"
        ));
    }
    // A crate's own features can switch on more: `tokio/net`, `tokio?/net`.
    let (feature, allowed) = RUNTIME;
    let switched_on = package.features.iter().flat_map(|(name, values)| {
        values.iter().filter(move |value| {
            let is_of_it = value
                .strip_prefix(to)
                .is_some_and(|rest| rest.starts_with('/') || rest.starts_with("?/"));
            is_of_it && !(name == feature && allowed.contains(&value.as_str()))
        })
    });
    let extra: Vec<&String> = switched_on.collect();
    (dependency.features != features || !extra.is_empty()).then(|| {
        format!(
            "{from} -> {to} has features {:?}, switched on {extra:?}: only {features:?} is allowed, for `SystemClock`",
            dependency.features
        )
    })
}

fn small_model(tree: &BTreeSet<String>) -> Wall {
    let breaches = if tree.len() < MODEL_LIMIT {
        Vec::new()
    } else {
        let all = tree.iter().cloned().collect::<Vec<_>>().join(", ");
        vec![format!(
            "drop a dependency or a feature of one; it resolves to {all}"
        )]
    };
    let counted = format!("{} crates, fewer than {MODEL_LIMIT} wanted", tree.len());
    Wall {
        name: "session-export-model is small",
        counted,
        breaches,
    }
}

fn bare_facade(tree: &BTreeSet<String>) -> Wall {
    let name = |entry: &String| entry.split(' ').next().unwrap_or_default().to_owned();
    let breaches = tree
        .iter()
        .filter(|entry| NOT_IN_THE_FACADE.contains(&name(entry).as_str()))
        .map(|entry| {
            format!(
                "{entry} is in it: see `cargo tree -p session-export --no-default-features -i {}` and make \
                 the way there an optional dependency",
                name(entry)
            )
        })
        .collect();
    let counted = format!("{} crates, none of {}", tree.len(), NOT_IN_THE_FACADE.join(", "));
    Wall {
        name: "session-export without default features",
        counted,
        breaches,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn metadata(packages: &[(&str, Value)]) -> Metadata {
        let packages: Vec<_> = packages
            .iter()
            .map(|(name, dependencies)| json!({"name": name, "dependencies": dependencies, "features": {}}))
            .collect();
        Metadata::parse(&json!({ "packages": packages }).to_string()).unwrap()
    }

    fn edge(name: &str, kind: Option<&str>, features: &[&str]) -> Value {
        json!({"name": name, "kind": kind, "features": features})
    }

    #[test]
    fn the_tables_edges_stand_and_dev_dependencies_are_free() {
        let good = metadata(&[
            (
                "session-export-model",
                json!([edge("serde", None, &[]), edge("xtask", Some("dev"), &[])]),
            ),
            (
                "session-export-auth",
                json!([edge("session-export-model", None, &[])]),
            ),
            ("xtask", json!([edge("session-export-auth", None, &[])])),
        ]);
        assert_eq!(
            edges(&good).to_string(),
            "ok     crate edges: 1 dependencies between 3 crates"
        );
    }

    #[test]
    fn a_planted_edge_is_named() {
        for kind in [None, Some("build")] {
            let bad = metadata(&[
                (
                    "session-export-model",
                    json!([edge("session-export-auth", kind, &[])]),
                ),
                ("session-export-auth", json!([])),
            ]);
            let wall = edges(&bad);
            assert!(!wall.stands());
            assert!(
                wall.to_string()
                    .contains("session-export-model -> session-export-auth is not allowed")
            );
        }
    }

    #[test]
    fn a_crate_must_be_in_the_table() {
        let wall = edges(&metadata(&[("session-export-new", json!([]))]));
        assert!(
            wall.to_string().contains("session-export-new is in no table"),
            "{wall}"
        );
    }

    #[test]
    fn the_table_names_only_its_own_crates() {
        for (from, allowed) in MAY_DEPEND_ON {
            for to in *allowed {
                assert!(MAY_DEPEND_ON.iter().any(|(name, _)| name == to), "{from} -> {to}");
            }
        }
    }

    #[test]
    fn a_stack_in_a_neutral_crate_is_named() {
        for stack in STACKS {
            let wall = stacks(&metadata(&[(
                "session-export-auth",
                json!([edge(stack, None, &["time"])]),
            )]));
            assert!(
                wall.to_string()
                    .contains(&format!("session-export-auth -> {stack}")),
                "{wall}"
            );
        }
        let dev = metadata(&[(
            "session-export-auth",
            json!([edge("tokio", Some("dev"), &["rt"])]),
        )]);
        assert!(stacks(&dev).stands());
    }

    #[test]
    fn the_facade_has_tokios_timer_only() {
        let with =
            |features: &[&str]| metadata(&[("session-export", json!([edge("tokio", None, features)]))]);
        assert!(stacks(&with(&["time"])).stands());
        assert!(!stacks(&with(&["time", "rt"])).stands());
        assert!(!stacks(&with(&[])).stands());

        let switched_on = |feature: &str, value: &str| {
            let mut metadata = with(&["time"]);
            metadata.packages[0]
                .features
                .insert(feature.into(), vec![value.into()]);
            stacks(&metadata)
        };
        assert!(switched_on("blocking", "tokio/rt").stands());
        for (feature, value) in [
            ("blocking", "tokio?/rt"),
            ("blocking", "tokio/fs"),
            ("default", "tokio/rt"),
        ] {
            assert!(
                switched_on(feature, value).to_string().contains(value),
                "{feature}"
            );
        }
    }

    #[test]
    fn the_trees_walls_have_limits() {
        let many = (0..MODEL_LIMIT).map(|number| format!("a{number} v1.0.0"));
        assert!(small_model(&many.clone().skip(1).collect()).stands());
        assert!(!small_model(&many.collect()).stands());

        let tree = |names: &[&str]| names.iter().map(|name| format!("{name} v1.0.0")).collect();
        assert!(bare_facade(&tree(&["http", "hyper-like"])).stands());
        let wall = bare_facade(&tree(&["http", "rustls"]));
        assert!(wall.to_string().contains("rustls v1.0.0 is in it"), "{wall}");
    }
}
