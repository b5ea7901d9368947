//! What the published crates promise, read from their documentation: `public-api --write` records it in `docs/public-api`,
//! `public-api` compares.

mod cancel_safety;
mod foreign_types;
mod listing;
mod record;
mod render;
mod rustdoc;
mod unused;

use std::path::Path;

use crate::cargo::Metadata;
use listing::Entry;
pub(crate) use rustdoc::as_rustdoc;

const DIRECTORY: &str = "docs/public-api";

/// The public items of one crate.
struct Api {
    /// The package's name, with `-`.
    package: String,
    entries: Vec<Entry>,
}

/// What was looked at, and what is not as it should be.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) done: Vec<String>,
    pub(crate) differences: Vec<String>,
}

/// Compares the records with the crates, or writes them; checks the rules that hold for every public item.
pub(crate) fn check(write: bool) -> Result<Outcome, String> {
    let metadata = Metadata::read()?;
    let docs = rustdoc::build(&metadata)?;
    let public = listing::public_paths(&docs);
    let apis: Vec<_> = metadata
        .published_libraries()
        .filter_map(|package| {
            let docs = docs.get(&package.name.replace('-', "_"))?;
            Some(Api {
                package: package.name.clone(),
                entries: listing::entries(docs, &public),
            })
        })
        .collect();
    let mut outcome = Outcome::default();
    record::check(&apis, Path::new(DIRECTORY), write, &mut outcome)?;
    foreign_types::check(&apis, &mut outcome);
    cancel_safety::check(&apis, &mut outcome);
    unused::check(&apis, &metadata, Path::new(DIRECTORY), write, &mut outcome)?;
    Ok(outcome)
}

#[cfg(test)]
impl Api {
    /// Items with nothing but a line, which is their path too.
    fn of(package: &str, lines: &[&str], kind: listing::Kind) -> Self {
        let entry = |line: &&str| Entry {
            path: (*line).to_owned(),
            line: (*line).to_owned(),
            named: std::collections::BTreeSet::new(),
            docs: String::new(),
            kind,
        };
        Self {
            package: package.to_owned(),
            entries: lines.iter().map(entry).collect(),
        }
    }
}
