//! The guide lists the clauses that the kit has.

#![allow(clippy::unwrap_used, reason = "a test may panic, its helpers too")]

use std::fmt::Write;

use session_export_testkit::transport::clauses;

#[test]
fn the_guide_lists_the_clauses_of_the_kit() {
    session_export_pages::compare("custom-transport.md", "clauses", list());
}

#[test]
fn ids_are_unique_and_grouped() {
    let ids: Vec<_> = clauses().map(|clause| clause.id).collect();
    let unique: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len());
    let mut groups: Vec<_> = ids.iter().map(|id| id.split_once('.').unwrap().0).collect();
    groups.dedup();
    let distinct: std::collections::BTreeSet<_> = groups.iter().collect();
    assert_eq!(
        distinct.len(),
        groups.len(),
        "a group stands together: {groups:?}"
    );
}

fn list() -> String {
    let mut text = String::new();
    let mut group = "";
    for clause in clauses() {
        let this_group = clause.id.split('.').next().unwrap_or_default();
        if this_group != group {
            group = this_group;
            writeln!(text, "\n### {group}\n").unwrap();
        }
        write!(text, "- **`{}`** ({}", clause.id, clause.level).unwrap();
        if let Some(capability) = clause.capability {
            write!(text, ", with *{capability}*").unwrap();
        }
        writeln!(text, "): {}", clause.text).unwrap();
    }
    text.push('\n');
    text
}
