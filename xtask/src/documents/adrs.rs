//! The list of decisions.

use std::fs;
use std::path::Path;

/// A line for each record, in the order of their numbers, which are those of their file names and have no gap.
pub(super) fn list(directory: impl AsRef<Path>) -> Result<String, String> {
    let directory = directory.as_ref();
    let failed = |error| format!("{}: {error}", directory.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        names.push(entry.map_err(failed)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    let mut text = String::new();
    for (index, name) in names.iter().enumerate() {
        let record = fs::read_to_string(directory.join(name)).map_err(failed)?;
        let number = index + 1;
        let title = record
            .lines()
            .next()
            .and_then(|line| line.strip_prefix(&format!("# {number}. ")))
            .filter(|_| name.starts_with(&format!("{number:04}-")))
            .ok_or_else(|| format!("{name}: it should be number {number}, by its name and by its title"))?;
        for part in [
            "**Context.**",
            "**Decision.**",
            "**Guarded by**",
            "**Look again**",
        ] {
            if !record.contains(part) {
                return Err(format!("{name}: it has no part {part}"));
            }
        }
        text.push_str(&format!("- [ADR {number}](adr/{name}): {title}\n"));
    }
    Ok(text)
}
