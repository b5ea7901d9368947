//! Whether the tables of `docs/errors.md` have a row for every kind of failure, and none for another.

use std::collections::BTreeSet;
use std::fs;

const PAGE: &str = "docs/errors.md";

/// A part of the page, and where what it lists is declared.
struct Table {
    name: &'static str,
    source: &'static str,
    rows: fn(&str, &str) -> Result<BTreeSet<String>, String>,
}

const TABLES: [Table; 8] = [
    Table {
        name: "ErrorKind",
        source: "crates/client/src/error/kind.rs",
        rows: with_texts,
    },
    Table {
        name: "TaskFailure",
        source: "crates/client/src/error/kind.rs",
        rows: variants,
    },
    Table {
        name: "JournalProblem",
        source: "crates/client/src/error/kind.rs",
        rows: variants,
    },
    Table {
        name: "AuthErrorKind",
        source: "crates/auth/src/error.rs",
        rows: with_texts,
    },
    Table {
        name: "TransportErrorKind",
        source: "crates/transport/src/error.rs",
        rows: with_texts,
    },
    Table {
        name: "Delivery",
        source: "crates/transport/src/error.rs",
        rows: variants,
    },
    Table {
        name: "ViolationCode",
        source: "crates/model/src/violation.rs",
        rows: with_texts,
    },
    Table {
        name: "exit",
        source: "crates/cli/src/failure.rs",
        rows: exit_codes,
    },
];

/// What is missing on the page, and what there is no longer; with the number of tables.
pub(super) fn differences() -> Result<(usize, Vec<String>), String> {
    let page = read(PAGE)?;
    let mut differences = Vec::new();
    for table in &TABLES {
        let wanted = (table.rows)(&read(table.source)?, table.name)
            .map_err(|problem| format!("{}: {problem}", table.source))?;
        let columns = wanted.first().map_or(1, |row| row.split(" | ").count());
        let listed = listed(&page, table.name, columns)?;
        for row in wanted.difference(&listed) {
            differences.push(format!(
                "{PAGE}, table {:?}: there is no row that begins with\n    | {row} |\n  {} has it; say what it means and what to do",
                table.name, table.source
            ));
        }
        for row in listed.difference(&wanted) {
            differences.push(format!(
                "{PAGE}, table {:?}: {} knows nothing of the row\n    | {row} |",
                table.name, table.source
            ));
        }
    }
    Ok((TABLES.len(), differences))
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

/// The first cells of each row between the marks of a table.
fn listed(page: &str, name: &str, columns: usize) -> Result<BTreeSet<String>, String> {
    let (begin, end) = (format!("<!-- {name}: begin -->"), format!("<!-- {name}: end -->"));
    let part = page
        .split_once(&begin)
        .and_then(|(_, rest)| rest.split_once(&end))
        .ok_or_else(|| format!("{PAGE}: the marks {begin} and {end} are not there, in this order"))?
        .0;
    let mut rows = BTreeSet::new();
    for line in part.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        if cells.len() <= columns || cells.iter().any(|cell| cell.is_empty()) {
            return Err(format!("{PAGE}: a row says nothing: {line}"));
        }
        rows.insert(cells[..columns].join(" | "));
    }
    Ok(rows)
}

/// The lines of a block that begins with `head`, up to the brace that closes it.
fn block<'a>(source: &'a str, head: &str) -> Result<Vec<&'a str>, String> {
    let mut lines = source.lines().skip_while(|line| line.trim() != head);
    let first = lines.next().ok_or_else(|| format!("there is no `{head}`"))?;
    let indent = first.len() - first.trim_start().len();
    let close = format!("{}}}", " ".repeat(indent));
    Ok(lines.take_while(|line| *line != close).collect())
}

fn names(source: &str, name: &str) -> Result<Vec<String>, String> {
    let lines = block(source, &format!("pub enum {name} {{"))?;
    let variants = lines.into_iter().filter_map(|line| {
        let name = line.strip_prefix("    ")?.split(['(', ',', ' ']).next()?;
        name.starts_with(|c: char| c.is_ascii_uppercase())
            .then(|| name.to_owned())
    });
    Ok(variants.collect())
}

fn variants(source: &str, name: &str) -> Result<BTreeSet<String>, String> {
    let names = names(source, name)?;
    Ok(names.into_iter().map(|name| format!("`{name}`")).collect())
}

/// Each variant with its lasting text.
fn with_texts(source: &str, name: &str) -> Result<BTreeSet<String>, String> {
    let lines = block(source, &format!("impl {name} {{"))?;
    let text_of = |variant: &str| {
        let arm = lines.iter().find_map(|line| {
            let (pattern, text) = line.split_once(" => \"")?;
            let found = pattern.trim().strip_prefix("Self::")?.split(['(', ' ']).next()?;
            (found == variant).then(|| text.trim_end_matches(['"', ',']))
        });
        arm.ok_or_else(|| format!("`{name}::as_str` has no line for {variant}"))
    };
    names(source, name)?
        .into_iter()
        .map(|variant| Ok(format!("`{variant}` | `{}`", text_of(&variant)?)))
        .collect()
}

fn exit_codes(source: &str, name: &str) -> Result<BTreeSet<String>, String> {
    let lines = block(source, &format!("pub(crate) mod {name} {{"))?;
    let codes = lines.iter().filter_map(|line| {
        let (_, code) = line.split_once(": u8 = ")?;
        Some(format!("`{}`", code.trim_end_matches(';')))
    });
    Ok(codes.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "pub enum Kind {\n    /// A.\n    First(Text),\n    #[non_exhaustive]\n    Second {\n        /// B.\n        Field: u8,\n    },\n    Third,\n}\n\nimpl Kind {\n    pub fn as_str(self) -> &'static str {\n        match self {\n            Self::First(_) => \"first\",\n            Self::Second { .. } => \"second\",\n            Self::Third => \"third\",\n        }\n    }\n}\n\npub(crate) mod exit {\n    pub(crate) const DONE: u8 = 0;\n}\n";

    #[test]
    fn variants_are_read_with_their_texts_and_without_their_fields() {
        let rows: Vec<_> = with_texts(SOURCE, "Kind").unwrap().into_iter().collect();
        assert_eq!(
            rows,
            ["`First` | `first`", "`Second` | `second`", "`Third` | `third`"]
        );
        let rows: Vec<_> = variants(SOURCE, "Kind").unwrap().into_iter().collect();
        assert_eq!(rows, ["`First`", "`Second`", "`Third`"]);
        assert_eq!(
            exit_codes(SOURCE, "exit")
                .unwrap()
                .into_iter()
                .collect::<Vec<_>>(),
            ["`0`"]
        );
        assert!(variants(SOURCE, "Other").is_err());
        let without = SOURCE.replace("            Self::Third => \"third\",\n", "");
        assert!(with_texts(&without, "Kind").unwrap_err().contains("Third"));
    }

    #[test]
    fn a_row_without_words_is_an_error() {
        let page =
            "<!-- Kind: begin -->\n| kind | means |\n|---|---|\n| `A` | something |\n<!-- Kind: end -->";
        assert_eq!(
            listed(page, "Kind", 1).unwrap().into_iter().collect::<Vec<_>>(),
            ["`A`"]
        );
        assert!(listed(&page.replace("something", ""), "Kind", 1).is_err());
        assert!(listed(page, "Other", 1).is_err());
    }
}
