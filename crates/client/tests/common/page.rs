//! Parts of the pages in `docs/` that a test compares with what happens.

use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Compares what stands between `<!-- part: begin -->` and `<!-- part: end -->` of a page in `docs/` with `text`, or
/// writes it there if `just guide` asks for that.
#[allow(
    clippy::disallowed_methods,
    reason = "a variable tells it to write the part instead of comparing it"
)]
pub(crate) fn compare(page: &str, part: &str, text: &str) {
    let path = root().join("docs").join(page);
    let whole = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (
        format!("<!-- {part}: begin -->\n"),
        format!("<!-- {part}: end -->"),
    );
    let (before, rest) = whole.split_once(&begin).expect("the part begins");
    let (listed, after) = rest.split_once(&end).expect("the part ends");
    let text = format!("\n{}\n\n", text.trim());
    if std::env::var_os("SESSION_EXPORT_WRITE_GUIDE").is_some() {
        std::fs::write(&path, format!("{before}{begin}{text}{end}{after}")).unwrap();
        return;
    }
    let mut differences = String::new();
    let (listed, found): (Vec<_>, Vec<_>) = (listed.trim().lines().collect(), text.trim().lines().collect());
    for line in listed.iter().filter(|line| !found.contains(line)) {
        writeln!(differences, "the page says:  {line}").unwrap();
    }
    for line in found.iter().filter(|line| !listed.contains(line)) {
        writeln!(differences, "what happened:  {line}").unwrap();
    }
    assert!(
        listed == found,
        "docs/{page}, part {part:?}, is out of date; if the code is right, `just guide` writes it anew\n{differences}"
    );
}
