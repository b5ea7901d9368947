//! Public items whose names stand in no example, no test and no other crate, each with the reason why it is public.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::listing::Kind;
use super::{Api, Outcome};
use crate::cargo::Metadata;
use crate::sources::rust_files;
use session_export_pages::Section;

const PAGE: &str = "unused.md";
const SECTION: &str = "unused";
/// Where sources are, of crates and of what belongs to none.
const SOURCES: &[&str] = &["benches", "crates", "examples", "fuzz"];

pub(super) fn check(
    apis: &[Api],
    metadata: &Metadata,
    directory: &Path,
    write: bool,
    outcome: &mut Outcome,
) -> Result<(), String> {
    let words = Words::of_workspace(metadata)?;
    let unused: Vec<_> = apis
        .iter()
        .flat_map(|api| {
            api.entries
                .iter()
                .filter(|entry| matches!(entry.kind, Kind::Named | Kind::Asynchronous))
                .filter(|entry| !words.are_used(&api.package, entry.name()))
                .map(|entry| entry.path.clone())
        })
        .collect();
    let page = directory.join(PAGE);
    let text = fs::read_to_string(&page).map_err(|error| format!("{}: {error}", page.display()))?;
    let mut reasons = reasons(&text);
    reasons.extend(given_by_signatures(&unused, apis));
    if write {
        Section::new(&page, SECTION, table(&unused, &reasons)).write()?;
    } else {
        outcome.differences.extend(
            differences(&unused, &reasons)
                .into_iter()
                .map(|difference| format!("{}: {difference}", page.display())),
        );
    }
    outcome.done.push(format!(
        "{} public items that nothing here uses, each with its reason",
        unused.len()
    ));
    Ok(())
}

/// A type that a signature names is public because that is: nobody has to write its name to use it.
fn given_by_signatures(unused: &[String], apis: &[Api]) -> Vec<(String, String)> {
    let entries: Vec<_> = apis.iter().flat_map(|api| &api.entries).collect();
    let reason = |item: &String| {
        let by = entries.iter().find(|entry| {
            let is_its_own = entry.path == *item || entry.path.starts_with(&format!("{item}::"));
            !is_its_own && entry.kind < Kind::Impl && names(&entry.line, item)
        })?;
        Some((item.clone(), format!("In the signature of `{}`.", by.path)))
    };
    unused.iter().filter_map(reason).collect()
}

/// Whether a line names an item, and not one whose path only begins or ends like it.
fn names(line: &str, item: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | ':');
    line.match_indices(item).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + item.len()..]);
        !before.ends_with(is_part) && (!after.starts_with(is_part) || after.starts_with(": "))
    })
}

/// The rows of the page: item, reason.
fn reasons(page: &str) -> BTreeMap<String, String> {
    page.lines()
        .filter_map(|line| {
            let (item, reason) = line.strip_prefix("| `")?.split_once("` |")?;
            Some((
                item.to_owned(),
                reason.trim().trim_end_matches('|').trim().to_owned(),
            ))
        })
        .collect()
}

fn table(unused: &[String], reasons: &BTreeMap<String, String>) -> String {
    let mut text = "| item | why it is public |\n|---|---|\n".to_owned();
    for item in unused {
        let reason = reasons.get(item).map(String::as_str).unwrap_or_default();
        text.push_str(&format!("| `{item}` | {reason} |\n"));
    }
    text
}

fn differences(unused: &[String], reasons: &BTreeMap<String, String>) -> Vec<String> {
    let without = unused
        .iter()
        .filter(|item| reasons.get(*item).is_none_or(String::is_empty))
        .map(|item| {
            format!(
                "{item} is public, and no example, test or other crate names it: use it in one, make it private, or add a row \
                 that says why it is public (cargo run -p xtask -- public-api --write adds the row without its reason)"
            )
        });
    let stale = reasons
        .keys()
        .filter(|item| !unused.contains(item))
        .map(|item| format!("{item} is used by now, or gone: delete its row"));
    without.chain(stale).collect()
}

/// The identifiers in the sources.
#[derive(Default)]
struct Words {
    /// In tests, examples and the code of documentation, of whatever crate.
    tried: BTreeSet<String>,
    /// In the rest of each package.
    of_package: BTreeMap<String, BTreeSet<String>>,
}

impl Words {
    fn of_workspace(metadata: &Metadata) -> Result<Self, String> {
        let roots: Vec<_> = metadata
            .packages
            .iter()
            .filter_map(|package| Some((package, Path::new(&package.manifest_path).parent()?)))
            .collect();
        let repository = Path::new(&metadata.workspace_root);
        let mut words = Self::default();
        for directory in SOURCES {
            for file in rust_files(&repository.join(directory))? {
                let text =
                    fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
                let owner = roots.iter().find(|(_, root)| file.starts_with(root));
                let source = owner.and_then(|(package, root)| {
                    let inside = file.strip_prefix(root).ok()?;
                    let is_source = inside.starts_with("src")
                        && !inside.iter().any(|part| part == "tests" || part == "tests.rs");
                    is_source.then_some(package)
                });
                match source {
                    Some(package) => words.add_source(&package.name, &text),
                    None => words.tried.extend(identifiers(&text)),
                }
            }
        }
        Ok(words)
    }

    fn add_source(&mut self, package: &str, text: &str) {
        let (source, tried) = split(text);
        self.tried.extend(identifiers(&tried));
        let of_package = self.of_package.entry(package.to_owned()).or_default();
        of_package.extend(identifiers(&source));
    }

    fn are_used(&self, package: &str, name: &str) -> bool {
        let elsewhere = self.of_package.iter().filter(|(other, _)| *other != package);
        self.tried.contains(name) || elsewhere.into_iter().any(|(_, words)| words.contains(name))
    }
}

/// A source file's own code, and its tests with the code of its documentation. Neither has comments or re-exports.
fn split(text: &str) -> (String, String) {
    let (mut source, mut tried) = (String::new(), String::new());
    let (mut in_example, mut in_tests, mut in_export) = (false, false, false);
    for line in text.lines() {
        let trimmed = line.trim_start();
        let documented = trimmed
            .strip_prefix("///")
            .or_else(|| trimmed.strip_prefix("//!"));
        if let Some(documented) = documented {
            if documented.trim_start().starts_with("```") {
                in_example = !in_example;
            } else if in_example {
                tried.push_str(documented);
                tried.push('\n');
            }
            continue;
        }
        if trimmed.starts_with("//") {
            continue;
        }
        // By this repository's convention the tests of a file are its end.
        in_tests |= trimmed.starts_with("#[cfg(test)]");
        in_export |= trimmed.starts_with("pub use ");
        let text = if in_tests { &mut tried } else { &mut source };
        if !in_export {
            text.push_str(line);
            text.push('\n');
        }
        in_export &= !line.trim_end().ends_with(';');
    }
    (source, tried)
}

fn identifiers(text: &str) -> impl Iterator<Item = String> {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    text.split(move |character| !is_part(character))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        let mut words = Words::default();
        words.add_source(
            "a",
            "pub use b::{\n    exported,\n};\n// a commented\n/// prose\n/// ```\n/// shown();\n/// ```\nfn own() { helper() }\n\
             #[cfg(test)]\nmod tests { fn t() { tested(); } }\n",
        );
        words.add_source("c", "fn c() { a::helper() }");
        words
    }

    #[test]
    fn tests_examples_and_other_crates_use_an_item() {
        let words = words();
        for used in ["shown", "tested", "helper"] {
            assert!(words.are_used("a", used), "{used}");
        }
        for unused in ["own", "exported", "commented", "prose"] {
            assert!(!words.are_used("a", unused), "{unused}");
        }
        // What a crate does with its own item does not count, what it does with another's does.
        assert!(words.are_used("b", "own"));
    }

    #[test]
    fn a_line_names_whole_paths() {
        let line = "pub fn a::b::new(x: a::C, y: Vec<a::Long>) -> xa::E";
        for (item, is_named) in [
            ("a::C", true),
            ("a::Long", true),
            ("a::Lo", false),
            ("a::b", false),
            ("a::E", false),
        ] {
            assert_eq!(names(line, item), is_named, "{item}");
        }
    }

    #[test]
    fn each_unused_item_needs_a_reason_and_no_row_is_stale() {
        let unused = ["a::b".to_owned(), "a::c".to_owned()];
        let page = |rows: &str| reasons(&format!("# Title\n\n| item | why |\n|---|---|\n{rows}"));
        assert!(differences(&unused, &page("| `a::b` | For x. |\n| `a::c` | For y. |\n")).is_empty());
        let found = differences(&unused, &page("| `a::b` |  |\n| `a::d` | For y. |\n"));
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].starts_with("a::b is public") && found[1].starts_with("a::c is public"));
        assert!(found[2].starts_with("a::d is used by now"));
        let written = table(&unused, &page("| `a::b` | For x. |\n| `a::d` | For y. |\n"));
        assert!(written.contains("| `a::b` | For x. |\n| `a::c` |  |\n") && !written.contains("a::d"));
    }
}
