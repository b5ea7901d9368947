//! Code that pages show: the region of a file, verbatim. And files that pages name: they are there.
//!
//! A page has `<!-- code PATH#REGION: begin -->` and the same with `end`; the file has `// region: REGION` and
//! `// endregion: REGION`.

use std::fs;
use std::path::{Path, PathBuf};

use session_export_pages::Section;

const TOPS: [&str; 7] = [
    ".ci/",
    "benches/",
    "crates/",
    "docs/",
    "examples/",
    "fuzz/",
    "xtask/",
];

/// The pages in `docs/`.
fn pages() -> Result<Vec<(PathBuf, String)>, String> {
    let failed = |error| format!("docs: {error}");
    let mut pages = Vec::new();
    for entry in fs::read_dir("docs").map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|suffix| suffix == "md") {
            let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            pages.push((path, text));
        }
    }
    pages.sort();
    Ok(pages)
}

/// Every excerpt that a page asks for.
pub(super) fn sections() -> Result<Vec<Section>, String> {
    let mut sections = Vec::new();
    for (path, text) in pages()? {
        for name in text.lines().filter_map(excerpt) {
            let (file, region) = name.split_once('#').ok_or_else(|| {
                format!(
                    "{}: {name} should name a file and a region: PATH#REGION",
                    path.display()
                )
            })?;
            let source = fs::read_to_string(file)
                .map_err(|error| format!("{}: the file of {name}: {error}", path.display()))?;
            let code = cut(&source, region)
                .ok_or_else(|| format!("{file}: there is no `// region: {region}` with its end"))?;
            let block = format!("```rust,ignore\n{code}```");
            sections.push(Section::new(&path, format!("code {name}"), block));
        }
    }
    Ok(sections)
}

fn excerpt(line: &str) -> Option<&str> {
    line.trim()
        .strip_prefix("<!-- code ")?
        .strip_suffix(": begin -->")
}

/// The lines between the marks, without their common indent.
fn cut(source: &str, region: &str) -> Option<String> {
    let (begin, end) = (format!("// region: {region}"), format!("// endregion: {region}"));
    let mut lines = source.lines().skip_while(|line| line.trim() != begin).skip(1);
    let mut inside = Vec::new();
    loop {
        match lines.next()? {
            line if line.trim() == end => break,
            line => inside.push(line),
        }
    }
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let common = inside.iter().filter(|line| !line.is_empty()).map(indent).min()?;
    let dedented = inside
        .iter()
        .map(|line| format!("{}\n", line.get(common..).unwrap_or_default()));
    Some(dedented.collect())
}

/// Files and folders that a page names in backticks and that are not there; with the number that was looked at.
pub(super) fn lost_paths() -> Result<(usize, Vec<String>), String> {
    let (mut count, mut lost) = (0, Vec::new());
    for (page, text) in pages()? {
        for name in paths_in(&text) {
            count += 1;
            if !Path::new(name).exists() {
                lost.push(format!(
                    "{}: it names `{name}`, which is not there",
                    page.display()
                ));
            }
        }
    }
    Ok((count, lost))
}

/// What stands in backticks and looks like a path of this repository.
fn paths_in(text: &str) -> impl Iterator<Item = &str> {
    let spans = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    spans.filter(|span| {
        TOPS.iter().any(|top| span.starts_with(top))
            && !span.contains([' ', '*', '{', '<', '…', '='])
            && !span.split('/').any(is_placeholder)
    })
}

/// `TARGET`, in whose place there is a name.
fn is_placeholder(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_cut_out_without_its_indent() {
        let source = "a\n    // region: x\n    b {\n\n        c\n    // endregion: x\n}\n";
        assert_eq!(cut(source, "x").unwrap(), "b {\n\n    c\n");
        assert_eq!(cut(source, "y"), None);
        assert_eq!(cut("// region: x\nb\n", "x"), None);
        assert_eq!(excerpt("<!-- code a/b.rs#x: begin -->"), Some("a/b.rs#x"));
    }

    #[test]
    fn only_paths_of_this_repository_are_looked_for() {
        let text = "`crates/a.rs`, `docs` and `cargo run -p xtask`\n[`docs/b.md`](b.md) `fuzz/corpus/*` `crates/{a}` `fuzz/corpus/TARGET`";
        assert_eq!(paths_in(text).collect::<Vec<_>>(), ["crates/a.rs", "docs/b.md"]);
    }
}
