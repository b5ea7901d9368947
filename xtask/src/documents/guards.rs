//! What THREAT_MODEL.md names as a defence's guard exists.

use std::fs;
use std::path::Path;

use crate::sources::rust_files;

const PAGE: &str = "THREAT_MODEL.md";

/// The guards that are nowhere, each with its row.
pub(super) fn missing() -> Result<Vec<String>, String> {
    let read = |path: &str| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let (page, recipes) = (read(PAGE)?, read("justfile")?);
    let mut files = Vec::new();
    for path in rust_files(Path::new("crates"))? {
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        files.push((name, text));
    }
    let exists = |guard: &str| match guard {
        path if path.contains('/') => Path::new(path).exists(),
        recipe if recipe.starts_with("just ") => is_recipe(&recipes, &recipe["just ".len()..]),
        name => files.iter().any(|(file, text)| is_of(file, text, name)),
    };
    Ok(guards(&page)
        .filter(|(_, guard)| !exists(guard))
        .map(|(threat, guard)| {
            format!("{PAGE}, {threat:?}: its guard `{guard}` does not exist: name the test that fails without the defence")
        })
        .collect())
}

/// The code in the last column of the table of defences, with the threat in the first.
fn guards(page: &str) -> impl Iterator<Item = (&str, &str)> {
    let rows = page
        .lines()
        .skip_while(|line| !line.contains("| guarded by |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    rows.flat_map(|row| {
        let mut cells = row.trim_matches('|').split(" | ").map(str::trim);
        let threat = cells.next().unwrap_or_default();
        let code = cells.last().unwrap_or_default().split('`').skip(1).step_by(2);
        code.map(move |guard| (threat, guard))
    })
}

fn is_recipe(justfile: &str, name: &str) -> bool {
    justfile
        .lines()
        .filter_map(|line| line.strip_prefix(name))
        .any(|rest| rest.starts_with([':', ' ']))
}

/// Whether a file has this name (`a_*.rs` for any that begins so), or a function in it has.
fn is_of(file: &str, text: &str, guard: &str) -> bool {
    if let Some((begin, end)) = guard.split_once('*') {
        return file.starts_with(begin) && file.ends_with(end);
    }
    file.strip_suffix(".rs") == Some(guard) || file == guard || text.contains(&format!("fn {guard}("))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guards_are_the_code_in_the_last_column() {
        let page = "`no`\n| threat | defence | guarded by |\n|---|---|---|\n| a | `no` | `x.rs`, the `y` tests |\n| b | c | none |\n\n| `no` |";
        assert_eq!(guards(page).collect::<Vec<_>>(), [("a", "x.rs"), ("a", "y")]);
    }

    #[test]
    fn a_guard_is_a_file_a_function_or_a_recipe() {
        let text = "fn a_thing_holds() {}";
        for there in ["a_thing_holds", "limits", "limits.rs", "lim*.rs"] {
            assert!(is_of("limits.rs", text, there), "{there}");
        }
        for gone in ["a_thing", "limit", "other.rs", "x*.rs"] {
            assert!(!is_of("limits.rs", text, gone), "{gone}");
        }
        assert!(is_recipe("deny:\n    x\nchaos seed:\n", "deny") && is_recipe("chaos seed:\n", "chaos"));
        assert!(!is_recipe("denying:\n", "deny"));
    }
}
