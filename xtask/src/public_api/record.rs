//! The lists in `docs/public-api`: what came and what went.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{Api, Outcome};

pub(super) fn check(
    apis: &[Api],
    directory: &Path,
    write: bool,
    outcome: &mut Outcome,
) -> Result<(), String> {
    let failed = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    if write {
        fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
    }
    let mut items = 0;
    let mut wanted = BTreeSet::new();
    for api in apis {
        items += api.entries.len();
        let path = directory.join(format!("{}.txt", api.package));
        let text = text(api);
        if write {
            fs::write(&path, text).map_err(|error| failed(&path, error))?;
        } else {
            let recorded = match fs::read_to_string(&path) {
                Ok(recorded) => recorded,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
                Err(error) => return Err(failed(&path, error)),
            };
            outcome.differences.extend(difference(&path, &recorded, &text));
        }
        wanted.insert(path);
    }
    for entry in fs::read_dir(directory).map_err(|error| failed(directory, error))? {
        let path = entry.map_err(|error| failed(directory, error))?.path();
        if path.extension().is_some_and(|extension| extension == "txt") && !wanted.contains(&path) {
            outcome.differences.push(format!(
                "{}: no published library has this name: delete the file",
                path.display()
            ));
        }
    }
    outcome
        .done
        .push(format!("{items} public items of {} crates", apis.len()));
    Ok(())
}

fn text(api: &Api) -> String {
    api.entries
        .iter()
        .map(|entry| format!("{}\n", entry.line))
        .collect()
}

/// The lines that are in one text and not in the other, in their order.
fn difference(path: &Path, recorded: &str, now: &str) -> Option<String> {
    let (old, new): (BTreeSet<_>, BTreeSet<_>) = (recorded.lines().collect(), now.lines().collect());
    let gone = old.difference(&new).map(|line| format!("\n  - {line}"));
    let come = new.difference(&old).map(|line| format!("\n  + {line}"));
    let lines: String = gone.chain(come).collect();
    match (recorded == now, lines.is_empty()) {
        (true, _) => None,
        (false, true) => Some(format!(
            "{}: the order of the lines is not that of the tool{HOW}",
            path.display()
        )),
        (false, false) => Some(format!(
            "{}: the public items changed{lines}{HOW}",
            path.display()
        )),
    }
}

const HOW: &str = "\n  a line that went or changed breaks whoever uses it: say so in CHANGELOG.md, or take it back\n  \
                   if it is meant: cargo run -p xtask -- public-api --write";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::public_api::listing::Kind;

    fn differences(directory: &Path, lines: &[&str], write: bool) -> Vec<String> {
        let mut outcome = Outcome::default();
        check(
            &[Api::of("a-b", lines, Kind::Named)],
            directory,
            write,
            &mut outcome,
        )
        .unwrap();
        outcome.differences
    }

    #[test]
    fn what_came_and_what_went_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        assert!(differences(directory, &["pub fn a::b()", "pub fn a::c()"], true).is_empty());
        assert!(differences(directory, &["pub fn a::b()", "pub fn a::c()"], false).is_empty());
        let changed = differences(directory, &["pub fn a::b(x: u8)", "pub fn a::c()"], false);
        let [changed] = &changed[..] else {
            panic!("{changed:?}");
        };
        assert!(
            changed
                .contains("a-b.txt: the public items changed\n  - pub fn a::b()\n  + pub fn a::b(x: u8)\n"),
            "{changed}"
        );
        assert!(changed.contains("public-api --write"), "{changed}");
        let moved = differences(directory, &["pub fn a::c()", "pub fn a::b()"], false);
        assert!(moved[0].contains("the order of the lines"), "{moved:?}");
    }

    #[test]
    fn a_record_that_is_missing_or_left_over_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        assert!(differences(directory, &["pub fn a::b()"], false)[0].contains("+ pub fn a::b()"));
        differences(directory, &[], true);
        fs::write(directory.join("gone.txt"), "").unwrap();
        assert!(differences(directory, &[], false)[0].contains("gone.txt: no published library"));
    }
}
